//! A debt on the payment page: for whom, until when, and what is owed still.

use domain::receivable::{Claim, Receivable};
use domain::{Day, Fen};
use leptos::prelude::*;

use crate::i18n::*;
use crate::ui::moments::date;
use crate::ui::{fill, yuan};

/// A debt as its payer sees it. Whoever has the link may be somebody else than the debtor, so the name is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owing {
    /// Who owes, masked.
    pub debtor: String,
    /// The last day on which it is in time.
    pub due: Option<Day>,
    /// Whether that day is over.
    pub is_overdue: bool,
    /// What was raised.
    pub amount_fen: Fen,
    /// What is paid.
    pub paid_fen: Fen,
    /// What is owed still.
    pub owed_fen: Fen,
    /// Whether it may be paid in parts.
    pub in_parts: bool,
    /// The day on which it is shown.
    pub today: Day,
    /// Where whoever is reminded of it says that they want no more; `None` where nobody is reminded.
    pub reminders_url: Option<String>,
}

impl Owing {
    /// What the payer of this debt sees on `today`.
    pub fn of(debt: &Receivable, claim: Claim, today: Day) -> Owing {
        Owing {
            debtor: debt.debtor.masked_name(),
            due: debt.due,
            is_overdue: debt.is_overdue(claim, today),
            amount_fen: debt.amount_fen,
            paid_fen: claim.settled_fen,
            owed_fen: claim.outstanding(),
            in_parts: debt.in_parts,
            today,
            reminders_url: None,
        }
    }
}

/// The debt above the form.
pub(super) fn owing_card(locale: Locale, owing: &Owing) -> impl IntoView + use<> {
    let due = owing.due.map(|due| {
        let day = date(locale, due, owing.today);
        if owing.is_overdue { fill(td_string!(locale, receivables.was_due), &[("day", &day)]) } else { day }
    });
    let line = |label: &'static str, said: String| view! { <div class="f"><span>{label}</span><b>{said}</b></div> };
    let paid = owing.paid_fen.is_positive().then(|| {
        [
            line(td_string!(locale, receivables.paid_so_far), yuan(owing.paid_fen)),
            line(td_string!(locale, receivables.owed_still), yuan(owing.owed_fen)),
        ]
    });
    let parts = owing.in_parts.then(|| view! { <p class="note">{td_string!(locale, receivables.parts_allowed)}</p> });
    view! {
        <div class="card owing">
            {line(td_string!(locale, receivables.debtor), owing.debtor.clone())}
            {due.map(|due| line(td_string!(locale, receivables.due), due))}
            {line(td_string!(locale, receivables.amount_raised), yuan(owing.amount_fen))}
            {paid}
            {parts}
        </div>
    }
}
