//! Registering a manager.

use domain::AccountId;
use domain::account::Lang;
use leptos::prelude::*;
use uuid::Uuid;

use super::frame::{AdminShell, Section, Signed, page};
use super::manager::languages;
use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::unsaved::unsaved_note;

/// A form that the new code may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormChoice {
    /// The form.
    pub form: Uuid,
    /// What it asks.
    pub labels: Vec<String>,
    /// A code that asks it already; `None` while none does.
    pub code_name: Option<String>,
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegisterRefusal {
    /// The name.
    pub name: bool,
    /// The number.
    pub phone: bool,
    /// The address.
    pub mail: bool,
    /// The form.
    pub form: bool,
    /// Somebody with this number is a manager here already.
    pub already: Option<AccountId>,
    /// Somebody with this number belongs to another organisation.
    pub elsewhere: bool,
}

impl RegisterRefusal {
    /// Whether nothing is wrong.
    pub fn is_none(&self) -> bool {
        *self == RegisterRefusal::default()
    }
}

/// What the page shows: what was typed, and what to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegisterPage {
    /// What was typed as name.
    pub name: String,
    /// What was typed as number.
    pub phone: String,
    /// What was typed as address.
    pub mail: String,
    /// The language that was chosen.
    pub lang: Lang,
    /// The form that was chosen.
    pub form: Option<Uuid>,
    /// The forms to choose from.
    pub forms: Vec<FormChoice>,
    /// What is wrong with it.
    pub wrong: RegisterRefusal,
    /// Whether it was sent just now and could not be saved.
    pub is_unsaved: bool,
}

/// The page. It posts `name`, `phone`, `mail`, `lang` and `form` to itself.
pub fn register_page(shell: AdminShell<'_>, signed: &Signed, typed: &RegisterPage) -> String {
    let locale = shell.prefs.locale;
    let title = td_string!(locale, admin.register_title);
    page(shell, signed, Section::Managers, title, || {
        let body = if typed.forms.is_empty() {
            view! { <p class="note note-warn">{td_string!(locale, admin.no_forms)}</p> }.into_any()
        } else {
            ask(locale, typed)
        };
        view! {
            <div class="head"><a class="link" href="/admin/managers">{td_string!(locale, admin.back_to_managers)}</a></div>
            <h1>{title}</h1>
            <p class="quiet">{td_string!(locale, admin.register_lead)}</p>
            {typed.is_unsaved.then(|| unsaved_note(locale))}
            {body}
        }
        .into_any()
    })
}

fn ask(locale: Locale, typed: &RegisterPage) -> AnyView {
    let RegisterRefusal { name, phone, mail, form, already, elsewhere } = typed.wrong;
    let phone_wrong = phone.then(|| td_string!(locale, admin.bad_phone).into_any());
    let phone_wrong = phone_wrong.or_else(|| elsewhere.then(|| td_string!(locale, admin.elsewhere).into_any()));
    let already = already.map(|account| {
        view! { {td_string!(locale, admin.already)}" "<a href=format!("/admin/managers/{account}")>{td_string!(locale, admin.see_them)}</a> }.into_any()
    });
    let sentence = |is_wrong: bool, text: &'static str| is_wrong.then(|| text.into_any());
    view! {
        <form class="card fields" method="post" action="/admin/managers/new" novalidate=true>
            {field("name", "text", td_string!(locale, admin.name), td_string!(locale, admin.name_hint), &typed.name, sentence(name, td_string!(locale, admin.bad_name)))}
            {field("phone", "tel", td_string!(locale, admin.phone), td_string!(locale, admin.phone_hint), &typed.phone, phone_wrong.or(already))}
            {field("mail", "email", td_string!(locale, admin.mail), td_string!(locale, admin.mail_hint), &typed.mail, sentence(mail, td_string!(locale, admin.bad_mail)))}
            {languages(locale, typed.lang)}
            {forms(locale, typed, form)}
            <div class="acts">
                <button class="button" type="submit">{td_string!(locale, admin.register)}</button>
                <a class="button button-quiet" href="/admin/managers">{td_string!(locale, admin.cancel)}</a>
            </div>
        </form>
    }
    .into_any()
}

/// A line to type into, with what it is for and what is wrong with what was typed.
pub(super) fn field(
    name: &'static str,
    kind: &'static str,
    label: &'static str,
    hint: &'static str,
    value: &str,
    wrong: Option<AnyView>,
) -> AnyView {
    let is_wrong = wrong.is_some();
    let described = if is_wrong { format!("{name}-wrong {name}-hint") } else { format!("{name}-hint") };
    let wrong = wrong.map(|wrong| view! { <p id=format!("{name}-wrong") class="wrong" role="alert">{wrong}</p> });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input id=name name=name type=kind value=value.to_owned() required=true maxlength="254" autocomplete="off" autocapitalize="none"
                spellcheck="false" aria-describedby=described aria-invalid=is_wrong.then_some("true")/>
            {wrong}
            <p id=format!("{name}-hint") class="quiet">{hint}</p>
        </div>
    }
    .into_any()
}

fn forms(locale: Locale, typed: &RegisterPage, is_wrong: bool) -> AnyView {
    let chosen = typed.form.or(typed.forms.first().map(|choice| choice.form));
    let between = if locale == Locale::zh { "、" } else { ", " };
    let options = typed.forms.iter().map(|choice| {
        let fields = if choice.labels.is_empty() { td_string!(locale, admin.form_plain).to_owned() } else { choice.labels.join(between) };
        let name = match &choice.code_name {
            Some(code) => fill(td_string!(locale, admin.form_of), &[("fields", &fields), ("code", code)]),
            None => fields,
        };
        let is_chosen = chosen == Some(choice.form);
        view! { <label class="pick"><input type="radio" name="form" value=choice.form.simple().to_string() checked=is_chosen/><span>{name}</span></label> }
    });
    let wrong = is_wrong.then(|| view! { <p class="wrong" role="alert">{td_string!(locale, admin.bad_form)}</p> });
    view! {
        <fieldset class="field">
            <legend>{td_string!(locale, admin.form)}</legend>
            {options.collect_view()}
            {wrong}
            <p class="quiet">{td_string!(locale, admin.form_hint)}</p>
        </fieldset>
    }
    .into_any()
}

/// What the first code of somebody new is called.
pub fn first_code_name(locale: Locale) -> &'static str {
    td_string!(locale, admin.code_name)
}
