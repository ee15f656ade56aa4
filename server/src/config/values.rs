//! Reading settings: raw values by name, and what a value may look like.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use super::settings::{SETTINGS, variable};
use crate::channels::secret::Secret;

/// A setting that cannot work, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {why}")]
pub struct SettingError {
    /// The setting.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

/// What is wrong with a setting.
pub(super) fn wrong(name: &str, why: impl Into<String>) -> SettingError {
    SettingError { name: name.to_owned(), why: why.into() }
}

/// Raw values by setting name.
pub(super) struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// The values of a file, what the environment says instead, and the defaults of the rest.
    ///
    /// # Errors
    /// A name that is no setting.
    pub(super) fn new(file: &str, environment: &BTreeMap<String, String>) -> Result<Values, SettingError> {
        let mut values: BTreeMap<&'static str, String> = SETTINGS.iter().map(|s| (s.name, s.default.to_owned())).collect();
        if let Some(url) = environment.get("DATABASE_URL") {
            values.insert("database_url", url.clone());
        }
        let table: toml::Table = file.parse().map_err(|error: toml::de::Error| wrong("shouma.toml", error.message().to_owned()))?;
        for (name, value) in flat(table) {
            let known = SETTINGS.iter().find(|s| s.name == name).ok_or_else(|| wrong(&name, "there is no such setting"))?;
            values.insert(known.name, value);
        }
        let not_settings = ["SHOUMA_CONFIG", "SHOUMA_TOOLS"];
        let foreign = ["SHOUMA_SIM_", "SHOUMA_TEST_", "SHOUMA_KILL_", "SHOUMA_BENCH_", "SHOUMA_E2E_"];
        for (variable_name, value) in environment {
            if !variable_name.starts_with("SHOUMA_")
                || not_settings.contains(&variable_name.as_str())
                || foreign.iter().any(|f| variable_name.starts_with(f))
            {
                continue;
            }
            let known = SETTINGS.iter().find(|s| variable(s.name) == *variable_name);
            let known = known.ok_or_else(|| wrong(variable_name, "there is no such setting; see shouma serve --help"))?;
            values.insert(known.name, value.clone());
        }
        Ok(Values(values))
    }

    /// The value as it is written; empty when there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The value, if there is one.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A number from `least` to `most`.
    pub(super) fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
        &self,
        name: &str,
        least: T,
        most: T,
    ) -> Result<T, SettingError> {
        match self.text(name).parse::<T>() {
            Ok(number) if number >= least && number <= most => Ok(number),
            _ => Err(wrong(name, format!("{:?} is not a number from {least} to {most}", self.text(name)))),
        }
    }

    /// An address and port.
    pub(super) fn address(&self, name: &str) -> Result<SocketAddr, SettingError> {
        let text = self.text(name);
        text.parse().map_err(|_| wrong(name, format!("{text:?} is not an address and port such as 127.0.0.1:3000")))
    }

    /// An address of the web, without a slash at the end.
    pub(super) fn url(&self, name: &str) -> Result<String, SettingError> {
        let text = self.text(name).trim_end_matches('/');
        let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        match host {
            Some(host) if !host.is_empty() && !text.contains(['?', '#', ' ']) => Ok(text.to_owned()),
            _ => Err(wrong(name, format!("{text:?} is not an address such as https://pay.example.com"))),
        }
    }

    /// The value of a setting that is needed together with others.
    pub(super) fn needed(&self, name: &str, with: &str) -> Result<&str, SettingError> {
        self.given(name).ok_or_else(|| wrong(name, format!("is needed together with {with}")))
    }
}

/// A file with a key that others on the machine can read is refused.
pub(super) fn secret_file(name: &str, path: &Path) -> Result<Secret, SettingError> {
    let refuse = |why: String| wrong(name, why);
    let bytes = std::fs::read(path).map_err(|error| refuse(format!("{} cannot be read: {error}", path.display())))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(refuse(format!("{} can be read by others; run chmod 600 on it", path.display())));
        }
    }
    Ok(Secret::of(bytes))
}

/// A secret that is the one line of such a file: the end of the line is no part of it.
pub(super) fn secret_line(name: &str, file: &str) -> Result<Secret, SettingError> {
    let secret = secret_file(name, Path::new(file))?;
    let text = secret.reveal().trim_ascii();
    if text.is_empty() { Err(wrong(name, format!("{file} is empty"))) } else { Ok(Secret::of(text)) }
}

/// `[wechat] mchid = "1"` becomes `wechat.mchid = 1`.
fn flat(table: toml::Table) -> Vec<(String, String)> {
    let mut found = vec![];
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => found.extend(flat(inner).into_iter().map(|(below, value)| (format!("{name}.{below}"), value))),
            toml::Value::String(text) => found.push((name, text)),
            other => found.push((name, other.to_string())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        std::fs::write(&path, "key").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(secret_file("wechat.private_key_file", &path).unwrap_err().to_string().contains("chmod 600"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(secret_file("wechat.private_key_file", &path).is_ok());
    }
}
