//! The wallet on payers' phones: from which pages it may be called, and how what it answers reaches diagnosis (row E14).

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::diagnosing::diagnosed;
use crate::scene::{Bill, Shop, form, until};

/// Until a new directory works (wechat-pay 2.5).
const ACTIVE_AFTER_MS: i64 = 300_000;

/// What the wallet answers when this payer's waiting page calls it.
async fn call(shop: &Shop, payer: &Browser, bill: &Bill<'_>) -> Value {
    let page = payer.open(&bill.page).await;
    let text = page.text.split_once("data-bridge=\"").unwrap_or_else(|| panic!("no call: {}", page.text)).1;
    let text = text.split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&");
    let mut call: Value = serde_json::from_str(&text).unwrap();
    call["page"] = json!(format!("{}{}", shop.url, bill.page));
    shop.world.control("/_sim/bridge", call).await
}

/// The merchant's only directory from now on, and working.
async fn register(shop: &Shop, directory: &str) {
    shop.world.http.delete(format!("{}/_sim/pay-directories", shop.world.sim.base_url())).send().await.unwrap();
    shop.world.control("/_sim/pay-directories", json!({"directory": directory})).await;
    shop.world.hands.pass_ms(ACTIVE_AFTER_MS);
}

/// The waiting page's next question, with the word that it tells.
async fn tell(bill: &Bill<'_>, word: &str) {
    let path = format!("{}?wallet={word}", bill.page);
    let answer = Browser::desktop(bill.shop).ask("GET", &path, &[("accept", "application/json")], None).await;
    answer.says(200, &["\"state\":\"pending\""]);
}

async fn until_cause(shop: &Shop, expected: &str) {
    until(expected, async || (diagnosed(shop, "").await.0 == expected).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_that_diagnosis_names_lets_every_waiting_page_call_the_wallet_and_a_deeper_one_none() {
    let shop = Shop::open().await;
    let (cause, page) = diagnosed(&shop, "?sees=directory").await;
    assert_eq!(cause, "pay_directory");
    let sentence = page.text.split_once("data-cause=\"pay_directory\"").unwrap().1.split_once('>').unwrap().1;
    let sentence = sentence.trim_start_matches("请转告管理员：");
    let named = sentence.split_once(" 没有登记为支付目录").unwrap_or_else(|| panic!("{sentence}")).0.to_owned();
    assert!(named.starts_with(&shop.url), "{named}");
    register(&shop, &named).await;
    let payer = Browser::wechat(&shop);
    let own =
        Browser::manager(&shop, "13800138000").await.function("manager/desk", json!({})).await.json()["token"].as_str().unwrap().to_owned();
    for code in ["demo", &own] {
        let page = payer.submit(&format!("/p/{code}"), &form("3")).await;
        let answer = call(&shop, &payer, &Bill::of_url(&shop, &page.url)).await;
        assert_eq!(answer["ok"], true, "{named} {code}: {answer}");
    }
    register(&shop, &format!("{}/p/", shop.url)).await;
    let bill = shop.bill(&payer, "4").await;
    let answer = call(&shop, &payer, &bill).await;
    assert!(answer["ok"] == false && answer["err_desc"].as_str().unwrap().contains("当前页面的URL未注册"), "{answer}");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payers_error_reports_itself_and_the_next_payers_wallet_corrects_it() {
    for shop in Shop::on_each_engine().await {
        diagnosed(&shop, "").await.1.says(200, &["还没有顾客的微信打开过支付"]);
        let [one, other] = [shop.bill(&Browser::wechat(&shop), "3").await, shop.bill(&Browser::wechat(&shop), "4").await];
        tell(&one, "directory").await;
        until_cause(&shop, "pay_directory").await;
        let page = diagnosed(&shop, "").await.1;
        page.says(200, &["2026-11-21 12:", "报告：付款页不在支付目录里", "由谁处理：管理员", &format!("{}/ 没有登记为支付目录", shop.url)]);
        diagnosed(&shop, "?lang=en").await.1.says(200, &["the page is in no pay directory"]);
        tell(&other, "opened").await;
        until_cause(&shop, "none").await;
        diagnosed(&shop, "").await.1.says(200, &["正常打开过支付"]);
        tell(&one, "signature").await;
        until_cause(&shop, "wallet_signature").await;
        diagnosed(&shop, "").await.1.says(200, &["支付签名不对", "请管理员核对这三项设置"]);
        tell(&other, "opened").await;
        until_cause(&shop, "none").await;
        // One that failed without a reason is shown, and is no fault of ours.
        tell(&other, "failed").await;
        until("it is shown", async || diagnosed(&shop, "").await.1.text.contains("没有打开支付，没说原因").then_some(())).await;
        assert_eq!(diagnosed(&shop, "").await.0, "none");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_into_diagnosis_what_they_like_nor_as_often_as_they_like() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "3").await;
    for word in ["%E5%BD%93%E5%89%8D%E9%A1%B5%E9%9D%A2", "DIRECTORY", "directory%20", "notice", ""] {
        tell(&bill, word).await;
    }
    // A payment that nobody handed to a wallet has none to report of.
    let page = Browser::desktop(&shop).submit("/p/demo", &form("5")).await;
    tell(&Bill::of_url(&shop, &page.url), "directory").await;
    assert_eq!((diagnosed(&shop, "").await.0.as_str(), shop.count("sighting WHERE kind LIKE 'wallet%'").await), ("none", 0));
    for (word, cause) in [("directory", "pay_directory"), ("opened", "none"), ("directory", "pay_directory")] {
        tell(&bill, word).await;
        until_cause(&shop, cause).await;
    }
    tell(&bill, "opened").await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(diagnosed(&shop, "").await.0, "pay_directory", "a payment is heard three times");
    shop.world.hands.pass_ms(600_000);
    let bill = shop.bill(&Browser::wechat(&shop), "6").await;
    tell(&bill, "opened").await;
    until_cause(&shop, "none").await;
    // The link of a payment that was settled long ago says nothing about today.
    shop.world.pay(&bill.payment, json!({})).await;
    bill.until("paid").await;
    shop.world.hands.pass_ms(3_600_001);
    let path = format!("{}?wallet=signature", bill.page);
    Browser::desktop(&shop).ask("GET", &path, &[("accept", "application/json")], None).await.says(200, &["\"state\":\"paid\""]);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(diagnosed(&shop, "").await.0, "none");
    shop.close().await;
}
