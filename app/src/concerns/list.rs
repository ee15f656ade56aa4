//! The list of concerns, newest first, a page at a time.

use leptos::prelude::*;

use crate::concerns::card::concern_card;
use crate::concerns::{ConcernPage, ConcernQuery};
use crate::i18n::*;
use crate::receipts::Reader;
use crate::ui::icons;
use crate::ui::parts::{Bar, Empty, Refused};
use crate::{Locale, Refusal};

/// The list of concerns, from the place that `query` names.
pub fn concerns_screen(locale: Locale, query: ConcernQuery, page: Result<ConcernPage, Refusal>) -> AnyView {
    view! {
        <Bar title=td_string!(locale, concerns.title) back=Some(("/m", td_string!(locale, manager.to_code)))/>
        <main id="main" class="list" tabindex="-1">
            {match page {
                Err(refusal) => view! { <Refused locale refusal again=query.url()/> }.into_any(),
                Ok(page) if page.rows.is_empty() => view! {
                    <Empty title=td_string!(locale, concerns.empty)>
                        <p class="quiet">{td_string!(locale, concerns.empty_hint)}</p>
                        <a class="button" href="/m">{td_string!(locale, manager.to_code)}</a>
                    </Empty>
                }
                .into_any(),
                Ok(page) => rows(locale, query, page).into_any(),
            }}
        </main>
    }
    .into_any()
}

fn rows(locale: Locale, query: ConcernQuery, page: ConcernPage) -> impl IntoView {
    let here = query.url();
    let cards = page.rows.iter().map(|row| concern_card(locale, Reader::Manager, row, &here, false)).collect_view();
    view! {
        {query.before.is_some().then(|| view! {
            <p class="newest"><a class="pill" href="/m/concerns">{icons::up()} {td_string!(locale, receipts.newest)}</a></p>
        })}
        // Rows do not jump under a thumb: what came meanwhile is announced, and a tap shows it.
        <div class="fresh" role="status" aria-live="polite">
            <a class="pill" href="/m/concerns" rel="external" data-unseen=page.count.unseen.to_string() hidden>{icons::up()} {td_string!(locale, concerns.changed)}</a>
        </div>
        {cards}
        <div class="older">
            {match page.next {
                Some(before) => view! {
                    <a class="button button-quiet" href=ConcernQuery { before: Some(before) }.url()>{td_string!(locale, concerns.older)}</a>
                }
                .into_any(),
                None => view! { <p class="quiet" role="status">{td_string!(locale, concerns.the_end)}</p> }.into_any(),
            }}
        </div>
    }
}
