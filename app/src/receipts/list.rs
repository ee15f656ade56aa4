//! The list of receipts: newest first, by day, older ones on demand. Every part of it has an address, so that it can be paged
//! by links alone; with the program the same link fetches and appends.

use domain::receipt::ReceiptState;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::Locale;
use crate::Refusal;
use crate::concerns::ConcernLine;
use crate::i18n::*;
use crate::manager::LinkState;
use crate::mobile::till::{Till, till};
use crate::mobile::{UpdateLink, arrive, sign_in};
use crate::receipts::listing::Loaded;
use crate::receipts::narrow::Narrow;
use crate::receipts::{Cursor, DayTotal, ReceiptQuery, ReceiptRow, api};
use crate::ui::fill;
use crate::ui::icons;
use crate::ui::moments::{clock, date, day as in_words, payments};
use crate::ui::parts::{Bar, Empty, Loading, Refused, sentence};
use crate::ui::yuan;

/// The list of receipts.
#[component]
pub fn ListScreen() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    arrive(td_string!(locale, receipts.title));
    let search = use_location().search;
    let query = Memo::new(move |_| ReceiptQuery::of_url(&search.get()));
    begin(till, query);
    let is_older = move || query.with(|query| query.before.is_some());
    view! {
        <Bar title=td_string!(locale, receipts.title)>
            <LinkState/>
            <UpdateLink/>
        </Bar>
        <main id="main" class="list" tabindex="-1" on:click=move |_| till.listing.scrolled.set(scrolled())>
            <Fresh query/>
            <ConcernLine/>
            <Narrow query/>
            {move || is_older().then(|| view! {
                <p class="newest"><a class="pill" href=query.with(|query| query.from_place(None)).url()>{icons::up()} {td_string!(locale, receipts.newest)}</a></p>
            })}
            <Body query/>
        </main>
    }
    .into_any()
}

/// Loads the beginning of the list that the address names, unless this very list is loaded already; then returns to where it
/// was left.
fn begin(till: Till, query: Memo<ReceiptQuery>) {
    let listing = till.listing;
    Effect::new(move |_| {
        let query = query.get();
        let is_here = listing.loaded.with_untracked(|loaded| loaded.begun.as_ref() == Some(&query));
        let is_whole = listing.refused.with_untracked(Option::is_none);
        if is_here && is_whole {
            // The place is taken up once the rows are laid out.
            request_animation_frame(move || scroll_to(listing.scrolled.try_update(std::mem::take).unwrap_or_default()));
            return;
        }
        if !is_here {
            listing.loaded.set(Loaded::default());
        }
        load(till, query, None);
    });
}

/// Asks for a page: the beginning, or what follows `after`.
fn load(till: Till, query: ReceiptQuery, after: Option<Cursor>) {
    let listing = till.listing;
    if after.is_some() && listing.is_busy.get_untracked() {
        return;
    }
    listing.is_busy.set(true);
    let turn = listing.asked.get_untracked() + 1;
    listing.asked.set(turn);
    let fresh_before = till.fresh.get_untracked();
    leptos::task::spawn_local(async move {
        let answer = api::load_page(query.from_place(after.or(query.before))).await;
        if listing.asked.try_get_untracked() != Some(turn) {
            return;
        }
        listing.is_busy.set(false);
        match answer {
            Ok(page) if after.is_some() => listing.loaded.update(|loaded| loaded.append(page)),
            Ok(page) => return till.listing_is(query, page, fresh_before),
            Err(Refusal::SignIn) => return sign_in(),
            Err(refusal) => return listing.refused.set(Some(refusal)),
        }
        listing.refused.set(None);
    });
}

/// How many came since the list was loaded. It floats above the list, so that no row moves; a tap loads them.
#[component]
fn Fresh(query: Memo<ReceiptQuery>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let text = move |count: u64| match count {
        1 => td_string!(locale, receipts.fresh_one).to_owned(),
        _ => fill(td_string!(locale, receipts.fresh), &[("count", &count)]),
    };
    let show = move |event: leptos::ev::MouseEvent| {
        scroll_to(0);
        if !query.with_untracked(ReceiptQuery::is_newest) {
            // Another list is shown; the link leads to this one.
            till.listing.loaded.set(Loaded::default());
            return;
        }
        event.prevent_default();
        load(till, ReceiptQuery::default(), None);
    };
    view! {
        <div class="fresh" role="status" aria-live="polite">
            {move || Some(till.fresh.get()).filter(|count| *count > 0).map(|count| view! {
                <a class="pill" href="/m/receipts" on:click=show>{icons::up()} {text(count)}</a>
            })}
        </div>
    }
    .into_any()
}

#[component]
fn Body(query: Memo<ReceiptQuery>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let listing = till.listing;
    let shown = Memo::new(move |_| {
        let (begun, empty) = listing.loaded.with(|loaded| (loaded.begun.is_some(), loaded.rows.is_empty() && loaded.next.is_none()));
        let is_bare = listing.loaded.with(|loaded| loaded.rows.is_empty());
        (begun, empty, listing.refused.get().filter(|_| is_bare))
    });
    move || match shown.get() {
        (_, _, Some(refusal)) => view! { <Refused locale refusal again=query.with(ReceiptQuery::url)/> }.into_any(),
        (false, _, None) => view! { <Loading locale/> }.into_any(),
        (true, true, None) => view! { <Nothing query/> }.into_any(),
        (true, false, None) => view! {
            <For each=move || listing.loaded.with(|loaded| loaded.days.clone()) key=|day| *day let:day>
                <DayGroup day=day.0 total=day.1/>
            </For>
            <Older query/>
        }
        .into_any(),
    }
}

/// Says that there is nothing, and what can be done about it.
#[component]
fn Nothing(query: Memo<ReceiptQuery>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let is_too_short = till.listing.loaded.with(|loaded| loaded.is_too_short);
    if is_too_short {
        return view! { <Empty title=td_string!(locale, receipts.too_short)><p class="quiet">{td_string!(locale, receipts.too_short_hint)}</p></Empty> }
            .into_any();
    }
    if query.with(ReceiptQuery::is_newest) {
        return view! {
            <Empty title=td_string!(locale, receipts.empty)>
                <p class="quiet">{td_string!(locale, receipts.empty_hint)}</p>
                <a class="button" href="/m">{td_string!(locale, manager.to_code)}</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title=td_string!(locale, receipts.nothing_found)>
            <p class="quiet">{td_string!(locale, receipts.nothing_found_hint)}</p>
            <a class="button" href="/m/receipts">{td_string!(locale, receipts.all)}</a>
            <p><a class="quiet-link" href=query.with(ReceiptQuery::claim_url)>{td_string!(locale, receipts.claimed)}</a></p>
        </Empty>
    }
    .into_any()
}

#[component]
fn DayGroup(day: domain::Day, total: Option<DayTotal>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let loaded = till.listing.loaded;
    let today = loaded.with_untracked(|loaded| loaded.today);
    let id = format!("day-{day}");
    view! {
        <section aria-labelledby=id.clone()>
            <div class="day">
                <h2 id=id.clone()>{in_words(locale, day, today)}</h2>
                {total.map(|total| view! { <p>{payments(locale, total.count)} " · " {yuan(total.sum_fen)}</p> })}
            </div>
            <ul class="card rows">
                <For each=move || loaded.with(|loaded| loaded.of_day(day)) key=|row| row.payment let:row>
                    <li><Row row locale/></li>
                </For>
            </ul>
        </section>
    }
    .into_any()
}

#[component]
fn Row(row: ReceiptRow, locale: Locale) -> impl IntoView {
    let state = row.state();
    let ReceiptRow { payment, title, detail, code_name, amount_fen, refunding_fen, refunded_fen, at_ms } = row;
    let (title, below) = match (title.is_empty(), detail.is_empty()) {
        (true, _) => (code_name, detail),
        (false, true) => (title, code_name),
        (false, false) => (title, format!("{detail} · {code_name}")),
    };
    let returned = if refunding_fen.is_positive() { refunding_fen } else { refunded_fen };
    view! {
        <a class="row" href=format!("/m/receipts/{payment}")>
            <span class="row-title">{title}</span>
            <span class="row-sum">{yuan(amount_fen)}</span>
            <span class="row-below">
                {below} " "
                <Tag state locale/>
                {(state != ReceiptState::Collected).then(|| view! { " " <span class="returned">{yuan(returned)}</span> })}
            </span>
            <time class="row-time">{clock(at_ms)}</time>
        </a>
    }
    .into_any()
}

/// A state in a word and a colour.
#[component]
pub fn Tag(
    /// The state.
    state: ReceiptState,
    /// The language.
    locale: Locale,
) -> impl IntoView {
    let kind = match state {
        ReceiptState::Collected => "good",
        ReceiptState::Refunding | ReceiptState::PartlyRefunded => "wait",
        ReceiptState::Refunded => "gone",
    };
    view! { <span class="tag" data-kind=kind>{state_name(locale, state)}</span> }.into_any()
}

/// A state in a word.
pub fn state_name(locale: Locale, state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::Collected => td_string!(locale, receipts.collected),
        ReceiptState::Refunding => td_string!(locale, receipts.refunding),
        ReceiptState::PartlyRefunded => td_string!(locale, receipts.partly_refunded),
        ReceiptState::Refunded => td_string!(locale, receipts.refunded),
    }
}

/// The way to older receipts: a link, which also acts when it comes into sight.
#[component]
fn Older(query: Memo<ReceiptQuery>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let listing = till.listing;
    let link = NodeRef::<leptos::html::A>::new();
    let next = Memo::new(move |_| listing.loaded.with(|loaded| loaded.next));
    let more = move || {
        if let Some(next) = next.get_untracked() {
            load(till, query.get_untracked(), Some(next));
        }
    };
    let on_click = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        more();
    };
    // After a refusal only a tap tries again, or a dead network would be asked for ever.
    when_in_sight(link, move || {
        if listing.refused.with_untracked(Option::is_none) {
            more()
        }
    });
    let problem =
        move || listing.refused.get().map(|refusal| view! { <p class="note note-bad" role="alert">{sentence(locale, &refusal)}</p> });
    let label = move || if listing.is_busy.get() { td_string!(locale, manager.loading) } else { td_string!(locale, receipts.older) };
    // A search says how far it has come, because it may find nothing for a while.
    let reached = move || {
        let (next, today) = (next.get()?, listing.loaded.with(|loaded| loaded.today));
        query
            .with(|query| !query.words.is_empty())
            .then(|| fill(td_string!(locale, receipts.searched_to), &[("date", &date(locale, next.at_ms.day(), today))]))
    };
    view! {
        <div class="older">
            {problem}
            {move || reached().map(|text| view! { <p class="quiet" role="status">{text}</p> })}
            {move || match next.get() {
                Some(cursor) => view! {
                    <a class="button button-quiet" node_ref=link href=query.with(|query| query.from_place(Some(cursor))).url() on:click=on_click
                        aria-busy=move || listing.is_busy.get().to_string()>{label}</a>
                }
                .into_any(),
                None => view! { <p class="quiet" role="status">{td_string!(locale, receipts.the_end)}</p> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// Acts whenever the element comes near the screen, also when it is another one than before.
#[cfg(target_arch = "wasm32")]
fn when_in_sight(link: NodeRef<leptos::html::A>, act: impl Fn() + Clone + 'static) {
    use js_sys::Array;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{IntersectionObserver, IntersectionObserverEntry};

    Effect::new(move |_| {
        let Some(link) = link.get() else { return };
        let act = act.clone();
        let seen = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            let in_sight =
                |entry: wasm_bindgen::JsValue| entry.dyn_into().is_ok_and(|entry: IntersectionObserverEntry| entry.is_intersecting());
            if entries.iter().any(in_sight) {
                act();
            }
        });
        let Ok(observer) = IntersectionObserver::new(seen.as_ref().unchecked_ref()) else { return };
        observer.observe(&link);
        let kept = StoredValue::new_local((observer, seen));
        on_cleanup(move || {
            kept.try_with_value(|(observer, _)| observer.disconnect());
        });
    });
}

#[cfg(not(target_arch = "wasm32"))]
fn when_in_sight(_: NodeRef<leptos::html::A>, _: impl Fn() + Clone + 'static) {}

#[cfg(target_arch = "wasm32")]
fn scroll_to(place: i32) {
    window().scroll_to_with_x_and_y(0.0, place.into());
}

#[cfg(not(target_arch = "wasm32"))]
fn scroll_to(_: i32) {}

#[cfg(target_arch = "wasm32")]
fn scrolled() -> i32 {
    window().scroll_y().map_or(0, |place| place as i32)
}

#[cfg(not(target_arch = "wasm32"))]
fn scrolled() -> i32 {
    0
}
