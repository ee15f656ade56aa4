//! Where payers reach the organisation, among its settings.

use domain::contact::MOST_CHARS;
use leptos::prelude::*;

use super::settings::ChangedBy;
use crate::Locale;
use crate::i18n::*;

/// What the section shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactPart {
    /// The number, as typed; empty when there is none.
    pub typed: String,
    /// Whether nobody could dial it.
    pub is_wrong: bool,
    /// The last change.
    pub changed: Option<ChangedBy>,
}

/// The section. Its form posts to `/admin/settings/contact`.
pub(super) fn contact(locale: Locale, shown: &ContactPart, by: AnyView) -> AnyView {
    let title = td_string!(locale, office.contact);
    let wrong = shown.is_wrong.then(|| {
        view! { <p id="contact-wrong" class="wrong" role="alert">{td_string!(locale, office.contact_wrong)}</p> }
    });
    let described = if shown.is_wrong { "contact-wrong contact-hint" } else { "contact-hint" };
    view! {
        <section class="card" aria-labelledby="contact-title">
            <h2 id="contact-title">{title}</h2>
            <form class="fields" method="post" action="/admin/settings/contact" novalidate=true>
                <div class="field">
                    <label for="contact">{td_string!(locale, office.contact_number)}</label>
                    <input id="contact" name="contact" type="tel" value=shown.typed.clone() maxlength=(2 * MOST_CHARS).to_string() autocomplete="off"
                        aria-describedby=described aria-invalid=shown.is_wrong.then_some("true")/>
                    {wrong}
                    <p id="contact-hint" class="quiet">{td_string!(locale, office.contact_hint)}</p>
                </div>
                <button class="button button-quiet" type="submit">{td_string!(locale, office.save)}</button>
            </form>
            {by}
        </section>
    }
    .into_any()
}
