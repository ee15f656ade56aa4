//! One concern on a screen: what happened, how much, what becomes of it by itself, and who deals with the rest.

use domain::concern::{ConcernKind, ConcernState};
use leptos::prelude::*;

use crate::Locale;
use crate::Refusal;
use crate::channel::{Listener, sentence};
use crate::concerns::{ConcernRow, api};
use crate::i18n::*;
use crate::mobile::sign_in;
use crate::mobile::till::till;
use crate::ui::moments::clock;
use crate::ui::parts::sentence as refused;
use crate::ui::{fill, icons, yuan};

/// The concerns of one payment, on its own screen.
#[component]
pub fn ConcernNotes(
    /// What there is to know.
    concerns: Vec<ConcernRow>,
) -> impl IntoView {
    concerns.into_iter().map(|row| view! { <ConcernCard row=RwSignal::new(row) is_alone=true/> }).collect_view()
}

/// One concern.
#[component]
pub(super) fn ConcernCard(
    /// The concern, which changes when it is seen.
    row: RwSignal<ConcernRow>,
    /// Whether it stands on its payment's own screen, which then needs no link to itself.
    is_alone: bool,
) -> impl IntoView {
    let locale = till().locale;
    let ConcernRow { id, kind, amount_fen, asked_fen, title, code_name, happened_at_ms, has_receipt, .. } = row.get_untracked();
    let state = Memo::new(move |_| row.with(|row| (row.state, row.why)));
    let link = row.get_untracked().payment_url();
    let link_name = if has_receipt { td_string!(locale, concerns.see_receipt) } else { td_string!(locale, concerns.see_payment) };
    let who = if title.is_empty() { code_name } else { format!("{title} · {code_name}") };
    let asked = (kind == ConcernKind::WrongAmount)
        .then(|| fill(td_string!(locale, concerns.asked_came), &[("asked", &yuan(asked_fen)), ("amount", &yuan(amount_fen))]));
    let heading = format!("concern-{id}");
    let labelled_by = heading.clone();
    view! {
        <article class="card concern" aria-labelledby=labelled_by data-open=move || row.with(is_open).to_string()>
            <p class="concern-top">
                {move || { let (word, kind) = tag(locale, kind, state.get().0); view! { <span class="tag" data-kind=kind>{word}</span> } }}
                <time class="quiet">{format!("{} {}", happened_at_ms.day(), clock(happened_at_ms))}</time>
            </p>
            <h2 id=heading>{heading_words(locale, kind)} " " <span class="sum">{yuan(amount_fen)}</span></h2>
            {(!is_alone).then(|| view! { <p class="quiet">{who}</p> })}
            {asked.map(|asked| view! { <p>{asked}</p> })}
            <p>{move || row.with(|row| text(locale, row))}</p>
            {move || state.get().1.map(|code| view! { <p class="note note-warn">{sentence(locale, code, Listener::Manager)}</p> })}
            <div class="concern-acts">
                <SeeButton row/>
                {(!is_alone).then(|| view! { <a class="quiet-link" href=link>{link_name} {icons::onward()}</a> })}
            </div>
        </article>
    }
    .into_any()
}

/// "Got it". It is a form, so that it works before and without the program.
#[component]
fn SeeButton(row: RwSignal<ConcernRow>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let id = row.with_untracked(|row| row.id);
    let here = leptos_router::hooks::use_location().pathname;
    let (is_busy, problem) = (RwSignal::new(false), RwSignal::new(None::<Refusal>));
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        leptos::task::spawn_local(async move {
            match api::see(id).await {
                Ok(seen) => {
                    till.concerns.set(seen.count);
                    row.set(seen.row);
                    problem.set(None);
                }
                Err(Refusal::SignIn) => return sign_in(),
                Err(refusal) => problem.set(Some(refusal)),
            }
            is_busy.set(false);
        });
    };
    move || {
        (!row.with(|row| row.is_seen)).then(|| {
            view! {
                <form method="post" action="/m/concerns/seen" on:submit=on_submit>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="next" value=here.get_untracked()/>
                    <button class="pill" type="submit" aria-describedby=format!("concern-{id}") aria-busy=move || is_busy.get().to_string()>{icons::check()} {td_string!(locale, concerns.seen)}</button>
                </form>
                {move || problem.get().map(|refusal| view! { <p class="note note-bad" role="alert">{refused(locale, &refusal)}</p> })}
            }
        })
    }
}

fn is_open(row: &ConcernRow) -> bool {
    !row.is_seen || row.state.needs_operator(row.kind)
}

/// The state in a word and a colour; who has to act comes before what is going on.
fn tag(locale: Locale, kind: ConcernKind, state: ConcernState) -> (&'static str, &'static str) {
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

fn heading_words(locale: Locale, kind: ConcernKind) -> &'static str {
    match kind {
        ConcernKind::PaidTwice => td_string!(locale, concerns.paid_twice),
        ConcernKind::PaidAfterClose => td_string!(locale, concerns.paid_after_close),
        ConcernKind::WrongAmount => td_string!(locale, concerns.wrong_amount),
        ConcernKind::Refund => td_string!(locale, concerns.refund),
        ConcernKind::Contradiction => td_string!(locale, concerns.contradiction),
    }
}

/// What becomes of it, and what the manager should do: often nothing.
fn text(locale: Locale, row: &ConcernRow) -> String {
    use ConcernKind::{Contradiction, PaidAfterClose, PaidTwice, Refund, WrongAmount};
    use ConcernState::{Blocked, GivenUp, Held, Noted, Returned, Returning, Stuck};
    let template = match (row.kind, row.state) {
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
    };
    fill(template, &[("amount", &yuan(row.amount_fen)), ("tail", &row.payment.tail())])
}
