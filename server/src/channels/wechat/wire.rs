//! What goes over the wire, in WeChat's own names, and its translation into ours (wechat-pay 2.4 to 2.8).
//!
//! Requests leave out what is not given, because WeChat refuses an explicit null. Answers may carry more than we read.

use domain::payment::Trade;
use domain::refund::RefundWord;
use domain::{Fen, Millis};
use serde::{Deserialize, Serialize};

/// The currency of everything here.
pub const CNY: &str = "CNY";

/// `POST /v3/pay/transactions/jsapi` and `/native`.
#[derive(Debug, Serialize)]
pub struct OrderRequest<'a> {
    pub appid: &'a str,
    pub mchid: &'a str,
    pub description: String,
    pub out_trade_no: &'a str,
    pub time_expire: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attach: Option<String>,
    pub notify_url: &'a str,
    pub amount: OrderAmount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<PayerRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_info: Option<SceneInfo<'a>>,
}

/// What an order asks.
#[derive(Debug, Serialize)]
pub struct OrderAmount {
    pub total: Fen,
    pub currency: &'static str,
}

/// Who is to pay.
#[derive(Debug, Serialize)]
pub struct PayerRef<'a> {
    pub openid: &'a str,
}

/// Where the payer stands.
#[derive(Debug, Serialize)]
pub struct SceneInfo<'a> {
    pub payer_client_ip: &'a str,
}

/// The answer to an order; one of the two.
#[derive(Debug, Deserialize)]
pub struct OrderAnswer {
    pub prepay_id: Option<String>,
    pub code_url: Option<String>,
}

/// `POST .../close`.
#[derive(Debug, Serialize)]
pub struct CloseRequest<'a> {
    pub mchid: &'a str,
}

/// An order as WeChat tells it, equal in notice and query.
#[derive(Debug, Deserialize)]
pub struct Transaction {
    pub appid: String,
    pub mchid: String,
    pub out_trade_no: String,
    pub transaction_id: Option<String>,
    pub trade_state: String,
    pub success_time: Option<String>,
    pub payer: Option<Payer>,
    pub amount: Option<TransactionAmount>,
}

/// Who paid.
#[derive(Debug, Deserialize)]
pub struct Payer {
    pub openid: Option<String>,
}

/// What was asked, and with it paid: coupons that WeChat adds lower `payer_total`, which is not ours to compare.
#[derive(Debug, Deserialize)]
pub struct TransactionAmount {
    pub total: i64,
    pub currency: Option<String>,
}

impl Transaction {
    /// What it says about the order; `None` when it does not say it completely, or in a word we do not know.
    pub fn trade(&self) -> Option<Trade> {
        match self.trade_state.as_str() {
            // REFUND says that a refund was asked for, and so that the order was paid; the refund is told by itself.
            "SUCCESS" | "REFUND" => self.paid(),
            "NOTPAY" | "USERPAYING" | "PAYERROR" | "ACCEPT" => Some(Trade::NotPaid),
            "CLOSED" | "REVOKED" => Some(Trade::Closed),
            _ => None,
        }
    }

    fn paid(&self) -> Option<Trade> {
        let amount = self.amount.as_ref()?;
        Some(Trade::Paid {
            transaction: self.transaction_id.clone().filter(|id| !id.is_empty())?,
            amount_fen: Fen::of(amount.total),
            is_cny: amount.currency.as_deref().is_none_or(|currency| currency == CNY),
            at_ms: Millis::parse_rfc3339(self.success_time.as_deref()?)?,
        })
    }
}

/// `POST /v3/refund/domestic/refunds`.
#[derive(Debug, Serialize)]
pub struct RefundRequest<'a> {
    pub out_trade_no: &'a str,
    pub out_refund_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub notify_url: &'a str,
    pub amount: RefundAmount,
}

/// What goes back, of how much.
#[derive(Debug, Serialize)]
pub struct RefundAmount {
    pub refund: Fen,
    pub total: Fen,
    pub currency: &'static str,
}

/// A refund in an answer: its state is called `status`.
#[derive(Debug, Deserialize)]
pub struct RefundAnswer {
    pub out_refund_no: String,
    pub out_trade_no: String,
    pub status: RefundStatus,
    pub amount: RefundedAmount,
}

/// A refund in a notice: the same state is called `refund_status`.
#[derive(Debug, Deserialize)]
pub struct RefundNotice {
    pub mchid: String,
    pub out_refund_no: String,
    pub out_trade_no: String,
    pub refund_status: RefundStatus,
    pub amount: RefundedAmount,
}

/// How much of a refund is told.
#[derive(Debug, Deserialize)]
pub struct RefundedAmount {
    pub refund: i64,
}

/// Where a refund stands, in WeChat's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundStatus {
    Success,
    Closed,
    Processing,
    Abnormal,
}

impl From<RefundStatus> for RefundWord {
    fn from(status: RefundStatus) -> RefundWord {
        match status {
            RefundStatus::Success => RefundWord::Done,
            RefundStatus::Closed => RefundWord::Closed,
            RefundStatus::Processing => RefundWord::Processing,
            RefundStatus::Abnormal => RefundWord::Abnormal,
        }
    }
}

/// The body of a refusal.
#[derive(Debug, Deserialize)]
pub struct Failure {
    pub code: String,
    #[serde(default)]
    pub message: String,
}

/// The envelope of a notice.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    pub id: String,
    pub event_type: String,
    pub resource: Sealed,
}

/// Something encrypted with the APIv3 key.
#[derive(Debug, Deserialize)]
pub struct Sealed {
    pub algorithm: String,
    pub ciphertext: String,
    #[serde(default)]
    pub associated_data: String,
    pub nonce: String,
}

/// `GET /v3/certificates`.
#[derive(Debug, Deserialize)]
pub struct Certificates {
    pub data: Vec<Certificate>,
}

/// One platform certificate.
#[derive(Debug, Deserialize)]
pub struct Certificate {
    pub serial_no: String,
    pub encrypt_certificate: Sealed,
}

/// `text` as WeChat accepts it: without control characters and without characters that take four bytes (such as emoji), cut to
/// `most_bytes`.
pub fn plain(text: &str, most_bytes: usize) -> String {
    let mut kept = String::new();
    for c in text.chars().filter(|c| c.len_utf8() <= 3 && !c.is_control()) {
        if kept.len() + c.len_utf8() > most_bytes {
            break;
        }
        kept.push(c);
    }
    kept
}
