//! Entering a debt, from nothing or from a receipt.

use domain::receivable::{EntryField, EntryTyped, EntryWrong};
use domain::{Fen, Millis, PaymentId, ReceivableId};
use leptos::prelude::*;

use super::HERE;
use super::words::wrong_sentence;
use crate::Locale;
use crate::i18n::*;
use crate::ui::parts::Bar;
use crate::ui::unsaved::unsaved_note;
use crate::ui::{fill, yuan};

/// The receipt beside which something is still owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FromReceipt {
    /// Its payment.
    pub payment: PaymentId,
    /// What came.
    pub amount_fen: Fen,
    /// When.
    pub paid_at_ms: Millis,
}

/// The form.
#[derive(Debug, Clone, Copy)]
pub struct EntryForm<'a> {
    /// The number of the form; the same number raises one debt.
    pub number: &'a str,
    /// What was typed.
    pub typed: &'a EntryTyped,
    /// What is wrong with it.
    pub wrong: &'a [(EntryField, EntryWrong)],
    /// The receipt that it comes from.
    pub receipt: Option<FromReceipt>,
    /// What a form of the same number raised that was sent before with another content.
    pub sent_before: Option<ReceivableId>,
    /// Whether it was sent just now and could not be saved.
    pub is_unsaved: bool,
}

/// The title of the form.
pub fn entry_title(locale: Locale) -> &'static str {
    td_string!(locale, receivables.new)
}

/// The screen.
pub fn entry_screen(locale: Locale, form: EntryForm<'_>) -> AnyView {
    let receipt = form.receipt.map(|receipt| {
        let said = fill(
            td_string!(locale, receivables.from_receipt),
            &[("amount", &yuan(receipt.amount_fen)), ("time", &receipt.paid_at_ms.text())],
        );
        view! {
            <section class="card"><p>{said}</p><p class="quiet">{td_string!(locale, receivables.from_receipt_hint)}</p></section>
        }
    });
    let hidden = form.receipt.map(|receipt| view! { <input type="hidden" name="receipt" value=receipt.payment.to_string()/> });
    let top =
        (!form.wrong.is_empty()).then(|| view! { <p class="note note-bad" role="alert">{td_string!(locale, receivables.check_again)}</p> });
    let before = form.sent_before.map(|id| {
        view! {
            <p class="note note-bad" role="alert">{td_string!(locale, receivables.sent_before)}</p>
            <p><a class="quiet-link" href=format!("{HERE}/{id}")>{td_string!(locale, receivables.sent_before_see)}</a></p>
        }
    });
    view! {
        <Bar title=entry_title(locale) back=Some((HERE, td_string!(locale, receivables.back)))/>
        <main id="main" class="one" tabindex="-1">
            {receipt}
            {top}
            {before}
            {form.is_unsaved.then(|| unsaved_note(locale))}
            <form class="ask-form" method="post" action=format!("{HERE}/new") autocomplete="off">
                <input type="hidden" name="number" value=form.number.to_owned()/>
                {hidden}
                <div class="card">
                    {field(locale, form, EntryField::Name, td_string!(locale, receivables.name), Some(td_string!(locale, receivables.name_hint)))}
                    {field(locale, form, EntryField::Title, td_string!(locale, receivables.title_field), Some(td_string!(locale, receivables.title_hint)))}
                    {field(locale, form, EntryField::Amount, td_string!(locale, receivables.amount), None)}
                    {parts(locale, form)}
                    {field(locale, form, EntryField::Due, td_string!(locale, receivables.due_field), Some(td_string!(locale, receivables.due_hint)))}
                </div>
                <div class="card">
                    {field(locale, form, EntryField::Reference, td_string!(locale, receivables.reference), None)}
                    {field(locale, form, EntryField::Phone, td_string!(locale, receivables.phone), None)}
                    {field(locale, form, EntryField::Remark, td_string!(locale, receivables.remark), None)}
                </div>
                <button class="button" type="submit">{td_string!(locale, receivables.save_new)}</button>
            </form>
        </main>
    }
    .into_any()
}

fn field(locale: Locale, form: EntryForm<'_>, field: EntryField, label: &'static str, hint: Option<&'static str>) -> AnyView {
    let wrong = form.wrong.iter().find(|(at, _)| *at == field).map(|(_, why)| wrong_sentence(locale, *why));
    input(field.word(), label, form.typed.value(field), hint, wrong)
}

/// A line to type into, with what is wrong with it or what helps.
pub(super) fn input(name: &'static str, label: &'static str, value: &str, hint: Option<&'static str>, wrong: Option<String>) -> AnyView {
    let mode = match name {
        "amount" => "decimal",
        "phone" => "tel",
        _ => "text",
    };
    let kind = if name == "due" { "date" } else { "text" };
    // What was typed where the browser has no calendar stays as it was typed.
    let kind = if kind == "date" && !value.is_empty() && domain::Day::parse(value).is_none() { "text" } else { kind };
    let (why_id, hint_id) = (format!("{name}-why"), format!("{name}-hint"));
    let described = match (&wrong, hint) {
        (Some(_), _) => Some(why_id.clone()),
        (None, Some(_)) => Some(hint_id.clone()),
        (None, None) => None,
    };
    let is_wrong = wrong.is_some().then_some("true");
    view! {
        <label for=name>{label}</label>
        <input id=name name=name type=kind inputmode=mode maxlength="400" value=value.to_owned() aria-invalid=is_wrong aria-describedby=described/>
        {match wrong {
            Some(wrong) => view! { <p class="field-why" id=why_id>{wrong}</p> }.into_any(),
            None => hint.map(|hint| view! { <p class="quiet" id=hint_id>{hint}</p> }).into_any(),
        }}
    }
    .into_any()
}

fn parts(locale: Locale, form: EntryForm<'_>) -> AnyView {
    let is_on = form.typed.parts == "1";
    view! {
        <label class="choice">
            <input type="checkbox" name="parts" value="1" checked=is_on/>
            <span>{td_string!(locale, receivables.parts)}</span>
        </label>
    }
    .into_any()
}
