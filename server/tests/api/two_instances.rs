//! Two servers on one PostgreSQL: whichever hears of a payment, there is one receipt and everybody sees it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use server::store::Store;

use crate::browser::Browser;
use crate::live::Stream;
use crate::scene::{Bill, Shop, World, digits, form, until};
use crate::testing;

/// Two instances in one world, or `None` where there is no cluster (which fails under `CI`).
pub async fn two() -> Option<[Shop; 2]> {
    let place = testing::postgres(|_| {}).await?;
    let one = Shop::found(World::new().await, place, |_| {}).await;
    let store = Store::open(&one.place.config).await.unwrap();
    // Both are one site behind a balancer, so they name the same public address to the channel.
    let public_url = one.url.clone();
    let other = Shop::serve(one.world.clone(), Arc::clone(&one.place), store, |config| config.public_url = public_url).await;
    Some([one, other])
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_orders_whose_notices_come_many_times_to_both_instances_are_fifty_receipts() {
    let Some([one, other]) = two().await else { return };
    let shops = [&one, &other];
    let payer = Browser::wechat(&one);
    one.bill(&payer, "0.01").await;
    let urls = shops.map(|shop| format!("{}/notify/wechat", shop.url));
    let pay = async |number: usize| {
        let home = shops[number % 2];
        let page = payer.submit(&format!("{}/p/demo", home.url), &form(&format!("{}.00", number + 1))).await;
        let bill = Bill::of_url(home, &page.url);
        one.world.pay(&bill.payment, json!({"notify": false})).await;
        let copies = 1 + number * 7 % 20;
        let statuses = one.world.notify(&bill.payment, json!({"copies": copies, "urls": urls, "shuffle": true})).await;
        assert_eq!(statuses.len(), copies);
        assert!(statuses.iter().all(|status| [204, 503].contains(status)), "{statuses:?}");
        assert!(statuses.contains(&204), "somebody kept it: {statuses:?}");
        bill.payment
    };
    let mut payments = vec![];
    for ten in 0..5 {
        payments.extend(join_all((0..10).map(|number| pay(ten * 10 + number))).await);
    }
    assert_eq!(payments.len(), 50);
    assert_eq!((one.count("receipt").await, one.count("transfer").await, one.count("inbox").await), (50, 50, 50));
    let manager = Browser::manager(&other, "13800138000").await;
    until("the totals of both", async || {
        let today = manager.function("manager/today", json!({})).await.json();
        (today["count"] == 50 && today["sum_fen"] == 127_500).then_some(())
    })
    .await;
    one.verify().await;
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrival_at_one_instance_is_told_on_the_streams_of_the_other_within_two_seconds() {
    let Some([one, other]) = two().await else { return };
    let manager = Browser::manager(&other, "13800138000").await;
    let mut stream = Stream::open(&manager, "/m/live", &[]).await;
    for amount in ["3.00", "4.00", "5.00"] {
        let bill = one.bill(&Browser::wechat(&one), amount).await;
        let started = Instant::now();
        one.world.pay(&bill.payment, json!({})).await;
        let (_, arrival) = stream.event("arrival").await;
        assert_eq!(digits(&arrival["payment"]), bill.payment, "each is told once");
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        one.world.hands.pass_ms(1_000);
    }
    drop(stream);
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_at_one_instance_is_seen_on_the_screens_of_the_other_within_two_seconds() {
    let Some([one, other]) = two().await else { return };
    // Cookies know no ports: it is one browser and one session.
    let manager = Browser::manager(&one, "13800138000").await;
    let mut stream = Stream::open(&manager, &format!("{}/m/live", other.url), &[]).await;
    stream.event("code").await;
    let shown = manager.function("manager/desk", json!({})).await.json()["token"].as_str().unwrap().to_owned();
    let taps = join_all((0..8).map(|_| manager.function("manager/refresh", json!({"seen": shown})))).await;
    let started = Instant::now();
    let new = taps[0].json()["token"].clone();
    assert!(taps.iter().all(|tap| tap.json()["token"] == new && new != json!(shown)), "{taps:?}");
    let told = stream.event("code").await.1["changed_at_ms"].clone();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(manager.function("manager/desk", json!({})).await.json()["changed_at_ms"], told);
    drop(stream);
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_at_one_instance_ends_the_screens_at_the_other_within_two_seconds() {
    let Some([one, other]) = two().await else { return };
    // Cookies know no ports: the browser speaks to both as to one site behind a balancer.
    let first = Browser::manager(&one, "13800138000").await;
    let mut evicted = Stream::open(&first, &format!("{}/m/live", other.url), &[]).await;
    evicted.event("beat").await;
    one.world.hands.pass_ms(1_000);
    let second = Browser::manager(&one, "13800138000").await;
    let mut stays = Stream::open(&second, &format!("{}/m/live", other.url), &[]).await;
    let started = Instant::now();
    let said = evicted.event("bye").await.1["elsewhere"].as_str().unwrap().to_owned();
    assert!(said.ends_with("登录，这里已退出。"), "{said}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(evicted.next().await, None, "nothing follows");
    // Signing out is heard there too, by every tab of the browser.
    stays.event("beat").await;
    second.post("/m/sign-out", &[]).await;
    let started = Instant::now();
    assert_eq!(stays.event("bye").await.1, json!({"elsewhere": null}));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_a_submit_and_a_payment_belong_to_all_instances() {
    let Some([one, other]) = two().await else { return };
    // Cookies know no ports, so this browser speaks to both as to one site behind a balancer.
    let manager = Browser::manager(&one, "13800138000").await;
    manager.open(&format!("{}/m", other.url)).await.says(200, &["王敏"]);
    let payer = Browser::desktop(&one);
    let typed = [form("8.00"), vec![("idem", "once".to_owned())]].concat();
    let (here, there) = (format!("{}/p/demo", one.url), format!("{}/p/demo", other.url));
    let presses = join_all((0..8).map(|number| payer.post(if number % 2 == 0 { &here } else { &there }, &typed))).await;
    let page = presses[0].header("location").to_owned();
    assert!(presses.iter().all(|press| press.status == 303 && press.header("location") == page), "{presses:?}");
    assert_eq!(one.count("payment").await, 1);
    let (opened, elsewhere) = (format!("{}{page}", one.url), format!("{}{page}", other.url));
    let tabs = tokio::join!(payer.open(&opened), payer.open(&elsewhere));
    for tab in [tabs.0, tabs.1] {
        tab.says(200, &["请用微信扫码付款"]);
    }
    assert_eq!(one.world.orders().await.len(), 1);
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_asked_for_at_both_instances_never_exceed_what_came() {
    let Some([one, other]) = two().await else { return };
    let bill = one.paid("10").await;
    let asks = (0..40).map(|number| {
        let shop = if number % 2 == 0 { &one } else { &other };
        shop.refund(&bill.payment, 100, "退")
    });
    let granted = join_all(asks).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(granted, 10);
    until("all of it is back", async || {
        one.world.hands.pass_ms(2_000);
        (one.stored(&bill.payment).await.payment.refunded_fen.get() == 1000).then_some(())
    })
    .await;
    assert_eq!(one.world.order(&bill.payment).await.unwrap()["refunds"].as_array().unwrap().len(), 10);
    other.close().await;
    one.close().await;
}
