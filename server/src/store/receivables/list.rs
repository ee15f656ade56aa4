//! Lists of debts: by page, by words, by age.

use std::collections::BTreeSet;

use domain::receivable::{Ageing, Debtor, Entry, Reminded, Standing};
use domain::search::tokens;
use domain::{AccountId, Day, Fen, Millis, ReceivableId, TenantId};
use uuid::Uuid;

use super::{Row, Stored, rows};
use crate::store::written::{self, Place, Written, with_token};
use crate::store::{StoreError, Tx, dialect, on};

/// Which debts of a payee are wanted; by default all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only those that stand there.
    pub standing: Option<Standing>,
    /// Only those that were due before this day.
    pub due_before: Option<Day>,
    /// Only those with such reminders.
    pub reminded: Option<Reminded>,
}

impl Filter {
    fn takes(&self, stored: &Stored) -> bool {
        self.standing.is_none_or(|standing| is_like(stored.claim.standing(), standing))
            && self.due_before.is_none_or(|day| stored.receivable.due.is_some_and(|due| due < day))
            && self.reminded.is_none_or(|reminded| reminded.takes(&stored.mark))
    }
}

/// Too much is paid as well.
fn is_like(standing: Standing, wanted: Standing) -> bool {
    standing == wanted || (wanted == Standing::Paid && standing == Standing::Overpaid)
}

/// Where a page of debts begins: right after this one, going back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// When it was raised.
    pub raised_at_ms: Millis,
    /// The debt.
    pub id: ReceivableId,
}

impl Before {
    fn first() -> Before {
        Before { raised_at_ms: Millis::of(i64::MAX), id: ReceivableId::of(Uuid::max()) }
    }

    /// The place right after `stored`.
    pub fn of(stored: &Stored) -> Before {
        Before { raised_at_ms: stored.receivable.raised_at_ms, id: stored.receivable.id }
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The debts, newest first.
    pub rows: Vec<Stored>,
    /// Where to go on; `None` when there is nothing older.
    pub next: Option<Before>,
}

/// A page of debts in one standing, or in any: with any reminders, then with each kind, as [`Reminded::takes`] tells them apart. Each
/// text has the condition of its index. A debt without a due day is due after every other.
macro_rules! listed {
    (@ $standing:literal, $reminded:literal) => {
        rows!(
            "WHERE r.tenant = $1 AND r.payee = $2 AND (r.raised_at_ms, r.id) < ($3, $4) AND COALESCE(r.due_day, 9223372036854775806) < $6 ",
            $standing,
            $reminded,
            "ORDER BY r.raised_at_ms DESC, r.id DESC LIMIT $5"
        )
    };
    ($reminded:expr, $standing:literal) => {
        match $reminded {
            None => listed!(@ $standing, ""),
            Some(Reminded::Never) => listed!(@ $standing, "AND r.reminded IS NULL "),
            Some(Reminded::Yes) => listed!(@ $standing, "AND r.reminded IN ('waiting', 'under_way', 'sent', 'unknown') "),
            Some(Reminded::Failed) => listed!(@ $standing, "AND r.reminded = 'failed' "),
            Some(Reminded::Stopped) => {
                listed!(@ $standing, "AND (r.stopped_by_debtor_at_ms IS NOT NULL OR r.stopped_by_manager_at_ms IS NOT NULL) ")
            }
        }
    };
}

/// The newest debts of a payee that `filter` takes, at most `limit`, from `before` on when it is given.
pub async fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payee: AccountId,
    filter: Filter,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<Stored>, StoreError> {
    let before = before.unwrap_or(Before::first());
    let sql = match filter.standing {
        None => listed!(filter.reminded, ""),
        Some(Standing::Open) => listed!(filter.reminded, "AND r.standing = 'open' "),
        Some(Standing::Paid) => listed!(filter.reminded, "AND r.standing IN ('paid', 'overpaid') "),
        Some(Standing::Overpaid) => listed!(filter.reminded, "AND r.standing = 'overpaid' "),
        Some(Standing::WrittenOff) => listed!(filter.reminded, "AND r.standing = 'written_off' "),
    };
    let day = filter.due_before.map_or(i64::MAX, |day| i64::from(day.get()));
    let found: Vec<Row> = on!(tx, |db| sqlx::query_as(sql)
        .bind(tenant.get())
        .bind(payee.get())
        .bind(before.raised_at_ms.get())
        .bind(before.id.get())
        .bind(limit)
        .bind(day)
        .fetch_all(db)
        .await)?;
    found.into_iter().map(Row::read).collect()
}

/// The newest debts of a payee that `filter` takes and on which every word of `query` is written. `None` when the query is too short
/// to be looked up.
pub async fn search(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    payee: AccountId,
    query: &str,
    filter: Filter,
    before: Option<Before>,
    limit: usize,
) -> Result<Option<Found>, StoreError> {
    let before = before.map(|before| Place { at_ms: before.raised_at_ms, id: before.id.get() });
    let found = written::find(tx, (tenant, scope_of(payee)), query, |stored| filter.takes(stored), before, limit).await?;
    Ok(found.map(|found| Found {
        rows: found.rows,
        next: found.next.map(|place| Before { raised_at_ms: place.at_ms, id: ReceivableId::of(place.id) }),
    }))
}

impl Written for Stored {
    type Row = Row;

    const WITH_TOKEN: &'static str = rows!(with_token!(), "ON s.id = r.id WHERE r.tenant = $1 ORDER BY s.at_ms DESC, s.id DESC");

    fn read(row: Row) -> Result<Stored, StoreError> {
        row.read()
    }

    fn place(&self) -> Place {
        Place { at_ms: self.receivable.raised_at_ms, id: self.receivable.id.get() }
    }

    fn texts(&self) -> Vec<String> {
        written(&self.receivable.debtor, &self.receivable.title, self.receivable.amount_fen)
    }
}

/// Under which the debts of a payee are found: beside, and never among, the payee's receipts.
pub fn scope_of(payee: AccountId) -> Uuid {
    Uuid::from_u128(!payee.get().as_u128())
}

/// The tokens under which a debt is kept.
pub fn tokens_of(debtor: &Debtor, title: &str, amount: Fen) -> BTreeSet<String> {
    written(debtor, title, amount).iter().flat_map(|text| tokens(text)).collect()
}

/// The pieces of text by which a debt is found.
fn written(debtor: &Debtor, title: &str, amount: Fen) -> Vec<String> {
    let phone = debtor.phone.as_ref().map(|phone| phone.as_str().to_owned());
    let texts = [debtor.name.clone(), debtor.reference.clone(), title.to_owned(), amount.yuan()];
    texts.into_iter().chain(phone).filter(|text| !text.is_empty()).collect()
}

/// What is owed to a payee on `today`, by age.
pub async fn ageing(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, today: Day) -> Result<Ageing, StoreError> {
    let sql = "SELECT due_day, COUNT(*), CAST(SUM(outstanding_fen) AS BIGINT) FROM receivable \
         WHERE tenant = $1 AND payee = $2 AND standing = 'open' GROUP BY due_day";
    let rows: Vec<(Option<i64>, i64, i64)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payee.get()).fetch_all(db).await)?;
    let mut ageing = Ageing::default();
    for (due, count, sum) in rows {
        let due = due.and_then(|day| i32::try_from(day).ok()).map(Day::of);
        ageing.add(due, today, u64::try_from(count).unwrap_or(0), Fen::of(sum));
    }
    Ok(ageing)
}

/// Lets imports of one payee happen one after the other, so that the second finds what the first raised. SQLite has one writer anyway.
pub async fn take_turn(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId) -> Result<(), StoreError> {
    if let Tx::Postgres(conn) = tx {
        let (high, low) = tenant.get().as_u64_pair();
        let (other_high, other_low) = payee.get().as_u64_pair();
        let turn = (high ^ low.rotate_left(1) ^ other_high.rotate_left(2) ^ other_low.rotate_left(3)).cast_signed();
        sqlx::query(dialect::TAKE_TURN).bind(turn).execute(&mut **conn).await?;
    }
    Ok(())
}

/// The debt of the payee that this entry would raise again: of the same number, title and due day, as it was raised; where there is no
/// number, of the same debtor and amount as well.
pub async fn same(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, entry: &Entry) -> Result<Option<ReceivableId>, StoreError> {
    let sql = "SELECT id FROM receivable WHERE tenant = $1 AND payee = $2 AND reference = $3 AND title = $4 \
         AND raised_due_day = $5 AND (reference <> '' OR (debtor = $6 AND amount_fen = $7)) LIMIT 1";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql)
        .bind(tenant.get())
        .bind(payee.get())
        .bind(&entry.debtor.reference)
        .bind(&entry.title)
        .bind(entry.due.map_or(-1, |due| i64::from(due.get())))
        .bind(&entry.debtor.name)
        .bind(entry.amount_fen.get())
        .fetch_optional(db)
        .await)?;
    Ok(row.map(|(id,)| ReceivableId::of(id)))
}
