//! A question in front of the screen. It is the browser's own dialog: the focus stays inside, Esc closes it.

use leptos::html;
use leptos::prelude::*;

/// A dialog that is open while `open` is true. The element that `labelledby` names says what it asks.
#[component]
pub fn Dialog(
    /// Whether it is open; closing it sets this to false.
    open: RwSignal<bool>,
    /// The id of its heading.
    labelledby: &'static str,
    /// Its looks, beside `ask`.
    #[prop(default = "")]
    look: &'static str,
    /// What it asks.
    children: Children,
) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = element.get() else { return };
        match open.get() {
            true if !dialog.open() => drop(dialog.show_modal()),
            false if dialog.open() => dialog.close(),
            _ => {}
        }
    });
    view! {
        <dialog class=format!("ask card {look}") node_ref=element aria-labelledby=labelledby on:close=move |_| open.set(false)>
            {children()}
        </dialog>
    }
    .into_any()
}
