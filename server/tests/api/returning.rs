//! A manager returns money of a receipt: what they may, what they are shown before, once (rows B85, E17, idea I3).

use domain::Fen;
use domain::refund_right::ManagerRefunds;
use serde_json::json;
use server::refunds::LetManagers;
use server::store::audit::Actor;

use crate::browser::{Answer, Browser};
use crate::scene::{Bill, Shop, until};

const MANAGER: &str = "13800138000";
const ANOTHER: &str = "13800138001";

impl Bill<'_> {
    fn refund_page(&self) -> String {
        format!("/m/receipts/{}/refund", self.payment)
    }

    async fn sums(&self) -> (i64, i64) {
        let payment = self.shop.stored(&self.payment).await.payment;
        (payment.refunding_fen.get(), payment.refunded_fen.get())
    }
}

impl Shop {
    async fn let_managers(&self, managers: ManagerRefunds) {
        let bill = self.paid("0.01").await;
        let tenant = self.stored(&bill.payment).await.payment.tenant;
        let rule = LetManagers { tenant, managers, by: Actor::Operator, now: self.world.hands.now() };
        self.site.store.write(rule).await.unwrap();
    }
}

/// A hidden field of a page.
fn hidden(page: &Answer, name: &str) -> String {
    let (_, rest) = page.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {}", page.text));
    rest.split('"').next().unwrap().to_owned()
}

/// What the preview's button sends.
fn confirmation(page: &Answer) -> Vec<(&'static str, String)> {
    ["number", "what", "amount", "reason", "words"].into_iter().map(|name| (name, hidden(page, name))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_sees_what_the_payer_will_see_confirms_once_and_the_receipt_says_where_it_stands() {
    for shop in Shop::on_each_engine().await {
        shop.world.control("/_sim/refund-delays", json!({"change_ms": 3_600_000, "card_ms": 3_600_000})).await;
        let bill = shop.paid("10").await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let receipt = format!("/m/receipts/{}", bill.payment);
        manager.open(&receipt).await.says(200, &[&bill.refund_page()]);
        let form = manager.open(&bill.refund_page()).await;
        form.says(200, &["撤销收款", "全部退回 ¥10.00", "退一部分", "最多 ¥10.00"]);
        let number = hidden(&form, "number");
        let asked = format!("{}?number={number}&what=part&amount=2.50&reason=other&words=少发一件", bill.refund_page());
        let preview = manager.open(&asked).await;
        preview.says(200, &["请核对", "¥2.50", "退款中", "少发一件", "最晚 2026-11-25 到账", "1 至 3 个工作日", "确认撤销 ¥2.50"]);
        assert_eq!(bill.sums().await, (0, 0), "looking moves nothing");
        let done = manager.post(&bill.refund_page(), &confirmation(&preview)).await;
        assert_eq!((done.status, done.header("location")), (303, receipt.as_str()));
        assert_eq!(bill.sums().await, (250, 0));
        until("it is accepted", async || manager.open(&receipt).await.text.contains("退款已受理").then_some(())).await;
        manager.open(&receipt).await.says(200, &["¥2.50", "原因：少发一件"]);
        Browser::desktop(&shop).open(&bill.receipt().await).await.says(200, &["退款中", "¥2.50", "少发一件"]);
        shop.world.hands.pass_ms(3_600_000);
        until("it arrived", async || {
            shop.world.hands.pass_ms(1_000);
            manager.open(&receipt).await.text.contains("退款已到账").then_some(())
        })
        .await;
        assert_eq!(bill.sums().await, (0, 250));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_again_returns_nothing_twice() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let whole =
            vec![("number", "n1".to_owned()), ("what", "part".to_owned()), ("amount", "10.00".to_owned()), ("reason", "twice".to_owned())];
        let page = bill.refund_page();
        let sent = futures::future::join_all((0..8).map(|_| manager.post(&page, &whole))).await;
        for answer in &sent {
            assert_eq!(answer.status, 303, "{}", answer.text);
        }
        let (refunding, refunded) = bill.sums().await;
        assert_eq!(refunding + refunded, 1000);
        assert_eq!(shop.count("refund").await, 1);
        // The same page with another sum or reason is told what it did the first time, also when nothing is left to return.
        let with = |name: &str, value: &str| -> Vec<(&'static str, String)> {
            whole.iter().map(|(at, was)| (*at, if *at == name { value.to_owned() } else { was.clone() })).collect()
        };
        let see = format!("href=\"/m/receipts/{}\"", bill.payment);
        for other in [with("amount", "1"), with("reason", "short")] {
            manager.post(&page, &other).await.says(409, &["这张表单已经提交过", "申请退回 ¥10.00，原因是“重复付款”", "没有再退", &see]);
        }
        assert_eq!(shop.count("refund").await, 1);
        until("the money is back", async || {
            shop.world.hands.pass_ms(1_000);
            (bill.sums().await == (0, 1000)).then_some(())
        })
        .await;
        assert_eq!(shop.world.order(&bill.payment).await.unwrap()["refunds"].as_array().unwrap().len(), 1);
        manager.open(&page).await.says(200, &["已经全部退回"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_again_with_another_content_returns_nothing_and_says_what_the_first_one_did() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let (page, receipt) = (bill.refund_page(), format!("/m/receipts/{}", bill.payment));
        let form = |number: &str, amount: &str, reason: &str, words: &str| {
            let values = [("number", number), ("what", "part"), ("amount", amount), ("reason", reason), ("words", words)];
            values.map(|(name, value)| (name, value.to_owned()))
        };
        // What is sent under one number, and whether it is the same refund.
        let table = [
            (form("n1", "2.50", "other", "少发一件"), true),
            (form("n1", "2.5", "other", " 少发\n一件 "), false),
            (form("n1", "2.5", "other", " 少发一件 "), true),
            (form("n1", "2.51", "other", "少发一件"), false),
            (form("n1", "2.50", "other", "少发两件"), false),
            (form("n1", "2.50", "twice", "少发一件"), false),
            (form("n2", "1", "twice", ""), true),
            (form("n2", "1.00", "twice", "not chosen"), true),
            (form("n2", "1", "short", ""), false),
        ];
        for (sent, is_same) in &table {
            let answer = manager.post(&page, sent).await;
            if *is_same {
                assert_eq!((answer.status, answer.header("location")), (303, receipt.as_str()), "{sent:?}");
                continue;
            }
            let first = if sent[0].1 == "n1" {
                "申请退回 ¥2.50，原因是“少发一件”"
            } else {
                "申请退回 ¥1.00，原因是“重复付款”"
            };
            let value = format!("value=\"{}\"", sent[2].1);
            answer.says(409, &["这张表单已经提交过", first, "没有再退", &format!("href=\"{receipt}\""), &value]);
        }
        assert_eq!(shop.count("refund").await, 2);
        // A reason that was chosen is the same reason in the other language.
        assert_eq!(manager.post(&format!("{page}?lang=en"), &form("n2", "1", "twice", "")).await.status, 303);
        let other = manager.post(&format!("{page}?lang=en"), &form("n2", "1", "short", "")).await;
        other.says(409, &["This form was sent before", "¥1.00", "See the refund that was asked for"]);
        // Sent again from the answer it is another one.
        let number = hidden(&other, "number");
        assert_ne!(number, "n2");
        assert_eq!(manager.post(&page, &form(&number, "1", "short", "")).await.status, 303);
        assert_eq!(shop.count("refund").await, 3);
        // Of different forms with one number that come at once one is taken.
        let sent = futures::future::join_all(["amount", "cancelled", "short", "twice"].map(|reason| {
            let (manager, page, form) = (&manager, &page, form("n3", "0.50", reason, ""));
            async move { manager.post(page, &form).await.status }
        }))
        .await;
        assert_eq!(sent.iter().filter(|status| **status == 303).count(), 1, "{sent:?}");
        assert_eq!(sent.iter().filter(|status| **status == 409).count(), 3, "{sent:?}");
        assert_eq!(shop.count("refund").await, 4);
        shop.verify().await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stays_and_its_fault_stands_beside_it() {
    let shop = Shop::open().await;
    let bill = shop.paid("10").await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let table = [
        ("", "", "请选择全部退回，还是退一部分"),
        ("", "", "请选择一个原因"),
        ("amount=1.5", "value=\"1.5\"", "请选择一个原因"),
        ("what=part&amount=10.01&reason=twice", "value=\"10.01\"", "这笔收款最多还能退 ¥10.00"),
        ("what=part&amount=1.234&reason=twice", "value=\"1.234\"", "金额最多两位小数"),
        ("what=part&amount=lots&reason=twice", "value=\"lots\"", "请输入退回金额"),
        ("what=part&amount=3&reason=", "value=\"3\"", "请选择一个原因"),
        ("what=part&amount=3&reason=other&words=", "value=\"3\"", "请写明原因"),
        ("what=part&amount=-3&reason=twice", "value=\"-3\"", "请输入退回金额"),
    ];
    for (query, kept, sentence) in table {
        let page = manager.open(&format!("{}?number=n1&sent=1&{query}", bill.refund_page())).await;
        page.says(422, &["name=\"number\" value=\"n1\"", kept, sentence]);
        let sent = format!("number=n1&{query}");
        let pairs: Vec<(&str, String)> =
            sent.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name, value.to_owned())).collect();
        manager.post(&bill.refund_page(), &pairs).await.says(422, &[sentence]);
    }
    // What a link fills in was not sent yet, and whoever types an amount and chooses nothing means a part.
    let page = manager.open(&format!("{}?what=part&amount=3", bill.refund_page())).await;
    page.says(200, &["value=\"3\"", "name=\"sent\""]);
    assert!(!page.text.contains("标红"), "{}", page.text);
    manager.open(&format!("{}?number=n1&sent=1&amount=1.5&reason=twice", bill.refund_page())).await.says(200, &["请核对", "¥1.50"]);
    assert_eq!((bill.sums().await, shop.count("refund").await), ((0, 0), 0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_returns_as_much_as_the_organisation_says_and_of_nobody_elses_receipt() {
    let shop = Shop::open().await;
    let bill = shop.paid("10").await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let ask = async |number: &str, amount: &str| {
        let pairs =
            [("number", number.to_owned()), ("what", "part".to_owned()), ("amount", amount.to_owned()), ("reason", "twice".to_owned())];
        manager.post(&bill.refund_page(), &pairs).await
    };
    // Somebody else's receipt is none; signed out one signs in first.
    let another = Browser::manager(&shop, ANOTHER).await;
    assert_eq!(another.open(&bill.refund_page()).await.status, 404);
    let pairs = [("number", "n".to_owned()), ("what", "part".to_owned()), ("amount", "1".to_owned()), ("reason", "twice".to_owned())];
    assert_eq!(another.post(&bill.refund_page(), &pairs).await.status, 404);
    let stranger = Browser::desktop(&shop).post(&bill.refund_page(), &pairs).await;
    stranger.says(401, &["什么都没有保存", "/m/sign-in?why=needed"]);
    // Never.
    shop.let_managers(ManagerRefunds::Never).await;
    manager.open(&bill.refund_page()).await.says(200, &["您不能自己退这笔款", &bill.payment[24..]]);
    assert_eq!(ask("n0", "1").await.status, 403);
    // Up to a limit, all refunds of the receipt together.
    shop.let_managers(ManagerRefunds::UpTo { limit_fen: Fen::of(600) }).await;
    let form = manager.open(&bill.refund_page()).await;
    form.says(200, &["您最多可退 ¥6.00，这笔还剩 ¥10.00"]);
    assert!(!form.text.contains("全部退回"));
    ask("n1", "6.01").await.says(422, &["您最多可退 ¥6.00"]);
    assert_eq!(ask("n2", "4").await.status, 303);
    ask("n3", "2.01").await.says(422, &["您最多可退 ¥2.00"]);
    assert_eq!(ask("n4", "2").await.status, 303);
    manager.open(&bill.refund_page()).await.says(200, &["您能退的部分已经退完", "¥4.00"]);
    assert_eq!(ask("n5", "0.01").await.status, 409);
    // The whole.
    shop.let_managers(ManagerRefunds::Whole).await;
    manager.open(&bill.refund_page()).await.says(200, &["剩下的全部退回 ¥4.00"]);
    assert_eq!(ask("n6", "4").await.status, 303);
    let (refunding, refunded) = bill.sums().await;
    assert_eq!(refunding + refunded, 1000);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_midnight_in_shanghai_the_same_thing_is_called_a_refund_and_after_a_year_it_is_refused() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        let session = async || Browser::manager(&shop, MANAGER).await;
        session().await.open(&bill.refund_page()).await.says(200, &["撤销收款"]);
        let paid_at = shop.stored(&bill.payment).await.payment.paid_at_ms.unwrap();
        shop.world.hands.pass_ms(paid_at.day().ends_at().since_ms(shop.world.hands.now()) - 1);
        session().await.open(&bill.refund_page()).await.says(200, &["撤销收款"]);
        shop.world.hands.pass_ms(1);
        let manager = session().await;
        let form = manager.open(&bill.refund_page()).await;
        form.says(200, &["<h1>退款</h1>"]);
        assert!(!form.text.contains("撤销收款"));
        manager.open(&format!("{}?lang=en", bill.refund_page())).await.says(200, &["<h1>Refund</h1>", "Reason (the payer reads it)"]);
        shop.world.hands.pass_ms(365 * 86_400_000);
        session().await.open(&bill.refund_page()).await.says(200, &["超过一年，不能再退"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_stuck_is_called_stuck() {
    let shop = Shop::open().await;
    let bill = shop.paid("10").await;
    shop.world.fault("refund-result", "abnormal", 1).await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let pairs = [("number", "n".to_owned()), ("what", "whole".to_owned()), ("reason", "cancelled".to_owned())];
    assert_eq!(manager.post(&bill.refund_page(), &pairs).await.status, 303);
    let receipt = format!("/m/receipts/{}", bill.payment);
    until("it is said", async || {
        shop.world.hands.pass_ms(1_000);
        manager.open(&receipt).await.text.contains("退款异常").then_some(())
    })
    .await;
    assert_eq!(bill.sums().await, (1000, 0), "the money stays set aside");
    shop.close().await;
}
