//! One code: making it, and setting its terms afterwards.

use domain::CodeId;
use domain::code::{AmountRule, Code, CodeRefusal};
use domain::code_terms::{AmountFault, LONGEST_TITLE, ValidityFault, typed_moment};
use leptos::prelude::*;
use uuid::Uuid;

use super::codes::{PayeeChoice, code_tag, kind_word};
use super::done::{OfficeDone, note};
use super::frame::{AdminShell, Section, Signed, page};
use super::preset::{Presets, preset_fields};
use super::register::FormChoice;
use super::stores::TitleWrong;
use crate::Locale;
use crate::i18n::*;
use crate::paper::PLATE_PAPERS;
use crate::ui::fill;
use crate::ui::unsaved::unsaved_note;

/// What was typed of a code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeTyped {
    /// Its name.
    pub name: String,
    /// Whether it is printed; asked of new ones only.
    pub is_plate: bool,
    /// The word of its amount rule.
    pub rule: String,
    /// The fixed amount in yuan.
    pub fixed: String,
    /// The least amount in yuan.
    pub min: String,
    /// The largest amount in yuan.
    pub max: String,
    /// From when it works.
    pub from: String,
    /// Until when it works.
    pub until: String,
}

impl CodeTyped {
    /// What is set now.
    pub fn of(code: &Code, is_plate: bool) -> CodeTyped {
        let mut typed = CodeTyped { name: code.name.clone(), is_plate, rule: code.amount.word().to_owned(), ..CodeTyped::default() };
        match code.amount {
            AmountRule::Free => {}
            AmountRule::Fixed { amount_fen } => typed.fixed = amount_fen.yuan(),
            AmountRule::Between { min_fen, max_fen } => (typed.min, typed.max) = (min_fen.yuan(), max_fen.yuan()),
        }
        typed.from = code.validity.from_ms.map(typed_moment).unwrap_or_default();
        typed.until = code.validity.until_ms.map(typed_moment).unwrap_or_default();
        typed
    }
}

/// What is wrong with what was typed; presets have their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CodeWrong {
    /// The name.
    pub name: Option<TitleWrong>,
    /// The amount.
    pub amount: Option<AmountFault>,
    /// The time.
    pub validity: Option<ValidityFault>,
}

impl CodeWrong {
    /// Another code of the payee has this name.
    pub fn taken() -> CodeWrong {
        CodeWrong { name: Some(TitleWrong::Taken), ..CodeWrong::default() }
    }
}

/// A code that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeThere {
    /// The code.
    pub code: CodeId,
    /// Whether it can be paid through now.
    pub opens: Result<(), CodeRefusal>,
    /// Whether it is switched on.
    pub is_on: bool,
    /// Where payers open it.
    pub url: String,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePage {
    /// The code; `None` while it is being made.
    pub there: Option<CodeThere>,
    /// Who collects.
    pub payee: PayeeChoice,
    /// What was typed.
    pub typed: CodeTyped,
    /// The form that it asks.
    pub form: Uuid,
    /// The forms to choose from.
    pub forms: Vec<FormChoice>,
    /// What it answers by itself.
    pub presets: Presets,
    /// What is wrong.
    pub wrong: CodeWrong,
    /// The number of this form: sent twice, it makes one code.
    pub number: String,
    /// The code that a form of the same number made that was sent before with another content.
    pub sent_before: Option<CodeId>,
    /// Whether it was sent just now and could not be saved.
    pub is_unsaved: bool,
    /// What was done just now.
    pub done: Option<OfficeDone>,
}

/// The page. It posts to `/admin/codes/new`, or to `/admin/codes/{code}` and `/admin/codes/{code}/switch`.
pub fn code_page(shell: AdminShell<'_>, signed: &Signed, shown: &CodePage) -> String {
    let locale = shell.prefs.locale;
    let title = match &shown.there {
        Some(_) => shown.typed.name.clone(),
        None => td_string!(locale, office.new_code).to_owned(),
    };
    page(shell, signed, Section::Codes, &title, || {
        let tag = shown.there.as_ref().map(|there| code_tag(locale, there.opens));
        let kind = shown.there.is_some().then(|| format!(" · {}", kind_word(locale, shown.typed.is_plate)));
        view! {
            <div class="head"><a class="link" href="/admin/codes">{td_string!(locale, office.to_codes)}</a></div>
            <div class="head"><h1>{title.clone()}</h1>{tag}</div>
            <p class="quiet">{td_string!(locale, office.col_payee)}": "<a href=shown.payee.href()>{shown.payee.name.clone()}</a>{kind}</p>
            {note(locale, shown.done)}
            {shown.sent_before.map(|code| sent_before(locale, code))}
            {shown.is_unsaved.then(|| unsaved_note(locale))}
            <div class="two">
                <div class="column">{terms(locale, shown)}</div>
                <div class="column">{forms(locale, shown)}{shown.there.as_ref().map(|there| beside(locale, there, shown.typed.is_plate))}</div>
            </div>
        }
        .into_any()
    })
}

fn sent_before(locale: Locale, code: CodeId) -> AnyView {
    view! {
        <p class="note note-warn" role="alert">
            {td_string!(locale, office.sent_before)}" "
            <a href=format!("/admin/codes/{code}")>{td_string!(locale, office.sent_before_see)}</a>
        </p>
    }
    .into_any()
}

fn terms(locale: Locale, shown: &CodePage) -> AnyView {
    let action = shown.there.as_ref().map_or_else(|| "/admin/codes/new".to_owned(), |there| format!("/admin/codes/{}", there.code));
    let kinds = (shown.there.is_none() && !shown.payee.is_store).then(|| kinds(locale, shown.typed.is_plate));
    let keeps = shown.there.is_some().then(|| view! { <p class="quiet">{td_string!(locale, office.keeps)}</p> });
    let name = shown.wrong.name.map(|wrong| match wrong {
        TitleWrong::Bad => td_string!(locale, office.bad_title).to_owned(),
        TitleWrong::Taken => td_string!(locale, office.code_taken).to_owned(),
    });
    let submit = if shown.there.is_some() { td_string!(locale, office.save) } else { td_string!(locale, office.make) };
    view! {
        <form class="card fields" method="post" action=action novalidate=true>
            <input type="hidden" name="for" value=shown.payee.id.to_string()/>
            <input type="hidden" name="form" value=shown.form.simple().to_string()/>
            <input type="hidden" name="number" value=shown.number.clone()/>
            {input(Input { name: "name", kind: "text", label: td_string!(locale, office.code_name), value: &shown.typed.name, hint: Some(td_string!(locale, office.code_name_hint)), wrong: name })}
            {kinds}
            {amounts(locale, shown)}
            {times(locale, shown)}
            <fieldset class="field presets">
                <legend>{td_string!(locale, office.presets)}</legend>
                <p class="quiet">{td_string!(locale, office.presets_lead)}</p>
                {preset_fields(locale, &shown.presets)}
            </fieldset>
            {keeps}
            <button class="button" type="submit">{submit}</button>
        </form>
    }
    .into_any()
}

struct Input<'a> {
    name: &'static str,
    kind: &'static str,
    label: &'static str,
    value: &'a str,
    hint: Option<&'static str>,
    wrong: Option<String>,
}

fn input(asked: Input<'_>) -> AnyView {
    let Input { name, kind, label, value, hint, wrong } = asked;
    let described = [wrong.as_ref().map(|_| format!("{name}-wrong")), hint.map(|_| format!("{name}-hint"))];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let invalid = wrong.is_some().then_some("true");
    let most = if kind == "text" && name == "name" { LONGEST_TITLE * 2 } else { 30 };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input id=name name=name type=kind value=value.to_owned() maxlength=most.to_string() autocomplete="off"
                inputmode=(kind == "text" && name != "name").then_some("decimal")
                aria-describedby=Some(described).filter(|ids| !ids.is_empty()) aria-invalid=invalid/>
            {wrong.map(|wrong| view! { <p id=format!("{name}-wrong") class="wrong" role="alert">{wrong}</p> })}
            {hint.map(|hint| view! { <p id=format!("{name}-hint") class="quiet">{hint}</p> })}
        </div>
    }
    .into_any()
}

fn pick(name: &'static str, value: &'static str, label: &'static str, is_chosen: bool) -> AnyView {
    view! { <label class="pick"><input type="radio" name=name value=value checked=is_chosen/><span>{label}</span></label> }.into_any()
}

fn kinds(locale: Locale, is_plate: bool) -> AnyView {
    let hinted = |value: &'static str, name: &'static str, hint: &'static str, is_chosen: bool| {
        view! {
            <label class="pick">
                <input type="radio" name="kind" value=value checked=is_chosen/>
                <span>{name}<span class="quiet">{format!(" — {hint}")}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="field">
            <legend>{td_string!(locale, office.kind)}</legend>
            {hinted("app", td_string!(locale, office.kind_app), td_string!(locale, office.kind_app_hint), !is_plate)}
            {hinted("plate", td_string!(locale, office.kind_plate), td_string!(locale, office.kind_plate_hint), is_plate)}
        </fieldset>
    }
    .into_any()
}

fn amounts(locale: Locale, shown: &CodePage) -> AnyView {
    let CodeTyped { rule, fixed, min, max, .. } = &shown.typed;
    let fault = |wanted: &[AmountFault]| {
        shown.wrong.amount.filter(|wrong| wanted.contains(wrong)).map(|wrong| amount_sentence(locale, wrong, rule))
    };
    let is = |word: &str| rule == word || (word == "free" && rule.is_empty());
    let line = |name, label, value, wrong| input(Input { name, kind: "text", label, value, hint: None, wrong });
    view! {
        <fieldset class="field">
            <legend>{td_string!(locale, office.amount)}</legend>
            {pick("rule", "free", td_string!(locale, office.rule_free), is("free"))}
            {pick("rule", "fixed", td_string!(locale, office.rule_fixed), is("fixed"))}
            <div class="under">{line("fixed", td_string!(locale, office.fixed_yuan), fixed, fault(&[AmountFault::Amount, AmountFault::UnusedFixed]))}</div>
            {pick("rule", "between", td_string!(locale, office.rule_between), is("between"))}
            <div class="under">
                {line("min", td_string!(locale, office.min_yuan), min, fault(&[AmountFault::Min, AmountFault::UnusedMin]))}
                {line("max", td_string!(locale, office.max_yuan), max, fault(&[AmountFault::Max, AmountFault::Order, AmountFault::UnusedMax]))}
            </div>
        </fieldset>
    }
    .into_any()
}

/// What is wrong with an amount where this rule was chosen.
fn amount_sentence(locale: Locale, wrong: AmountFault, rule: &str) -> String {
    let chosen = match rule {
        "fixed" => td_string!(locale, office.rule_fixed),
        "between" => td_string!(locale, office.rule_between),
        _ => td_string!(locale, office.rule_free),
    };
    match wrong {
        AmountFault::Amount | AmountFault::Min | AmountFault::Max => td_string!(locale, office.bad_amount).to_owned(),
        AmountFault::Order => td_string!(locale, office.bad_order).to_owned(),
        AmountFault::UnusedFixed => fill(td_string!(locale, office.unused_fixed), &[("rule", &chosen)]),
        AmountFault::UnusedMin | AmountFault::UnusedMax => fill(td_string!(locale, office.unused_range), &[("rule", &chosen)]),
    }
}

fn times(locale: Locale, shown: &CodePage) -> AnyView {
    let fault = |wanted: ValidityFault| {
        (shown.wrong.validity == Some(wanted)).then(|| match wanted {
            ValidityFault::Order => td_string!(locale, office.bad_time_order).to_owned(),
            ValidityFault::Past => td_string!(locale, office.bad_time_past).to_owned(),
            ValidityFault::From | ValidityFault::Until => td_string!(locale, office.bad_time).to_owned(),
        })
    };
    let line = |name, label, value, wrong| input(Input { name, kind: "datetime-local", label, value, hint: None, wrong });
    let CodeTyped { from, until, .. } = &shown.typed;
    view! {
        <fieldset class="field">
            <legend>{td_string!(locale, office.validity)}</legend>
            <div class="under">
                {line("from", td_string!(locale, office.from), from, fault(ValidityFault::From))}
                {line("until", td_string!(locale, office.until), until, fault(ValidityFault::Until).or(fault(ValidityFault::Order)).or(fault(ValidityFault::Past)))}
            </div>
            <p class="quiet">{td_string!(locale, office.validity_hint)}</p>
        </fieldset>
    }
    .into_any()
}

/// Which form is asked, and links to the same page with another one.
fn forms(locale: Locale, shown: &CodePage) -> AnyView {
    let between = if locale == Locale::zh { "、" } else { ", " };
    let words = |labels: &[String]| if labels.is_empty() { td_string!(locale, office.form_plain).to_owned() } else { labels.join(between) };
    let now = shown.forms.iter().find(|choice| choice.form == shown.form).map(|choice| words(&choice.labels)).unwrap_or_default();
    let href = |form: Uuid| match &shown.there {
        Some(there) => format!("/admin/codes/{}?form={}", there.code, form.simple()),
        None => format!("/admin/codes/new?for={}&form={}", shown.payee.id, form.simple()),
    };
    let others: Vec<AnyView> = shown
        .forms
        .iter()
        .filter(|choice| choice.form != shown.form)
        .map(|choice| {
            let used = match &choice.code_name {
                Some(code) => fill(td_string!(locale, office.form_used), &[("code", code)]),
                None => td_string!(locale, office.form_unused).to_owned(),
            };
            view! { <li class="person"><a href=href(choice.form)>{words(&choice.labels)}</a><span class="quiet">{used}</span></li> }
                .into_any()
        })
        .collect();
    let others = (!others.is_empty()).then(|| {
        view! {
            <h3>{td_string!(locale, office.change_form)}</h3>
            <ul class="people">{others}</ul>
        }
    });
    view! {
        <section class="card" aria-labelledby="form-title">
            <h2 id="form-title">{td_string!(locale, office.form)}</h2>
            <p>{fill(td_string!(locale, office.form_now), &[("fields", &now)])}</p>
            {others}
        </section>
    }
    .into_any()
}

/// Switching it, and printing it.
fn beside(locale: Locale, there: &CodeThere, is_plate: bool) -> AnyView {
    let code = there.code;
    // The card is called what its button does: its state stands beside the page's title.
    let title = if there.is_on { td_string!(locale, office.switch_off) } else { td_string!(locale, office.switch_on) };
    let switch = if there.is_on {
        view! {
            <p class="quiet">{td_string!(locale, office.switch_off_fact)}</p>
            <button class="button button-bad" type="submit" name="to" value="off">{title}</button>
        }
        .into_any()
    } else {
        view! { <button class="button" type="submit" name="to" value="on">{title}</button> }.into_any()
    };
    let can_print = there.opens.is_ok() || there.opens == Err(CodeRefusal::NotYet);
    let print = is_plate.then(|| {
        let link = |paper: crate::paper::Paper| {
            view! { <a class="button button-quiet" href=format!("/admin/codes/{code}/print?paper={}", paper.word())>{paper.name(locale)}</a> }
        };
        let papers = if can_print {
            view! { <div class="acts">{PLATE_PAPERS.map(link).collect_view()}</div> }.into_any()
        } else {
            view! { <p class="note note-warn">{td_string!(locale, office.not_printed)}</p> }.into_any()
        };
        view! {
            <section class="card" aria-labelledby="print-title">
                <h2 id="print-title">{td_string!(locale, office.print)}</h2>
                <p class="quiet">{td_string!(locale, office.print_lead)}</p>
                {papers}
                <p class="quiet">{td_string!(locale, office.address)}": "<a href=there.url.clone()>{there.url.clone()}</a></p>
            </section>
        }
    });
    view! {
        {print}
        <section class="card" aria-labelledby="switch-title">
            <h2 id="switch-title">{title}</h2>
            <form method="post" action=format!("/admin/codes/{code}/switch")>{switch}</form>
        </section>
    }
    .into_any()
}
