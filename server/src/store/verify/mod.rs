//! Proves from the rows alone that no money was lost, doubled or invented: `shouma verify`.
//!
//! Everything is read in one snapshot, page by page, so it may run beside a server and on any number of rows.

use domain::TenantId;

use super::{Snapshot, Store, StoreError, audit, dialect, on, tenants};

mod books;
mod concerns;
mod listeners;
mod payees;
mod payments;
mod receivables;
mod reminders;
mod rows;
mod sums;
mod tokens;

/// What was checked, and the first row that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What must hold, as a sentence.
    pub name: &'static str,
    /// How many rows were looked at.
    pub rows_checked: u64,
    /// The first bad row and what is wrong with it; `None` when all is well.
    pub first_bad: Option<String>,
}

impl Checked {
    /// Nothing looked at yet.
    fn new(name: &'static str) -> Checked {
        Checked { name, rows_checked: 0, first_bad: None }
    }

    /// Counts a row, and notes what is wrong with it unless something was noted before.
    fn note(&mut self, wrong: Option<String>) {
        self.rows_checked += 1;
        if self.first_bad.is_none() {
            self.first_bad = wrong;
        }
    }
}

/// Checks the whole database.
///
/// # Errors
/// When it cannot be read; what is wrong with what can be read is in the answer.
pub async fn verify(store: &Store) -> Result<Vec<Checked>, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let mut checked = vec![soundness(&mut snapshot).await?];
    let tenants: Vec<TenantId> = tenants::all(&mut snapshot.tx()).await?.into_iter().map(|tenant| tenant.id).collect();
    let mut money = payments::Checks::new();
    for tenant in &tenants {
        money.check_tenant(&mut snapshot, *tenant).await?;
    }
    checked.extend(money.finish());
    checked.extend(receivables::checks(&mut snapshot, &tenants).await?);
    checked.push(reminders::polite(&mut snapshot, &tenants).await?);
    checked.extend(sums::totals(&mut snapshot, &tenants).await?);
    checked.push(listeners::told(&mut snapshot).await?);
    checked.push(payees::collect(&mut snapshot).await?);
    checked.extend(sums::directories(&mut snapshot).await?);
    checked.push(audit_chain(&mut snapshot, &tenants).await?);
    Ok(checked)
}

async fn soundness(snapshot: &mut Snapshot) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("the database itself is sound and every reference leads somewhere");
    let tx = &mut snapshot.tx();
    let (sound, lost) = (dialect::SOUNDNESS.of(tx), dialect::LOST_REFERENCES.of(tx));
    let (said,): (String,) = on!(tx, |db| sqlx::query_as(sound).fetch_one(db).await)?;
    checked.note((said != "ok").then_some(said));
    let (count,): (i64,) = on!(tx, |db| sqlx::query_as(lost).fetch_one(db).await)?;
    checked.note((count != 0).then(|| format!("{count} references lead nowhere")));
    Ok(checked)
}

async fn audit_chain(snapshot: &mut Snapshot, tenants: &[TenantId]) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("the audit trail is whole and unchanged");
    for tenant in tenants {
        let (count, bad) = audit::verify(&mut snapshot.tx(), *tenant).await?;
        checked.rows_checked += count;
        checked.first_bad = checked.first_bad.or(bad);
    }
    Ok(checked)
}
