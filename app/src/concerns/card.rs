//! One concern on a screen: what happened, how much, what becomes of it by itself, and who deals with the rest.

use domain::ConcernId;
use domain::concern::{ConcernKind, ConcernState};
use leptos::prelude::*;

use crate::Locale;
use crate::channel::sentence;
use crate::concerns::ConcernRow;
use crate::i18n::*;
use crate::receipts::Reader;
use crate::ui::moments::clock;
use crate::ui::{fill, icons, yuan};

/// The concerns of one payment, on the screen of it that `reader` has at the address `here`.
pub fn concern_notes(locale: Locale, reader: Reader, concerns: Vec<ConcernRow>, here: &str) -> impl IntoView + use<> {
    concerns.into_iter().map(|row| concern_card(locale, reader, &row, here, true)).collect_view()
}

/// One concern on the screen at the address `here`; `is_alone` on its payment's own screen, which needs no link to itself.
pub(super) fn concern_card(locale: Locale, reader: Reader, row: &ConcernRow, here: &str, is_alone: bool) -> impl IntoView + use<> {
    let link = reader.payment_of(row);
    let link_name = if row.has_receipt { td_string!(locale, concerns.see_receipt) } else { td_string!(locale, concerns.see_payment) };
    let who = if row.title.is_empty() { row.code_name.clone() } else { format!("{} · {}", row.title, row.code_name) };
    let asked = (row.kind == ConcernKind::WrongAmount)
        .then(|| fill(td_string!(locale, concerns.asked_came), &[("asked", &yuan(row.asked_fen)), ("amount", &yuan(row.amount_fen))]));
    let heading = format!("concern-{}", row.id);
    let labelled_by = heading.clone();
    let (word, kind) = tag(locale, row.kind, row.state);
    view! {
        <article class="card concern" aria-labelledby=labelled_by data-open=is_open(row).to_string()>
            <p class="concern-top">
                <span class="tag" data-kind=kind>{word}</span>
                <time class="quiet">{format!("{} {}", row.happened_at_ms.day(), clock(row.happened_at_ms))}</time>
            </p>
            <h2 id=heading>{heading_words(locale, row.kind)} " " <span class="sum">{yuan(row.amount_fen)}</span></h2>
            {(!is_alone).then(|| view! { <p class="quiet">{who}</p> })}
            {asked.map(|asked| view! { <p>{asked}</p> })}
            <p>{text(locale, reader, row)}</p>
            {row.why.map(|code| view! { <p class="note note-warn">{sentence(locale, code, reader.listener())}</p> })}
            <div class="concern-acts">
                // Whether it was seen is said by whoever collects it.
                {(!row.is_seen && reader == Reader::Manager).then(|| see_button(locale, row.id, here))}
                {(!is_alone).then(|| view! { <a class="quiet-link" href=link>{link_name} {icons::onward()}</a> })}
            </div>
        </article>
    }
}

/// "Got it".
fn see_button(locale: Locale, id: ConcernId, here: &str) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/m/concerns/seen">
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="next" value=here.to_owned()/>
            <button class="pill" type="submit" aria-describedby=format!("concern-{id}")>{icons::check()} {td_string!(locale, concerns.seen)}</button>
        </form>
    }
}

fn is_open(row: &ConcernRow) -> bool {
    !row.is_seen || row.state.needs_operator(row.kind)
}

/// The state in a word and a colour; who has to act comes before what is going on.
pub(crate) fn tag(locale: Locale, kind: ConcernKind, state: ConcernState) -> (&'static str, &'static str) {
    if state.needs_operator(kind) {
        return (td_string!(locale, concerns.tag_operator), "wait");
    }
    match state {
        ConcernState::Returned => (td_string!(locale, concerns.tag_returned), "done"),
        ConcernState::GivenUp => (td_string!(locale, concerns.tag_given_up), "gone"),
        ConcernState::Noted => (td_string!(locale, concerns.tag_noted), ""),
        _ => (td_string!(locale, concerns.tag_returning), ""),
    }
}

/// What happened, in a few words.
pub(crate) fn heading_words(locale: Locale, kind: ConcernKind) -> &'static str {
    match kind {
        ConcernKind::PaidTwice => td_string!(locale, concerns.paid_twice),
        ConcernKind::PaidAfterClose => td_string!(locale, concerns.paid_after_close),
        ConcernKind::WrongAmount => td_string!(locale, concerns.wrong_amount),
        ConcernKind::Refund => td_string!(locale, concerns.refund),
        ConcernKind::Contradiction => td_string!(locale, concerns.contradiction),
    }
}

/// What becomes of it, and what the reader should do: often nothing.
fn text(locale: Locale, reader: Reader, row: &ConcernRow) -> String {
    use ConcernKind::{Contradiction, PaidAfterClose, PaidTwice, Refund, WrongAmount};
    use ConcernState::{Blocked, GivenUp, Held, Noted, Returned, Returning, Stuck};
    let of_office = match reader {
        Reader::Manager => None,
        Reader::Administrator => for_office(locale, row.kind, row.state),
    };
    let template = of_office.unwrap_or_else(|| match (row.kind, row.state) {
        (Contradiction, _) | (_, Noted) => td_string!(locale, concerns.contradicted),
        (_, Blocked) => td_string!(locale, concerns.blocked),
        (_, Stuck) => td_string!(locale, concerns.stuck),
        (Refund, GivenUp) => td_string!(locale, concerns.refund_given_up),
        (_, GivenUp) => td_string!(locale, concerns.kept_given_up),
        (_, Held) => td_string!(locale, concerns.wrong_held),
        (PaidTwice, Returning) => td_string!(locale, concerns.twice_returning),
        (PaidTwice, Returned) => td_string!(locale, concerns.twice_returned),
        (PaidAfterClose, Returning) => td_string!(locale, concerns.late_returning),
        (PaidAfterClose, Returned) => td_string!(locale, concerns.late_returned),
        (WrongAmount, Returning) => td_string!(locale, concerns.wrong_returning),
        (WrongAmount, Returned) => td_string!(locale, concerns.wrong_returned),
        (Refund, Returning) => td_string!(locale, concerns.refund_returning),
        (Refund, Returned) => td_string!(locale, concerns.refund_returned),
    });
    fill(template, &[("amount", &yuan(row.amount_fen)), ("tail", &row.payment.tail()), ("number", &row.payment)])
}

/// What only an administrator can mend; `None` for what is the same to everybody.
fn for_office(locale: Locale, kind: ConcernKind, state: ConcernState) -> Option<&'static str> {
    use ConcernKind::{Contradiction, Refund};
    use ConcernState::{Blocked, GivenUp, Held, Noted, Stuck};
    match (kind, state) {
        (Contradiction, _) | (_, Noted) => Some(td_string!(locale, concerns.office_contradicted)),
        (_, Blocked) => None,
        (_, Stuck) => Some(td_string!(locale, concerns.office_stuck)),
        (Refund, GivenUp) => Some(td_string!(locale, concerns.office_refund_given_up)),
        (_, GivenUp) => Some(td_string!(locale, concerns.office_given_up)),
        (_, Held) => Some(td_string!(locale, concerns.office_held)),
        _ => None,
    }
}
