//! The list of concerns, newest first. It pages by links; with the program the same link fetches and appends.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::Refusal;
use crate::concerns::card::ConcernCard;
use crate::concerns::{ConcernPage, ConcernQuery, ConcernRow, Place, api};
use crate::i18n::*;
use crate::manager::LinkState;
use crate::mobile::till::{Asked, till};
use crate::mobile::{Seed, arrive, ask, sign_in};
use crate::ui::icons;
use crate::ui::parts::{Bar, Empty, Loading, Refused, sentence};

/// The list of concerns.
#[component]
pub fn ConcernsScreen() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let is_first = !till.has_moved.get_untracked();
    arrive(td_string!(locale, concerns.title));
    let query = ConcernQuery::of_url(&use_location().search.get_untracked());
    // What the page carries is of the moment when it was made; a screen that is opened later asks anew.
    let carried = use_context::<Seed>().and_then(|seed| seed.concerns).filter(|(of, _)| is_first && *of == query);
    let page: RwSignal<Asked<ConcernPage>> = RwSignal::new(carried.map(|(_, page)| page));
    Effect::new(move |_| {
        if page.with_untracked(Option::is_none) {
            ask(page, api::load_page(query));
        }
    });
    view! {
        <Bar title=td_string!(locale, concerns.title) back=Some(("/m", td_string!(locale, manager.to_code)))>
            <LinkState/>
        </Bar>
        <main id="main" class="list" tabindex="-1">
            {move || match page.get() {
                None => view! { <Loading locale/> }.into_any(),
                Some(Err(refusal)) => view! { <Refused locale refusal again=query.url()/> }.into_any(),
                Some(Ok(page)) if page.rows.is_empty() => view! {
                    <Empty title=td_string!(locale, concerns.empty)>
                        <p class="quiet">{td_string!(locale, concerns.empty_hint)}</p>
                        <a class="button" href="/m">{td_string!(locale, manager.to_code)}</a>
                    </Empty>
                }
                .into_any(),
                Some(Ok(page)) => view! { <Rows page/> }.into_any(),
            }}
        </main>
    }
    .into_any()
}

#[component]
fn Rows(page: ConcernPage) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let known = RwSignal::new(page.count.unseen);
    let rows: RwSignal<Vec<RwSignal<ConcernRow>>> = RwSignal::new(page.rows.into_iter().map(RwSignal::new).collect());
    let next = RwSignal::new(page.next);
    // Rows do not jump under a thumb: what came meanwhile is announced, and a tap shows it.
    let is_stale = Memo::new(move |_| till.concerns.get().unseen > known.get());
    Effect::new(move |_| {
        let unseen = till.concerns.get().unseen;
        if unseen < known.get_untracked() {
            known.set(unseen);
        }
    });
    view! {
        <div class="fresh" role="status" aria-live="polite">
            {move || is_stale.get().then(|| view! {
                <a class="pill" href="/m/concerns" rel="external">{icons::up()} {td_string!(locale, concerns.changed)}</a>
            })}
        </div>
        <For each=move || rows.get() key=|row| row.with_untracked(|row| row.id) let:row>
            <ConcernCard row is_alone=false/>
        </For>
        <Older rows next/>
    }
    .into_any()
}

/// The way to older ones: a link, which the program turns into fetching and appending.
#[component]
fn Older(rows: RwSignal<Vec<RwSignal<ConcernRow>>>, next: RwSignal<Option<Place>>) -> impl IntoView {
    let locale = till().locale;
    let (is_busy, problem) = (RwSignal::new(false), RwSignal::new(None::<Refusal>));
    let more = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        let query = ConcernQuery { before: next.get_untracked() };
        leptos::task::spawn_local(async move {
            match api::load_page(query).await {
                Ok(page) => {
                    next.set(page.next);
                    rows.update(|rows| rows.extend(unknown(rows, page.rows)));
                    problem.set(None);
                }
                Err(Refusal::SignIn) => return sign_in(),
                Err(refusal) => problem.set(Some(refusal)),
            }
            is_busy.set(false);
        });
    };
    view! {
        <div class="older">
            {move || problem.get().map(|refusal| view! { <p class="note note-bad" role="alert">{sentence(locale, &refusal)}</p> })}
            {move || match next.get() {
                Some(before) => view! {
                    <a class="button button-quiet" href=ConcernQuery { before: Some(before) }.url() on:click=more
                        aria-busy=move || is_busy.get().to_string()>{td_string!(locale, concerns.older)}</a>
                }
                .into_any(),
                None => view! { <p class="quiet" role="status">{td_string!(locale, concerns.the_end)}</p> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// The rows of a page that are not shown yet: one may have moved between two questions.
fn unknown(shown: &[RwSignal<ConcernRow>], page: Vec<ConcernRow>) -> Vec<RwSignal<ConcernRow>> {
    let is_shown = |row: &ConcernRow| shown.iter().any(|known| known.with_untracked(|known| known.id == row.id));
    page.into_iter().filter(|row| !is_shown(row)).map(RwSignal::new).collect()
}
