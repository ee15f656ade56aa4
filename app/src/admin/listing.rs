//! What lists have in common: a search, and turning pages.

use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;

/// Where in a list a page is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// What was searched.
    pub query: String,
    /// How many there are that match.
    pub count: usize,
    /// Which page this is, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

impl Place {
    /// The place of page `wanted` (from 1) in a list of `count`, `rows` to a page; the last page when there is no such one.
    pub fn of(query: String, count: usize, wanted: usize, rows: usize) -> Place {
        let pages = count.div_ceil(rows).max(1);
        Place { query, count, page: wanted.clamp(1, pages), pages }
    }

    /// How many rows stand before this page.
    pub const fn skip(&self, rows: usize) -> usize {
        self.page.saturating_sub(1).saturating_mul(rows)
    }
}

/// The field that searches the list at `path`.
pub(super) fn search(locale: Locale, path: &'static str, label: &'static str, query: &str) -> AnyView {
    let all = (!query.is_empty()).then(|| view! { <a class="link" href=path>{td_string!(locale, office.show_all)}</a> });
    view! {
        <form class="seek" role="search" method="get" action=path>
            <input name="q" type="search" aria-label=label placeholder=label value=query.to_owned() maxlength="60"/>
            <button class="button button-quiet" type="submit">{td_string!(locale, office.find)}</button>
            {all}
        </form>
    }
    .into_any()
}

/// Links to the pages before and after, where there are any.
pub(super) fn turns(locale: Locale, path: &'static str, place: &Place) -> Option<AnyView> {
    if place.pages < 2 {
        return None;
    }
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("q", &place.query).finish();
    let to = |page: usize| format!("{path}?{query}&page={page}");
    let before =
        (place.page > 1).then(|| view! { <a class="link" rel="prev" href=to(place.page - 1)>{td_string!(locale, office.earlier)}</a> });
    let after = (place.page < place.pages)
        .then(|| view! { <a class="link" rel="next" href=to(place.page + 1)>{td_string!(locale, office.next)}</a> });
    let text = fill(td_string!(locale, office.page_of), &[("page", &place.page), ("pages", &place.pages)]);
    Some(view! { <nav class="turns" aria-label=text.clone()>{before}<span class="quiet">{text.clone()}</span>{after}</nav> }.into_any())
}

/// An empty list, with what to do about it where nothing was searched.
pub(super) fn nothing(locale: Locale, query: &str, none: &'static str, hint: &'static str) -> AnyView {
    let (title, hint) = if query.is_empty() { (none, Some(hint)) } else { (td_string!(locale, office.none_found), None) };
    view! { <div class="empty card"><p class="empty-title">{title}</p>{hint.map(|hint| view! { <p class="quiet">{hint}</p> })}</div> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_the_end_is_the_last_one() {
        let table =
            [((0, 1), (1, 1, 0)), ((50, 2), (1, 1, 0)), ((51, 2), (2, 2, 50)), ((1_000, 99), (20, 20, 950)), ((1_000, 0), (1, 20, 0))];
        for ((count, wanted), (page, pages, skip)) in table {
            let place = Place::of(String::new(), count, wanted, 50);
            assert_eq!((place.page, place.pages, place.skip(50)), (page, pages, skip), "{count} {wanted}");
        }
    }
}
