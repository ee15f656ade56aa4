//! Two sets of balances: what the ledger says, and what payments, attempts and refunds say it must be.

use std::collections::BTreeMap;

use domain::TenantId;

/// Balances per account of one organisation, debits less credits.
#[derive(Default)]
pub struct Books {
    booked: BTreeMap<String, i128>,
    derived: BTreeMap<String, i128>,
}

impl Books {
    /// A transfer as it is booked.
    pub fn book(&mut self, debit: &str, credit: &str, fen: i64) {
        *self.booked.entry(debit.to_owned()).or_default() += i128::from(fen);
        *self.booked.entry(credit.to_owned()).or_default() -= i128::from(fen);
    }

    /// What must be in `account` because of one row.
    pub fn derive(&mut self, account: &str, fen: i64) {
        *self.derived.entry(account.to_owned()).or_default() += i128::from(fen);
    }

    /// How many accounts there are, and the first whose balance is not what it must be.
    pub fn compare(&self, tenant: TenantId) -> (u64, Option<String>) {
        let accounts: std::collections::BTreeSet<_> = self.booked.keys().chain(self.derived.keys()).collect();
        let of = |side: &BTreeMap<String, i128>, account: &str| side.get(account).copied().unwrap_or(0);
        let wrong = accounts.iter().find(|account| of(&self.booked, account) != of(&self.derived, account)).map(|account| {
            let (booked, derived) = (of(&self.booked, account), of(&self.derived, account));
            format!("account {account} of tenant {tenant} has {booked} fen and must have {derived}")
        });
        let sum: i128 = self.booked.values().sum();
        let open = (sum != 0).then(|| format!("the accounts of tenant {tenant} sum to {sum} fen instead of zero"));
        (accounts.len() as u64, wrong.or(open))
    }
}
