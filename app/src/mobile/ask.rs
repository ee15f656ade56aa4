//! Asking the server while the app is open, and arriving at a screen.

use std::future::Future;

use leptos::prelude::*;

use crate::Refusal;
use crate::mobile::till::{Asked, till};
use crate::ui::browser;

/// Asks the server and keeps the answer. When the session has ended, the sign-in page opens and leads back here.
pub fn ask<T: Send + Sync + 'static>(into: RwSignal<Asked<T>>, question: impl Future<Output = Result<T, Refusal>> + 'static) {
    leptos::task::spawn_local(async move {
        let answer = question.await;
        if let Err(Refusal::SignIn) = answer {
            sign_in();
        }
        into.try_set(Some(answer));
    });
}

/// Opens the sign-in page, which says that this session was ended and leads back here.
pub fn sign_in() {
    browser::go_to(&format!("/m/sign-in?why=ended&next={}", browser::encoded(&browser::here())));
}

/// Names the page in the browser's title, and moves the focus to a screen that was opened from another one, so that a screen
/// reader begins there.
pub fn arrive(title: &'static str) {
    let till = till();
    Effect::new(move |_| {
        let document = document();
        document.set_title(title);
        if !till.has_moved.get_untracked() {
            till.has_moved.set(true);
        } else if let Some(main) = document.get_element_by_id("main") {
            focus(&main);
        }
    });
}

#[cfg(target_arch = "wasm32")]
fn focus(element: &leptos::web_sys::Element) {
    use wasm_bindgen::JsCast;
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        let _ = element.focus();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn focus(_: &leptos::web_sys::Element) {}
