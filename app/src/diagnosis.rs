//! 诊断: the payment page inside the app, beside it the checks, and one sentence that names the cause (rows E14, I15).

use domain::code::CodeRefusal;
use domain::diagnosis::{Cause, Check, Finding, NoticeFault, Observed, OrdersRefused, PayerSees, WalletSeen, Who, conclude};
use domain::payment::AttemptKind;
use leptos::prelude::*;

use crate::Locale;
use crate::channel::{Listener, sentence};
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::parts::Bar;

/// Everything on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Diagnosis<'a> {
    /// What was observed.
    pub observed: &'a Observed,
    /// The payment page with the mark that lets it be shown in a frame; `None` when there is no code.
    pub frame_url: Option<&'a str>,
    /// The end of the code's address.
    pub code_tail: &'a str,
    /// Our address, e.g. `https://pay.example.com`.
    pub public_url: &'a str,
    /// The program's version.
    pub version: &'a str,
}

/// The title of the window and the screen.
pub fn diagnosis_title(locale: Locale) -> &'static str {
    td_string!(locale, diagnosis.title)
}

/// The screen. What the customer's phone shows is a link to this page with a word of a fixed list, never an address.
pub fn diagnosis_screen(locale: Locale, seen: Diagnosis<'_>) -> AnyView {
    let cause = conclude(seen.observed);
    let conclusion = conclusion(locale, cause, seen);
    let who = cause.map(|cause| view! { <p class="quiet">{who_mends(locale, cause)}</p> });
    let kind = if cause.is_some() { "note note-bad" } else { "note" };
    let frame = match seen.frame_url {
        // Without the right to send forms, nobody pays by mistake.
        Some(url) => view! {
            <iframe class="probe" src=url.to_owned() sandbox="allow-scripts" title=td_string!(locale, diagnosis.frame)></iframe>
        }
        .into_any(),
        None => view! { <p class="card">{td_string!(locale, diagnosis.frame_none)}</p> }.into_any(),
    };
    let checks = Check::ALL.map(|check| line(locale, check, seen.observed)).collect_view();
    let report = report(locale, cause, seen);
    view! {
        <Bar title=diagnosis_title(locale) back=Some(("/m/settings", td_string!(locale, manager.settings_title)))/>
        <main id="main" class="one" tabindex="-1">
            <p class="quiet">{td_string!(locale, diagnosis.lead)}</p>
            <section aria-labelledby="conclusion">
                <h2 id="conclusion">{td_string!(locale, diagnosis.conclusion)}</h2>
                <p class=kind role="status" data-cause=cause.map_or("none", Cause::key)>{conclusion}</p>
                {who}
            </section>
            <section class="card" aria-labelledby="checks">
                <h2 id="checks">{td_string!(locale, diagnosis.checks)}</h2>
                <ol class="steps">{checks}</ol>
            </section>
            <section aria-labelledby="sees">
                <h2 id="sees">{td_string!(locale, diagnosis.payer_sees)}</h2>
                <p class="pills">{choices(locale, seen.observed.payer_sees)}</p>
            </section>
            <section aria-labelledby="frame">
                <h2 id="frame">{td_string!(locale, diagnosis.frame)}</h2>
                {frame}
                <p class="quiet">{td_string!(locale, diagnosis.frame_hint)}</p>
            </section>
            <section class="card ask-form">
                <label for="report">{td_string!(locale, diagnosis.report)}</label>
                <textarea id="report" readonly=true rows="12">{report.clone()}</textarea>
                <button class="button button-quiet with-program" type="button" data-copy=report>
                    <span>{td_string!(locale, diagnosis.copy)}</span>
                    <span class="done">{td_string!(locale, diagnosis.copied)}</span>
                </button>
            </section>
            <a class="button" href="/m/diagnose">{td_string!(locale, diagnosis.again)}</a>
        </main>
    }
    .into_any()
}

fn choices(locale: Locale, chosen: Option<PayerSees>) -> Vec<AnyView> {
    let link = |href: String, words: &'static str, is_chosen: bool| {
        view! { <a class="pill" href=href aria-current=is_chosen.then_some("true")>{words}</a> }.into_any()
    };
    let mut links: Vec<AnyView> = PayerSees::ALL
        .into_iter()
        .map(|sees| link(format!("/m/diagnose?sees={}", sees.word()), sees_words(locale, sees), chosen == Some(sees)))
        .collect();
    links.push(link("/m/diagnose".to_owned(), td_string!(locale, diagnosis.sees_none), chosen.is_none()));
    links
}

fn sees_words(locale: Locale, sees: PayerSees) -> &'static str {
    match sees {
        PayerSees::Nothing => td_string!(locale, diagnosis.sees_nothing),
        PayerSees::WrongDirectory => td_string!(locale, diagnosis.sees_directory),
        PayerSees::WrongDomain => td_string!(locale, diagnosis.sees_10003),
        PayerSees::WrongScope => td_string!(locale, diagnosis.sees_10005),
    }
}

fn line(locale: Locale, check: Check, seen: &Observed) -> AnyView {
    let (kind, words) = found(locale, check.find(seen));
    let detail = detail(locale, check, seen);
    view! {
        <li data-kind=kind>
            <span>{check_name(locale, check)} " · " <strong>{words}</strong></span>
            {detail.map(|detail| view! { <span class="quiet">{detail}</span> })}
        </li>
    }
    .into_any()
}

fn check_name(locale: Locale, check: Check) -> &'static str {
    match check {
        Check::Clock => td_string!(locale, diagnosis.check_clock),
        Check::Database => td_string!(locale, diagnosis.check_database),
        Check::Keys => td_string!(locale, diagnosis.check_keys),
        Check::Address => td_string!(locale, diagnosis.check_address),
        Check::Code => td_string!(locale, diagnosis.check_code),
        Check::Channel => td_string!(locale, diagnosis.check_channel),
        Check::Notice => td_string!(locale, diagnosis.check_notice),
    }
}

fn found(locale: Locale, finding: Finding) -> (&'static str, &'static str) {
    match finding {
        Finding::Fine => ("done", td_string!(locale, diagnosis.fine)),
        Finding::Unknown => ("wait", td_string!(locale, diagnosis.unknown)),
        Finding::Wrong(_) => ("bad", td_string!(locale, diagnosis.wrong)),
    }
}

fn detail(locale: Locale, check: Check, seen: &Observed) -> Option<String> {
    match check {
        Check::Clock => seen.clock_off_ms.map(|by_ms| fill(td_string!(locale, diagnosis.seen_clock), &[("by", &seconds(by_ms))])),
        Check::Keys | Check::Channel => match check.find(seen) {
            Finding::Wrong(Cause::OrdersRefused(OrdersRefused { since_ms, .. })) => {
                Some(fill(td_string!(locale, diagnosis.seen_orders_refused), &[("time", &since_ms.text())]))
            }
            _ => None,
        },
        Check::Address => Some(wallet(locale, seen)),
        Check::Notice => Some(match seen.notice_at_ms {
            Some(at) => fill(td_string!(locale, diagnosis.seen_notice), &[("time", &at.text())]),
            None => td_string!(locale, diagnosis.seen_no_notice).to_owned(),
        }),
        _ => None,
    }
}

/// What payers' wallets last said of us, or that one failed since and said nothing.
fn wallet(locale: Locale, seen: &Observed) -> String {
    let failed = seen.wallet_failed_at_ms.map(|at| (at, WalletSeen::Failed));
    let Some((at, last)) = seen.wallet.into_iter().chain(failed).max_by_key(|(at, _)| *at) else {
        return td_string!(locale, diagnosis.seen_no_wallet).to_owned();
    };
    let template = match last {
        WalletSeen::Opened => td_string!(locale, diagnosis.seen_wallet_opened),
        WalletSeen::WrongDirectory => td_string!(locale, diagnosis.seen_wallet_directory),
        WalletSeen::WrongSignature => td_string!(locale, diagnosis.seen_wallet_signature),
        WalletSeen::Failed => td_string!(locale, diagnosis.seen_wallet_failed),
    };
    fill(template, &[("time", &at.text())])
}

/// The one sentence, as whoever collects reads it: what only an administrator can do is theirs to pass on.
fn conclusion(locale: Locale, cause: Option<Cause>, seen: Diagnosis<'_>) -> String {
    let Some(cause) = cause else { return td_string!(locale, diagnosis.all_fine).to_owned() };
    let words = cause_words(locale, cause, seen);
    match cause.who() {
        // This one speaks of the manager, who has no code.
        Who::Administrator if cause == Cause::NoCode => words,
        Who::Administrator => fill(td_string!(locale, diagnosis.tell), &[("words", &words)]),
        Who::Manager | Who::Time | Who::Payer => words,
    }
}

/// Who can mend it.
fn who_mends(locale: Locale, cause: Cause) -> String {
    let who = match cause.who() {
        Who::Manager => td_string!(locale, diagnosis.who_manager),
        Who::Administrator => td_string!(locale, diagnosis.who_administrator),
        Who::Time => td_string!(locale, diagnosis.who_time),
        Who::Payer => td_string!(locale, diagnosis.who_payer),
    };
    fill(td_string!(locale, diagnosis.who), &[("who", &who)])
}

fn cause_words(locale: Locale, cause: Cause, seen: Diagnosis<'_>) -> String {
    let url = seen.public_url;
    let host = url.split("://").nth(1).unwrap_or(url);
    let said = |template, code| fill(template, &[("said", &sentence(locale, code, Listener::Administrator))]);
    let words = match cause {
        Cause::ClockOff { by_ms } => return fill(td_string!(locale, diagnosis.clock_off), &[("by", &seconds(by_ms))]),
        Cause::DatabaseFails => td_string!(locale, diagnosis.database_fails),
        Cause::DatabaseBusy => td_string!(locale, diagnosis.database_busy),
        Cause::KeysRefused { code } => return said(td_string!(locale, diagnosis.keys_refused), code),
        Cause::OrdersRefused(refused) => return orders_refused_words(locale, refused),
        Cause::ChannelKeyUnknown => td_string!(locale, diagnosis.channel_key_unknown),
        Cause::ChannelKeyWrong => td_string!(locale, diagnosis.channel_key_wrong),
        Cause::ApiKeyWrong => td_string!(locale, diagnosis.api_key_wrong),
        Cause::WalletSignature => td_string!(locale, diagnosis.wallet_signature),
        Cause::AddressNotPublic => td_string!(locale, diagnosis.address_not_public),
        Cause::OauthDomain => return fill(td_string!(locale, diagnosis.oauth_domain), &[("host", &host)]),
        Cause::OauthScope => td_string!(locale, diagnosis.oauth_scope),
        Cause::OauthSecret => td_string!(locale, diagnosis.oauth_secret),
        // The bare domain allows all its pages. A deeper directory allows exactly its own, and each code's waiting pages lie in another.
        Cause::PayDirectory => {
            return fill(td_string!(locale, diagnosis.pay_directory), &[("directory", &format!("{url}/"))]);
        }
        Cause::NoCode => td_string!(locale, diagnosis.no_code),
        Cause::Code { refusal } => return fill(td_string!(locale, diagnosis.code), &[("why", &refusal_words(locale, refusal))]),
        Cause::ChannelRefuses { code } => return said(td_string!(locale, diagnosis.channel_refuses), code),
        Cause::ChannelBusy => td_string!(locale, diagnosis.channel_busy),
        Cause::ChannelSilent => td_string!(locale, diagnosis.channel_silent),
        Cause::NoticesRefused { why: NoticeFault::Sealed } => td_string!(locale, diagnosis.notices_refused_sealed),
        Cause::NoticesRefused { why: NoticeFault::WrongMerchant } => td_string!(locale, diagnosis.notices_refused_merchant),
        Cause::NoticesMissing => {
            return fill(td_string!(locale, diagnosis.notices_missing), &[("notify", &format!("{url}/notify/wechat"))]);
        }
        Cause::PayersNetwork => td_string!(locale, diagnosis.payers_network),
    };
    words.to_owned()
}

/// Since when the channel refuses which orders, why, and how one sees that it is mended.
pub fn orders_refused_words(locale: Locale, refused: OrdersRefused) -> String {
    let product = match refused.product {
        AttemptKind::Jsapi => td_string!(locale, diagnosis.product_jsapi),
        AttemptKind::Native => td_string!(locale, diagnosis.product_native),
    };
    let said = sentence(locale, refused.code, Listener::Administrator);
    let words: [(&str, &dyn std::fmt::Display); 3] = [("time", &refused.since_ms.text()), ("product", &product), ("said", &said)];
    fill(td_string!(locale, diagnosis.orders_refused), &words)
}

/// How far two clocks are apart, whichever is ahead.
fn seconds(by_ms: i64) -> u64 {
    (by_ms.unsigned_abs() + 500) / 1_000
}

/// Why a code cannot be paid, in a few words.
pub fn refusal_words(locale: Locale, refusal: CodeRefusal) -> &'static str {
    match refusal {
        CodeRefusal::MerchantClosed => td_string!(locale, diagnosis.code_closed),
        CodeRefusal::Disabled => td_string!(locale, diagnosis.code_disabled),
        CodeRefusal::NotYet => td_string!(locale, diagnosis.code_not_yet),
        CodeRefusal::Expired => td_string!(locale, diagnosis.code_expired),
        CodeRefusal::Replaced => td_string!(locale, diagnosis.code_replaced),
        CodeRefusal::Unknown | CodeRefusal::Settled | CodeRefusal::WrittenOff => td_string!(locale, diagnosis.code_unknown),
    }
}

/// Plain text for whoever mends it: no name, no number of a person, no secret.
fn report(locale: Locale, cause: Option<Cause>, seen: Diagnosis<'_>) -> String {
    let mut lines = vec![
        format!("{} · shouma {} · {}", diagnosis_title(locale), seen.version, seen.observed.now.text()),
        format!("{} · {}", seen.public_url, seen.code_tail),
    ];
    for check in Check::ALL {
        let (_, words) = found(locale, check.find(seen.observed));
        let detail = detail(locale, check, seen.observed).map(|detail| format!(" ({detail})")).unwrap_or_default();
        lines.push(format!("{}: {words}{detail}", check_name(locale, check)));
    }
    if let Some(sees) = seen.observed.payer_sees {
        lines.push(format!("{} {}", td_string!(locale, diagnosis.payer_sees), sees_words(locale, sees)));
    }
    // The administrator reads this, so nobody is asked to pass it on.
    let concluded = match cause {
        Some(cause) => format!("{} {}", cause_words(locale, cause, seen), who_mends(locale, cause)),
        None => td_string!(locale, diagnosis.all_fine).to_owned(),
    };
    lines.push(format!("[{}] {concluded}", cause.map_or("none", Cause::key)));
    lines.join("\n")
}
