//! What a person sent for a form: text under names, nothing checked yet.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::FormSchema;

/// What was sent, per field key (`student`) or key and part (`title.tax_no`); several values for a multiple choice.
///
/// It is also what a draft and a code's presets are kept as, so it reads from and writes to JSON:
/// `{"student": ["张三"], "title.tax_no": ["91310000MA1FL0AB2X"]}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed {
    by_path: BTreeMap<String, Vec<String>>,
}

impl Typed {
    /// Picks what belongs to the form out of all pairs that a browser sent: names that begin with `field.`.
    pub fn from_pairs<N: AsRef<str>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Typed {
        let mut typed = Typed::default();
        for (name, value) in pairs {
            if let Some(path) = name.as_ref().strip_prefix("field.") {
                typed.by_path.entry(path.to_owned()).or_default().push(value.into());
            }
        }
        typed
    }

    /// The same with `value` added under `path`, a key or `key.part`.
    #[must_use]
    pub fn with(mut self, path: &str, value: &str) -> Typed {
        self.by_path.entry(path.to_owned()).or_default().push(value.to_owned());
        self
    }

    /// Everything that was sent for a field, as sent.
    pub fn all(&self, key: &str) -> &[String] {
        self.by_path.get(key).map_or(&[], Vec::as_slice)
    }

    /// The first value that was sent for a field, as sent: what a form shows again after a refusal. Empty when there is none.
    pub fn first(&self, key: &str) -> &str {
        self.all(key).first().map_or("", String::as_str)
    }

    /// The first value that was sent for one part of a field. Empty when there is none.
    pub fn part(&self, key: &str, part: &str) -> &str {
        self.first(&format!("{key}.{part}"))
    }

    /// Whether anything was sent for a field or one of its parts.
    pub fn speaks_of(&self, key: &str) -> bool {
        self.by_path.keys().any(|path| key_of(path) == key)
    }

    /// The field keys that something was sent for.
    pub fn keys(&self) -> BTreeSet<&str> {
        self.by_path.keys().map(|path| key_of(path)).collect()
    }

    /// The pairs as a browser would send them again, e.g. from hidden controls: (`field.<path>`, value).
    pub fn pairs(&self) -> impl Iterator<Item = (String, &str)> {
        self.by_path.iter().flat_map(|(path, values)| values.iter().map(move |value| (format!("field.{path}"), value.as_str())))
    }

    /// What may rest in a draft on the payer's device: answers to this form's questions, without sensitive ones.
    #[must_use]
    pub fn for_draft(&self, schema: &FormSchema) -> Typed {
        let may_rest = |path: &str| schema.asked().any(|field| field.key == key_of(path) && !field.is_sensitive());
        let kept = self.by_path.iter().filter(|(path, _)| may_rest(path));
        Typed { by_path: kept.map(|(path, values)| (path.clone(), values.clone())).collect() }
    }

    /// What was sent, with every field that `presets` speak of replaced whole by the preset.
    pub(super) fn overruled_by(&self, presets: &Typed) -> Typed {
        let mut by_path = self.by_path.clone();
        by_path.retain(|path, _| !presets.speaks_of(key_of(path)));
        by_path.extend(presets.by_path.clone());
        Typed { by_path }
    }
}

fn key_of(path: &str) -> &str {
    path.split_once('.').map_or(path, |(key, _)| key)
}
