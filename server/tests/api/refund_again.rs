//! The form of a refund that is sent once more when its sender may return nothing any more: it names the refund that it asked for.

use domain::refund_right::ManagerRefunds;
use server::refunds::LetManagers;
use server::store::audit::Actor;

use crate::browser::Browser;
use crate::scene::Shop;

const MANAGER: &str = "13800138000";

fn form(number: &str, amount: &str) -> [(&'static str, String); 4] {
    [("number", number), ("what", "part"), ("amount", amount), ("reason", "twice")].map(|(name, value)| (name, value.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_form_again_is_the_same_refund_also_where_the_right_has_ended_meanwhile() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        let payment = shop.stored(&bill.payment).await.payment;
        let (tenant, now) = (payment.tenant, shop.world.hands.now());
        let rule = LetManagers { tenant, managers: ManagerRefunds::SameDay, by: Actor::Operator, now };
        shop.site.store.write(rule).await.unwrap();
        let end = payment.paid_at_ms.unwrap().day().ends_at();
        shop.world.hands.pass_ms(end.since_ms(now) - 1);
        let manager = Browser::manager(&shop, MANAGER).await;
        let page = format!("/m/receipts/{}/refund", bill.payment);
        let first = manager.post(&page, &form("n1", "4")).await;
        assert_eq!(first.status, 303, "{}", first.text);

        // A new day: nobody but an administrator returns anything of it, and the form was sent on the day before.
        shop.world.hands.pass_ms(2);
        let again = manager.post(&page, &form("n1", "4.00")).await;
        assert_eq!((again.status, again.header("location")), (303, first.header("location")), "{}", again.text);
        manager.post(&page, &form("n1", "5")).await.says(409, &["这张表单已经提交过", "申请退回 ¥4.00", "没有再退"]);
        assert_eq!(manager.post(&page, &form("n2", "5")).await.status, 403);
        assert_eq!(shop.count("refund").await, 1);
        shop.close().await;
    }
}
