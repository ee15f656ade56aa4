//! Who did what. Every row carries the hash of the one before it, so that a changed, missing or inserted row shows.
//!
//! Whoever can write to the database can compute hashes too, and could make a whole new chain. That shows only beside something
//! that was written elsewhere before: a [`Head`], as `shouma verify` and `shouma backup` print it and the log holds it every day.
//!
//! A chain has one end, at which an organisation's writers wait for each other. What a payer does is therefore not written here;
//! it stands in the ledger, the inbox and the payment itself.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use domain::{AccountId, Millis, TenantId};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::words::json;
use super::{StoreError, Tx, accounts, dialect, on, tenants};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person who is signed in, or who signs in.
    Account(AccountId),
    /// Somebody at the machine, by a command.
    Operator,
    /// Somebody who is not known: a wrong password is nobody's in particular.
    Unknown,
    /// The program by itself.
    Program,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Account(account) => write!(f, "account:{account}"),
            Actor::Operator => f.write_str("operator"),
            Actor::Unknown => f.write_str("unknown"),
            Actor::Program => f.write_str("program"),
        }
    }
}

/// What was done. Money that moves and doors that open or shut; every word stays what it is, because rows are never edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// An organisation was founded, with its first people and codes.
    Found,
    /// A single-use link to set a password was given out.
    GiveLink,
    /// A password was set; all sessions of the person ended.
    SetPassword,
    /// Somebody signed in.
    SignIn,
    /// A session was ended by a sign-in elsewhere.
    Evict,
    /// Somebody signed out.
    SignOut,
    /// Sign-ins are refused from now on: too many wrong passwords in a row.
    Lock,
    /// The lock, or the count of wrong passwords, was taken away.
    Unlock,
    /// Money was set aside to go back to a payer.
    AskRefund,
    /// Money that was set aside for a return that the channel never took was freed again.
    GiveUpRefund,
    /// Money that came once too often or too late was set aside to go back.
    ReturnExtra,
    /// What managers may return by themselves was changed.
    SetManagerRefunds,
    /// A manager's code got a new address; the old one runs out.
    RefreshCode,
    /// An old address of a code was ended before its time.
    CutCode,
    /// Somebody was registered as a manager.
    Register,
    /// A manager's name, mail or language was corrected.
    Correct,
    /// A manager was suspended; their sessions ended.
    Suspend,
    /// A suspended manager was let in again.
    Reinstate,
    /// A debt was raised.
    RaiseReceivable,
    /// Debts were raised from a file.
    ImportReceivables,
    /// A debt's due day, remark or phone was changed.
    EditReceivable,
    /// A debt is demanded no more.
    WriteOff,
    /// A debt that was written off is demanded again.
    Restore,
    /// A payment that came another way was counted for a debt.
    MatchReceivable,
    /// That was undone.
    UnmatchReceivable,
    /// A reminder of a debt was asked for, or reminders of it were stopped, let go on, or put on a schedule.
    Remind,
    /// What managers may write off by themselves was changed.
    SetManagerWriteOffs,
    /// A one-time code was sent to somebody's phone.
    SendCode,
    /// An account was bound to a WeChat identity.
    BindWechat,
    /// Somebody proved that a sign-in was not theirs; all sessions ended, and the password is void.
    ReportSignIn,
    /// A store was made.
    MakeStore,
    /// A store got another name.
    RenameStore,
    /// A store was closed; its plates were switched off.
    CloseStore,
    /// A closed store was opened again.
    OpenStore,
    /// A manager was made a store's cashier.
    AddCashier,
    /// A manager is a store's cashier no more.
    RemoveCashier,
    /// A code was made.
    MakeCode,
    /// A code was given other terms.
    ConfigureCode,
    /// A code was switched on or off.
    SwitchCode,
    /// A form was added that administrators can choose.
    AddForm,
    /// A form got another version, for every code that asks it.
    ReplaceForm,
    /// The organisation's name was changed.
    RenameOrganisation,
    /// The organisation was given a logo, or its logo was taken away.
    SetLogo,
    /// Telling payers where they reach the organisation.
    SetContact,
    /// The organisation was opened for collecting, or closed.
    OpenOrganisation,
    /// Whether managers may have messages was changed.
    LetMessages,
    /// Whether debts are reminded of on a schedule was changed.
    LetRemind,
}

impl Act {
    /// The word stored for it.
    pub const fn word(self) -> &'static str {
        match self {
            Act::Found => "organisation.found",
            Act::GiveLink => "password_link.give",
            Act::SetPassword => "password.set",
            Act::SignIn => "session.begin",
            Act::Evict => "session.evict",
            Act::SignOut => "session.end",
            Act::Lock => "door.lock",
            Act::Unlock => "door.unlock",
            Act::AskRefund => "refund.ask",
            Act::GiveUpRefund => "refund.give_up",
            Act::ReturnExtra => "refund.return_extra",
            Act::SetManagerRefunds => "refund.managers",
            Act::RefreshCode => "code.refresh",
            Act::CutCode => "code.cut",
            Act::Register => "manager.register",
            Act::Correct => "manager.correct",
            Act::Suspend => "manager.suspend",
            Act::Reinstate => "manager.reinstate",
            Act::RaiseReceivable => "receivable.raise",
            Act::ImportReceivables => "receivable.import",
            Act::EditReceivable => "receivable.edit",
            Act::WriteOff => "receivable.write_off",
            Act::Restore => "receivable.restore",
            Act::MatchReceivable => "receivable.match",
            Act::UnmatchReceivable => "receivable.unmatch",
            Act::Remind => "receivable.remind",
            Act::SetManagerWriteOffs => "receivable.managers",
            Act::SendCode => "one_time_code.send",
            Act::BindWechat => "wechat.bind",
            Act::ReportSignIn => "session.report",
            Act::MakeStore => "store.make",
            Act::RenameStore => "store.rename",
            Act::CloseStore => "store.close",
            Act::OpenStore => "store.open",
            Act::AddCashier => "cashier.add",
            Act::RemoveCashier => "cashier.remove",
            Act::MakeCode => "code.make",
            Act::ConfigureCode => "code.configure",
            Act::SwitchCode => "code.switch",
            Act::AddForm => "form.add",
            Act::ReplaceForm => "form.replace",
            Act::RenameOrganisation => "organisation.rename",
            Act::SetLogo => "organisation.logo",
            Act::SetContact => "organisation.contact",
            Act::OpenOrganisation => "organisation.open",
            Act::LetMessages => "organisation.messages",
            Act::LetRemind => "organisation.reminders",
        }
    }
}

/// One deed. It names people and payments by their ids only, and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deed {
    /// When.
    pub at_ms: Millis,
    /// Who: an [`Actor`] in words.
    pub actor: String,
    /// What, as a word such as `refund.ask`.
    pub act: String,
    /// To what: the id of an account, a payment or an organisation, or the number of a refund.
    pub subject: String,
    /// What else is to be known, as JSON.
    pub detail: String,
}

impl Deed {
    /// What `actor` did to `subject`; `detail` is an object of ids, sums and counts.
    pub fn new(at_ms: Millis, actor: Actor, act: Act, subject: impl fmt::Display, detail: &serde_json::Value) -> Deed {
        Deed { at_ms, actor: actor.to_string(), act: act.word().to_owned(), subject: subject.to_string(), detail: detail.to_string() }
    }
}

/// Where an organisation's chain ends: how many rows it has, and the hash of the last one, which stands for all of them.
///
/// Written as `tenant:count:hash`. Kept where nobody who can write to the database can write, it shows later whether the first
/// `count` rows are still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The organisation.
    pub tenant: TenantId,
    /// Rows so far.
    pub count: i64,
    /// The hash of the last row; empty when there is none.
    pub hash: String,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.tenant, self.count, self.hash)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Head, String> {
        let wrong = || format!("{text:?} is not the head of an audit trail as shouma verify prints it");
        let (tenant, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (count, hash) = rest.split_once(':').ok_or_else(wrong)?;
        let is_hash = hash.is_empty() || (hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match (tenant.parse(), count.parse()) {
            (Ok(tenant), Ok(count @ 0..)) if is_hash => Ok(Head { tenant, count, hash: hash.to_owned() }),
            _ => Err(wrong()),
        }
    }
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    at_ms: i64,
    actor: String,
    act: String,
    subject: String,
    detail: String,
    prev_hash: String,
    hash: String,
}

/// What the first row of a chain follows.
const BEGINNING: &str = "";

/// Writes `deed` at the end of the organisation's chain and tells its number. It is the last thing that a command writes:
/// until the commit, the organisation's other writers wait behind it.
///
/// # Errors
/// [`StoreError::Stale`] when somebody wrote there at the same moment all the same; the writer runs the command again.
pub async fn append(tx: &mut Tx<'_>, tenant: TenantId, deed: &Deed) -> Result<i64, StoreError> {
    wait_for_turn(tx, tenant).await?;
    let last: Option<(i64, String)> =
        on!(tx, |db| sqlx::query_as("SELECT seq, hash FROM audit WHERE tenant = $1 ORDER BY seq DESC LIMIT 1")
            .bind(tenant.get())
            .fetch_optional(db)
            .await)?;
    let (last_seq, prev_hash) = last.unwrap_or((0, BEGINNING.to_owned()));
    let seq = last_seq + 1;
    let hash = chained(tenant, seq, &prev_hash, deed)?;
    let sql = "INSERT INTO audit (tenant, seq, at_ms, actor, act, subject, detail, prev_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant, seq) DO NOTHING";
    let written = on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(seq)
        .bind(deed.at_ms.get())
        .bind(&deed.actor)
        .bind(&deed.act)
        .bind(&deed.subject)
        .bind(&deed.detail)
        .bind(&prev_hash)
        .bind(&hash)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if written == 1 { Ok(seq) } else { Err(StoreError::Stale) }
}

/// Writes `deed` in every organisation that the person belongs to: what happens to a person's account concerns them all.
///
/// # Errors
/// As [`append`].
pub async fn append_everywhere(tx: &mut Tx<'_>, account: AccountId, deed: &Deed) -> Result<(), StoreError> {
    for tenant in accounts::tenants_of(tx, account).await? {
        append(tx, tenant, deed).await?;
    }
    Ok(())
}

/// Of several instances one at a time writes to a chain, until it has committed. SQLite has one writer anyhow.
///
/// # Errors
/// When the database does not let it wait.
pub(super) async fn wait_for_turn(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(), StoreError> {
    let [high, low] = [tenant.get().as_u64_pair().0, tenant.get().as_u64_pair().1];
    if let Tx::Postgres(conn) = tx {
        sqlx::query(dialect::TAKE_TURN).bind((high ^ low).cast_signed()).execute(&mut **conn).await?;
    }
    Ok(())
}

/// When one of these was last done, and by whom; `None` when it never was.
///
/// # Errors
/// When the rows cannot be read.
pub async fn last(tx: &mut Tx<'_>, tenant: TenantId, act: Act) -> Result<Option<(Millis, Actor)>, StoreError> {
    let sql = "SELECT at_ms, actor FROM audit WHERE tenant = $1 AND act = $2 ORDER BY seq DESC LIMIT 1";
    let row: Option<(i64, String)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(act.word()).fetch_optional(db).await)?;
    Ok(row.map(|(at_ms, actor)| {
        let actor = match actor.strip_prefix("account:").and_then(|id| id.parse().ok()) {
            Some(account) => Actor::Account(account),
            None if actor == Actor::Operator.to_string() => Actor::Operator,
            None => Actor::Unknown,
        };
        (Millis::of(at_ms), actor)
    }))
}

/// Where the chain of each organisation ends, oldest organisation first.
///
/// # Errors
/// When the rows cannot be read.
pub async fn heads(tx: &mut Tx<'_>) -> Result<Vec<Head>, StoreError> {
    let mut heads = vec![];
    for tenant in tenants::all(tx).await? {
        let sql = "SELECT seq, hash FROM audit WHERE tenant = $1 ORDER BY seq DESC LIMIT 1";
        let last: Option<(i64, String)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.id.get()).fetch_optional(db).await)?;
        let (count, hash) = last.unwrap_or((0, BEGINNING.to_owned()));
        heads.push(Head { tenant: tenant.id, count, hash });
    }
    Ok(heads)
}

/// What is wrong with the chain beside a head of it that was written elsewhere; `None` when its first rows are still those.
///
/// # Errors
/// When the rows cannot be read.
pub async fn compare(tx: &mut Tx<'_>, head: &Head) -> Result<Option<String>, StoreError> {
    let sql = "SELECT hash FROM audit WHERE tenant = $1 AND seq = $2";
    let row: Option<(String,)> = on!(tx, |db| sqlx::query_as(sql).bind(head.tenant.get()).bind(head.count).fetch_optional(db).await)?;
    let (tenant, count) = (head.tenant, head.count);
    Ok(match row {
        Some((hash,)) if hash == head.hash => None,
        None if count == 0 => None,
        Some(_) => Some(format!("audit row {count} of tenant {tenant} is not the one that was noted: it or one before it was replaced")),
        None => Some(format!("audit row {count} of tenant {tenant} was noted and is not there: the end was cut off")),
    })
}

/// Goes along the chain of an organisation and tells how many rows it has and what is wrong with the first bad one.
pub async fn verify(tx: &mut Tx<'_>, tenant: TenantId) -> Result<(u64, Option<String>), StoreError> {
    let (mut seq, mut prev_hash, mut count) = (0, BEGINNING.to_owned(), 0);
    loop {
        let rows: Vec<Row> = on!(tx, |db| {
            sqlx::query_as(
            "SELECT seq, at_ms, actor, act, subject, detail, prev_hash, hash FROM audit WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT 500",
        )
        .bind(tenant.get())
        .bind(seq)
        .fetch_all(db)
        .await
        })?;
        if rows.is_empty() {
            return Ok((count, None));
        }
        for row in rows {
            count += 1;
            if let Some(wrong) = fault(tenant, &row, seq, &prev_hash)? {
                return Ok((count, Some(format!("audit row {} of tenant {tenant} {wrong}", row.seq))));
            }
            (seq, prev_hash) = (row.seq, row.hash);
        }
    }
}

fn fault(tenant: TenantId, row: &Row, seq_before: i64, hash_before: &str) -> Result<Option<&'static str>, StoreError> {
    let (at_ms, row_actor) = (Millis::of(row.at_ms), row.actor.clone());
    let deed = Deed { at_ms, actor: row_actor, act: row.act.clone(), subject: row.subject.clone(), detail: row.detail.clone() };
    Ok(match () {
        () if row.seq != seq_before + 1 => Some("does not follow the one before it: rows are missing"),
        () if row.prev_hash != hash_before => Some("does not carry the hash of the one before it"),
        () if row.hash != chained(tenant, row.seq, &row.prev_hash, &deed)? => Some("was changed after it was written"),
        () => None,
    })
}

/// SHA-256 in hex over the row as one JSON array, which has only one spelling.
fn chained(tenant: TenantId, seq: i64, prev_hash: &str, deed: &Deed) -> Result<String, StoreError> {
    let tenant: Uuid = tenant.get();
    let row = json(&(tenant.simple().to_string(), seq, prev_hash, deed.at_ms, &deed.actor, &deed.act, &deed.subject, &deed.detail))?;
    let hash = digest::digest(&digest::SHA256, row.as_bytes());
    Ok(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}
