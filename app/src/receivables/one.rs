//! One debt: where it stands, what came, how it is paid, and what can be done about it.

use domain::receivable::{Claim, EntryWrong, Movement, NoWriteOff, Receivable, Source};
use domain::{Day, Fen, Millis, PaymentId};
use leptos::prelude::*;

use super::HERE;
use super::form::input;
use super::matching::{ProposalLine, proposals};
use super::reminding::{RemindingCard, reminding};
use super::said::{Said, said_note};
use super::words::{step, tag, wrong_sentence};
use crate::Locale;
use crate::i18n::*;
use crate::receipts::Reader;
use crate::ui::moments::date;
use crate::ui::parts::Bar;
use crate::ui::unsaved::unsaved_note;
use crate::ui::{fill, icons, yuan};

/// A payment that settles the debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidLine {
    /// The payment.
    pub payment: PaymentId,
    /// What it collected.
    pub amount_fen: Fen,
    /// What counts of it.
    pub kept_fen: Fen,
    /// When it was paid.
    pub at_ms: Millis,
    /// Whether somebody matched it.
    pub is_match: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub movement: Movement,
    /// Who decided it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at_ms: Millis,
}

/// Everything about one debt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebtPage {
    /// The debt.
    pub receivable: Receivable,
    /// What it has come to.
    pub claim: Claim,
    /// Its payment link.
    pub url: String,
    /// The same as a picture to scan.
    pub png_data_uri: String,
    /// What is sent with the link.
    pub share: String,
    /// The payments that settle it, oldest first.
    pub payments: Vec<PaidLine>,
    /// Payments that may settle it.
    pub proposals: Vec<ProposalLine>,
    /// What happened, oldest first.
    pub history: Vec<Step>,
    /// Whether the caller may write it off.
    pub may_write_off: Result<(), NoWriteOff>,
    /// Reminders of it.
    pub reminding: RemindingCard,
    /// The day on which it is shown.
    pub today: Day,
}

/// What was typed into the forms of the screen, where something is wrong with it or it could not be saved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeTyped {
    /// The due day and what is wrong with it.
    pub due: Option<(String, Option<EntryWrong>)>,
    /// The remark and what is wrong with it.
    pub remark: Option<(String, Option<EntryWrong>)>,
    /// The reason of a write-off and what is wrong with it.
    pub reason: Option<(String, Option<EntryWrong>)>,
    /// A phone number and what is wrong with it.
    pub phone: Option<(String, Option<EntryWrong>)>,
    /// Whether nothing was saved because too much waits to be written.
    pub is_unsaved: bool,
}

/// What the screen shows.
#[derive(Debug, Clone, Copy)]
pub struct DebtScreen<'a> {
    /// The debt.
    pub page: &'a DebtPage,
    /// What was just done.
    pub said: Option<Said>,
    /// What was typed and is wrong, or was not saved.
    pub typed: &'a ChangeTyped,
}

/// The title of the screen.
pub fn one_title(locale: Locale) -> &'static str {
    td_string!(locale, receivables.detail)
}

/// The screen.
pub fn one_screen(locale: Locale, screen: DebtScreen<'_>) -> AnyView {
    let DebtScreen { page, said, typed } = screen;
    let is_owed = page.claim.outstanding().is_positive();
    view! {
        <Bar title=one_title(locale) back=Some((HERE, td_string!(locale, receivables.back)))/>
        <main id="main" class="one" tabindex="-1">
            {said.map(|said| said_note(locale, said))}
            {typed.is_unsaved.then(|| unsaved_note(locale))}
            {sums(locale, page)}
            {page.claim.overpaid().is_positive().then(|| too_much(locale, page))}
            {is_owed.then(|| give(locale, page))}
            {reminding(locale, page, typed.phone.as_ref())}
            {(!page.proposals.is_empty()).then(|| proposed(locale, page))}
            {facts(locale, Reader::Manager, page)}
            {payments(locale, Reader::Manager, page)}
            {history(locale, page)}
            {edit(locale, page, typed)}
            {write_off(locale, Reader::Manager, page, typed)}
        </main>
    }
    .into_any()
}

/// What an administrator sees of a debt, whoever collects it, and deciding that it is demanded no more.
pub(crate) fn office_parts(locale: Locale, screen: DebtScreen<'_>) -> AnyView {
    let DebtScreen { page, said, typed } = screen;
    let reader = Reader::Administrator;
    view! {
        {said.map(|said| said_note(locale, said))}
        {typed.is_unsaved.then(|| unsaved_note(locale))}
        {sums(locale, page)}
        {write_off(locale, reader, page, typed)}
        {facts(locale, reader, page)}
        {payments(locale, reader, page)}
        {history(locale, page)}
    }
    .into_any()
}

fn sums(locale: Locale, page: &DebtPage) -> AnyView {
    let DebtPage { receivable, claim, today, .. } = page;
    let (kind, words) = tag(locale, receivable, *claim, *today);
    let line = |name: &'static str, amount: Fen| amount.is_positive().then(|| view! { <div><dt>{name}</dt><dd>{yuan(amount)}</dd></div> });
    view! {
        <section class="card amounts" aria-labelledby="who">
            <h2 id="who">{format!("{} · {}", receivable.debtor.name, receivable.title)}</h2>
            <p class="money">{yuan(receivable.amount_fen)}</p>
            <p><span class="tag" data-kind=kind>{words}</span></p>
            <dl class="pairs">
                {line(td_string!(locale, receivables.settled), claim.settled_fen)}
                {line(td_string!(locale, receivables.owed), claim.outstanding())}
                {line(td_string!(locale, receivables.written_off_sum), claim.written_off())}
                {line(td_string!(locale, receivables.too_much), claim.overpaid())}
            </dl>
        </section>
    }
    .into_any()
}

/// More came than was owed: said plainly, with the way to return it.
fn too_much(locale: Locale, page: &DebtPage) -> AnyView {
    let over = page.claim.overpaid();
    // The last payment that is large enough to return it whole; one by the debt's own code first, because of a matched one goes back
    // first what counts for no debt.
    let large = |is_match: bool| page.payments.iter().rev().find(move |paid| paid.is_match == is_match && paid.kept_fen >= over);
    let own = page.payments.iter().rev().find(|paid| !paid.is_match);
    let from = large(false).or(own).or(large(true)).or(page.payments.last());
    let way = from.map(|paid| {
        let amount = over.min(paid.kept_fen).yuan();
        let href = format!("/m/receipts/{}/refund?what=part&amount={amount}&change=yes", paid.payment);
        view! { <a class="button" href=href>{td_string!(locale, receivables.return_it)} " " {yuan(over.min(paid.kept_fen))}</a> }
    });
    view! {
        <section class="card concern" data-open="true" aria-labelledby="too-much">
            <h2 id="too-much">{fill(td_string!(locale, receivables.overpaid_title), &[("amount", &yuan(over))])}</h2>
            <p>{td_string!(locale, receivables.overpaid_text)}</p>
            {way}
        </section>
    }
    .into_any()
}

fn give(locale: Locale, page: &DebtPage) -> AnyView {
    let DebtPage { url, png_data_uri, share, .. } = page;
    view! {
        <section class="card plate" aria-labelledby="give">
            <h2 id="give">{td_string!(locale, receivables.give)}</h2>
            <p>{td_string!(locale, receivables.give_scan)}</p>
            <img class="qr" src=png_data_uri.clone() alt=td_string!(locale, receivables.qr_alt) width="240" height="240"/>
            <p class="quiet">{td_string!(locale, receivables.personal)}</p>
        </section>
        <section class="card ask-form">
            <p class="long">{share.clone()}</p>
            <label for="link">{td_string!(locale, receivables.link)}</label>
            <input id="link" readonly=true value=url.clone()/>
            <p class="quiet">{td_string!(locale, receivables.copy_by_hand)}</p>
            <button class="button with-program" type="button" data-copy=format!("{share} {url}")>
                <span>{td_string!(locale, receivables.copy)}</span>
                <span class="done">{td_string!(locale, receivables.copied)}</span>
            </button>
        </section>
    }
    .into_any()
}

fn proposed(locale: Locale, page: &DebtPage) -> AnyView {
    view! {
        <section class="card" aria-labelledby="proposed">
            <h2 id="proposed">{td_string!(locale, receivables.proposals)}</h2>
            <p class="quiet">{td_string!(locale, receivables.matches_lead)}</p>
            {proposals(locale, page.receivable.id, &page.proposals)}
        </section>
    }
    .into_any()
}

fn facts(locale: Locale, reader: Reader, page: &DebtPage) -> AnyView {
    let debt = &page.receivable;
    let pair = |name: &'static str, text: String| (!text.is_empty()).then(|| view! { <div><dt>{name}</dt><dd>{text}</dd></div> });
    let due = match debt.due {
        Some(due) => date(locale, due, page.today),
        None => td_string!(locale, receivables.no_due).to_owned(),
    };
    let source = match debt.source {
        Source::Entered => td_string!(locale, receivables.source_entered).into_any(),
        Source::Imported => td_string!(locale, receivables.source_imported).into_any(),
        Source::Receipt { payment } => {
            view! { <a href=reader.receipt(payment)>{td_string!(locale, receivables.source_receipt)} {icons::onward()}</a> }.into_any()
        }
    };
    let phone = debt.debtor.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default();
    let parts = if debt.in_parts { td_string!(locale, pay.yes) } else { td_string!(locale, pay.no) };
    view! {
        <section aria-labelledby="facts">
            <h2 id="facts">{td_string!(locale, receivables.facts)}</h2>
            <dl class="card pairs">
                {pair(td_string!(locale, receivables.due), due)}
                {pair(td_string!(locale, receivables.parts), parts.to_owned())}
                {pair(td_string!(locale, receivables.reference_short), debt.debtor.reference.clone())}
                {pair(td_string!(locale, receivables.phone), phone)}
                {pair(td_string!(locale, receivables.remark_short), debt.remark.clone())}
                {pair(td_string!(locale, receivables.raised_at), debt.raised_at_ms.text())}
                <div><dt>{td_string!(locale, receivables.source)}</dt><dd>{source}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

fn payments(locale: Locale, reader: Reader, page: &DebtPage) -> AnyView {
    let line = |paid: &PaidLine| {
        let way = if paid.is_match { td_string!(locale, receivables.way_match) } else { td_string!(locale, receivables.way_code) };
        let kept = (paid.kept_fen != paid.amount_fen)
            .then(|| fill(td_string!(locale, receivables.kept_of), &[("kept", &yuan(paid.kept_fen)), ("amount", &yuan(paid.amount_fen))]));
        view! {
            <li>
                <a class="row" href=reader.receipt(paid.payment)>
                    <span class="row-title">{paid.at_ms.text()}</span>
                    <span class="row-sum">{yuan(paid.kept_fen)}</span>
                    <span class="row-below">{way}</span>
                    <span class="row-time">{kept}</span>
                </a>
                {(paid.is_match && reader == Reader::Manager).then(|| view! {
                    <form method="post" action=format!("{HERE}/{}/unmatch", page.receivable.id)>
                        <input type="hidden" name="payment" value=paid.payment.to_string()/>
                        <button class="plain" type="submit">{td_string!(locale, receivables.unmatch)}</button>
                    </form>
                })}
            </li>
        }
    };
    let inner = match page.payments.is_empty() {
        true => view! { <p class="card quiet">{td_string!(locale, receivables.no_payments)}</p> }.into_any(),
        false => view! { <ul class="card rows">{page.payments.iter().map(line).collect_view()}</ul> }.into_any(),
    };
    view! { <section aria-labelledby="came"><h2 id="came">{td_string!(locale, receivables.payments)}</h2>{inner}</section> }.into_any()
}

fn history(locale: Locale, page: &DebtPage) -> AnyView {
    let line = |happened: &Step| {
        let (kind, words) = step(locale, happened.movement.kind);
        let by = happened.by.as_ref().map(|name| fill(td_string!(locale, receivables.by), &[("name", name)]));
        let reason = happened.reason.as_ref().map(|reason| fill(td_string!(locale, receivables.reason), &[("reason", reason)]));
        let beside: Vec<String> = by.into_iter().chain(reason).collect();
        view! {
            <li data-kind=kind>
                <span>{format!("{words} {}", yuan(happened.movement.amount_fen))}</span>
                {(!beside.is_empty()).then(|| view! { <span class="quiet">{beside.join(" · ")}</span> })}
                <time class="quiet">{happened.at_ms.text()}</time>
            </li>
        }
    };
    view! {
        <section aria-labelledby="history">
            <h2 id="history">{td_string!(locale, receivables.history)}</h2>
            <ol class="card steps">{page.history.iter().map(line).collect_view()}</ol>
        </section>
    }
    .into_any()
}

fn edit(locale: Locale, page: &DebtPage, typed: &ChangeTyped) -> AnyView {
    let debt = &page.receivable;
    let (due, due_wrong) = typed.due.clone().unwrap_or_else(|| (debt.due.map(|due| due.to_string()).unwrap_or_default(), None));
    let (remark, remark_wrong) = typed.remark.clone().unwrap_or_else(|| (debt.remark.clone(), None));
    let wrong = |wrong: Option<EntryWrong>| wrong.map(|wrong| wrong_sentence(locale, wrong));
    let is_open = typed.due.is_some() || typed.remark.is_some();
    view! {
        <details class="card unfold" open=is_open>
            <summary>{td_string!(locale, receivables.edit)}</summary>
            <form class="ask-form" method="post" action=format!("{HERE}/{}/edit", debt.id)>
                {input("due", td_string!(locale, receivables.due_field), &due, None, wrong(due_wrong))}
                {input("remark", td_string!(locale, receivables.remark), &remark, None, wrong(remark_wrong))}
                <button class="button" type="submit">{td_string!(locale, receivables.save)}</button>
            </form>
        </details>
    }
    .into_any()
}

fn write_off(locale: Locale, reader: Reader, page: &DebtPage, typed: &ChangeTyped) -> AnyView {
    let (id, owed, off) = (page.receivable.id, page.claim.outstanding(), page.claim.written_off());
    if !owed.is_positive() && !off.is_positive() {
        return ().into_any();
    }
    let inner = match (page.may_write_off, off.is_positive()) {
        (Err(_), true) => view! { <p class="quiet">{td_string!(locale, receivables.restore_denied)}</p> }.into_any(),
        (Err(NoWriteOff::NotAllowed), false) => view! { <p class="quiet">{td_string!(locale, receivables.write_off_never)}</p> }.into_any(),
        (Err(NoWriteOff::AboveLimit { limit_fen }), false) => {
            let words = fill(td_string!(locale, receivables.write_off_limit), &[("amount", &yuan(limit_fen))]);
            view! { <p class="quiet">{words}</p> }.into_any()
        }
        (Ok(()), true) => view! {
            <form class="ask-form" method="post" action=format!("{}/restore", reader.debt(id))>
                <p>{fill(td_string!(locale, receivables.restore_lead), &[("amount", &yuan(off))])}</p>
                <button class="button button-quiet" type="submit">{td_string!(locale, receivables.restore)}</button>
            </form>
        }
        .into_any(),
        (Ok(()), false) => {
            let (reason, wrong) = typed.reason.clone().unwrap_or_default();
            let wrong = wrong.map(|wrong| wrong_sentence(locale, wrong));
            view! {
                <form class="ask-form" method="post" action=format!("{}/write-off", reader.debt(id))>
                    <p>{td_string!(locale, receivables.write_off_lead)}</p>
                    {input("reason", td_string!(locale, receivables.write_off_reason), &reason, None, wrong)}
                    <button class="button button-quiet" type="submit">
                        {fill(td_string!(locale, receivables.write_off_do), &[("amount", &yuan(owed))])}
                    </button>
                </form>
            }
            .into_any()
        }
    };
    let name = if off.is_positive() { td_string!(locale, receivables.restore) } else { td_string!(locale, receivables.write_off) };
    let is_open = typed.reason.is_some() || off.is_positive();
    let as_button = (reader == Reader::Administrator).then_some("button button-quiet");
    view! { <details class="card unfold" open=is_open><summary class=as_button>{name}</summary>{inner}</details> }.into_any()
}
