//! A payer says that they paid, and there is no receipt: their manager finds out what is true, and nobody else finds anything (row C13).

use serde_json::json;

use crate::browser::{Answer, Browser};
use crate::log;
use crate::scene::{Bill, Shop, until};
use crate::stores::{add_cashier, make_plate, make_store};

const MANAGER: &str = "13800138000";
const COLLEAGUE: &str = "13800138001";

/// What a manager gets who types this number.
async fn find(manager: &Browser, number: &str) -> Answer {
    manager.ask("GET", &format!("/m/payments?q={number}"), &[], None).await
}

/// Asks WeChat with the button on the payment's screen; answers where that leads.
async fn ask(manager: &Browser, payment: &str) -> String {
    let asked = manager.post(&format!("/m/payments/{payment}/ask"), &[]).await;
    assert_eq!(asked.status, 303, "{}", asked.text);
    asked.header("location").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_finds_nothing_leads_to_the_payment_whose_number_was_typed() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let bill = shop.bill(&Browser::wechat(&shop), "3").await;
        let screen = format!("/m/payments/{}", bill.payment);
        let list = manager.open(&format!("/m/receipts?q={}", bill.payment)).await;
        list.says(200, &["没有符合条件的收款", "付款人说已经付了？", &format!("href=\"/m/payments?q={}\"", bill.payment)]);
        manager.open("/m/payments").await.says(200, &["付款单号", "8 位尾号"]);
        let tail = &bill.payment[24..];
        for number in [bill.payment.clone(), bill.payment.to_uppercase(), tail.to_owned(), format!("{}+{}", &tail[..4], &tail[4..])] {
            let found = find(&manager, &number).await;
            assert_eq!((found.status, found.header("location")), (303, screen.as_str()), "{number}");
        }
        manager.open(&screen).await.says(200, &["¥3.00", "没有付款", "教务处", "张小明", "付款人打开并提交", tail]);
        for (number, status, sentence) in [("hello", 422, "请填 8 位尾号"), ("0000000f", 404, "没有这个单号")] {
            find(&manager, number).await.says(status, &[sentence, &format!("value=\"{number}\""), "aria-invalid=\"true\""]);
        }

        // The end of a number is looked for among what was opened lately; the whole number names it for good.
        shop.world.hands.pass_ms(86_400_001);
        let manager = Browser::manager(&shop, MANAGER).await;
        assert_eq!((find(&manager, tail).await.status, find(&manager, &bill.payment).await.status), (404, 303));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_called_unpaid_only_while_wechats_word_is_fresh_and_the_button_asks_anew() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let bill = shop.bill(&Browser::wechat(&shop), "3").await;
        let screen = format!("/m/payments/{}", bill.payment);
        // WeChat falls silent; the payer pays, and nobody is told.
        for door in ["query", "close"] {
            shop.world.fault(door, "502", 1000).await;
        }
        shop.world.pay(&bill.payment, json!({"notify": false})).await;
        shop.world.hands.pass_ms(16_000);
        let page = manager.open(&screen).await;
        page.says(200, &["还不能确定", "先不要交货", "也不要让付款人再付一次", "现在问微信支付"]);
        assert!(!page.text.contains("可以让付款人再付") && !page.text.contains("没有得到答复"), "{}", page.text);
        let asked = ask(&manager, &bill.payment).await;
        assert_eq!(asked, format!("{screen}?asked={}", shop.world.hands.now().get()));
        manager.open(&asked).await.says(200, &["还不能确定", "没有得到答复", &shop.world.hands.now().text()]);
        assert!(!manager.open(&format!("{screen}?asked=9999999999999")).await.text.contains("没有得到答复"), "a moment that cannot be");

        shop.world.no_more_faults().await;
        assert_eq!(ask(&manager, &bill.payment).await, format!("/m/receipts/{}", bill.payment), "it was paid");
        let found = find(&manager, &bill.payment).await;
        assert_eq!(found.header("location"), format!("/m/receipts/{}", bill.payment));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_payment_says_when_wechat_said_so_and_an_expired_one_that_it_is_over() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let bill = shop.bill(&Browser::wechat(&shop), "3").await;
        shop.world.hands.pass_ms(60_000);
        let asked = ask(&manager, &bill.payment).await;
        let page = manager.open(&asked).await;
        page.says(200, &["没有付款", "可以让付款人再付", &format!("微信支付在 {} 答复", shop.world.hands.now().text()), "现在问微信支付"]);
        assert!(!page.text.contains("没有得到答复") && !page.text.contains("/p/"), "nothing leads to where it can be paid: {}", page.text);

        shop.world.hands.pass_ms(shop.site.config.payment_expires_ms);
        let asked = ask(&manager, &bill.payment).await;
        manager.open(&asked).await.says(200, &["已关闭，没有付款", "可以让付款人重新扫码付款"]);
        assert_eq!(shop.world.order(&bill.payment).await.unwrap()["trade_state"], "CLOSED");

        // Money that came a moment too late, of which nobody was told, is found by asking, and goes back.
        shop.world.slow_refunds(60_000).await;
        shop.world.pay(&bill.payment, json!({"force": true, "notify": false})).await;
        shop.world.hands.pass_ms(2_000);
        let asked = ask(&manager, &bill.payment).await;
        let page = manager.open(&asked).await;
        page.says(200, &["关闭后才到账", "原路退回"]);
        assert!(!page.text.contains("现在问微信支付") && !page.text.contains("已关闭，没有付款"), "{}", page.text);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_is_said_to_be_held_and_its_transaction_number_finds_it() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let bill = shop.bill(&Browser::wechat(&shop), "3").await;
        shop.world.pay(&bill.payment, json!({"amount_fen": 299})).await;
        bill.until("held").await;
        let transaction = shop.stored(&bill.payment).await.payment.attempts[0].transaction.clone().unwrap();
        for number in [&bill.payment, &transaction] {
            assert_eq!(find(&manager, number).await.header("location"), format!("/m/payments/{}", bill.payment));
        }
        let asked = ask(&manager, &bill.payment).await;
        let page = manager.open(&asked).await;
        page.says(200, &["到账金额不符", "¥2.99", "没有记入收款", "单独存放"]);
        assert!(!page.text.contains("现在问微信支付"), "{}", page.text);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_somebody_elses_reads_as_one_that_does_not_exist() {
    for shop in Shop::on_each_engine().await {
        let [owner, stranger] = [Browser::manager(&shop, MANAGER).await, Browser::manager(&shop, COLLEAGUE).await];
        let bill = shop.bill(&Browser::wechat(&shop), "3").await;
        let nobodys = "0190a0b1c2d374f48617283940516273";
        let tail = &bill.payment[24..];
        let differs = |left: &Answer, right: &Answer, number: &str, other: &str| {
            let [left_text, right_text] = [left.text.replace(number, ""), right.text.replace(other, "")].map(|text| bare(&text));
            left.status != right.status || left_text != right_text
        };
        for (number, other) in [(bill.payment.as_str(), nobodys), (tail, "40516273")] {
            let (theirs, none) = (find(&stranger, number).await, find(&stranger, other).await);
            theirs.says(404, &["没有这个单号"]);
            assert!(!differs(&theirs, &none, number, other), "{}\n{}", theirs.text, none.text);
        }
        let [theirs, none] = [&bill.payment, nobodys].map(|number| format!("/m/payments/{number}"));
        assert!(!differs(&stranger.open(&theirs).await, &stranger.open(&none).await, &bill.payment, nobodys));
        let before = shop.stored(&bill.payment).await;
        shop.world.hands.pass_ms(2_000);
        assert_eq!(stranger.post(&format!("{theirs}/ask"), &[]).await.status, 404);
        assert_eq!(shop.stored(&bill.payment).await.payment, before.payment);
        assert_eq!(owner.open(&theirs).await.status, 200);

        // Whoever is not signed in is sent to sign in, and a form of another site does nothing.
        let nobody = Browser::desktop(&shop);
        for path in ["/m/payments", &theirs] {
            assert!(nobody.ask("GET", path, &[], None).await.header("location").starts_with("/m/sign-in?why="), "{path}");
        }
        let form = Some(("application/x-www-form-urlencoded", vec![]));
        assert_eq!(owner.ask("POST", &format!("{theirs}/ask"), &[("sec-fetch-site", "cross-site")], form).await.status, 403);
        shop.close().await;
    }
}

/// A page without what is made anew for every page.
fn bare(text: &str) -> String {
    let mut parts = text.split("nonce=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |bare, part| bare + part.split_once('"').map_or("", |(_, rest)| rest))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_checks_the_payments_of_their_store_and_of_no_other() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let (east, west) = (make_store(&admin, "东门店").await, make_store(&admin, "西门店").await);
        add_cashier(&admin, &east, MANAGER).await;
        add_cashier(&admin, &west, COLLEAGUE).await;
        let (_, address) = make_plate(&shop, &admin, &east, "东门前台").await;
        let form = [("amount", "5".to_owned()), ("field.student", "欧阳东".to_owned()), ("field.class", "三年一班".to_owned())];
        let page = Browser::wechat(&shop).submit(&address, &form).await;
        let bill = Bill::of_url(&shop, &page.url);
        let [cashier, other] = [Browser::manager(&shop, MANAGER).await, Browser::manager(&shop, COLLEAGUE).await];
        for number in [&bill.payment[..], &bill.payment[24..]] {
            assert_eq!((find(&cashier, number).await.status, find(&other, number).await.status), (303, 404), "{number}");
        }
        cashier.open(&format!("/m/payments/{}", bill.payment)).await.says(200, &["¥5.00", "东门前台", "欧阳东"]);
        assert_eq!(other.open(&format!("/m/payments/{}", bill.payment)).await.status, 404);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_english_checks_a_payment_in_english() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let bill = shop.bill(&Browser::wechat(&shop), "3").await;
    manager.open("/m/payments?lang=en").await.says(200, &["Check a payment", "The 8 digits on the payer"]);
    manager.open("/m/receipts?q=nobody").await.says(200, &["The payer says they paid?"]);
    manager.open(&format!("/m/payments/{}", bill.payment)).await.says(200, &["Not paid", "Ask WeChat Pay now"]);
    until("nothing went wrong", async || (!log::text().contains("panicked at")).then_some(())).await;
    shop.close().await;
}
