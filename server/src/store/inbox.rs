//! What channels told us, kept once per event.

use domain::{Millis, TenantId};

use super::{StoreError, Tx, on};

/// An event as a channel told it.
#[derive(Debug, Clone)]
pub struct Event {
    /// The channel, e.g. `wechat`.
    pub channel: &'static str,
    /// The channel's id of the event; repeated deliveries carry the same.
    pub id: String,
    /// What kind of event.
    pub kind: String,
    /// What was said, after verification and decryption.
    pub body: String,
}

/// Keeps a channel's event once; `false` when it was there already.
pub async fn keep_event(tx: &mut Tx<'_>, event: &Event, tenant: Option<TenantId>, now: Millis) -> Result<bool, StoreError> {
    let kept: Option<(String,)> = on!(tx, |db| sqlx::query_as(
        "INSERT INTO inbox (channel, id, tenant, kind, body, received_at_ms) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (channel, id) DO NOTHING RETURNING id",
    )
    .bind(event.channel)
    .bind(&event.id)
    .bind(tenant.map(TenantId::get))
    .bind(&event.kind)
    .bind(&event.body)
    .bind(now.get())
    .fetch_optional(db)
    .await)?;
    Ok(kept.is_some())
}
