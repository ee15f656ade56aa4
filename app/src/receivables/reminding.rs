//! Reminders of one debt: the next one, asking for one, stopping them, and what became of the earlier ones.

use domain::account::Phone;
use domain::receivable::{Cause, EntryWrong, Hold, MOST_REMINDERS, Next, NotByHand, Outcome, QuietHours, Reminder, ReminderHour};
use domain::{Fen, Millis};
use leptos::prelude::*;

use super::HERE;
use super::form::input;
use super::one::DebtPage;
use super::words::wrong_sentence;
use crate::Locale;
use crate::i18n::*;
use crate::ui::moments::moment;
use crate::ui::{fill, yuan};

/// Earlier reminders that are shown.
const MOST_SHOWN: usize = 20;

/// A reminder with what is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastReminder {
    /// How far it came.
    pub reminder: Reminder,
    /// What was owed then.
    pub amount_fen: Fen,
    /// Who asked for it.
    pub by: Option<String>,
    /// What the provider said, or why it was not handed over, as a word.
    pub why: Option<String>,
}

/// Everything about reminders of a debt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemindingCard {
    /// Whether anybody can be reminded here.
    pub is_set_up: bool,
    /// To whom they go.
    pub phone: Option<Phone>,
    /// What comes next.
    pub next: Next,
    /// When one goes that is asked for now, or why none can be.
    pub by_hand: Result<Millis, NotByHand>,
    /// When nobody is reminded.
    pub quiet: QuietHours,
    /// From when on each day those of the schedule go.
    pub hour: ReminderHour,
    /// Since when whoever collects wants none.
    pub stopped_by_manager: Option<Millis>,
    /// Since when whoever owes wants none.
    pub stopped_by_debtor: Option<Millis>,
    /// What the provider said of a number that takes no messages.
    pub bad_number: Option<String>,
    /// Whether they go on a schedule.
    pub is_scheduled: bool,
    /// The earlier ones, oldest first.
    pub past: Vec<PastReminder>,
    /// When it is shown.
    pub now: Millis,
}

/// The card, with a number that was typed and not saved, and what is wrong with it. Nothing where nothing is owed and nobody was reminded.
pub(super) fn reminding(locale: Locale, page: &DebtPage, typed: Option<&(String, Option<EntryWrong>)>) -> AnyView {
    let card = &page.reminding;
    let is_owed = page.claim.outstanding().is_positive();
    if !is_owed && card.past.is_empty() {
        return ().into_any();
    }
    let inner = match (is_owed, card.is_set_up) {
        (false, _) => ().into_any(),
        (true, false) => view! {
            <p>{td_string!(locale, reminders.not_set_up)}</p>
            <p class="quiet">{td_string!(locale, reminders.copy_instead)}</p>
        }
        .into_any(),
        (true, true) => view! {
            {facts(locale, page)}
            {state(locale, page)}
            {switches(locale, page)}
            {phone(locale, page, typed)}
        }
        .into_any(),
    };
    view! {
        <section class="card ask-form" aria-labelledby="reminders">
            <h2 id="reminders">{td_string!(locale, reminders.title)}</h2>
            {inner}
            {past(locale, card)}
        </section>
    }
    .into_any()
}

fn facts(locale: Locale, page: &DebtPage) -> AnyView {
    let card = &page.reminding;
    let next = match (card.next, &card.phone) {
        (Next::At(at, cause), Some(phone)) => {
            let (time, phone) = (moment(locale, at, card.now), phone.masked());
            fill(td_string!(locale, reminders.next_at), &[("time", &time), ("phone", &phone), ("cause", &cause_words(locale, cause))])
        }
        _ => td_string!(locale, reminders.next_none).to_owned(),
    };
    let schedule = match (card.is_scheduled, page.receivable.due) {
        (_, None) => td_string!(locale, reminders.schedule_no_due).to_owned(),
        (true, Some(_)) => fill(td_string!(locale, reminders.schedule_on), &[("time", &card.hour.text())]),
        (false, Some(_)) => td_string!(locale, reminders.schedule_off).to_owned(),
    };
    view! {
        <p class="quiet">{td_string!(locale, reminders.what)}</p>
        <dl class="pairs">
            <div><dt>{td_string!(locale, reminders.next)}</dt><dd>{next}</dd></div>
            <div><dt>{td_string!(locale, reminders.schedule)}</dt><dd>{schedule}</dd></div>
        </dl>
    }
    .into_any()
}

/// The button by which somebody is reminded, or why there is none.
fn state(locale: Locale, page: &DebtPage) -> AnyView {
    let card = &page.reminding;
    let time = |at: Millis| moment(locale, at, card.now);
    let action = format!("{HERE}/{}/remind", page.receivable.id);
    match card.by_hand {
        Ok(at) => {
            let (from, until) = card.quiet.ends();
            let (words, why) = match at > card.now {
                false => (td_string!(locale, reminders.do_now).to_owned(), None),
                true if card.quiet.holds(card.now) => {
                    let values: [(&str, &dyn std::fmt::Display); 3] = [("from", &from), ("until", &until), ("time", &time(at))];
                    let why = fill(td_string!(locale, reminders.why_quiet_hours), &values);
                    (fill(td_string!(locale, reminders.do_later), &[("time", &time(at))]), Some(why))
                }
                true => {
                    let why = fill(td_string!(locale, reminders.why_turn), &[("time", &time(at))]);
                    (fill(td_string!(locale, reminders.do_later), &[("time", &time(at))]), Some(why))
                }
            };
            view! {
                {why.map(|why| view! { <p>{why}</p> })}
                <form method="post" action=action><button class="button" type="submit">{words}</button></form>
            }
            .into_any()
        }
        Err(why) => view! { <p class="note" role="note">{held(locale, card, why)}</p> }.into_any(),
    }
}

/// Why nobody is reminded now.
fn held(locale: Locale, card: &RemindingCard, why: NotByHand) -> String {
    let time = |at: Option<Millis>| at.map(|at| moment(locale, at, card.now)).unwrap_or_default();
    let at = |words: &str, at: Option<Millis>| fill(words, &[("time", &time(at))]);
    let was_refused = card.past.last().is_some_and(|one| matches!(one.reminder.ended, Some((Outcome::Refused, _))));
    match why {
        NotByHand::UnderWay => td_string!(locale, reminders.under_way).to_owned(),
        NotByHand::Waiting { goes_at } => at(td_string!(locale, reminders.waiting), Some(goes_at)),
        NotByHand::TooSoon { again_at } if was_refused => at(td_string!(locale, reminders.refused_soon), Some(again_at)),
        NotByHand::TooSoon { again_at } => at(td_string!(locale, reminders.too_soon), Some(again_at)),
        NotByHand::Held(Hold::NotOwed) => td_string!(locale, reminders.dropped_not_owed).to_owned(),
        NotByHand::Held(Hold::Closed) => td_string!(locale, reminders.hold_closed).to_owned(),
        NotByHand::Held(Hold::NoPhone) => td_string!(locale, reminders.hold_no_phone).to_owned(),
        NotByHand::Held(Hold::StoppedByDebtor) => at(td_string!(locale, reminders.hold_by_debtor), card.stopped_by_debtor),
        NotByHand::Held(Hold::StoppedByManager) => at(td_string!(locale, reminders.hold_by_manager), card.stopped_by_manager),
        NotByHand::Held(Hold::BadNumber) => {
            fill(td_string!(locale, reminders.hold_bad_number), &[("code", &card.bad_number.as_deref().unwrap_or_default())])
        }
        NotByHand::Held(Hold::Enough) => fill(td_string!(locale, reminders.hold_enough), &[("count", &MOST_REMINDERS)]),
    }
}

fn switches(locale: Locale, page: &DebtPage) -> AnyView {
    let card = &page.reminding;
    let switch = |to: &'static str, words: &'static str| {
        view! {
            <form method="post" action=format!("{HERE}/{}/reminders", page.receivable.id)>
                <input type="hidden" name="to" value=to/>
                <button class="button button-quiet" type="submit">{words}</button>
            </form>
        }
    };
    let is_stopped = card.stopped_by_manager.is_some();
    if card.phone.is_none() && !is_stopped {
        return ().into_any();
    }
    let schedule = (page.receivable.due.is_some() && !is_stopped).then(|| match card.is_scheduled {
        true => switch("by_hand", td_string!(locale, reminders.schedule_end)),
        false => switch("schedule", td_string!(locale, reminders.schedule_start)),
    });
    let stop = match is_stopped {
        true => switch("resume", td_string!(locale, reminders.resume)),
        false => switch("stop", td_string!(locale, reminders.stop)),
    };
    view! { {schedule} {stop} }.into_any()
}

fn phone(locale: Locale, page: &DebtPage, typed: Option<&(String, Option<EntryWrong>)>) -> AnyView {
    let known = page.reminding.phone.as_ref();
    let value = typed.map_or_else(|| known.map(|phone| phone.as_str().to_owned()).unwrap_or_default(), |(typed, _)| typed.clone());
    let wrong = typed.and_then(|(_, wrong)| *wrong).map(|wrong| wrong_sentence(locale, wrong));
    let name = if known.is_some() { td_string!(locale, reminders.phone_change) } else { td_string!(locale, reminders.phone_add) };
    view! {
        <details class="unfold" open=known.is_none() || typed.is_some()>
            <summary>{name}</summary>
            <form class="ask-form" method="post" action=format!("{HERE}/{}/phone", page.receivable.id)>
                {input("phone", td_string!(locale, receivables.phone), &value, None, wrong)}
                <button class="button button-quiet" type="submit">{td_string!(locale, reminders.phone_save)}</button>
            </form>
        </details>
    }
    .into_any()
}

fn past(locale: Locale, card: &RemindingCard) -> AnyView {
    if card.past.is_empty() {
        return ().into_any();
    }
    let line = |one: &PastReminder| {
        let Reminder { cause, phone, asked_at_ms, begun_at_ms, ended } = &one.reminder;
        let (kind, words) = outcome(locale, one);
        let by = one.by.as_ref().map(|name| fill(td_string!(locale, receivables.by), &[("name", name)]));
        let beside = [cause_words(locale, *cause).to_owned(), phone.masked(), yuan(one.amount_fen)].into_iter().chain(by);
        let at = ended.map(|(_, at)| at).or(*begun_at_ms).or(*asked_at_ms);
        view! {
            <li data-kind=kind>
                <span>{words}</span>
                <span class="quiet">{beside.collect::<Vec<_>>().join(" · ")}</span>
                <time class="quiet">{at.map(Millis::text)}</time>
            </li>
        }
    };
    let shown = card.past.iter().rev().take(MOST_SHOWN);
    view! {
        <h3>{td_string!(locale, reminders.past)}</h3>
        <ol class="steps" id="reminded">{shown.map(line).collect_view()}</ol>
    }
    .into_any()
}

/// What became of a reminder, as a kind of step and in words.
fn outcome(locale: Locale, one: &PastReminder) -> (&'static str, String) {
    let why = one.why.as_deref().unwrap_or_default();
    let code = |words: &str| fill(words, &[("code", &why)]);
    match one.reminder.ended.map(|(outcome, _)| outcome) {
        None if one.reminder.begun_at_ms.is_some() => ("wait", td_string!(locale, reminders.out_under_way).to_owned()),
        None => ("wait", td_string!(locale, reminders.out_waiting).to_owned()),
        Some(Outcome::Sent) => ("done", td_string!(locale, reminders.out_sent).to_owned()),
        Some(Outcome::Unknown) => ("wait", td_string!(locale, reminders.out_unknown).to_owned()),
        Some(Outcome::Refused) => ("bad", code(td_string!(locale, reminders.out_refused))),
        Some(Outcome::BadNumber) => ("bad", code(td_string!(locale, reminders.out_bad_number))),
        Some(Outcome::Dropped) => ("bad", fill(td_string!(locale, reminders.out_dropped), &[("why", &dropped(locale, why))])),
    }
}

fn dropped(locale: Locale, why: &str) -> &'static str {
    match why {
        "not_owed" => td_string!(locale, reminders.dropped_not_owed),
        "stopped_by_manager" => td_string!(locale, reminders.dropped_stopped),
        "stopped_by_debtor" => td_string!(locale, reminders.dropped_by_debtor),
        "another_phone" | "no_phone" => td_string!(locale, reminders.dropped_phone),
        "quiet" => td_string!(locale, reminders.dropped_quiet),
        _ => td_string!(locale, reminders.dropped_other),
    }
}

fn cause_words(locale: Locale, cause: Cause) -> &'static str {
    match cause {
        Cause::Hand => td_string!(locale, reminders.cause_hand),
        Cause::Early => td_string!(locale, reminders.cause_early),
        Cause::DueDay => td_string!(locale, reminders.cause_due_day),
        Cause::Late => td_string!(locale, reminders.cause_late),
        Cause::Later => td_string!(locale, reminders.cause_later),
    }
}
