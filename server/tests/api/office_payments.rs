//! What an administrator does with the organisation's money: finding a payment by its number, seeing what became of it, returning it.

use domain::refund_right::ManagerRefunds;
use serde_json::json;
use server::refunds::LetManagers;
use server::store::audit::Actor;

use crate::browser::{Answer, Browser};
use crate::office_codes::hidden;
use crate::scene::{Bill, Shop, grouped, until};

const MANAGER: &str = "13800138000";
const STUDIO_ADMINISTRATOR: &str = "13700137001";
const NOWHERE: &str = "没有找到这个单号的收款";

fn form(number: &str, what: &str, amount: &str) -> [(&'static str, String); 5] {
    [("number", number), ("what", what), ("amount", amount), ("reason", "twice"), ("words", "")]
        .map(|(name, value)| (name, value.to_owned()))
}

impl Bill<'_> {
    /// Its page among the administrator's.
    fn office(&self) -> String {
        format!("/admin/payments/{}", self.payment)
    }

    /// What WeChat calls the payment.
    async fn transaction(&self) -> String {
        let stored = self.shop.stored(&self.payment).await;
        stored.payment.attempts.iter().find_map(|attempt| attempt.transaction.clone()).unwrap()
    }
}

impl Shop {
    /// Managers return nothing, as after the founding of an organisation.
    async fn let_managers_return_nothing(&self, bill: &Bill<'_>) {
        let tenant = self.stored(&bill.payment).await.payment.tenant;
        let now = self.world.hands.now();
        self.site.store.write(LetManagers { tenant, managers: ManagerRefunds::Never, by: Actor::Operator, now }).await.unwrap();
    }

    /// How many refunds the trail says this person asked for.
    async fn refunds_asked_by(&self, phone: &str) -> i64 {
        self.count(&format!("audit WHERE act = 'refund.ask' AND actor = 'account:{}'", self.account(phone).await)).await
    }
}

async fn find(admin: &Browser, number: &str) -> Answer {
    admin.open(&format!("/admin/payments?q={}", number.replace(' ', "+"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_finds_a_payment_by_each_of_its_numbers_and_sees_all_of_it() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        admin.open("/admin").await.says(200, &["href=\"/admin/payments\""]);
        admin.open("/admin/payments").await.says(200, &["还没有收款", "整串单号"]);
        let bill = shop.paid("10").await;
        let receipt = bill.receipt().await;
        let page = bill.office();
        admin.open("/admin/payments").await.says(200, &["最近的收款", &format!("href=\"{page}\""), "¥10.00", "张小明", "王敏", "已收款"]);
        let refund = shop.refund(&bill.payment, 100, "少发一件").await.unwrap();
        let numbers = [
            bill.payment.clone(),
            bill.payment.to_uppercase(),
            format!("{} {}", &bill.payment[..16], &bill.payment[16..]),
            bill.transaction().await,
            refund.no.to_string(),
        ];
        for number in numbers {
            let found = find(&admin, &number).await;
            assert!(found.url.ends_with(&page), "{number}: {} {}", found.url, found.text);
            let all = ["¥10.00", "张小明", "三年一班", "收款人", "王敏", &grouped(&bill.payment), "少发一件", receipt.as_str()];
            found.says(200, &all);
            assert!(!found.text.contains("href=\"/m/"), "a manager's page lets no administrator in");
        }
        for wrong in ["4200000000000000000000000000", &bill.payment[24..], "00000000-0000-0000-0000-000000000000", "<b>", "王敏"] {
            let nothing = find(&admin, wrong).await;
            nothing.says(200, &[NOWHERE, "不能只填尾号", &format!("value=\"{}\"", wrong.replace('<', "&lt;").replace('>', "&gt;"))]);
        }
        // Nobody paid this one.
        let unpaid = shop.bill(&Browser::wechat(&shop), "1").await;
        find(&admin, &unpaid.payment).await.says(200, &[NOWHERE]);
        assert_eq!(admin.open(&unpaid.office()).await.status, 404);
        admin.open(&format!("{page}?lang=en")).await.says(200, &["Receipt", "All payments"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_payments_come_a_page_at_a_time_and_none_is_left_out() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let mut bills = vec![];
        for amount in 1..=16 {
            bills.push(shop.paid(&amount.to_string()).await);
            shop.world.hands.pass_ms(1);
        }
        let first = admin.open("/admin/payments").await;
        first.says(200, &["¥16.00", "¥2.00", "更早的"]);
        let named = |page: &Answer| bills.iter().filter(|bill| page.text.contains(&format!("href=\"{}\"", bill.office()))).count();
        assert_eq!(named(&first), 15);
        let older = first.text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let second = admin.open(older).await;
        second.says(200, &["¥1.00", "回到最新"]);
        assert_eq!(named(&second), 1);
        assert!(!second.text.contains("更早的"));
        // A place that is none is the beginning.
        assert_eq!(named(&admin.open("/admin/payments?before=x").await), 15);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_returns_what_managers_may_not_a_part_and_then_the_rest() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        shop.let_managers_return_nothing(&bill).await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let barred = manager.open(&format!("/m/receipts/{}/refund", bill.payment)).await;
        barred.says(200, &["您不能自己退这笔款", &format!("请把单号 {} 告诉管理员", bill.payment)]);

        let admin = Browser::administrator(&shop).await;
        let refund = format!("{}/refund", bill.office());
        admin.open(&bill.office()).await.says(200, &[&format!("href=\"{refund}\"")]);
        let asked = admin.open(&refund).await;
        asked.says(200, &["撤销收款", "全部退回 ¥10.00", "最多 ¥10.00", &format!("action=\"{refund}\"")]);
        let number = hidden(&asked.text, "number");
        admin
            .open(&format!("{refund}?number={number}&what=part&amount=x&reason=twice"))
            .await
            .says(422, &["请输入退回金额", "value=\"x\""]);
        admin.open(&format!("{refund}?number={number}&what=part&amount=10.01&reason=twice")).await.says(422, &["最多还能退 ¥10.00"]);
        let preview = admin.open(&format!("{refund}?number={number}&what=part&amount=4&reason=twice")).await;
        preview.says(200, &["请核对", "确认撤销 ¥4.00", &format!("action=\"{refund}?number={number}")]);
        assert_eq!(shop.count("refund").await, 0, "looking returns nothing");

        for _ in 0..2 {
            let sent = admin.post(&refund, &form(&number, "part", "4")).await;
            assert_eq!((sent.status, sent.header("location")), (303, bill.office().as_str()), "{}", sent.text);
        }
        assert_eq!(shop.count("refund").await, 1, "the same form is the same refund");
        admin.post(&refund, &form(&number, "part", "5")).await.says(409, &["这张表单已经提交过", "没有再退", &bill.office()]);
        admin.open(&bill.office()).await.says(200, &["¥4.00", "重复付款"]);
        let rest = admin.post(&refund, &form("rest", "part", "6.00")).await;
        assert_eq!(rest.status, 303, "{}", rest.text);
        until("all of it is back", async || {
            shop.world.hands.pass_ms(1_000);
            (bill.state().await == "refunded").then_some(())
        })
        .await;
        admin.open(&refund).await.says(200, &["这笔收款已经全部退回"]);
        assert_eq!(shop.refunds_asked_by(server::demo::ADMINISTRATOR).await, 2, "the trail names who asked");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_a_payment_or_returns_it() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        let (page, refund) = (bill.office(), format!("{}/refund", bill.office()));
        let studio = Browser::desktop(&shop);
        assert_eq!(studio.administrate(STUDIO_ADMINISTRATOR, server::demo::PASSWORD).await.status, 303);
        for address in [&page, &refund, &format!("/admin/payments/{}", "0".repeat(32)), &"/admin/payments/x".to_owned()] {
            assert_eq!(studio.open(address).await.status, 404, "{address}");
        }
        for number in [bill.payment.clone(), bill.transaction().await] {
            find(&studio, &number).await.says(200, &[NOWHERE]);
        }
        studio.open("/admin/payments").await.says(200, &["还没有收款"]);
        assert_eq!(studio.post(&refund, &form("n1", "part", "4")).await.status, 404);
        assert_eq!(studio.post(&format!("{page}/return"), &[]).await.status, 404);

        let strangers = [Browser::manager(&shop, MANAGER).await, Browser::desktop(&shop)];
        for stranger in strangers {
            for address in ["/admin/payments", page.as_str(), refund.as_str()] {
                let answer = stranger.ask("GET", address, &[], None).await;
                assert_eq!(answer.status, 303);
                assert!(answer.header("location").starts_with("/admin/sign-in?why=needed"), "{}", answer.header("location"));
            }
            for address in [&refund, &format!("{page}/return")] {
                let answer = stranger.post(address, &form("n1", "part", "4")).await;
                answer.says(401, &["什么都没有保存", "/admin/sign-in?why=needed"]);
            }
        }
        // From another site nothing is asked for.
        let admin = Browser::administrator(&shop).await;
        let body = Some(("application/x-www-form-urlencoded", crate::browser::encoded(&form("n1", "part", "4"))));
        let foreign = admin.ask("POST", &refund, &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], body).await;
        assert_eq!(foreign.status, 403, "{}", foreign.text);
        assert_eq!(shop.count("refund").await, 0);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_look_stands_on_the_overview_and_money_kept_apart_goes_back_from_there() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        assert!(!admin.open("/admin").await.text.contains("需要留意"), "nothing is said while there is nothing");
        let bill = shop.bill(&Browser::wechat(&shop), "3").await;
        shop.world.pay(&bill.payment, json!({"amount_fen": 301})).await;
        bill.until("held").await;
        let page = bill.office();
        let home = admin.open("/admin").await;
        home.says(200, &["需要留意", &format!("href=\"{page}\""), "到账金额不符", "¥3.01", "等管理员处理", "张小明"]);
        let found = find(&admin, &bill.payment).await;
        found
            .says(200, &["款项详情", "没有记入收款", "应收 ¥3.00，实收 ¥3.01", "请核对后用本页的按钮原路退回", "原路退回单独存放的 ¥3.01"]);
        assert!(!found.text.contains("告诉管理员") && !found.text.contains("知道了"), "{}", found.text);
        assert_eq!(admin.open(&format!("{page}/refund")).await.status, 404, "it is no receipt");

        for _ in 0..2 {
            let sent = admin.post(&format!("{page}/return"), &[]).await;
            assert_eq!((sent.status, sent.header("location")), (303, page.as_str()), "{}", sent.text);
        }
        assert_eq!(shop.count("refund").await, 1);
        assert_eq!(shop.refunds_asked_by(server::demo::ADMINISTRATOR).await, 1);
        until("it is back", async || {
            shop.world.hands.pass_ms(1_000);
            admin.open(&page).await.text.contains("¥3.01 已退回付款人").then_some(())
        })
        .await;
        assert!(!admin.open(&page).await.text.contains("原路退回单独存放的"));
        assert!(!admin.open("/admin").await.text.contains("需要留意"), "it is dealt with");
        // The other organisation has nothing to look at.
        let studio = Browser::desktop(&shop);
        studio.administrate(STUDIO_ADMINISTRATOR, server::demo::PASSWORD).await;
        assert!(!studio.open("/admin").await.text.contains("需要留意"));
        shop.close().await;
    }
}
