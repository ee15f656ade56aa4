//! The live stream inside Chromium, over a line that the test holds in its hand: what is resumed, told and kept.

#![cfg(all(target_arch = "wasm32", any(feature = "hydrate", feature = "csr")))]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects")]

use app::manager::live::Link;
use app::manager::{Arrival, Beat, Bye, Today, stream};
use app::mobile::till::News;
use app::mobile::{Seed, Till};
use domain::{Fen, Millis, PaymentId};
use js_sys::{Array, Reflect};
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Event, EventTarget};

wasm_bindgen_test_configure!(run_in_browser);

/// Stands in for the browser's own class: it keeps every line that was opened, and says only what the test says.
const LINES: &str = "
    window.lines ??= [];
    window.EventSource = class extends EventTarget {
        constructor(url) { super(); this.url = url; this.isClosed = false; window.lines.push(this); }
        close() { this.isClosed = true; }
    };";

async fn wait_ms(time: i32) {
    let wait = js_sys::Promise::new(&mut |done, _| {
        window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, time).unwrap();
    });
    wasm_bindgen_futures::JsFuture::from(wait).await.unwrap();
}

/// A screen whose figures are from `as_of`, with its stream, and the lines that it opened. Each test has a day of its own, because the
/// streams of the tests before live on.
struct Screen {
    till: Till,
    day: String,
    _owner: Owner,
}

impl Screen {
    async fn open(as_of: i64) -> Screen {
        js_sys::eval(LINES).unwrap();
        // Whatever is mounted brings the executor along.
        leptos::mount::mount_to_body(|| ());
        let owner = Owner::new();
        let till = owner.with(|| {
            let today = Today { as_of_ms: Millis::of(as_of), ..Default::default() };
            Till::new(&Seed { today: Some(today), ..Seed::default() })
        });
        owner.with(|| stream::begin(till));
        wait_ms(50).await;
        Screen { till, day: format!("after={}", as_of / 100_000_000), _owner: owner }
    }

    fn lines(&self) -> Vec<EventTarget> {
        let all: Array = Reflect::get(&window(), &"lines".into()).unwrap().unchecked_into();
        let of_this = |line: &JsValue| Reflect::get(line, &"url".into()).unwrap().as_string().unwrap().contains(&self.day);
        all.iter().filter(of_this).map(JsCast::unchecked_into).collect()
    }

    fn line(&self) -> EventTarget {
        self.lines().pop().expect("a line was opened")
    }

    fn address(&self) -> String {
        Reflect::get(&self.line(), &"url".into()).unwrap().as_string().unwrap()
    }

    fn is_closed(&self) -> bool {
        Reflect::get(&self.line(), &"isClosed".into()).unwrap().is_truthy()
    }

    /// The line is open.
    fn connect(&self) {
        self.line().dispatch_event(&Event::new("open").unwrap()).unwrap();
    }

    fn say<T: serde::Serialize>(&self, event: &str, what: &T) {
        let init = web_sys::MessageEventInit::new();
        init.set_data(&serde_json::to_string(what).unwrap().into());
        let said = web_sys::MessageEvent::new_with_event_init_dict(event, &init).unwrap();
        self.line().dispatch_event(&said).unwrap();
    }

    fn pays(&self, number: u128, at: i64, count_today: u64) {
        let amount_fen = Fen::of(100);
        let payment = PaymentId::of(Uuid::from_u128(number));
        let sum_today_fen = Fen::of(100 * count_today as i64);
        self.say("arrival", &Arrival { payment, amount_fen, title: String::new(), at_ms: Millis::of(at), count_today, sum_today_fen });
    }

    fn count(&self) -> u64 {
        self.till.feed.with_untracked(|feed| feed.as_ref().unwrap().today().0)
    }
}

#[wasm_bindgen_test]
async fn a_lost_stream_goes_on_where_it_was_and_tells_at_once_what_came_meanwhile() {
    const NOON: i64 = 1_795_200_000_000;
    let screen = Screen::open(NOON).await;
    assert!(screen.address().ends_with(&format!("/m/live?after={NOON}-{:032}", 0)), "{}", screen.address());
    screen.connect();
    assert_eq!(screen.till.link.get_untracked(), Link::Connected);
    screen.pays(7, NOON + 1_000, 1);
    assert!(matches!(screen.till.news.get_untracked(), Some(News::Arrived(one)) if one.amount_fen == Fen::of(100)));

    screen.line().dispatch_event(&Event::new("error").unwrap()).unwrap();
    assert!(matches!(screen.till.link.get_untracked(), Link::Reconnecting { .. }));
    assert!(screen.is_closed());
    for _ in 0..40 {
        wait_ms(100).await;
        if screen.lines().len() == 2 {
            break;
        }
    }
    assert!(screen.address().ends_with(&format!("?after={}-{:032x}", NOON + 1_000, 7)), "{}", screen.address());
    screen.connect();
    // The server repeats a little: what is known is no news and is not counted again.
    screen.pays(7, NOON + 1_000, 1);
    screen.pays(8, NOON + 2_000, 2);
    screen.pays(9, NOON + 3_000, 3);
    assert!(matches!(screen.till.news.get_untracked(), Some(News::Arrived(_))), "not one by one");
    let beat =
        |hindrance: Option<&str>| Beat { as_of_ms: Millis::of(NOON + 4_000), concerns: None, hindrance: hindrance.map(str::to_owned) };
    screen.say("beat", &beat(Some("微信支付现在拒绝新的付款")));
    assert_eq!(screen.till.hindrance.get_untracked(), "微信支付现在拒绝新的付款");
    screen.say("beat", &beat(None));
    assert_eq!(screen.till.hindrance.get_untracked(), "微信支付现在拒绝新的付款", "what could not be found out is as it was");
    screen.say("beat", &beat(Some("")));
    assert_eq!(screen.till.hindrance.get_untracked(), "");
    assert_eq!(screen.till.news.get_untracked(), Some(News::Meanwhile { count: 2, sum_fen: Fen::of(200) }));
    assert_eq!(screen.count(), 3);
    // From here on each is told as it comes.
    screen.pays(10, NOON + 5_000, 4);
    assert!(matches!(screen.till.news.get_untracked(), Some(News::Arrived(one)) if one.count_today == 4));
}

#[wasm_bindgen_test]
async fn without_a_network_the_screen_says_since_when_and_comes_back_by_itself() {
    const NOON: i64 = 1_795_300_000_000;
    let screen = Screen::open(NOON).await;
    screen.connect();
    window().dispatch_event(&Event::new("offline").unwrap()).unwrap();
    assert!(matches!(screen.till.link.get_untracked(), Link::Offline { .. }));
    assert!(screen.is_closed(), "nothing is tried without a network");
    wait_ms(1_500).await;
    assert_eq!(screen.lines().len(), 1);
    window().dispatch_event(&Event::new("online").unwrap()).unwrap();
    assert_eq!(screen.lines().len(), 2, "at once");
    screen.connect();
    assert_eq!(screen.till.link.get_untracked(), Link::Connected);
}

#[wasm_bindgen_test]
async fn a_session_that_was_ended_elsewhere_opens_no_line_again() {
    const NOON: i64 = 1_795_400_000_000;
    let screen = Screen::open(NOON).await;
    screen.connect();
    let elsewhere = Some("此账号于 12:00 在另一台设备（安卓手机 · 微信）登录，这里已退出。".to_owned());
    screen.say("bye", &Bye { elsewhere: elsewhere.clone() });
    assert_eq!(screen.till.link.get_untracked(), Link::Ended { elsewhere });
    window().dispatch_event(&Event::new("online").unwrap()).unwrap();
    wait_ms(200).await;
    assert_eq!(screen.lines().len(), 1);
}
