//! What came while nobody listened, or faster than anybody could: every arrival is told, once, and before the screen is told that it
//! is up to date.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::account::Phone;
use domain::code::{CodeState, Validity};
use domain::form::{FormSchema, Typed};
use domain::{AmountRule, Code};
use futures::future::join_all;
use serde_json::json;

use crate::browser::Browser;
use crate::live::Stream;
use crate::scene::{Bill, Shop, digits, until};
use crate::testing::shop::Shop as Till;

const MANAGER: &str = "13800138000";

impl Bill<'_> {
    /// The code of this payment, for many more payments than anybody would open pages for.
    async fn till(&self) -> Till {
        let stored = self.shop.stored(&self.payment).await;
        let (tenant, payee) = (stored.payment.tenant, stored.payment.payee);
        let code = Code {
            tenant,
            id: stored.payment.code,
            payee,
            name: String::new(),
            amount: AmountRule::Free,
            form: FormSchema { version: 1, fields: vec![] },
            presets: Typed::default(),
            state: CodeState::Active,
            validity: Validity::default(),
        };
        Till { tenant, payee, code, token: stored.code_token, phone: Phone::parse(MANAGER).unwrap() }
    }
}

/// So many more are paid, some of them at the same moment; their payments.
async fn come(shop: &Shop, till: &Till, count: usize) -> BTreeSet<String> {
    let mut come = BTreeSet::new();
    while come.len() < count {
        let now = shop.world.hands.now();
        let some = (come.len()..count.min(come.len() + 67)).map(|_| till.paid(&shop.site.store, 1, "张小明", now));
        come.extend(join_all(some).await.into_iter().map(|payment| digits(&json!(payment))));
        shop.world.hands.pass_ms(1);
    }
    come
}

/// What a stream tells until it says that it is up to date.
async fn told(stream: &mut Stream) -> Vec<String> {
    let mut told = vec![];
    loop {
        let event = stream.next().await.expect("a beat");
        match event.name.as_str() {
            "arrival" => told.push(digits(&serde_json::from_str::<serde_json::Value>(&event.text).unwrap()["payment"])),
            "beat" => return told,
            _ => {}
        }
    }
}

/// What a stream tells until it says nothing for so long.
async fn heard(stream: &mut Stream, quiet: Duration) -> Vec<String> {
    let mut heard = vec![];
    while let Ok(event) = tokio::time::timeout(quiet, stream.next()).await {
        let event = event.expect("the stream goes on");
        if event.name == "arrival" {
            heard.push(digits(&serde_json::from_str::<serde_json::Value>(&event.text).unwrap()["payment"]));
        }
    }
    heard
}

#[track_caller]
fn are_told_once(told: &[String], expected: &BTreeSet<String>, engine: &str) {
    let once: BTreeSet<String> = told.iter().cloned().collect();
    assert_eq!(once.len(), told.len(), "{engine}: nothing is told twice");
    assert_eq!(expected.difference(&once).count(), 0, "{engine}: {} of {} are told", once.len(), expected.len());
    assert_eq!(once.difference(expected).count(), 0, "{engine}: nothing else is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_is_told_all_that_came_meanwhile_before_the_first_beat() {
    for shop in Shop::on_each_engine().await {
        let engine = shop.place.engine;
        let manager = Browser::manager(&shop, MANAGER).await;
        let bill = shop.paid("1.00").await;
        let till = bill.till().await;
        let place = format!("{}-{}", shop.world.hands.now().get(), bill.payment);
        shop.world.hands.pass_ms(3_600_000);
        let mut all = BTreeSet::from([bill.payment.clone()]);
        for count in [501, 1_200] {
            all.extend(come(&shop, &till, count + 1 - all.len()).await);
            assert_eq!(all.len(), count + 1);
            let mut stream = Stream::open(&manager, &format!("/m/live?after={place}"), &[]).await;
            are_told_once(&told(&mut stream).await, &all, engine);
        }
        // A page that is opened now counts them already, and is told which.
        let today = manager.function("manager/today", json!({})).await.json();
        assert_eq!((&today["count"], today["recent"].as_array().unwrap().len()), (&json!(1_201), 1_200));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_money_from_before_they_signed_in() {
    let shop = Shop::open().await;
    shop.paid("1.00").await;
    shop.world.hands.pass_ms(3_600_000);
    let manager = Browser::manager(&shop, MANAGER).await;
    shop.world.hands.pass_ms(1_000);
    let expected = BTreeSet::from([shop.paid("2.00").await.payment]);
    let mut stream = Stream::open(&manager, "/m/live?after=0-x", &[]).await;
    are_told_once(&told(&mut stream).await, &expected, shop.place.engine);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrival_that_passed_a_stream_by_is_told_from_the_store() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let bill = shop.paid("1.00").await;
        let till = bill.till().await;
        let mut stream = Stream::open(&manager, "/m/live", &[]).await;
        assert_eq!(told(&mut stream).await, [bill.payment.as_str()]);
        let come = come(&shop, &till, 700).await;
        // So much is said of others at once that the stream cannot follow, sooner or later.
        let stranger = domain::TenantId::of(uuid::Uuid::nil());
        let mut told = until("the stream lags", async || {
            (0..5_000).for_each(|_| shop.site.live.concern(stranger, till.payee));
            let told = heard(&mut stream, Duration::from_millis(100)).await;
            (!told.is_empty()).then_some(told)
        })
        .await;
        told.extend(heard(&mut stream, Duration::from_millis(1_500)).await);
        are_told_once(&told, &come, shop.place.engine);
        drop(stream);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrival_whose_figures_cannot_be_read_is_told_as_soon_as_they_can() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let mut stream = Stream::open(&manager, "/m/live", &[]).await;
        stream.event("beat").await;
        let mut bare = shop.place.bare().await;
        bare.run("ALTER TABLE rollup RENAME TO rollup_away").await;
        let bill = shop.paid("1.00").await;
        let early = tokio::time::timeout(Duration::from_millis(700), stream.event("arrival")).await;
        assert!(early.is_err(), "{early:?}");
        bare.run("ALTER TABLE rollup_away RENAME TO rollup").await;
        let (_, arrival) = tokio::time::timeout(Duration::from_secs(5), stream.event("arrival")).await.expect("soon");
        assert_eq!((digits(&arrival["payment"]), &arrival["count_today"]), (bill.payment.clone(), &json!(1)));
        // The same for what is read from the store when a stream is resumed.
        bare.run("ALTER TABLE receipt RENAME TO receipt_away").await;
        let mut resumed = Stream::open(&manager, "/m/live", &[]).await;
        let early = tokio::time::timeout(Duration::from_millis(700), resumed.event("arrival")).await;
        assert!(early.is_err(), "{early:?}");
        bare.run("ALTER TABLE receipt_away RENAME TO receipt").await;
        let (_, arrival) = tokio::time::timeout(Duration::from_secs(5), resumed.event("arrival")).await.expect("soon");
        assert_eq!(digits(&arrival["payment"]), bill.payment);
        drop((stream, resumed, bare));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_money_whose_session_ended_unheard() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let mut stream = Stream::open(&manager, "/m/live", &[]).await;
        stream.event("beat").await;
        shop.place.bare().await.run("DELETE FROM session").await;
        shop.paid("1.00").await;
        assert_eq!(stream.next().await.map(|event| event.name), Some("bye".to_owned()));
        assert_eq!(stream.next().await, None);
        shop.close().await;
    }
}
