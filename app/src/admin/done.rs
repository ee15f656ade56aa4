//! What was done just now with stores, codes and settings: a word in the address, a sentence on the page.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;

macro_rules! done {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $key:ident, $is_fault:literal;)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum OfficeDone {
            $($(#[$doc])* $name,)*
        }

        impl OfficeDone {
            /// The word by which an address carries it.
            pub const fn word(self) -> &'static str {
                match self { $(OfficeDone::$name => $word,)* }
            }

            /// What a word of an address stands for.
            pub fn of_word(word: &str) -> Option<OfficeDone> {
                match word { $($word => Some(OfficeDone::$name),)* _ => None }
            }

            const fn is_fault(self) -> bool {
                match self { $(OfficeDone::$name => $is_fault,)* }
            }

            fn sentence(self, locale: Locale) -> &'static str {
                match self { $(OfficeDone::$name => td_string!(locale, office.$key),)* }
            }
        }
    };
}

done! {
    /// A store was made.
    StoreMade = "store_made", said_store_made, false;
    /// Saved.
    Saved = "saved", said_saved, false;
    /// Nothing changed.
    Same = "same", said_same, false;
    /// Payers see the logo.
    LogoSet = "logo_set", said_logo_set, false;
    /// Payers see it no more.
    LogoRemoved = "logo_removed", said_logo_removed, false;
    /// A store was closed.
    Closed = "closed", said_closed, false;
    /// A store was opened again.
    Opened = "opened", said_opened, false;
    /// A cashier was added.
    Added = "added", said_added, false;
    /// A cashier was removed.
    Removed = "removed", said_removed, false;
    /// Whoever was to be a cashier is no manager.
    NoManager = "no_manager", said_no_manager, true;
    /// Whoever was to be a cashier is one of as many stores as may be.
    Full = "full", said_full, true;
    /// A code was made.
    CodeMade = "code_made", said_code_made, false;
    /// A code was switched on.
    On = "on", said_on, false;
    /// A code was switched off.
    Off = "off", said_off, false;
    /// Its payee may not collect.
    NoPayee = "no_payee", said_no_payee, true;
}

/// The sentence on the page.
pub(super) fn note(locale: Locale, done: Option<OfficeDone>) -> Option<AnyView> {
    done.map(|done| {
        let class = if done.is_fault() { "note note-warn" } else { "note" };
        view! { <p class=class role="status">{done.sentence(locale)}</p> }.into_any()
    })
}
