//! People: one account per phone number, and what they may do in which organisation.

use domain::account::{Lang, Phone};
use domain::letter::MailAddress;
use domain::{AccountId, Millis, Role, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::words::unreadable;
use super::{StoreError, Tx, on};

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The person.
    pub id: AccountId,
    /// By which they sign in.
    pub phone: Phone,
    /// What others read.
    pub name: String,
    /// The hash of the password in PHC form; `None` until one was set.
    pub password_hash: Option<String>,
    /// Where they can be written to.
    pub mail: Option<MailAddress>,
    /// The language in which they are written to.
    pub lang: Lang,
    /// How often the trust in browsers that they signed in with was made void.
    pub trust_round: i64,
}

/// What a person may do in one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The organisation.
    pub tenant: TenantId,
    /// Its name.
    pub tenant_name: String,
    /// What the person may do there.
    pub role: Role,
    /// Since when they may not sign in to it, if they are suspended.
    pub suspended_at_ms: Option<Millis>,
    /// When the person last signed in to it.
    pub signed_in_at_ms: Option<Millis>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    phone: String,
    name: String,
    password_hash: Option<String>,
    mail: Option<String>,
    lang: String,
    trust_round: i64,
}

impl Row {
    fn read(self) -> Result<Account, StoreError> {
        Ok(Account {
            id: AccountId::of(self.id),
            phone: Phone::parse(&self.phone).ok_or_else(|| unreadable("account.phone", &self.phone))?,
            name: self.name,
            password_hash: self.password_hash,
            mail: self.mail.as_deref().and_then(MailAddress::parse),
            lang: Lang::of_word(&self.lang).unwrap_or_default(),
            trust_round: self.trust_round,
        })
    }
}

/// Stores a new person, without a password and without any membership.
///
/// # Errors
/// [`StoreError::Duplicate`] when the phone number has an account already.
pub async fn insert(tx: &mut Tx<'_>, id: AccountId, phone: &Phone, name: &str, now: Millis) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("INSERT INTO account (id, phone, name, created_at_ms) VALUES ($1, $2, $3, $4)")
        .bind(id.get())
        .bind(phone.as_str())
        .bind(name)
        .bind(now.get())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// The person with this phone number, or `None`.
pub async fn by_phone(tx: &mut Tx<'_>, phone: &Phone) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> =
        on!(tx, |db| sqlx::query_as("SELECT id, phone, name, password_hash, mail, lang, trust_round FROM account WHERE phone = $1")
            .bind(phone.as_str())
            .fetch_optional(db)
            .await)?;
    row.map(Row::read).transpose()
}

/// The person, or `None`.
pub async fn by_id(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> =
        on!(tx, |db| sqlx::query_as("SELECT id, phone, name, password_hash, mail, lang, trust_round FROM account WHERE id = $1")
            .bind(id.get())
            .fetch_optional(db)
            .await)?;
    row.map(Row::read).transpose()
}

/// Lets the person act in this role there. `false` when they could before; whoever says it at the same moment waits, and is told so.
pub async fn add_member(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId, role: Role, now: Millis) -> Result<bool, StoreError> {
    let sql = "INSERT INTO member (tenant, account, role, created_at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    on!(tx, |db| sqlx::query(sql)
        .bind(tenant.get())
        .bind(account.get())
        .bind(role.word())
        .bind(now.get())
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1))
    .map_err(StoreError::from)
}

type SeatRow = (Uuid, String, String, Option<i64>, Option<i64>);

/// Where the person may act and as what, oldest membership first; those of one moment by the organisation's name.
pub async fn memberships(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Membership>, StoreError> {
    let rows: Vec<SeatRow> = on!(tx, |db| sqlx::query_as(
        "SELECT m.tenant, t.name, m.role, m.suspended_at_ms, m.signed_in_at_ms FROM member m JOIN tenant t ON t.id = m.tenant \
         WHERE m.account = $1 ORDER BY m.created_at_ms, t.name, m.tenant, m.role",
    )
    .bind(account.get())
    .fetch_all(db)
    .await)?;
    let read = |(tenant, tenant_name, role, suspended, signed_in): SeatRow| {
        Ok(Membership {
            tenant: TenantId::of(tenant),
            tenant_name,
            role: read_role(&role)?,
            suspended_at_ms: suspended.map(Millis::of),
            signed_in_at_ms: signed_in.map(Millis::of),
        })
    };
    rows.into_iter().map(read).collect()
}

/// Writes down what the person is called and where they can be written to.
pub async fn set_contact(tx: &mut Tx<'_>, id: AccountId, name: &str, mail: Option<&MailAddress>, lang: Lang) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE account SET name = $2, mail = $3, lang = $4 WHERE id = $1")
        .bind(id.get())
        .bind(name)
        .bind(mail.map(MailAddress::as_str))
        .bind(lang.word())
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Suspends the person in this role (a moment), after which no browser of theirs is trusted, or lets them in again (`None`). `false` when it was so already, or there is no
/// such member.
pub async fn set_suspended(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    account: AccountId,
    role: Role,
    since: Option<Millis>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE member SET suspended_at_ms = $4 WHERE tenant = $1 AND account = $2 AND role = $3 \
         AND (suspended_at_ms IS NULL) <> ($5) RETURNING account";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql)
        .bind(tenant.get())
        .bind(account.get())
        .bind(role.word())
        .bind(since.map(Millis::get))
        .bind(since.is_none())
        .fetch_optional(db)
        .await)?;
    if row.is_some() && since.is_some() {
        let sql = "UPDATE account SET trust_round = trust_round + 1 WHERE id = $1";
        on!(tx, |db| sqlx::query(sql).bind(account.get()).execute(db).await.map(drop))?;
    }
    Ok(row.is_some())
}

/// Notes when the person signed in to this role last. `false` for somebody who has no such role, or is suspended.
pub async fn signed_in(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId, role: Role, now: Millis) -> Result<bool, StoreError> {
    let sql = "UPDATE member SET signed_in_at_ms = $4 WHERE tenant = $1 AND account = $2 AND role = $3 AND suspended_at_ms IS NULL \
         RETURNING account";
    let row: Option<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql)
        .bind(tenant.get())
        .bind(account.get())
        .bind(role.word())
        .bind(now.get())
        .fetch_optional(db)
        .await)?;
    Ok(row.is_some())
}

/// The organisations that the person belongs to, each once, always in the same order.
pub async fn tenants_of(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<TenantId>, StoreError> {
    let sql = "SELECT DISTINCT tenant FROM member WHERE account = $1 ORDER BY tenant";
    let rows: Vec<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(account.get()).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(tenant,)| TenantId::of(tenant)).collect())
}

/// Who has this role in the organisation, with their names, oldest membership first.
pub async fn members(tx: &mut Tx<'_>, tenant: TenantId, role: Role) -> Result<Vec<(AccountId, String)>, StoreError> {
    let rows: Vec<(Uuid, String)> = on!(tx, |db| sqlx::query_as(
        "SELECT m.account, a.name FROM member m JOIN account a ON a.id = m.account \
         WHERE m.tenant = $1 AND m.role = $2 ORDER BY m.created_at_ms, m.account",
    )
    .bind(tenant.get())
    .bind(role.word())
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(account, name)| (AccountId::of(account), name)).collect())
}

/// Sets the password, as its hash in PHC form. No browser is trusted any more: whoever knew the old one may sit before it.
pub async fn set_password(tx: &mut Tx<'_>, account: AccountId, hash: &str) -> Result<(), StoreError> {
    on!(tx, |db| sqlx::query("UPDATE account SET password_hash = $2, trust_round = trust_round + 1 WHERE id = $1")
        .bind(account.get())
        .bind(hash)
        .execute(db)
        .await
        .map(drop))
    .map_err(StoreError::from)
}

/// Makes the password void: whatever is typed, it is wrong. That there was one stays known.
pub async fn void_password(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    set_password(tx, account, VOID).await
}

/// No password fits what is no hash.
const VOID: &str = "!";

pub(super) fn read_role(word: &str) -> Result<Role, StoreError> {
    Role::of_word(word).ok_or_else(|| unreadable("role", word))
}
