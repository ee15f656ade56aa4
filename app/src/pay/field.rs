//! The questions of a form: one rendering for each of the eight components (row E21).

use domain::form::{Component, Field, ScanKind, Typed};
use leptos::prelude::*;

use super::page::{Fault, PayForm};
use super::refusal::{field_sentence, open_sentence, photo_sentence};
use crate::i18n::*;

/// More options than this are a list to open rather than chips to tap.
pub(super) const MOST_CHIPS: usize = 6;

/// What all questions of one form share.
pub(super) struct Asking<'a> {
    /// The language.
    pub locale: Locale,
    /// What was typed before.
    pub typed: &'a Typed,
    /// What the code fixes.
    pub presets: &'a Typed,
}

/// What is wrong with a field, the id of the control to correct, and the sentence.
pub(super) fn fault<'f>(locale: Locale, field: &'f Field, pay: &PayForm<'_>) -> Option<(&'f Field, String, String)> {
    let (part, sentence) = match pay.field_errors.iter().find(|error| error.key == field.key) {
        Some(error) => (error.why.part(), field_sentence(locale, &field.component, error.why)),
        None => {
            let error = pay.photo_errors.iter().find(|error| error.key == field.key)?;
            (None, photo_sentence(locale, error.why))
        }
    };
    let control = part.map_or_else(|| control_id(field), |part| format!("{}-{part}", control_id(field)));
    Some((field, control, sentence))
}

/// What the script says when this question is left open, where it is not what the form says of most questions: the form's own
/// `data-why` is the sentence for a line of text.
fn why(locale: Locale, field: &Field) -> Option<&'static str> {
    let sentence = open_sentence(locale, &field.component);
    (sentence != open_sentence(locale, &Component::text(1))).then_some(sentence)
}

/// A question with its label, control, hint and error; or what the code says instead of asking.
pub(super) fn question(asking: &Asking<'_>, field: &Field, fault: Option<&Fault>) -> AnyView {
    if asking.presets.speaks_of(&field.key) {
        return preset(asking, field);
    }
    let described = Described::of(field, fault);
    match &field.component {
        Component::Text { .. } => text(asking, field, described),
        Component::Choice { options, multiple } if !multiple && options.len() > MOST_CHIPS => select(asking, field, options, described),
        Component::Choice { options, multiple } => chips(asking, field, options, *multiple, described),
        Component::Switch => tick(asking, field, Some("switch"), described),
        Component::Checkbox => tick(asking, field, None, described),
        Component::Scan { accepts } => scan(asking, field, *accepts, described),
        Component::Photo => photo(asking, field, described),
        Component::Location => place(asking, field, described),
        Component::InvoiceTitle => invoice_title(asking, field, described),
    }
}

/// Hint and error of a control, and what ties them to it.
struct Described {
    describedby: Option<String>,
    invalid: Option<&'static str>,
    error: Option<AnyView>,
    hint: String,
    required: bool,
}

impl Described {
    fn of(field: &Field, fault: Option<&Fault>) -> Described {
        let error_id = format!("e-{}", field.key);
        let error = fault.map(|fault| {
            let (id, sentence) = (error_id.clone(), fault.sentence.clone());
            view! { <p class="err" id=id>{sentence}</p> }.into_any()
        });
        Described {
            describedby: fault.map(|_| error_id),
            invalid: fault.map(|_| "true"),
            error,
            hint: field.hint.clone(),
            required: field.required,
        }
    }
}

fn control_id(field: &Field) -> String {
    format!("f-{}", field.key)
}

/// The label with its mark: only what need not be answered is marked when that is the exception, and the other way round would
/// teach the payer two signs; so what is required carries the mark, in words for those who hear it.
fn mark(locale: Locale, field: &Field) -> Option<AnyView> {
    field.required.then(|| view! { <em title=td_string!(locale, pay.required)>"*"</em> }.into_any())
}

fn text(asking: &Asking<'_>, field: &Field, said: Described) -> AnyView {
    let id = control_id(field);
    view! {
        <div class="f">
            <label for=id.clone()>{field.label.clone()}{mark(asking.locale, field)}</label>
            {line(field, id, field.name(), asking.typed.first(&field.key), &said)}
            {said.error}
        </div>
    }
    .into_any()
}

/// One line to type in. The hint stands inside it and is its description, too.
fn line(field: &Field, id: String, name: String, value: &str, said: &Described) -> AnyView {
    let hint = Some(said.hint.clone()).filter(|hint| !hint.is_empty());
    view! {
        <input
            id=id
            name=name
            inputmode=Some(field.component.input_mode()).filter(|mode| *mode != "text")
            maxlength=field.component.html_max_length().to_string()
            value=value.to_owned()
            placeholder=hint
            required=said.required
            autocomplete=autocomplete(field)
            aria-describedby=said.describedby.clone()
            aria-invalid=said.invalid
            data-private=field.is_sensitive().then_some("")
        />
    }
    .into_any()
}

/// What the browser may offer to fill in (WCAG 1.3.5), and never for numbers that identify a person.
fn autocomplete(field: &Field) -> Option<&'static str> {
    use domain::form::TextRule;
    match &field.component {
        Component::Text { rule: TextRule::Phone, .. } => Some("tel"),
        Component::Text { rule: TextRule::Email, .. } => Some("email"),
        Component::Text { rule: TextRule::IdNumber, .. } => Some("off"),
        _ => None,
    }
}

fn select(asking: &Asking<'_>, field: &Field, options: &[String], said: Described) -> AnyView {
    let id = control_id(field);
    let chosen = asking.typed.first(&field.key).to_owned();
    let options = options.iter().map(|option| view! { <option selected=*option == chosen>{option.clone()}</option> }).collect::<Vec<_>>();
    view! {
        <div class="f" data-why=why(asking.locale, field)>
            <label for=id.clone()>{field.label.clone()}{mark(asking.locale, field)}</label>
            <select id=id name=field.name() required=said.required aria-describedby=said.describedby aria-invalid=said.invalid>
                <option value="">{td_string!(asking.locale, pay.choose)}</option>
                {options}
            </select>
            {said.error}
        </div>
    }
    .into_any()
}

fn chips(asking: &Asking<'_>, field: &Field, options: &[String], multiple: bool, said: Described) -> AnyView {
    let kind = if multiple { "checkbox" } else { "radio" };
    let chosen = asking.typed.all(&field.key);
    // The browser demands one of a group of radios; of a group of boxes it cannot, and the server does.
    let required = said.required && !multiple;
    let chip = |(index, option): (usize, &String)| {
        let id = (index == 0).then(|| control_id(field));
        view! {
            <label class="chip">
                <input
                    type=kind
                    id=id
                    name=field.name()
                    value=option.clone()
                    checked=chosen.contains(option)
                    required=required
                    aria-describedby=said.describedby.clone()
                />
                <span>{option.clone()}</span>
            </label>
        }
    };
    let hint = Some(said.hint.clone()).filter(|hint| !hint.is_empty());
    view! {
        <fieldset class="f w" data-why=why(asking.locale, field)>
            <legend>{field.label.clone()}{mark(asking.locale, field)}{hint.map(|hint| view! { <small>{hint}</small> })}</legend>
            <div class="chips">{options.iter().enumerate().map(chip).collect::<Vec<_>>()}</div>
            {said.error}
        </fieldset>
    }
    .into_any()
}

/// A switch or a box to tick: the whole row is the target.
fn tick(asking: &Asking<'_>, field: &Field, role: Option<&'static str>, said: Described) -> AnyView {
    let on = matches!(asking.typed.first(&field.key), "on" | "true" | "1" | "yes");
    // A switch that is off is an answer; only a box can be demanded.
    let required = said.required && role.is_none();
    let mark = if required { mark(asking.locale, field) } else { None };
    let hint = Some(said.hint.clone()).filter(|hint| !hint.is_empty());
    view! {
        <div class="f t" data-why=required.then(|| why(asking.locale, field)).flatten()>
            <label>
                <input
                    type="checkbox"
                    role=role
                    id=control_id(field)
                    name=field.name()
                    value="on"
                    checked=on
                    required=required
                    aria-describedby=said.describedby
                    aria-invalid=said.invalid
                />
                <span>{field.label.clone()}{mark}{hint.map(|hint| view! { <small>{hint}</small> })}</span>
            </label>
            {said.error}
        </div>
    }
    .into_any()
}

/// A code to type; the script adds the camera where WeChat or the browser can read codes.
fn scan(asking: &Asking<'_>, field: &Field, accepts: ScanKind, said: Described) -> AnyView {
    let id = control_id(field);
    // In the words of WeChat's script.
    let kinds = match accepts {
        ScanKind::Bar => "barCode",
        ScanKind::Qr => "qrCode",
        ScanKind::Auto => "qrCode barCode",
    };
    view! {
        <div class="f">
            <label for=id.clone()>{field.label.clone()}{mark(asking.locale, field)}</label>
            {line(field, id.clone(), field.name(), asking.typed.first(&field.key), &said)}
            <label class="tool" data-scan=id data-kinds=kinds data-fail=td_string!(asking.locale, pay.scan_failed) hidden>
                {td_string!(asking.locale, pay.scan)}
                <input type="file" accept="image/*" capture="environment" class="sr" />
            </label>
            {said.error}
        </div>
    }
    .into_any()
}

/// A picture to choose. One that the server took over at an earlier try stays: its id travels on.
fn photo(asking: &Asking<'_>, field: &Field, said: Described) -> AnyView {
    let id = control_id(field);
    let kept = Some(asking.typed.first(&field.key).to_owned()).filter(|kept| !kept.is_empty());
    let required = said.required && kept.is_none();
    let hint = Some(said.hint.clone()).filter(|hint| !hint.is_empty());
    let kept = kept.map(|kept| {
        view! {
            <input type="hidden" name=field.name() value=kept />
            <small>{td_string!(asking.locale, pay.photo_kept)}</small>
        }
    });
    view! {
        <div class="f w" data-why=why(asking.locale, field)>
            <label for=id.clone()>{field.label.clone()}{mark(asking.locale, field)}{hint.map(|hint| view! { <small>{hint}</small> })}</label>
            {kept}
            <input
                type="file"
                id=id
                name=field.part_name("file")
                accept="image/jpeg,image/png,image/webp,image/gif"
                required=required
                aria-describedby=said.describedby
                aria-invalid=said.invalid
            />
            {said.error}
        </div>
    }
    .into_any()
}

/// A place to type; the script adds where the device is. The coordinates are ordinary controls that nobody sees: unlike hidden ones
/// they rest in the draft and are cleared like the text to which they belong.
fn place(asking: &Asking<'_>, field: &Field, said: Described) -> AnyView {
    let id = control_id(field);
    let named = asking.typed.part(&field.key, "text");
    let named = if named.is_empty() { asking.typed.first(&field.key) } else { named };
    let (lat, lng) = (asking.typed.part(&field.key, "lat").to_owned(), asking.typed.part(&field.key, "lng").to_owned());
    view! {
        <div class="f">
            <label for=id.clone()>{field.label.clone()}{mark(asking.locale, field)}</label>
            {line(field, id.clone(), field.part_name("text"), named, &said)}
            <input name=field.part_name("lat") value=lat autocomplete="off" hidden />
            <input name=field.part_name("lng") value=lng autocomplete="off" hidden />
            <button
                type="button"
                class="tool"
                data-place=id
                data-here=td_string!(asking.locale, pay.place_here)
                data-fail=td_string!(asking.locale, pay.place_failed)
                hidden
            >
                {td_string!(asking.locale, pay.place)}
            </button>
            {said.error}
        </div>
    }
    .into_any()
}

/// For whom the invoice is, the name, and for companies the tax number.
fn invoice_title(asking: &Asking<'_>, field: &Field, said: Described) -> AnyView {
    let locale = asking.locale;
    let id = control_id(field);
    let tax_id = format!("{id}-tax_no");
    let named = asking.typed.part(&field.key, "name");
    let named = if named.is_empty() { asking.typed.first(&field.key) } else { named };
    let tax_no = asking.typed.part(&field.key, "tax_no").to_owned();
    let is_company = asking.typed.part(&field.key, "kind") == "company" || !tax_no.is_empty();
    let kind = |value: &'static str, name: &'static str, checked: bool| {
        view! {
            <label class="chip">
                <input type="radio" name=field.part_name("kind") value=value checked=checked />
                <span>{name}</span>
            </label>
        }
    };
    view! {
        <fieldset class="f w inv">
            <legend>{field.label.clone()}{mark(locale, field)}</legend>
            <div class="chips">
                {kind("person", td_string!(locale, pay.title_person), !is_company)}
                {kind("company", td_string!(locale, pay.title_company), is_company)}
            </div>
            <label for=id.clone()>{td_string!(locale, pay.title_name)}</label>
            {line(field, id, field.part_name("name"), named, &said)}
            <div class=if is_company { "tax" } else { "tax off" }>
                <label for=tax_id.clone()>{td_string!(locale, pay.title_tax_no)}</label>
                <input id=tax_id name=field.part_name("tax_no") maxlength="40" autocapitalize="characters" value=tax_no />
            </div>
            {said.error}
        </fieldset>
    }
    .into_any()
}

/// What the code fixes is read, not asked.
fn preset(asking: &Asking<'_>, field: &Field) -> AnyView {
    let checked = domain::form::FormSchema { version: 0, fields: vec![field.clone()] }.check(asking.presets);
    let answers = checked.unwrap_or_default();
    let said = answers.into_iter().next().map(|answer| crate::ui::said(asking.locale, &answer.masked()));
    // What no longer fits the form is not shown as it is when it identifies a person.
    let said = said.unwrap_or_else(|| if field.is_sensitive() { "*".repeat(8) } else { asking.presets.all(&field.key).join("、") });
    view! {
        <div class="f">
            <span class="lb">{field.label.clone()}</span>
            <b>{said}</b>
        </div>
    }
    .into_any()
}
