//! What a browser keeps for us between two steps of one way, such as a password that was right until the organisation is chosen: under
//! our signature, out of reach of scripts, for some minutes.

use axum::http::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::cookies;
use super::visit::Visit;

/// A cookie under our signature.
pub(super) struct SealedCookie {
    /// Its name.
    pub name: &'static str,
    /// What the signature is for: what was sealed for one purpose opens for no other.
    pub purpose: &'static str,
    /// How long it is good for, in milliseconds.
    pub lasts_ms: i64,
}

impl SealedCookie {
    /// Has the browser keep `value`, in the place of what it kept before.
    pub(super) fn keep<T: Serialize>(&self, visit: &mut Visit, value: &T) {
        let sealed = visit.site.seal.seal(self.purpose, &json!(value).to_string(), visit.now.plus_ms(self.lasts_ms));
        visit.cookies.extend(cookies::set(self.name, &sealed, self.lasts_ms / 1000));
    }

    /// What the browser keeps, unless it was changed or its time is over.
    pub(super) fn read<T: DeserializeOwned>(&self, visit: &Visit, headers: &HeaderMap) -> Option<T> {
        let sealed = cookies::get(headers, self.name)?;
        let text = visit.site.seal.open(self.purpose, sealed, visit.now)?;
        serde_json::from_str(&text).ok()
    }

    /// Has the browser forget it.
    pub(super) fn forget(&self, visit: &mut Visit) {
        visit.cookies.extend(cookies::forget(self.name));
    }
}
