//! The mobile bundle (/m and /w): Trunk builds it with `hydrate` for delivery and with `csr` for the fast loop.

#[cfg(all(target_arch = "wasm32", any(feature = "hydrate", feature = "csr")))]
mod browser {
    use app::mobile::{MobileApp, SEED_ID, Seed};
    use leptos::prelude::*;

    /// What the server-rendered page calls once the bundle is loaded: takes the page over as it stands.
    #[cfg(feature = "hydrate")]
    #[wasm_bindgen::prelude::wasm_bindgen]
    pub fn hydrate() {
        console_error_panic_hook::set_once();
        let seed = seed();
        leptos::mount::hydrate_body(move || view! { <MobileApp seed/> });
        mark_alive();
        keep_shell();
    }

    /// Lets the browser keep the shell, so that the app opens without a network and says so. A browser without service workers, or
    /// one that refuses them, just opens nothing then.
    #[cfg(feature = "hydrate")]
    fn keep_shell() {
        let navigator = window().navigator();
        if js_sys::Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
            let whole = web_sys::RegistrationOptions::new();
            whole.set_scope("/m");
            let _ = navigator.service_worker().register_with_options("/m/worker.js", &whole);
        }
    }

    /// Draws the app into an empty page.
    #[cfg(feature = "csr")]
    pub fn mount() {
        console_error_panic_hook::set_once();
        let seed = seed();
        leptos::mount::mount_to_body(move || view! { <MobileApp seed/> });
        mark_alive();
    }

    /// What the server put into the page; without it the language is what the browser says.
    fn seed() -> Seed {
        let carried = document().get_element_by_id(SEED_ID).and_then(|element| element.text_content());
        carried.as_deref().and_then(Seed::from_json).unwrap_or_else(|| {
            let languages = window().navigator().language().unwrap_or_default();
            Seed { prefs: app::ui::prefs::Prefs::read("", "", &languages), ..Seed::default() }
        })
    }

    /// Says on `<html>` that a tap now reaches the bundle; styles and browser tests wait for it.
    fn mark_alive() {
        if let Some(root) = document().document_element() {
            // An attribute that cannot be set costs a hint, not the screen.
            let _ = root.set_attribute("data-hydrated", "");
        }
    }
}

#[cfg(all(target_arch = "wasm32", feature = "csr"))]
fn main() {
    browser::mount();
}

#[cfg(not(all(target_arch = "wasm32", feature = "csr")))]
fn main() {}
