//! A form that came when whoever sent it was signed out already: all of it is still here, and is sent again once they signed in on
//! another page.

use leptos::prelude::*;

use super::frame::{AdminShell, document};
use super::sign_in::AdminWhy;
use crate::i18n::*;

/// The page. `why` says how the session ended, `sign_in` leads to the sign-in page; the form posts `pairs` to `to`, as they were sent
/// before.
pub fn kept_page(shell: AdminShell<'_>, why: AdminWhy, sign_in: &str, to: &str, pairs: &[(String, String)]) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, admin.kept_title);
    let field = |(name, value): &(String, String)| view! { <input type="hidden" name=name.clone() value=value.clone()/> };
    document(shell, title, "door", || {
        view! {
            <main id="main" class="sign-in">
                <p class="brand" aria-hidden="true"><b>"收"</b></p>
                <h1>{title}</h1>
                <form class="card fields" method="post" action=to.to_owned()>
                    <p class="note" role="status">{why.sentence(locale)}</p>
                    <p>{td_string!(locale, admin.kept)}</p>
                    <a class="button" href=sign_in.to_owned() target="_blank" rel="noopener">{td_string!(locale, admin.kept_sign_in)}</a>
                    {pairs.iter().map(field).collect_view()}
                    <button class="button button-quiet" type="submit">{td_string!(locale, admin.kept_send)}</button>
                </form>
            </main>
        }
        .into_any()
    })
}
