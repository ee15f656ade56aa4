//! Money that did not simply arrive or go back: both people are told the same, it has a way out, and only its manager sees it.

use domain::refund::RefundRefusal;
use domain::{Fen, PaymentId, Refund};
use serde_json::{Value, json};
use server::demo::PASSWORD;
use server::refunds::{self, AskError};

use crate::browser::Browser;
use crate::log;
use crate::scene::{Bill, Shop, digits, until};

const MANAGER: &str = "13800138000";
const COLLEAGUE: &str = "13800138001";

impl Shop {
    /// What the manager's list of concerns holds.
    async fn concerns(&self, manager: &Browser) -> Vec<Value> {
        manager.function("concerns/page", json!({"query": {}})).await.json()["rows"].as_array().unwrap().clone()
    }

    /// Waits until the newest concern stands so.
    async fn until_concern(&self, manager: &Browser, kind: &str, state: &str) -> Value {
        until(&format!("{kind} {state}"), async || {
            self.world.hands.pass_ms(1_000);
            self.concerns(manager).await.into_iter().find(|row| row["kind"] == kind && row["state"] == state)
        })
        .await
    }

    /// What an operator does with `shouma refund --kept`.
    async fn return_kept(&self, payment: &str) -> Result<Vec<Refund>, AskError> {
        let id: PaymentId = payment.parse().unwrap();
        let tenant = self.stored(payment).await.payment.tenant;
        refunds::return_kept(&self.site.store, &self.site.clock, tenant, id, None).await
    }

    /// A payment of ¥3.00 to which another amount came.
    async fn held(&self, amount_fen: i64) -> Bill<'_> {
        let bill = self.bill(&Browser::wechat(self), "3").await;
        self.world.pay(&bill.payment, json!({"amount_fen": amount_fen})).await;
        bill.until("held").await;
        bill
    }

    /// A payment of ¥3.00 that was paid twice.
    pub async fn paid_twice(&self) -> Bill<'_> {
        let payer = Browser::wechat(self);
        let bill = self.bill(&payer, "3").await;
        payer.open(&format!("{}?way=native", bill.page)).await;
        let orders = self.world.orders().await;
        let native = orders.iter().find(|order| order["trade_type"] == "NATIVE").unwrap()["out_trade_no"].as_str().unwrap().to_owned();
        self.world.pay(&native, json!({})).await;
        bill.until("paid").await;
        self.world.pay(&bill.payment, json!({"force": true})).await;
        bill
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_payment_is_told_to_payer_and_manager_until_it_is_back_and_seen() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        manager.open("/m/concerns").await.says(200, &["没有需要留意的款项", "重复付款、金额不符、退款没有办成"]);
        let quiet = manager.open("/m").await;
        assert!(!quiet.text.contains("需要看一下"), "nothing is said while there is nothing");
        let bill = shop.paid_twice().await;
        let row = shop.until_concern(&manager, "paid_twice", "returned").await;
        assert_eq!((digits(&row["payment"]), &row["amount_fen"]), (bill.payment.clone(), &json!(300)));
        manager.open("/m").await.says(200, &["1 笔款项需要看一下", "href=\"/m/concerns\""]);
        manager.open("/m/receipts").await.says(200, &["1 笔款项需要看一下"]);
        manager.open("/m/concerns").await.says(200, &["同一笔付了两次", "¥3.00", "已退回付款人", "您不用处理", "知道了"]);
        let receipt = format!("/m/receipts/{}", bill.payment);
        manager.open(&receipt).await.says(200, &["同一笔付了两次", "已退回付款人"]);
        Browser::desktop(&shop).open(&bill.receipt().await).await.says(200, &["3.00"]);

        // Seen: nothing is left to look at, and the list keeps it.
        let seen = manager.function("concerns/see", json!({"id": row["id"]})).await.json();
        assert_eq!(seen["count"], json!({"unseen": 0, "waiting": 0}));
        assert!(!manager.open("/m").await.text.contains("需要看一下"));
        let page = manager.open("/m/concerns").await;
        page.says(200, &["同一笔付了两次"]);
        assert!(!page.text.contains("知道了"));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_money_stays_open_until_an_operator_returns_it_whole() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        for amount_fen in [299, 301] {
            let bill = shop.held(amount_fen).await;
            let row = shop.until_concern(&manager, "wrong_amount", "held").await;
            let came = Fen::of(amount_fen);
            let page = manager.open("/m/concerns").await;
            page.says(
                200,
                &[
                    "到账金额不符",
                    "等管理员处理",
                    &format!("应收 ¥3.00，实收 ¥{came}"),
                    &format!("单号 {}", bill.payment),
                    "请不要重复付款",
                ],
            );
            let payment = format!("/m/payments/{}", bill.payment);
            manager.open(&payment).await.says(200, &["没有记入收款", "单独存放", &format!("¥{came}"), "张小明"]);
            assert_eq!(manager.open(&format!("/m/receipts/{}", bill.payment)).await.status, 404, "it is no receipt");

            // Seeing it does not end it.
            let seen = manager.function("concerns/see", json!({"id": row["id"]})).await.json();
            assert_eq!(seen["count"], json!({"unseen": 0, "waiting": 1}));
            manager.open("/m").await.says(200, &["1 笔款项正等管理员处理"]);

            let returned = shop.return_kept(&bill.payment).await.unwrap();
            assert_eq!(returned.iter().map(|refund| refund.amount_fen).collect::<Vec<_>>(), [came]);
            assert!(matches!(shop.return_kept(&bill.payment).await, Err(AskError::Refused(RefundRefusal::NothingKept))));
            let back = until("it is back", async || {
                shop.world.hands.pass_ms(1_000);
                let rows = shop.concerns(&manager).await;
                rows.into_iter().find(|it| it["id"] == row["id"] && it["state"] == "returned")
            })
            .await;
            assert_eq!(back["is_seen"], json!(true));
            let order = shop.world.order(&bill.payment).await.unwrap();
            assert_eq!(order["refunds"].as_array().unwrap().len(), 1);
            assert_eq!((&order["refunds"][0]["state"], &order["refunds"][0]["amount_fen"]), (&json!("SUCCESS"), &json!(amount_fen)));
            assert_eq!(bill.state().await, "returned");
            Browser::desktop(&shop).open(&bill.page).await.says(200, &["原路退回", "不需要您做什么"]);
            assert!(!manager.open("/m").await.text.contains("正等管理员处理"));
            manager.open("/m/concerns").await.says(200, &["已退回付款人"]);
        }
        assert_eq!(shop.count("receipt").await, 0);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_return_held_money_once() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.held(299).await;
        let (one, two) = tokio::join!(shop.return_kept(&bill.payment), shop.return_kept(&bill.payment));
        let returned: Vec<Refund> = [one, two].into_iter().filter_map(Result::ok).flatten().collect();
        assert_eq!(returned.len(), 1);
        let deeds = format!("audit WHERE actor = 'operator' AND act = 'refund.ask' AND subject = '{}'", returned[0].no);
        assert_eq!(shop.count(&deeds).await, 1, "who sent money back is written down once");
        let manager = Browser::manager(&shop, MANAGER).await;
        shop.until_concern(&manager, "wrong_amount", "returned").await;
        assert_eq!(shop.world.order(&bill.payment).await.unwrap()["refunds"].as_array().unwrap().len(), 1);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automatic_return_that_fails_waits_for_an_operator_and_is_asked_for_anew() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        shop.world.fault("refund-result", "closed", 1).await;
        let bill = shop.paid_twice().await;
        let row = shop.until_concern(&manager, "paid_twice", "given_up").await;
        manager.function("concerns/see", json!({"id": row["id"]})).await;
        manager.open("/m").await.says(200, &["1 笔款项正等管理员处理"]);
        manager.open("/m/concerns").await.says(200, &["没有办成 ¥3.00 的退回", "仍单独存放", "重新退回"]);
        shop.verify().await;
        let again = shop.return_kept(&bill.payment).await.unwrap();
        assert_eq!(again.len(), 1);
        shop.until_concern(&manager, "paid_twice", "returned").await;
        let order = shop.world.order(&bill.payment).await.unwrap();
        let states: Vec<_> =
            order["refunds"].as_array().unwrap().iter().map(|refund| refund["state"].as_str().unwrap().to_owned()).collect();
        assert_eq!((states.len(), states.iter().filter(|state| *state == "SUCCESS").count()), (2, 1), "{states:?}");
        assert_eq!(bill.state().await, "paid");
        let receipt = Browser::desktop(&shop).open(&bill.receipt().await).await;
        receipt.says(200, &["多付的 ¥3.00 已原路退回"]);
        assert!(!receipt.text.contains("还没能退回"), "the money is back: {}", receipt.text);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_stuck_comes_back_to_the_manager_although_it_was_seen_before() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let bill = shop.paid("10").await;
    // First the merchant's balance is too low, then the payer's card is closed.
    shop.world.fault("refund", "not-enough", 1).await;
    shop.world.fault("refund-result", "abnormal", 1).await;
    shop.refund(&bill.payment, 300, "少发一件").await.unwrap();
    let row = until("blocked", async || shop.concerns(&manager).await.into_iter().find(|row| row["state"] == "blocked")).await;
    assert_eq!((&row["kind"], &row["why"]), (&json!("refund"), &json!("not_enough")));
    manager.open("/m/concerns").await.says(200, &["退款没有顺利到账", "不会多退", "余额不够退款", "充值后会自动继续"]);
    manager.function("concerns/see", json!({"id": row["id"]})).await;
    let stuck = shop.until_concern(&manager, "refund", "stuck").await;
    assert_eq!((&stuck["id"], &stuck["is_seen"], &stuck["why"]), (&row["id"], &json!(false), &json!(null)));
    manager.open(&format!("/m/receipts/{}", bill.payment)).await.says(200, &["无法把 ¥3.00 退到付款人的账户", "商户平台处理异常退款"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contradiction_is_told_once_however_often_it_is_said() {
    use domain::payment::Trade;
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let bill = shop.paid("3").await;
        let alarm = "shouma_alarms_total{alarm=\"contradiction\"}";
        let before = log::counted(alarm);
        let no = shop.stored(&bill.payment).await.payment.attempts[0].no.clone();
        let said = |transaction: &str| Trade::Paid {
            transaction: transaction.to_owned(),
            amount_fen: Fen::of(300),
            is_cny: true,
            at_ms: shop.world.hands.now(),
        };
        for _ in 0..5 {
            shop.site.payments.hear(&no, &said("4200000000another"), None).await.unwrap();
        }
        shop.until_concern(&manager, "contradiction", "noted").await;
        until("the alarm", async || (log::counted(alarm) > before).then_some(())).await;
        // Another contradiction is another word.
        shop.site.payments.hear(&no, &said("4200000000third"), None).await.unwrap();
        until("the second alarm", async || (log::counted(alarm) >= before + 2).then_some(())).await;
        assert_eq!(shop.concerns(&manager).await.len(), 2);
        assert_eq!(shop.count("outbox WHERE message LIKE '%contradiction%'").await, 2);
        manager.open("/m/concerns").await.says(200, &["微信支付前后说法不一", "账没有动"]);
        assert_eq!(bill.state().await, "paid");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_manager_who_owns_the_code_sees_and_marks_it() {
    let shop = Shop::open().await;
    let bill = shop.held(299).await;
    let (owner, colleague) = (Browser::manager(&shop, MANAGER).await, Browser::manager(&shop, COLLEAGUE).await);
    let row = shop.until_concern(&owner, "wrong_amount", "held").await;
    let payment = format!("/m/payments/{}", bill.payment);
    assert_eq!(colleague.open(&payment).await.status, 404);
    assert_eq!(shop.concerns(&colleague).await, Vec::<Value>::new());
    for (function, arguments) in [("concerns/see", json!({"id": row["id"]})), ("concerns/payment", json!({"payment": bill.payment}))] {
        let answer = colleague.function(function, arguments).await;
        assert!(answer.status >= 400 && answer.text.contains("not_found"), "{function}: {}", answer.text);
    }
    let post = colleague.post("/m/concerns/seen", &[("id", digits(&row["id"]))]).await;
    assert_eq!(post.header("location"), "/m/concerns");
    assert!(!colleague.open("/m").await.text.contains("需要看一下"));
    assert_eq!(shop.concerns(&owner).await[0]["is_seen"], json!(false));

    let nobody = Browser::desktop(&shop);
    let holder = Browser::desktop(&shop);
    holder.sign_in(server::demo::HOLDER, PASSWORD, "").await;
    for browser in [nobody, holder] {
        for path in ["/m/concerns", &payment] {
            assert!(browser.ask("GET", path, &[], None).await.header("location").starts_with("/m/sign-in?why="), "{path}");
        }
        let post = browser.post("/m/concerns/seen", &[("id", digits(&row["id"]))]).await;
        assert!(post.header("location").starts_with("/m/sign-in?why="));
        let calls = [
            ("concerns/page", json!({"query": {}})),
            ("concerns/see", json!({"id": row["id"]})),
            ("concerns/payment", json!({"payment": bill.payment})),
        ];
        for (function, arguments) in calls {
            let answer = browser.function(function, arguments).await;
            assert!(answer.status >= 400 && answer.text.contains("sign_in"), "{function}: {}", answer.text);
        }
    }
    // Without the program the button is a form, which leads back.
    let post = owner.post("/m/concerns/seen", &[("id", digits(&row["id"])), ("next", payment.clone())]).await;
    assert_eq!((post.status, post.header("location")), (303, payment.as_str()));
    assert_eq!(shop.concerns(&owner).await[0]["is_seen"], json!(true));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payer_whose_order_could_not_be_made_reads_that_nothing_was_charged_and_the_log_says_why() {
    let shop = Shop::open().await;
    shop.world.fault("prepay", "429", 3).await;
    let payer = Browser::wechat(&shop);
    let page = payer.submit("/p/demo", &crate::scene::form("3")).await;
    page.says(503, &["现在付款的人太多", "没有扣款"]);
    assert!(!page.text.to_uppercase().contains("FREQUENCY"), "no codes for the payer");
    let logged = log::text();
    assert!(logged.contains("WeChat Pay does not") || logged.contains("Too many calls"), "the administrator's sentence is in the log");
    shop.close().await;
}
