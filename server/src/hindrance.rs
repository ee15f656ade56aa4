//! What keeps customers from paying by the code on a manager's screen.

use app::manager::Hindrance;
use domain::payment::AttemptKind;
use domain::{Caller, Millis};

use crate::store::codes::FoundCode;
use crate::store::{StoreError, Tx, codes, sightings};

/// What is in the way of `shown`, the code on the caller's screen: the gravest when it is more than one thing.
///
/// # Errors
/// When the store cannot be read.
pub async fn hindrance(tx: &mut Tx<'_>, caller: &Caller, shown: &FoundCode, now: Millis) -> Result<Option<Hindrance>, StoreError> {
    if let Err(refusal) = shown.opens(now) {
        return Ok(Some(Hindrance::Code(refusal)));
    }
    // Most customers pay inside WeChat; that the other product is closed does not keep them from it. What only several payers in a row
    // were told may not hold for the next one, whom nobody should send away: that is left to diagnosis.
    let refused = sightings::orders_refused(tx).await?;
    if refused.is_some_and(|refused| refused.product == AttemptKind::Jsapi && refused.code.is_about_account()) {
        return Ok(Some(Hindrance::OrdersRefused));
    }
    let chosen = codes::chosen_and_off(tx, caller.tenant, caller.account).await?;
    Ok(chosen.map(|chosen| Hindrance::SwitchedOff { chosen, shown: shown.code.name.clone() }))
}
