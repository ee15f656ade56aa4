//! One payment of the organisation, whoever collected it, and returning its money.

use domain::refund::RefundRefusal;
use domain::{Fen, PaymentId};
use leptos::prelude::*;

use super::frame::{AdminShell, Section, Signed, page};
use super::payments::PAYMENTS;
use crate::Locale;
use crate::concerns::{PaymentDetail, payment_parts};
use crate::i18n::*;
use crate::receipts::{Reader, ReceiptDetail, RefundOf, RefundScreen, receipt_parts, refund_parts, refund_title};
use crate::ui::{fill, yuan};

/// What there is of a payment for which money came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentFile {
    /// Its receipt.
    Receipt(Box<ReceiptDetail>),
    /// It has none: another amount came, or the money came too late.
    NoReceipt(Box<PaymentDetail>),
}

impl PaymentFile {
    const fn payment(&self) -> PaymentId {
        match self {
            PaymentFile::Receipt(detail) => detail.receipt.payment,
            PaymentFile::NoReceipt(detail) => detail.payment,
        }
    }
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPage {
    /// The payment.
    pub file: PaymentFile,
    /// Its money that is kept apart and not on its way back; zero when there is none.
    pub kept_fen: Fen,
    /// Why that was not returned just now.
    pub refused: Option<RefundRefusal>,
}

/// The page.
pub fn payment_page(shell: AdminShell<'_>, signed: &Signed, shown: PaymentPage) -> String {
    let locale = shell.prefs.locale;
    let title = match shown.file {
        PaymentFile::Receipt(_) => td_string!(locale, receipts.detail_title),
        PaymentFile::NoReceipt(_) => td_string!(locale, concerns.payment_title),
    };
    let kept = shown.kept_fen.is_positive().then(|| return_kept(locale, shown.file.payment(), shown.kept_fen));
    let refused = shown.refused.map(|refusal| view! { <p class="note note-bad" role="alert">{why_not(locale, refusal)}</p> });
    framed(shell, signed, title, || {
        let parts = match shown.file {
            PaymentFile::Receipt(detail) => receipt_parts(locale, Reader::Administrator, *detail),
            PaymentFile::NoReceipt(detail) => payment_parts(locale, Reader::Administrator, *detail, None),
        };
        view! { {refused}{kept}{parts} }.into_any()
    })
}

/// Returning a receipt's money: the manager's form in this frame.
pub fn payment_refund_page(shell: AdminShell<'_>, signed: &Signed, of: RefundOf<'_>, screen: RefundScreen<'_>) -> String {
    let locale = shell.prefs.locale;
    framed(shell, signed, refund_title(locale, of), || refund_parts(locale, of, screen))
}

fn framed(shell: AdminShell<'_>, signed: &Signed, title: &'static str, parts: impl FnOnce() -> AnyView) -> String {
    let locale = shell.prefs.locale;
    page(shell, signed, Section::Payments, title, || {
        view! {
            <div class="head">
                <a class="link" href=PAYMENTS>{td_string!(locale, office.to_payments)}</a>
                <h1>{title}</h1>
            </div>
            <div class="one">{parts()}</div>
        }
        .into_any()
    })
}

/// Money that is kept apart goes back whole, after one more look.
fn return_kept(locale: Locale, payment: PaymentId, kept: Fen) -> AnyView {
    let amount = yuan(kept);
    view! {
        <details>
            <summary class="button">{fill(td_string!(locale, office.return_kept), &[("amount", &amount)])}</summary>
            <form class="card ask-form" method="post" action=format!("{}/return", Reader::Administrator.receipt(payment))>
                <h2>{fill(td_string!(locale, office.return_kept_title), &[("amount", &amount)])}</h2>
                <p>{td_string!(locale, office.return_kept_fact)}</p>
                <button class="button" type="submit">{td_string!(locale, office.return_kept_now)}</button>
            </form>
        </details>
    }
    .into_any()
}

/// Why money that is kept apart cannot go back.
fn why_not(locale: Locale, refusal: RefundRefusal) -> &'static str {
    match refusal {
        RefundRefusal::TooLate => td_string!(locale, refunding.too_late_how),
        RefundRefusal::TooMany => td_string!(locale, refunding.too_many_how),
        _ => td_string!(locale, office.return_kept_wait),
    }
}
