//! The payer's trip through WeChat. The store keeps which payment it is for: WeChat may open the landing in another browser than the
//! one that began it, or a second time, and that has to lead to the payment too.

use app::pay::NoticeKind;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Millis, PaymentId, TenantId};

use crate::channels::oauth::{Identity, OauthError};
use crate::site::Site;
use crate::store::oauth_states::{self, Trip};
use crate::store::sessions::TokenHash;
use crate::store::sightings::Kind;
use crate::store::{Command, StoreError, Tx};
use crate::web::cookies::sha256;
use crate::web::visit::Visit;
use crate::web::wechat_trip::{self, Landing};

/// Begins a trip for a payment; where it leads.
pub(super) async fn begin_trip(visit: &mut Visit, tenant: TenantId, payment: PaymentId) -> Result<String, StoreError> {
    let state = wechat_trip::state();
    let browser = visit.browser();
    let trip = Trip {
        state_hash: sha256(&state),
        tenant,
        payment,
        browser_hash: sha256(&browser),
        expires_at_ms: visit.now.plus_ms(wechat_trip::TRIP_MS),
    };
    visit.site.store.write(BeginTrip { trip }).await?;
    Ok(wechat_trip::address(&visit.site, "/oauth/wechat", &state))
}

struct BeginTrip {
    trip: Trip,
}

impl Command for BeginTrip {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        oauth_states::insert(tx, &self.trip).await
    }
}

struct EndTrip {
    state_hash: TokenHash,
    browser_hash: TokenHash,
    now: Millis,
}

impl Command for EndTrip {
    /// The payment that the trip was for, once.
    type Done = Option<(TenantId, PaymentId)>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        oauth_states::take(tx, &self.state_hash, &self.browser_hash, self.now).await
    }
}

/// `GET /oauth/wechat`: back from WeChat. Reloading it or opening it elsewhere leads to a page that works, never to an error
/// about a used code.
pub async fn landing(State(site): State<Site>, mut visit: Visit, Query(landing): Query<Landing>) -> Response {
    let Some(browser) = visit.browser.clone() else { return lost(visit, &site, &landing.state).await };
    let take = EndTrip { state_hash: sha256(&landing.state), browser_hash: sha256(&browser), now: visit.now };
    let taken = match site.store.write(take).await {
        Ok(taken) => taken,
        Err(error) => return visit.store_trouble(&error, None),
    };
    let Some((tenant, payment)) = taken else { return lost(visit, &site, &landing.state).await };
    let stored = match site.payments.load(tenant, payment).await {
        Ok(Some(stored)) => stored,
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => return visit.store_trouble(&error, None),
    };
    let page = format!("/p/{}/{payment}", stored.code_token);
    let known = site.oauth.exchange(&landing.code).await;
    match known {
        Ok(_) => site.sightings.note(Kind::SignIn, "fine"),
        Err(OauthError::Misconfigured { .. }) => site.sightings.note(Kind::SignIn, "misconfigured"),
        Err(_) => {}
    }
    match known {
        Ok(Identity::Person { openid }) => {
            visit.remember_payer(&openid);
            match site.payments.set_payer(&stored, &openid).await {
                Ok(()) => visit.redirect(&page),
                Err(error) => visit.store_trouble(&error, Some(&page)),
            }
        }
        Ok(Identity::Preview) => visit.notice(StatusCode::FORBIDDEN, &NoticeKind::PreviewIdentity, None, Some(&page)),
        Err(error) => {
            tracing::warn!(%error, "WeChat did not say who pays");
            let kind = if matches!(error, OauthError::Unavailable { .. }) { NoticeKind::ChannelDown } else { NoticeKind::SignInFailed };
            visit.notice(StatusCode::BAD_GATEWAY, &kind, None, Some(&page))
        }
    }
}

/// A landing address that was used before, or that another browser began: on to the payment's own page if there is one.
async fn lost(visit: Visit, site: &Site, state: &str) -> Response {
    let found = async {
        let mut conn = site.store.read().await?;
        oauth_states::payment_of(&mut conn.tx(), &sha256(state)).await
    };
    let stored = match found.await {
        Ok(Some((tenant, payment))) => site.payments.load(tenant, payment).await,
        Ok(None) => return visit.notice(StatusCode::BAD_REQUEST, &NoticeKind::SignInFailed, None, None),
        Err(error) => Err(error),
    };
    match stored {
        Ok(Some(stored)) => visit.redirect(&format!("/p/{}/{}", stored.code_token, stored.payment.id)),
        Ok(None) => visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => visit.store_trouble(&error, None),
    }
}
