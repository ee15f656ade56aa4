//! What is owed, by age.

use domain::Fen;
use domain::receivable::{Age, Ageing};
use leptos::prelude::*;

use super::HERE;
use super::words::items;
use crate::Locale;
use crate::i18n::*;
use crate::ui::parts::Bar;
use crate::ui::yuan;

/// The title of the summary.
pub fn ageing_title(locale: Locale) -> &'static str {
    td_string!(locale, receivables.ageing_title)
}

/// The summary.
pub fn ageing_screen(locale: Locale, ageing: &Ageing) -> AnyView {
    let line = |name: &'static str, count: u64, sum: Fen| {
        view! { <div><dt>{name}<br/><span class="quiet">{items(locale, count)}</span></dt><dd>{yuan(sum)}</dd></div> }
    };
    let lines = ageing.ages().map(|(age, count, sum)| line(name(locale, age), count, sum)).collect_view();
    let (count, sum) = ageing.total();
    view! {
        <Bar title=ageing_title(locale) back=Some((HERE, td_string!(locale, receivables.back)))/>
        <main id="main" class="one" tabindex="-1">
            <dl class="card pairs">
                {lines}
                {line(td_string!(locale, receivables.ageing_total), count, sum)}
            </dl>
        </main>
    }
    .into_any()
}

fn name(locale: Locale, age: Age) -> &'static str {
    match age {
        Age::NotDue => td_string!(locale, receivables.age_not_due),
        Age::To30 => td_string!(locale, receivables.age_30),
        Age::To60 => td_string!(locale, receivables.age_60),
        Age::To90 => td_string!(locale, receivables.age_90),
        Age::Over90 => td_string!(locale, receivables.age_over),
    }
}
