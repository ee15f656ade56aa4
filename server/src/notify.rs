//! What a channel tells us by itself. Verified over the raw bytes, stored whole, then acknowledged: 204 is written after the
//! commit, so that whatever we could not keep is told again.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Fen, OutTradeNo};

use crate::channels::{Notice, NoticeRefusal, Word, wechat};
use crate::pay::Heard;
use crate::site::Site;
use crate::store::StoreError;
use crate::store::payments::Event;
use crate::store::sightings::Kind;

/// `POST /notify/wechat`.
pub async fn wechat(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let notice = match site.payments.channel.read_notice(&headers, &body).await {
        Ok(notice) => notice,
        Err(refusal) => {
            note_refusal(refusal, wechat::is_probe(&headers));
            // Only these are proven to come from the channel; anybody can send the others.
            match refusal {
                NoticeRefusal::Undecryptable => site.sightings.note(Kind::NoticeRefused, "sealed"),
                NoticeRefusal::WrongMerchant => site.sightings.note(Kind::NoticeRefused, "wrong_merchant"),
                _ => {}
            }
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            return (status, [("content-type", "application/json")], r#"{"code":"FAIL","message":"refused"}"#).into_response();
        }
    };
    let id = notice.id.clone();
    match store(&site, notice).await {
        Ok(()) => {
            site.sightings.note(Kind::Notice, "came");
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => {
            tracing::error!(%error, id, "a notice could not be stored; the channel will repeat it");
            let body = r#"{"code":"FAIL","message":"try again"}"#;
            (StatusCode::SERVICE_UNAVAILABLE, [("content-type", "application/json"), ("retry-after", "5")], body).into_response()
        }
    }
}

/// WeChat tries by itself whether wrong signatures are refused. Its probes go the way of every forgery, and are counted apart,
/// so that an alarm on forgeries stays silent about them (H6). Whoever calls a forgery a probe only has it counted there.
fn note_refusal(refusal: NoticeRefusal, is_probe: bool) {
    if is_probe {
        metrics::counter!("shouma_notices_probes_total").increment(1);
        tracing::debug!(%refusal, "a probe of the channel was refused, as it expects");
        return;
    }
    metrics::counter!("shouma_notices_refused_total", "why" => refusal.to_string()).increment(1);
    tracing::warn!(%refusal, "a notice was not believed");
}

async fn store(site: &Site, notice: Notice) -> Result<(), StoreError> {
    let Notice { id, event_type, received_raw, word } = notice;
    metrics::counter!("shouma_notices_total", "event" => event_type.clone()).increment(1);
    let event = Event { channel: "wechat", id: id.clone(), kind: event_type.clone(), body: received_raw };
    match word {
        Word::Trade { no, trade, .. } => {
            if site.payments.hear(&no, &trade, Some(event)).await? == Heard::Orphan {
                metrics::counter!("shouma_notices_orphaned_total").increment(1);
                tracing::error!(%no, id, "money came for an order that nobody here knows");
            }
        }
        Word::Refund { no, payment_no, amount_fen, word } => match site.refunds.knows(&payment_no, &no).await? {
            true => site.refunds.hear(&payment_no, &no, &word, Some(event)).await?,
            false => hear_other(site, &payment_no, no.as_str(), amount_fen, event).await?,
        },
        Word::OtherRefund { no, payment_no, amount_fen } => hear_other(site, &payment_no, &no, amount_fen, event).await?,
        // Kept first: an alarm about what is not there would send somebody looking in vain.
        Word::Unhandled { .. } => {
            site.keep_event(event).await?;
            metrics::counter!("shouma_alarms_total", "alarm" => "unhandled_notice").increment(1);
            tracing::error!(id, event_type, "a proven notice that nothing here handles was kept; a person has to read it");
        }
        Word::Foreign => {
            site.keep_event(event).await?;
            tracing::warn!(id, event_type, "{OF_ANOTHER_SYSTEM}");
        }
    }
    Ok(())
}

const OF_ANOTHER_SYSTEM: &str = "a notice about an order of another system with this merchant number was kept";

/// A refund that was not asked for here: of one of our orders it is told to people, otherwise it is another system's.
async fn hear_other(site: &Site, attempt: &OutTradeNo, no: &str, amount: Fen, event: Event) -> Result<(), StoreError> {
    let (id, event_type) = (event.id.clone(), event.kind.clone());
    match site.refunds.hear_other(attempt, no, amount, event).await? {
        true => tracing::error!(%attempt, no, id, event_type, "a refund of one of our orders was made elsewhere; nothing was booked of it"),
        false => tracing::warn!(id, event_type, "{OF_ANOTHER_SYSTEM}"),
    }
    Ok(())
}
