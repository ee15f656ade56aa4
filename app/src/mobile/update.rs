//! Reading the screen anew, because somebody asks for it: the page is fetched once more, and what it carries is taken over.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::i18n::*;
use crate::mobile::Till;
use crate::mobile::till::till;
use crate::ui::icons;

/// Whether the screen is being read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Updating {
    /// No.
    #[default]
    No,
    /// The server was asked.
    Asking,
    /// The server did not answer; what is shown is as old as before.
    Failed,
}

/// The button that updates the screen: a link to the screen itself, so that it works without the program.
#[component]
pub fn UpdateLink() -> impl IntoView {
    let till = till();
    let here = use_location();
    let address = move || match here.search.get() {
        search if search.is_empty() => here.pathname.get(),
        search => format!("{}?{search}", here.pathname.get()),
    };
    let act = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        update(till);
    };
    let is_asking = move || (till.updating.get() == Updating::Asking).to_string();
    view! {
        <a class="update" href=address aria-label=td_string!(till.locale, manager.update) aria-busy=is_asking on:click=act>{icons::again()}</a>
    }
    .into_any()
}

/// Nothing, where there is no program.
#[cfg(not(target_arch = "wasm32"))]
fn update(_: Till) {}

/// Reads the screen anew. What is shown stays until the answer is there, and stays when none comes.
#[cfg(target_arch = "wasm32")]
pub fn update(till: Till) {
    if till.updating.get_untracked() == Updating::Asking {
        return;
    }
    till.updating.set(Updating::Asking);
    leptos::task::spawn_local(async move {
        let is_read = browser::read(till).await.is_some();
        till.updating.set(if is_read { Updating::No } else { Updating::Failed });
        if !is_read {
            set_timeout(move || till.updating.update(|now| *now = if *now == Updating::Failed { Updating::No } else { *now }), SAID);
        }
    });
}

/// Long enough to read that it failed.
#[cfg(target_arch = "wasm32")]
const SAID: std::time::Duration = std::time::Duration::from_secs(6);

#[cfg(target_arch = "wasm32")]
mod browser {
    use leptos::prelude::*;

    use crate::mobile::Till;
    use crate::mobile::page::Page;
    use crate::mobile::plain::PLAIN_ID;
    use crate::ui::browser;

    /// `None` when the screen could not be read.
    pub async fn read(till: Till) -> Option<()> {
        let address = browser::here();
        let fresh_before = till.fresh.get_untracked();
        let page = Page::read(&address).await?;
        // Whoever has gone on meanwhile sees a newer screen already.
        if page.is_left_for_sign_in() || browser::here() != address {
            return Some(());
        }
        let seed = page.seed?;
        if seed.prefs.locale != till.locale {
            browser::go_to(&address);
            return Some(());
        }
        let is_read = !matches!(seed.desk, Some(Err(_))) && !matches!(seed.list, Some((_, Err(_))));
        till.take_seed(seed, fresh_before);
        if let (Some(read), Some(place)) = (page.document.get_element_by_id(PLAIN_ID), document().get_element_by_id(PLAIN_ID)) {
            place.set_inner_html(&read.inner_html());
        }
        is_read.then_some(())
    }
}
