//! The managers of an organisation as its administrator sees them.

use domain::account::{Lang, Phone};
use domain::form::FormSchema;
use domain::letter::{INVITED_MS, Invitation, LastLetter, LetterState, MailAddress};
use domain::{AccountId, CodeId, Millis, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

use super::payments::{of_json, of_word, unreadable};
use super::{StoreError, Tx, on, receivables};

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
    /// When they were registered here.
    pub created_at_ms: Millis,
    /// When they signed in last.
    pub signed_in_at_ms: Option<Millis>,
    /// When their live session began, and its `User-Agent`.
    pub live: Option<(Millis, String)>,
    /// What became of their last invitation; of the last letter of any kind, once they have a password.
    pub letter: Option<LastLetter>,
    /// Whether that letter went to the address that they have now.
    pub is_letter_to_mail: bool,
}

impl StoredManager {
    /// How far they have come with setting a password.
    pub fn invitation(&self, now: Millis) -> Invitation {
        Invitation::of(self.has_password, self.mail.is_some(), self.letter.as_ref(), now)
    }

    /// The last letter to somebody who has a password, where it shows that their address takes no mail: whoever loses the password
    /// cannot set another one.
    pub fn undelivered(&self) -> Option<&LastLetter> {
        let fails = |letter: &&LastLetter| matches!(letter.state, LetterState::Refused | LetterState::Bounced);
        self.letter.as_ref().filter(|_| self.has_password && self.is_letter_to_mail).filter(fails)
    }

    /// Whether an administrator has to do something so that they can sign in, now or after a lost password.
    pub fn needs_attention(&self, now: Millis) -> bool {
        self.suspended_at_ms.is_none() && (self.invitation(now).needs_help() || self.undelivered().is_some())
    }

    /// Their place in the list.
    pub const fn mark(&self) -> Mark {
        Mark { created_at_ms: self.created_at_ms, account: self.account }
    }
}

/// A place in the list of managers, who was registered last first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// When the manager was registered who stands there.
    pub created_at_ms: Millis,
    /// Who it is.
    pub account: AccountId,
}

/// Which part of the list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// Its beginning.
    #[default]
    First,
    /// What comes right after this place.
    After(Mark),
    /// What comes right before it.
    Before(Mark),
}

/// Which managers are wanted; by default all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// What name, phone number or mail address hold; everything holds nothing.
    pub words: String,
    /// Only those of whom [`StoredManager::needs_attention`] holds.
    pub needs_attention: bool,
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
    created_at_ms: i64,
    signed_in_at_ms: Option<i64>,
    live_since_ms: Option<i64>,
    live_device: Option<String>,
    letter_state: Option<String>,
    letter_reason: Option<String>,
    letter_at_ms: Option<i64>,
    letter_tries: Option<i64>,
    letter_address: Option<String>,
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
        let is_letter_to_mail = self.letter_address.is_some() && self.letter_address == self.mail;
        Ok(StoredManager {
            account: AccountId::of(self.account),
            name: self.name,
            phone: Phone::parse(&self.phone).ok_or_else(|| unreadable("account.phone", "no number"))?,
            mail: self.mail.as_deref().and_then(MailAddress::parse),
            lang: Lang::of_word(&self.lang).unwrap_or_default(),
            has_password: self.has_password,
            suspended_at_ms: self.suspended_at_ms.map(Millis::of),
            created_at_ms: Millis::of(self.created_at_ms),
            signed_in_at_ms: self.signed_in_at_ms.map(Millis::of),
            live: self.live_since_ms.map(|since| (Millis::of(since), self.live_device.unwrap_or_default())),
            letter,
            is_letter_to_mail,
        })
    }
}

/// Everything about managers out of `$members` at the moment `$now`; a condition or an order follows.
macro_rules! manager {
    ($members:expr, $now:literal, $rest:literal) => {
        concat!(
            "SELECT m.account, a.name, a.phone, a.mail, a.lang, a.password_hash IS NOT NULL AS has_password, m.suspended_at_ms, ",
            "m.created_at_ms, m.signed_in_at_ms, s.created_at_ms AS live_since_ms, s.device AS live_device, l.state AS letter_state, ",
            "l.reason AS letter_reason, COALESCE(l.done_at_ms, l.created_at_ms) AS letter_at_ms, l.tries AS letter_tries, ",
            "l.address AS letter_address FROM ",
            $members,
            " m JOIN account a ON a.id = m.account ",
            "LEFT JOIN session s ON s.token_hash = (SELECT x.token_hash FROM session x WHERE x.account = m.account ",
            "AND x.tenant = m.tenant AND x.role = m.role AND x.expires_at_ms > ",
            $now,
            " ORDER BY x.created_at_ms DESC LIMIT 1) ",
            "LEFT JOIN letter l ON l.tenant = m.tenant AND l.id = ",
            last_letter!(),
            $rest
        )
    };
}

/// The letter of a member by which they are judged: the last invitation, or the last of any kind once there is a password.
macro_rules! last_letter {
    () => {
        "(SELECT y.id FROM letter y WHERE y.tenant = m.tenant AND y.account = m.account \
         AND (a.password_hash IS NOT NULL OR y.kind IN ('invitation', 'welcome')) ORDER BY y.created_at_ms DESC, y.id DESC LIMIT 1)"
    };
}

/// Managers of the organisation `$1` that are wanted: `$2` the moment before which an invitation that was sent is out of time, `$3` the
/// words as typed, `$4` in lower case, `$5` whether only those are wanted who need attention. The twin of
/// [`StoredManager::needs_attention`].
macro_rules! wanted {
    () => {
        concat!(
            "FROM member m JOIN account a ON a.id = m.account WHERE m.tenant = $1 AND m.role = 'manager' ",
            "AND ($3 = '' OR REPLACE(a.name, $3, '') <> a.name OR REPLACE(LOWER(a.name), $4, '') <> LOWER(a.name) ",
            "OR REPLACE(a.phone, $3, '') <> a.phone OR REPLACE(LOWER(COALESCE(a.mail, '')), $4, '') <> LOWER(COALESCE(a.mail, ''))) ",
            // Those who come into question are few; only these are looked at one by one.
            "AND (NOT $5 OR m.account IN (SELECT id FROM account WHERE password_hash IS NULL UNION ",
            "SELECT account FROM letter WHERE tenant = $1 AND state IN ('refused', 'bounced'))) ",
            "AND (NOT $5 OR (m.suspended_at_ms IS NULL AND CASE WHEN a.password_hash IS NULL THEN NOT EXISTS ",
            "(SELECT 1 FROM letter l WHERE a.mail IS NOT NULL AND l.tenant = m.tenant AND l.id = ",
            last_letter!(),
            " AND (l.state = 'waiting' OR (l.state = 'sent' AND COALESCE(l.done_at_ms, l.created_at_ms) > $2))) ",
            "ELSE EXISTS (SELECT 1 FROM letter l WHERE l.tenant = m.tenant AND l.id = ",
            last_letter!(),
            " AND l.state IN ('refused', 'bounced') AND l.address = a.mail) END)) "
        )
    };
}

/// One part of the list, who was registered last first: at most `$8` after (or before) the place `$6`, `$7`, as of the moment `$9`. The
/// part is cut out before anything else about its managers is read.
macro_rules! part {
    ($beyond:literal, $order:literal) => {
        manager!(
            concat!(
                "(SELECT m.* ",
                wanted!(),
                "AND (m.created_at_ms, m.account) ",
                $beyond,
                " ($6, $7) ORDER BY m.created_at_ms ",
                $order,
                ", m.account ",
                $order,
                " LIMIT $8)"
            ),
            "$9",
            " ORDER BY m.created_at_ms DESC, m.account DESC"
        )
    };
}

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// The managers.
    pub managers: Vec<StoredManager>,
    /// Whether others stand before them.
    pub has_before: bool,
    /// Whether others stand after them.
    pub has_after: bool,
}

/// At most `limit` managers of the organisation, who was registered last first. It costs the same however many there are, and however
/// many codes and debts they have; but for words and for attention, which look at each one. A turn beyond either end is the beginning.
pub async fn page(tx: &mut Tx<'_>, tenant: TenantId, wanted: &Wanted, turn: Turn, limit: usize, now: Millis) -> Result<Part, StoreError> {
    let mut managers = part(tx, tenant, wanted, turn, limit + 1, now).await?;
    let is_short = managers.len() <= limit;
    let (has_before, has_after) = match turn {
        Turn::First => (false, !is_short),
        Turn::After(_) if !managers.is_empty() => (true, !is_short),
        Turn::Before(_) if !is_short => (true, true),
        Turn::After(_) | Turn::Before(_) => {
            managers = part(tx, tenant, wanted, Turn::First, limit + 1, now).await?;
            (false, managers.len() > limit)
        }
    };
    if matches!(turn, Turn::Before(_)) && has_before {
        managers.remove(0);
    }
    managers.truncate(limit);
    Ok(Part { managers, has_before, has_after })
}

async fn part(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    wanted: &Wanted,
    turn: Turn,
    limit: usize,
    now: Millis,
) -> Result<Vec<StoredManager>, StoreError> {
    let start = Mark { created_at_ms: Millis::of(i64::MAX), account: AccountId::of(Uuid::max()) };
    let (sql, mark) = match turn {
        Turn::First => (part!("<", "DESC"), start),
        Turn::After(mark) => (part!("<", "DESC"), mark),
        Turn::Before(mark) => (part!(">", "ASC"), mark),
    };
    let Wanted { words, needs_attention } = wanted;
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql)
        .bind(tenant.get())
        .bind(now.get() - INVITED_MS)
        .bind(words)
        .bind(words.to_lowercase())
        .bind(needs_attention)
        .bind(mark.created_at_ms.get())
        .bind(mark.account.get())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(now.get())
        .fetch_all(db)
        .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// How many managers are wanted.
pub async fn count(tx: &mut Tx<'_>, tenant: TenantId, wanted: &Wanted, now: Millis) -> Result<i64, StoreError> {
    if *wanted == Wanted::default() {
        let sql = "SELECT COUNT(*) FROM member WHERE tenant = $1 AND role = 'manager'";
        let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).fetch_one(db).await)?;
        return Ok(count);
    }
    let sql = concat!("SELECT COUNT(*) ", wanted!());
    let Wanted { words, needs_attention } = wanted;
    let (count,): (i64,) = on!(tx, |db| sqlx::query_as(sql)
        .bind(tenant.get())
        .bind(now.get() - INVITED_MS)
        .bind(words)
        .bind(words.to_lowercase())
        .bind(needs_attention)
        .fetch_one(db)
        .await)?;
    Ok(count)
}

/// One manager of the organisation; `None` when it has no such manager.
pub async fn one(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId, now: Millis) -> Result<Option<StoredManager>, StoreError> {
    let sql = manager!("member", "$2", " WHERE m.tenant = $1 AND m.role = 'manager' AND m.account = $3");
    let row: Option<Row> =
        on!(tx, |db| sqlx::query_as(sql).bind(tenant.get()).bind(now.get()).bind(account.get()).fetch_optional(db).await)?;
    row.map(Row::read).transpose()
}

/// What [`codes`] counts, of the organisation `$1` and the manager `$2`. It names both states so that no debt's code is walked past.
pub(super) const CODES: &str = "SELECT \
     (SELECT COUNT(*) FROM code c WHERE c.tenant = $1 AND c.payee = $2 AND c.state = 'active' AND c.kind <> 'receivable'), \
     (SELECT COUNT(*) FROM code c WHERE c.tenant = $1 AND c.payee = $2 AND c.state = 'disabled' AND c.stopped_with_payee \
     AND c.kind <> 'receivable')";

/// Codes of the manager that work, and codes that were switched off with them; [`pay_links`] are counted apart.
pub async fn codes(tx: &mut Tx<'_>, tenant: TenantId, account: AccountId) -> Result<(i64, i64), StoreError> {
    let codes: (i64, i64) = on!(tx, |db| sqlx::query_as(CODES).bind(tenant.get()).bind(account.get()).fetch_one(db).await)?;
    Ok(codes)
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

/// A form of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedForm {
    /// The form.
    pub form: Uuid,
    /// Its newest version.
    pub schema: FormSchema,
    /// The name of the first code that asks it; `None` while none does.
    pub code_name: Option<String>,
}

/// The forms of the organisation `$1` but for `$2`, each in its newest version, with the name of the first code that asks it. Their ids
/// grow with time, so a form keeps its place in the list when it is replaced.
pub(super) const FORMS: &str = "SELECT f.id, f.schema, (SELECT c.name FROM code c WHERE c.tenant = f.tenant AND c.form = f.id \
     ORDER BY c.created_at_ms, c.id LIMIT 1) AS code_name FROM form f WHERE f.tenant = $1 AND f.id <> $2 AND f.version = \
     (SELECT MAX(v.version) FROM form v WHERE v.tenant = f.tenant AND v.id = f.id) ORDER BY f.id";

/// The forms of the organisation that nobody has replaced, whether a code asks them yet or not, oldest first, each in its newest
/// version; of forms that ask the same, the oldest. That of the debts is none of them: nobody chooses it, and one code for each debt
/// asks it.
pub async fn forms(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<UsedForm>, StoreError> {
    let mut forms: Vec<UsedForm> = vec![];
    for form in newest_forms(tx, tenant).await? {
        match forms.iter_mut().find(|known| known.schema.fields == form.schema.fields) {
            Some(known) => known.code_name = known.code_name.take().or(form.code_name),
            None => forms.push(form),
        }
    }
    Ok(forms)
}

/// As [`forms`], with every form of those that ask the same.
pub(super) async fn newest_forms(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<UsedForm>, StoreError> {
    let of_debts = receivables::form_of(tenant);
    let rows: Vec<(Uuid, String, Option<String>)> =
        on!(tx, |db| sqlx::query_as(FORMS).bind(tenant.get()).bind(of_debts).fetch_all(db).await)?;
    let form = |(form, schema, code_name): (Uuid, String, Option<String>)| {
        Ok(UsedForm { form, schema: of_json("form.schema", &schema)?, code_name })
    };
    rows.into_iter().map(form).collect()
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
