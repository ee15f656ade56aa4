//! The few things that are asked of a browser. On the server they have quiet answers, so that screens need no two versions.

use domain::Millis;

/// The device's clock; the beginning of time on the server, where nothing asks.
#[cfg(target_arch = "wasm32")]
pub fn now() -> Millis {
    Millis::of(js_sys::Date::now() as i64)
}

/// The device's clock; the beginning of time on the server, where nothing asks.
#[cfg(not(target_arch = "wasm32"))]
pub fn now() -> Millis {
    Millis::default()
}

/// Opens an address as a new page.
pub fn go_to(address: &str) {
    if cfg!(target_arch = "wasm32") {
        // A browser that refuses to navigate leaves the person where they are, with the sentence that they see.
        let _ = leptos::prelude::window().location().set_href(address);
    }
}

/// Path and query of the page.
pub fn here() -> String {
    if !cfg!(target_arch = "wasm32") {
        return String::new();
    }
    let location = leptos::prelude::window().location();
    format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
}

/// `text` as a part of a query.
#[cfg(target_arch = "wasm32")]
pub fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// `text` as a part of a query.
#[cfg(not(target_arch = "wasm32"))]
pub fn encoded(text: &str) -> String {
    text.to_owned()
}

/// Remembers a word in this browser. Where storage is switched off, nothing is remembered.
#[cfg(target_arch = "wasm32")]
pub fn remember(name: &str, word: &str) {
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
        let _ = storage.set_item(name, word);
    }
}

/// The word that was remembered.
#[cfg(target_arch = "wasm32")]
pub fn remembered(name: &str) -> Option<String> {
    leptos::prelude::window().local_storage().ok().flatten()?.get_item(name).ok().flatten()
}

/// Scrolls so that what was opened just now is seen, above the tabs at the foot.
#[cfg(target_arch = "wasm32")]
pub fn into_sight(toggled: &web_sys::Event) {
    use leptos::wasm_bindgen::JsCast;
    let opened = toggled.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if let Some(opened) = opened.filter(|opened| opened.has_attribute("open")) {
        opened.scroll_into_view_with_bool(false);
    }
}
