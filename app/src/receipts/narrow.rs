//! Narrowing the list: words, a last day, a store, a code, a state. It is a form that names an address, so it works before the program
//! is there; with it the list changes in place.

use domain::Day;
use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::Locale;
use crate::i18n::*;
use crate::mobile::till::till;
use crate::receipts::list::state_name;
use crate::receipts::query::{MOST_CHARS, STATES, state_word};
use crate::receipts::{ReceiptQuery, StoreChoice};
use crate::ui::fill;
use crate::ui::icons;
use crate::ui::moments::date;

/// The search field, what else narrows the list, and what narrows it now.
#[component]
pub fn Narrow(
    /// What the list shows now.
    query: Memo<ReceiptQuery>,
) -> impl IntoView {
    let locale = till().locale;
    let (form, words) = (NodeRef::<html::Form>::new(), NodeRef::<html::Input>::new());
    let (until, code, state) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new(), NodeRef::<html::Select>::new());
    let listing = till().listing;
    let store = NodeRef::<html::Select>::new();
    let navigate = use_navigate();
    let wanted = move || {
        let pairs = [
            ("q", words.get_untracked().map(|field| field.value())),
            ("until", until.get_untracked().map(|field| field.value())),
            ("code", code.get_untracked().map(|field| field.value())),
            ("store", store.get_untracked().map(|field| field.value())),
            ("state", state.get_untracked().map(|field| field.value())),
        ];
        let pairs = pairs.into_iter().map(|(name, value)| (name, value.unwrap_or_default()));
        ReceiptQuery::of_url(&form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    };
    let show = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        navigate(&wanted().url(), Default::default());
    };
    // The same codes come with every page; what is being chosen from stays as it is.
    let codes =
        Memo::new(move |_| listing.codes.get().into_iter().map(|choice| (choice.code.to_string(), choice.name)).collect::<Vec<_>>());
    let stores = Signal::derive(move || {
        let named = |choice: StoreChoice| (choice.payee.to_string(), store_name(locale, choice));
        listing.stores.get().into_iter().map(named).collect()
    });
    let states = Signal::stored(STATES.map(|state| (state_word(state).to_owned(), state_name(locale, state).to_owned())).to_vec());
    let is_open =
        query.with_untracked(|query| query.until.is_some() || query.code.is_some() || query.store.is_some() || query.state.is_some());
    view! {
        <form class="narrow" role="search" method="get" action="/m/receipts" node_ref=form on:submit=show>
            <div class="search">
                <label class="unseen" for="q">{td_string!(locale, receipts.search)}</label>
                <input id="q" name="q" type="search" enterkeyhint="search" autocomplete="off" maxlength=MOST_CHARS.to_string()
                    placeholder=td_string!(locale, receipts.search_hint) node_ref=words
                    value=query.with_untracked(|query| query.words.clone()) prop:value=move || query.with(|query| query.words.clone())/>
                <button class="plain" aria-label=td_string!(locale, receipts.search)>{icons::search()}</button>
            </div>
            <details open=is_open>
                <summary class="plain">{icons::settings()} {td_string!(locale, receipts.narrow)}</summary>
                <div class="card narrow-by">
                    <label>
                        <span>{td_string!(locale, receipts.until)}</span>
                        <input type="date" name="until" node_ref=until on:change=move |_| submit(form)
                            value=query.with_untracked(|query| day_text(query.until)) prop:value=move || query.with(|query| day_text(query.until))/>
                    </label>
                    {move || (!listing.stores.with(Vec::is_empty)).then(|| view! {
                        <Pick name="store" title=td_string!(locale, receipts.store) any=td_string!(locale, receipts.any_store)
                            choices=stores picked=move || query.with(|query| query.store.map(|store| store.to_string())) form field=store/>
                    })}
                    <Pick name="code" title=td_string!(locale, receipts.code) any=td_string!(locale, receipts.any_code)
                        choices=codes picked=move || query.with(|query| query.code.map(|code| code.to_string())) form field=code/>
                    <Pick name="state" title=td_string!(locale, receipts.state) any=td_string!(locale, receipts.any_state)
                        choices=states picked=move || query.with(|query| query.state.map(|state| state_word(state).to_owned())) form field=state/>
                    <button class="button button-quiet">{td_string!(locale, receipts.show)}</button>
                    <a class="quiet-link" href=move || query.with(ReceiptQuery::export_url)>{td_string!(locale, receipts.export)}</a>
                </div>
            </details>
            <Chips query/>
        </form>
    }
    .into_any()
}

/// One of several, or any of them. Choosing is enough; only words want to be finished first.
#[component]
fn Pick(
    name: &'static str,
    title: &'static str,
    any: &'static str,
    /// What an address says, and what people say.
    #[prop(into)]
    choices: Signal<Vec<(String, String)>>,
    /// What the address says now.
    #[prop(into)]
    picked: Signal<Option<String>>,
    form: NodeRef<html::Form>,
    field: NodeRef<html::Select>,
) -> impl IntoView {
    let options = move || {
        let option = |(value, name): (String, String)| {
            let said = value.clone();
            view! { <option value=value selected=move || picked.with(|picked| picked.as_ref() == Some(&said))>{name}</option> }
        };
        choices.get().into_iter().map(option).collect_view()
    };
    view! {
        <label>
            <span>{title}</span>
            <select name=name node_ref=field on:change=move |_| submit(form)>
                <option value="">{any}</option>
                {options}
            </select>
        </label>
    }
    .into_any()
}

fn submit(form: NodeRef<html::Form>) {
    if let Some(form) = form.get_untracked() {
        // A browser without requestSubmit has the button.
        let _ = form.request_submit();
    }
}

fn store_name(locale: Locale, choice: StoreChoice) -> String {
    choice.name.unwrap_or_else(|| td_string!(locale, receipts.own_codes).to_owned())
}

/// What narrows the list now, each with the address of the list without it; and days to jump to.
#[component]
fn Chips(query: Memo<ReceiptQuery>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let chips = move || {
        let now = query.get();
        let today = till.listing.loaded.with(|loaded| loaded.today);
        let mut chips: Vec<(String, ReceiptQuery)> = vec![];
        if !now.words.is_empty() {
            chips.push((now.words.clone(), ReceiptQuery { words: String::new(), before: None, ..now.clone() }));
        }
        if let Some(until) = now.until {
            let name = fill(td_string!(locale, receipts.until_day), &[("date", &date(locale, until, today))]);
            chips.push((name, ReceiptQuery { until: None, before: None, ..now.clone() }));
        }
        if let Some(code) = now.code {
            let name = till.listing.codes.with(|codes| codes.iter().find(|choice| choice.code == code).map(|choice| choice.name.clone()));
            let name = name.unwrap_or_else(|| td_string!(locale, receipts.code).to_owned());
            chips.push((name, ReceiptQuery { code: None, before: None, ..now.clone() }));
        }
        if let Some(store) = now.store {
            let choice = till.listing.stores.with(|stores| stores.iter().find(|choice| choice.payee == store).cloned());
            let name = choice.map_or_else(|| td_string!(locale, receipts.store).to_owned(), |choice| store_name(locale, choice));
            chips.push((name, ReceiptQuery { store: None, before: None, ..now.clone() }));
        }
        if let Some(state) = now.state {
            chips.push((state_name(locale, state).to_owned(), ReceiptQuery { state: None, before: None, ..now.clone() }));
        }
        chips
    };
    let jumps = move || {
        let now = query.get();
        let today = till.listing.loaded.with(|loaded| loaded.today);
        // Whoever looks for something is not offered another day as well.
        let is_offered = now.until.is_none() && now.before.is_none() && today != Day::default();
        let days = [
            (td_string!(locale, receipts.one_month_ago), today.months_before(1)),
            (td_string!(locale, receipts.three_months_ago), today.months_before(3)),
        ];
        is_offered.then(|| days.map(|(name, day)| (name, ReceiptQuery { until: Some(day), ..now.clone() }))).into_iter().flatten()
    };
    view! {
        <div class="chips">
            {move || chips().into_iter().map(|(name, without)| view! {
                <a class="chip is-on" href=without.url() aria-label=fill(td_string!(locale, receipts.without), &[("what", &name)])>
                    {name.clone()} <span aria-hidden="true">"×"</span>
                </a>
            }).collect_view()}
            {move || jumps().map(|(name, there)| view! { <a class="chip" href=there.url()>{name}</a> }).collect_view()}
        </div>
    }
    .into_any()
}

fn day_text(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}
