//! Asking before the code is refreshed or an old one is cut (rows E11, E12). With the program that is a dialog; without it, or
//! by its address, a page of its own with the same form.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::i18n::*;
use crate::manager::{Desk, OldCode, api};
use crate::mobile::sign_in;
use crate::mobile::till::{Till, till};
use crate::ui::fill;
use crate::ui::moments::clock;
use crate::ui::parts::sentence;
#[cfg(feature = "ssr")]
use crate::ui::parts::{Bar, Empty, Refused};
use crate::{Locale, Refusal};

/// Where asking leads back to.
pub const HOME: &str = "/m";

/// Asks whether to refresh, as a page.
#[cfg(feature = "ssr")]
pub fn refresh_screen(locale: Locale, desk: Result<Desk, Refusal>) -> AnyView {
    ask_screen(locale, td_string!(locale, manager.refresh_title), desk, move |desk| {
        view! { <RefreshForm token=desk.token done=Callback::new(|()| {})/> }.into_any()
    })
}

/// Asks whether to cut the old code with this token, as a page.
#[cfg(feature = "ssr")]
pub fn cut_screen(locale: Locale, desk: Result<Desk, Refusal>, token: &str) -> AnyView {
    ask_screen(locale, td_string!(locale, manager.cut_title), desk, move |desk| match desk.old.into_iter().find(|old| old.token == token) {
        Some(old) => view! { <CutForm old done=Callback::new(|()| {})/> }.into_any(),
        None => view! {
            <Empty title=td_string!(locale, manager.cut_already)>
                <a class="button" href=HOME>{td_string!(locale, manager.to_code)}</a>
            </Empty>
        }
        .into_any(),
    })
}

#[cfg(feature = "ssr")]
fn ask_screen(locale: Locale, title: &'static str, desk: Result<Desk, Refusal>, form: impl FnOnce(Desk) -> AnyView) -> AnyView {
    view! {
        <Bar title back=Some((HOME, td_string!(locale, manager.to_code)))/>
        <main id="main" tabindex="-1">
            {match desk {
                Err(refusal) => view! { <Refused locale refusal again=HOME.to_owned()/> }.into_any(),
                Ok(desk) => view! { <div class="card">{form(desk)}</div> }.into_any(),
            }}
        </main>
    }
    .into_any()
}

/// What a form that asks is doing.
#[derive(Clone, Copy)]
struct Asking {
    till: Till,
    locale: Locale,
    is_busy: RwSignal<bool>,
    refusal: RwSignal<Option<Refusal>>,
}

impl Asking {
    fn new() -> Asking {
        let till = till();
        Asking { till, locale: till.locale, is_busy: RwSignal::new(false), refusal: RwSignal::new(None) }
    }

    /// Sends what the form asks for, once at a time; the same request twice is done once by the server too.
    fn send(self, event: &SubmitEvent, done: Callback<()>, act: impl Future<Output = Result<Desk, Refusal>> + 'static) {
        event.prevent_default();
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        self.refusal.set(None);
        leptos::task::spawn_local(async move {
            match act.await {
                Ok(desk) => {
                    self.till.desk_is(desk);
                    done.run(());
                }
                Err(Refusal::SignIn) => sign_in(),
                Err(refusal) => drop(self.refusal.try_set(Some(refusal))),
            }
            self.is_busy.try_set(false);
        });
    }

    fn trouble(self) -> impl IntoView {
        let text = move || self.refusal.get().map(|refusal| sentence(self.locale, &refusal));
        view! { <div role="alert">{move || text().map(|text| view! { <p class="note note-bad">{text}</p> })}</div> }
    }

    fn buttons(self, act: &'static str, done: Callback<()>) -> impl IntoView {
        let locale = self.locale;
        let label = move || if self.is_busy.get() { td_string!(locale, manager.working) } else { act };
        let back = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            done.run(());
        };
        view! {
            <div class="ask-acts">
                <a class="button button-quiet" href=HOME on:click=back>{td_string!(locale, manager.cancel)}</a>
                <button class="button" type="submit" aria-disabled=move || self.is_busy.get().then_some("true")>{label}</button>
            </div>
        }
    }
}

/// The form that refreshes.
#[component]
pub fn RefreshForm(
    /// The token that is shown, and will be replaced.
    token: String,
    /// Runs when it is done or given up.
    done: Callback<()>,
) -> impl IntoView {
    let asking = Asking::new();
    let locale = asking.locale;
    let seen = token.clone();
    let on_submit = move |event: SubmitEvent| asking.send(&event, done, api::refresh_code(seen.clone()));
    view! {
        <form method="post" action="/m/refresh" on:submit=on_submit>
            <input type="hidden" name="seen" value=token/>
            <h2 id="refresh-asks">{td_string!(locale, manager.refresh_asks)}</h2>
            <ul class="facts">
                <li>{td_string!(locale, manager.refresh_new)}</li>
                <li>{td_string!(locale, manager.refresh_old)}</li>
                <li>{td_string!(locale, manager.refresh_open)}</li>
                <li>{td_string!(locale, manager.refresh_settings)}</li>
            </ul>
            {asking.trouble()}
            {asking.buttons(td_string!(locale, manager.refresh_do), done)}
        </form>
    }
    .into_any()
}

/// The form that cuts an old code.
#[component]
pub fn CutForm(
    /// The old code.
    old: OldCode,
    /// Runs when it is done or given up.
    done: Callback<()>,
) -> impl IntoView {
    let asking = Asking::new();
    let locale = asking.locale;
    let token = old.token.clone();
    let on_submit = move |event: SubmitEvent| asking.send(&event, done, api::cut_code(token.clone()));
    let until = fill(td_string!(locale, manager.cut_otherwise), &[("time", &clock(old.ends_at_ms))]);
    view! {
        <form method="post" action="/m/cut" on:submit=on_submit>
            <input type="hidden" name="token" value=old.token/>
            <h2 id="cut-asks">{fill(td_string!(locale, manager.cut_asks), &[("name", &old.name)])}</h2>
            <ul class="facts">
                <li>{td_string!(locale, manager.cut_effect)}</li>
                <li>{td_string!(locale, manager.cut_spares)}</li>
                <li>{until}</li>
            </ul>
            {asking.trouble()}
            {asking.buttons(td_string!(locale, manager.cut_do), done)}
        </form>
    }
    .into_any()
}
