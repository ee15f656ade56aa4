//! What keeps customers from paying by the code that is shown, and what is not as whoever shows it left it: one sentence on the screen.

use domain::code::CodeRefusal;

use crate::Locale;
use crate::diagnosis::refusal_words;
use crate::i18n::*;
use crate::ui::fill;

/// What is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindrance {
    /// The code that is shown cannot be paid.
    Code(CodeRefusal),
    /// The payment channel takes no orders.
    OrdersRefused,
    /// The code that was chosen is switched off, and another one is shown in its place.
    SwitchedOff {
        /// What the chosen one is called.
        chosen: String,
        /// What the other one is called.
        shown: String,
    },
}

impl Hindrance {
    /// The sentence.
    pub fn words(&self, locale: Locale) -> String {
        match self {
            Hindrance::Code(refusal) => fill(td_string!(locale, diagnosis.hindrance_code), &[("why", &refusal_words(locale, *refusal))]),
            Hindrance::OrdersRefused => td_string!(locale, diagnosis.hindrance_orders).to_owned(),
            Hindrance::SwitchedOff { chosen, shown } => {
                fill(td_string!(locale, diagnosis.hindrance_switched_off), &[("chosen", chosen), ("shown", shown)])
            }
        }
    }
}
