//! What an administrator sets for the whole organisation: it counts at once and says who changed it.

use serde_json::json;

use crate::browser::Browser;
use crate::debts::debt;
use crate::scene::Shop;

const MANAGER: &str = "13800138000";

async fn set(admin: &Browser, part: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let answer = admin.post(&format!("/admin/settings/{part}"), &pairs).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").rsplit('=').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_managers_may_return_is_set_and_counts_for_the_next_refund() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        admin.open("/admin/settings").await.says(200, &["收款人自己退款", "value=\"1000.00\"", "还没有改过"]);
        let bill = shop.paid("10").await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let refund = format!("/m/receipts/{}/refund", bill.payment);
        let table: [(&[(&str, &str)], &str); 4] = [
            (&[("refunds", "never")], "您不能自己退这笔款"),
            (&[("refunds", "up_to"), ("limit", "6")], "您最多可退 ¥6.00"),
            (&[("refunds", "same_day")], "¥10.00"),
            (&[("refunds", "whole")], "¥10.00"),
        ];
        for (pairs, expected) in table {
            assert_eq!(set(&admin, "refunds", pairs).await, "saved");
            assert_eq!(set(&admin, "refunds", pairs).await, "same");
            manager.open(&refund).await.says(200, &[expected]);
        }
        set(&admin, "refunds", &[("refunds", "same_day")]).await;
        shop.world.hands.pass_ms(86_400_000);
        let admin = Browser::administrator(&shop).await;
        Browser::manager(&shop, MANAGER).await.open(&refund).await.says(200, &["您不能自己退这笔款"]);
        admin.open("/admin/settings").await.says(200, &["何主任于 "]);
        let wrong = admin.post("/admin/settings/refunds", &[("refunds", "up_to".to_owned()), ("limit", "much".to_owned())]).await;
        wrong.says(422, &["请填写 0.01 到 50,000", "value=\"much\"", "aria-invalid=\"true\""]);
        assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'refund.managers'").await, 5);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_managers_may_write_off_is_set_and_counts_for_the_next_write_off() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let rights = ["收款人自己核销应收款", "id=\"write_off_limit\"", "value=\"1000.00\"", "每次都要写明原因"];
        admin.open("/admin/settings").await.says(200, &rights);
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &debt("900", true)).await;
        let table: [(&[(&str, &str)], &str); 4] = [
            (&[("write_offs", "never")], "或在“设置”（/admin/settings）里开放"),
            (&[("write_offs", "up_to"), ("write_off_limit", "899.99")], "您最多可以核销 ¥899.99 的欠款。更大的请管理员在管理后台"),
            (&[("write_offs", "up_to"), ("write_off_limit", "900")], "核销 ¥900.00"),
            (&[("write_offs", "whole")], "核销 ¥900.00"),
        ];
        for (pairs, expected) in table {
            assert_eq!(set(&admin, "write-offs", pairs).await, "saved");
            assert_eq!(set(&admin, "write-offs", pairs).await, "same");
            manager.open(&path).await.says(200, &[expected]);
        }
        admin.open("/admin/settings").await.says(200, &["何主任于 "]);
        // The right is looked at where it is written off, not where the form was shown.
        set(&admin, "write-offs", &[("write_offs", "never")]).await;
        let refused = manager.post(&format!("{path}/write-off"), &[("reason", "转学".to_owned())]).await;
        assert_eq!(refused.header("location"), format!("{path}?said=denied"));
        manager.open(&format!("{path}?lang=en")).await.says(200, &["under Settings (/admin/settings)"]);
        manager.open(&format!("{path}?lang=zh")).await.says(200, &["/admin/settings"]);
        set(&admin, "write-offs", &[("write_offs", "whole")]).await;
        manager.submit(&format!("{path}/write-off"), &[("reason", "转学".to_owned())]).await.says(200, &["已核销"]);
        for (word, limit) in [("up_to", "much"), ("up_to", "10000000.01"), ("always", "")] {
            let typed = [("write_offs", word.to_owned()), ("write_off_limit", limit.to_owned())];
            let wrong = admin.post("/admin/settings/write-offs", &typed).await;
            wrong.says(422, &["请填写 0.01 到 10,000,000", "aria-describedby=\"write_off_limit-wrong\""]);
        }
        assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'receivable.managers'").await, 6);
        shop.verify().await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payers_read_the_organisations_new_name_and_that_it_does_not_collect() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let payer = Browser::desktop(&shop);
        assert_eq!(set(&admin, "name", &[("name", "青禾外国语学校")]).await, "saved");
        payer.open("/p/demo").await.says(200, &["青禾外国语学校"]);
        assert_eq!(set(&admin, "open", &[("open", "off")]).await, "saved");
        assert!(!payer.open("/p/demo").await.text.contains("name=\"amount\""));
        admin.open("/admin/codes").await.says(200, &["本单位暂停收款"]);
        assert_eq!(set(&admin, "open", &[("open", "on")]).await, "saved");
        payer.open("/p/demo").await.says(200, &["name=\"amount\""]);
        admin.post("/admin/settings/name", &[("name", " ".to_owned())]).await.says(422, &["请填写名称"]);
        for odd in [("messages", ""), ("open", "perhaps"), ("logo", "x")] {
            assert_eq!(admin.post(&format!("/admin/settings/{}", odd.0), &[(odd.0, odd.1.to_owned())]).await.status, 422, "{odd:?}");
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_payers_reach_the_organisation_stands_on_every_page_after_the_form() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        admin.open("/admin/settings").await.says(200, &["付款人可以拨打的电话", "value=\"0571-5550 0100\"", "还没有改过"]);
        assert_eq!(set(&admin, "contact", &[("contact", " （０５７１）５５５０—０１９９ ")]).await, "saved");
        assert_eq!(set(&admin, "contact", &[("contact", "(0571)5550-0199")]).await, "same");
        let wrong = admin.post("/admin/settings/contact", &[("contact", "请找张老师 8001".to_owned())]).await;
        wrong.says(422, &["5 到 15 位数字", "value=\"请找张老师 8001\"", "aria-invalid=\"true\""]);

        let payer = Browser::wechat(&shop);
        let link = "href=\"tel:057155500199\"";
        let form = payer.open("/p/demo").await;
        assert!(!form.text.contains("tel:"), "the form asks for nothing but the payment");
        let bill = shop.bill(&payer, "3").await;
        payer.open(&bill.page).await.says(200, &["收款方电话 (0571)5550-0199", link]);
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        payer.open(&bill.receipt().await).await.says(200, &["收款方电话 (0571)5550-0199", link]);
        payer.open(&format!("{}?lang=en", bill.receipt().await)).await.says(200, &["Call the merchant (0571)5550-0199", link]);
        assert_eq!(set(&admin, "open", &[("open", "off")]).await, "saved");
        Browser::wechat(&shop).open("/p/demo").await.says(410, &["收款方电话 (0571)5550-0199", link]);

        assert_eq!(set(&admin, "contact", &[("contact", "")]).await, "saved");
        let none = Browser::wechat(&shop).open("/p/demo").await;
        assert!(!none.text.contains("tel:") && !none.text.contains("收款方电话"), "{}", none.text);
        admin.open("/admin/settings").await.says(200, &["何主任于 "]);
        assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'organisation.contact'").await, 2);
        shop.close().await;
    }
}
