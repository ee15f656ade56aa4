//! Choosing the organisation after the password, where somebody may sign in to several: the choice itself, for the manager's page and
//! the administrator's.

use domain::TenantId;
use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;

/// An organisation in which somebody may sign in whose password was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatChoice {
    /// The organisation.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// Whether it is the one of the last time.
    pub is_last: bool,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatsPage {
    /// The organisations, that of the last time first.
    pub seats: Vec<SeatChoice>,
    /// Whether something else was sent.
    pub is_wrong: bool,
}

/// The title of either page.
pub fn seats_title(locale: Locale) -> &'static str {
    td_string!(locale, choosing.title)
}

/// The choice: one button for each organisation, which posts `tenant` to `action`. The first is what the enter key presses.
pub fn seats_form(locale: Locale, action: &'static str, back: &'static str, page: &SeatsPage) -> AnyView {
    let wrong = page.is_wrong.then(|| view! { <p class="note note-bad" role="alert">{td_string!(locale, choosing.wrong)}</p> });
    let button = |(at, seat): (usize, &SeatChoice)| {
        let is_first = at == 0;
        let class = if is_first { "button" } else { "button button-quiet" };
        let last = seat.is_last.then(|| td_string!(locale, choosing.last));
        view! { <button class=class type="submit" name="tenant" value=seat.tenant.to_string() autofocus=is_first>{seat.name.clone()}{last}</button> }
    };
    view! {
        <p>{td_string!(locale, choosing.lead)}</p>
        <form class="card fields seats" method="post" action=action>
            {wrong}
            {page.seats.iter().enumerate().map(button).collect_view()}
        </form>
        <p class="quiet">{td_string!(locale, choosing.again)}</p>
        <p class="links"><a class="quiet-link link" href=back>{td_string!(locale, choosing.back)}</a></p>
    }
    .into_any()
}
