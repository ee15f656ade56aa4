//! Sentences about debts.

use domain::receivable::{Claim, EntryWrong, LastReminder, LastState, MovementKind, Receivable, Reminded, ReminderMark, Standing};
use domain::{Day, Fen};

use crate::Locale;
use crate::i18n::*;
use crate::ui::moments::{date, moment};
use crate::ui::{fill, yuan};

/// So many debts.
pub(super) fn items(locale: Locale, count: u64) -> String {
    match count {
        1 => td_string!(locale, receivables.count_one).to_owned(),
        _ => fill(td_string!(locale, receivables.count), &[("count", &count)]),
    }
}

/// What is wrong with a field.
pub fn wrong_sentence(locale: Locale, wrong: EntryWrong) -> String {
    match wrong {
        EntryWrong::Missing => td_string!(locale, receivables.wrong_missing).to_owned(),
        EntryWrong::TooLong { most } => fill(td_string!(locale, receivables.wrong_long), &[("most", &most)]),
        EntryWrong::NotAPhone => td_string!(locale, receivables.wrong_phone).to_owned(),
        EntryWrong::NotAnAmount => td_string!(locale, receivables.wrong_amount).to_owned(),
        EntryWrong::TooManyDecimals => td_string!(locale, receivables.wrong_decimals).to_owned(),
        EntryWrong::TooMuch => td_string!(locale, receivables.wrong_much).to_owned(),
        EntryWrong::NeedsParts => td_string!(locale, receivables.wrong_parts).to_owned(),
        EntryWrong::NotADay => td_string!(locale, receivables.wrong_day).to_owned(),
        EntryWrong::NotYesOrNo => td_string!(locale, receivables.wrong_yes).to_owned(),
    }
}

/// Where a debt stands, as a kind of tag and in words.
pub(crate) fn tag(locale: Locale, debt: &Receivable, claim: Claim, today: Day) -> (&'static str, String) {
    let say = |kind, words: &str| (kind, words.to_owned());
    match claim.standing() {
        Standing::Overpaid => say("gone", td_string!(locale, receivables.tag_overpaid)),
        Standing::Paid => say("good", td_string!(locale, receivables.tag_paid)),
        Standing::WrittenOff => say("", td_string!(locale, receivables.tag_off)),
        Standing::Open => match debt.due.filter(|_| debt.is_overdue(claim, today)) {
            Some(due) => {
                let days = today.get() - due.get();
                ("bad", fill(td_string!(locale, receivables.tag_overdue), &[("days", &days)]))
            }
            None if claim.is_partly_paid() => say("wait", td_string!(locale, receivables.tag_partly)),
            None => say("wait", td_string!(locale, receivables.tag_open)),
        },
    }
}

/// How a choice by reminders is called.
pub(super) fn reminded_name(locale: Locale, reminded: Option<Reminded>) -> &'static str {
    match reminded {
        None => td_string!(locale, reminders.by_any),
        Some(Reminded::Never) => td_string!(locale, reminders.by_never),
        Some(Reminded::Yes) => td_string!(locale, reminders.by_yes),
        Some(Reminded::Failed) => td_string!(locale, reminders.by_failed),
        Some(Reminded::Stopped) => td_string!(locale, reminders.by_stopped),
    }
}

/// The last reminder of a debt and how it went, in a line of the list; nothing when there was none.
pub(super) fn reminder_line(locale: Locale, mark: &ReminderMark, today: Day) -> Option<String> {
    mark.last.map(|last| said_of(locale, last, &moment(locale, last.at_ms, today.starts_at())))
}

/// Who wants no more reminders, in the words of a tag. What whoever owes said comes first: nobody else can take it back.
pub(super) fn stop_tag(locale: Locale, mark: &ReminderMark) -> Option<&'static str> {
    match (mark.stopped_by_debtor, mark.stopped_by_manager) {
        (Some(_), _) => Some(td_string!(locale, reminders.mark_by_debtor)),
        (None, Some(_)) => Some(td_string!(locale, reminders.mark_by_manager)),
        (None, None) => None,
    }
}

/// Everything about the reminders of a debt, as a cell of a file.
pub fn reminder_words(locale: Locale, mark: &ReminderMark) -> String {
    let last = mark.last.map(|last| said_of(locale, last, &last.at_ms.text()));
    let said: Vec<String> = last.into_iter().chain(stop_tag(locale, mark).map(str::to_owned)).collect();
    match said.is_empty() {
        true => td_string!(locale, reminders.mark_never).to_owned(),
        false => said.join(td_string!(locale, reminders.between)),
    }
}

fn said_of(locale: Locale, last: LastReminder, time: &str) -> String {
    let template = match last.state {
        LastState::Waiting => td_string!(locale, reminders.mark_waiting),
        LastState::UnderWay => td_string!(locale, reminders.mark_under_way),
        LastState::Sent => td_string!(locale, reminders.mark_sent),
        LastState::Unknown => td_string!(locale, reminders.mark_unknown),
        LastState::Failed => td_string!(locale, reminders.mark_failed),
    };
    fill(template, &[("time", &time)])
}

/// What happened, as a kind of step and in words.
pub(super) fn step(locale: Locale, kind: MovementKind) -> (&'static str, &'static str) {
    match kind {
        MovementKind::Raised => ("wait", td_string!(locale, receivables.h_raised)),
        MovementKind::Collected => ("done", td_string!(locale, receivables.h_collected)),
        MovementKind::Returned => ("wait", td_string!(locale, receivables.h_returned)),
        MovementKind::ReturnFailed => ("done", td_string!(locale, receivables.h_return_failed)),
        MovementKind::Matched => ("done", td_string!(locale, receivables.h_matched)),
        MovementKind::Unmatched => ("wait", td_string!(locale, receivables.h_unmatched)),
        MovementKind::WrittenOff => ("bad", td_string!(locale, receivables.h_written_off)),
        MovementKind::Restored => ("wait", td_string!(locale, receivables.h_restored)),
    }
}

/// What a manager sends to a debtor, before the link.
pub fn share_text(locale: Locale, merchant: &str, debt: &Receivable, claim: Claim, today: Day) -> String {
    let due = debt.due.map(|due| {
        let template = match debt.is_overdue(claim, today) {
            true => td_string!(locale, receivables.share_overdue),
            false => td_string!(locale, receivables.share_due),
        };
        fill(template, &[("day", &date(locale, due, today))])
    });
    let owed: Fen = claim.outstanding();
    fill(
        td_string!(locale, receivables.share_text),
        &[
            ("debtor", &debt.debtor.name),
            ("merchant", &merchant),
            ("title", &debt.title),
            ("amount", &yuan(owed)),
            ("due", &due.unwrap_or_default()),
        ],
    )
}
