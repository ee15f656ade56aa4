//! Chinese and English from the message files in `app/locales`, checked when the program is compiled.
//!
//! Pages of the payer and every text made on the server use `td_string!(locale, namespace.key)` with the locale as an argument.

#![expect(deprecated, reason = "the replacement, leptos_i18n_build, adds 165 crates to every build for the same generated code")]
#![allow(missing_docs, reason = "generated from the message files")]

leptos_i18n::load_locales!();

pub use i18n::*;
