//! Between the right password and the session, inside WeChat: who it is there (row E7). Until the session begins nobody is evicted.

use app::manager::{SignIn, SignInWhy};
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::one_time::Purpose;
use serde::{Deserialize, Serialize};

use super::visit::Visit;
use super::wechat_trip::{Landing, WechatTrip};
use super::{proof, sign_in};
use crate::proofs::{Asked, Unfinished};
use crate::sign_in::{Admitted, Shown, SignInRefusal};
use crate::store::bindings::WechatIdentity;

/// The trip that tells who it is.
const TRIP: WechatTrip = WechatTrip::new("__Host-identify", "identify", "/m/sign-in/wechat", "who signs in");

/// What the trip is for: whose password was right, and where they wanted to go.
#[derive(Serialize, Deserialize)]
struct Errand {
    admitted: Admitted,
    next: String,
}

/// Whether this browser can say who somebody is in WeChat. WeCom's browser calls itself WeChat's too, and has no such sign-in.
pub(super) fn can_tell(headers: &HeaderMap) -> bool {
    let agent = sign_in::agent(headers);
    agent.contains("MicroMessenger") && !agent.contains("wxwork")
}

/// To WeChat, which tells who somebody is whose password was right.
pub(super) fn begin(visit: Visit, admitted: Admitted, next: &str) -> Response {
    TRIP.begin(visit, &Errand { admitted, next: next.to_owned() })
}

/// `GET /m/sign-in/wechat`: back from WeChat, in the browser that began the trip.
pub async fn landing(mut visit: Visit, headers: HeaderMap, Query(landing): Query<Landing>) -> Response {
    let site = visit.site.clone();
    // A landing address that is opened again: whoever is signed in by now is led on by the sign-in page.
    let Some(Errand { admitted, next }) = TRIP.end(&mut visit, &headers, &landing) else { return visit.redirect("/m/sign-in") };
    let Some(openid) = TRIP.who(&site, &landing).await else { return silent(visit, &admitted, next).await };
    let identity = WechatIdentity { appid: site.oauth.appid().to_owned(), openid };
    match site.sign_ins.begin(admitted.clone(), sign_in::agent(&headers), Shown::Wechat(identity.clone())).await {
        Ok(signed_in) => sign_in::enter(visit, &headers, &signed_in, &next),
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
