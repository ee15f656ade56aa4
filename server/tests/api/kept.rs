//! A form whose screen cannot show it again, while too much waits to be written or because whoever sent it was signed out: the page
//! that says so sends it again, whole.

use crate::browser::{Answer, Browser};
use crate::debts::debt;
use crate::notices::{empty_queue, fill_queue};
use crate::scene::{Shop, World};
use crate::testing;

const MANAGER: &str = "13800138000";

/// The form that the page holds which says that too much waits to be written.
fn held(page: &Answer) -> (String, Vec<(String, String)>) {
    page.says(503, &["什么都没有保存", "再提交一次"]);
    assert_eq!(page.header("retry-after"), "2");
    form_of(page)
}

/// The form of a page: where it goes, and its fields.
fn form_of(page: &Answer) -> (String, Vec<(String, String)>) {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_managers_form_waits_while_they_sign_in_again_after_another_phone_did() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let number = crate::office_codes::hidden(&manager.open("/m/receivables/new").await.text, "number");
        let entry = [debt("1200", true), vec![("number", number)]].concat();
        Browser::manager(&shop, MANAGER).await;

        let kept = manager.post("/m/receivables/new", &entry).await;
        let door = "href=\"/m/sign-in?why=ended&amp;next=/m/receivables/new\"";
        kept.says(401, &["在另一台设备（", "什么都没有保存", "再提交一次", "id=\"kept\"", door]);
        assert!(kept.is_page() && !kept.text.contains("<script"), "{}", kept.text);
        assert_eq!(shop.count("receivable").await, 0);
        let (to, fields) = form_of(&kept);
        assert_eq!(to, "/m/receivables/new");
        for ((name, value), (kept_name, kept_value)) in entry.iter().zip(&fields) {
            assert_eq!((*name, value), (kept_name.as_str(), kept_value));
        }
        assert_eq!(fields.len(), entry.len());
        // A button by itself holds nothing, and a page that is opened is read again: both say the reason on the way.
        let asked = [manager.post("/m/receivables/7/restore", &[]).await, manager.ask("GET", "/m/receivables/7", &[], None).await];
        for answer in asked {
            assert_eq!((answer.status, answer.header("location")), (303, "/m/sign-in?why=ended&next=/m/receivables/7"));
        }

        let entered = manager.sign_in(MANAGER, server::demo::PASSWORD, "/m/receivables/new").await;
        assert_eq!(entered.header("location"), "/m/receivables/new");
        let pairs: Vec<(&str, String)> = fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        for _ in 0..2 {
            assert_eq!(manager.post(&to, &pairs).await.status, 303);
        }
        assert_eq!(shop.count("receivable").await, 1);

        // Whoever signed out in another tab has no cookie any more.
        manager.post("/m/sign-out", &[]).await;
        let kept = manager.post("/m/receivables/new?lang=en", &entry).await;
        kept.says(401, &["You are no longer signed in here", "Nothing was saved", "why=needed&amp;next=/m/receivables/new"]);
        shop.close().await;
    }
}
