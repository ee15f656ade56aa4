//! Messages about sales: at most one in ten minutes for each listener (E20), and none of the sales hidden (I6).
//!
//! A sale is gathered. When no message went out within ten minutes it is told at once, otherwise with everything else that was
//! gathered when the ten minutes are over, whether or not another sale comes. What could not be delivered is gathered again, so
//! the digests that arrive add up to the sales. Refunds and everything that went wrong are told at once ([`News`]); a digest
//! carries the refunds once more, so that its reader can subtract.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::payment::Message;
use crate::refund::RefundCause;
use crate::{Fen, Millis, PaymentId};

/// The least time between two digests for one listener (E20): at 9:59 it waits, at 10:00 it goes.
pub const APART_MS: i64 = 600_000;

const HOUR_MS: i64 = 3_600_000;

/// How long a message of its own is tried before it is given up; what it says stands in the app.
pub const GIVEN_UP_AFTER_MS: i64 = 24 * HOUR_MS;

/// What happened in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Digest {
    /// Sales.
    pub count: i64,
    /// What they collected, refunds not taken off.
    pub sum_fen: Fen,
    /// The largest of them.
    pub largest_fen: Fen,
    /// Whose payment that is; nothing in what was gathered before this was kept.
    #[serde(default)]
    pub largest: Option<PaymentId>,
    /// Refunds that reached their payers.
    pub refunded_count: i64,
    /// What they returned.
    pub refunded_fen: Fen,
    /// When the first of it happened; nothing while there is nothing.
    pub from_ms: Option<Millis>,
    /// When the last of it happened.
    pub until_ms: Option<Millis>,
}

impl Digest {
    /// Adds a sale.
    ///
    /// # Panics
    /// When the sum does not fit, which 92 quadrillion yuan would need.
    pub fn add_sale(&mut self, payment: PaymentId, amount: Fen, at: Millis) {
        let largest = Some(payment);
        let (from_ms, until_ms) = (Some(at), Some(at));
        self.add(&Digest { count: 1, sum_fen: amount, largest_fen: amount, largest, from_ms, until_ms, ..Digest::default() });
    }

    /// Adds a refund that reached its payer.
    ///
    /// # Panics
    /// When the sum does not fit.
    pub fn add_refund(&mut self, amount: Fen, at: Millis) {
        self.add(&Digest { refunded_count: 1, refunded_fen: amount, from_ms: Some(at), until_ms: Some(at), ..Digest::default() });
    }

    /// Adds another stretch of time, in any order.
    ///
    /// # Panics
    /// When a sum does not fit.
    pub fn add(&mut self, other: &Digest) {
        self.count += other.count;
        self.sum_fen = sum(self.sum_fen, other.sum_fen);
        self.largest = match self.largest_fen.cmp(&other.largest_fen) {
            Ordering::Less => other.largest,
            // Of two that are as large the same one is named, in whatever order they came.
            Ordering::Equal => [self.largest, other.largest].into_iter().flatten().min(),
            Ordering::Greater => self.largest,
        };
        self.largest_fen = self.largest_fen.max(other.largest_fen);
        self.refunded_count += other.refunded_count;
        self.refunded_fen = sum(self.refunded_fen, other.refunded_fen);
        self.from_ms = [self.from_ms, other.from_ms].into_iter().flatten().min();
        self.until_ms = self.until_ms.max(other.until_ms);
    }

    /// Whether it is worth a message: refunds alone were told already.
    pub const fn has_sales(&self) -> bool {
        self.count > 0
    }
}

/// What is gathered for one listener, and when it may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// What was not told yet.
    pub gathered: Digest,
    /// Whether a digest is being sent. Its words are fixed, so that it can be repeated without telling anything twice; the next
    /// one waits until its fate is known.
    pub is_under_way: bool,
    /// When a digest was last sent, or perhaps sent.
    pub last_ms: Option<Millis>,
    /// Nothing is sent earlier, because the last try was refused.
    pub not_before_ms: Option<Millis>,
}

impl Pace {
    /// The first moment at which the next digest may be told; the beginning of time when nothing stands in its way.
    pub fn next_at(&self) -> Millis {
        let after_last = self.last_ms.map(|last| last.plus_ms(APART_MS));
        after_last.max(self.not_before_ms).unwrap_or_default()
    }

    /// When there is something to do; `None` while nothing is gathered or a digest is being sent.
    pub fn due_at(&self) -> Option<Millis> {
        (self.gathered.has_sales() && !self.is_under_way).then(|| self.next_at())
    }

    /// Takes what is gathered into a digest, if it is time.
    pub fn begin(&mut self, now: Millis) -> Option<Digest> {
        self.due_at().filter(|due| *due <= now)?;
        self.is_under_way = true;
        Some(std::mem::take(&mut self.gathered))
    }

    /// The digest under way was perhaps sent just now; it will be sent again.
    pub fn tried(&mut self, now: Millis) {
        self.last_ms = self.last_ms.max(Some(now));
    }

    /// The digest under way was sent.
    pub fn told(&mut self, now: Millis) {
        self.tried(now);
        self.is_under_way = false;
        self.not_before_ms = None;
    }

    /// The digest under way was refused: what it says is gathered again and told with the rest, not before `not_before`.
    pub fn refused(&mut self, digest: &Digest, not_before: Millis) {
        self.is_under_way = false;
        self.gathered.add(digest);
        self.not_before_ms = Some(not_before);
    }

    /// A digest that had been sent did not arrive after all: what it says is gathered again.
    pub fn did_not_arrive(&mut self, digest: &Digest, not_before: Millis) {
        self.gathered.add(digest);
        self.not_before_ms = self.not_before_ms.max(Some(not_before));
    }

    /// The listener can be reached again, for example because they follow the account now.
    pub fn reachable(&mut self) {
        self.not_before_ms = None;
    }
}

/// Why messages do not reach a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreached {
    /// The listener does not follow the account (43004).
    NotFollowing,
    /// The listener refused messages of this kind, or a consent is used up (43101).
    Refused,
    /// Too many messages for this listener (43117).
    TooOften,
    /// The account has sent all the messages that it may send today (45009).
    Quota,
    /// Template, rights or secret of the account are not right; its administrator mends it.
    Misconfigured,
    /// WeChat does not answer at present.
    Unavailable,
}

impl Unreached {
    /// How long after a refusal the next try makes sense. A listener who follows again is tried at once.
    pub const fn pause_ms(self) -> i64 {
        match self {
            Unreached::TooOften | Unreached::Unavailable => APART_MS,
            Unreached::NotFollowing | Unreached::Refused | Unreached::Quota | Unreached::Misconfigured => HOUR_MS,
        }
    }
}

/// How long after the `tries`-th try without a clear answer a message is sent again, under the same number: always within the ten
/// minutes in which WeChat shows a repeated number once.
pub const fn repeat_pause_ms(tries: i64) -> i64 {
    match tries {
        ..=1 => 5_000,
        2 => 30_000,
        3 => 120_000,
        _ => 240_000,
    }
}

/// What one message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// Sales, and refunds since the last digest.
    Digest(Digest),
    /// A refund reached its payer.
    Refunded {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount_fen: Fen,
    },
    /// Money came once too often, or too late, and goes back by itself.
    Returning {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount_fen: Fen,
        /// Why.
        cause: RefundCause,
    },
    /// Another amount came than was asked.
    WrongAmount {
        /// The payment.
        payment: PaymentId,
        /// What was asked.
        asked_fen: Fen,
        /// What came.
        received_fen: Fen,
    },
    /// A refund does not get through.
    RefundStuck {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount_fen: Fen,
        /// Whether the channel gave it up for good.
        given_up: bool,
    },
    /// The listener asked for a message, to see one.
    Test,
}

impl News {
    /// What is told at once. Sales are not: they are gathered. A contradiction of the channel is a matter for whoever runs the
    /// installation, who reads it in the log.
    pub const fn at_once(message: &Message) -> Option<News> {
        match *message {
            Message::Arrived { .. } | Message::Contradiction { .. } => None,
            Message::Refunded { payment, amount_fen, .. } => Some(News::Refunded { payment, amount_fen }),
            Message::ExtraReturning { payment, amount_fen, cause } => Some(News::Returning { payment, amount_fen, cause }),
            Message::Mismatch { payment, asked_fen, received_fen } => Some(News::WrongAmount { payment, asked_fen, received_fen }),
            Message::RefundStuck { payment, amount_fen, given_up } => Some(News::RefundStuck { payment, amount_fen, given_up }),
        }
    }

    /// The payment that it is about; none for a digest.
    pub const fn payment(&self) -> Option<PaymentId> {
        match *self {
            News::Digest(_) | News::Test => None,
            News::Refunded { payment, .. }
            | News::Returning { payment, .. }
            | News::WrongAmount { payment, .. }
            | News::RefundStuck { payment, .. } => Some(payment),
        }
    }
}

fn sum(a: Fen, b: Fen) -> Fen {
    let Some(sum) = a.plus(b) else { panic!("the sales of one digest overflow") };
    sum
}
