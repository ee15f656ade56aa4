//! 切换: which of the manager's codes is shown (row E13). An administrator makes them; each knows some of the answers already.

use leptos::prelude::*;

use crate::i18n::*;
use crate::manager::OwnCode;
use crate::manager::old::amount_words;
use crate::ui::icons;
use crate::ui::parts::{Bar, Empty, Refused};
use crate::{Locale, Refusal};

/// The codes that may be shown, with a search over their names and answers: `words` are those of the address.
pub fn choose_screen(locale: Locale, codes: Result<Vec<OwnCode>, Refusal>, words: &str) -> AnyView {
    view! {
        <Bar title=td_string!(locale, manager.switch_title) back=Some(("/m", td_string!(locale, manager.to_code)))/>
        <main id="main" class="choose" tabindex="-1">
            {match codes {
                Err(refusal) => view! { <Refused locale refusal again="/m/codes".to_owned()/> }.into_any(),
                Ok(codes) => choices(locale, codes, words).into_any(),
            }}
        </main>
    }
    .into_any()
}

/// Every code is on the page, so that searching again needs no server; those that do not fit are hidden.
fn choices(locale: Locale, codes: Vec<OwnCode>, words: &str) -> impl IntoView {
    let is_none = !codes.iter().any(|code| code.is_found_by(words));
    view! {
        <form class="seek" method="get" action="/m/codes" role="search" hidden={codes.len() < 2}>
            <label class="unseen" for="q">{td_string!(locale, manager.switch_search)}</label>
            <input id="q" name="q" type="search" autocomplete="off" placeholder=td_string!(locale, manager.switch_search)
                value=words.to_owned() data-filter="codes"/>
            <noscript><button class="button button-quiet" type="submit">{td_string!(locale, manager.search_do)}</button></noscript>
        </form>
        <div id="codes-none" hidden=!is_none><Empty title=td_string!(locale, manager.switch_none)/></div>
        <ul class="choices-list" id="codes">
            {codes.into_iter().map(|code| {
                let (is_found, said) = (code.is_found_by(words), code.said());
                view! { <li hidden=!is_found data-words=said>{choice(locale, code)}</li> }
            }).collect_view()}
        </ul>
        <p class="quiet">{td_string!(locale, manager.switch_hint)}</p>
    }
}

fn choice(locale: Locale, code: OwnCode) -> impl IntoView {
    let OwnCode { code: id, name, presets, amount, not_now, is_shown } = code;
    let known = presets.into_iter().map(|preset| format!("{}：{}", preset.label, preset.text));
    let known = known.chain(amount_words(locale, amount)).collect::<Vec<_>>().join(" · ");
    let known = if known.is_empty() { td_string!(locale, manager.switch_plain).to_owned() } else { known };
    view! {
        <form method="post" action="/m/codes">
            <input type="hidden" name="code" value=id.to_string()/>
            <button class="card choice" type="submit" aria-pressed=if is_shown { "true" } else { "false" }>
                <span class="row-title">{name}</span>
                <span class="quiet">{known}</span>
                {(!not_now.is_empty()).then(|| view! { <span class="tag" data-kind="bad">{not_now}</span> })}
                {is_shown.then(|| view! { <span class="tag" data-kind="good">{icons::check()} {td_string!(locale, manager.switch_shown)}</span> })}
            </button>
        </form>
    }
}
