//! The old codes that refreshes left behind: how long each still works, and cutting it (idea I7).

use std::time::Duration;

use domain::Millis;
use domain::code::AmountRule;
use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::manager::refresh::CutForm;
use crate::manager::{Desk, OldCode};
use crate::mobile::till::{Till, till};
use crate::ui::dialog::Dialog;
use crate::ui::moments::{clock, left};
use crate::ui::{browser, fill, yuan};

/// How often the minutes are looked at. It is less than a minute, so that none is skipped.
const TICK: Duration = Duration::from_secs(5);

/// How long a screen says that the code was refreshed, and what that brought.
const NEWS_MS: i64 = 10 * 60_000;

/// The server's time, which moves on while the screen is open.
pub fn server_time(till: Till) -> RwSignal<Option<Millis>> {
    let now = RwSignal::new(None);
    Effect::new(move |_| {
        // A desk that came anew brings the server's time with it.
        till.desk.track();
        now.set(till.server_time(browser::now()));
    });
    Effect::new(move |_| {
        let tick = move || {
            // A screen that was left has no clock to set any more.
            let _ = now.try_set(till.server_time(browser::now()));
        };
        if let Ok(handle) = set_interval_with_handle(tick, TICK) {
            on_cleanup(move || handle.clear());
        }
    });
    now
}

/// The old codes that still work, each with what is left of its three hours.
#[component]
pub fn OldCodes(
    /// The server's time; before it is known, that of the desk counts.
    now: RwSignal<Option<Millis>>,
) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let chosen: RwSignal<Option<OldCode>> = RwSignal::new(None);
    let is_open = RwSignal::new(false);
    let done = Callback::new(move |()| is_open.set(false));
    let working = Memo::new(move |_| till.desk.with(|desk| still_working(desk.as_ref()?.as_ref().ok()?, now.get())));
    let count = move || working.with(|working| working.as_ref().map_or(0, Vec::len));
    let row = move |(old, left_ms): (OldCode, i64)| {
        let choice = old.clone();
        let choose = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            chosen.set(Some(choice.clone()));
            is_open.set(true);
        };
        let since = fill(td_string!(locale, manager.old_since), &[("time", &clock(old.replaced_at_ms)), ("end", &clock(old.ends_at_ms))]);
        let name = format!("{} {}", td_string!(locale, manager.cut_do), old.name);
        view! {
            <li class="old-code">
                <div>
                    <p><strong>{old.name}</strong> " " <span class="left">{left(locale, left_ms)}</span></p>
                    <p class="quiet">{since}</p>
                </div>
                <a class="pill" href=format!("/m/cut?token={}", old.token) aria-label=name on:click=choose>{td_string!(locale, manager.cut_short)}</a>
            </li>
        }
    };
    view! {
        <section class="old-codes" aria-labelledby="old-codes" hidden=move || count() == 0>
            <div class="day"><h2 id="old-codes">{td_string!(locale, manager.old_title)} " " {count}</h2></div>
            <ul class="card rows">{move || working.get().unwrap_or_default().into_iter().map(row).collect_view()}</ul>
            <p class="quiet">{td_string!(locale, manager.old_hint)}</p>
            <Dialog open=is_open labelledby="cut-asks">
                {move || chosen.get().map(|old| view! { <CutForm old done/> })}
            </Dialog>
        </section>
    }
    .into_any()
}

/// Each old code that still works at `now`, with what is left of its time.
fn still_working(desk: &Desk, now: Option<Millis>) -> Option<Vec<(OldCode, i64)>> {
    let now = now.unwrap_or(desk.today.as_of_ms);
    // Only whole minutes are shown, so only they make the list change.
    let whole = |ms: i64| if ms < 60_000 { ms.min(1) } else { ms / 60_000 * 60_000 };
    let left = desk.old.iter().map(|old| (old.clone(), whole(old.ends_at_ms.since_ms(now).max(0))));
    Some(left.filter(|(_, left_ms)| *left_ms > 0).collect())
}

/// Says for a while that the code was refreshed, and what changed with it.
#[component]
pub fn RefreshNews(
    /// The server's time; before it is known, that of the desk counts.
    now: RwSignal<Option<Millis>>,
) -> impl IntoView {
    let till = till();
    let locale = till.locale;
    let text = Memo::new(move |_| till.desk.with(|desk| news(locale, desk.as_ref()?.as_ref().ok()?, now.get())));
    view! {
        <div role="status" aria-live="polite">
            {move || text.get().map(|text| view! { <p class="note refreshed">{text}</p> })}
        </div>
    }
    .into_any()
}

fn news(locale: Locale, desk: &Desk, now: Option<Millis>) -> Option<String> {
    let refreshed = desk.refreshed.as_ref()?;
    let now = now.unwrap_or(desk.today.as_of_ms);
    if now.since_ms(refreshed.at_ms) >= NEWS_MS {
        return None;
    }
    Some(fill(td_string!(locale, manager.refreshed), &[("time", &clock(refreshed.at_ms))]) + &refreshed.brought)
}

/// What a code collects, where it is not up to the payer.
pub fn amount_words(locale: Locale, amount: AmountRule) -> Option<String> {
    match amount {
        AmountRule::Free => None,
        AmountRule::Fixed { amount_fen } => Some(fill(td_string!(locale, manager.amount_fixed), &[("amount", &yuan(amount_fen))])),
        AmountRule::Between { min_fen, .. } => {
            Some(fill(td_string!(locale, manager.amount_between), &[("min", &yuan(min_fen)), ("max", &yuan(amount.max()))]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::Refreshed;

    const H: i64 = 3_600_000;

    fn desk(old: &[(&str, i64)], refreshed_at: Option<i64>) -> Desk {
        let old = old.iter().map(|(token, at)| OldCode {
            token: (*token).to_owned(),
            name: String::new(),
            replaced_at_ms: Millis::of(*at),
            ends_at_ms: Millis::of(at + 3 * H),
        });
        let refreshed = refreshed_at.map(|at| Refreshed { at_ms: Millis::of(at), brought: "管理员的设置没有变化。".to_owned() });
        Desk { old: old.collect(), refreshed, ..Desk::default() }
    }

    #[test]
    fn each_old_code_counts_its_own_three_hours_down_and_disappears_at_their_end() {
        let desk = desk(&[("second", H), ("first", 0)], None);
        let table: [(i64, &[(&str, i64)]); 6] = [
            (H, &[("second", 180), ("first", 120)]),
            (H + 1, &[("second", 179), ("first", 119)]),
            (3 * H - 60_000, &[("second", 61), ("first", 1)]),
            (3 * H - 1, &[("second", 60), ("first", 0)]),
            (3 * H, &[("second", 60)]),
            (4 * H, &[]),
        ];
        for (now, expected) in table {
            let shown = still_working(&desk, Some(Millis::of(now))).unwrap_or_default();
            let minutes: Vec<_> = shown.iter().map(|(old, left_ms)| (old.token.as_str(), left_ms / 60_000)).collect();
            assert_eq!(minutes, expected, "{now}");
        }
    }

    #[test]
    fn a_refresh_is_told_for_ten_minutes_with_what_it_brought() {
        let words = "08:00 已换成新码。管理员的设置没有变化。";
        let table = [(None, 0, None), (Some(0), 0, Some(words)), (Some(0), 599_999, Some(words)), (Some(0), 600_000, None)];
        for (refreshed, now, expected) in table {
            assert_eq!(news(Locale::zh, &desk(&[], refreshed), Some(Millis::of(now))).as_deref(), expected);
        }
    }
}
