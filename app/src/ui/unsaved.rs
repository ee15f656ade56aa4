//! What a form says that was not taken because too much waits to be written: nothing of it was saved, and what was typed is still there.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;

/// The sentence, above the form.
pub fn unsaved_note(locale: Locale) -> AnyView {
    view! { <p class="note note-bad" role="alert">{td_string!(locale, common.unsaved)}</p> }.into_any()
}
