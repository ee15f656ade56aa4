//! A payer says that they paid, and there is no receipt (row C13): finding the payment, what the channel said of it, and asking once more.

use domain::payment::Standing;
use domain::{Millis, PaymentId};
use leptos::prelude::*;

use crate::Locale;
use crate::concerns::PaymentDetail;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::parts::Bar;

/// Where the screen lies.
pub const CLAIM_PATH: &str = "/m/payments";

/// Why no payment is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimWrong {
    /// What was typed is no number of a payment.
    NotANumber,
    /// None has this number whose money the reader sees.
    NotFound,
}

/// The screen's title.
pub fn claim_title(locale: Locale) -> &'static str {
    td_string!(locale, claims.title)
}

/// The field for the payment's number, with what was typed into it.
pub fn claim_screen(locale: Locale, typed: &str, wrong: Option<ClaimWrong>) -> AnyView {
    let why = wrong.map(|wrong| match wrong {
        ClaimWrong::NotANumber => td_string!(locale, claims.not_a_number),
        ClaimWrong::NotFound => td_string!(locale, claims.not_found),
    });
    let described = if why.is_some() { "q-why q-hint" } else { "q-hint" };
    view! {
        <Bar title=claim_title(locale) back=Some(("/m/receipts", td_string!(locale, receipts.list)))/>
        <main id="main" class="one" tabindex="-1">
            <form class="ask-form" method="get" action=CLAIM_PATH role="search">
                <div class="card">
                    <p>{td_string!(locale, claims.lead)}</p>
                    <label for="q">{td_string!(locale, claims.number)}</label>
                    <input id="q" name="q" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search" required
                        maxlength="64" value=typed.to_owned()
                        aria-invalid=why.is_some().then_some("true") aria-describedby=described/>
                    {why.map(|why| view! { <p class="field-why" id="q-why">{why}</p> })}
                    <p class="quiet" id="q-hint">{td_string!(locale, claims.number_hint)}</p>
                </div>
                <button class="button" type="submit">{td_string!(locale, claims.find)}</button>
            </form>
        </main>
    }
    .into_any()
}

/// How a payment stands through which no money came so far, and the button that asks the channel. `asked_at` is when somebody asked just now;
/// the channel did not answer where its last word is older. `None` where money came: that has sentences of its own.
pub(super) fn standing_card(locale: Locale, detail: &PaymentDetail, asked_at: Option<Millis>) -> Option<AnyView> {
    let (kind, title, text) = match detail.standing {
        Standing::Pending => ("", td_string!(locale, claims.unpaid), td_string!(locale, claims.unpaid_text)),
        Standing::Confirming => ("wait", td_string!(locale, claims.confirming), td_string!(locale, claims.confirming_text)),
        Standing::NotPaid => ("gone", td_string!(locale, claims.closed), td_string!(locale, claims.closed_text)),
        Standing::Paid | Standing::Held | Standing::Returned | Standing::Refunded => return None,
    };
    let heard = match detail.heard_at_ms {
        Some(at) => fill(td_string!(locale, claims.heard), &[("time", &at.text())]),
        None => td_string!(locale, claims.never_heard).to_owned(),
    };
    let silent = asked_at.filter(|asked| was_silent(detail, *asked));
    let silent = silent.map(|asked| fill(td_string!(locale, claims.silent), &[("time", &asked.text())]));
    Some(
        view! {
            <section class="card" aria-labelledby="standing">
                <h2 id="standing"><span class="tag" data-kind=kind>{title}</span></h2>
                <p>{text}</p>
                <p class="quiet">{heard}</p>
                {silent.map(|silent| view! { <p class="note note-warn" role="status">{silent}</p> })}
                <form method="post" action=ask_url(detail.payment)>
                    <button class="button" type="submit">{td_string!(locale, claims.ask)}</button>
                </form>
            </section>
        }
        .into_any(),
    )
}

fn ask_url(payment: PaymentId) -> String {
    format!("{CLAIM_PATH}/{payment}/ask")
}

/// Whether the channel left this question without an answer. The moment stands in an address, so one that cannot be true is passed over.
fn was_silent(detail: &PaymentDetail, asked_at: Millis) -> bool {
    // A word of the last moments is an answer: the channel is not asked twice within them.
    const SAME_MS: i64 = 2_000;
    const HOUR_MS: i64 = 3_600_000;
    let is_recent = (0..HOUR_MS).contains(&detail.as_of_ms.since_ms(asked_at));
    is_recent && detail.heard_at_ms.is_none_or(|heard| asked_at.since_ms(heard) > SAME_MS)
}
