//! The administrator's page on which the organisation is chosen.

use leptos::prelude::*;

use super::frame::{AdminShell, Looks, document};
use crate::seats::{SeatsPage, seats_form, seats_title};

/// Where the page is: `GET` shows it, `POST` takes `tenant`.
pub const SEATS_PATH: &str = "/admin/sign-in/organisation";

/// The page.
pub fn seats_page(shell: AdminShell<'_>, page: &SeatsPage) -> String {
    let locale = shell.prefs.locale;
    let title = seats_title(locale);
    document(shell, title, "door", || {
        view! {
            <main id="main" class="sign-in">
                <p class="brand" aria-hidden="true"><b>"收"</b></p>
                <h1>{title}</h1>
                {seats_form(locale, SEATS_PATH, "/admin/sign-in", page)}
                <p class="links"><Looks locale shell_theme=shell.prefs.theme path=shell.path.to_owned()/></p>
            </main>
        }
        .into_any()
    })
}
