//! The payer's way: form, submit, a trip through WeChat when nobody knows who pays, waiting, receipt.

mod form;
mod receipt;
mod trip;
mod waiting;

use app::pay::Shop;
use domain::PaymentState;

pub use form::{form, submit};
pub use receipt::{mark, receipt};
pub use trip::landing;
pub use waiting::waiting;

use crate::site::Site;
use crate::store::StoreError;
use crate::store::codes::{self, FoundCode};
use crate::store::payments::Stored;

/// The code that an address names, with the debt that it collects, or `None`.
pub(super) async fn find(site: &Site, token: &str) -> Result<Option<FoundCode>, StoreError> {
    let mut conn = site.store.read().await?;
    match codes::by_token(&mut conn.tx(), token).await? {
        Some(found) => found.with_debt(&mut conn.tx()).await.map(Some),
        None => Ok(None),
    }
}

pub(super) fn shop(found: &FoundCode) -> Shop {
    Shop {
        name: found.merchant.name.clone(),
        logo_url: found.merchant.logo_url.clone(),
        payee: found.payee_name.clone(),
        code_name: found.code.name.clone(),
        contact: found.merchant.contact.clone(),
    }
}

/// Where the receipt of a payment is, once there is one.
fn receipt_path(stored: &Stored) -> Option<String> {
    (stored.payment.state == PaymentState::Paid).then(|| format!("/r/{}", stored.receipt_token))
}
