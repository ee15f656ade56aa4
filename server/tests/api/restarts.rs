//! What a server still knows after it was started again.

use serde_json::json;
use server::channels::secret::Secret;
use server::store::Store;

use crate::browser::Browser;
use crate::scene::{Bill, Shop, World, form, until};
use crate::testing;

const YEAR_MS: i64 = 365 * 86_400_000;

/// A merchant who has no public key of WeChat Pay, only the certificates that are fetched.
async fn with_certificates_only() -> Vec<Shop> {
    let mut shops = vec![];
    for place in testing::stores().await {
        let world = World::new().await;
        world.control("/_sim/key-mode", json!({"mode": "certificate"})).await;
        shops.push(Shop::found(world, place, forget_public_key).await);
    }
    shops
}

fn forget_public_key(config: &mut server::config::Config) {
    config.wechat.as_mut().unwrap().public_key = None;
}

/// The same shop after a restart while WeChat hands out no certificates.
async fn restarted(shop: &mut Shop, set: impl FnOnce(&mut server::config::Config)) -> Shop {
    until("the certificates are kept", async || (shop.count("meta WHERE name = 'channel.wechat.keys'").await == 1).then_some(())).await;
    shop.stop().await;
    shop.world.fault("certificates", "500", 100_000).await;
    let store = Store::open(&shop.place.config).await.unwrap();
    Shop::serve(shop.world.clone(), shop.place.clone(), store, set).await
}

/// How the notice of an order, which the channel still sends to the old address, is answered at the new one.
async fn notified(shop: &Shop, no: &str) -> Vec<u64> {
    shop.world.notify(no, json!({"urls": [format!("{}/notify/wechat", shop.url)]})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_while_certificates_cannot_be_fetched_believes_the_ones_of_before() {
    for mut old in with_certificates_only().await {
        let bill = old.bill(&Browser::wechat(&old), "2").await;
        let payment = bill.payment.clone();
        old.world.pay(&payment, json!({"notify": false})).await;
        let new = restarted(&mut old, forget_public_key).await;
        assert_eq!(notified(&new, &payment).await, [204], "the notice is proven");
        assert_eq!(new.count("receipt").await, 1);
        let page = Browser::wechat(&new).submit("/p/demo", &form("3")).await;
        page.says(200, &["prepay_id="]);
        new.world.pay(&Bill::of_url(&new, &page.url).payment, json!({})).await;
        Bill::of_url(&new, &page.url).until("paid").await;
        new.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_ran_out_or_that_another_key_sealed_are_not_believed() {
    for mut old in with_certificates_only().await {
        let bill = old.bill(&Browser::wechat(&old), "2").await;
        let payment = bill.payment.clone();
        old.world.pay(&payment, json!({"notify": false})).await;
        let mut other_key = restarted(&mut old, |config| {
            forget_public_key(config);
            config.wechat.as_mut().unwrap().api_v3_key = Secret::of("0123456789abcdef0123456789abcdef");
        })
        .await;
        assert_eq!(notified(&other_key, &payment).await, [401], "whoever writes to the database cannot make it a key");
        let mut later = restarted(&mut other_key, forget_public_key).await;
        later.world.hands.pass_ms(6 * YEAR_MS);
        assert_eq!(notified(&later, &payment).await, [401], "it ran out");
        assert_eq!(later.count("receipt").await, 0);
        later.stop().await;
    }
}
