//! What a browser keeps of the people who signed in with it: under our signature, out of reach of scripts, for half a year. A sign-out
//! leaves it.

use axum::http::HeaderMap;

use super::sealed_cookie::SealedCookie;
use super::visit::Visit;
use crate::trusted::{self, TRUST_MS, Trust};

/// What the browser keeps.
const TRUSTED: SealedCookie = SealedCookie { name: "__Host-trusted", purpose: "trusted", lasts_ms: TRUST_MS };

/// Who signed in with this browser before.
pub(super) fn held(visit: &Visit, headers: &HeaderMap) -> Vec<Trust> {
    TRUSTED.read(visit, headers).unwrap_or_default()
}

/// Has the browser keep that somebody signed in with it just now.
pub(super) fn keep(visit: &mut Visit, headers: &HeaderMap, new: &Trust) {
    let held = trusted::with(held(visit, headers), new.clone(), visit.now);
    TRUSTED.keep(visit, &held);
}
