//! Arrivals as they come, over `GET /m/live`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::scene::{Shop, digits};

const MANAGER: &str = "13800138000";

/// An open stream, read event by event.
pub struct Stream {
    response: reqwest::Response,
    unread: String,
}

/// One event, or a comment under the name `:`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    pub name: String,
    pub id: String,
    pub text: String,
}

impl Stream {
    /// Everything that is told until the stream ends.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut told = vec![];
        while let Some(event) = self.next().await {
            told.push(event.text);
        }
        told
    }

    pub async fn open(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> Stream {
        let response = browser.send("GET", path, headers, None).await;
        assert_eq!(response.status(), 200);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
        let mut stream = Stream { response, unread: String::new() };
        assert_eq!(stream.next().await.unwrap().text, "open", "the first bytes come at once");
        stream
    }

    /// The next event or comment; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let event = parse(block);
                self.unread = rest.to_owned();
                return Some(event);
            }
            let chunk =
                tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await.expect("something within 20 s").unwrap()?;
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event with this name.
    pub async fn event(&mut self, name: &str) -> (String, Value) {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {name}"));
            if event.name == name {
                return (event.id, serde_json::from_str(&event.text).unwrap());
            }
        }
    }
}

fn parse(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines() {
        match line.split_once(':') {
            Some(("", comment)) => (event.name, event.text) = (":".into(), comment.trim().into()),
            Some(("event", name)) => event.name = name.trim().into(),
            Some(("id", id)) => event.id = id.trim().into(),
            Some(("data", text)) => event.text = text.trim().into(),
            _ => {}
        }
    }
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_announced_as_it_comes_to_its_manager_and_to_nobody_else() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let colleague = Browser::manager(&shop, "13800138001").await;
        let mut stream = Stream::open(&manager, "/m/live", &[]).await;
        let mut other = Stream::open(&colleague, "/m/live", &[]).await;
        for (amount, fen, count, sum) in [("12.50", 1250, 1, 1250), ("0.01", 1, 2, 1251)] {
            let bill = shop.paid(amount).await;
            let (id, arrival) = stream.event("arrival").await;
            assert_eq!(id, format!("{}-{}", shop.world.hands.now().get(), bill.payment));
            assert_eq!(digits(&arrival["payment"]), bill.payment);
            let expected = json!({"payment": arrival["payment"], "amount_fen": fen, "title": "张小明", "at_ms": shop.world.hands.now().get(),
                "count_today": count, "sum_today_fen": sum});
            assert_eq!(arrival, expected);
            shop.world.hands.pass_ms(1_000);
        }
        let told = tokio::time::timeout(Duration::from_millis(500), other.event("arrival")).await;
        assert!(told.is_err(), "{told:?}");
        drop((stream, other));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_before_midnight_and_known_after_it_is_not_told_with_yesterdays_figures() {
    for shop in Shop::on_each_engine().await {
        shop.paid("5").await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let mut stream = Stream::open(&manager, "/m/live", &[]).await;
        stream.event("beat").await;
        // It is noon.
        shop.world.hands.pass_ms(12 * 3_600_000 - 1_000);
        let late = shop.bill(&Browser::wechat(&shop), "7").await;
        shop.world.pay(&late.payment, json!({"notify": false})).await;
        shop.world.hands.pass_ms(2_000);
        shop.world.notify(&late.payment, json!({})).await;
        let (_, told) = stream.event("arrival").await;
        assert_eq!((&told["amount_fen"], &told["count_today"], &told["sum_today_fen"]), (&json!(700), &json!(0), &json!(0)));
        shop.paid("1").await;
        let (_, told) = stream.event("arrival").await;
        assert_eq!((&told["amount_fen"], &told["count_today"]), (&json!(100), &json!(1)));
        drop(stream);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_lost_goes_on_where_it_was() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let opened_at = shop.world.hands.now().get();
        let mut first = Stream::open(&manager, "/m/live", &[]).await;
        shop.paid("1.00").await;
        let (id, _) = first.event("arrival").await;
        drop(first);
        // A minute and a half later two more came unheard.
        shop.world.hands.pass_ms(90_000);
        let missed = [shop.paid("2.00").await.payment, shop.paid("3.00").await.payment];
        let by_header = Stream::open(&manager, "/m/live", &[("last-event-id", id.as_str())]).await;
        let by_query = Stream::open(&manager, &format!("/m/live?after={opened_at}-{}", "0".repeat(32)), &[]).await;
        for mut stream in [by_header, by_query] {
            let mut heard = vec![];
            while !missed.iter().all(|payment| heard.contains(payment)) {
                heard.push(digits(&stream.event("arrival").await.1["payment"]));
            }
            let mut once = heard.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), heard.len(), "nothing is told twice on one stream: {heard:?}");
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_says_that_it_lives_and_one_whose_manager_signed_out_says_bye() {
    let shop = Shop::open().await;
    let (stays, leaves) = (Browser::manager(&shop, MANAGER).await, Browser::manager(&shop, "13800138002").await);
    let mut alive = Stream::open(&stays, "/m/live", &[]).await;
    let mut ended = Stream::open(&leaves, "/m/live", &[]).await;
    leaves.post("/m/sign-out", &[]).await;
    let (beats, _) = tokio::join!(
        async {
            alive.event("beat").await;
            alive.event("beat").await
        },
        async { assert_eq!(ended.event("bye").await.1, json!({"elsewhere": null}), "nobody is alarmed by signing out") }
    );
    assert_eq!(beats.1["as_of_ms"], shop.world.hands.now().get());
    assert_eq!(ended.next().await, None, "nothing follows");
    drop(alive);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_slept_through_a_sign_in_elsewhere_is_told_when_and_with_what_as_soon_as_it_asks() {
    for shop in Shop::on_each_engine().await {
        let slept = Browser::manager(&shop, MANAGER).await;
        let awake = Browser::manager(&shop, MANAGER).await;
        for (lang, said) in [("zh", "在另一台设备（"), ("en", "on another device (")] {
            let mut stream = Stream::open(&slept, &format!("/m/live?lang={lang}"), &[]).await;
            let bye = stream.event("bye").await.1["elsewhere"].as_str().unwrap().to_owned();
            assert!(bye.contains(said), "{bye}");
            assert_eq!(stream.next().await, None, "nothing follows");
        }
        // Whoever signed out themselves needs no reason.
        awake.post("/m/sign-out", &[]).await;
        assert_eq!(awake.ask("GET", "/m/live", &[], None).await.status, 401);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_the_server_stops() {
    let mut shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let mut stream = Stream::open(&manager, "/m/live", &[]).await;
    let started = std::time::Instant::now();
    let ((), told) = tokio::join!(shop.stop(), stream.rest());
    assert_eq!(told.last().map(String::as_str), Some("stop"), "{told:?}");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}
