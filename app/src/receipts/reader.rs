//! Who reads the screens of one payment or one debt, and at which addresses these are theirs.

use domain::{PaymentId, ReceivableId};

use crate::channel::Listener;
use crate::concerns::ConcernRow;

/// Who reads about a payment. Each has their own pages of it; none is let into the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Whoever collected it, or is a cashier of the store that did.
    Manager,
    /// Somebody who administrates the organisation, whoever collected it.
    Administrator,
}

impl Reader {
    /// Where the list of receipts stands; each has its own page below it.
    pub const fn list(self) -> &'static str {
        match self {
            Reader::Manager => "/m/receipts",
            Reader::Administrator => "/admin/payments",
        }
    }

    /// Where the receipt of a payment stands.
    pub fn receipt(self, payment: PaymentId) -> String {
        format!("{}/{payment}", self.list())
    }

    /// Where its money is returned.
    pub fn refund(self, payment: PaymentId) -> String {
        format!("{}/refund", self.receipt(payment))
    }

    /// Where everything about the payment of a concern stands, which may have no receipt.
    pub fn payment_of(self, row: &ConcernRow) -> String {
        match self {
            Reader::Manager => row.payment_url(),
            Reader::Administrator => self.receipt(row.payment),
        }
    }

    /// Where a debt stands that is collected.
    pub fn debt(self, debt: ReceivableId) -> String {
        match self {
            Reader::Manager => format!("/m/receivables/{debt}"),
            Reader::Administrator => format!("/admin/receivables/{debt}"),
        }
    }

    /// In whose words a channel's code is told.
    pub(crate) const fn listener(self) -> Listener {
        match self {
            Reader::Manager => Listener::Manager,
            Reader::Administrator => Listener::Administrator,
        }
    }
}
