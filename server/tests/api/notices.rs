//! What WeChat tells us by itself: once, twice, late, forged or never (H1-H6, H9-H11).

use std::sync::Arc;
use std::time::Duration;

use domain::PaymentState;
use serde_json::json;
use server::channels::wechat::MOST_NOTICE_BYTES;
use server::store::{Command, StoreError, Tx};
use tokio::sync::Semaphore;

use crate::browser::Browser;
use crate::log;
use crate::scene::{Bill, Shop, World, until};
use crate::testing;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_notice_is_made_good_by_the_next_poll_of_the_payer() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.bill(&Browser::wechat(&shop), "2").await;
        shop.world.pay(&bill.payment, json!({"notify": false})).await;
        // The channel's last word was that the order waits for its payer; it is too old to count after a second and a half.
        shop.world.hands.pass_ms(1_500);
        assert_eq!(bill.state().await, "paid");
        assert_eq!((shop.count("inbox").await, shop.count("receipt").await), (0, 1));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_notice_is_made_good_within_a_minute_when_nobody_looks() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.bill(&Browser::wechat(&shop), "2").await;
        shop.world.hands.pass_ms(20_000);
        shop.world.pay(&bill.payment, json!({"notify": false})).await;
        shop.world.hands.pass_ms(60_000);
        until("the job asks the channel", async || (shop.count("receipt").await == 1).then_some(())).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_a_notice_settled_the_channel_is_not_asked_any_more() {
    const ASKED: &str = "attempt WHERE query_at_ms IS NOT NULL";
    for shop in Shop::on_each_engine().await {
        let bill = shop.bill(&Browser::wechat(&shop), "2").await;
        // Longer than an answer is waited for; the notice comes meanwhile.
        shop.world.control("/_sim/faults", json!({"door": "query", "fault": "slow", "ms": 3_000, "only": bill.payment})).await;
        shop.world.hands.pass_ms(2_000);
        let asked = async {
            let state = bill.state().await;
            (state, shop.count(ASKED).await)
        };
        let told = async {
            until("the question is on its way", async || faults(&shop).await.is_empty().then_some(())).await;
            shop.world.pay(&bill.payment, json!({})).await;
            until("the notice is heard", async || (shop.count("receipt").await == 1).then_some(())).await;
        };
        let (asked, ()) = tokio::join!(asked, told);
        assert_eq!(asked, ("paid".to_owned(), 0), "{}", shop.place.engine);
        shop.world.hands.pass_ms(600_000);
        assert_eq!(shop.count(ASKED).await, 0, "{}", shop.place.engine);

        // What an earlier version left behind is asked about once.
        shop.place.bare().await.run("UPDATE attempt SET query_at_ms = made_at_ms").await;
        until("it was asked about", async || (shop.count(ASKED).await == 0).then_some(())).await;
        shop.close().await;
    }
}

/// The faults that still wait.
async fn faults(shop: &Shop) -> Vec<serde_json::Value> {
    let answer = shop.world.http.get(format!("{}/_sim/faults", shop.world.sim.base_url())).send().await.unwrap();
    let faults: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    faults["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_notice_twenty_times_at_once_is_one_receipt() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.bill(&Browser::wechat(&shop), "2").await;
        shop.world.pay(&bill.payment, json!({"notify": false})).await;
        let statuses = shop.world.notify(&bill.payment, json!({"copies": 20, "shuffle": true})).await;
        assert_eq!(statuses, vec![204; 20]);
        assert_eq!((shop.count("receipt").await, shop.count("inbox").await, shop.count("transfer").await), (1, 1, 1));
        let later = shop.world.notify(&bill.payment, json!({"copies": 3})).await;
        assert_eq!(later, vec![204; 3], "a repetition is accepted and changes nothing");
        assert_eq!((shop.count("receipt").await, shop.count("transfer").await), (1, 1));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payments_notice_that_comes_after_its_refunds_changes_nothing() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.bill(&Browser::wechat(&shop), "9").await;
        shop.world.control("/_sim/faults", json!({"door": "notify", "fault": "out-of-order", "times": 1, "only": bill.payment})).await;
        shop.world.pay(&bill.payment, json!({})).await;
        shop.world.hands.pass_ms(2_000);
        assert_eq!(bill.state().await, "paid", "by the server's own question");
        shop.refund(&bill.payment, 900, "退").await.unwrap();
        bill.until("refunded").await;
        until("the payment's notice came last", async || (shop.count("inbox").await == 2).then_some(())).await;
        assert_eq!(bill.state().await, "refunded");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_stale_and_probing_notices_are_refused_and_leave_no_trace() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "2").await;
    shop.world.pay(&bill.payment, json!({"notify": false})).await;
    for fault in ["wrong-signature", "unknown-serial", "stale", "garbled", "unsigned", "signtest"] {
        let statuses = shop.world.notify(&bill.payment, json!({"fault": fault, "copies": 3})).await;
        assert!(statuses.len() == 3 && statuses.iter().all(|status| (400..500).contains(status)), "{fault}: {statuses:?}");
    }
    assert_eq!((shop.count("inbox").await, shop.count("receipt").await), (0, 0));
    let (forged, probes) = (refused(), log::counted("shouma_notices_probes_total"));
    let statuses = shop.world.notify(&bill.payment, json!({"signtest": true, "copies": 2})).await;
    assert_eq!(statuses, [401, 204, 401, 204], "a probe is refused, the notice behind it is taken");
    assert_eq!(log::counted("shouma_notices_probes_total"), probes + 2, "probes are counted");
    assert_eq!(refused(), forged, "and nobody takes them for forgeries");
    bill.until("paid").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_is_logged_more_quietly_than_a_forgery() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "2").await;
    shop.world.pay(&bill.payment, json!({"notify": false})).await;
    for (fault, level) in [("signtest", "DEBUG"), ("wrong-signature", "WARN")] {
        let before = log::text().len();
        shop.world.notify(&bill.payment, json!({"fault": fault})).await;
        let logged = log::text()[before..].to_owned();
        let line = logged.lines().find(|line| line.contains("server::notify")).unwrap_or_else(|| panic!("{fault}: {logged}"));
        assert!(line.contains(level), "{fault}: {line}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_here_knows_is_kept_once_acknowledged_and_alarmed_and_changes_nothing() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.bill(&Browser::wechat(&shop), "2").await;
        shop.world.pay(&bill.payment, json!({"notify": false})).await;
        let alarm = "shouma_alarms_total{alarm=\"unhandled_notice\"}";
        let before = log::counted(alarm);
        let statuses = shop.world.notify(&bill.payment, json!({"as": "TRANSACTION.UNHEARD_OF", "copies": 3})).await;
        assert_eq!(statuses, [204; 3], "it is WeChat's word all the same");
        assert!(log::counted(alarm) > before);
        assert_eq!((shop.count("inbox").await, shop.count("receipt").await, shop.count("transfer").await), (1, 0, 0));
        assert_eq!(shop.stored(&bill.payment).await.payment.state, PaymentState::Open, "its content is not taken for what it resembles");
        shop.close().await;
    }
}

/// Notices that were not believed so far, for whatever reason.
fn refused() -> u64 {
    let why = ["bad signature", "more than five minutes away from our clock", "signed with a key that is not known"];
    why.iter().map(|why| log::counted(&format!("shouma_notices_refused_total{{why=\"{why}\"}}"))).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_for_coming_from_this_machine() {
    let shop = Shop::open().await;
    let body = json!({"id": "1", "event_type": "TRANSACTION.SUCCESS", "resource": {}}).to_string();
    let browser = Browser::desktop(&shop);
    let now_s = (shop.world.hands.now().get() / 1000).to_string();
    let tables: [&[(&str, &str)]; 4] = [
        &[("host", "localhost")],
        &[("host", "127.0.0.1"), ("x-forwarded-for", "127.0.0.1")],
        &[("host", "localhost"), ("wechatpay-serial", "1"), ("wechatpay-signature", "WECHATPAY/SIGNTEST/x"), ("wechatpay-nonce", "n")],
        &[("wechatpay-serial", "1"), ("wechatpay-signature", "eA=="), ("wechatpay-nonce", "n"), ("wechatpay-timestamp", now_s.as_str())],
    ];
    for headers in tables {
        let answer = browser.ask("POST", "/notify/wechat", headers, Some(("application/json", body.clone().into_bytes()))).await;
        assert!((400..500).contains(&answer.status), "{headers:?}: {}", answer.status);
    }
    let xml = b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><xml>&y;</xml>".to_vec();
    assert_eq!(browser.ask("POST", "/notify/wechat", &[], Some(("text/xml", xml))).await.status, 401);
    // What is too large is refused before it came, so the connection may close while it is still being sent.
    // It has a browser of its own, because nobody goes on with such a connection.
    let sender = Browser::desktop(&shop);
    let huge = sender.try_send("POST", "/notify/wechat", &[], Some(("application/json", vec![b' '; MOST_NOTICE_BYTES + 1]))).await;
    assert!(huge.as_ref().map_or(true, |answer| answer.status() == 413), "{huge:?}");
    assert_eq!(browser.ask("GET", "/notify/wechat", &[], None).await.status, 405);
    assert_eq!(shop.count("inbox").await, 0);
    shop.close().await;
}

/// Keeps the store busy until it is let go.
pub struct Linger(pub Arc<Semaphore>);

impl Command for Linger {
    type Done = ();

    async fn run(&self, _: &mut Tx<'_>) -> Result<(), StoreError> {
        drop(self.0.acquire().await);
        Ok(())
    }
}

/// Fills the queue before the store; it is full until the gate is closed.
pub async fn fill_queue(shop: &Shop) -> Arc<Semaphore> {
    let gate = Arc::new(Semaphore::new(0));
    // Whoever stops waiting leaves their command there. What others had in it a moment ago makes room again, so one refusal is not
    // enough.
    let mut refusals = 0;
    while refusals < 5 {
        let write = shop.site.store.write(Linger(gate.clone()));
        match tokio::time::timeout(Duration::from_millis(50), write).await {
            Ok(Err(StoreError::Busy)) => {
                refusals += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            _ => refusals = 0,
        }
    }
    gate
}

/// Lets them go, and waits until there is room.
pub async fn empty_queue(shop: &Shop, gate: &Arc<Semaphore>) {
    gate.close();
    until("there is room in the queue", async || shop.site.store.write(Linger(gate.clone())).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_cannot_be_stored_is_not_acknowledged_and_comes_again() {
    let place = testing::sqlite(|config| (config.queue, config.batch) = (8, 1)).await;
    let shop = Shop::found(World::new().await, place, |_| {}).await;
    let bill = shop.bill(&Browser::wechat(&shop), "2").await;
    let gate = fill_queue(&shop).await;
    let busy = Browser::desktop(&shop).post("/p/demo", &crate::scene::form("1")).await;
    busy.says(503, &["现在付款的人太多，没有扣款", "张小明"]);
    assert_eq!(busy.header("retry-after"), "2");
    shop.world.pay(&bill.payment, json!({})).await;
    let refused = until("the notice is refused", async || {
        let order = shop.world.order(&bill.payment).await.unwrap();
        order["notices"][0]["attempts"][0]["status"].as_u64()
    })
    .await;
    assert_eq!(refused, 503);
    gate.close();
    // WeChat's own clock brings the next try.
    until("the notice comes again", async || {
        shop.world.hands.pass_ms(20);
        let order = shop.world.order(&bill.payment).await.unwrap();
        (order["notices"][0]["state"] == "accepted").then_some(())
    })
    .await;
    assert_eq!(shop.count("receipt").await, 1);
    assert_eq!(bill.state().await, "paid");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_acknowledges_nothing_and_says_so_to_people() {
    let mut shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "2").await;
    shop.world.pay(&bill.payment, json!({"notify": false})).await;
    shop.site.store.close().await;
    assert_eq!(shop.world.notify(&bill.payment, json!({})).await, [503]);
    let browser = Browser::desktop(&shop);
    let page = browser.open(&bill.page).await;
    page.says(503, &["请过几秒再试", "再试一次"]);
    assert!(page.is_page() && !page.text.contains("没有扣款"), "nobody knows that here: {}", page.text);
    let polled = browser.ask("GET", &bill.page, &[("accept", "application/json")], None).await;
    polled.says(503, &[]);
    browser.open("/healthz").await.says(200, &["ok"]);
    browser.open("/readyz").await.says(503, &[]);
    shop.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_for_an_order_that_nobody_here_knows_is_kept_alarmed_and_acknowledged() {
    let world = World::new().await;
    let ours = Shop::found(world.clone(), testing::sqlite(|_| {}).await, |_| {}).await;
    let theirs = Shop::found(world.clone(), testing::sqlite(|_| {}).await, |_| {}).await;
    let bill: Bill<'_> = theirs.bill(&Browser::wechat(&theirs), "2").await;
    world.pay(&bill.payment, json!({"notify": false})).await;
    let before = log::counted("shouma_notices_orphaned_total");
    let to_us = json!({"urls": [format!("{}/notify/wechat", ours.url)], "copies": 3});
    assert_eq!(world.notify(&bill.payment, to_us).await, [204; 3]);
    assert!(log::counted("shouma_notices_orphaned_total") > before);
    assert_eq!((ours.count("inbox").await, ours.count("receipt").await, ours.count("transfer").await), (1, 0, 0));
    assert_eq!(world.notify(&bill.payment, json!({})).await, [204]);
    bill.until("paid").await;
    theirs.close().await;
    ours.close().await;
}
