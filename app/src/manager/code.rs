//! The screen with the code: what the customer scans, what came today, and the voice.

use domain::{Fen, Millis, PaymentId};
use leptos::prelude::*;

use crate::Locale;
use crate::concerns::ConcernLine;
use crate::i18n::*;
use crate::manager::live::Link;
use crate::manager::more::More;
use crate::manager::old::{OldCodes, RefreshNews, amount_words, server_time};
use crate::manager::refresh::RefreshForm;
use crate::manager::{Desk, api, voice};
use crate::mobile::till::{News, Till, Voice, till};
use crate::mobile::{UpdateLink, arrive, ask};
use crate::ui::dialog::Dialog;
use crate::ui::fill;
use crate::ui::icons;
use crate::ui::moments::{clock, clock_with_seconds};
use crate::ui::parts::{Bar, Loading, Refused};
use crate::ui::yuan;

/// The screen with the code.
#[component]
pub fn CodeScreen() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    arrive(td_string!(locale, manager.desk_title));
    Effect::new(move |_| {
        if !till.desk.with_untracked(|desk| matches!(desk, Some(Ok(_)))) {
            ask(till.desk, api::load_desk());
        }
    });
    // A code that changes is shown in its place: only coming and going makes another screen.
    let face = Memo::new(move |_| till.desk.with(|desk| desk.as_ref().map(|desk| desk.as_ref().err().cloned())));
    view! {
        <Bar title=td_string!(locale, manager.desk_title)>
            <LinkState/>
            <UpdateLink/>
        </Bar>
        <main id="main" class="code" tabindex="-1">
            {move || match face.get() {
                None => view! { <Loading locale/> }.into_any(),
                Some(Some(refusal)) => view! { <Refused locale refusal again="/m".to_owned()/> }.into_any(),
                Some(None) => view! { <Code/> }.into_any(),
            }}
        </main>
    }
    .into_any()
}

/// The desk that is shown. It is asked for only where there is one.
fn desk(till: Till) -> Memo<Desk> {
    Memo::new(move |shown: Option<&Desk>| {
        let read = till.desk.with(|desk| desk.as_ref().and_then(|desk| desk.as_ref().ok()).cloned());
        read.or_else(|| shown.cloned()).unwrap_or_default()
    })
}

#[component]
fn Code() -> impl IntoView {
    let till = till();
    let desk = desk(till);
    let today = desk.with_untracked(|desk| desk.today.clone());
    let now = server_time(till);
    view! {
        <div class="side">
            <div class="slot" role="status" aria-live="polite"><NewsOrHint/></div>
            <Figures at_first=(today.count, today.sum_fen)/>
        </div>
        <div class="middle">
            <Hindrance/>
            <Plate desk now/>
            <OldCodes now/>
        </div>
        <div class="side">
            <ConcernLine/>
            <VoicePanel/>
            <Latest desk/>
        </div>
    }
    .into_any()
}

/// What keeps customers from paying, with the way to what can be done about it. It takes no space while nothing does.
#[component]
fn Hindrance() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    view! {
        <div role="alert">
            <p class="note note-bad" data-note="hindrance" hidden=move || till.hindrance.with(String::is_empty)>
                {move || till.hindrance.get()} " " <a href="/m/diagnose">{td_string!(locale, manager.diagnose)}</a>
            </p>
        </div>
    }
    .into_any()
}

/// What the customer scans. Tapping it asks whether to refresh (row E12).
#[component]
fn Plate(desk: Memo<Desk>, now: RwSignal<Option<Millis>>) -> impl IntoView {
    let locale = till().locale;
    let is_asking = RwSignal::new(false);
    let done = Callback::new(move |()| is_asking.set(false));
    let ask = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        is_asking.set(true);
    };
    let merchant = move || desk.with(|desk| desk.merchant_name.clone());
    let who = move || desk.with(|desk| format!("{} · {}", desk.manager_name, desk.code_name));
    let amount = move || desk.with(|desk| amount_words(locale, desk.amount));
    let presets = move || desk.with(preset_words);
    let alt = move || fill(td_string!(locale, manager.qr_alt), &[("name", &merchant())]);
    let picture = move || desk.with(|desk| desk.qr_png_data_uri.clone());
    let pay_url = move || desk.with(|desk| desk.pay_url.clone());
    let token = Memo::new(move |_| desk.with(|desk| desk.token.clone()));
    view! {
        <section class="card plate" aria-labelledby="merchant">
            <h2 id="merchant">{merchant}</h2>
            <p class="quiet">{who}</p>
            {move || presets().map(|presets| view! { <p class="preset">{presets}</p> })}
            {move || amount().map(|amount| view! { <p class="amount-rule">{amount}</p> })}
            <a class="qr-act" href="/m/refresh" aria-label=td_string!(locale, manager.refresh_title) on:click=ask>
                <img class="qr" src=picture alt=alt width="248" height="248"/>
            </a>
            <p class="quiet">{td_string!(locale, manager.refresh_tap)}</p>
            <RefreshNews now/>
            <a class="quiet-link" href=pay_url rel="external" target="_blank">{td_string!(locale, manager.open_pay_page)}</a>
            <More desk is_asking/>
            <Dialog open=is_asking labelledby="refresh-asks">
                {move || view! { <RefreshForm token=token.get() done/> }}
            </Dialog>
        </section>
    }
    .into_any()
}

/// What the code answers itself; nothing when it asks everything.
fn preset_words(desk: &Desk) -> Option<String> {
    let words: Vec<String> = desk.presets.iter().map(|preset| format!("{}：{}", preset.label, preset.text)).collect();
    (!words.is_empty()).then(|| words.join(" · "))
}

/// The state of the connection, in a word and a colour.
#[component]
pub fn LinkState() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let word = move || match till.link.get() {
        Link::Connecting => td_string!(locale, manager.live_connecting),
        Link::Connected => td_string!(locale, manager.live_connected),
        Link::Reconnecting { .. } => td_string!(locale, manager.live_reconnecting),
        Link::Offline { .. } => td_string!(locale, manager.live_offline),
        Link::Ended { elsewhere: Some(_) } => td_string!(locale, manager.live_elsewhere),
        Link::Ended { elsewhere: None } => td_string!(locale, manager.live_ended),
    };
    let state = move || match till.link.get() {
        Link::Connected => "on",
        Link::Connecting | Link::Reconnecting { .. } => "wait",
        Link::Offline { .. } | Link::Ended { .. } => "off",
    };
    view! { <span class="link-state" data-state=state role="status">{word}</span> }.into_any()
}

#[component]
fn Figures(
    /// Count and sum before the feed says otherwise.
    at_first: (u64, Fen),
) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let today = move || till.feed.with(|feed| feed.as_ref().map_or(at_first, |feed| feed.today()));
    let age = move || {
        let lost = matches!(till.link.get(), Link::Offline { .. } | Link::Ended { .. });
        let as_of = till.feed.with(|feed| feed.as_ref().map(|feed| feed.as_of_ms()));
        as_of
            .filter(|_| lost)
            .map(|as_of| view! { <p class="quiet age">{fill(td_string!(locale, manager.figures_of), &[("time", &clock(as_of))])}</p> })
    };
    view! {
        <dl class="figures">
            <div class="card"><dt>{td_string!(locale, manager.today_sum)}</dt><dd>{move || yuan(today().1)}</dd></div>
            <div class="card"><dt>{td_string!(locale, manager.today_count)}</dt><dd>{move || today().0.to_string()}</dd></div>
        </dl>
        {age}
    }
    .into_any()
}

/// The last news, or what the customer has to do. It always takes the same space, so that nothing moves under a thumb.
#[component]
fn NewsOrHint() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    move || match till.news.with(Option::is_some) {
        true => view! { <ArrivalNews/> }.into_any(),
        false => view! { <p class="hint">{td_string!(locale, manager.scan_hint)}</p> }.into_any(),
    }
}

/// What came last: who and when, or how much came meanwhile. A link to the receipt, or to the list.
#[component]
pub fn ArrivalNews() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    move || {
        let news = till.news.get()?;
        let url = news.url();
        Some(match news {
            News::Arrived(arrival) => view! {
                <a class="news" href=url>
                    {icons::check()}
                    <strong>{td_string!(locale, manager.arrived)} " " <span class="sum">{yuan(arrival.amount_fen)}</span></strong>
                    <span class="news-who">{arrival.title} " " <time>{clock_with_seconds(arrival.at_ms)}</time></span>
                </a>
            }
            .into_any(),
            News::Meanwhile { count, sum_fen } => view! {
                <a class="news" href=url>
                    {icons::check()}
                    <strong>{fill(td_string!(locale, manager.arrived_meanwhile), &[("count", &count)])} " " <span class="sum">{yuan(sum_fen)}</span></strong>
                </a>
            }
            .into_any(),
        })
    }
}

/// One line of what came last.
#[derive(Clone, PartialEq)]
struct Line {
    payment: PaymentId,
    title: String,
    amount_fen: Fen,
    at_ms: Millis,
}

/// Lines in sight.
const LATEST: usize = 5;

fn latest(till: Till, desk: &Desk) -> Vec<Line> {
    let mut lines: Vec<Line> = till.feed.with(|feed| {
        let arrivals = feed.iter().flat_map(|feed| feed.arrivals());
        arrivals.map(|a| Line { payment: a.payment, title: a.title.clone(), amount_fen: a.amount_fen, at_ms: a.at_ms }).collect()
    });
    for row in &desk.latest {
        if lines.iter().all(|line| line.payment != row.payment) {
            lines.push(Line { payment: row.payment, title: row.title.clone(), amount_fen: row.amount_fen, at_ms: row.at_ms });
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse((line.at_ms, line.payment)));
    lines.truncate(LATEST);
    for line in &mut lines {
        if line.title.is_empty() {
            line.title.clone_from(&desk.code_name);
        }
    }
    lines
}

#[component]
fn Latest(desk: Memo<Desk>) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let lines = Memo::new(move |_| desk.with(|desk| latest(till, desk)));
    view! {
        <section class="latest" aria-labelledby="latest">
            <div class="day">
                <h2 id="latest">{td_string!(locale, manager.arrivals_title)}</h2>
                <a class="more" href="/m/receipts">{td_string!(locale, manager.all_receipts)}</a>
            </div>
            {move || match lines.with(Vec::is_empty) {
                true => view! { <p class="card quiet">{td_string!(locale, manager.arrivals_none)}</p> }.into_any(),
                false => view! {
                    <ul class="card rows">
                        <For each=move || lines.get() key=|line| line.payment let:line>
                            <li><LatestLine line/></li>
                        </For>
                    </ul>
                }.into_any(),
            }}
        </section>
    }
    .into_any()
}

#[component]
fn LatestLine(line: Line) -> impl IntoView {
    view! {
        <a class="row" href=format!("/m/receipts/{}", line.payment)>
            <span class="row-title">{line.title}</span>
            <span class="row-sum">{yuan(line.amount_fen)}</span>
            <time class="row-time">{clock(line.at_ms)}</time>
        </a>
    }
    .into_any()
}

/// Allows, mutes and tries the voice.
#[component]
pub fn VoicePanel() -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let label = move || voice_label(locale, till.voice.get());
    let main_act = move |_| match till.voice.get_untracked() {
        Voice::On | Voice::Loading => voice::mute(till),
        Voice::Off | Voice::Muted | Voice::Blocked | Voice::Failed => voice::allow(till),
    };
    let act_name = move || match till.voice.get() {
        Voice::On | Voice::Loading => Some(td_string!(locale, manager.voice_mute)),
        Voice::Muted => Some(td_string!(locale, manager.voice_unmute)),
        Voice::Off | Voice::Blocked | Voice::Failed => None,
    };
    let icon = move || if matches!(till.voice.get(), Voice::On | Voice::Loading) { icons::sound() } else { icons::silence() };
    let state = move || if till.voice.get() == Voice::On { "on" } else { "off" };
    view! {
        <div class="card voice" data-state=state>
            <button type="button" class="voice-act" on:click=main_act>
                {icon} <span class="voice-label">{label}</span>
                {move || act_name().map(|name| view! { <span class="pill">{name}</span> })}
            </button>
            <p class="quiet">{td_string!(locale, manager.voice_hint)}</p>
        </div>
    }
    .into_any()
}

fn voice_label(locale: Locale, voice: Voice) -> &'static str {
    match voice {
        Voice::Off => td_string!(locale, manager.voice_start),
        Voice::Loading => td_string!(locale, manager.voice_loading),
        Voice::On => td_string!(locale, manager.voice_on),
        Voice::Muted => td_string!(locale, manager.voice_muted),
        Voice::Blocked => td_string!(locale, manager.voice_blocked),
        Voice::Failed => td_string!(locale, manager.voice_failed),
    }
}
