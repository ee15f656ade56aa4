//! What of the overview is alive: today's money, what came last, and what needs a look. The page holds it from the beginning, and the
//! live stream sends it again whenever something changed, drawn by the same function.

use domain::diagnosis::OrdersRefused;
use domain::receipt::Receipt;
use domain::{Fen, Millis};
use leptos::prelude::*;

use super::payments::{PAYMENTS, ReceiptLine, concern_list};
use crate::Locale;
use crate::concerns::ConcernRow;
use crate::diagnosis::orders_refused_words;
use crate::i18n::*;
use crate::manager::speech::clips;
use crate::receipts::{Reader, Tag};
use crate::ui::moments::{moment, payments};
use crate::ui::{fill, yuan};

/// Where the stream is that keeps it up to date.
pub const LIVE_PATH: &str = "/admin/live";

/// Most receipts that stand there.
pub const SHOWN_RECEIPTS: usize = 5;

/// What it shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Living {
    /// That the channel refuses orders, and why.
    pub orders_refused: Option<OrdersRefused>,
    /// Payments of today.
    pub count: u64,
    /// Their sum.
    pub sum_fen: Fen,
    /// What of it went back.
    pub refunded_fen: Fen,
    /// The newest receipts.
    pub latest: Vec<ReceiptLine>,
    /// Payments that need a look, those that wait for the administrator first.
    pub concerns: Vec<ConcernRow>,
    /// How many more there are.
    pub more_concerns: usize,
    /// The present moment.
    pub now: Millis,
}

/// The part of the page. The script replaces what is marked `data-part`, each by itself.
pub(super) fn living(locale: Locale, shown: &Living) -> AnyView {
    let orders_refused = shown.orders_refused.map(|refused| {
        view! { <p class="note note-bad" role="status" data-note="orders-refused">{orders_refused_words(locale, refused)}</p> }
    });
    let refunded = shown
        .refunded_fen
        .is_positive()
        .then(|| view! { <p class="quiet">{fill(td_string!(locale, office.today_refunded), &[("sum", &yuan(shown.refunded_fen))])}</p> });
    view! {
        <div data-part="refused">{orders_refused}</div>
        <div class="beside">
            <section class="card today" aria-labelledby="today" data-part="today">
                <h2 id="today">{td_string!(locale, office.today)}</h2>
                <p class="sum">{yuan(shown.sum_fen)}</p>
                <p>{payments(locale, shown.count)}</p>
                {refunded}
            </section>
            <div data-part="concerns">{concerns(locale, shown)}</div>
            <section class="card" aria-labelledby="latest" data-part="latest">
                <h2 id="latest">{td_string!(locale, office.payments_latest)}</h2>
                {latest(locale, shown)}
            </section>
        </div>
    }
    .into_any()
}

/// The same by itself, as the stream sends it.
pub fn living_html(locale: Locale, shown: &Living) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| living(locale, shown).to_html());
    owner.unset_with_forced_cleanup();
    html
}

fn concerns(locale: Locale, shown: &Living) -> Option<impl IntoView> {
    let more = (shown.more_concerns > 0)
        .then(|| view! { <p class="quiet">{fill(td_string!(locale, office.concerns_more), &[("count", &shown.more_concerns)])}</p> });
    (!shown.concerns.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="concerns">
                <h2 id="concerns">{td_string!(locale, concerns.title)}</h2>
                {concern_list(locale, &shown.concerns, shown.now)}
                {more}
            </section>
        }
    })
}

fn latest(locale: Locale, shown: &Living) -> AnyView {
    if shown.latest.is_empty() {
        return view! { <p class="quiet">{td_string!(locale, office.payments_none)}</p> }.into_any();
    }
    let line = |line: &ReceiptLine| {
        let about = joined([line.who.as_str(), line.payee_name.as_str(), moment(locale, line.at_ms, shown.now).as_str()]);
        view! {
            <li>
                <a href=Reader::Administrator.receipt(line.payment)>{yuan(line.amount_fen)}</a>
                <Tag state=line.state locale/>
                <span class="quiet">{about}</span>
            </li>
        }
    };
    view! {
        <ul class="letters">{shown.latest.iter().map(line).collect_view()}</ul>
        <p><a href=PAYMENTS>{td_string!(locale, office.to_payments)}</a></p>
    }
    .into_any()
}

/// What there is of it, joined for reading.
fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// How the line stands with the server, and the button that lets arrivals be spoken: for the script, which shows them and says which of
/// their words holds. Without it neither is seen.
pub(super) fn bar(locale: Locale) -> AnyView {
    let names = clips(locale).join(" ");
    view! {
        <div
            class="live" id="live" hidden=true
            data-url=format!("{LIVE_PATH}?lang={}", language(locale))
            data-connecting=td_string!(locale, office.live_connecting)
            data-connected=td_string!(locale, office.live_connected)
            data-reconnecting=td_string!(locale, office.live_reconnecting)
            data-offline=td_string!(locale, office.live_offline)
            data-ended=td_string!(locale, office.live_ended)
            data-newer=td_string!(locale, office.live_newer)
        >
            <p class="link-state" role="status"></p>
            <a class="button" href="/admin/sign-in?why=ended&next=/admin" hidden=true>{td_string!(locale, office.live_sign_in)}</a>
            <button
                class="button button-quiet" type="button" hidden=true
                data-voice=format!("/voice/{}/", language(locale))
                data-clips=names
                data-off=td_string!(locale, office.speak_off)
                data-loading=td_string!(locale, office.speak_loading)
                data-on=td_string!(locale, office.speak_on)
                data-blocked=td_string!(locale, office.speak_blocked)
                data-failed=td_string!(locale, office.speak_failed)
            ></button>
            <p class="unseen" aria-live="polite"></p>
        </div>
    }
    .into_any()
}

/// The word of the language in addresses.
const fn language(locale: Locale) -> &'static str {
    match locale {
        Locale::zh => "zh",
        Locale::en => "en",
    }
}

/// What is said of one payment that came: `¥12.50 到账 · 张三 · 一号窗口`.
pub fn arrived_words(locale: Locale, receipt: &Receipt) -> String {
    let arrived = fill(td_string!(locale, office.arrived), &[("amount", &yuan(receipt.amount_fen))]);
    joined([arrived.as_str(), receipt.title().unwrap_or_default(), &receipt.payee_name])
}

/// What is said of several that came together.
pub fn several_words(locale: Locale, count: u64, sum_fen: Fen) -> String {
    fill(td_string!(locale, office.arrived_several), &[("count", &count), ("sum", &yuan(sum_fen))])
}

/// What is said of so many that they were not counted any further.
pub fn many_words(locale: Locale, beyond: usize) -> String {
    fill(td_string!(locale, office.arrived_many), &[("count", &beyond)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_together_is_told_with_number_and_sum_and_never_with_a_number_that_nobody_counted() {
        let table = [
            (Locale::zh, "到账 3 笔，共 ¥1,280.50", "到账超过 500 笔"),
            (Locale::en, "3 payments arrived, ¥1,280.50 in total", "More than 500 payments arrived"),
        ];
        for (locale, several, many) in table {
            assert_eq!(several_words(locale, 3, Fen::of(128_050)), several);
            assert_eq!(many_words(locale, 500), many);
        }
    }

    #[test]
    fn the_stream_sends_what_the_page_holds() {
        let shown = Living { count: 2, sum_fen: Fen::of(300), ..Living::default() };
        let html = living_html(Locale::en, &shown);
        assert!(html.contains("¥3.00") && html.contains("2 payments") && html.contains("No payments yet"), "{html}");
        for part in ["refused", "today", "concerns", "latest"] {
            assert!(html.contains(&format!("data-part=\"{part}\"")), "the script finds {part}: {html}");
        }
    }
}
