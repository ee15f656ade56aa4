//! What a payer reads of a refund in each of its states: how much, by when, and what to do where it does not arrive (idea I3).

use serde_json::json;

use crate::browser::Browser;
use crate::scene::{Bill, Shop, until};

const DAY_MS: i64 = 86_400_000;

impl Bill<'_> {
    /// What the receipt says in Chinese and in English, to somebody without cookies.
    async fn told(&self) -> [String; 2] {
        let receipt = self.receipt().await;
        let zh = Browser::desktop(self.shop).open(&receipt).await;
        let en = Browser::desktop(self.shop).open(&format!("{receipt}?lang=en")).await;
        [zh, en].map(|answer| {
            answer.says(200, &[]);
            answer.text
        })
    }

    /// Waits until the receipt says `words`, and checks what it says besides and what it does not.
    async fn tells(&self, words: &str, said: [&[&str]; 2], unsaid: &[&str]) {
        until(words, async || {
            self.shop.world.hands.pass_ms(1_000);
            self.told().await[0].contains(words).then_some(())
        })
        .await;
        for (text, said) in self.told().await.iter().zip(said) {
            for sentence in said {
                assert!(text.contains(sentence), "{words}: {sentence}: {text}");
            }
            for sentence in unsaid {
                assert!(!text.contains(sentence), "{words}: not {sentence}: {text}");
            }
        }
    }

    /// The state in which the refund is kept.
    async fn until_kept(&self, state: &str) {
        let row = format!("refund WHERE state = '{state}'");
        until(state, async || {
            self.shop.world.hands.pass_ms(1_000);
            (self.shop.count(&row).await == 1).then_some(())
        })
        .await;
    }
}

/// A payment of ¥10.00 on Saturday noon of which ¥2.50 was asked back.
async fn asked_back(shop: &Shop) -> Bill<'_> {
    let bill = shop.paid("10").await;
    shop.refund(&bill.payment, 250, "少发一件").await.unwrap();
    bill
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_on_its_way_names_the_last_day_and_after_that_day_nobody_is_told_to_wait() {
    for shop in Shop::on_each_engine().await {
        shop.world.slow_refunds(30 * DAY_MS).await;
        let bill = asked_back(&shop).await;
        bill.until_kept("processing").await;
        let zh = ["退款中 ¥2.50", "少发一件", "最晚 2026-11-25 到账", "1 至 3 个工作日"];
        let en = ["On its way back: ¥2.50", "The money is there by 2026-11-25", "within 1 to 3 working days"];
        bill.tells("退款中", [&zh, &en], &[]).await;
        shop.world.hands.pass_ms(4 * DAY_MS);
        bill.tells("最晚 2026-11-25 到账", [&[], &[]], &[]).await;
        shop.world.hands.pass_ms(DAY_MS);
        let late = ["退款中 ¥2.50", "请先查看微信账单", "请凭本页联系收款方"];
        bill.tells("已经超过一般的到账时间", [&late, &["Look at your WeChat bill first"]], &["2026-11-25 到账", "by 2026-11-25"]).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_arrived_says_so_and_promises_nothing_more() {
    for shop in Shop::on_each_engine().await {
        let bill = asked_back(&shop).await;
        let zh = ["已部分退款", "已退 ¥2.50", "在微信账单里可以查到"];
        bill.tells("已退款", [&zh, &["Refunded", "Returned: ¥2.50", "your WeChat bill shows it"]], &["退款中", "最晚", "there by"]).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_cannot_reach_the_payer_says_what_the_payer_can_do() {
    for shop in Shop::on_each_engine().await {
        shop.world.fault("refund-result", "abnormal", 1).await;
        let bill = asked_back(&shop).await;
        bill.until_kept("abnormal").await;
        let zh = ["<h2>退款没有到账</h2>", "没能退到账 ¥2.50", "请凭本页联系收款方", "您本人能收款的银行卡"];
        let en =
            ["<h2>The refund did not arrive</h2>", "Could not be delivered: ¥2.50", "Show this page to the payee and name a bank card"];
        bill.tells("退款没有到账", [&zh, &en], &["退款中", "On its way back", "最晚", "there by"]).await;
        // Another part of it that is on its way is not hidden by the one that is stuck.
        shop.world.slow_refunds(DAY_MS).await;
        shop.refund(&bill.payment, 300, "再退一部分").await.unwrap();
        let both = ["退款中 ¥3.00", "没能退到账 ¥2.50", "最晚 2026-11-25 到账"];
        bill.tells("<h2>退款中</h2>", [&both, &["On its way back: ¥3.00", "Could not be delivered: ¥2.50"]], &[]).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_was_given_up_does_not_vanish_without_a_word() {
    for shop in Shop::on_each_engine().await {
        shop.world.fault("refund-result", "closed", 1).await;
        let bill = asked_back(&shop).await;
        let zh = ["付款成功", "¥2.50", "少发一件", "钱没有退回", "请凭本页联系收款方"];
        let en = ["Not refunded", "the money was not returned", "show them this page"];
        bill.tells("退款未办成", [&zh, &en], &["退款中", "On its way back", "已退 ¥", "最晚"]).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_the_merchant_cannot_fund_yet_promises_no_day() {
    let shop = Shop::open().await;
    shop.world.fault("refund", "not-enough", 1_000).await;
    let bill = asked_back(&shop).await;
    bill.until_kept("unfunded").await;
    bill.tells("等待退款", [&["还没有发出", "不需要您做什么"], &["not been sent yet"]], &["最晚", "there by"]).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_wechat_does_not_take_promises_no_day_until_it_does() {
    for shop in Shop::on_each_engine().await {
        shop.world.fault("refund", "merchant-disabled", 1_000).await;
        let bill = asked_back(&shop).await;
        let zh = ["还没有发出", "微信支付暂时没有受理", "请凭本页联系收款方"];
        let en = ["Waiting to be sent", "not been sent yet", "show them this page"];
        bill.tells("等待退款", [&zh, &en], &["最晚", "there by"]).await;
        assert_eq!(shop.count("refund WHERE state = 'asked'").await, 1);
        shop.world.no_more_faults().await;
        bill.tells("已退款", [&["在微信账单里可以查到"], &["Refunded"]], &["还没有发出", "not been sent yet"]).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_came_too_late_and_cannot_go_back_is_not_said_to_be_going_back() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "3").await;
    shop.world.hands.pass_ms(shop.site.config.payment_expires_ms);
    bill.until("not_paid").await;
    until("the order is closed", async || (shop.world.order(&bill.payment).await.unwrap()["trade_state"] == "CLOSED").then_some(())).await;
    shop.world.fault("refund-result", "abnormal", 1).await;
    shop.world.pay(&bill.payment, json!({"force": true})).await;
    until("it is stuck", async || {
        shop.world.hands.pass_ms(1_000);
        bill.looks().await.contains("¥3.00 的退回遇到了问题").then_some(())
    })
    .await;
    let looks = bill.looks().await;
    assert!(looks.contains("请凭本页联系收款方") && !looks.contains("自动原路退回"), "{looks}");
    shop.close().await;
}
