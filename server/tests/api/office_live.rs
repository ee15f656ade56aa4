//! The administrator's overview as it changes, over `GET /admin/live`: seen at once, said once, and only in one's own organisation.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use server::demo::{PASSWORD, STUDIO_ADMINISTRATOR};

use crate::browser::Browser;
use crate::live::Stream;
use crate::scene::{Bill, Shop};
use crate::stores::{make_plate, make_store, paid};
use crate::two_instances::two;

const LIVE: &str = "/admin/live";

impl Stream {
    /// The next state that shows each of these.
    async fn shows(&mut self, sentences: &[&str]) -> (String, String) {
        loop {
            let (id, told) = self.event("now").await;
            let html = told["html"].as_str().unwrap().to_owned();
            if sentences.iter().all(|sentence| html.contains(sentence)) {
                return (id, html);
            }
        }
    }

    /// The next sentence, and where it leaves off.
    async fn says(&mut self) -> (String, Vec<String>, String) {
        let (id, told) = self.event("arrived").await;
        let clips = told["say"].as_array().unwrap().iter().map(|clip| clip.as_str().unwrap().to_owned()).collect();
        (id, clips, told["words"].as_str().unwrap().to_owned())
    }

    /// Whether nothing is said for a while.
    async fn is_silent(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(1_500), self.event("arrived")).await.is_err()
    }
}

async fn studio(shop: &Shop) -> Browser {
    let browser = Browser::desktop(shop);
    assert_eq!(browser.administrate(STUDIO_ADMINISTRATOR, PASSWORD).await.header("location"), "/admin");
    browser
}

async fn paid_at_the_studio(shop: &Shop, amount: &str) {
    let answers = [("amount", amount), ("field.learner", "画家"), ("field.course", "水彩")].map(|(name, value)| (name, value.to_owned()));
    let page = Browser::wechat(shop).submit("/p/demo-studio", &answers).await;
    let bill = Bill::of_url(shop, &page.url);
    shop.world.pay(&bill.payment, json!({})).await;
    bill.until("paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_and_hears_what_everybody_collects_and_nothing_of_another_organisation() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let store = make_store(&admin, "东门店").await;
        let (_, plate) = make_plate(&shop, &admin, &store, "东门店 一号").await;
        shop.paid("1").await;
        let page = admin.open("/admin").await;
        page.says(200, &["¥1.00", "1 笔", "张小明 · 三年一班 · 王敏", "id=\"living\""]);
        let mut stream = Stream::open(&admin, LIVE, &[]).await;
        let mut other = Stream::open(&studio(&shop).await, LIVE, &[]).await;
        let (_, shown) = stream.shows(&[]).await;
        assert!(page.text.contains(&shown), "the stream begins with what the page shows: {shown}\n{}", page.text);
        other.shows(&["¥0.00"]).await;
        shop.world.hands.pass_ms(1_000);

        let first = shop.paid("12.50").await;
        let link = format!("href=\"/admin/payments/{}\"", first.payment);
        stream.shows(&["¥13.50", "2 笔", &link, "张小明 · 三年一班 · 王敏"]).await;
        let (_, clips, words) = stream.says().await;
        assert_eq!(clips, ["arrived", "ten", "2", "point", "5", "yuan"]);
        assert_eq!(words, "¥12.50 到账 · 张小明 · 王敏");
        shop.world.hands.pass_ms(1_000);
        let second = paid(&shop, &plate, "8", "赵一").await;
        stream.shows(&["¥21.50", "3 笔", &second.payment, "赵一 · 三年一班 · 东门店"]).await;
        assert_eq!(stream.says().await.2, "¥8.00 到账 · 赵一 · 东门店");
        assert!(stream.is_silent().await, "each is said once");

        paid_at_the_studio(&shop, "5").await;
        other.shows(&["¥5.00", "1 笔"]).await;
        assert!(other.says().await.2.starts_with("¥5.00 到账"));
        assert!(stream.is_silent().await);
        drop((stream, other));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_together_is_one_sentence_in_the_readers_language() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let mut zh = Stream::open(&admin, &format!("{LIVE}?lang=zh"), &[]).await;
        let mut en = Stream::open(&admin, &format!("{LIVE}?lang=en"), &[]).await;
        shop.world.hands.pass_ms(1_000);
        shop.paid("1").await;
        for (stream, said) in [(&mut zh, "¥1.00 到账 · 张小明 · 王敏"), (&mut en, "¥1.00 arrived · 张小明 · 王敏")] {
            assert_eq!(stream.says().await.2, said);
        }
        // Both come while the first is still spoken.
        join_all(["2", "3"].map(|amount| shop.paid(amount))).await;
        let (_, clips, words) = zh.says().await;
        assert_eq!((clips.join(" "), words.as_str()), ("arrived 2 payments total 5 yuan".to_owned(), "到账 2 笔，共 ¥5.00"));
        let (_, clips, words) = en.says().await;
        assert_eq!((clips.join(" "), words.as_str()), ("arrived 2 payments total 5 yuan".to_owned(), "2 payments arrived, ¥5.00 in total"));
        drop((zh, en));
        let (_, html) = Stream::open(&admin, &format!("{LIVE}?lang=en"), &[]).await.shows(&["¥6.00", "3 payments", "Received"]).await;
        let ours = html.replace("张小明", "").replace("三年一班", "").replace("王敏", "");
        assert!(!ours.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{ours}");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_lost_says_in_one_sentence_what_came_meanwhile() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        shop.paid("100").await;
        let mut first = Stream::open(&admin, LIVE, &[]).await;
        let (opened, _) = first.shows(&["¥100.00"]).await;
        drop(first);
        shop.world.hands.pass_ms(90_000);
        for amount in ["2", "3.50"] {
            shop.paid(amount).await;
            shop.world.hands.pass_ms(1);
        }
        let by_header = Stream::open(&admin, LIVE, &[("last-event-id", opened.as_str())]).await;
        let by_query = Stream::open(&admin, &format!("{LIVE}?after={opened}"), &[]).await;
        for mut stream in [by_header, by_query] {
            stream.shows(&["¥105.50"]).await;
            let (place, _, words) = stream.says().await;
            assert_eq!(words, "到账 2 笔，共 ¥5.50");
            assert!(stream.is_silent().await, "once");
            drop(stream);
            let mut again = Stream::open(&admin, &format!("{LIVE}?after={place}"), &[]).await;
            again.shows(&["¥105.50"]).await;
            assert!(again.is_silent().await, "and not again");
        }
        // A place that is none, or that lies ahead, is the present.
        for place in ["x", "9999999999999-00000000000000000000000000000000"] {
            let mut stream = Stream::open(&admin, &format!("{LIVE}?after={place}"), &[]).await;
            stream.shows(&["¥105.50"]).await;
            assert!(stream.is_silent().await, "{place}");
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_administrator_hears_nothing_and_one_whose_session_ends_is_told() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, "13800138000").await;
        assert_eq!(manager.ask("GET", LIVE, &[], None).await.status, 401);
        // The manager's token in the administrator's cookie.
        let token = manager.cookie("__Host-session").unwrap();
        manager.keep("127.0.0.1", "__Host-admin", &token);
        assert_eq!(manager.ask("GET", LIVE, &[], None).await.status, 401);
        assert_eq!(Browser::desktop(&shop).ask("GET", LIVE, &[], None).await.status, 401);

        let here = Browser::administrator(&shop).await;
        let mut stream = Stream::open(&here, LIVE, &[]).await;
        stream.shows(&["¥0.00"]).await;
        let elsewhere = Browser::administrator(&shop).await;
        assert_eq!(stream.event("bye").await.1, json!({}));
        assert_eq!(stream.next().await, None, "nothing follows");
        let mut late = Stream::open(&here, LIVE, &[]).await;
        assert_eq!(late.event("bye").await.1, json!({}));
        assert_eq!(late.next().await, None, "nothing follows");

        let mut stream = Stream::open(&elsewhere, LIVE, &[]).await;
        stream.shows(&["¥0.00"]).await;
        elsewhere.post("/admin/sign-out", &[]).await;
        stream.event("bye").await;
        assert_eq!(elsewhere.ask("GET", LIVE, &[], None).await.status, 401);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_nobody_touches_keeps_nobody_signed_in() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    let mut stream = Stream::open(&admin, LIVE, &[]).await;
    shop.world.hands.pass_ms(20 * 60_000);
    shop.paid("1").await;
    stream.shows(&["¥1.00"]).await;
    shop.world.hands.pass_ms(10 * 60_000);
    // What came is not told to somebody who is signed in no more.
    shop.paid("7").await;
    loop {
        let event = stream.next().await.expect("the stream says bye");
        assert!(!event.text.contains("7.00"), "{event:?}");
        if event.name == "bye" {
            break;
        }
    }
    assert_eq!(stream.next().await, None, "nothing follows");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_midnight_the_day_begins_with_nothing_and_what_needs_a_look_is_shown_as_it_comes() {
    let shop = Shop::with(|config| config.administrator_idle_ms = 24 * 3_600_000).await;
    shop.world.hands.pass_ms(60_000);
    let admin = Browser::administrator(&shop).await;
    shop.paid("3").await;
    let mut stream = Stream::open(&admin, LIVE, &[]).await;
    stream.shows(&["¥3.00"]).await;
    // Another amount than was asked is held.
    let bill = shop.bill(&Browser::wechat(&shop), "5").await;
    shop.world.pay(&bill.payment, json!({"amount_fen": 499})).await;
    stream.shows(&["id=\"concerns\"", "¥4.99"]).await;
    shop.world.hands.pass_ms(12 * 3_600_000 - 60_000);
    let (_, html) = stream.shows(&["¥0.00", "0 笔"]).await;
    assert!(html.contains("¥3.00") && html.contains("11月21日"), "what came last stands there with its day: {html}");
    drop(stream);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_instance_took_is_seen_and_said_once() {
    let Some([one, other]) = two().await else { return };
    let admin = Browser::administrator(&one).await;
    let mut stream = Stream::open(&admin, &format!("{}{LIVE}", other.url), &[]).await;
    stream.shows(&["¥0.00"]).await;
    one.world.hands.pass_ms(1_000);
    let bill = one.bill(&Browser::wechat(&one), "3").await;
    one.world.pay(&bill.payment, json!({})).await;
    stream.shows(&["¥3.00", &bill.payment]).await;
    assert_eq!(stream.says().await.2, "¥3.00 到账 · 张小明 · 王敏");
    assert!(stream.is_silent().await);
    let again = Browser::administrator(&one).await;
    stream.event("bye").await;
    drop(again);
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_an_administrator_ends_when_the_server_stops() {
    let mut shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    let response = admin.ask("GET", "/admin", &[], None).await;
    assert!(response.header("content-security-policy").contains("script-src 'nonce-"), "{}", response.header("content-security-policy"));
    let mut stream = Stream::open(&admin, LIVE, &[]).await;
    let ((), told) = tokio::join!(shop.stop(), stream.rest());
    assert_eq!(told.last().map(String::as_str), Some("stop"), "{told:?}");
}
