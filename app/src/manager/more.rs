//! 展开: everything else that can be done with the code. The row opens without the program; what needs it is shown only with it.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::manager::Desk;
use crate::manager::picture::{Picture, compose};
use crate::mobile::till::till;
use crate::ui::dialog::Dialog;
use crate::ui::{device, fill, icons};

/// What sharing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shared {
    /// The address lies on the clipboard.
    Copied,
    /// Neither sharing nor copying works here: the address is shown, to be copied by hand.
    ByHand,
}

/// The row of acts under the code.
#[component]
pub fn More(
    /// The code.
    desk: Memo<Desk>,
    /// Opens the question whether to refresh.
    is_asking: RwSignal<bool>,
) -> impl IntoView {
    let locale = till().locale;
    let is_full = RwSignal::new(false);
    let is_saving = RwSignal::new(false);
    let shared: RwSignal<Option<Shared>> = RwSignal::new(None);
    let picture: RwSignal<Option<Picture>> = RwSignal::new(None);
    let opens = move |open: RwSignal<bool>| {
        move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            open.set(true);
        }
    };
    let share = move |_| {
        let (title, url) = desk.with_untracked(|desk| (share_title(locale, desk), desk.pay_url.clone()));
        leptos::task::spawn_local(async move {
            let said = match device::share(&title, &url).await {
                device::Share::Done | device::Share::GivenUp => None,
                device::Share::Impossible if device::copy(&url).await => Some(Shared::Copied),
                device::Share::Impossible => Some(Shared::ByHand),
            };
            shared.try_set(said);
        });
    };
    let save = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let desk = desk.get_untracked();
        is_saving.set(true);
        leptos::task::spawn_local(async move {
            let made = compose(locale, &desk).await;
            picture.try_set(Some(made));
        });
    };
    // What opens below the tabs would be taken for nothing.
    let show_all = move |_event: leptos::ev::Event| {
        #[cfg(target_arch = "wasm32")]
        crate::ui::browser::into_sight(&_event);
    };
    let old_count = move || desk.with(|desk| desk.old.len());
    view! {
        <details class="more-acts" on:toggle=show_all>
            <summary class="button button-quiet">{icons::unfold()} {td_string!(locale, manager.unfold)}</summary>
            <ul class="tiles">
                <li><a href="/m/refresh" on:click=opens(is_asking)>{icons::refresh()} <span>{td_string!(locale, manager.refresh)}</span></a></li>
                <li><a href="/m/codes">{icons::switch()} <span>{td_string!(locale, manager.switch)}</span></a></li>
                <li hidden=move || old_count() == 0>
                    <a href="#old-codes" rel="external">{icons::clock()} <span>{td_string!(locale, manager.old_short)} " " {old_count}</span></a>
                </li>
                <li class="with-program"><button type="button" on:click=share>{icons::share()} <span>{td_string!(locale, manager.share)}</span></button></li>
                <li><a href="/m/code.png" rel="external" on:click=save>{icons::save()} <span>{td_string!(locale, manager.save_picture)}</span></a></li>
                <li class="with-program">
                    <button type="button" on:click=opens(is_full)>{icons::full()} <span>{td_string!(locale, manager.full)}</span></button>
                </li>
            </ul>
            <SharedNote desk shared/>
        </details>
        <Dialog open=is_saving labelledby="save-title">
            <Saving picture/>
        </Dialog>
        <Full desk open=is_full/>
    }
    .into_any()
}

fn share_title(locale: Locale, desk: &Desk) -> String {
    fill(td_string!(locale, manager.share_text), &[("merchant", &desk.merchant_name), ("manager", &desk.manager_name)])
}

/// Says what sharing came to. What was shared can be made to end by a refresh, which is said beside it.
#[component]
fn SharedNote(desk: Memo<Desk>, shared: RwSignal<Option<Shared>>) -> impl IntoView {
    let locale = till().locale;
    view! {
        <div role="status" aria-live="polite">
            {move || shared.get().map(|shared| {
                let (text, url) = match shared {
                    Shared::Copied => (td_string!(locale, manager.copied), None),
                    Shared::ByHand => (td_string!(locale, manager.copy_by_hand), Some(desk.with(|desk| desk.pay_url.clone()))),
                };
                view! {
                    <p class="note">{text} {url.map(|url| view! { <code class="long">{url}</code> })}</p>
                    <p class="quiet">{td_string!(locale, manager.share_hint)}</p>
                }
            })}
        </div>
    }
    .into_any()
}

/// The composed picture: a long press saves it inside WeChat, a link elsewhere.
#[component]
fn Saving(picture: RwSignal<Option<Picture>>) -> impl IntoView {
    let locale = till().locale;
    view! {
        <h2 id="save-title">{td_string!(locale, manager.save_picture)}</h2>
        {move || picture.get().map(|picture| view! {
            <img class="composed" src=picture.data_uri.clone() alt=picture.words.clone()/>
            <p class="quiet">{td_string!(locale, manager.save_hint)}</p>
            <a class="button" href=picture.data_uri download=picture.file_name rel="external">{icons::save()} {td_string!(locale, manager.save_do)}</a>
        })}
        <form method="dialog"><button class="button button-quiet" type="submit">{td_string!(locale, manager.close)}</button></form>
    }
    .into_any()
}

/// The code as large as the screen, which stays on meanwhile.
#[component]
fn Full(desk: Memo<Desk>, open: RwSignal<bool>) -> impl IntoView {
    let locale = till().locale;
    device::stay_awake_while(open);
    let picture = move || desk.with(|desk| desk.qr_png_data_uri.clone());
    let who = move || desk.with(|desk| format!("{} · {}", desk.merchant_name, desk.manager_name));
    let alt = move || desk.with(|desk| fill(td_string!(locale, manager.qr_alt), &[("name", &desk.merchant_name)]));
    view! {
        <Dialog open labelledby="full-title" look="full">
            <h2 id="full-title">{who}</h2>
            {move || open.get().then(|| view! { <img class="big" src=picture() alt=alt() width="288" height="288"/> })}
            <p>{td_string!(locale, manager.full_hint)}</p>
            <form method="dialog"><button class="button button-quiet" type="submit">{td_string!(locale, manager.close)}</button></form>
        </Dialog>
    }
    .into_any()
}
