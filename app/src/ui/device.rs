//! What a device may offer: sharing, a clipboard, staying awake. Each is asked for by name, because browsers differ in what they have;
//! where one is missing, the screen offers something else.

use leptos::prelude::*;

/// What became of sharing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// It was handed to another program.
    Done,
    /// The person closed the list of programs.
    GivenUp,
    /// This browser cannot share.
    Impossible,
}

/// Hands an address to another program.
pub async fn share(title: &str, url: &str) -> Share {
    #[cfg(target_arch = "wasm32")]
    {
        browser::share(title, url).await
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = (title, url);
        Share::Impossible
    }
}

/// Puts text on the clipboard; false when that is not allowed here.
pub async fn copy(text: &str) -> bool {
    #[cfg(target_arch = "wasm32")]
    {
        browser::copy(text).await
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = text;
        false
    }
}

/// Keeps the screen on while `open` is true, where the device allows it.
pub fn stay_awake_while(open: RwSignal<bool>) {
    #[cfg(target_arch = "wasm32")]
    browser::stay_awake_while(open);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = open;
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use js_sys::{Array, Function, Object, Promise, Reflect};
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;

    use super::Share;

    /// Calls `target.name(arguments)` and waits for what it promises; `None` when there is no such thing.
    async fn call(target: &JsValue, name: &str, arguments: &[JsValue]) -> Option<Result<JsValue, JsValue>> {
        let function: Function = Reflect::get(target, &name.into()).ok()?.dyn_into().ok()?;
        let promised = match function.apply(target, &arguments.iter().collect::<Array>()) {
            Ok(promised) => promised,
            Err(error) => return Some(Err(error)),
        };
        Some(match promised.dyn_into::<Promise>() {
            Ok(promise) => JsFuture::from(promise).await,
            Err(value) => Ok(value),
        })
    }

    fn part_of_navigator(name: &str) -> Option<JsValue> {
        let part = Reflect::get(window().navigator().as_ref(), &name.into()).ok()?;
        (!part.is_undefined() && !part.is_null()).then_some(part)
    }

    pub async fn share(title: &str, url: &str) -> Share {
        let what = Object::new();
        for (name, value) in [("title", title), ("text", title), ("url", url)] {
            let _ = Reflect::set(&what, &name.into(), &value.into());
        }
        match call(window().navigator().as_ref(), "share", &[what.into()]).await {
            Some(Ok(_)) => Share::Done,
            Some(Err(error)) if is_abort(&error) => Share::GivenUp,
            _ => Share::Impossible,
        }
    }

    fn is_abort(error: &JsValue) -> bool {
        Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string()).as_deref() == Some("AbortError")
    }

    pub async fn copy(text: &str) -> bool {
        let Some(clipboard) = part_of_navigator("clipboard") else { return false };
        matches!(call(&clipboard, "writeText", &[text.into()]).await, Some(Ok(_)))
    }

    pub fn stay_awake_while(open: RwSignal<bool>) {
        let lock: StoredValue<Option<JsValue>, LocalStorage> = StoredValue::new_local(None);
        Effect::new(move |_| {
            let is_open = open.get();
            leptos::task::spawn_local(async move {
                if let Some(Some(held)) = lock.try_update_value(Option::take) {
                    call(&held, "release", &[]).await;
                }
                let Some(door) = part_of_navigator("wakeLock").filter(|_| is_open) else { return };
                if let Some(Ok(held)) = call(&door, "request", &["screen".into()]).await {
                    // Closed while the device was asked: the lock is given back at once.
                    if open.try_get_untracked() == Some(true) {
                        lock.try_set_value(Some(held));
                    } else {
                        call(&held, "release", &[]).await;
                    }
                }
            });
        });
    }
}
