//! A return that WeChat never takes is ended by an operator, and one that was made elsewhere is told (H12-H14).

use domain::refund::{RefundState, RefundWord};
use domain::{Fen, OtherRefundNo, OutRefundNo, Refund};
use serde_json::json;
use server::giving_up::{GiveUpError, NotMade};
use server::store::payments::Event;

use crate::browser::Browser;
use crate::log;
use crate::scene::{Bill, Shop, until};

const MANAGER: &str = "13800138000";

impl Shop {
    /// What an operator does with `shouma refund PAYMENT --give-up NO`.
    async fn give_up(&self, payment: &str, no: &OutRefundNo) -> Result<Refund, GiveUpError> {
        self.end(payment, no, None).await
    }

    /// The same with `--made-as`.
    async fn end(&self, payment: &str, no: &OutRefundNo, made_as: Option<&str>) -> Result<Refund, GiveUpError> {
        let payment = self.stored(payment).await.payment;
        let made_as = made_as.map(|no| OtherRefundNo::parse(no).unwrap());
        self.site.refunds.give_up(payment.tenant, payment.id, no, made_as, 10_000).await
    }

    /// Somebody returns ¥`fen` of this payment on WeChat's merchant platform.
    async fn return_elsewhere(&self, bill: &Bill<'_>, no: &str, fen: i64) {
        let payment = self.stored(&bill.payment).await.payment;
        let refund = Refund {
            tenant: payment.tenant,
            no: serde_json::from_value(json!(no)).unwrap(),
            payment: payment.id,
            attempt: payment.attempts[0].no.clone(),
            received_fen: payment.amount_fen,
            amount_fen: Fen::of(fen),
            cause: domain::refund::RefundCause::Merchant,
            reason: "平台退款".to_owned(),
            state: RefundState::Asked,
            asked_at_ms: self.world.hands.now(),
        };
        self.site.refunds.channel.refund(&refund).await.unwrap();
    }

    /// Gives a refund up as soon as nobody is about to ask for it.
    async fn give_up_when_free(&self, payment: &str, no: &OutRefundNo) -> Result<Refund, GiveUpError> {
        self.end_when_free(payment, no, None).await
    }

    /// The same with `--made-as`.
    async fn end_when_free(&self, payment: &str, no: &OutRefundNo, made_as: Option<&str>) -> Result<Refund, GiveUpError> {
        until("the refund is in nobody's hands", async || {
            self.world.hands.pass_ms(30_000);
            Some(self.end(payment, no, made_as).await)
                .filter(|given_up| !matches!(given_up, Err(GiveUpError::InHand | GiveUpError::NotRefused)))
        })
        .await
    }
}

/// What stands in the audit about it.
fn deeds(no: &OutRefundNo) -> String {
    format!("audit WHERE actor = 'operator' AND act = 'refund.give_up' AND subject = '{no}'")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_was_made_on_wechats_platform_too_is_given_up_here_and_the_books_are_right() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let bill = shop.paid("100").await;
        let alarm = "shouma_alarms_total{alarm=\"contradiction\"}";
        let before = log::counted(alarm);
        shop.return_elsewhere(&bill, "50301207182026", 10_000).await;
        until("WeChat tells of it", async || {
            shop.world.hands.pass_ms(1_000);
            (shop.count("concern WHERE kind = 'contradiction'").await == 1).then_some(())
        })
        .await;
        until("the alarm", async || (log::counted(alarm) > before).then_some(())).await;
        let statuses = shop.world.notify(&bill.payment, json!({"copies": 2})).await;
        assert!(statuses.iter().all(|status| *status == 204), "{statuses:?}");
        assert_eq!(shop.count("concern").await, 1, "it is said once");
        manager.open("/m/concerns").await.says(200, &["微信支付前后说法不一", "或者有一笔退款不是在这里办的"]);

        let refund = shop.refund(&bill.payment, 10_000, "退货").await.unwrap();
        assert_eq!(shop.stored(&bill.payment).await.payment.refunding_fen, Fen::of(10_000));
        let given_up = shop.give_up_when_free(&bill.payment, &refund.no).await.unwrap();
        assert_eq!((given_up.state, &given_up.no), (RefundState::GivenUp, &refund.no));
        let payment = shop.stored(&bill.payment).await.payment;
        assert_eq!((payment.refunding_fen, payment.refunded_fen), (Fen::ZERO, Fen::ZERO));
        assert_eq!(shop.count(&deeds(&refund.no)).await, 1);
        assert_eq!(shop.count("concern WHERE kind = 'refund' AND state = 'given_up'").await, 1);
        assert_eq!(shop.count("refund WHERE due_at_ms IS NOT NULL").await, 0, "it is asked for no more");
        let again = shop.give_up(&bill.payment, &refund.no).await;
        assert!(matches!(again, Err(GiveUpError::NotAsked(RefundState::GivenUp))), "{again:?}");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_not_given_up_before_it_is_refused_nor_while_wechat_has_it() {
    for shop in Shop::on_each_engine().await {
        let (bill, other) = (shop.paid("10").await, shop.paid("4").await);
        shop.world.slow_refunds(3_600_000).await;
        shop.world.fault("refund", "500", 1_000).await;
        let refund = shop.refund(&bill.payment, 1_000, "退货").await.unwrap();
        let early = shop.give_up(&bill.payment, &refund.no).await;
        assert!(matches!(early, Err(GiveUpError::NotRefused)), "{early:?}");
        let strange = shop.give_up(&other.payment, &refund.no).await;
        assert!(matches!(strange, Err(GiveUpError::NotFound)), "{strange:?}");

        // Refused in words of its own, again and again; whether WeChat has it is then not to be learned.
        shop.world.no_more_faults().await;
        shop.world.fault("refund", "merchant-disabled", 1_000).await;
        until("it is refused", async || {
            shop.world.hands.pass_ms(30_000);
            (shop.count("concern WHERE state = 'blocked'").await == 1).then_some(())
        })
        .await;
        // It is asked for ever more rarely, so that there is time between two questions.
        until("it was asked for often", async || {
            shop.world.hands.pass_ms(30_000);
            (shop.count("refund WHERE tries >= 5").await == 1).then_some(())
        })
        .await;
        let now = shop.world.hands.now().get();
        until("it is put off", async || (shop.count(&format!("refund WHERE due_at_ms > {}", now + 300_000)).await == 1).then_some(()))
            .await;
        shop.world.fault("refund-query", "500", 1_000).await;
        let unsaid = shop.give_up(&bill.payment, &refund.no).await;
        assert!(matches!(unsaid, Err(GiveUpError::Unsaid(_))), "{unsaid:?}");

        // An earlier call got through after all.
        shop.world.no_more_faults().await;
        shop.site.refunds.channel.refund(&refund).await.unwrap();
        let known = shop.give_up(&bill.payment, &refund.no).await;
        assert!(matches!(known, Err(GiveUpError::Known(RefundWord::Processing))), "{known:?}");
        let after = shop.give_up(&bill.payment, &refund.no).await;
        assert!(matches!(after, Err(GiveUpError::NotAsked(RefundState::Processing))), "{after:?}");
        assert_eq!((shop.count(&deeds(&refund.no)).await, shop.stored(&bill.payment).await.payment.refunding_fen), (0, Fen::of(1_000)));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_was_made_on_wechats_platform_instead_counts_as_done_once_wechat_confirms_it() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let (bill, other) = (shop.paid("100").await, shop.paid("7").await);
        for (bill, no, fen) in [(&bill, "50301207182026", 3_000), (&bill, "50301207182027", 100), (&other, "50301207182028", 700)] {
            shop.return_elsewhere(bill, no, fen).await;
        }
        shop.world.fault("refund", "merchant-disabled", 1_000).await;
        let refund = shop.refund(&bill.payment, 3_000, "退货").await.unwrap();
        let second = shop.refund(&bill.payment, 3_000, "再退").await.unwrap();
        let not_made = async |of: &Refund, no: &str| match shop.end_when_free(&bill.payment, &of.no, Some(no)).await {
            Err(GiveUpError::NotMade { why, .. }) => why,
            ended => panic!("{no}: {ended:?}"),
        };
        assert_eq!(not_made(&refund, "50301207182029").await, NotMade::Unknown);
        assert_eq!(not_made(&refund, "50301207182028").await, NotMade::OtherOrder);
        assert_eq!(not_made(&refund, "50301207182027").await, NotMade::OtherAmount(Fen::of(100)));
        assert_eq!(shop.stored(&bill.payment).await.payment.refunding_fen, Fen::of(6_000), "both stand as before");

        let done = shop.end_when_free(&bill.payment, &refund.no, Some("50301207182026")).await.unwrap();
        assert_eq!(done.state, RefundState::Done);
        let payment = shop.stored(&bill.payment).await.payment;
        assert_eq!((payment.refunding_fen, payment.refunded_fen), (Fen::of(3_000), Fen::of(3_000)));
        assert_eq!(shop.count(&deeds(&refund.no)).await, 1);
        assert_eq!(not_made(&second, "50301207182026").await, NotMade::Counted, "it stands for one return only");
        // WeChat tells of it once more, late: it is counted, and nobody has anything to look at.
        let told = shop.count("concern").await;
        let late = |id: &str| Event { channel: "wechat", id: id.to_owned(), kind: "REFUND.SUCCESS".to_owned(), body: String::new() };
        let attempt = shop.stored(&bill.payment).await.payment.attempts[0].no.clone();
        let hear = async |no: &str, fen: i64, id: &str| shop.site.refunds.hear_other(&attempt, no, Fen::of(fen), late(id)).await.unwrap();
        assert!(hear("50301207182026", 3_000, "late-1").await);
        assert_eq!(shop.count("concern").await, told);
        assert!(hear("50301207182030", 200, "late-2").await);
        assert_eq!(shop.count("concern").await, told + 1, "another one is told");

        let receipt = manager.open(&format!("/m/receipts/{}", bill.payment)).await;
        receipt.says(200, &["退货", "已退回"]);
        assert!(!receipt.text.contains("没有退回"), "{}", receipt.text);
        assert_eq!(shop.count("refund WHERE due_at_ms IS NOT NULL").await, 1, "only the other one is asked for");
        shop.close().await;
    }
}
