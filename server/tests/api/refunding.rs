//! Returning money: accepted is not returned, never more than came, once (H12-H14, H24).

use domain::refund::RefundRefusal;
use domain::{Fen, Refund};
use futures::future::join_all;
use serde_json::json;
use server::refunds::AskError;

use crate::browser::Browser;
use crate::log;
use crate::scene::{Bill, Shop, until};

impl Bill<'_> {
    /// Asks to return `fen`.
    async fn refund(&self, fen: i64) -> Result<Refund, AskError> {
        self.shop.refund(&self.payment, fen, "少发一件").await
    }

    /// Set aside, and returned.
    async fn returned(&self) -> (i64, i64) {
        let payment = self.shop.stored(&self.payment).await.payment;
        (payment.refunding_fen.get(), payment.refunded_fen.get())
    }

    /// Waits until WeChat knows of `count` refunds.
    async fn until_accepted(&self, count: usize) {
        until("the refund is accepted", async || {
            let order = self.shop.world.order(&self.payment).await.unwrap();
            (order["refunds"].as_array().unwrap().len() == count).then_some(())
        })
        .await;
    }

    async fn until_returned(&self, expected: (i64, i64)) {
        until(&format!("returned {expected:?}"), async || {
            self.shop.world.hands.pass_ms(1_000);
            (self.returned().await == expected).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_says_what_goes_back_what_went_back_and_when_all_of_it_did() {
    for shop in Shop::on_each_engine().await {
        shop.world.control("/_sim/refund-delays", json!({"change_ms": 3_600_000, "card_ms": 3_600_000})).await;
        let bill = shop.paid("10").await;
        let receipt = bill.receipt().await;
        let payer = Browser::desktop(&shop);
        bill.refund(250).await.unwrap();
        payer.open(&receipt).await.says(200, &["退款中", "退款中 ¥2.50"]);
        bill.until_accepted(1).await;
        payer.open(&receipt).await.says(200, &["退款中 ¥2.50"]);
        shop.world.hands.pass_ms(3_600_000);
        bill.until_returned((0, 250)).await;
        payer.open(&receipt).await.says(200, &["已部分退款", "已退 ¥2.50"]);
        assert_eq!(bill.state().await, "paid");
        bill.refund(750).await.unwrap();
        bill.until_accepted(2).await;
        shop.world.hands.pass_ms(3_600_000);
        bill.until_returned((0, 1000)).await;
        payer.open(&receipt).await.says(200, &["已全额退款", "已退 ¥10.00"]);
        assert_eq!(bill.state().await, "refunded");
        assert!(bill.looks().await.contains("收款方已把这笔钱原路退回"));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_returned_than_came() {
    let shop = Shop::open().await;
    let unpaid = shop.bill(&Browser::wechat(&shop), "1").await;
    assert!(matches!(unpaid.refund(1).await, Err(AskError::Refused(RefundRefusal::NotPaid))));
    let bill = shop.paid("10").await;
    for fen in [0, -1] {
        assert!(matches!(bill.refund(fen).await, Err(AskError::Refused(RefundRefusal::NotPositive))));
    }
    assert!(matches!(bill.refund(1001).await, Err(AskError::Refused(RefundRefusal::MoreThanLeft { .. }))));
    bill.refund(600).await.unwrap();
    assert!(matches!(bill.refund(401).await, Err(AskError::Refused(RefundRefusal::MoreThanLeft { left_fen })) if left_fen == Fen::of(400)));
    bill.until_returned((0, 600)).await;
    bill.refund(400).await.unwrap();
    bill.until_returned((0, 1000)).await;
    assert!(matches!(bill.refund(1).await, Err(AskError::Refused(_))));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_people_who_return_a_tenth_at_once_return_ten() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        let asked = join_all((0..64).map(|_| bill.refund(100))).await;
        let (granted, refused): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
        assert_eq!(granted.len(), 10);
        for refusal in refused {
            assert!(matches!(refusal, Err(AskError::Refused(RefundRefusal::MoreThanLeft { .. }))), "{refusal:?}");
        }
        bill.until_returned((0, 1000)).await;
        let order = shop.world.order(&bill.payment).await.unwrap();
        assert_eq!(order["refunds"].as_array().unwrap().len(), 10);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_the_channel_gives_up_is_free_to_be_asked_for_again() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        shop.world.fault("refund-result", "closed", 1).await;
        let first = bill.refund(1000).await.unwrap();
        until("it is given up", async || {
            shop.world.hands.pass_ms(1_000);
            (bill.returned().await == (0, 0)).then_some(())
        })
        .await;
        assert_eq!(bill.state().await, "paid");
        let second = bill.refund(1000).await.unwrap();
        assert_ne!(first.no, second.no);
        bill.until_returned((0, 1000)).await;
        let receipt = Browser::desktop(&shop).open(&bill.receipt().await).await;
        receipt.says(200, &["已全额退款", "在微信账单里可以查到"]);
        assert!(!receipt.text.contains("钱没有退回"), "the money is back: {}", receipt.text);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_cannot_reach_the_payer_stays_set_aside_and_raises_an_alarm() {
    let shop = Shop::open().await;
    let bill = shop.paid("10").await;
    shop.world.fault("refund-result", "abnormal", 1).await;
    let before = log::counted("shouma_alarms_total{alarm=\"refund_stuck\"}");
    bill.refund(300).await.unwrap();
    until("the alarm", async || (log::counted("shouma_alarms_total{alarm=\"refund_stuck\"}") > before).then_some(())).await;
    assert_eq!(bill.returned().await, (300, 0));
    Browser::desktop(&shop).open(&bill.receipt().await).await.says(200, &["没能退到账 ¥3.00", "请凭本页联系收款方"]);
    assert!(matches!(bill.refund(701).await, Err(AskError::Refused(_))));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_without_funds_is_tried_again_under_the_same_number() {
    let shop = Shop::open().await;
    let bill = shop.paid("10").await;
    shop.world.fault("refund", "not-enough", 2).await;
    let refund = bill.refund(300).await.unwrap();
    until("the money is there at last", async || {
        shop.world.hands.pass_ms(10_000);
        (bill.returned().await == (0, 300)).then_some(())
    })
    .await;
    let order = shop.world.order(&bill.payment).await.unwrap();
    assert_eq!(json!([order["refunds"].as_array().unwrap().len(), order["refunds"][0]["out_refund_no"]]), json!([1, refund.no.as_str()]));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refunds_notice_many_times_returns_the_money_once() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        bill.refund(300).await.unwrap();
        bill.until_returned((0, 300)).await;
        let statuses = shop.world.notify(&bill.payment, json!({"event": "REFUND.SUCCESS", "copies": 20, "shuffle": true})).await;
        assert_eq!(statuses, vec![204; 20]);
        assert_eq!(bill.returned().await, (0, 300));
        shop.close().await;
    }
}
