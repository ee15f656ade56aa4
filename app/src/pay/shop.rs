//! Who is being paid: the head of every payer page.

use domain::contact::Contact;
use leptos::prelude::*;

use crate::i18n::*;
use crate::ui::fill;

/// Who is being paid, as the payer reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shop {
    /// The organisation.
    pub name: String,
    /// Where its logo lies; without one, the first letter of the name stands in.
    pub logo_url: Option<String>,
    /// The person who collects; empty when that is nobody's business.
    pub payee: String,
    /// What the code is called, e.g. 教务处; may be empty.
    pub code_name: String,
    /// Where a payer who has to ask reaches the organisation, if it says so.
    pub contact: Option<Contact>,
}

/// Logo, name, who collects.
pub(super) fn masthead(locale: Locale, shop: &Shop) -> impl IntoView + use<> {
    let payee = (!shop.payee.is_empty()).then(|| fill(td_string!(locale, pay.collected_by), &[("payee", &shop.payee)]));
    let code = Some(shop.code_name.clone()).filter(|name| !name.is_empty());
    let line = payee.into_iter().chain(code).collect::<Vec<_>>().join(" · ");
    let logo = match &shop.logo_url {
        // The name stands beside it, so the picture says nothing more.
        Some(url) => view! { <img class="logo" src=url.clone() alt="" width="44" height="44" /> }.into_any(),
        None => view! { <span class="logo" aria-hidden="true">{initial(&shop.name)}</span> }.into_any(),
    };
    view! {
        <header class="shop">
            {logo}
            <div>
                <h1>{shop.name.clone()}</h1>
                <p>{line}</p>
            </div>
        </header>
    }
}

/// Where to ask, in the foot of every page after the form.
pub(super) fn contact_link(locale: Locale, shop: &Shop) -> Option<AnyView> {
    let contact = shop.contact.as_ref()?;
    let words = format!("{} {contact}", td_string!(locale, pay.contact));
    Some(view! { <a href=contact.url()>{words}</a> }.into_any())
}

fn initial(name: &str) -> String {
    name.trim().chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default()
}
