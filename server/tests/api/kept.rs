//! A form whose screen cannot show it again while too much waits to be written: the page that says so sends it again, whole.

use crate::browser::{Answer, Browser};
use crate::notices::{empty_queue, fill_queue};
use crate::scene::{Shop, World};
use crate::testing;

const MANAGER: &str = "13800138000";

/// The form that the page holds: where it goes, and its fields.
fn held(page: &Answer) -> (String, Vec<(String, String)>) {
    page.says(503, &["什么都没有保存", "再提交一次"]);
    assert_eq!(page.header("retry-after"), "2");
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace("&amp;", "&")
    };
    let form = page.text.split("<form").nth(1).unwrap();
    let fields = form.split("<input").skip(1).map(|tag| (attribute(tag, "name"), attribute(tag, "value"))).collect();
    (attribute(form, "action"), fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_not_taken_is_sent_again_with_one_tap_and_done_once() {
    let place = testing::sqlite(|config| (config.queue, config.batch) = (12, 1)).await;
    let shop = Shop::found(World::new().await, place, |_| {}).await;
    let (manager, admin) = (Browser::manager(&shop, MANAGER).await, Browser::administrator(&shop).await);
    let bill = shop.paid("10").await;
    let refund = format!("/m/receipts/{}/refund", bill.payment);
    admin.post("/admin/settings/refunds", &[("refunds", "whole".to_owned())]).await;
    let number = crate::office_codes::hidden(&manager.open(&refund).await.text, "number");
    let pair = |name: &'static str, value: &str| (name, value.to_owned());
    let ask = [
        pair("number", &number),
        pair("what", "part"),
        pair("amount", "2.50"),
        pair("reason", "other"),
        pair("words", "少发一件 \"A&B\" <b>"),
    ];
    let phone = [pair("phone", "13800138000"), pair("password", "a-secret-of-mine")];

    let gate = fill_queue(&shop).await;
    let sent = [
        (&manager, refund.as_str(), ask.to_vec()),
        (&admin, "/admin/stores", vec![pair("name", "东门店")]),
        (&admin, "/admin/settings/name", vec![pair("name", "青禾学校")]),
    ];
    let mut kept = vec![];
    for (browser, path, pairs) in sent {
        let (to, fields) = held(&browser.post(path, &pairs).await);
        assert_eq!((to.as_str(), fields.len()), (path, pairs.len()));
        for ((name, value), (kept_name, kept_value)) in pairs.iter().zip(&fields) {
            assert_eq!((*name, value), (kept_name.as_str(), kept_value), "{path}");
        }
        kept.push((browser, to, pairs));
    }
    // No page repeats a password.
    let refused = Browser::desktop(&shop).post("/m/sign-in", &phone).await;
    assert!(refused.status >= 400 && !refused.text.contains("a-secret-of-mine"), "{}", refused.text);
    empty_queue(&shop, &gate).await;

    for _ in 0..2 {
        let (_, to, pairs) = &kept[0];
        assert_eq!(manager.post(to, pairs).await.status, 303);
    }
    for (browser, to, pairs) in &kept[1..] {
        assert_eq!(browser.post(to, pairs).await.status, 303, "{to}");
    }
    assert_eq!((shop.count("refund").await, shop.count("store").await), (1, 1));
    shop.close().await;
}
