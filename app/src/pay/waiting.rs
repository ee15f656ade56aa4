//! The waiting page: what is known of a payment, said honestly (I1), and the next thing to do.
//!
//! While nothing is final, the script asks the same address for JSON and changes between the sentences that are already on the
//! page; anything final reloads it or moves on to the receipt. Without a script the page looks again by itself.

use domain::concern::{Concern, ConcernKind, ConcernState};
use domain::payment::Standing;
use domain::{ChannelCode, Fen, PaymentId};
use leptos::prelude::*;

use super::apart::apart;
use super::document::{Frame, Part, Shell, document, reader_links};
use super::shop::{Shop, contact_link, masthead};
use crate::channel::{Listener, sentence};
use crate::i18n::*;
use crate::ui::fill;

/// How this payer can pay what is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Inside WeChat.
    Bridge {
        /// The signed parameters for `getBrandWCPayRequest`, as a JSON object (wechat-pay 2.3).
        params_json: String,
        /// In the demo: a script that stands in for `WeixinJSBridge` in an ordinary browser.
        bridge_script: Option<String>,
    },
    /// By scanning a code with WeChat.
    Native {
        /// The code as a PNG in a `data:` address: WeChat's long press recognises pictures only.
        qr_png_data_uri: String,
        /// What the code says.
        code_url: String,
        /// In the demo: the simulator's cashier for this order.
        cashier_url: Option<String>,
    },
    /// Not at all, or not any more.
    None,
}

/// Everything on the waiting page.
#[derive(Debug, Clone)]
pub struct Waiting<'a> {
    /// Who is paid.
    pub shop: &'a Shop,
    /// What is known. For an order that the channel has just accepted, and nobody could pay yet, it is `Pending`.
    pub standing: Standing,
    /// Whether money that goes back by itself ([`Standing::Returned`]) has arrived where it came from.
    pub is_back: bool,
    /// Why the channel refused the order, where it did: said instead of the general sentence.
    pub why: Option<ChannelCode>,
    /// What its payee was told of money that is kept apart or goes back; the payer reads the same.
    pub concerns: &'a [Concern],
    /// What is to be paid, or was.
    pub amount_fen: Fen,
    /// The payment; people read out its last eight digits.
    pub payment: PaymentId,
    /// How to pay while it is open.
    pub way: Way,
    /// This page's own address, `/p/{code}/{payment}`. With `Accept: application/json` it answers
    /// `{"state": Standing in snake_case, "receipt": "/r/{token}" or null}`; with `?way=native` it shows a code to scan.
    pub status_url: &'a str,
    /// Where to begin again: `/p/{code}`. `None` when the code has died meanwhile.
    pub form_url: Option<&'a str>,
    /// The receipt, once there is one.
    pub receipt_url: Option<&'a str>,
}

/// The waiting page.
pub fn waiting_page(shell: Shell<'_>, waiting: &Waiting<'_>) -> String {
    let locale = shell.locale;
    let is_open = is_open(waiting.standing);
    let mut frame = Frame::new(title(locale, waiting, waiting.standing), Part::Result);
    frame.refresh = is_open.then(|| (5, here(waiting)));
    frame.forward_to = waiting.receipt_url.filter(|_| waiting.standing == Standing::Paid).map(str::to_owned);
    document(shell, frame, || {
        let params = match &waiting.way {
            Way::Bridge { params_json, .. } if is_open => Some(params_json.clone()),
            _ => None,
        };
        let stand_in = match &waiting.way {
            Way::Bridge { bridge_script, .. } if is_open => bridge_script.clone(),
            _ => None,
        };
        let number = fill(td_string!(locale, pay.payment_tail), &[("tail", &waiting.payment.tail())]);
        view! {
            <main>
                {masthead(locale, waiting.shop)}
                <div class="card c" data-poll=is_open.then(|| waiting.status_url.to_owned()) data-bridge=params>
                    <div role="status">{sayings(locale, waiting)}</div>
                </div>
                {is_open.then(|| view! { <p class="num" id="net" aria-live="polite" hidden>{td_string!(locale, pay.offline)}</p> })}
                <p class="num">{number}</p>
                {is_open.then(|| view! { <p class="num">{td_string!(locale, pay.may_close)}</p> })}
                <p class="foot">{contact_link(locale, waiting.shop)} {reader_links(shell)}</p>
            </main>
            {stand_in.map(|url| view! { <script async=true src=url nonce=shell.nonce.to_owned()></script> })}
        }
    })
}

/// This page again, with the same way to pay: looking for the result must not take the code away that somebody is scanning.
fn here(waiting: &Waiting<'_>) -> String {
    let way = if matches!(waiting.way, Way::Native { .. }) { "?way=native" } else { "" };
    format!("{}{way}", waiting.status_url)
}

/// Whether the payment may still change by itself or by the payer.
const fn is_open(standing: Standing) -> bool {
    matches!(standing, Standing::Pending | Standing::Confirming)
}

/// Whether the concern's own sentence is the true one: another amount came, or the money does not get back.
fn is_wrong(concern: &Concern) -> bool {
    concern.kind == ConcernKind::WrongAmount || matches!(concern.state, ConcernState::Stuck | ConcernState::GivenUp)
}

fn title(locale: Locale, waiting: &Waiting<'_>, standing: Standing) -> &'static str {
    match standing {
        Standing::Pending => td_string!(locale, pay.pending_title),
        Standing::Confirming => td_string!(locale, pay.confirming_title),
        Standing::Paid => td_string!(locale, pay.paid_title),
        Standing::NotPaid => td_string!(locale, pay.not_paid_title),
        Standing::Held => td_string!(locale, pay.held_title),
        // What a person decided does not go back by itself.
        Standing::Returned if waiting.concerns.iter().any(is_wrong) => td_string!(locale, pay.apart_title),
        Standing::Returned if waiting.is_back => td_string!(locale, pay.returned_title),
        Standing::Returned => td_string!(locale, pay.returning_title),
        Standing::Refunded => td_string!(locale, pay.refunded_title),
    }
}

/// The sentence for what is known; while the payment is open, also those that the script may change to.
fn sayings(locale: Locale, waiting: &Waiting<'_>) -> Vec<AnyView> {
    if !is_open(waiting.standing) {
        return vec![saying(locale, waiting, waiting.standing, false)];
    }
    let other = |standing| saying(locale, waiting, standing, standing != waiting.standing);
    let mut all = vec![other(Standing::Pending), other(Standing::Confirming)];
    if matches!(waiting.way, Way::Bridge { .. }) {
        all.push(opening(locale, waiting));
    }
    all
}

fn opening(locale: Locale, waiting: &Waiting<'_>) -> AnyView {
    view! {
        <section data-for="opening" hidden>
            <Sign kind="wait" />
            <h2>{td_string!(locale, pay.opening_title)}</h2>
            <p class="money"><i>"¥"</i>{waiting.amount_fen.to_string()}</p>
            <p>{td_string!(locale, pay.opening_text)}</p>
        </section>
    }
    .into_any()
}

fn saying(locale: Locale, waiting: &Waiting<'_>, standing: Standing, hidden: bool) -> AnyView {
    let wrong = waiting.concerns.iter().filter_map(|concern| apart(locale, concern)).collect::<Vec<_>>().join(" ");
    let (name, kind, text) = match standing {
        Standing::Pending if matches!(waiting.way, Way::Native { .. }) => ("pending", "", td_string!(locale, pay.native_text)),
        Standing::Pending => ("pending", "todo", td_string!(locale, pay.pending_text)),
        Standing::Confirming => ("confirming", "wait", td_string!(locale, pay.confirming_text)),
        Standing::Paid => ("paid", "ok", td_string!(locale, pay.paid_text)),
        Standing::NotPaid => {
            let text = waiting.why.map(|code| sentence(locale, code, Listener::Payer));
            ("not_paid", "todo", text.unwrap_or(td_string!(locale, pay.not_paid_text)))
        }
        Standing::Held => ("held", "warn", td_string!(locale, pay.held_text)),
        Standing::Returned if waiting.concerns.iter().any(is_wrong) => {
            ("returned", if waiting.is_back { "ok" } else { "wait" }, wrong.as_str())
        }
        Standing::Returned if waiting.is_back => ("returned", "ok", td_string!(locale, pay.returned_text)),
        Standing::Returned => ("returned", "wait", td_string!(locale, pay.returning_text)),
        Standing::Refunded => ("refunded", "ok", td_string!(locale, pay.refunded_text)),
    };
    view! {
        <section data-for=name hidden=hidden>
            {(!kind.is_empty()).then(|| view! { <Sign kind=kind /> })}
            <h2>{title(locale, waiting, standing)}</h2>
            <p class="money"><i>"¥"</i>{waiting.amount_fen.to_string()}</p>
            <p>{text.to_owned()}</p>
            {acts(locale, waiting, standing)}
        </section>
    }
    .into_any()
}

/// The one thing to do.
fn acts(locale: Locale, waiting: &Waiting<'_>, standing: Standing) -> AnyView {
    let link = |url: &str, name: &'static str| view! { <a class="go" href=url.to_owned()>{name}</a> }.into_any();
    match standing {
        Standing::Pending => ways(locale, waiting),
        Standing::Confirming => view! { <a class="go o" href=here(waiting)>{td_string!(locale, pay.check_now)}</a> }.into_any(),
        Standing::Paid | Standing::Refunded => {
            waiting.receipt_url.map_or_else(|| ().into_any(), |url| link(url, td_string!(locale, pay.see_receipt)))
        }
        Standing::NotPaid | Standing::Returned => {
            waiting.form_url.map_or_else(|| ().into_any(), |url| link(url, td_string!(locale, pay.pay_again)))
        }
        Standing::Held => ().into_any(),
    }
}

fn ways(locale: Locale, waiting: &Waiting<'_>) -> AnyView {
    let status = waiting.status_url;
    let check = view! { <a class="lk" href=here(waiting)>{td_string!(locale, pay.check_now)}</a> };
    match &waiting.way {
        Way::Bridge { .. } => view! {
            <button type="button" class="go x" id="bridge">{td_string!(locale, pay.open_wechat)}</button>
            <noscript>
                <a class="go" href=format!("{status}?way=native")>{td_string!(locale, pay.use_code)}</a>
            </noscript>
            {check}
        }
        .into_any(),
        Way::Native { qr_png_data_uri, code_url, cashier_url } => view! {
            <img class="qr" src=qr_png_data_uri.clone() alt=td_string!(locale, pay.qr_alt) width="220" height="220" data-code=code_url.clone() />
            <p class="num">{td_string!(locale, pay.native_how)}</p>
            {cashier_url.clone().map(|url| view! { <a class="go" href=url>{td_string!(locale, pay.cashier)}</a> })}
            {check}
        }
        .into_any(),
        Way::None => check.into_any(),
    }
}

/// A sign that goes with the words beside it, never alone.
#[component]
pub(super) fn Sign(
    /// `ok`, `wait`, `warn` or `todo`.
    kind: &'static str,
) -> impl IntoView {
    let sign = match kind {
        "ok" => "✓",
        "wait" => "…",
        _ => "!",
    };
    view! { <span class=format!("sign {kind}") aria-hidden="true">{sign}</span> }
}
