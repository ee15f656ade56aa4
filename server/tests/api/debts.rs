//! Receivables 应收款 (rows E15, I23): raised, paid by their own link, too much, given back, written off, found and counted.

use futures::future::join_all;
use serde_json::json;
use server::store::receivables::{self, Stored};

use crate::browser::{Answer, Browser};
use crate::scene::{Bill, Shop, World, until};
use crate::testing;

const MANAGER: &str = "13800138000";
/// Who administrates another organisation.
const STUDIO_ADMINISTRATOR: &str = "13700137001";

/// A debt on the form.
pub fn debt(amount: &str, parts: bool) -> Vec<(&'static str, String)> {
    let mut form = vec![
        ("name", "张小明".to_owned()),
        ("title", "2026秋季学费".to_owned()),
        ("amount", amount.to_owned()),
        ("due", "2026-12-01".to_owned()),
        ("reference", "S2026001".to_owned()),
        ("phone", "13900001111".to_owned()),
        ("remark", "分班前付清".to_owned()),
    ];
    if parts {
        form.push(("parts", "1".to_owned()));
    }
    form
}

impl Shop {
    /// Raises a debt; its screen's path.
    pub async fn raise(&self, manager: &Browser, form: &[(&str, String)]) -> String {
        let answer = manager.post("/m/receivables/new", form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").split('?').next().unwrap().to_owned()
    }

    pub async fn debt(&self, path: &str) -> Stored {
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let mut conn = self.site.store.read().await.unwrap();
        let tenants = server::store::tenants::all(&mut conn.tx()).await.unwrap();
        for tenant in tenants {
            if let Some(stored) = receivables::load(&mut conn.tx(), tenant.id, id).await.unwrap() {
                return stored;
            }
        }
        panic!("{path} names no debt");
    }

    /// Somebody opens the debt's link and is about to pay.
    async fn bill_of(&self, link: &str, amount: &str) -> Bill<'_> {
        let page = Browser::wechat(self).submit(link, &[("amount", amount.to_owned())]).await;
        assert_eq!(page.status, 200, "{}", page.text);
        Bill::of_url(self, &page.url)
    }

    /// Somebody pays by the debt's link.
    pub async fn pay_debt(&self, link: &str, amount: &str) -> Bill<'_> {
        let bill = self.bill_of(link, amount).await;
        self.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        bill
    }
}

async fn link(shop: &Shop, path: &str) -> String {
    format!("/p/{}", shop.debt(path).await.token)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debt_is_raised_paid_in_parts_by_its_own_link_and_then_the_link_says_so() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        manager.open("/m/receivables").await.says(200, &["这里没有应收款", "记一笔应收款"]);
        manager.open("/m/settings").await.says(200, &["/m/receivables"]);
        manager.open("/m/receivables/new").await.says(200, &["姓名或单位", "截止日"]);
        let path = shop.raise(&manager, &debt("1200", true)).await;
        let link = link(&shop, &path).await;
        let said = ["张小明", "2026秋季学费", "¥1,200.00", "未付", "S2026001", "分班前付清", "发给应缴人", "data:image/png"];
        manager.open(&format!("{path}?said=raised")).await.says(200, &said);
        manager.open(&path).await.says(200, &[&format!("{}{link}", shop.url), "张小明您好", "还有 ¥1,200.00 待付，请在 12月1日 前付清"]);
        // The payer's page: the name is masked, and nothing has to be filled in.
        let payer = Browser::wechat(&shop);
        let page = payer.open(&link).await;
        page.says(200, &["张*明", "12月1日", "2026秋季学费", "¥1,200.00", "可以分几次付", "青禾实验学校"]);
        for secret in ["张小明", "S2026001", "13900001111", "分班前付清"] {
            assert!(!page.text.contains(secret), "the payer's page says {secret}");
        }
        let first = shop.pay_debt(&link, "500").await;
        payer.open(&link).await.says(200, &["已付", "¥500.00", "还欠", "¥700.00"]);
        manager.open(&path).await.says(200, &["已付一部分", "收到付款 ¥500.00", &format!("/m/receipts/{}", first.payment)]);
        let given = payer.open(&first.receipt().await).await;
        given.says(200, &["张*明", "2026秋季学费"]);
        let paper = manager.open(&format!("/m/receipts/{}/print", first.payment)).await;
        for secret in ["张小明", "S2026001", "13900001111"] {
            assert!(!given.text.contains(secret) && !paper.text.contains(secret), "what the payer is given says {secret}");
        }
        // Whoever collects reads and finds it by everything that they know of the debt.
        for words in ["张小明", "s2026001", "秋季学费", "张小明 学费"] {
            let found = manager.open(&format!("/m/receipts?q={}", words.replace(' ', "+"))).await;
            found.says(200, &["张小明 · S2026001", &first.payment]);
        }
        manager.open(&format!("/m/receipts/{}", first.payment)).await.says(200, &["应缴人", "张小明 · S2026001"]);
        manager.open(&format!("/m/receipts/{}", first.payment)).await.says(200, &["计入应收款“2026秋季学费”", &path, "通过专用链接"]);
        // No more than is owed, at this moment.
        payer.submit(&link, &[("amount", "700.01".to_owned())]).await.says(422, &["700"]);
        shop.pay_debt(&link, "700").await;
        let over = payer.open(&link).await;
        over.says(410, &["这笔款已经付清"]);
        payer.submit(&link, &[("amount", "1".to_owned())]).await.says(410, &["这笔款已经付清"]);
        payer.open(&format!("{link}?lang=en")).await.says(410, &["This has been paid"]);
        manager.open(&path).await.says(200, &["已付清"]);
        assert!(!manager.open(&path).await.text.contains("发给应缴人"), "what is paid needs no link");
        manager.open("/m/receivables").await.says(200, &["这里没有应收款"]);
        manager.open("/m/receivables?show=paid").await.says(200, &["张小明", "已付清"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debt_that_is_paid_at_once_is_paid_whole_or_not_at_all() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let path = shop.raise(&manager, &debt("88.5", false)).await;
    let link = link(&shop, &path).await;
    let payer = Browser::wechat(&shop);
    payer.open(&link).await.says(200, &["¥88.50"]);
    payer.submit(&link, &[("amount", "1".to_owned())]).await.says(422, &["88.50"]);
    payer.submit(&link, &[("amount", "88.51".to_owned())]).await.says(422, &["88.50"]);
    let bill = shop.pay_debt(&link, "").await;
    assert_eq!(shop.stored(&bill.payment).await.payment.amount_fen.get(), 8850);
    // The page of the payment stays, and does not offer to pay once more.
    assert!(!bill.looks().await.contains(&format!("href=\"{link}\"")));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_pay_at_once_are_both_kept_and_the_surplus_goes_back() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &debt("100", false)).await;
        let link = link(&shop, &path).await;
        let bills = [shop.bill_of(&link, "").await, shop.bill_of(&link, "").await, shop.bill_of(&link, "").await];
        join_all(bills.iter().map(|bill| shop.world.pay(&bill.payment, json!({})))).await;
        join_all(bills.iter().map(|bill| bill.until("paid"))).await;
        shop.verify().await;
        assert_eq!(shop.debt(&path).await.claim.overpaid().get(), 20_000);
        let screen = manager.open(&path).await;
        screen.says(200, &["多付了", "多收了 ¥200.00", "没有丢", "/refund?what=part&amp;amount=100.00"]);
        // Every notice many times over changes nothing.
        for bill in &bills {
            shop.world.notify(&bill.payment, json!({"event": "TRANSACTION.SUCCESS", "copies": 5, "shuffle": true})).await;
        }
        assert_eq!(shop.debt(&path).await.claim.overpaid().get(), 20_000);
        for bill in &bills[1..] {
            shop.refund(&bill.payment, 10_000, "多付").await.unwrap();
        }
        assert_eq!(shop.debt(&path).await.claim.overpaid().get(), 0);
        manager.open(&path).await.says(200, &["已付清", "退款，从已收中扣出 ¥100.00"]);
        // The last one goes back too: the debt is owed again and its link works.
        shop.refund(&bills[0].payment, 4_000, "误付").await.unwrap();
        assert_eq!(shop.debt(&path).await.claim.outstanding().get(), 4_000);
        Browser::wechat(&shop).open(&link).await.says(200, &["还欠", "¥40.00"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_fails_counts_for_the_debt_again() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let path = shop.raise(&manager, &debt("100", false)).await;
    let bill = shop.pay_debt(&link(&shop, &path).await, "").await;
    shop.world.fault("refund-result", "closed", 1).await;
    shop.refund(&bill.payment, 3_000, "退").await.unwrap();
    assert_eq!(shop.debt(&path).await.claim.outstanding().get(), 3_000);
    until("it is given up", async || {
        shop.world.hands.pass_ms(1_000);
        (shop.debt(&path).await.claim.outstanding().get() == 0).then_some(())
    })
    .await;
    manager.open(&path).await.says(200, &["退款没有退成，重新计入 ¥30.00"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debt_is_written_off_by_who_may_with_a_reason_and_demanded_again() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &debt("900", true)).await;
        let link = link(&shop, &path).await;
        let off = format!("{path}/write-off");
        manager.post(&off, &[("reason", " ".to_owned())]).await.says(422, &["请填写", "核销 ¥900.00"]);
        // A page that was opened before can still be paid.
        let late = shop.bill_of(&link, "50").await;
        let done = manager.submit(&off, &[("reason", "学生转学".to_owned())]).await;
        done.says(200, &["已核销", "付款链接已失效", "学生转学", "王敏"]);
        Browser::wechat(&shop).open(&link).await.says(410, &["这笔款不用付了"]);
        assert_eq!(manager.post(&off, &[("reason", "再来".to_owned())]).await.header("location"), format!("{path}?said=passed"));
        manager.open("/m/receivables?show=off").await.says(200, &["张小明"]);
        manager.open("/m/receivables/ageing").await.says(200, &["0 笔"]);
        shop.verify().await;
        shop.world.pay(&late.payment, json!({})).await;
        late.until("paid").await;
        assert_eq!(shop.debt(&path).await.claim.written_off().get(), 85_000);
        manager.submit(&format!("{path}/restore"), &[]).await.says(200, &["已恢复", "¥850.00"]);
        Browser::wechat(&shop).open(&link).await.says(200, &["¥850.00"]);
        // More than a manager of this school may write off.
        let large = shop.raise(&manager, &debt("1000.01", true)).await;
        manager.open(&large).await.says(200, &["您最多可以核销 ¥1,000.00"]);
        let refused = manager.post(&format!("{large}/write-off"), &[("reason", "x".to_owned())]).await;
        assert_eq!(refused.header("location"), format!("{large}?said=denied"));
        assert!(!shop.debt(&large).await.claim.is_written_off);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_writes_off_what_a_manager_may_not() {
    for shop in Shop::on_each_engine().await {
        let (manager, office) = (Browser::manager(&shop, MANAGER).await, Browser::administrator(&shop).await);
        let path = shop.raise(&manager, &debt("1000.01", true)).await;
        let (link, payee) = (link(&shop, &path).await, shop.debt(&path).await.receivable.payee);
        let (list, here) = (format!("/admin/managers/{payee}/receivables"), path.replacen("/m/", "/admin/", 1));
        office.open(&format!("/admin/managers/{payee}")).await.says(200, &[&format!("href=\"{list}\"")]);
        let there = format!("href=\"{here}\"");
        office.open(&list).await.says(200, &["王敏的应收款", "张小明", "¥1,000.01", &there]);
        office.open(&format!("{list}?q=%E5%BC%A0%E5%B0%8F%E6%98%8E&show=all")).await.says(200, &["张小明", &there]);
        office.open(&format!("{list}?show=paid")).await.says(200, &["这里没有应收款"]);
        let found = office.open(&here).await;
        found.says(200, &["核销 ¥1,000.01", "登记"]);
        assert!(!found.text.contains("href=\"/m/"), "a manager's page lets no administrator in");
        let off = format!("{here}/write-off");
        office.post(&off, &[("reason", " ".to_owned())]).await.says(422, &["请填写", "核销 ¥1,000.01"]);
        office.submit(&off, &[("reason", "学生转学".to_owned())]).await.says(200, &["已核销", "学生转学"]);
        manager.open(&path).await.says(200, &["已核销", "学生转学"]);
        Browser::wechat(&shop).open(&link).await.says(410, &["这笔款不用付了"]);
        shop.verify().await;
        office.submit(&format!("{here}/restore"), &[]).await.says(200, &["已恢复", "¥1,000.01"]);
        Browser::wechat(&shop).open(&link).await.says(200, &["¥1,000.01"]);
        // Whoever administrates another organisation finds nothing of it.
        let studio = Browser::desktop(&shop);
        assert_eq!(studio.administrate(STUDIO_ADMINISTRATOR, server::demo::PASSWORD).await.status, 303);
        for path in [&list, &here] {
            assert_eq!(studio.open(path).await.status, 404, "{path}");
        }
        for path in [off.clone(), format!("{here}/restore")] {
            assert_eq!(studio.post(&path, &[("reason", "x".to_owned())]).await.status, 404, "{path}");
        }
        // What is no debt at all.
        for path in ["/admin/receivables/x", "/admin/receivables/00000000000000000000000000000000", "/admin/managers/x/receivables"] {
            assert_eq!(office.open(path).await.status, 404, "{path}");
        }
        assert_eq!(manager.post(&off, &[("reason", "x".to_owned())]).await.status, 401);
        assert!(!shop.debt(&path).await.claim.is_written_off);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_debt_is_said_at_its_field_and_what_was_typed_stays() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let form = [("name", String::new()), ("title", "学费".to_owned()), ("amount", "60000".to_owned()), ("due", "明天".to_owned())];
    let answer = manager.post("/m/receivables/new", &form).await;
    answer.says(
        422,
        &["请检查标红的地方", "请填写。", "请勾选“可以分几次付”", "请输入日期", "value=\"60000\"", "value=\"明天\"", "value=\"学费\""],
    );
    assert_eq!(shop.count("receivable").await, 0);
    // A form that is sent twice raises one debt.
    let mut twice = debt("10", false);
    twice.push(("number", "form-1".to_owned()));
    let sent = join_all((0..4).map(|_| manager.post("/m/receivables/new", &twice))).await;
    let places: std::collections::BTreeSet<_> = sent.iter().map(|answer| answer.header("location").to_owned()).collect();
    assert_eq!((places.len(), shop.count("receivable").await), (1, 1));
    let path = shop.raise(&manager, &debt("20", false)).await;
    manager
        .post(&format!("{path}/edit"), &[("due", "x".to_owned()), ("remark", "新备注".to_owned())])
        .await
        .says(422, &["请输入日期", "新备注"]);
    let saved = manager.submit(&format!("{path}/edit"), &[("due", "2026-11-20".to_owned()), ("remark", "新备注".to_owned())]).await;
    saved.says(200, &["已保存", "新备注", "逾期 1 天"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_again_with_another_content_raises_nothing_and_says_so() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let numbered = |amount: &str, number: &str| [debt(amount, true), vec![("number", number.to_owned())]].concat();
        let path = shop.raise(&manager, &numbered("10", "form-1")).await;
        let link = format!("href=\"{path}\"");
        let other = manager.post("/m/receivables/new", &numbered("20", "form-1")).await;
        other.says(409, &["这张表单已经提交过", "没有再登记", "value=\"20\"", "value=\"张小明\"", &link]);
        assert_eq!(shop.count("receivable").await, 1);
        assert_eq!(shop.debt(&path).await.receivable.amount_fen.get(), 1_000);
        // The same form is known as the same also after the debt was changed.
        manager.post(&format!("{path}/edit"), &[("due", "2027-01-01".to_owned()), ("remark", "改过".to_owned())]).await;
        assert_eq!(shop.raise(&manager, &numbered("10", "form-1")).await, path);
        // Sent again from the answer it is another one.
        let number = other.text.split("name=\"number\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let second = shop.raise(&manager, &numbered("20", &number)).await;
        assert!(second != path && shop.count("receivable").await == 2);
        manager.post("/m/receivables/new?lang=en", &numbered("30", "form-1")).await.says(409, &["nothing was raised"]);
        // Of different forms with one number that come at once one is taken.
        let sent = join_all(["1", "2", "3", "4"].map(|amount| {
            let (manager, form) = (&manager, numbered(amount, "form-2"));
            async move { manager.post("/m/receivables/new", &form).await.status }
        }))
        .await;
        assert_eq!((sent.iter().filter(|status| **status == 303).count(), shop.count("receivable").await), (1, 3), "{sent:?}");
        assert_eq!(sent.iter().filter(|status| **status == 409).count(), 3, "{sent:?}");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_paid_a_debt_and_sends_the_form_again_is_led_to_the_receipt() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        // Paid whole.
        let path = shop.raise(&manager, &debt("88.5", false)).await;
        let whole = link(&shop, &path).await;
        let payer = Browser::wechat(&shop);
        let form = |amount: &str, number: &str| vec![("amount", amount.to_owned()), ("idem", number.to_owned())];
        let page = payer.submit(&whole, &form("", "page-1")).await;
        let bill = Bill::of_url(&shop, &page.url);
        // Sent again before it is paid, it is the payment that is open.
        assert_eq!(payer.post(&whole, &form("", "page-1")).await.header("location"), format!("{whole}/{}", bill.payment));
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        let receipt = bill.receipt().await;
        assert_eq!(payer.post(&whole, &form("", "page-1")).await.header("location"), receipt);
        payer.submit(&whole, &form("", "page-1")).await.says(200, &["¥88.50", "张*明"]);
        // Who never paid reads that it is settled, whatever number they name.
        Browser::wechat(&shop).submit(&whole, &form("", "page-2")).await.says(410, &["这笔款已经付清"]);
        Browser::wechat(&shop).submit(&whole, &form("", "")).await.says(410, &["这笔款已经付清"]);
        // Something goes back, and a part is owed again: the same form still means the payment that it made.
        shop.refund(&bill.payment, 850, "误付").await.unwrap();
        assert_eq!(payer.post(&whole, &form("", "page-1")).await.header("location"), receipt);

        // Paid in parts: what is left is less than what was paid, or more.
        let path = shop.raise(&manager, &debt("100", true)).await;
        let parts = link(&shop, &path).await;
        let page = payer.submit(&parts, &form("70", "page-3")).await;
        let bill = Bill::of_url(&shop, &page.url);
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        let receipt = bill.receipt().await;
        assert_eq!(payer.post(&parts, &form("70", "page-3")).await.header("location"), receipt);
        // Another amount is another payment.
        payer.submit(&parts, &form("71", "page-3")).await.says(422, &["30"]);
        let other = payer.submit(&parts, &form("20", "page-3")).await;
        assert!(!other.url.contains(&bill.payment), "{}", other.url);
        // A debt that was written off meanwhile still leads to what was paid.
        manager.submit(&format!("{path}/write-off"), &[("reason", "减免".to_owned())]).await.says(200, &["已核销"]);
        assert_eq!(payer.post(&parts, &form("70", "page-3")).await.header("location"), receipt);
        shop.verify().await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debt_is_nobody_elses_business() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let path = shop.raise(&manager, &debt("20", false)).await;
    let colleague = Browser::manager(&shop, "13800138001").await;
    let shown = |page: &Answer| page.text.split("id=\"plain\"").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap().to_owned();
    let (theirs, unknown) = (colleague.open(&path).await, colleague.open("/m/receivables/zzz").await);
    theirs.says(404, &["没有这个页面", "回到收款码", "class=\"tabs\""]);
    assert_eq!((unknown.status, shown(&unknown)), (404, shown(&theirs)), "somebody else's is as if it were not there");
    for act in ["edit", "write-off", "restore"] {
        let answer = colleague.post(&format!("{path}/{act}"), &[("reason", "x".to_owned()), ("due", String::new())]).await;
        assert_eq!(answer.status, 404, "{act}");
        let stranger: Answer = Browser::desktop(&shop).post(&format!("{path}/{act}"), &[]).await;
        assert!(stranger.header("location").starts_with("/m/sign-in?"), "{act}");
    }
    colleague.open("/m/receivables?show=all").await.says(200, &["这里没有应收款"]);
    colleague.open("/m/receivables?show=all&q=%E5%BC%A0%E5%B0%8F%E6%98%8E").await.says(200, &["没有找到"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn debts_are_paged_found_and_counted_by_age() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        // Today is 2026-11-21.
        let dues = ["", "2026-11-21", "2026-11-20", "2026-10-21", "2026-09-21", "2026-08-01"];
        for at in 0..17_usize {
            let mut form = debt("10", false);
            form[0].1 = format!("学生{at:02}");
            form[3].1 = dues[at % dues.len()].to_owned();
            shop.raise(&manager, &form).await;
            // The clock stands still otherwise, and debts of one moment are in no particular order.
            shop.world.hands.pass_ms(1);
        }
        let first = manager.open("/m/receivables").await;
        first.says(200, &["学生16", "学生02", "¥170.00", "17 笔", "更早的"]);
        assert!(!first.text.contains("学生01"), "fifteen a page");
        let older = first.text.split("href=\"/m/receivables?before=").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let second = manager.open(&format!("/m/receivables?before={older}")).await;
        second.says(200, &["学生01", "学生00", "没有更早的了", "回到最新"]);
        assert!(!second.text.contains("学生02"));
        manager.open("/m/receivables?show=overdue").await.says(200, &["逾期 1 天", "逾期 31 天", "逾期 61 天", "逾期 112 天"]);
        let (admin, payee) = (Browser::administrator(&shop).await, shop.account(MANAGER).await);
        let office = admin.open(&format!("/admin/managers/{payee}/receivables?show=overdue")).await;
        office.says(200, &["data-kind=\"bad\" class=\"tag\">逾期 112 天"]);
        let ages = manager.open("/m/receivables/ageing").await;
        ages.says(200, &["未到期", "¥60.00", "逾期 1 至 30 天", "¥30.00", "逾期超过 90 天", "¥20.00", "¥170.00"]);
        manager.open("/m/receivables/ageing?lang=en").await.says(200, &["Ageing summary", "1 to 30 days overdue"]);
        manager.open("/m/receivables?lang=zh&q=%E5%AD%A6%E7%94%9F07").await.says(200, &["学生07"]);
        manager.open("/m/receivables?q=S2026001&show=overdue").await.says(200, &["逾期 1 天"]);
        manager.open("/m/receivables?q=x").await.says(200, &["请至少输入两个字"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_owed_is_recorded_from_a_receipt() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let bill = shop.paid("300").await;
    let receipt = format!("/m/receipts/{}", bill.payment);
    manager.open(&receipt).await.says(200, &["登记还欠的款", &format!("/m/receivables/new?receipt={}", bill.payment)]);
    let form = manager.open(&format!("/m/receivables/new?receipt={}", bill.payment)).await;
    form.says(200, &["来自收款 ¥300.00", "value=\"张小明\""]);
    let mut entry = debt("100", false);
    entry.push(("receipt", bill.payment.clone()));
    let path = shop.raise(&manager, &entry).await;
    manager.open(&path).await.says(200, &["由收款登记", &receipt]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pages_of_debts_at_once_do_not_wait_for_each_other_where_connections_are_few() {
    let mut places = vec![testing::sqlite(|config| config.connections = 1).await];
    places.extend(testing::postgres(|config| config.connections = 1).await);
    for place in places {
        let shop = Shop::found(World::new().await, place, |_| {}).await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &debt("1200", true)).await;
        for page in join_all((0..8).map(|_| manager.open(&path))).await {
            page.says(200, &["张小明", "¥1,200.00", "未付"]);
        }
        shop.close().await;
    }
}
