//! A form that came when whoever sent it was signed out already: all of it is still here, and is sent again once they signed in on
//! another page. A page of its own without the program, because everything that the app shows belongs to whoever was signed in before.

use leptos::prelude::*;

use super::KEPT_ID;
use super::document::Bundle;
use super::password::door_page;
use crate::i18n::*;
use crate::manager::{SignInWhy, Why};
use crate::ui::prefs::Prefs;

/// What the page shows.
#[derive(Debug, Clone, Copy)]
pub struct KeptForm<'a> {
    /// How the session ended.
    pub why: SignInWhy,
    /// Where to sign in.
    pub sign_in: &'a str,
    /// Where the form goes.
    pub to: &'a str,
    /// Its fields, as they were sent before.
    pub pairs: &'a [(String, String)],
}

/// The page.
pub fn kept_page(prefs: Prefs, nonce: &str, bundle: &Bundle, kept: KeptForm<'_>) -> String {
    let locale = prefs.locale;
    let KeptForm { why, sign_in, to, pairs } = kept;
    let field = |(name, value): &(String, String)| view! { <input type="hidden" name=name.clone() value=value.clone()/> };
    door_page(prefs, nonce, bundle, td_string!(locale, manager.kept_title), || {
        view! {
            <form id=KEPT_ID class="card" method="post" action=to.to_owned()>
                <Why locale why/>
                <p>{td_string!(locale, manager.kept)}</p>
                <a class="button" href=sign_in.to_owned() target="_blank" rel="noopener">{td_string!(locale, manager.kept_sign_in)}</a>
                {pairs.iter().map(field).collect_view()}
                <button class="button button-quiet" type="submit">{td_string!(locale, manager.kept_send)}</button>
            </form>
        }
        .into_any()
    })
}
