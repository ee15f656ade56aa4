//! The manager's screens of receivables: the list, the ageing summary, entering one, and one with everything that can be done.

use app::receivables::{
    ChangeTyped, Debt, DebtList, DebtPage, DebtScreen, EntryForm, FromReceipt, HERE, ListQuery, PAGE_ROWS, PaidLine, ProposalLine, Said,
    Show, Step, ageing_screen, ageing_title, entry_screen, entry_title, list_screen, list_title, matches_screen, matches_title, one_screen,
    one_title, share_text,
};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::receivable::{EntryField, EntryTyped, EntryWrong, Remark, Source, Standing, parse_day};
use domain::{AccountId, Caller, Day, PaymentId, ReceivableId, TenantId};

use super::manager::{missing, show_plain, signed_in};
use super::reminding::card;
use super::submit::Posted;
use super::visit::{Visit, again_soon};
use crate::fresh;
use crate::matching::Proposal;
use crate::qr;
use crate::receivables::{self as debts, ChangeError};
use crate::sent_forms::Taken;
use crate::site::Site;
use crate::store::receivables::{self, Before, Filter, Stored, Way};
use crate::store::{StoreError, payments, receipts, tenants};

/// `GET /m/receivables`: the list.
pub async fn list(State(site): State<Site>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    let query = ListQuery::of_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let here = query.url();
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match read_list(&site, (caller.tenant, caller.account), &query, &visit).await {
        Ok(list) => {
            let list = DebtList { imported: imported(&pairs), ..list };
            let title = list_title(visit.prefs.locale);
            show_plain(visit, caller, &here, StatusCode::OK, title, |locale| list_screen(locale, &query, &list)).await
        }
        Err(error) => visit.store_trouble(&error, Some(HERE)),
    }
}

/// What an import came to, as its answer leads here.
fn imported(pairs: &[(String, String)]) -> Option<(u64, u64)> {
    let (new, known) = pairs.iter().find(|(name, _)| name == "imported")?.1.split_once('-')?;
    Some((new.parse().ok()?, known.parse().ok()?))
}

/// A page of what `payee` collects.
pub(super) async fn read_list(
    site: &Site,
    (tenant, payee): (TenantId, AccountId),
    query: &ListQuery,
    visit: &Visit,
) -> Result<DebtList, StoreError> {
    let mut conn = site.store.read().await?;
    let (tx, today) = (&mut conn.tx(), visit.now.day());
    let filter = filter(query, today);
    let before = query.before.map(|(raised_at_ms, id)| Before { raised_at_ms, id });
    let ageing = receivables::ageing(tx, tenant, payee, today).await?;
    let (found, next, is_too_short) = if query.words.is_empty() {
        // One more than is shown tells whether there is an older page.
        let mut found = receivables::page(tx, tenant, payee, filter, before, PAGE_ROWS as i64 + 1).await?;
        let has_more = found.len() > PAGE_ROWS;
        found.truncate(PAGE_ROWS);
        let next = found.last().filter(|_| has_more).map(Before::of);
        (found, next, false)
    } else {
        match receivables::search(tx, tenant, payee, &query.words, filter, before, PAGE_ROWS).await? {
            Some(found) => (found.rows, found.next, false),
            None => (vec![], None, true),
        }
    };
    let rows = found.into_iter().map(shown).collect();
    let next = next.map(|next| (next.raised_at_ms, next.id));
    let has_reminders = site.reminders.is_set_up();
    Ok(DebtList { rows, next, ageing, is_too_short, imported: None, too_many: None, has_reminders, today })
}

/// A debt as lists show it.
pub(super) fn shown(stored: Stored) -> Debt {
    Debt { receivable: stored.receivable, claim: stored.claim, mark: stored.mark }
}

/// What the store is asked for.
pub(super) fn filter(query: &ListQuery, today: Day) -> Filter {
    let (standing, due_before) = match query.show {
        Show::All => (None, None),
        Show::Open => (Some(Standing::Open), None),
        Show::Overdue => (Some(Standing::Open), Some(today)),
        Show::Paid => (Some(Standing::Paid), None),
        Show::Off => (Some(Standing::WrittenOff), None),
    };
    Filter { standing, due_before, reminded: query.reminded }
}

/// `GET /m/receivables/ageing`: what is owed, by age.
pub async fn ageing(State(site): State<Site>, visit: Visit, headers: HeaderMap) -> Response {
    let here = format!("{HERE}/ageing");
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let found = async {
        let mut conn = site.store.read().await?;
        receivables::ageing(&mut conn.tx(), caller.tenant, caller.account, visit.now.day()).await
    };
    match found.await {
        Ok(ageing) => {
            let title = ageing_title(visit.prefs.locale);
            show_plain(visit, caller, &here, StatusCode::OK, title, |locale| ageing_screen(locale, &ageing)).await
        }
        Err(error) => visit.store_trouble(&error, Some(HERE)),
    }
}

/// `GET /m/receivables/new`: the form, filled in from a receipt when one is named.
pub async fn new(State(site): State<Site>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    let named = pairs.iter().find(|(name, _)| name == "receipt").map(|(_, value)| value.as_str()).unwrap_or_default();
    let here = if named.is_empty() { format!("{HERE}/new") } else { format!("{HERE}/new?receipt={named}") };
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let (receipt, typed) = match from_receipt(&site, &caller, named).await {
        Ok(Some((receipt, typed))) => (Some(receipt), typed),
        Ok(None) => (None, EntryTyped::default()),
        Err(error) => return visit.store_trouble(&error, Some(&here)),
    };
    let number = fresh::token();
    let form = EntryForm { number: &number, typed: &typed, wrong: &[], receipt, sent_before: None, is_unsaved: false };
    let title = entry_title(visit.prefs.locale);
    show_plain(visit, caller, &here, StatusCode::OK, title, |locale| entry_screen(locale, form)).await
}

/// The caller's own receipt that is named, and what of it can be taken over: who paid and what for.
async fn from_receipt(site: &Site, caller: &Caller, named: &str) -> Result<Option<(FromReceipt, EntryTyped)>, StoreError> {
    let Ok(payment) = named.parse::<PaymentId>() else { return Ok(None) };
    let mut conn = site.store.read().await?;
    let Some(receipt) = receipts::one(&mut conn.tx(), caller.tenant, caller.account, payment).await? else { return Ok(None) };
    let mut typed = EntryTyped::default();
    typed.set(EntryField::Name, receipt.title().unwrap_or_default());
    typed.set(EntryField::Title, &receipt.code_name);
    // A debt's payment carries a masked name; the debt itself has the whole one.
    if let Some(paid) = receivables::of_payment(&mut conn.tx(), caller.tenant, payment).await?.first()
        && let Some(stored) = receivables::load(&mut conn.tx(), caller.tenant, paid.receivable).await?
    {
        typed.set(EntryField::Name, &stored.receivable.debtor.name);
        typed.set(EntryField::Reference, &stored.receivable.debtor.reference);
    }
    Ok(Some((FromReceipt { payment, amount_fen: receipt.amount_fen, paid_at_ms: receipt.paid_at_ms }, typed)))
}

/// `POST /m/receivables/new`: raises it and leads to it.
pub async fn raise(State(site): State<Site>, visit: Visit, headers: HeaderMap, request: Request) -> Response {
    let here = format!("{HERE}/new");
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let posted = Posted::read(request).await.unwrap_or_default();
    let mut typed = EntryTyped::default();
    EntryField::ALL.into_iter().for_each(|field| typed.set(field, posted.value(field.word())));
    let receipt = match from_receipt(&site, &caller, posted.value("receipt")).await {
        Ok(found) => found.map(|(receipt, _)| receipt),
        Err(error) => return visit.store_trouble(&error, Some(&here)),
    };
    let number: String = match posted.value("number") {
        "" => fresh::token(),
        sent => sent.chars().take(60).collect(),
    };
    let title = entry_title(visit.prefs.locale);
    match typed.check() {
        Ok(entry) => {
            let source = receipt.map_or(Source::Entered, |receipt| Source::Receipt { payment: receipt.payment });
            match site.receivables.raise(&caller, entry, source, &number).await {
                Ok(Taken::Made(id)) => visit.redirect(&format!("{HERE}/{id}?said={}", Said::Raised.word())),
                Ok(Taken::Other(id)) => {
                    // Whoever reads that and sends it again wants another one.
                    let number = fresh::token();
                    let form = EntryForm { number: &number, typed: &typed, wrong: &[], receipt, sent_before: Some(id), is_unsaved: false };
                    show_plain(visit, caller, &here, StatusCode::CONFLICT, title, |locale| entry_screen(locale, form)).await
                }
                Err(StoreError::Busy) => {
                    let form = EntryForm { number: &number, typed: &typed, wrong: &[], receipt, sent_before: None, is_unsaved: true };
                    let busy = StatusCode::SERVICE_UNAVAILABLE;
                    again_soon(show_plain(visit, caller, &here, busy, title, |locale| entry_screen(locale, form)).await)
                }
                Err(error) => visit.store_trouble(&error, Some(&here)),
            }
        }
        Err(wrong) => {
            let form = EntryForm { number: &number, typed: &typed, wrong: &wrong, receipt, sent_before: None, is_unsaved: false };
            show_plain(visit, caller, &here, StatusCode::UNPROCESSABLE_ENTITY, title, |locale| entry_screen(locale, form)).await
        }
    }
}

/// `GET /m/receivables/{id}`: one.
pub async fn one(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let (visit, caller) = match signed_in(visit, &headers, &format!("{HERE}/{id}")).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let said = pairs.iter().find(|(name, _)| name == "said").and_then(|(_, word)| Said::of_word(word));
    show_one(&site, visit, caller, &id, StatusCode::OK, said, ChangeTyped::default()).await
}

pub(super) async fn show_one(
    site: &Site,
    visit: Visit,
    caller: Caller,
    id: &str,
    status: StatusCode,
    said: Option<Said>,
    typed: ChangeTyped,
) -> Response {
    let here = format!("{HERE}/{id}");
    let page = match read_one(site, &caller, id, &visit).await {
        Ok(Some(page)) => page,
        Ok(None) => return missing(visit, caller, HERE).await,
        Err(error) => return visit.store_trouble(&error, Some(&here)),
    };
    let title = one_title(visit.prefs.locale);
    let screen = DebtScreen { page: &page, said, typed: &typed };
    show_plain(visit, caller, &here, status, title, |locale| one_screen(locale, screen)).await
}

/// Everything about a debt that the caller reaches.
pub(super) async fn read_one(site: &Site, caller: &Caller, id: &str, visit: &Visit) -> Result<Option<DebtPage>, StoreError> {
    let Ok(id) = id.parse::<ReceivableId>() else { return Ok(None) };
    let Some(stored) = site.receivables.one(caller, id).await? else { return Ok(None) };
    // They are read on a connection of their own. Nobody waits for a second one with one in hand: as many pages at once as there are
    // connections would wait for each other.
    let proposals = match stored.receivable.payee == caller.account {
        true => site.receivables.proposals(caller, &stored).await?.into_iter().map(proposal_line).collect(),
        // Whoever collects knows which payment belongs to which debt.
        false => vec![],
    };
    let mut conn = site.store.read().await?;
    let tx = &mut conn.tx();
    let merchant = tenants::by_id(tx, caller.tenant).await?.map(|tenant| tenant.name).unwrap_or_default();
    let managers = tenants::manager_write_offs(tx, caller.tenant).await?;
    let mut lines = vec![];
    for paid in receivables::paid_for(tx, caller.tenant, id).await? {
        let Some(payment) = payments::load(tx, caller.tenant, paid.payment).await? else { continue };
        lines.push(PaidLine {
            payment: paid.payment,
            amount_fen: payment.payment.amount_fen,
            kept_fen: paid.kept_fen,
            at_ms: payment.payment.paid_at_ms.unwrap_or(paid.at_ms),
            is_match: paid.way == Way::Match,
        });
    }
    let history = receivables::history(tx, caller.tenant, id).await?;
    let may_write_off = debts::right(caller, managers, &stored);
    let Some(reminding) = card(site, tx, &stored, visit.now).await? else { return Ok(None) };
    let Stored { receivable, claim, token, .. } = stored;
    let (url, today) = (format!("{}/p/{token}", site.config.public_url), visit.now.day());
    Ok(Some(DebtPage {
        share: share_text(visit.prefs.locale, &merchant, &receivable, claim, today),
        png_data_uri: qr::data_uri(&url, 8).unwrap_or_default(),
        url,
        payments: lines,
        proposals,
        history: history
            .into_iter()
            .map(|happened| Step { movement: happened.movement, by: happened.by, reason: happened.reason, at_ms: happened.at_ms })
            .collect(),
        may_write_off,
        reminding,
        today,
        receivable,
        claim,
    }))
}

/// `POST /m/receivables/{id}/edit`: the due day and the remark.
pub async fn edit(State(site): State<Site>, visit: Visit, Path(id): Path<String>, headers: HeaderMap, request: Request) -> Response {
    let (visit, caller, posted) = match posted(visit, &headers, &id, request).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let [due_typed, remark_typed] = ["due", "remark"].map(|name| posted.value(name).chars().take(400).collect::<String>());
    let due = match due_typed.trim() {
        "" => Ok(None),
        text => parse_day(text).map(Some).ok_or(EntryWrong::NotADay),
    };
    let remark = Remark::read(&remark_typed);
    match (id.parse(), due, remark) {
        (Ok(debt), Ok(due), Ok(remark)) => {
            let changed = site.receivables.edit(&caller, debt, due, remark.0).await;
            let (due, remark) = (Some((due_typed, None)), Some((remark_typed, None)));
            let typed = ChangeTyped { due, remark, ..ChangeTyped::default() };
            changed_or_again(&site, visit, caller, &id, changed, Said::Saved, typed).await
        }
        (_, due, remark) => {
            let (due, remark) = (Some((due_typed, due.err())), Some((remark_typed, remark.err())));
            let typed = ChangeTyped { due, remark, ..ChangeTyped::default() };
            show_one(&site, visit, caller, &id, StatusCode::UNPROCESSABLE_ENTITY, None, typed).await
        }
    }
}

/// `POST /m/receivables/{id}/write-off`.
pub async fn write_off(State(site): State<Site>, visit: Visit, Path(id): Path<String>, headers: HeaderMap, request: Request) -> Response {
    let (visit, caller, posted) = match posted(visit, &headers, &id, request).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Ok(debt) = id.parse() else { return missing(visit, caller, HERE).await };
    let typed = |wrong| reason_typed(&posted, wrong);
    match Remark::reason(posted.value("reason")) {
        Ok(reason) => {
            let changed = site.receivables.write_off(&caller, debt, reason.0).await;
            changed_or_again(&site, visit, caller, &id, changed, Said::Off, typed(None)).await
        }
        Err(wrong) => {
            let typed = typed(Some(wrong));
            show_one(&site, visit, caller, &id, StatusCode::UNPROCESSABLE_ENTITY, None, typed).await
        }
    }
}

/// The reason as it was typed, to be shown again.
pub(super) fn reason_typed(posted: &Posted, wrong: Option<EntryWrong>) -> ChangeTyped {
    let reason = posted.value("reason").chars().take(400).collect();
    ChangeTyped { reason: Some((reason, wrong)), ..ChangeTyped::default() }
}

/// `POST /m/receivables/{id}/restore`.
pub async fn restore(State(site): State<Site>, visit: Visit, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let (visit, caller) = match signed_in(visit, &headers, &format!("{HERE}/{id}")).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let Ok(debt) = id.parse() else { return missing(visit, caller, HERE).await };
    let changed = site.receivables.restore(&caller, debt).await;
    changed_or(visit, caller, &id, changed, Said::Restored).await
}

pub(super) async fn posted(visit: Visit, headers: &HeaderMap, id: &str, request: Request) -> Result<(Visit, Caller, Posted), Response> {
    let (visit, caller) = signed_in(visit, headers, &format!("{HERE}/{id}")).await?;
    Ok((visit, caller, Posted::read(request).await.unwrap_or_default()))
}

/// Back to the debt, which says what was done.
async fn changed_or(visit: Visit, caller: Caller, id: &str, changed: Result<(), ChangeError>, said: Said) -> Response {
    let here = |said: Said| format!("{HERE}/{id}?said={}", said.word());
    match changed {
        Ok(()) => visit.redirect(&here(said)),
        Err(ChangeError::Passed) => visit.redirect(&here(Said::Passed)),
        Err(ChangeError::NoRight(_)) => visit.redirect(&here(Said::Denied)),
        Err(ChangeError::NotFound) => missing(visit, caller, HERE).await,
        Err(ChangeError::Store(error)) => visit.store_trouble(&error, Some(&format!("{HERE}/{id}"))),
    }
}

/// The same after something was typed: where too much waits to be written, the debt's screen shows it again as it was typed.
pub(super) async fn changed_or_again(
    site: &Site,
    visit: Visit,
    caller: Caller,
    id: &str,
    changed: Result<(), ChangeError>,
    said: Said,
    typed: ChangeTyped,
) -> Response {
    if matches!(changed, Err(ChangeError::Store(StoreError::Busy))) {
        let typed = ChangeTyped { is_unsaved: true, ..typed };
        return again_soon(show_one(site, visit, caller, id, StatusCode::SERVICE_UNAVAILABLE, None, typed).await);
    }
    changed_or(visit, caller, id, changed, said).await
}

/// `GET /m/receivables/matches`: what there is to confirm.
pub async fn matches(State(site): State<Site>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    const MOST_DEBTS: i64 = 30;
    let here = format!("{HERE}/matches");
    let (visit, caller) = match signed_in(visit, &headers, &here).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let query = ListQuery::of_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let before = query.before.map(|(raised_at_ms, id)| Before { raised_at_ms, id });
    let (found, next) = match site.receivables.to_confirm(&caller, before, MOST_DEBTS).await {
        Ok(found) => found,
        Err(error) => return visit.store_trouble(&error, Some(&here)),
    };
    let line = |(stored, proposals): (Stored, Vec<Proposal>)| (shown(stored), proposals.into_iter().map(proposal_line).collect::<Vec<_>>());
    let found: Vec<_> = found.into_iter().map(line).collect();
    let next = next.map(|next| (next.raised_at_ms, next.id));
    let title = matches_title(visit.prefs.locale);
    show_plain(visit, caller, &here, StatusCode::OK, title, |locale| matches_screen(locale, &found, next)).await
}

fn proposal_line(proposal: Proposal) -> ProposalLine {
    let Proposal { receipt, left_fen, counts_fen, by, store } = proposal;
    let receipt = receipt.masked();
    let answers: Vec<&str> = receipt.answers.iter().map(|answer| answer.text.as_str()).filter(|text| !text.is_empty()).collect();
    ProposalLine {
        payment: receipt.payment,
        left_fen,
        counts_fen,
        at_ms: receipt.paid_at_ms,
        answers: answers.join(" · "),
        code_name: store.into_iter().chain([receipt.code_name.clone()]).collect::<Vec<_>>().join(" · "),
        by,
    }
}

/// `POST /m/receivables/{id}/match`: counts a payment for it.
pub async fn confirm(State(site): State<Site>, visit: Visit, Path(id): Path<String>, headers: HeaderMap, request: Request) -> Response {
    let (visit, caller, posted) = match posted(visit, &headers, &id, request).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let (Ok(debt), Ok(payment)) = (id.parse(), posted.value("payment").parse()) else { return missing(visit, caller, HERE).await };
    let changed = site.receivables.confirm(&caller, debt, payment).await;
    changed_or(visit, caller, &id, changed, Said::Matched).await
}

/// `POST /m/receivables/{id}/unmatch`: counts it no more.
pub async fn undo(State(site): State<Site>, visit: Visit, Path(id): Path<String>, headers: HeaderMap, request: Request) -> Response {
    let (visit, caller, posted) = match posted(visit, &headers, &id, request).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let (Ok(debt), Ok(payment)) = (id.parse(), posted.value("payment").parse()) else { return missing(visit, caller, HERE).await };
    let changed = site.receivables.undo(&caller, debt, payment).await;
    changed_or(visit, caller, &id, changed, Said::Unmatched).await
}
