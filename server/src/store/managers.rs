//! The managers of an organisation as its administrator sees them.

use domain::account::{Lang, Phone};
use domain::form::FormSchema;
use domain::letter::{LastLetter, MailAddress};
use domain::{AccountId, CodeId, Millis, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::payments::{of_json, of_word, unreadable};
use super::{StoreError, Tx, on};

/// A manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredManager {
    /// The person.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// By which they sign in.
    pub phone: Phone,
    /// Where they can be written to.
    pub mail: Option<MailAddress>,
    /// The language in which they are written to.
    pub lang: Lang,
    /// Whether they ever set a password.
    pub has_password: bool,
    /// Since when they are suspended, if they are.
    pub suspended_at_ms: Option<Millis>,
    /// When they signed in last.
    pub signed_in_at_ms: Option<Millis>,
    /// When their live session began, and its `User-Agent`.
    pub live: Option<(Millis, String)>,
    /// What became of their last invitation.
    pub letter: Option<LastLetter>,
    /// Codes that work, and codes that were switched off with them; [`pay_links`] are counted apart.
    pub codes: (i64, i64),
}

#[derive(FromRow)]
struct Row {
    account: Uuid,
    name: String,
    phone: String,
    mail: Option<String>,
    lang: String,
    has_password: bool,
    suspended_at_ms: Option<i64>,
    signed_in_at_ms: Option<i64>,
    live_since_ms: Option<i64>,
    live_device: Option<String>,
    letter_state: Option<String>,
    letter_reason: Option<String>,
    letter_at_ms: Option<i64>,
    letter_tries: Option<i64>,
    active_codes: i64,
    stopped_codes: i64,
}

impl Row {
    fn read(self) -> Result<StoredManager, StoreError> {
        let letter = match (self.letter_state, self.letter_at_ms) {
            (Some(state), Some(at)) => Some(LastLetter {
                state: of_word("letter.state", &state)?,
                reason: self.letter_reason,
                at_ms: Millis::of(at),
                tries: self.letter_tries.unwrap_or(0),
            }),
            _ => None,
        };
        Ok(StoredManager {
            account: AccountId::of(self.account),
            name: self.name,
            phone: Phone::parse(&self.phone).ok_or_else(|| unreadable("account.phone", "no number"))?,
            mail: self.mail.as_deref().and_then(MailAddress::parse),
            lang: Lang::of_word(&self.lang).unwrap_or_default(),
            has_password: self.has_password,
            suspended_at_ms: self.suspended_at_ms.map(Millis::of),
            signed_in_at_ms: self.signed_in_at_ms.map(Millis::of),
            live: self.live_since_ms.map(|since| (Millis::of(since), self.live_device.unwrap_or_default())),
            letter,
            codes: (self.active_codes, self.stopped_codes),
        })
    }
}

/// Everything about managers of one organisation; a condition follows.
macro_rules! manager {
    ($rest:literal) => {
        concat!(
            "SELECT m.account, a.name, a.phone, a.mail, a.lang, a.password_hash IS NOT NULL AS has_password, m.suspended_at_ms, ",
            "m.signed_in_at_ms, s.created_at_ms AS live_since_ms, s.device AS live_device, l.state AS letter_state, ",
            "l.reason AS letter_reason, COALESCE(l.done_at_ms, l.created_at_ms) AS letter_at_ms, l.tries AS letter_tries, ",
            "(SELECT COUNT(*) FROM code c WHERE c.tenant = m.tenant AND c.payee = m.account AND c.state = 'active' AND c.kind <> 'receivable') AS active_codes, ",
            "(SELECT COUNT(*) FROM code c WHERE c.tenant = m.tenant AND c.payee = m.account AND c.stopped_with_payee AND c.kind <> 'receivable') AS stopped_codes ",
            "FROM member m JOIN account a ON a.id = m.account ",
            "LEFT JOIN session s ON s.token_hash = (SELECT x.token_hash FROM session x WHERE x.account = m.account ",
            "AND x.tenant = m.tenant AND x.role = m.role AND x.expires_at_ms > $2 ORDER BY x.created_at_ms DESC LIMIT 1) ",
            "LEFT JOIN letter l ON l.tenant = m.tenant AND l.id = (SELECT y.id FROM letter y WHERE y.tenant = m.tenant ",
            "AND y.account = m.account AND y.kind IN ('invitation', 'welcome') ORDER BY y.created_at_ms DESC, y.id DESC LIMIT 1) ",
            "WHERE m.tenant = $1 AND m.role = 'manager' ",
            $rest
        )
    };
}

/// All managers of the organisation, who was registered last first.
pub async fn list(tx: &mut Tx<'_>, tenant: TenantId, now: Millis) -> Result<Vec<StoredManager>, StoreError> {
    let sql = manager!("ORDER BY m.created_at_ms DESC, a.phone");
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(now.get()).fetch_all(db).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// One manager of the organisation; `None` when it has no such manager.
pub async fn one(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId, now: Millis) -> Result<Option<StoredManager>, StoreError> {
    let sql = manager!("AND m.account = $3");
    let row: Option<Row> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(now.get()).bind(account.get()).fetch_optional(db).await)?;
    row.map(Row::read).transpose()
}

/// Payment links of the manager's receivables that are still owed: those that work, and those that were stopped with the account.
pub async fn pay_links(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN c.state = 'active' THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN c.stopped_with_payee THEN 1 ELSE 0 END), 0) AS BIGINT) \
         FROM receivable r JOIN code c ON c.tenant = r.tenant AND c.id = r.code \
         WHERE r.tenant = $1 AND r.payee = $2 AND r.standing = 'open'";
    let links: (i64, i64) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(account.get()).fetch_one(db).await)?;
    Ok(links)
}

/// A form that codes of the organisation ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedForm {
    /// The form.
    pub form: Uuid,
    /// Its newest version.
    pub schema: FormSchema,
    /// The name of the first code that asks it.
    pub code_name: String,
}

/// The forms that codes of the organisation ask, oldest first, each in its newest version; of forms that ask the same, the oldest.
pub async fn forms(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<UsedForm>, StoreError> {
    let sql = "SELECT f.id, f.schema, (SELECT c.name FROM code c WHERE c.tenant = f.tenant AND c.form = f.id \
         ORDER BY c.created_at_ms, c.id LIMIT 1) AS code_name FROM form f WHERE f.tenant = $1 AND f.version = \
         (SELECT MAX(v.version) FROM form v WHERE v.tenant = f.tenant AND v.id = f.id) \
         AND NOT EXISTS (SELECT 1 FROM receivable r JOIN code c ON c.tenant = r.tenant AND c.id = r.code \
         WHERE r.tenant = f.tenant AND c.form = f.id) ORDER BY f.created_at_ms, f.id";
    let rows: Vec<(Uuid, String, Option<String>)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).fetch_all(db).await)?;
    let mut forms: Vec<UsedForm> = vec![];
    for (form, schema, code_name) in rows {
        let schema: FormSchema = of_json("form.schema", &schema)?;
        if !forms.iter().any(|known| known.schema.fields == schema.fields) {
            forms.push(UsedForm { form, schema, code_name: code_name.unwrap_or_default() });
        }
    }
    Ok(forms)
}

/// Switches the payee's working codes off (and remembers which), or on again those that were. Answers which ones changed.
pub async fn stop_codes(tx: &mut Tx<'_>, tenant: TenantId, payee: AccountId, is_stop: bool) -> Result<Vec<CodeId>, StoreError> {
    let sql = if is_stop {
        "UPDATE code SET state = 'disabled', stopped_with_payee = TRUE WHERE tenant = $1 AND payee = $2 AND state = 'active' RETURNING id"
    } else {
        "UPDATE code SET state = 'active', stopped_with_payee = FALSE WHERE tenant = $1 AND payee = $2 AND stopped_with_payee RETURNING id"
    };
    let rows: Vec<(Uuid,)> = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(payee.get()).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(id,)| CodeId::of(id)).collect())
}
