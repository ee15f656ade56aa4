//! The administrator's bundle (/admin), apart from the mobile one so that nobody downloads it to collect money.

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
#[cfg(all(target_arch = "wasm32", feature = "hydrate"))]
fn mark_alive() {
    if let Some(root) = web_sys::window().and_then(|window| window.document()).and_then(|document| document.document_element()) {
        // An attribute that cannot be set costs a hint, not the screen.
        let _ = root.set_attribute("data-hydrated", "");
    }
}

fn main() {}
