//! The model ledger: it books what the rules say and refuses what a real ledger would refuse.

use std::collections::{BTreeMap, BTreeSet};

use domain::Fen;
use domain::ledger::{LedgerAccount, Transfer};

/// Balances by account (debits minus credits, fen) and the keys that were used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    balances: BTreeMap<LedgerAccount, i64>,
    keys: BTreeSet<String>,
}

impl Books {
    /// Books one movement.
    ///
    /// # Panics
    /// When its key was used before or its amount is not positive.
    pub fn book(&mut self, transfer: &Transfer) {
        assert!(self.keys.insert(transfer.key.clone()), "{} is booked twice", transfer.key);
        assert!(transfer.amount_fen.is_positive(), "{} moves {}", transfer.key, transfer.amount_fen);
        *self.balances.entry(transfer.debit).or_default() += transfer.amount_fen.get();
        *self.balances.entry(transfer.credit).or_default() -= transfer.amount_fen.get();
    }

    /// All balances (debits minus credits, fen) that are not zero, and how many movements were booked.
    pub fn balances(&self) -> (Vec<(LedgerAccount, i64)>, usize) {
        let unsettled = self.balances.iter().filter(|(_, balance)| **balance != 0);
        (unsettled.map(|(account, balance)| (*account, *balance)).collect(), self.keys.len())
    }

    /// What the channel holds for us.
    pub fn clearing(&self) -> Fen {
        Fen::of(self.balance(LedgerAccount::Clearing))
    }

    /// What is owed on `account`: managers' collections, suspense and refunds payable are debts.
    pub fn owed(&self, account: LedgerAccount) -> Fen {
        Fen::of(-self.balance(account))
    }

    /// Checks that nothing appeared, disappeared or became negative.
    pub fn assert_sound(&self) {
        assert_eq!(self.balances.values().sum::<i64>(), 0, "the accounts sum to zero: {self:?}");
        for (account, balance) in &self.balances {
            let held = if *account == LedgerAccount::Clearing { *balance } else { -balance };
            assert!(held >= 0, "{account} is negative: {self:?}");
        }
    }

    fn balance(&self, account: LedgerAccount) -> i64 {
        self.balances.get(&account).copied().unwrap_or_default()
    }
}
