//! What was just done to a debt, as its screen says it.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It was raised.
    Raised,
    /// It was changed.
    Saved,
    /// It was written off.
    Off,
    /// It was restored.
    Restored,
    /// A payment was counted.
    Matched,
    /// It is counted no more.
    Unmatched,
    /// A reminder was asked for that goes at once.
    Reminded,
    /// A reminder was asked for that goes later.
    RemindedLater,
    /// Reminders were stopped.
    RemindersOff,
    /// Reminders may go again.
    RemindersOn,
    /// Nothing: the caller may not.
    Denied,
    /// Nothing: it had changed meanwhile.
    Passed,
}

impl Said {
    const ALL: [(&'static str, Said); 12] = [
        ("raised", Said::Raised),
        ("saved", Said::Saved),
        ("off", Said::Off),
        ("restored", Said::Restored),
        ("matched", Said::Matched),
        ("unmatched", Said::Unmatched),
        ("reminded", Said::Reminded),
        ("reminded-later", Said::RemindedLater),
        ("reminders-off", Said::RemindersOff),
        ("reminders-on", Said::RemindersOn),
        ("denied", Said::Denied),
        ("passed", Said::Passed),
    ];

    /// What an address says.
    pub fn of_word(word: &str) -> Option<Said> {
        Said::ALL.iter().find(|(known, _)| *known == word).map(|(_, said)| *said)
    }

    /// Its word in an address.
    pub fn word(self) -> &'static str {
        Said::ALL.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }
}

/// It in words.
pub(super) fn said_note(locale: Locale, said: Said) -> AnyView {
    let words = match said {
        Said::Raised => td_string!(locale, receivables.said_raised),
        Said::Saved => td_string!(locale, receivables.saved),
        Said::Off => td_string!(locale, receivables.said_off),
        Said::Restored => td_string!(locale, receivables.said_restored),
        Said::Matched => td_string!(locale, receivables.said_matched),
        Said::Unmatched => td_string!(locale, receivables.said_unmatched),
        Said::Reminded => td_string!(locale, reminders.said_asked),
        Said::RemindedLater => td_string!(locale, reminders.said_later),
        Said::RemindersOff => td_string!(locale, reminders.said_stopped),
        Said::RemindersOn => td_string!(locale, reminders.said_resumed),
        Said::Denied => {
            return view! { <p class="note note-bad" role="alert">{td_string!(locale, receivables.said_denied)}</p> }.into_any();
        }
        Said::Passed => return view! { <p class="note note-warn" role="alert">{td_string!(locale, receivables.passed)}</p> }.into_any(),
    };
    view! { <p class="note" role="status">{words}</p> }.into_any()
}
