//! An order that WeChat refuses: nothing was charged through it, and what another order of the same payment did is not forgotten.

use serde_json::json;

use crate::browser::Browser;
use crate::scene::{Shop, form};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_does_not_hide_another_one_of_the_same_payment_that_can_be_paid() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        // Where it is the only one, the payer may begin anew.
        shop.world.fault("prepay", "merchant-disabled", 1).await;
        payer.submit("/p/demo", &form("2")).await.says(200, &["没有付款", "重新付款"]);

        let bill = shop.bill(&payer, "3").await;
        shop.world.fault("close", "500", 1_000).await;
        shop.world.fault("prepay", "merchant-disabled", 1).await;
        let page = payer.open(&format!("{}?way=native", bill.page)).await;
        page.says(200, &["正在确认付款结果", "请不要重复付款"]);
        for untrue in ["重新付款", "没有扣款", "data-for=\"not_paid\"", "weixin://"] {
            assert!(!page.text.contains(untrue), "{untrue}: {}", page.text);
        }
        assert_ne!(bill.state().await, "not_paid");
        // The order inside WeChat can be paid all the time.
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        assert_eq!(shop.count("receipt").await, 1);
        shop.close().await;
    }
}
