//! Between the right password and the session, inside WeChat: who it is there (row E7). Until the session begins nobody is evicted.

use app::manager::{SignIn, SignInWhy};
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::one_time::Purpose;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::visit::Visit;
use super::{cookies, proof, sign_in};
use crate::channels::oauth::Identity;
use crate::fresh;
use crate::pay::hex;
use crate::proofs::{Asked, Unfinished};
use crate::sign_in::{Admitted, Shown, SignInRefusal};
use crate::store::bindings::WechatIdentity;

/// What the browser keeps during the trip to WeChat.
const TRIP: &str = "__Host-identify";

/// What the signature is for.
const SEALED_FOR: &str = "identify";

/// How long the trip may take.
const TRIP_MS: i64 = 10 * 60_000;

/// A trip that was begun.
#[derive(Serialize, Deserialize)]
struct Trip {
    state: String,
    admitted: Admitted,
    next: String,
}

/// Whether this browser can say who somebody is in WeChat. WeCom's browser calls itself WeChat's too, and has no such sign-in.
pub(super) fn can_tell(headers: &HeaderMap) -> bool {
    let agent = sign_in::agent(headers);
    agent.contains("MicroMessenger") && !agent.contains("wxwork")
}

/// To WeChat, which tells who somebody is whose password was right.
pub(super) fn begin(mut visit: Visit, admitted: Admitted, next: &str) -> Response {
    let state = hex(&fresh::bytes::<16>());
    let trip = json!(Trip { state: state.clone(), admitted, next: next.to_owned() }).to_string();
    let sealed = visit.site.seal.seal(SEALED_FOR, &trip, visit.now.plus_ms(TRIP_MS));
    visit.cookies.extend(cookies::set(TRIP, &sealed, TRIP_MS / 1000));
    let landing = format!("{}/m/sign-in/wechat", visit.site.config.public_url);
    let address = visit.site.oauth.authorize_url(&landing, &state);
    visit.redirect(&address)
}

/// What WeChat's sign-in page sends back.
#[derive(Debug, Deserialize)]
pub struct Landing {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// `GET /m/sign-in/wechat`: back from WeChat, in the browser that began the trip.
pub async fn landing(mut visit: Visit, headers: HeaderMap, Query(landing): Query<Landing>) -> Response {
    let site = visit.site.clone();
    let kept = cookies::get(&headers, TRIP).and_then(|sealed| site.seal.open(SEALED_FOR, sealed, visit.now));
    let trip = kept.and_then(|text| serde_json::from_str::<Trip>(&text).ok()).filter(|trip| trip.state == landing.state);
    visit.cookies.extend(cookies::forget(TRIP));
    // A landing address that is opened again: whoever is signed in by now is led on by the sign-in page.
    let Some(Trip { admitted, next, .. }) = trip else { return visit.redirect("/m/sign-in") };
    let openid = match site.oauth.exchange(&landing.code).await {
        Ok(Identity::Person { openid }) => openid,
        Ok(Identity::Preview) => return silent(visit, &admitted, next).await,
        Err(error) => {
            tracing::warn!(%error, "WeChat did not say who signs in");
            return silent(visit, &admitted, next).await;
        }
    };
    let identity = WechatIdentity { appid: site.oauth.appid().to_owned(), openid };
    match site.sign_ins.begin(admitted.clone(), sign_in::agent(&headers), Shown::Wechat(identity.clone())).await {
        Ok(signed_in) => sign_in::enter(visit, &signed_in, &next),
        Err(SignInRefusal::OtherWechat) if site.proofs.is_offered() => {
            prove(visit, &headers, Unfinished { admitted, identity, next }).await
        }
        Err(refusal) => sign_in::refuse(visit, &refusal, admitted.phone.as_str(), &next).await,
    }
}

/// A code to the phone decides whether this is the account's owner.
async fn prove(visit: Visit, headers: &HeaderMap, unfinished: Unfinished) -> Response {
    let phone = unfinished.admitted.phone.clone();
    match proof::ask(&visit, headers, phone.clone(), Purpose::SignIn, unfinished.text()).await {
        Ok(Asked::Made { secret }) => proof::lead_on(visit, &secret),
        Ok(Asked::Wait { after_s }) => {
            let why = Some(SignInWhy::Later { after_s });
            sign_in::door(visit, SignIn { phone: phone.as_str().to_owned(), why, next: unfinished.next }).await
        }
        Ok(Asked::Over) => visit.redirect(app::mobile::PROOF_PATH),
        Err(error) => visit.store_trouble(&error, Some("/m/sign-in")),
    }
}

async fn silent(visit: Visit, admitted: &Admitted, next: String) -> Response {
    sign_in::door(visit, SignIn { phone: admitted.phone.as_str().to_owned(), why: Some(SignInWhy::Silent), next }).await
}
