//! The payer's receipt.

use app::pay::{NoticeKind, ReceiptPage, Returned, Shop, receipt_page};
use app::ui::Mark;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::concern::ConcernState;
use domain::{Millis, Refund};

use crate::site::Site;
use crate::store::concerns::{self, StoredConcern};
use crate::store::payments::{self, StoredRefund};
use crate::store::{StoreError, receipts, tenants};
use crate::web::cookies::sha256;
use crate::web::visit::Visit;

/// `GET /r/{token}`: the receipt.
pub async fn receipt(State(site): State<Site>, visit: Visit, Path(token): Path<String>) -> Response {
    let found = async {
        let mut conn = site.store.read().await?;
        let Some((tenant, receipt)) = receipts::by_token(&mut conn.tx(), &token).await? else { return Ok(None) };
        let refunds = payments::refunds_of(&mut conn.tx(), tenant, receipt.payment).await?;
        let concerns = match refunds.is_empty() {
            true => vec![],
            false => concerns::of_payment(&mut conn.tx(), tenant, receipt.payment).await?,
        };
        Ok::<_, StoreError>(tenants::by_id(&mut conn.tx(), tenant).await?.map(|tenant| (tenant, receipt, refunds, concerns)))
    };
    let (tenant, receipt, refunds, concerns) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.notice(StatusCode::NOT_FOUND, &NoticeKind::NotFound, None, None),
        Err(error) => return visit.store_trouble(&error, Some(&format!("/r/{token}"))),
    };
    let receipt = receipt.passed_on();
    let shop = Shop {
        logo_url: tenant.logo_url(),
        name: tenant.name,
        payee: receipt.payee_name.clone(),
        code_name: receipt.code_name.clone(),
        contact: tenant.contact,
    };
    let photos = format!("/r/{token}/photos");
    let returned: Vec<Returned> = refunds
        .into_iter()
        .map(|StoredRefund { refund, final_at_ms, .. }| Returned {
            amount_fen: refund.amount_fen,
            is_blocked: is_blocked(&refund, &concerns),
            attempt: refund.attempt,
            cause: refund.cause,
            reason: refund.reason,
            state: refund.state,
            asked_at_ms: refund.asked_at_ms,
            final_at_ms,
        })
        .collect();
    let page = ReceiptPage {
        receipt: &receipt,
        returned: &returned,
        shop: &shop,
        now: visit.now,
        mark: mark(&site, &token, visit.now),
        photos: Some(&photos),
    };
    let html = receipt_page(visit.shell(), &page);
    visit.page(StatusCode::OK, html)
}

/// Whether the channel does not take a return at present, as its payee was told.
fn is_blocked(refund: &Refund, concerns: &[StoredConcern]) -> bool {
    let subjects = [refund.no.as_str(), refund.attempt.as_str()];
    concerns.iter().any(|known| known.concern.state == ConcernState::Blocked && subjects.contains(&known.concern.subject.as_str()))
}

/// The mark of this receipt and hour, which nobody can compute without the installation's secret.
pub fn mark(site: &Site, token: &str, now: Millis) -> Mark {
    let sealed = site.seal.seal("mark", token, Millis::of(Mark::hour(now)));
    let digest = sha256(&sealed);
    Mark::of_seed(digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte)))
}
