//! Finding a receipt by a whole number that somebody copied: ours, which a payer's bill calls 商户单号, of the payment, of one of its
//! attempts or of one of its refunds; or the one that WeChat Pay gave to what was paid, 交易单号, also where it was paid twice.

use domain::{OutRefundNo, OutTradeNo, PaymentId, TenantId};
use uuid::Uuid;

use super::{StoreError, Tx, on, payments};

/// Shorter ones are words as any other.
const FEWEST_CHARS: usize = 16;

/// Whether `text` may be a whole number.
pub fn is_whole(text: &str) -> bool {
    whole(text).is_some()
}

fn whole(text: &str) -> Option<String> {
    // Long numbers are often written in groups.
    let text: String = text.split_whitespace().collect();
    let is_whole = text.len() >= FEWEST_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_whole.then_some(text)
}

/// The payment that the number names; `None` when `text` is no whole number, or none of the organisation's.
pub async fn named(tx: &mut Tx<'_>, tenant: TenantId, text: &str) -> Result<Option<PaymentId>, StoreError> {
    let Some(text) = whole(text) else { return Ok(None) };
    // Our numbers are written in small letters; some programs copy them in capitals.
    let small = text.to_ascii_lowercase();
    if let Some(no) = OutTradeNo::parse(&small)
        && let Some((owner, payment)) = payments::by_trade_no(tx, &no).await?
    {
        return Ok(Some(payment).filter(|_| owner == tenant));
    }
    if let Some(no) = OutRefundNo::parse(&small)
        && let Some(found) = payments::load_refund(tx, tenant, &no).await?
    {
        return Ok(Some(found.refund.payment));
    }
    if let Ok(payment) = text.parse() {
        return Ok(Some(payment));
    }
    let sql = "SELECT payment FROM attempt WHERE tenant = $1 AND trade = $2 LIMIT 1";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(&text).fetch_optional(db).await)?;
    Ok(row.map(|(payment,)| PaymentId::of(payment)))
}
