//! The quiet line that says how much there is to look at. It takes no space while there is nothing.

use leptos::prelude::*;

use crate::Locale;
use crate::concerns::ConcernCount;
use crate::i18n::*;
use crate::mobile::till::till;
use crate::ui::fill;
use crate::ui::icons;

/// A link to what there is to look at, kept up to date by the live stream; nothing while there is nothing.
#[component]
pub fn ConcernLine() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let shown = Memo::new(move |_| till.concerns.get());
    let kind = move || if shown.get().unseen > 0 { "new" } else { "wait" };
    view! {
        <div class="concern-line" role="status" aria-live="polite">
            {move || words(locale, shown.get()).map(|words| view! {
                <a class="card" href="/m/concerns" data-kind=kind>
                    {icons::attention()} <span>{words}</span> {icons::onward()}
                </a>
            })}
        </div>
    }
    .into_any()
}

/// What has not been seen is said first; what waits for somebody else is said when nothing is new.
fn words(locale: Locale, count: ConcernCount) -> Option<String> {
    match (count.unseen, count.waiting) {
        (0, 0) => None,
        (0, 1) => Some(td_string!(locale, concerns.one_waiting).to_owned()),
        (0, waiting) => Some(fill(td_string!(locale, concerns.waiting), &[("count", &waiting)])),
        (1, _) => Some(td_string!(locale, concerns.one_unseen).to_owned()),
        (unseen, _) => Some(fill(td_string!(locale, concerns.unseen), &[("count", &unseen)])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_said_before_what_waits_for_somebody_else() {
        let table = [
            ((0, 0), None),
            ((1, 0), Some("1 payment needs a look")),
            ((3, 7), Some("3 payments need a look")),
            ((0, 1), Some("1 payment waits for the administrator")),
            ((0, 2), Some("2 payments wait for the administrator")),
        ];
        for ((unseen, waiting), expected) in table {
            assert_eq!(words(Locale::en, ConcernCount { unseen, waiting }).as_deref(), expected);
        }
    }
}
