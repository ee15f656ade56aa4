//! 接收收款成功通知: the screen that switches messages on and off, the trip to WeChat that tells whom they are for, and what the
//! account tells by itself.

use app::Refusal;
use app::admin::messages_page;
use app::messages::{Answered, ConsentPage, Listening, Listens, MessagesPage, State as Standing, consent_page};
use async_trait::async_trait;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::Caller;
use serde::Deserialize;

use super::admin::{administrator, answer, shell};
use super::manager::signed_in;
use super::visit::{Visit, query_value};
use super::wechat_trip::{Landing, WechatTrip};
use crate::desk::refusal;
use crate::fresh;
use crate::hex::hex;
use crate::messages::Tested;
use crate::senders::wechat_account::{AccountEvent, AccountMessages, is_signed};
use crate::site::Site;
use crate::store::{StoreError, tenants};

/// The trip that tells whom messages are for.
const TRIP: WechatTrip = WechatTrip::new("__Host-messages", "messages", "/m/settings/messages/wechat", "who wants messages");

/// The same for an administrator.
const ADMIN_TRIP: WechatTrip = WechatTrip::new("__Host-admin-messages", "admin messages", "/admin/messages/wechat", "who wants messages");

/// What the screen asks for, inside WeChat or elsewhere.
pub struct MessagesDesk {
    /// The site.
    pub site: Site,
    /// Whether the browser is WeChat's.
    pub is_wechat: bool,
}

#[async_trait]
impl Listening for MessagesDesk {
    async fn messages(&self, caller: &Caller) -> Result<MessagesPage, Refusal> {
        read(&self.site, caller, Listens::Manager, self.is_wechat).await.map_err(refusal)
    }
}

async fn read(site: &Site, caller: &Caller, listens: Listens, is_wechat: bool) -> Result<MessagesPage, StoreError> {
    let state = if !is_allowed(site, caller, listens).await? {
        Standing::NotAllowed
    } else if site.account.is_set_up() {
        let needs_consent = site.account.consent_template().is_some();
        site.messages.listener(caller).await?.map_or(Standing::Off, |it| Standing::On {
            unreached: it.unreached,
            reached_at: it.reached_at_ms,
            pace: it.pace,
            consents: needs_consent.then_some(it.consents),
        })
    } else {
        Standing::NotSetUp
    };
    Ok(MessagesPage { listens, state, is_wechat, address: format!("{}{}", site.config.public_url, listens.path()) })
}

/// Who asks, on whose screen: the address tells.
struct Asking {
    caller: Caller,
    listens: Listens,
}

impl Asking {
    async fn of(visit: Visit, uri: &Uri, headers: &HeaderMap) -> Result<(Visit, Asking), Response> {
        if uri.path().starts_with(Listens::Administrator.path()) {
            let (visit, asking) = administrator(visit, uri, headers).await?;
            return Ok((visit, Asking { caller: asking.caller, listens: Listens::Administrator }));
        }
        let (visit, caller) = signed_in(visit, headers, Listens::Manager.path()).await?;
        Ok((visit, Asking { caller, listens: Listens::Manager }))
    }

    fn path(&self) -> &'static str {
        self.listens.path()
    }

    fn trip(&self) -> WechatTrip {
        match self.listens {
            Listens::Manager => TRIP,
            Listens::Administrator => ADMIN_TRIP,
        }
    }

    fn answer(&self, visit: Visit, answered: Answered) -> Response {
        visit.redirect(&format!("{}?said={}", self.path(), answered.word()))
    }
}

/// `GET /admin/messages`: the administrator's screen. The manager's is one of the app's.
pub async fn office(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match administrator(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let path = Listens::Administrator.path();
    let shown = match read(&visit.site, &asking.caller, Listens::Administrator, visit.is_wechat).await {
        Ok(shown) => shown,
        Err(error) => return visit.store_trouble(&error, Some(path)),
    };
    let answered = query_value(&uri, "said").and_then(|word| Answered::of_word(&word));
    let html = messages_page(shell(&visit, path), &asking.signed, answered, &shown);
    answer(visit, StatusCode::OK, html)
}

/// Whether they may have messages: administrators decide that about managers, and may always have their own.
async fn is_allowed(site: &Site, caller: &Caller, listens: Listens) -> Result<bool, StoreError> {
    Ok(listens == Listens::Administrator || tenants::has_messages(&mut site.store.read().await?.tx(), caller.tenant).await?)
}

/// `GET /m/settings/messages/on`, or `/admin/messages/on`: to WeChat, which tells who this is there.
pub async fn begin(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match Asking::of(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    match is_allowed(&visit.site, &asking.caller, asking.listens).await {
        Ok(true) if visit.is_wechat && visit.site.account.is_set_up() => {}
        Ok(_) => return visit.redirect(asking.path()),
        Err(error) => return visit.store_trouble(&error, Some(asking.path())),
    }
    asking.trip().begin(visit, &asking.caller.account)
}

/// `GET /m/settings/messages/wechat`: back from WeChat. Only the browser that began the trip, and the person who is signed in
/// there, can end it.
pub async fn landing(visit: Visit, uri: Uri, headers: HeaderMap, Query(landing): Query<Landing>) -> Response {
    let (mut visit, asking) = match Asking::of(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let (site, trip) = (visit.site.clone(), asking.trip());
    if trip.end(&mut visit, &headers, &landing) != Some(asking.caller.account) {
        return asking.answer(visit, Answered::Unknown);
    }
    let Some(openid) = trip.who(&site, &landing).await else { return asking.answer(visit, Answered::Unknown) };
    match site.messages.switch_on(&asking.caller, &openid, visit.prefs.locale).await {
        // Nothing can be sent before WeChat was told so.
        Ok(()) if site.account.consent_template().is_some() => visit.redirect(&format!("{}/consent", asking.path())),
        Ok(()) => asking.answer(visit, Answered::On),
        Err(error) => visit.store_trouble(&error, Some(asking.path())),
    }
}

/// `GET /m/settings/messages/consent`: WeChat's own button, by which somebody agrees to one more message. What was answered comes by
/// [`event`]; the page says at once what it was told.
pub async fn consent(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match Asking::of(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let site = visit.site.clone();
    let script_url = site.config.wechat.as_ref().and_then(|wechat| wechat.script_url.clone());
    let (Some(template), Some(script_url), true) = (site.account.consent_template(), script_url, visit.is_wechat) else {
        return visit.redirect(asking.path());
    };
    let url = format!("{}{}/consent", site.config.public_url, asking.path());
    let told = site.account.page_script(&script_url, &url, &hex(&fresh::bytes::<8>())).await.map(|told| told.to_string());
    let html = consent_page(ConsentPage {
        listens: asking.listens,
        prefs: visit.prefs,
        bundle: &site.client.mobile,
        nonce: &visit.nonce,
        template,
        script: told.as_deref(),
    });
    visit.screen_with_script(&script_url, html)
}

/// `POST /m/settings/messages/test`: sends a message to see one.
pub async fn test(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match Asking::of(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let site = visit.site.clone();
    match site.messages.test(&asking.caller).await {
        Ok(Tested::Sent) => asking.answer(visit, Answered::Sent),
        Ok(Tested::TooSoon) => asking.answer(visit, Answered::TooSoon),
        Ok(Tested::Off) => visit.redirect(asking.path()),
        Err(error) => visit.store_trouble(&error, Some(asking.path())),
    }
}

/// `POST /m/settings/messages/off`.
pub async fn off(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    let (visit, asking) = match Asking::of(visit, &uri, &headers).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let site = visit.site.clone();
    match site.messages.switch_off(&asking.caller).await {
        Ok(()) => asking.answer(visit, Answered::Off),
        Err(error) => visit.store_trouble(&error, Some(asking.path())),
    }
}

/// How the account signs what it tells.
#[derive(Debug, Deserialize)]
pub struct Signed {
    #[serde(default)]
    signature: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    echostr: String,
}

impl Signed {
    fn is_true(&self, site: &Site) -> bool {
        let token = site.config.wechat.as_ref().and_then(|wechat| wechat.messages.push_token.as_ref());
        token.is_some_and(|token| is_signed(&String::from_utf8_lossy(token.reveal()), &self.timestamp, &self.nonce, &self.signature))
    }
}

/// `GET /notify/account`: WeChat asks whether this is the address that the administrator entered.
pub async fn prove(State(site): State<Site>, Query(signed): Query<Signed>) -> Response {
    if signed.is_true(&site) { signed.echostr.into_response() } else { StatusCode::FORBIDDEN.into_response() }
}

/// `POST /notify/account`: somebody follows or does not any more, or a message ended. Events come again when they are not
/// answered with 200, and telling them twice changes nothing.
pub async fn event(State(site): State<Site>, Query(signed): Query<Signed>, body: String) -> Response {
    if !signed.is_true(&site) {
        metrics::counter!("shouma_account_events_refused_total").increment(1);
        return StatusCode::FORBIDDEN.into_response();
    }
    match site.messages.hear(AccountEvent::read(&body)).await {
        Ok(true) => "success".into_response(),
        // It may have come before the answer to the message itself was stored.
        Ok(false) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(error) => {
            tracing::error!(%error, "an event of the account could not be stored; it is told again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
