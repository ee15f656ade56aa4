//! Cookies: read, set, and sign what a browser keeps for us.
//!
//! Everything that matters is `__Host-`: over plain http a browser keeps such a cookie only on loopback.

use aws_lc_rs::{digest, hmac};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Millis;

/// The session of a person who signed in.
pub const SESSION: &str = "__Host-session";
/// The session of an administrator: apart, so that one browser may hold both, and neither page ever sees the other's.
pub const ADMIN: &str = "__Host-admin";
/// Who pays, signed, so that the next payment needs no trip through WeChat.
pub const PAYER: &str = "__Host-payer";
/// A random name of the browser; ties a trip through WeChat to the browser that began it.
pub const BROWSER: &str = "__Host-browser";

/// The value of a cookie, or `None`.
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// A `Set-Cookie` line that lives `max_age_s`, out of reach of scripts, sent on top-level visits from other sites (the way
/// back from WeChat is one).
pub fn set(name: &str, value: &str, max_age_s: i64) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={max_age_s}; Secure; HttpOnly; SameSite=Lax")).ok()
}

/// A `Set-Cookie` line that forgets a cookie.
pub fn forget(name: &str) -> Option<HeaderValue> {
    set(name, "", 0)
}

/// A `Set-Cookie` line for how somebody likes to see pages (`lang`, `theme`, `mode`): nothing secret, a year long.
pub fn preference(name: &str, value: &str, is_https: bool) -> Option<HeaderValue> {
    let secure = if is_https { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age=31536000{secure}; SameSite=Lax")).ok()
}

/// The hash under which a secret that a browser carries is stored.
pub fn sha256(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    hash
}

/// Signs what a browser keeps. The key is the installation's own and is shared by its instances.
#[derive(Clone)]
pub struct Seal {
    key: hmac::Key,
}

impl Seal {
    /// A seal with this secret, at least 32 bytes.
    pub fn new(secret: &[u8]) -> Seal {
        Seal { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// `value` with its purpose and end under a signature: letters, digits, `-`, `_` and `.` only.
    pub fn seal(&self, purpose: &str, value: &str, until: Millis) -> String {
        let body = format!("{}.{}", URL_SAFE_NO_PAD.encode(value), until.get());
        let tag = hmac::sign(&self.key, format!("{purpose}\n{body}").as_bytes());
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    /// What was sealed for `purpose`, unless it was changed or its time is over.
    pub fn open(&self, purpose: &str, sealed: &str, now: Millis) -> Option<String> {
        let (body, tag) = sealed.rsplit_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.key, format!("{purpose}\n{body}").as_bytes(), &tag).ok()?;
        let (value, until) = body.rsplit_once('.')?;
        if now.get() >= until.parse::<i64>().ok()? {
            return None;
        }
        String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_once_unchanged_in_time_and_for_its_purpose() {
        let seal = Seal::new(&[7; 32]);
        let until = Millis::of(1000);
        let sealed = seal.seal("payer", "wx1\nopenid 张", until);
        let mut changed = sealed.clone();
        changed.replace_range(0..1, if sealed.starts_with('A') { "B" } else { "A" });
        let table = [
            ("payer", sealed.as_str(), 999, Some("wx1\nopenid 张".to_owned())),
            ("payer", sealed.as_str(), 1000, None),
            ("draft", sealed.as_str(), 999, None),
            ("payer", changed.as_str(), 999, None),
            ("payer", "", 999, None),
            ("payer", "a.b.c", 999, None),
        ];
        for (purpose, text, now, expected) in table {
            assert_eq!(seal.open(purpose, text, Millis::of(now)), expected, "{purpose} {text}");
        }
        assert_eq!(Seal::new(&[8; 32]).open("payer", &sealed, Millis::of(0)), None);
    }

    #[test]
    fn one_cookie_is_found_among_many() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; __Host-session=x.y=z"));
        headers.append(header::COOKIE, HeaderValue::from_static("lang=en"));
        assert_eq!(get(&headers, SESSION), Some("x.y=z"));
        assert_eq!(get(&headers, "lang"), Some("en"));
        assert_eq!(get(&headers, "Host-session"), None);
    }
}
