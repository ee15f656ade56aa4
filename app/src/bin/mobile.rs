//! The mobile bundle (/m and /w): Trunk builds it with `hydrate` for delivery and with `csr` for the fast loop.

#[cfg(all(target_arch = "wasm32", feature = "hydrate"))]
mod browser {
    use wasm_bindgen::prelude::wasm_bindgen;

    /// What the server-rendered page calls once the bundle is loaded.
    #[wasm_bindgen]
    pub fn hydrate() {
        console_error_panic_hook::set_once();
        super::mark_alive();
    }
}

/// Says on `<html>` that a tap now reaches the bundle; styles and browser tests wait for it.
#[cfg(all(target_arch = "wasm32", any(feature = "hydrate", feature = "csr")))]
fn mark_alive() {
    if let Some(root) = web_sys::window().and_then(|window| window.document()).and_then(|document| document.document_element()) {
        // An attribute that cannot be set costs a hint, not the screen.
        let _ = root.set_attribute("data-hydrated", "");
    }
}

#[cfg(all(target_arch = "wasm32", feature = "csr"))]
fn main() {
    console_error_panic_hook::set_once();
    mark_alive();
}

#[cfg(not(all(target_arch = "wasm32", feature = "csr")))]
fn main() {}
