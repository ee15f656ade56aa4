//! Finding a receipt by a whole number that somebody copied: ours, which a payer's bill calls 商户单号, that of one of its attempts or
//! refunds, or the one that WeChat Pay gave it, 交易单号.

use domain::{OutTradeNo, PaymentId, TenantId};
use uuid::Uuid;

use super::{StoreError, Tx, on, payments};

/// Shorter ones are words as any other.
const FEWEST_CHARS: usize = 16;

/// The payment that the number names; `None` when `text` is no whole number, or none of the organisation's.
pub async fn named(tx: &mut Tx<'_>, tenant: TenantId, text: &str) -> Result<Option<PaymentId>, StoreError> {
    // Long numbers are often written in groups.
    let text: String = text.split_whitespace().collect();
    if text.len() < FEWEST_CHARS || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(None);
    }
    // Our numbers are written in small letters; some programs copy them in capitals.
    if let Some(no) = OutTradeNo::parse(&text.to_ascii_lowercase())
        && let Some((owner, payment)) = payments::by_trade_no(tx, &no).await?
    {
        return Ok(Some(payment).filter(|_| owner == tenant));
    }
    if let Ok(payment) = text.parse() {
        return Ok(Some(payment));
    }
    let sql = "SELECT payment FROM receipt WHERE tenant = $1 AND trade = $2";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(&text).fetch_optional(db).await)?;
    Ok(row.map(|(payment,)| PaymentId::of(payment)))
}
