//! Payment channels: the only code that speaks to them. One folder per channel, the same verbs for each.
//!
//! Whatever a channel does not say explicitly and provably is [`ChannelError::Unknown`]: it is asked again, never guessed. Every
//! call may be repeated with the same number, and a caller that was left without an answer repeats or queries.

pub mod oauth;
pub mod outbound;
pub mod secret;
pub mod wechat;

use async_trait::async_trait;
use domain::diagnosis::ChannelSeen;
use domain::payment::{AttemptKind, Trade};
use domain::refund::RefundWord;
use domain::{ChannelCode, Fen, Millis, OtherRefundNo, OutRefundNo, OutTradeNo, Refund};
use serde::Serialize;

/// What a payment channel can be asked.
///
/// # Errors
/// Every verb answers [`ChannelError::Refused`] only when the channel said so in words that are proven to be its own.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Creates an order. May be repeated with the same content and then gives the same order.
    async fn create(&self, order: &NewOrder) -> Result<Created, ChannelError>;

    /// Asks where an order stands. An order that the channel does not know is `Ok(Trade::Missing)`.
    async fn query(&self, no: &OutTradeNo) -> Result<Trade, ChannelError>;

    /// Closes an order, so that it can no longer be paid. May be repeated.
    async fn close(&self, no: &OutTradeNo) -> Result<Closing, ChannelError>;

    /// Asks for money to go back. Accepted is not returned: the word is mostly `Processing`. A balance that is too low is
    /// `Ok(RefundWord::Unfunded)`. May be repeated with the same number, and after `Unknown` only with the same number.
    async fn refund(&self, refund: &Refund) -> Result<RefundWord, ChannelError>;

    /// Asks where a refund stands. `Ok(None)` when the channel does not know it.
    async fn query_refund(&self, no: &OutRefundNo) -> Result<Option<RefundWord>, ChannelError>;

    /// Asks for a refund that was not asked for here: one made on the channel's own platform. `Ok(None)` when the channel does not know it.
    async fn query_other_refund(&self, no: &OtherRefundNo) -> Result<Option<OtherRefund>, ChannelError>;

    /// Proves and reads what the channel sent to us, from the headers and the body exactly as they arrived.
    ///
    /// # Errors
    /// [`NoticeRefusal`]: nothing about it is believed and nothing is stored.
    async fn read_notice(&self, headers: &http::HeaderMap, body: &[u8]) -> Result<Notice, NoticeRefusal>;

    /// Learns the channel's present keys before they are needed. A failure is logged; keys are also fetched when a message
    /// names one that is not known.
    async fn refresh(&self);

    /// The keys that the channel told us, in a form that only [`Channel::recall_keys`] reads; `None` while what was kept last is
    /// still right.
    fn keys_to_keep(&self) -> Option<String>;

    /// Says that `kept` is where the next start finds it.
    fn keys_were_kept(&self, kept: &str);

    /// Believes keys that an earlier run kept, until the channel tells its present ones. What cannot be proven to come from the
    /// channel is passed over.
    fn recall_keys(&self, kept: &str);

    /// Asks something harmless, and tells what the answer shows of the channel and of our keys. It names no address but the
    /// configured one and changes nothing.
    async fn look(&self) -> Look;

    /// Our clock less the channel's, in milliseconds, when an answer last said the time. It asks nothing.
    fn clock_off_ms(&self) -> Option<i64>;

    /// What the page hands to `WeixinJSBridge.invoke('getBrandWCPayRequest', ..)` to pay `prepay_id` (wechat-pay 2.5).
    fn bridge(&self, prepay_id: &str) -> BridgeParams;
}

/// A refund that was made elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRefund {
    /// The number of the order whose money it returns.
    pub attempt: String,
    /// How much.
    pub amount_fen: Fen,
    /// Where it stands.
    pub word: RefundWord,
}

/// What a harmless question showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The answer.
    pub channel: ChannelSeen,
    /// Our clock less the channel's `Date`, as last seen; its seconds are whole.
    pub clock_off_ms: Option<i64>,
}

/// An order to create. A repetition must carry the same content, so all of it comes from the stored payment, never from the
/// moment of the call (wechat-pay 2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The order's number.
    pub no: OutTradeNo,
    /// How the payer is asked.
    pub kind: AttemptKind,
    /// What the payer reads as subject; the channel shows at most 127 bytes of it.
    pub description: String,
    /// How much.
    pub amount_fen: Fen,
    /// From when on it can no longer be paid, at least one minute ahead when the order is first created.
    pub expires_at_ms: Millis,
    /// The payer's openid. Needed for [`AttemptKind::Jsapi`].
    pub openid: Option<String>,
    /// The payer's address, for the channel's risk control.
    pub payer_ip: Option<String>,
    /// Returned with the notice, at most 128 bytes.
    pub attach: Option<String>,
}

/// What creating an order gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// For the bridge; lives two hours.
    Prepay {
        /// The name of the prepared order.
        prepay_id: String,
    },
    /// For a QR code; lives two hours.
    CodeUrl {
        /// What the QR code holds, `weixin://...`.
        code_url: String,
    },
    /// The order is paid already: the caller queries it.
    AlreadyPaid,
}

/// What closing an order gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// It can no longer be paid.
    Closed,
    /// It was paid in time: the caller queries it.
    AlreadyPaid,
    /// The channel knows no such order.
    Missing,
}

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The channel refused in signed words, and the call changed nothing there. After an earlier `Unknown` of the same number
    /// only a query tells what that earlier call did.
    #[error("refused as {}: {said}", code.key())]
    Refused {
        /// Why.
        code: ChannelCode,
        /// The channel's own sentence, for logs and the administrator.
        said: String,
        /// The name under which the channel's support finds the call.
        request_id: Option<String>,
    },
    /// Nobody knows whether the call took effect: no answer, a broken one, or one that says so itself (H12, H18, H19).
    #[error("unknown: {why}")]
    Unknown {
        /// What went wrong, for logs and the administrator.
        why: String,
        /// The channel's code, where it gave one.
        code: Option<ChannelCode>,
        /// How long the caller should wait before it asks again, where that is known.
        retry_after_ms: Option<i64>,
    },
}

impl ChannelError {
    /// An unknown result without a word from the channel.
    pub fn unknown(why: impl Into<String>) -> ChannelError {
        ChannelError::Unknown { why: why.into(), code: None, retry_after_ms: None }
    }

    /// The channel's code, where it gave one.
    pub fn code(&self) -> Option<ChannelCode> {
        match self {
            ChannelError::Refused { code, .. } => Some(*code),
            ChannelError::Unknown { code, .. } => *code,
        }
    }
}

/// A message from the channel whose origin is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The channel's name for the event; equal on every repetition.
    pub id: String,
    /// The channel's word for what happened, such as `TRANSACTION.SUCCESS`.
    pub event_type: String,
    /// The decrypted content, exactly as the channel wrote it, for the inbox.
    pub received_raw: String,
    /// What it says.
    pub word: Word,
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// About an order.
    Trade {
        /// The order.
        no: OutTradeNo,
        /// Where it stands.
        trade: Trade,
        /// Who paid.
        openid: Option<String>,
    },
    /// About a refund.
    Refund {
        /// The refund.
        no: OutRefundNo,
        /// The order whose money goes back.
        payment_no: OutTradeNo,
        /// How much goes back.
        amount_fen: Fen,
        /// Where it stands.
        word: RefundWord,
    },
    /// About a refund whose number cannot be ours, of an order that may be: somebody made it elsewhere.
    OtherRefund {
        /// The refund, as the channel names it.
        no: String,
        /// The order whose money goes back.
        payment_no: OutTradeNo,
        /// How much goes back.
        amount_fen: Fen,
    },
    /// Proven, but nothing that we know how to handle: stored, acknowledged and shown to the administrator (H20).
    Unhandled {
        /// The channel's word for what happened.
        event_type: String,
    },
    /// About an order that cannot be ours, because another system uses the same merchant number.
    Foreign,
}

/// Why a notice is not believed. All are answered with the same constant body, so that nobody learns which check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRefusal {
    /// Longer than any notice.
    #[error("too large")]
    TooLarge,
    /// A header that every notice carries is missing, repeated or unreadable.
    #[error("header {0} is missing or unreadable")]
    MissingHeader(&'static str),
    /// Its timestamp is five minutes or more away from our clock, on either side.
    #[error("more than five minutes away from our clock")]
    TooOld,
    /// It names a key that is not the channel's, as far as the channel itself could tell us.
    #[error("signed with a key that is not known")]
    UnknownSerial,
    /// Its signature is not the channel's. The channel's own probes end here, as it expects.
    #[error("bad signature")]
    BadSignature,
    /// Signed, but its content cannot be decrypted: the APIv3 key is not the one set at the channel.
    #[error("cannot be decrypted with our APIv3 key")]
    Undecryptable,
    /// Signed, but not the envelope of a notice.
    #[error("not a notice")]
    Malformed,
    /// Signed, but meant for another merchant or application.
    #[error("for another merchant or application")]
    WrongMerchant,
}

impl NoticeRefusal {
    /// The HTTP status to answer with; the channel sends the notice again later.
    pub const fn status(self) -> u16 {
        match self {
            NoticeRefusal::TooLarge => 413,
            NoticeRefusal::Malformed | NoticeRefusal::Undecryptable | NoticeRefusal::WrongMerchant => 400,
            _ => 401,
        }
    }
}

/// What `getBrandWCPayRequest` takes; the field names are WeChat's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BridgeParams {
    /// The application.
    pub app_id: String,
    /// Unix seconds as text.
    pub time_stamp: String,
    /// A number used once.
    pub nonce_str: String,
    /// `prepay_id=...`.
    pub package: String,
    /// `RSA`.
    pub sign_type: String,
    /// The merchant's signature over the first four.
    pub pay_sign: String,
}
