//! 切换: which of the manager's codes is shown (row E13). An administrator makes them; each knows some of the answers already.

use domain::CodeId;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::Refusal;
use crate::i18n::*;
use crate::manager::old::amount_words;
use crate::manager::{OwnCode, api};
use crate::mobile::till::{Asked, till};
use crate::mobile::{Seed, arrive, ask, sign_in};
use crate::ui::icons;
use crate::ui::parts::{Bar, Empty, Loading, Refused, sentence};

/// The codes that may be shown, with a search over their names and answers.
#[component]
pub fn ChooseScreen() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    arrive(td_string!(locale, manager.switch_title));
    let codes: RwSignal<Asked<Vec<OwnCode>>> = RwSignal::new(use_context::<Seed>().and_then(|seed| seed.codes));
    Effect::new(move |_| {
        // A page that was left and opened again reads them anew: an administrator may have made more.
        if till.has_moved.get_untracked() || codes.with_untracked(Option::is_none) {
            ask(codes, api::load_codes());
        }
    });
    view! {
        <Bar title=td_string!(locale, manager.switch_title) back=Some(("/m", td_string!(locale, manager.to_code)))/>
        <main id="main" class="choose" tabindex="-1">
            {move || match codes.get() {
                None => view! { <Loading locale/> }.into_any(),
                Some(Err(refusal)) => view! { <Refused locale refusal again="/m/codes".to_owned()/> }.into_any(),
                Some(Ok(codes)) => view! { <Choices codes/> }.into_any(),
            }}
        </main>
    }
    .into_any()
}

#[component]
fn Choices(codes: Vec<OwnCode>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let words = RwSignal::new(use_query_map().with_untracked(|query| query.get("q").unwrap_or_default()));
    let refusal: RwSignal<Option<Refusal>> = RwSignal::new(None);
    let go = use_navigate();
    let choose = Callback::new(move |code: CodeId| {
        let go = go.clone();
        leptos::task::spawn_local(async move {
            match api::choose_code(code).await {
                Ok(desk) => {
                    till.desk_is(desk);
                    go("/m", Default::default());
                }
                Err(Refusal::SignIn) => sign_in(),
                Err(why) => drop(refusal.try_set(Some(why))),
            }
        });
    });
    let count = codes.len();
    let found = Memo::new(move |_| words.with(|words| codes.iter().filter(|code| code.is_found_by(words)).cloned().collect::<Vec<_>>()));
    view! {
        <form class="seek" method="get" action="/m/codes" role="search" hidden={count < 2}>
            <label class="unseen" for="q">{td_string!(locale, manager.switch_search)}</label>
            <input id="q" name="q" type="search" autocomplete="off" placeholder=td_string!(locale, manager.switch_search)
                prop:value=move || words.get() value=words.get_untracked()
                on:input=move |event| words.set(event_target_value(&event))/>
            <noscript><button class="button button-quiet" type="submit">{td_string!(locale, manager.search_do)}</button></noscript>
        </form>
        <div role="alert">{move || refusal.get().map(|why| view! { <p class="note note-bad">{sentence(locale, &why)}</p> })}</div>
        {move || found.with(Vec::is_empty).then(|| view! { <Empty title=td_string!(locale, manager.switch_none)/> })}
        <ul class="choices-list">
            {move || found.get().into_iter().map(|code| view! { <li><Choice code choose/></li> }).collect_view()}
        </ul>
        <p class="quiet">{td_string!(locale, manager.switch_hint)}</p>
    }
    .into_any()
}

#[component]
fn Choice(code: OwnCode, choose: Callback<CodeId>) -> impl IntoView {
    let locale = till().locale;
    let OwnCode { code: id, name, presets, amount, is_shown } = code;
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        choose.run(id);
    };
    let known: Vec<String> = presets.into_iter().map(|preset| format!("{}：{}", preset.label, preset.text)).collect();
    let known = known.into_iter().chain(amount_words(locale, amount)).collect::<Vec<_>>().join(" · ");
    let known = if known.is_empty() { td_string!(locale, manager.switch_plain).to_owned() } else { known };
    view! {
        <form method="post" action="/m/codes" on:submit=on_submit>
            <input type="hidden" name="code" value=id.to_string()/>
            <button class="card choice" type="submit" aria-pressed=if is_shown { "true" } else { "false" }>
                <span class="row-title">{name}</span>
                <span class="quiet">{known}</span>
                {is_shown.then(|| view! { <span class="tag" data-kind="good">{icons::check()} {td_string!(locale, manager.switch_shown)}</span> })}
            </button>
        </form>
    }
    .into_any()
}
