//! Pulling the screen down to update it: what browsers do by loading the page anew, which would silence the voice.

use leptos::prelude::*;

use crate::i18n::*;
use crate::mobile::Updating;
use crate::mobile::till::till;
use crate::ui::icons;

/// How far the sign follows the finger at most, and how far it must have come for letting go to act, in CSS pixels.
#[cfg(any(target_arch = "wasm32", test))]
const FARTHEST: f64 = 96.0;
const ENOUGH: f64 = 64.0;

/// A finger on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Finger {
    /// Where it came down while the page stood at its top; `None` when this pull counts for nothing.
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only a browser has fingers"))]
    from: Option<(f64, f64)>,
    /// How far the sign has followed it.
    down: f64,
}

impl Finger {
    /// The finger has moved to `x`, `y`. Whoever moves upward or to the side first wants something else.
    #[cfg(any(target_arch = "wasm32", test))]
    fn moved(&mut self, x: f64, y: f64) {
        let Some((from_x, from_y)) = self.from else { return };
        let (aside, down) = ((x - from_x).abs(), y - from_y);
        if self.down == 0.0 && (down < 0.0 || aside > down) {
            self.from = None;
        } else {
            self.down = (down / 2.0).clamp(0.0, FARTHEST);
        }
    }

    fn is_enough(&self) -> bool {
        self.down >= ENOUGH
    }
}

/// The sign that follows the finger, and then says how the update goes.
#[component]
pub fn Pull() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let finger = RwSignal::new(Finger::default());
    #[cfg(target_arch = "wasm32")]
    Effect::new(move |_| browser::watch(finger, till));
    let down = Memo::new(move |_| finger.with(|finger| finger.down as i32));
    let state = move || match (till.updating.get(), down.get()) {
        (_, 1..) => "pulled",
        (Updating::Asking, _) => "asking",
        (Updating::Failed, _) => "failed",
        (Updating::No, _) => "none",
    };
    let words = move || match state() {
        "pulled" if finger.with(Finger::is_enough) => td_string!(locale, manager.update_release),
        "pulled" => td_string!(locale, manager.update_pull),
        "asking" => td_string!(locale, manager.updating),
        _ => td_string!(locale, manager.update_failed),
    };
    let sign = NodeRef::<leptos::html::Div>::new();
    // Set by the program: the page's policy allows no style in the markup.
    #[cfg(target_arch = "wasm32")]
    Effect::new(move |_| {
        use leptos::wasm_bindgen::JsCast;
        let down = down.get();
        if let Some(sign) = sign.get() {
            let sign: &web_sys::HtmlElement = sign.unchecked_ref();
            let _ = sign.style().set_property("transform", &format!("translateY({down}px)"));
        }
    });
    view! {
        <div class="pull" role="status" data-state=state node_ref=sign>
            {move || (state() != "none").then(|| view! { <span class="pill">{icons::again()} {words}</span> })}
        </div>
    }
    .into_any()
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast;
    use leptos::wasm_bindgen::closure::Closure;
    use web_sys::{Element, TouchEvent};

    use super::Finger;
    use crate::mobile::Till;
    use crate::mobile::update::update;

    /// A form, in which something may have been typed that reading the page anew would lose.
    const FORM: &str = "#plain form:not([role=search]) :is(input:not([type=hidden]), select, textarea)";

    /// Follows fingers for as long as the page lives.
    pub fn watch(finger: RwSignal<Finger>, till: Till) {
        let touched = Closure::<dyn FnMut(TouchEvent)>::new(move |event: TouchEvent| match (event.type_().as_str(), place(&event)) {
            ("touchstart", place) => {
                let from = place.filter(|_| is_at_top() && !is_left_alone(&event));
                finger.set(Finger { from, down: 0.0 });
            }
            ("touchmove", Some((x, y))) if finger.with_untracked(|finger| finger.from.is_some()) => {
                finger.update(|finger| finger.moved(x, y));
            }
            ("touchmove", Some(_)) => {}
            (kind, _) => {
                let is_enough = kind == "touchend" && finger.with_untracked(Finger::is_enough);
                finger.set(Finger::default());
                if is_enough {
                    update(till);
                }
            }
        });
        for kind in ["touchstart", "touchmove", "touchend", "touchcancel"] {
            let _ = window().add_event_listener_with_callback(kind, touched.as_ref().unchecked_ref());
        }
        touched.forget();
    }

    /// Where the only finger is.
    fn place(event: &TouchEvent) -> Option<(f64, f64)> {
        let touches = event.touches();
        let touch = touches.get(0).filter(|_| touches.length() == 1)?;
        Some((touch.client_x().into(), touch.client_y().into()))
    }

    fn is_at_top() -> bool {
        window().scroll_y().is_ok_and(|y| y <= 0.0)
    }

    fn is_left_alone(event: &TouchEvent) -> bool {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_in_dialog = target.and_then(|target| target.closest("dialog").ok().flatten()).is_some();
        is_in_dialog || document().query_selector(FORM).ok().flatten().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_straight_pull_that_is_long_enough_updates() {
        let table = [
            ("a long pull", vec![(100.0, 20.0), (101.0, 140.0)], true),
            ("a short one", vec![(100.0, 60.0)], false),
            ("just enough", vec![(100.0, 128.0)], true),
            ("just too little", vec![(100.0, 127.0)], false),
            ("pulled and put back", vec![(100.0, 200.0), (100.0, 10.0)], false),
            ("upward first", vec![(100.0, -3.0), (100.0, 300.0)], false),
            ("to the side first", vec![(130.0, 10.0), (130.0, 300.0)], false),
        ];
        for (name, moves, expected) in table {
            let mut finger = Finger { from: Some((100.0, 0.0)), down: 0.0 };
            for (x, y) in moves {
                finger.moved(x, y);
            }
            assert_eq!(finger.is_enough(), expected, "{name}");
        }
    }

    #[test]
    fn a_finger_that_came_down_further_below_pulls_nothing() {
        let mut finger = Finger::default();
        finger.moved(0.0, 500.0);
        assert_eq!(finger, Finger::default());
    }
}
