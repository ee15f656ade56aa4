//! What a manager's screens ask for: the code, today's figures, the receipts.

use app::diagnosis::refusal_words;
use app::manager::{self, Collecting, Desk, OldCode, OwnCode, Preset, Refreshed, Today};
use app::receipts::{
    CodeChoice, Cursor, DayTotal, DebtLink, PAGE_ROWS, ReceiptDetail, ReceiptPage, ReceiptQuery, ReceiptRow, Receipts, StoreChoice, Through,
};
use app::{Locale, Refusal};
use async_trait::async_trait;
use domain::form::Answer;
use domain::receipt::Receipt;
use domain::receivable::Receivable;
use domain::{AccountId, Caller, Code, CodeId, Day, PaymentId};

use crate::codes::Kept;
use crate::concerns::refund_line;
use crate::fresh;
use crate::hex::hex;
use crate::hindrance::hindrance;
use crate::qr;
use crate::site::Site;
use crate::store::codes::{CodeKind, FoundCode};
use crate::store::payments::Stored;
use crate::store::reach::Reach;
use crate::store::receipts::{After, Before, Narrow};
use crate::store::tokens::OldToken;
use crate::store::{StoreError, Tx, codes, concerns, payments, receivables, tokens};

/// How far back a live stream repeats itself, because receipts of other instances may become visible a little later.
pub const REPEATED_MS: i64 = 60_000;

/// Most payments that a screen is told to expect again: as many as it remembers, and more than one person collects in that time.
const MOST_REPEATED: i64 = 2_000;

/// Receipts that the screen with the code shows.
const LATEST: i64 = 5;

/// The server's side of the manager's screens.
pub struct ManagerDesk {
    pub(crate) site: Site,
    /// In which language the reader is told things.
    locale: Locale,
}

impl ManagerDesk {
    /// The desk of `site`, for a reader of this language.
    pub fn new(site: Site, locale: Locale) -> ManagerDesk {
        ManagerDesk { site, locale }
    }

    fn old_code(&self, old: OldToken, shown: CodeId) -> Option<OldCode> {
        let code = (old.code != shown).then_some(old.code_name.as_str());
        let name = manager::old_name(self.locale, &old.token, code);
        Some(OldCode { name, replaced_at_ms: old.life.replaced_at_ms?, ends_at_ms: old.life.ends_at_ms()?, token: old.token })
    }

    async fn read_today(&self, caller: &Caller) -> Result<Today, StoreError> {
        let now = (self.site.clock)();
        let mut conn = self.site.store.read().await?;
        let reach = Reach::of(&mut conn.tx(), caller).await?;
        let totals = reach.totals(&mut conn.tx(), None, now.day()).await?;
        let recent = reach.known_after(&mut conn.tx(), After::since(now.plus_ms(-REPEATED_MS)), MOST_REPEATED).await?;
        Ok(Today {
            as_of_ms: now,
            count: u64::try_from(totals.count).unwrap_or(0),
            sum_fen: totals.sum_fen,
            recent: recent.into_iter().map(|(_, known)| known.receipt.payment).collect(),
        })
    }

    async fn read_desk(&self, caller: &Caller) -> Result<Option<Desk>, StoreError> {
        let today = self.read_today(caller).await?;
        let mut conn = self.site.store.read().await?;
        let Some(found) = codes::app_code(&mut conn.tx(), caller.tenant, caller.account).await? else { return Ok(None) };
        let reach = Reach::of(&mut conn.tx(), caller).await?;
        let rows = reach.receipts(&mut conn.tx(), Narrow::default(), None, LATEST).await?;
        let pay_url = format!("{}/p/{}", self.site.config.public_url, found.token);
        let (tenant, code, now) = (caller.tenant, found.code.id, today.as_of_ms);
        let old = tokens::working(&mut conn.tx(), tenant, caller.account, now).await?;
        let refreshed = tokens::refreshed(&mut conn.tx(), tenant, &found.token).await?;
        let changed_at_ms = tokens::changed_at(&mut conn.tx(), tenant, caller.account).await?.unwrap_or_default();
        let hindrance = hindrance(&mut conn.tx(), caller, &found, now).await?;
        Ok(Some(Desk {
            presets: presets(&found.code),
            token: found.token,
            amount: found.code.amount,
            hindrance: hindrance.map(|hindrance| hindrance.words(self.locale)).unwrap_or_default(),
            old: old.into_iter().filter_map(|old| self.old_code(old, code)).collect(),
            refreshed: refreshed.map(|made| Refreshed {
                at_ms: made.at_ms,
                brought: manager::brought(self.locale, &made.after.changes_since(&made.before), now),
            }),
            changed_at_ms,
            merchant_name: found.merchant.name,
            manager_name: found.payee_name,
            code_name: found.code.name,
            qr_png_data_uri: qr::data_uri(&pay_url, 8).unwrap_or_default(),
            pay_url,
            latest: rows.into_iter().map(row).filter(|row| row.at_ms.day() == today.as_of_ms.day()).collect(),
            today,
        }))
    }

    async fn read_codes(&self, caller: &Caller) -> Result<Vec<OwnCode>, StoreError> {
        let mut conn = self.site.store.read().await?;
        let shown = codes::app_code(&mut conn.tx(), caller.tenant, caller.account).await?.map(|found| found.code.id);
        let all = codes::app_codes(&mut conn.tx(), caller.tenant, caller.account).await?;
        let now = (self.site.clock)();
        let not_now = |found: &FoundCode| found.opens(now).err().map(|refusal| refusal_words(self.locale, refusal));
        let choice = |found: FoundCode| OwnCode {
            not_now: not_now(&found).unwrap_or_default().to_owned(),
            presets: presets(&found.code),
            is_shown: Some(found.code.id) == shown,
            code: found.code.id,
            name: found.code.name,
            amount: found.code.amount,
        };
        Ok(all.into_iter().map(choice).collect())
    }

    /// The screen after a change of its code.
    async fn after(&self, caller: &Caller, kept: Result<Kept, StoreError>) -> Result<Desk, Refusal> {
        match kept.map_err(refusal)? {
            Kept::Done(_) | Kept::Before => self.desk(caller).await,
            Kept::NotFound => Err(Refusal::NotFound),
            Kept::Printed => Err(Refusal::NotAllowed),
        }
    }

    async fn read_page(&self, caller: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, StoreError> {
        let mut conn = self.site.store.read().await?;
        let tx = &mut conn.tx();
        let mut page = ReceiptPage { as_of_ms: (self.site.clock)(), ..ReceiptPage::default() };
        let reach = Reach::of(tx, caller).await?;
        if query.before.is_none() {
            page.codes = reach.codes(tx).await?.into_iter().map(|(code, name)| CodeChoice { code, name }).collect();
            page.stores = stores(&reach, caller);
        }
        let reach = reach.only(query.store);
        let narrow = Narrow { code: query.code, state: query.state };
        let before = place(&query);
        if query.words.is_empty() {
            // One more than is shown tells whether there is an older page.
            let mut found = reach.receipts(tx, narrow, before, PAGE_ROWS as i64 + 1).await?;
            let has_more = found.len() > PAGE_ROWS;
            found.truncate(PAGE_ROWS);
            page.rows = found.into_iter().map(row).collect();
            page.next = page.rows.last().filter(|_| has_more).map(ReceiptRow::cursor);
        } else {
            match reach.search(tx, &query.words, narrow, before, PAGE_ROWS).await? {
                Some(found) => {
                    page.rows = found.receipts.into_iter().map(row).collect();
                    page.next = found.next.map(|before| Cursor { at_ms: before.paid_at_ms, payment: before.payment });
                }
                None => page.is_too_short = true,
            }
        }
        if query.words.is_empty() && query.state.is_none() {
            let mut days: Vec<Day> = page.rows.iter().map(|row| row.at_ms.day()).collect();
            days.dedup();
            for day in days {
                let found = reach.totals(tx, query.code, day).await?;
                page.days.push(DayTotal { day, count: u64::try_from(found.count).unwrap_or(0), sum_fen: found.sum_fen });
            }
        }
        Ok(page)
    }

    async fn read_one(&self, caller: &Caller, payment: PaymentId) -> Result<Option<ReceiptDetail>, StoreError> {
        let mut conn = self.site.store.read().await?;
        let reach = Reach::of(&mut conn.tx(), caller).await?;
        let Some((payee, receipt)) = reach.receipt(&mut conn.tx(), payment).await? else { return Ok(None) };
        let Some(stored) = payments::load(&mut conn.tx(), caller.tenant, payment).await? else { return Ok(None) };
        let store = reach.store_name(payee).map(str::to_owned);
        receipt_detail(&mut conn.tx(), &self.site, &stored, receipt, store, Some(caller.account)).await
    }
}

/// Everything about the receipt of a payment that the caller has found for somebody. `store`: the name of the one that collected it;
/// `creditor`: whose debts are told of, everybody's when `None`.
///
/// # Errors
/// When the store cannot be read.
pub async fn receipt_detail(
    tx: &mut Tx<'_>,
    site: &Site,
    stored: &Stored,
    receipt: Receipt,
    store: Option<String>,
    creditor: Option<AccountId>,
) -> Result<Option<ReceiptDetail>, StoreError> {
    let (tenant, payment) = (stored.payment.tenant, stored.payment.id);
    let refunds = payments::refunds_of(tx, tenant, payment).await?;
    let Some(FoundCode { kind, life, .. }) = codes::by_token(tx, &stored.code_token).await? else { return Ok(None) };
    let concerns = concerns::of_payment(tx, tenant, payment).await?;
    Ok(Some(ReceiptDetail {
        opened_at_ms: stored.payment.opened_at_ms,
        refunds: refunds.into_iter().map(refund_line).collect(),
        concerns: concerns.into_iter().map(crate::concerns::row).collect(),
        receipt_url: format!("{}/r/{}", site.config.public_url, stored.receipt_token),
        through: Through {
            tail: manager::tail(&stored.code_token),
            is_plate: kind == CodeKind::Plate,
            is_debt: kind == CodeKind::Receivable,
            life,
        },
        debt: debt_of(tx, stored, creditor).await?,
        store,
        receipt: receipt.masked(),
    }))
}

/// The debts that a payment settles, of this creditor or of all: a link to the first, which names them all.
async fn debt_of(tx: &mut Tx<'_>, stored: &Stored, creditor: Option<AccountId>) -> Result<Option<DebtLink>, StoreError> {
    let (tenant, payment) = (stored.payment.tenant, stored.payment.id);
    let mut link: Option<DebtLink> = None;
    for share in receivables::of_payment(tx, tenant, payment).await? {
        let stored = receivables::load(tx, tenant, share.receivable).await?;
        let is_told = |debt: &Receivable| creditor.is_none_or(|creditor| debt.payee == creditor);
        let Some(debt) = stored.map(|stored| stored.receivable).filter(is_told) else { continue };
        match &mut link {
            Some(link) => link.title = format!("{} · {}", link.title, debt.title),
            None => link = Some(DebtLink { id: debt.id, title: debt.title }),
        }
    }
    Ok(link)
}

/// What a list can be narrowed to when its reader is a cashier: their own codes, and each store.
fn stores(reach: &Reach, caller: &Caller) -> Vec<StoreChoice> {
    if reach.stores().is_empty() {
        return vec![];
    }
    let own = StoreChoice { payee: caller.account, name: None };
    let each = reach.stores().iter().map(|(store, name)| StoreChoice { payee: store.payee(), name: Some(name.clone()) });
    std::iter::once(own).chain(each).collect()
}

/// Where a list begins: where its page does, and not after its last day (row E18).
pub(crate) fn place(query: &ReceiptQuery) -> Option<Before> {
    let of_page = query.before.map(|cursor| Before { paid_at_ms: cursor.at_ms, payment: cursor.payment });
    // No payment is older than the first one of a moment.
    let of_day = query.until.map(|day| Before { paid_at_ms: day.ends_at(), payment: Cursor::at(day.ends_at()).payment });
    [of_page, of_day].into_iter().flatten().min_by_key(|before| (before.paid_at_ms, before.payment))
}

/// What a code answers itself, in the words that its payers read.
fn presets(code: &Code) -> Vec<Preset> {
    let answers = code.form.check_presets(&code.presets).unwrap_or_default();
    answers.into_iter().map(Answer::masked).map(|answer| Preset { label: answer.label, text: answer.text }).collect()
}

/// A stored receipt as a line of the list.
fn row(receipt: Receipt) -> ReceiptRow {
    let mut others = receipt.answers.iter().filter_map(Answer::in_passing);
    let title = others.next().unwrap_or_default().to_owned();
    ReceiptRow {
        payment: receipt.payment,
        title,
        detail: others.collect::<Vec<_>>().join(" · "),
        code_name: receipt.code_name.clone(),
        amount_fen: receipt.amount_fen,
        refunding_fen: receipt.refunding_fen,
        refunded_fen: receipt.refunded_fen,
        at_ms: receipt.paid_at_ms,
    }
}

/// What the store's trouble looks like to a screen; the log gets the reason.
pub(crate) fn refusal(error: StoreError) -> Refusal {
    if matches!(error, StoreError::Busy) {
        return Refusal::TryLater { after_s: 2 };
    }
    let trace = hex(&fresh::bytes::<4>());
    tracing::error!(%error, trace, "the store failed");
    Refusal::Broken { trace }
}

#[async_trait]
impl Collecting for ManagerDesk {
    async fn desk(&self, caller: &Caller) -> Result<Desk, Refusal> {
        self.read_desk(caller).await.map_err(refusal)?.ok_or(Refusal::NotFound)
    }

    async fn refresh(&self, caller: &Caller, seen: &str) -> Result<Desk, Refusal> {
        self.after(caller, self.site.codes.refresh(caller, seen).await).await
    }

    async fn codes(&self, caller: &Caller) -> Result<Vec<OwnCode>, Refusal> {
        self.read_codes(caller).await.map_err(refusal)
    }

    async fn choose(&self, caller: &Caller, code: CodeId) -> Result<Desk, Refusal> {
        self.after(caller, self.site.codes.choose(caller, code).await).await
    }

    async fn cut(&self, caller: &Caller, token: &str) -> Result<Desk, Refusal> {
        self.after(caller, self.site.codes.cut(caller, token).await).await
    }

    async fn today(&self, caller: &Caller) -> Result<Today, Refusal> {
        self.read_today(caller).await.map_err(refusal)
    }
}

#[async_trait]
impl Receipts for ManagerDesk {
    async fn page(&self, caller: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        self.read_page(caller, query).await.map_err(refusal)
    }

    async fn one(&self, caller: &Caller, payment: PaymentId) -> Result<ReceiptDetail, Refusal> {
        self.read_one(caller, payment).await.map_err(refusal)?.ok_or(Refusal::NotFound)
    }
}
