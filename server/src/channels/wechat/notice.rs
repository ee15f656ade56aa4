//! Notices: proven, decrypted and held against the merchant before anything in them counts (reliability 2.3, H4 to H6, H20).

use domain::{Fen, OutRefundNo, OutTradeNo};
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::gateway::Gateway;
use super::signature::Flaw;
use super::wire::{Envelope, RefundNotice, Transaction};
use crate::channels::{Notice, NoticeRefusal, Word};

/// The longest notice that is looked at.
pub const MOST_NOTICE_BYTES: usize = 64 * 1024;

/// Who the notice has to be for.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    /// The application.
    pub appid: &'a str,
    /// The merchant number.
    pub mchid: &'a str,
}

/// Reads a notice, in the order size, headers, window, key, signature, envelope, decryption, content, addressee.
///
/// # Errors
/// The first check that it misses.
pub async fn read(gateway: &Gateway, us: Addressee<'_>, headers: &HeaderMap, body: &[u8]) -> Result<Notice, NoticeRefusal> {
    if body.len() > MOST_NOTICE_BYTES {
        return Err(NoticeRefusal::TooLarge);
    }
    gateway.prove(headers, body).await?;
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| NoticeRefusal::Malformed)?;
    if envelope.id.is_empty() || envelope.id.len() > 64 {
        return Err(NoticeRefusal::Malformed);
    }
    let received_raw = gateway.open(&envelope.resource).ok_or(NoticeRefusal::Undecryptable)?;
    let word = read_word(us, &envelope.event_type, &received_raw)?;
    Ok(Notice { id: envelope.id, event_type: envelope.event_type, received_raw, word })
}

/// Whether WeChat is only testing that wrong signatures are refused. It is for counting: a probe takes the ordinary way (H6).
pub fn is_probe(headers: &HeaderMap) -> bool {
    headers.get("Wechatpay-Signature").is_some_and(|value| value.as_bytes().starts_with(b"WECHATPAY/SIGNTEST/"))
}

impl From<Flaw> for NoticeRefusal {
    fn from(flaw: Flaw) -> NoticeRefusal {
        match flaw {
            Flaw::Header(name) => NoticeRefusal::MissingHeader(name),
            Flaw::TooOld => NoticeRefusal::TooOld,
            Flaw::UnknownSerial => NoticeRefusal::UnknownSerial,
            Flaw::BadSignature => NoticeRefusal::BadSignature,
        }
    }
}

fn read_word(us: Addressee<'_>, event_type: &str, content: &str) -> Result<Word, NoticeRefusal> {
    let word = match event_type {
        "TRANSACTION.SUCCESS" => trade_word(us, content)?,
        "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED" => refund_word(us, content)?,
        _ => None,
    };
    // It is WeChat's word all the same: kept and shown rather than refused for a day.
    Ok(word.unwrap_or_else(|| Word::Unhandled { event_type: event_type.to_owned() }))
}

fn trade_word(us: Addressee<'_>, content: &str) -> Result<Option<Word>, NoticeRefusal> {
    let Some(transaction) = parse::<Transaction>(content) else { return Ok(None) };
    if transaction.appid != us.appid || transaction.mchid != us.mchid {
        return Err(NoticeRefusal::WrongMerchant);
    }
    let Some(no) = OutTradeNo::parse(&transaction.out_trade_no) else { return Ok(Some(Word::Foreign)) };
    let openid = transaction.payer.as_ref().and_then(|payer| payer.openid.clone());
    Ok(transaction.trade().map(|trade| Word::Trade { no, trade, openid }))
}

fn refund_word(us: Addressee<'_>, content: &str) -> Result<Option<Word>, NoticeRefusal> {
    let Some(refund) = parse::<RefundNotice>(content) else { return Ok(None) };
    if refund.mchid != us.mchid {
        return Err(NoticeRefusal::WrongMerchant);
    }
    let Some(payment_no) = OutTradeNo::parse(&refund.out_trade_no) else { return Ok(Some(Word::Foreign)) };
    let (amount_fen, word) = (Fen::of(refund.amount.refund), refund.refund_status.into());
    Ok(Some(match OutRefundNo::parse(&refund.out_refund_no) {
        Some(no) => Word::Refund { no, payment_no, amount_fen, word },
        None => Word::OtherRefund { no: refund.out_refund_no, payment_no, amount_fen },
    }))
}

fn parse<T: DeserializeOwned>(content: &str) -> Option<T> {
    serde_json::from_str(content).ok()
}
