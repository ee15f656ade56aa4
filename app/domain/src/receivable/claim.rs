//! What is owed, from what happened: a pure function of movements, and the ledger's side of each movement.

use serde::{Deserialize, Serialize};

use crate::ledger::{ClaimAccount, ClaimTransfer};
use crate::{AccountId, Fen, ReceivableId};

/// What happened to a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// It was raised.
    Raised,
    /// Money came through its own code.
    Collected,
    /// Money of a payment that settled it was set aside to go back.
    Returned,
    /// The channel gave that return up: the money counts again.
    ReturnFailed,
    /// A payment that came another way was counted for it, because somebody confirmed it.
    Matched,
    /// That was undone.
    Unmatched,
    /// It is demanded no more.
    WrittenOff,
    /// It is demanded again.
    Restored,
}

/// One thing that happened to a debt. Rows are written once and never edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// What.
    pub kind: MovementKind,
    /// How much; of a write-off, what was owed then.
    pub amount_fen: Fen,
}

/// What a debt has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Claim {
    /// What was raised.
    pub raised_fen: Fen,
    /// What came for it and stayed.
    pub settled_fen: Fen,
    /// Whether it is demanded no more.
    pub is_written_off: bool,
}

/// Why something cannot happen to a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    /// There is nothing to write off.
    #[error("nothing is owed")]
    NothingOwed,
    /// It was not written off.
    #[error("it was not written off")]
    NotWrittenOff,
    /// More would go back than came.
    #[error("more would go back than came")]
    MoreThanSettled,
    /// An amount that is none, or too large to be added.
    #[error("not an amount")]
    NotAnAmount,
}

/// Where a debt stands, whatever the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Something is owed.
    Open,
    /// All of it came.
    Paid,
    /// More came than was owed; the rest waits to be returned.
    Overpaid,
    /// What is left is demanded no more.
    WrittenOff,
}

impl Claim {
    /// What the movements come to, in any order in which they could happen.
    ///
    /// # Errors
    /// The first [`ClaimRefusal`].
    pub fn of<'a>(movements: impl IntoIterator<Item = &'a Movement>) -> Result<Claim, ClaimRefusal> {
        movements.into_iter().try_fold(Claim::default(), |claim, movement| claim.after(movement))
    }

    /// What it comes to after `movement`.
    ///
    /// # Errors
    /// [`ClaimRefusal`]; then nothing happened.
    pub fn after(self, movement: &Movement) -> Result<Claim, ClaimRefusal> {
        use MovementKind::{Collected, Matched, Raised, Restored, ReturnFailed, Returned, Unmatched, WrittenOff};
        let amount = movement.amount_fen;
        if !amount.is_positive() {
            return Err(ClaimRefusal::NotAnAmount);
        }
        let plus = |sum: Fen| sum.plus(amount).ok_or(ClaimRefusal::NotAnAmount);
        match movement.kind {
            Raised => Ok(Claim { raised_fen: plus(self.raised_fen)?, ..self }),
            Collected | ReturnFailed | Matched => Ok(Claim { settled_fen: plus(self.settled_fen)?, ..self }),
            Returned | Unmatched => {
                let left = self.settled_fen.minus(amount).filter(|left| *left >= Fen::ZERO).ok_or(ClaimRefusal::MoreThanSettled)?;
                // What was written off was the little that was left beside this money. Without it, all that is missing is demanded again.
                Ok(Claim { settled_fen: left, is_written_off: false, ..self })
            }
            WrittenOff if self.outstanding().is_positive() => Ok(Claim { is_written_off: true, ..self }),
            WrittenOff => Err(ClaimRefusal::NothingOwed),
            Restored if self.is_written_off => Ok(Claim { is_written_off: false, ..self }),
            Restored => Err(ClaimRefusal::NotWrittenOff),
        }
    }

    /// What did not come, demanded or not.
    pub fn missing(self) -> Fen {
        self.raised_fen.minus(self.settled_fen).filter(|rest| rest.is_positive()).unwrap_or(Fen::ZERO)
    }

    /// What is demanded. Never negative.
    pub fn outstanding(self) -> Fen {
        if self.is_written_off { Fen::ZERO } else { self.missing() }
    }

    /// What is demanded no more.
    pub fn written_off(self) -> Fen {
        if self.is_written_off { self.missing() } else { Fen::ZERO }
    }

    /// What came beyond the debt.
    pub fn overpaid(self) -> Fen {
        self.settled_fen.minus(self.raised_fen).filter(|rest| rest.is_positive()).unwrap_or(Fen::ZERO)
    }

    /// Where it stands.
    pub fn standing(self) -> Standing {
        match () {
            () if self.overpaid().is_positive() => Standing::Overpaid,
            () if self.missing() == Fen::ZERO => Standing::Paid,
            () if self.is_written_off => Standing::WrittenOff,
            () => Standing::Open,
        }
    }

    /// Whether some of it came and some is owed.
    pub fn is_partly_paid(self) -> bool {
        self.settled_fen.is_positive() && self.outstanding().is_positive()
    }
}

/// What the ledger books when a debt goes from `before` to `after`: at most two transfers between the payee's claim accounts. Their
/// balances are then what [`Claim`] says, whatever happened in between.
///
/// `movement` is the movement's id, unique within the organisation.
pub fn transfers(before: Claim, after: Claim, payee: AccountId, receivable: ReceivableId, movement: &str) -> Vec<ClaimTransfer> {
    use ClaimAccount::{Overpaid, Owed, Raised, Settled, WrittenOff};
    let change = |of: fn(Claim) -> Fen| of(after).get() - of(before).get();
    let mut gains = vec![];
    let mut losses = vec![];
    let accounts = [
        (Settled(payee), change(|claim| claim.settled_fen)),
        (Owed(payee), change(Claim::outstanding)),
        (WrittenOff(payee), change(Claim::written_off)),
        (Raised(payee), -change(|claim| claim.raised_fen)),
        (Overpaid(payee), -change(Claim::overpaid)),
    ];
    for (account, change) in accounts {
        match change {
            1.. => gains.push((account, change)),
            ..0 => losses.push((account, -change)),
            0 => {}
        }
    }
    let mut booked = vec![];
    while let (Some((debit, gain)), Some((credit, loss))) = (gains.last_mut(), losses.last_mut()) {
        let moved = (*gain).min(*loss);
        let key = format!("claim:{movement}:{}", booked.len());
        booked.push(ClaimTransfer { key, debit: *debit, credit: *credit, amount_fen: Fen::of(moved), receivable });
        *gain -= moved;
        *loss -= moved;
        gains.retain(|(_, rest)| *rest > 0);
        losses.retain(|(_, rest)| *rest > 0);
    }
    booked
}
