//! How payments end when not simply paid: expired, paid too late, paid twice, paid with another amount (H3, H8, H15, H22).

use domain::payment::AttemptState;
use serde_json::json;

use crate::browser::Browser;
use crate::log;
use crate::scene::{Shop, form, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_payment_expires_and_its_order_is_closed_at_the_channel() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        let bill = shop.bill(&payer, "3").await;
        shop.world.hands.pass_ms(shop.site.config.payment_expires_ms);
        until("the order is closed", async || {
            let order = shop.world.order(&bill.payment).await.unwrap();
            (order["trade_state"] == "CLOSED").then_some(())
        })
        .await;
        bill.until("not_paid").await;
        payer.open(&bill.page).await.says(200, &["没有付款", "可以放心重新付款", "href=\"/p/demo\""]);
        let again = shop.bill(&payer, "3").await;
        assert_ne!(again.payment, bill.payment);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_left_open_does_not_keep_an_expired_order_payable() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "3").await;
    shop.world.hands.pass_ms(shop.site.config.payment_expires_ms);
    bill.until("not_paid").await;
    assert_eq!(shop.world.order(&bill.payment).await.unwrap()["trade_state"], "CLOSED");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_pays_in_the_last_moment_has_paid() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.bill(&Browser::wechat(&shop), "3").await;
        shop.world.hands.pass_ms(shop.site.config.payment_expires_ms - 1_000);
        shop.world.pay(&bill.payment, json!({"notify": false})).await;
        shop.world.hands.pass_ms(2_000);
        bill.until("paid").await;
        assert_eq!(shop.world.order(&bill.payment).await.unwrap()["refunds"], json!([]));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_comes_after_the_end_goes_back_by_itself_and_the_payer_is_told() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        let bill = shop.bill(&payer, "3").await;
        shop.world.hands.pass_ms(shop.site.config.payment_expires_ms);
        bill.until("not_paid").await;
        until("the order is closed", async || (shop.world.order(&bill.payment).await.unwrap()["trade_state"] == "CLOSED").then_some(()))
            .await;
        // The bank takes its time, so that the page can be read meanwhile.
        shop.world.slow_refunds(60_000).await;
        shop.world.pay(&bill.payment, json!({"force": true})).await;
        bill.until("returned").await;
        payer.open(&bill.page).await.says(200, &["款项正在自动退回", "不需要您做什么"]);
        until("the money is back", async || {
            shop.world.hands.pass_ms(10_000);
            let order = shop.world.order(&bill.payment).await.unwrap();
            (order["refunds"][0]["state"] == "SUCCESS" && order["refunds"][0]["amount_fen"] == 300).then_some(())
        })
        .await;
        until("the page says so", async || bill.looks().await.contains("款项已自动退回").then_some(())).await;
        assert_eq!(shop.count("receipt").await, 0);
        assert_eq!(shop.world.notify(&bill.payment, json!({"copies": 5, "shuffle": true})).await.len(), 10, "payment and refund");
        assert_eq!(shop.world.order(&bill.payment).await.unwrap()["refunds"].as_array().unwrap().len(), 1);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_from_a_payment_whose_last_order_was_refused_before_its_end() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        let bill = shop.bill(&payer, "3").await;
        shop.world.fault("prepay", "merchant-disabled", 1).await;
        payer.open(&format!("{}?way=native", bill.page)).await.says(200, &["没有付款"]);
        let states: Vec<_> = shop.stored(&bill.payment).await.payment.attempts.iter().map(|attempt| attempt.state).collect();
        assert_eq!(states, [AttemptState::Closed, AttemptState::Refused]);
        shop.world.hands.pass_ms(shop.site.config.payment_expires_ms);
        assert_eq!(bill.state().await, "not_paid");
        payer.open(&bill.page).await.says(200, &["没有付款", "可以放心重新付款"]);
        shop.world.pay(&bill.payment, json!({"force": true})).await;
        bill.until("returned").await;
        until("the money is back", async || {
            shop.world.hands.pass_ms(1_000);
            (shop.world.order(&bill.payment).await.unwrap()["refunds"][0]["state"] == "SUCCESS").then_some(())
        })
        .await;
        assert_eq!(shop.count("receipt").await, 0, "{}", shop.place.engine);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_for_a_closed_order_whose_notice_is_lost_is_found_within_an_hour_or_a_day_and_goes_back() {
    const HOUR_MS: i64 = 3_600_000;
    for shop in Shop::on_each_engine().await {
        let [early, late, never] = [Browser::wechat(&shop), Browser::wechat(&shop), Browser::wechat(&shop)];
        let bills = [shop.bill(&early, "3").await, shop.bill(&late, "4").await, shop.bill(&never, "5").await];
        shop.world.hands.pass_ms(shop.site.config.payment_expires_ms);
        for bill in &bills {
            until("the order is closed", async || (bill.state().await == "not_paid").then_some(())).await;
        }
        let [early_bill, late_bill, never_bill] = &bills;
        shop.world.pay(&early_bill.payment, json!({"force": true, "notify": false})).await;
        shop.world.hands.pass_ms(HOUR_MS);
        early_bill.until("returned").await;
        // Whether it is on its way or back depends on who is quicker.
        early.open(&early_bill.page).await.says(200, &["自动退回"]);
        until("all were looked at", async || (asked_next(&shop).await == 2).then_some(())).await;
        shop.world.pay(&late_bill.payment, json!({"force": true, "notify": false})).await;
        shop.world.hands.pass_ms(23 * HOUR_MS);
        late_bill.until("returned").await;
        until("nothing is asked any more", async || (asked_next(&shop).await == 0).then_some(())).await;
        assert_eq!(never_bill.state().await, "not_paid");
        for (bill, fen) in [(early_bill, 300), (late_bill, 400)] {
            until("the money is back", async || {
                shop.world.hands.pass_ms(1_000);
                let order = shop.world.order(&bill.payment).await.unwrap();
                (order["refunds"][0]["state"] == "SUCCESS" && order["refunds"][0]["amount_fen"] == fen).then_some(())
            })
            .await;
        }
        assert_eq!((shop.count("receipt").await, shop.count("refund").await), (0, 2));
        shop.close().await;
    }
}

/// Attempts that the channel will be asked about.
async fn asked_next(shop: &Shop) -> i64 {
    shop.count("attempt WHERE query_at_ms IS NOT NULL").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_opened_after_it_was_given_up_is_closed_when_it_is_looked_at_again() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "3").await;
    // The channel answers as if it had no such order, so that it counts as closed while it can be paid.
    shop.place.bare().await.run("UPDATE attempt SET state = 'closed', closed_at_ms = made_at_ms, query_at_ms = made_at_ms + 3600000; UPDATE payment SET state = 'closed'").await;
    assert_eq!(shop.world.order(&bill.payment).await.unwrap()["trade_state"], "NOTPAY");
    shop.world.hands.pass_ms(3_600_000);
    until("it is closed", async || (shop.world.order(&bill.payment).await.unwrap()["trade_state"] == "CLOSED").then_some(())).await;
    until("and asked about once more", async || (asked_next(&shop).await == 1).then_some(())).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_than_was_asked_is_held_and_people_are_told() {
    for shop in Shop::on_each_engine().await {
        for amount_fen in [299, 301] {
            let payer = Browser::wechat(&shop);
            let bill = shop.bill(&payer, "3").await;
            let before = log::counted("shouma_alarms_total{alarm=\"amount_mismatch\"}");
            shop.world.pay(&bill.payment, json!({"amount_fen": amount_fen})).await;
            bill.until("held").await;
            payer.open(&bill.page).await.says(200, &["收款方正在核对", "请不要重复付款"]);
            assert_eq!(bill.status().await["receipt"], json!(null));
            until("the alarm", async || (log::counted("shouma_alarms_total{alarm=\"amount_mismatch\"}") > before).then_some(())).await;
            let notices = shop.world.order(&bill.payment).await.unwrap()["notices"].clone();
            assert_eq!(notices[0]["state"], "accepted", "what is stored is acknowledged");
        }
        assert_eq!(shop.count("receipt").await, 0);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_payment_of_the_same_goes_back_by_itself() {
    for shop in Shop::on_each_engine().await {
        shop.world.control("/_sim/refund-delays", json!({"change_ms": 5_000, "card_ms": 5_000})).await;
        let payer = Browser::wechat(&shop);
        let bill = shop.bill(&payer, "3").await;
        let page = payer.open(&format!("{}?way=native", bill.page)).await;
        page.says(200, &["请用微信扫码付款", "weixin://wxpay/"]);
        let orders = shop.world.orders().await;
        let native = orders.iter().find(|order| order["trade_type"] == "NATIVE").unwrap()["out_trade_no"].as_str().unwrap().to_owned();
        assert_eq!(shop.world.order(&bill.payment).await.unwrap()["trade_state"], "CLOSED", "one order is payable at a time");
        shop.world.pay(&native, json!({})).await;
        bill.until("paid").await;
        // The payer had the wallet open and was a second faster than the close.
        shop.world.pay(&bill.payment, json!({"force": true})).await;
        let receipt = bill.receipt().await;
        until("the receipt says that it goes back", async || {
            payer.open(&receipt).await.text.contains("多付的 ¥3.00 正在自动原路退回").then_some(())
        })
        .await;
        until("the second one is back", async || {
            shop.world.hands.pass_ms(1_000);
            (shop.world.order(&bill.payment).await.unwrap()["refunds"][0]["state"] == "SUCCESS").then_some(())
        })
        .await;
        until("the receipt says that it is back", async || {
            payer.open(&receipt).await.text.contains("多付的 ¥3.00 已原路退回").then_some(())
        })
        .await;
        assert_eq!(bill.state().await, "paid");
        assert_eq!(shop.world.order(&native).await.unwrap()["refunds"], json!([]));
        assert_eq!(shop.count("receipt").await, 1);
        let states: Vec<_> = shop.stored(&bill.payment).await.payment.attempts.iter().map(|attempt| attempt.state).collect();
        assert_eq!(states, [AttemptState::Extra, AttemptState::Paid]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_and_a_desk_that_open_the_same_payment_never_leave_two_orders_to_pay() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        shop.bill(&payer, "1").await;
        let page = payer.post("/p/demo", &form("6")).await.header("location").to_owned();
        let payment = page.rsplit('/').next().unwrap().to_owned();
        let (native, desk) = (format!("{page}?way=native"), Browser::desktop(&shop));
        let (one, two, three) = tokio::join!(payer.open(&page), payer.open(&native), desk.open(&page));
        for page in [one, two, three] {
            assert!(page.status == 200 || page.status == 503, "{}: {}", page.status, page.text);
        }
        let attempts = shop.stored(&payment).await.payment.attempts;
        let mut open = vec![];
        for attempt in &attempts {
            let order = shop.world.order(attempt.no.as_str()).await;
            open.extend(order.filter(|order| order["trade_state"] == "NOTPAY").map(|order| order["out_trade_no"].clone()));
        }
        assert!(open.len() <= 1, "two orders of one payment can be paid: {open:?} {attempts:?}");
        shop.close().await;
    }
}
