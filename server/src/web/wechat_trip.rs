//! A trip through WeChat's sign-in page, which tells who somebody is there (`snsapi_base`, wechat-pay 2.10). The address that leads
//! there carries a fresh `state`, which comes back unchanged beside a code; the code is exchanged for the identity.
//!
//! Here the browser itself keeps what the trip is for, sealed together with the state, so that only the browser that began a trip can end
//! it, and once. A payer's trip is kept by the store instead (`payer/trip.rs`): WeChat may open its landing in another browser, and
//! that still has to lead to the payment.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::sealed_cookie::SealedCookie;
use super::visit::Visit;
use crate::channels::oauth::Identity;
use crate::fresh;
use crate::hex::hex;
use crate::site::Site;

/// How long a trip may take, in milliseconds.
pub(super) const TRIP_MS: i64 = 10 * 60_000;

/// A kind of trip.
pub(super) struct WechatTrip {
    /// What the browser keeps meanwhile.
    cookie: SealedCookie,
    /// Where it ends: a path of ours.
    landing: &'static str,
    /// Who is looked for, as the log says it.
    wanted: &'static str,
}

/// What the browser keeps: the state, and what the trip is for.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    state: String,
    errand: T,
}

/// What WeChat's sign-in page sends back.
#[derive(Debug, Deserialize)]
pub struct Landing {
    /// What is exchanged for the identity; empty when somebody opened the address by hand.
    #[serde(default)]
    pub(super) code: String,
    /// The state of the trip.
    #[serde(default)]
    pub(super) state: String,
}

impl WechatTrip {
    /// A kind of trip that ends at the path `landing`, under a cookie and a seal of its own.
    pub(super) const fn new(name: &'static str, purpose: &'static str, landing: &'static str, wanted: &'static str) -> WechatTrip {
        WechatTrip { cookie: SealedCookie { name, purpose, lasts_ms: TRIP_MS }, landing, wanted }
    }

    /// To WeChat. `errand` is what the trip is for; [`WechatTrip::end`] gives it back.
    pub(super) fn begin<T: Serialize>(&self, mut visit: Visit, errand: &T) -> Response {
        let state = state();
        self.cookie.keep(&mut visit, &Kept { state: state.clone(), errand });
        let address = address(&visit.site, self.landing, &state);
        visit.redirect(&address)
    }

    /// Back from WeChat: what the trip was for, if this browser began it and has not ended it yet.
    pub(super) fn end<T: for<'a> Deserialize<'a>>(&self, visit: &mut Visit, headers: &HeaderMap, landing: &Landing) -> Option<T> {
        let kept = self.cookie.read::<Kept<T>>(visit, headers);
        self.cookie.forget(visit);
        kept.filter(|kept| kept.state == landing.state).map(|kept| kept.errand)
    }

    /// Who came back, by their openid; `None` when WeChat names nobody.
    pub(super) async fn who(&self, site: &Site, landing: &Landing) -> Option<String> {
        match site.oauth.exchange(&landing.code).await {
            Ok(Identity::Person { openid }) => Some(openid),
            Ok(Identity::Preview) => None,
            Err(error) => {
                tracing::warn!(%error, "WeChat did not say {}", self.wanted);
                None
            }
        }
    }
}

/// A state that nobody guesses, of letters and digits only, as WeChat asks for.
pub(super) fn state() -> String {
    hex(&fresh::bytes::<16>())
}

/// The address of WeChat's sign-in page from which it goes on to the path `landing` of ours.
pub(super) fn address(site: &Site, landing: &str, state: &str) -> String {
    site.oauth.authorize_url(&format!("{}{landing}", site.config.public_url), state)
}
