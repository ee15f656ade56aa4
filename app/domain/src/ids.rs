//! Names of things. Each is made by the server and carried by everything that speaks of the thing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that `uuid` stands for.
            pub const fn of(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID behind it.
            pub const fn get(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            /// 32 lower-case hex digits.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// An organisation that collects money.
    TenantId,
    /// A person who can sign in; one per phone number and installation.
    AccountId,
    /// A collection code, however often its token changes.
    CodeId,
    /// One collection of money from one payer.
    PaymentId,
    /// Something that a payee has to know of a payment.
    ConcernId,
    /// A debt that a manager collects.
    ReceivableId,
    /// A place of the organisation that collects under its own name.
    StoreId,
}

impl StoreId {
    /// The store wherever a payee is named: it collects like a person, and whoever is its cashier sees its money (row B83).
    pub const fn payee(self) -> AccountId {
        AccountId::of(self.0)
    }
}

impl PaymentId {
    /// What people read out to each other: the last eight digits.
    pub fn tail(self) -> String {
        let whole = self.to_string();
        whole[whole.len() - 8..].to_owned()
    }
}

/// The number by which a channel knows one attempt to collect a payment; 6 to 32 letters and digits (wechat-pay 2.5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutTradeNo(String);

impl OutTradeNo {
    /// The number of a payment's first attempt: the payment's own id, 32 hex digits.
    pub fn first(payment: PaymentId) -> OutTradeNo {
        OutTradeNo(payment.to_string())
    }

    /// The number of a later attempt, from a fresh UUID.
    pub fn later(uuid: Uuid) -> OutTradeNo {
        OutTradeNo(uuid.simple().to_string())
    }

    /// Reads a number that came from outside; `None` when no such number can be ours.
    pub fn parse(text: &str) -> Option<OutTradeNo> {
        let ours = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        ours.then(|| OutTradeNo(text.to_owned()))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutTradeNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number by which a channel knows one refund. It is made once and used for every retry, because a new number after
/// a timeout could return the money twice (wechat-pay 2.7).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutRefundNo(String);

impl OutRefundNo {
    /// The automatic return of an attempt that paid too much: derived from the attempt, so that two instances that notice
    /// it at once ask for the same refund.
    pub fn of_extra(attempt: &OutTradeNo) -> OutRefundNo {
        OutRefundNo(format!("x{attempt}"))
    }

    /// A refund that a person asked for, from a fresh UUID.
    pub fn of_request(uuid: Uuid) -> OutRefundNo {
        OutRefundNo(format!("r{}", uuid.simple()))
    }

    /// Reads a number that came from outside; `None` when no such number can be ours.
    pub fn parse(text: &str) -> Option<OutRefundNo> {
        let rest = text.strip_prefix(['x', 'r'])?;
        OutTradeNo::parse(rest).map(|_| OutRefundNo(text.to_owned()))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The channel's name for a refund that was made elsewhere, such as on its own platform: at most 64 letters, digits, `_`, `-` and `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OtherRefundNo(String);

impl OtherRefundNo {
    /// Reads a number that a person typed; `None` when it is none, or one of ours.
    pub fn parse(text: &str) -> Option<OtherRefundNo> {
        let is_number = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-*".contains(&byte));
        (is_number && OutRefundNo::parse(text).is_none()).then(|| OtherRefundNo(text.to_owned()))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OtherRefundNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OutRefundNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
