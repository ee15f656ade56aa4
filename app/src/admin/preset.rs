//! The controls for what a code answers by itself: one for each question of the form (row E13).

use domain::code::Code;
use domain::form::{Answer, Component, Field, FieldError, FormSchema, Typed};
use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::pay::field_sentence;
use crate::ui::fill;

/// The form, what was typed for it, and what is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presets {
    /// What payers are asked.
    pub schema: FormSchema,
    /// What was typed.
    pub typed: Typed,
    /// Identity numbers that are kept: field and what of it may be shown.
    pub kept: Vec<(String, String)>,
    /// What the form does not take.
    pub errors: Vec<FieldError>,
}

impl Presets {
    /// What `code` answers by itself, as far as `schema` asks the same.
    pub fn of(code: &Code, schema: &FormSchema) -> Presets {
        let typed = code.presets.for_draft(schema);
        let kept = schema.asked().filter(|field| field.is_sensitive() && code.presets.speaks_of(&field.key)).map(|field| {
            let alone = FormSchema { version: 0, fields: vec![field.clone()] };
            let answer = alone.check(&code.presets).unwrap_or_default().into_iter().next().map(Answer::masked);
            (field.key.clone(), answer.map_or_else(|| "*".repeat(8), |answer| answer.text))
        });
        Presets { schema: schema.clone(), kept: kept.collect(), typed, errors: vec![] }
    }
}

/// All controls.
pub(super) fn preset_fields(locale: Locale, presets: &Presets) -> AnyView {
    let fields: Vec<&Field> = presets.schema.asked().filter(|field| field.may_be_preset()).collect();
    if fields.is_empty() {
        return view! { <p class="quiet">{td_string!(locale, office.presets_none)}</p> }.into_any();
    }
    fields.into_iter().map(|field| control(locale, presets, field)).collect_view().into_any()
}

fn control(locale: Locale, presets: &Presets, field: &Field) -> AnyView {
    let typed = presets.typed.first(&field.key);
    match &field.component {
        Component::Choice { options, multiple: false } => {
            let options = options.iter().map(|option| (option.as_str(), option.clone())).collect();
            select(locale, presets, field, options)
        }
        Component::Choice { options, .. } => boxes(locale, presets, field, options),
        Component::Switch => select(
            locale,
            presets,
            field,
            vec![("on", td_string!(locale, office.yes).to_owned()), ("off", td_string!(locale, office.no).to_owned())],
        ),
        Component::Checkbox => select(locale, presets, field, vec![("on", td_string!(locale, office.ticked).to_owned())]),
        Component::Location => {
            let text = presets.typed.part(&field.key, "text");
            line(locale, presets, field, field.part_name("text"), field.label.clone(), if text.is_empty() { typed } else { text })
        }
        Component::InvoiceTitle => invoice(locale, presets, field),
        Component::Text { .. } | Component::Scan { .. } => line(locale, presets, field, field.name(), field.label.clone(), typed),
        Component::Photo => ().into_any(),
    }
}

fn wrong(locale: Locale, presets: &Presets, field: &Field) -> Option<String> {
    let error = presets.errors.iter().find(|error| error.key == field.key)?;
    Some(field_sentence(locale, &field.component, error.why))
}

fn line(locale: Locale, presets: &Presets, field: &Field, name: String, label: String, value: &str) -> AnyView {
    let id = format!("p-{name}");
    let wrong_id = format!("{id}-wrong");
    let wrong = wrong(locale, presets, field);
    let is_wrong = wrong.is_some();
    let wrong = wrong.map(|wrong| view! { <p id=wrong_id.clone() class="wrong" role="alert">{wrong}</p> });
    let kept = presets.kept.iter().find(|(key, _)| *key == field.key).map(|(_, shown)| {
        let kept = fill(td_string!(locale, office.kept_number), &[("number", shown)]);
        view! {
            <p class="quiet">{kept}</p>
            <label class="pick"><input type="checkbox" name=field.forget_name() value="on"/><span>{td_string!(locale, office.forget)}</span></label>
        }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input id=id.clone() name=name type="text" value=value.to_owned() maxlength=field.component.html_max_length().to_string()
                placeholder=td_string!(locale, office.ask_payer) autocomplete="off"
                aria-describedby=is_wrong.then_some(wrong_id.clone()) aria-invalid=is_wrong.then_some("true")/>
            {wrong}
            {kept}
        </div>
    }
    .into_any()
}

fn select(locale: Locale, presets: &Presets, field: &Field, options: Vec<(&str, String)>) -> AnyView {
    let id = format!("p-{}", field.name());
    let chosen = presets.typed.first(&field.key).to_owned();
    let wrong = wrong(locale, presets, field).map(|wrong| view! { <p class="wrong" role="alert">{wrong}</p> });
    let options = options.into_iter().map(|(value, name)| {
        let is_chosen = value == chosen;
        view! { <option value=value.to_owned() selected=is_chosen>{name}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{field.label.clone()}</label>
            <select id=id.clone() name=field.name()>
                <option value="">{td_string!(locale, office.ask_payer)}</option>
                {options.collect_view()}
            </select>
            {wrong}
        </div>
    }
    .into_any()
}

fn boxes(locale: Locale, presets: &Presets, field: &Field, options: &[String]) -> AnyView {
    let chosen = presets.typed.all(&field.key);
    let wrong = wrong(locale, presets, field).map(|wrong| view! { <p class="wrong" role="alert">{wrong}</p> });
    let option = |option: &String| {
        let is_chosen = chosen.contains(option);
        view! { <label class="pick"><input type="checkbox" name=field.name() value=option.clone() checked=is_chosen/><span>{option.clone()}</span></label> }
    };
    view! {
        <fieldset class="field">
            <legend>{field.label.clone()}</legend>
            {options.iter().map(option).collect_view()}
            {wrong}
        </fieldset>
    }
    .into_any()
}

fn invoice(locale: Locale, presets: &Presets, field: &Field) -> AnyView {
    let part = |part: &str| presets.typed.part(&field.key, part).to_owned();
    let label = |template: &'static str| fill(template, &[("label", &field.label)]);
    let (kind, id) = (part("kind"), format!("p-{}", field.part_name("kind")));
    let option = |value: &'static str, name: &'static str| {
        let is_chosen = kind == value;
        view! { <option value=value selected=is_chosen>{name}</option> }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label(td_string!(locale, office.title_kind))}</label>
            <select id=id.clone() name=field.part_name("kind")>
                {option("person", td_string!(locale, office.person))}
                {option("company", td_string!(locale, office.company))}
            </select>
        </div>
        {line(locale, presets, field, field.part_name("name"), label(td_string!(locale, office.title_name)), &part("name"))}
        <div class="field">
            <label for=format!("p-{}", field.part_name("tax_no"))>{label(td_string!(locale, office.title_tax_no))}</label>
            <input id=format!("p-{}", field.part_name("tax_no")) name=field.part_name("tax_no") type="text" value=part("tax_no") maxlength="40" autocomplete="off"/>
        </div>
    }
    .into_any()
}
