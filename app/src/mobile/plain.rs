//! Plain screens: pages of the app that the server renders alone, as text and forms.
//!
//! What is opened now and then needs no program of its own: the program fetches the page, puts it in its place and sends its
//! forms, while the voice and the stream of arrivals go on. So a plain screen costs the bundle nothing, and without the program
//! it is an ordinary page. A link with `rel="external"` or a form with `data-native` is left to the browser, and so is a form with a file.
//!
//! Small conveniences are asked for by attribute, on elements of the class `with-program`: `data-reveal="id"` shows or hides a
//! password, `data-copy="text"` copies, `data-print` prints, `data-filter="id"` on a search field leaves the entries of a list
//! whose `data-words` (or text) contain its words (and shows the element `id-none` when none is left), `data-unseen="n"` shows an element once more than
//! `n` concerns are unseen.

use leptos::prelude::*;

use crate::i18n::*;
use crate::mobile::till::till;
#[cfg(feature = "ssr")]
use crate::mobile::{Seed, Till};

/// The element that holds a plain screen.
pub const PLAIN_ID: &str = "plain";

/// Whether the screen at this path is a living one, which the program draws itself.
pub fn is_living(path: &str) -> bool {
    matches!(path.trim_end_matches('/'), "/m" | "/m/receipts" | "/m/settings")
}

/// What the server rendered, on its way into the page.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone)]
pub struct PlainHtml(pub String);

/// A plain screen by itself, as it is put into the page.
#[cfg(feature = "ssr")]
pub fn render<V: IntoView>(seed: &Seed, screen: impl FnOnce(crate::Locale) -> V) -> PlainHtml {
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        provide_context(Till::new(seed));
        screen(seed.prefs.locale).to_html()
    });
    owner.unset_with_forced_cleanup();
    PlainHtml(html)
}

/// What could not be done between a plain screen and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The page could not be read.
    NotRead,
    /// Nobody knows whether what was sent arrived.
    NotSent,
}

/// The place of a plain screen.
#[component]
pub fn PlainScreen() -> impl IntoView {
    let locale = till().locale;
    let place = NodeRef::<leptos::html::Div>::new();
    let trouble = RwSignal::new(None::<Trouble>);
    #[cfg(target_arch = "wasm32")]
    let acts = browser::begin(place, trouble);
    #[cfg(feature = "ssr")]
    let html = use_context::<PlainHtml>().map(|plain| plain.0).unwrap_or_default();
    // What the server put here stays: hydrating writes nothing. A screen that is opened from another one begins with this.
    #[cfg(not(feature = "ssr"))]
    let html = r#"<main id="main" tabindex="-1"><div class="loading"><div class="card"></div><div class="card"></div></div></main>"#;
    let on_submit = move |_event: leptos::ev::SubmitEvent| {
        #[cfg(target_arch = "wasm32")]
        acts.submitted(&_event);
    };
    let on_click = move |_event: leptos::ev::MouseEvent| {
        #[cfg(target_arch = "wasm32")]
        acts.clicked(&_event);
    };
    let on_input = move |_event: leptos::ev::Event| {
        #[cfg(target_arch = "wasm32")]
        acts.typed(&_event);
    };
    let again = move |_| {
        #[cfg(target_arch = "wasm32")]
        acts.again();
    };
    view! {
        <div role="alert" class="plain-trouble">
            {move || trouble.try_get().flatten().map(|trouble| match trouble {
                Trouble::NotRead => view! {
                    <div class="empty">
                        <p class="empty-title">{td_string!(locale, manager.plain_not_read)}</p>
                        <button type="button" class="button" on:click=again>{td_string!(locale, manager.try_again)}</button>
                    </div>
                }
                .into_any(),
                Trouble::NotSent => view! { <p class="note note-bad">{td_string!(locale, manager.plain_not_sent)}</p> }.into_any(),
            })}
        </div>
        <div id=PLAIN_ID class="screen" node_ref=place hidden=move || trouble.try_get().flatten() == Some(Trouble::NotRead)
            on:submit=on_submit on:click=on_click on:input=on_input inner_html=html></div>
    }
    .into_any()
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use leptos::html::Div;
    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast;
    use leptos_router::NavigateOptions;
    use leptos_router::hooks::{use_location, use_navigate};
    use web_sys::{Document, Element, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, UrlSearchParams};

    use super::{PLAIN_ID, Trouble, is_living};
    use crate::mobile::page::Page;
    use crate::mobile::till::till;
    use crate::mobile::{KEPT_ID, Till};
    use crate::ui::{browser, device};

    type Go = std::rc::Rc<dyn Fn(&str, NavigateOptions)>;

    /// The field where the reader goes on: what is wrong, or what is asked first.
    const WRONG: &str = ":not(fieldset)[aria-invalid=true], fieldset[aria-invalid=true] input, [autofocus]";

    /// What the server was asked for.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Asked {
        Page,
        Deed,
    }

    /// What a plain screen does in the browser.
    #[derive(Clone, Copy)]
    pub struct Acts {
        till: Till,
        place: NodeRef<Div>,
        trouble: RwSignal<Option<Trouble>>,
        go: StoredValue<Go, LocalStorage>,
        /// The address that is shown, or on its way.
        wanted: StoredValue<String>,
        /// Counts what was asked, so that an answer that was overtaken is dropped.
        turn: StoredValue<u32>,
        is_sending: StoredValue<bool>,
    }

    pub fn begin(place: NodeRef<Div>, trouble: RwSignal<Option<Trouble>>) -> Acts {
        let acts = Acts {
            till: till(),
            place,
            trouble,
            go: StoredValue::new_local(std::rc::Rc::new(use_navigate())),
            wanted: StoredValue::new(String::new()),
            turn: StoredValue::new(0),
            is_sending: StoredValue::new(false),
        };
        let here = use_location();
        let address = Memo::new(move |_| match here.search.get() {
            search if search.is_empty() => here.pathname.get(),
            search => format!("{}?{search}", here.pathname.get()),
        });
        Effect::new(move |earlier: Option<()>| {
            let address = address.get();
            // On the way to a living screen this one still hears of the address.
            if is_living(address.split('?').next().unwrap_or_default()) {
                return;
            }
            if earlier.is_none() && !acts.till.has_moved.get_untracked() {
                // The first screen of the page: the server put it here.
                acts.wanted.set_value(address);
                acts.till.has_moved.set(true);
            } else if acts.wanted.with_value(|wanted| *wanted != address) {
                acts.open(address);
            }
        });
        Effect::new(move |_| acts.show_unseen(acts.till.concerns.get().unseen));
        acts
    }

    impl Acts {
        fn open(self, address: String) {
            self.wanted.set_value(address.clone());
            let turn = self.next_turn();
            // Whoever goes on does not wait for the answer to a form of the screen before.
            self.is_sending.set_value(false);
            self.trouble.set(None);
            self.is_busy(true);
            leptos::task::spawn_local(async move {
                let page = Page::read(&address).await;
                if self.take(turn, page, Asked::Page).is_none() {
                    self.failed(turn, Trouble::NotRead);
                }
            });
        }

        /// Asks again for what could not be read.
        pub fn again(self) {
            self.open(self.wanted.get_value());
        }

        /// Sends a form in the place of the browser.
        pub fn submitted(self, event: &web_sys::SubmitEvent) {
            let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
            let said = |name: &str| form.get_attribute(name).unwrap_or_default();
            let is_native = form.has_attribute("data-native") || said("enctype").starts_with("multipart") || said("method") == "dialog";
            if is_native || event.default_prevented() {
                return;
            }
            event.prevent_default();
            // The same button twice is one request; what is on its way is told by the mark on the place.
            if self.is_sending.get_value() {
                return;
            }
            let Some(fields) = fields(&form, event.submitter()) else { return };
            let action = match said("action") {
                action if action.is_empty() => self.wanted.get_value(),
                action => action,
            };
            if said("method") == "post" { self.post(action, fields) } else { self.go(&format!("{action}?{}", fields.to_string()), false) }
        }

        fn post(self, action: String, fields: UrlSearchParams) {
            let turn = self.next_turn();
            self.is_sending.set_value(true);
            self.trouble.set(None);
            self.is_busy(true);
            leptos::task::spawn_local(async move {
                let page = Page::send(&action, fields).await;
                if self.take(turn, page, Asked::Deed).is_none() {
                    self.failed(turn, Trouble::NotSent);
                }
                if self.turn.try_get_value() == Some(turn) {
                    self.is_sending.set_value(false);
                }
            });
        }

        /// Shows what the server answered; `None` when nothing of it could be read. An answer to a form that is no screen of ours
        /// (the server was too busy, or a proxy answered in its place) leaves the form as it stands: its number makes pressing
        /// again the same deed, where a fresh form would be another.
        fn take(self, turn: u32, page: Option<Page>, asked: Asked) -> Option<()> {
            if self.turn.try_get_value() != Some(turn) {
                return Some(());
            }
            let page = page?;
            if page.is_left_for_sign_in() {
                return Some(());
            }
            let Page { landed, document, seed } = page;
            // Signed out meanwhile: the browser itself sends the form once more, and shows the page that holds it.
            if let Some(form) = document.get_element_by_id(KEPT_ID).and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
                let _ = self::document().body().map(|body| body.append_child(&form));
                let _ = form.submit();
                return Some(());
            }
            let is_ours = seed.is_some();
            if let Some(seed) = seed {
                // The language was changed on another page of this browser: the frame around the screen must follow.
                if seed.prefs.locale != self.till.locale && asked == Asked::Page {
                    browser::go_to(&landed);
                    return Some(());
                }
                self.till.take_seed(seed, 0);
            }
            match document.get_element_by_id(PLAIN_ID) {
                Some(screen) => self.show(&landed, &document, &screen, asked),
                // A living screen: the program has it, and what it shows came with the page.
                None if is_ours => self.go(&landed, true),
                None if asked == Asked::Deed => return None,
                None => browser::go_to(&landed),
            }
            Some(())
        }

        fn show(self, landed: &str, page: &Document, screen: &Element, asked: Asked) {
            let Some(place) = self.place.get_untracked() else { return };
            let is_same = self.wanted.with_value(|wanted| wanted == landed);
            let begins = !is_same || asked == Asked::Page;
            place.set_inner_html(&screen.inner_html());
            document().set_title(&page.title());
            self.is_busy(false);
            self.trouble.set(None);
            self.show_unseen(self.till.concerns.get_untracked().unseen);
            if !is_same {
                self.wanted.set_value(landed.to_owned());
                self.go(landed, true);
            }
            if begins {
                window().scroll_to_with_x_and_y(0.0, 0.0);
            }
            // What is wrong comes into sight; the beginning of a screen is (style/mobile.css, main).
            let wrong = place.query_selector(WRONG).ok().flatten();
            if let Some(element) =
                wrong.or_else(|| document().get_element_by_id("main")).and_then(|element| element.dyn_into::<HtmlElement>().ok())
            {
                let _ = element.focus();
            }
        }

        fn failed(self, turn: u32, trouble: Trouble) {
            if self.turn.try_get_value() == Some(turn) {
                self.is_busy(false);
                self.trouble.try_set(Some(trouble));
            }
        }

        fn next_turn(self) -> u32 {
            self.turn.update_value(|turn| *turn += 1);
            self.turn.get_value()
        }

        fn go(self, address: &str, replace: bool) {
            self.go.with_value(|go| go(address, NavigateOptions { replace, scroll: false, ..NavigateOptions::default() }));
        }

        fn is_busy(self, is_busy: bool) {
            if let Some(place) = self.place.get_untracked() {
                let _ = place.set_attribute("aria-busy", if is_busy { "true" } else { "false" });
            }
        }

        fn show_unseen(self, unseen: u64) {
            let Some(notice) = self.place.get_untracked().and_then(|place| place.query_selector("[data-unseen]").ok().flatten()) else {
                return;
            };
            let known = notice.get_attribute("data-unseen").and_then(|known| known.parse::<u64>().ok()).unwrap_or_default();
            let _ = notice.toggle_attribute_with_force("hidden", unseen <= known);
        }

        /// The conveniences that a tap asks for.
        pub fn clicked(self, event: &web_sys::MouseEvent) {
            let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            let Some(button) = target.closest("[data-reveal], [data-copy], [data-print]").ok().flatten() else { return };
            if let Some(field) = button.get_attribute("data-reveal") {
                reveal(&button, &field);
            } else if let Some(text) = button.get_attribute("data-copy") {
                leptos::task::spawn_local(async move {
                    let is_copied = device::copy(&text).await;
                    let _ = button.set_attribute("data-done", if is_copied { "yes" } else { "no" });
                });
            } else {
                let _ = window().print();
            }
        }

        /// The conveniences that typing asks for.
        pub fn typed(self, event: &web_sys::Event) {
            let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
            if let Some(list) = field.get_attribute("data-filter") {
                filter(&list, &field.value());
            }
        }
    }

    fn fields(form: &HtmlFormElement, button: Option<HtmlElement>) -> Option<UrlSearchParams> {
        let typed = FormData::new_with_form(form).ok()?;
        let fields = UrlSearchParams::new_with_str_sequence_sequence(&typed).ok()?;
        if let Some(button) = button
            && let Some(name) = button.get_attribute("name")
        {
            fields.append(&name, &button.get_attribute("value").unwrap_or_default());
        }
        Some(fields)
    }

    /// Shows or hides a password. The words of the other state lie in the button's own attribute.
    fn reveal(button: &Element, field: &str) {
        let Some(field) = document().get_element_by_id(field).and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) else { return };
        field.set_type(if field.type_() == "password" { "text" } else { "password" });
        let words = button.text_content().unwrap_or_default();
        button.set_text_content(button.get_attribute("data-other").as_deref());
        let _ = button.set_attribute("data-other", &words);
    }

    /// Leaves the entries of a list that contain every word.
    fn filter(list: &str, text: &str) {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let Some(entries) = document().get_element_by_id(list).map(|list| list.children()) else { return };
        let mut is_none = true;
        for entry in (0..entries.length()).filter_map(|at| entries.item(at)) {
            let said = entry.get_attribute("data-words").or_else(|| entry.text_content()).unwrap_or_default().to_lowercase();
            let is_found = words.iter().all(|word| said.contains(word));
            is_none &= !is_found;
            let _ = entry.toggle_attribute_with_force("hidden", !is_found);
        }
        if let Some(none) = document().get_element_by_id(&format!("{list}-none")) {
            let _ = none.toggle_attribute_with_force("hidden", !is_none);
        }
    }
}
