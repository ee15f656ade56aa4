//! The mobile bundle (/m and /w): Trunk builds it with `hydrate` for delivery and with `csr` for the fast loop.

#[cfg(all(target_arch = "wasm32", feature = "hydrate"))]
mod browser {
    use wasm_bindgen::prelude::wasm_bindgen;

    /// What the server-rendered page calls once the bundle is loaded.
    #[wasm_bindgen]
    pub fn hydrate() {
        console_error_panic_hook::set_once();
    }
}

fn main() {}
