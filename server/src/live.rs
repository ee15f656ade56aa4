//! Arrivals as they come: whoever looks at a manager's screen is told within the second.
//!
//! A commit here is published at once. What other instances committed is found by looking at the last minute of receipts
//! again and again; listeners drop what they were told already.

use domain::form::Answer;
use domain::{AccountId, Day, Fen, Millis, Payment, PaymentId, TenantId};
use tokio::sync::broadcast;

use crate::store::payments::Stored;
use crate::store::receipts::Known;
use crate::store::sessions::TokenHash;

/// A receipt that was made just now.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveArrival {
    /// The organisation.
    pub tenant: TenantId,
    /// Whose receipt.
    pub payee: AccountId,
    /// The payment.
    pub payment: PaymentId,
    /// How much came.
    pub amount_fen: Fen,
    /// The payer's first answer.
    pub title: String,
    /// When we learned of it.
    pub known_at_ms: Millis,
}

impl LiveArrival {
    /// The arrival that a payment's settlement made.
    pub fn of(stored: &Stored, paid: &Payment, now: Millis) -> LiveArrival {
        LiveArrival {
            tenant: paid.tenant,
            payee: paid.payee,
            payment: paid.id,
            amount_fen: paid.amount_fen,
            title: stored.answers.iter().find_map(Answer::in_passing).unwrap_or_default().to_owned(),
            known_at_ms: now,
        }
    }

    /// The arrival that a stored receipt stands for.
    pub fn of_receipt(tenant: TenantId, payee: AccountId, known: Known) -> LiveArrival {
        let Known { known_at_ms, receipt } = known;
        LiveArrival {
            tenant,
            payee,
            payment: receipt.payment,
            amount_fen: receipt.amount_fen,
            title: receipt.title().unwrap_or_default().to_owned(),
            known_at_ms,
        }
    }

    /// The day whose totals travel with it: a screen files them under the moment at which the money was known, also where it was paid
    /// just before midnight.
    pub fn day(&self) -> Day {
        self.known_at_ms.day()
    }
}

/// A code of a manager looks different now: refreshed, cut or configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeChange {
    /// The organisation.
    pub tenant: TenantId,
    /// Whose code.
    pub payee: AccountId,
    /// The change's place in time; later changes have later places.
    pub changed_at_ms: Millis,
}

/// What travels to the open streams.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveEvent {
    /// Money came.
    Arrival(LiveArrival),
    /// A code looks different.
    Code(CodeChange),
    /// Somebody has something new to look at, or less than before.
    Concern(TenantId, AccountId),
    /// Somebody signed in, which ends the sessions that the account had elsewhere.
    SignedIn(AccountId),
    /// The session with this token ended.
    Ended(TokenHash),
    /// The server stops; streams end so that browsers come back to another instance.
    Stop,
}

/// Carries arrivals from commits to open streams.
#[derive(Clone)]
pub struct Hub {
    sender: broadcast::Sender<LiveEvent>,
}

impl Default for Hub {
    fn default() -> Hub {
        // A listener that lags further behind than this re-reads the last minute from the store.
        Hub { sender: broadcast::channel(1024).0 }
    }
}

impl Hub {
    /// Tells every open stream.
    pub fn publish(&self, arrival: LiveArrival) {
        // Nobody listening is no fault.
        let _ = self.sender.send(LiveEvent::Arrival(arrival));
    }

    /// Tells every open stream that a code looks different.
    pub fn code_changed(&self, change: CodeChange) {
        let _ = self.sender.send(LiveEvent::Code(change));
    }

    /// Tells the streams of a payee that what they have to look at has changed.
    pub fn concern(&self, tenant: TenantId, payee: AccountId) {
        let _ = self.sender.send(LiveEvent::Concern(tenant, payee));
    }

    /// Tells the streams of an account that their session may have ended.
    pub fn signed_in(&self, account: AccountId) {
        let _ = self.sender.send(LiveEvent::SignedIn(account));
    }

    /// Tells the streams of a session that it has ended.
    pub fn ended(&self, token: TokenHash) {
        let _ = self.sender.send(LiveEvent::Ended(token));
    }

    /// Ends every open stream.
    pub fn stop(&self) {
        let _ = self.sender.send(LiveEvent::Stop);
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<LiveEvent> {
        self.sender.subscribe()
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }
}
