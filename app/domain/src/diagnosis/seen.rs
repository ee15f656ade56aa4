//! What is observed before a diagnosis: the clock, the database, the channel, payers' wallets and phones, the code, the notices.

use serde::{Deserialize, Serialize};

use crate::code::CodeRefusal;
use crate::payment::AttemptKind;
use crate::{ChannelCode, Millis};

/// What a payer's phone shows instead of the payment page, as somebody beside it reads it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayerSees {
    /// WeChat: redirect_uri does not match (10003).
    WrongDomain,
    /// WeChat: no right to the scope (10005).
    WrongScope,
    /// WeChat: the address of the page is not registered.
    WrongDirectory,
    /// Nothing: a blank page, or one that loads for ever.
    Nothing,
}

impl PayerSees {
    /// All of them, in the order in which they are offered.
    pub const ALL: [PayerSees; 4] = [PayerSees::Nothing, PayerSees::WrongDirectory, PayerSees::WrongDomain, PayerSees::WrongScope];

    /// The word in an address.
    pub const fn word(self) -> &'static str {
        match self {
            PayerSees::WrongDomain => "10003",
            PayerSees::WrongScope => "10005",
            PayerSees::WrongDirectory => "directory",
            PayerSees::Nothing => "nothing",
        }
    }

    /// What `word` names.
    pub fn of_word(word: &str) -> Option<PayerSees> {
        PayerSees::ALL.into_iter().find(|sees| sees.word() == word)
    }
}

/// How the database took a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseSeen {
    /// It took it.
    Writes,
    /// More waits to be written than it takes.
    Busy,
    /// It gave no answer in time, or an error.
    Fails,
}

/// What a harmless question to the channel brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel", rename_all = "snake_case")]
pub enum ChannelSeen {
    /// A proven answer.
    Answers,
    /// A refusal in words that are its own.
    Refuses {
        /// Why.
        code: ChannelCode,
    },
    /// An answer signed with a key that we do not hold.
    KeyUnknown,
    /// An answer whose signature does not fit the key that we hold.
    KeyWrong,
    /// Its keys came, and the APIv3 key does not open them.
    KeysSealed,
    /// An answer that says that it cannot at present.
    Busy,
    /// No answer.
    Silent,
}

/// What the exchange of a payer's sign-in code last brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInSeen {
    /// A person, or nobody has tried.
    Fine,
    /// The application, its secret or its rights are refused.
    Misconfigured,
}

/// What the wallet on a payer's phone answered when our page called it, as that page reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalletSeen {
    /// It opened: the payer paid, or thought better of it.
    Opened,
    /// It says that the page lies in no registered pay directory.
    WrongDirectory,
    /// It says that what our key signed for it is not signed rightly.
    WrongSignature,
    /// It failed and did not say why, or for a reason of that one payer.
    Failed,
}

impl WalletSeen {
    /// All of them.
    pub const ALL: [WalletSeen; 4] = [WalletSeen::Opened, WalletSeen::WrongDirectory, WalletSeen::WrongSignature, WalletSeen::Failed];

    /// The word that the page sends, and under which it is kept.
    pub const fn word(self) -> &'static str {
        match self {
            WalletSeen::Opened => "opened",
            WalletSeen::WrongDirectory => "directory",
            WalletSeen::WrongSignature => "signature",
            WalletSeen::Failed => "failed",
        }
    }

    /// What `word` names.
    pub fn of_word(word: &str) -> Option<WalletSeen> {
        WalletSeen::ALL.into_iter().find(|seen| seen.word() == word)
    }
}

/// Why a notice was refused that is proven to come from the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeFault {
    /// The APIv3 key does not open it.
    Sealed,
    /// It is for another merchant or application.
    WrongMerchant,
}

/// That the channel refuses orders for a reason of the merchant's account ([`ChannelCode::is_about_account`]), or those of several
/// payers in a row for one and the same ([`ChannelCode::may_be_about_account`]). Only asking for an order shows most of these
/// reasons, so payers' own orders tell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersRefused {
    /// Which orders.
    pub product: AttemptKind,
    /// In its words.
    pub code: ChannelCode,
    /// Since when; no such order was taken after it.
    pub since_ms: Millis,
}

/// Everything that was observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// When.
    pub now: Millis,
    /// Our clock less the channel's, where the channel's is known.
    pub clock_off_ms: Option<i64>,
    /// The database.
    pub database: DatabaseSeen,
    /// The channel.
    pub channel: ChannelSeen,
    /// What it said of the last orders.
    pub orders_refused: Option<OrdersRefused>,
    /// Whether our address is one that WeChat can be told: https. `true` beside a stand-in for WeChat.
    pub is_address_public: bool,
    /// Who payers are.
    pub sign_in: SignInSeen,
    /// What a payer's wallet last said of us, and when. One that failed without a reason says nothing of us.
    pub wallet: Option<(Millis, WalletSeen)>,
    /// When a payer's wallet last failed without a reason.
    pub wallet_failed_at_ms: Option<Millis>,
    /// What a payer's phone shows, where somebody said so.
    pub payer_sees: Option<PayerSees>,
    /// The code: `None` when the manager has none, otherwise what a payer would be told.
    pub code: Option<Result<(), CodeRefusal>>,
    /// When the last notice came.
    pub notice_at_ms: Option<Millis>,
    /// When a proven notice was last refused, and why.
    pub notice_refused: Option<(Millis, NoticeFault)>,
    /// When the newest receipt became known.
    pub receipt_at_ms: Option<Millis>,
}
