//! When WeChat does not answer, or answers what cannot be believed: nothing is guessed, nothing is doubled, nothing typed is lost.

use serde_json::json;

use crate::browser::{Answer, Browser};
use crate::scene::{Bill, Shop, form, until};

/// What can happen to an answer; of some the order exists afterwards, of some it does not, and nobody can know which.
const ROAD: [&str; 10] =
    ["500", "500-after", "502", "slow", "wrong-signature", "unknown-serial", "stale", "truncated", "unsigned", "hang-up"];

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_a_believable_answer_is_asked_for_again_under_the_same_number() {
    let shop = Shop::open().await;
    for fault in ROAD {
        let payer = Browser::wechat(&shop);
        shop.world.fault("prepay", fault, 1).await;
        let page = payer.submit("/p/demo", &form("3.30")).await;
        page.says(503, &["微信支付暂时没有回应", "没有扣款", "再试一次"]);
        let bill = Bill::of_url(&shop, &page.url);
        payer.open(&bill.page).await.says(200, &["还没有付款", "prepay_id="]);
        let orders = shop.world.orders().await;
        let ours: Vec<_> = orders.iter().filter(|order| order["payer_openid"] == json!(payer.openid)).collect();
        assert_eq!(ours.len(), 1, "{fault}: {ours:?}");
        assert_eq!(ours[0]["out_trade_no"], json!(bill.payment), "{fault}");
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        payer.open(&bill.receipt().await).await.says(200, &["张小明", "三年一班", "3.30"]);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_channel_is_down_the_payer_is_told_and_later_pays_the_same_payment() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        for door in ["prepay", "query", "close"] {
            shop.world.fault(door, "502", 1000).await;
        }
        let page = payer.submit("/p/demo", &form("3")).await;
        page.says(503, &["微信支付暂时没有回应", "没有扣款"]);
        let bill = Bill::of_url(&shop, &page.url);
        assert_eq!(bill.state().await, "confirming", "nobody knows, and that is what is said");
        for _ in 0..8 {
            payer.open(&bill.page).await.says(503, &["微信支付暂时没有回应"]);
        }
        payer.ask("GET", &format!("{}?lang=en", bill.page), &[], None).await.says(503, &["WeChat Pay does not answer"]);
        payer.keep("127.0.0.1", "lang", "zh");
        shop.world.no_more_faults().await;
        let back = until("the channel is tried again", async || {
            shop.world.hands.pass_ms(5_000);
            Some(payer.open(&bill.page).await).filter(|page| page.status == 200)
        })
        .await;
        back.says(200, &["还没有付款", "prepay_id="]);
        assert_eq!(shop.world.orders().await.len(), 1);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_closed_is_not_joined_by_another_one() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let bill = shop.bill(&payer, "3").await;
    shop.world.fault("close", "500", 1000).await;
    let page = payer.open(&format!("{}?way=native", bill.page)).await;
    page.says(200, &["正在确认付款结果", "请不要重复付款"]);
    assert!(!page.text.contains("weixin://") && !page.text.contains("没有扣款"), "{}", page.text);
    shop.world.no_more_faults().await;
    shop.world.hands.pass_ms(60_000);
    payer.open(&format!("{}?way=native", bill.page)).await.says(200, &["weixin://wxpay/"]);
    assert_eq!(shop.world.order(&bill.payment).await.unwrap()["trade_state"], "CLOSED");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_query_fails_is_being_confirmed_until_the_channel_speaks() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "3").await;
    shop.world.pay(&bill.payment, json!({"notify": false})).await;
    for fault in ["500", "wrong-signature", "truncated"] {
        shop.world.fault("query", fault, 1).await;
        shop.world.hands.pass_ms(2_000);
        // The job may be struck instead of this poll; then the truth is known already.
        assert!(["confirming", "paid"].contains(&bill.state().await.as_str()), "{fault}");
    }
    shop.world.hands.pass_ms(2_000);
    bill.until("paid").await;
    shop.close().await;
}

/// The one section of a waiting page that is in sight.
fn section(page: &Answer) -> &str {
    let sections = page.text.split("data-for=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let mut in_sight = sections.filter(|(_, rest)| !rest.starts_with(" hidden")).map(|(name, _)| name);
    let name = in_sight.next().unwrap_or_else(|| panic!("no section: {}", page.text));
    assert_eq!(in_sight.next(), None, "{}", page.text);
    name
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_an_order_that_was_handed_out_says_that_nothing_was_paid_only_when_the_channel_says_so() {
    for shop in Shop::on_each_engine().await {
        let (payer, other) = (Browser::wechat(&shop), Browser::desktop(&shop));
        let paid = shop.bill(&payer, "3").await;
        shop.world.pay(&paid.payment, json!({"notify": false})).await;
        shop.world.fault("query", "500", 1000).await;
        shop.world.hands.pass_ms(2_000);
        let page = payer.open(&paid.page).await;
        page.says(200, &["正在确认付款结果", "请不要重复付款", "查询结果", "prepay_id="]);
        assert_eq!(section(&page), "confirming");

        // Nobody can have paid an order that was made just now.
        let page = other.submit("/p/demo", &form("4")).await;
        let unpaid = Bill::of_url(&shop, &page.url);
        assert_eq!(section(&page), "pending", "{}", page.text);
        shop.world.hands.pass_ms(2_000);
        let page = other.open(&unpaid.page).await;
        assert_eq!(section(&page), "confirming");
        assert!(page.text.contains("weixin://wxpay/"), "the code is back as soon as it is safe: {}", page.text);

        shop.world.no_more_faults().await;
        until("it is asked again", async || {
            shop.world.hands.pass_ms(2_000);
            (section(&other.open(&unpaid.page).await) == "pending").then_some(())
        })
        .await;
        paid.until("paid").await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_clock_was_set_back_the_channel_is_asked_all_the_same() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "3").await;
    shop.world.pay(&bill.payment, json!({"notify": false})).await;
    shop.world.hands.pass_ms(-60_000);
    assert_eq!(bill.state().await, "paid");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_answer_is_lost_goes_back_once_under_one_number() {
    for fault in ["500-after", "hang-up", "truncated", "wrong-signature"] {
        let shop = Shop::open().await;
        let bill = shop.paid("10").await;
        shop.world.fault("refund", fault, 1).await;
        let refund = shop.refund(&bill.payment, 400, "少发一件").await.unwrap();
        until("the refund is done", async || {
            shop.world.hands.pass_ms(2_000);
            (shop.stored(&bill.payment).await.payment.refunded_fen == domain::Fen::of(400)).then_some(())
        })
        .await;
        let order = shop.world.order(&bill.payment).await.unwrap();
        let refunds = order["refunds"].as_array().unwrap();
        assert_eq!(refunds.len(), 1, "{fault}: {refunds:?}");
        assert_eq!(json!([refunds[0]["out_refund_no"], refunds[0]["amount_fen"]]), json!([refund.no.as_str(), 400]));
        shop.close().await;
    }
}
