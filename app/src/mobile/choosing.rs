//! The manager's page on which the organisation is chosen: plain, because whoever opens it is not signed in yet.

use super::document::Bundle;
use super::password::door_page;
use crate::seats::{SeatsPage, seats_form, seats_title};
use crate::ui::prefs::Prefs;

/// Where the page is: `GET` shows it, `POST` takes `tenant`.
pub const SEATS_PATH: &str = "/m/sign-in/organisation";

/// The page.
pub fn seats_page(prefs: Prefs, nonce: &str, bundle: &Bundle, page: &SeatsPage) -> String {
    door_page(prefs, nonce, bundle, seats_title(prefs.locale), || seats_form(prefs.locale, SEATS_PATH, "/m/sign-in", page))
}
