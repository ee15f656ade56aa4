//! Payments that may settle a debt, to be confirmed.

use domain::receivable::Proposed;
use domain::{Fen, Millis, PaymentId, ReceivableId};
use leptos::prelude::*;

use super::HERE;
use super::list::{Debt, ListQuery};
use crate::Locale;
use crate::i18n::*;
use crate::ui::parts::{Bar, Empty};
use crate::ui::{fill, yuan};

/// A payment that may settle a debt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalLine {
    /// The payment.
    pub payment: PaymentId,
    /// What is left of it and counts for no debt.
    pub left_fen: Fen,
    /// What of that would count for this one.
    pub counts_fen: Fen,
    /// When it was paid.
    pub at_ms: Millis,
    /// What its payer filled in.
    pub answers: String,
    /// The code through which it came, after the store's name where it is a store's.
    pub code_name: String,
    /// What was found in the answers.
    pub by: Proposed,
}

/// The title of the list.
pub fn matches_title(locale: Locale) -> &'static str {
    td_string!(locale, receivables.matches)
}

/// The debts for which there are proposals, and where to go on.
pub fn matches_screen(locale: Locale, found: &[(Debt, Vec<ProposalLine>)], next: Option<(Millis, ReceivableId)>) -> AnyView {
    let one = |(debt, lines): &(Debt, Vec<ProposalLine>)| {
        let receivable = &debt.receivable;
        let title = format!("{} · {} · {}", receivable.debtor.name, receivable.title, yuan(debt.claim.outstanding()));
        let label = title.clone();
        view! {
            <section class="card" aria-label=label>
                <a class="go-on" href=format!("{HERE}/{}", receivable.id)><strong>{title}</strong></a>
                {proposals(locale, receivable.id, lines)}
            </section>
        }
    };
    let empty = found.is_empty().then(|| {
        view! { <Empty title=td_string!(locale, receivables.matches_none)><p class="quiet">{td_string!(locale, receivables.matches_lead)}</p></Empty> }
    });
    let more = next.map(|before| {
        let href = ListQuery { before: Some(before), ..ListQuery::default() }.url().replacen(HERE, &format!("{HERE}/matches"), 1);
        view! { <a class="button button-quiet" href=href>{td_string!(locale, receivables.matches_more)}</a> }
    });
    view! {
        <Bar title=matches_title(locale) back=Some((HERE, td_string!(locale, receivables.back)))/>
        <main id="main" class="one" tabindex="-1">
            {(!found.is_empty()).then(|| view! { <p class="quiet">{td_string!(locale, receivables.matches_lead)}</p> })}
            {empty}
            {found.iter().map(one).collect_view()}
            {more}
        </main>
    }
    .into_any()
}

/// Proposals with what speaks for each, and a button that counts it.
pub(super) fn proposals(locale: Locale, debt: ReceivableId, lines: &[ProposalLine]) -> AnyView {
    let one = |line: &ProposalLine| {
        let by = match line.by {
            Proposed::Reference => td_string!(locale, receivables.by_reference),
            Proposed::Phone => td_string!(locale, receivables.by_phone),
            Proposed::Name => td_string!(locale, receivables.by_name),
        };
        let act = fill(td_string!(locale, receivables.match_do), &[("amount", &yuan(line.counts_fen))]);
        // The rest is said beforehand, so that nobody takes it for a payment of this debt.
        let rest = line.left_fen.minus(line.counts_fen).filter(|rest| rest.is_positive());
        let rest = rest.map(|rest| fill(td_string!(locale, receivables.match_rest), &[("amount", &yuan(rest))]));
        view! {
            <li class="proposal">
                <a href=format!("/m/receipts/{}", line.payment)><strong>{yuan(line.left_fen)}</strong> " · " {line.at_ms.text()}</a>
                <span class="quiet">{line.answers.clone()} " · " {line.code_name.clone()}</span>
                <span><span class="tag">{by}</span></span>
                {rest.map(|rest| view! { <span class="quiet">{rest}</span> })}
                <form method="post" action=format!("{HERE}/{debt}/match")>
                    <input type="hidden" name="payment" value=line.payment.to_string()/>
                    <button class="button button-quiet" type="submit">{act}</button>
                </form>
            </li>
        }
    };
    view! { <ul class="proposals">{lines.iter().map(one).collect_view()}</ul> }.into_any()
}
