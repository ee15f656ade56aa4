//! Whoever shows a code reads on their screen when customers cannot pay by it, and when it is another one than they chose.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::live::Stream;
use crate::office_codes::make;
use crate::scene::{Shop, form, until};

const MANAGER: &str = "13800138001";

/// Makes a code of this name and has the manager show it; its page at the administrator's.
async fn shown(shop: &Shop, admin: &Browser, manager: &Browser, extra: &[(&'static str, &str)]) -> String {
    let page = make(admin, shop, extra).await;
    let id = page.rsplit('/').next().unwrap().to_owned();
    assert_eq!(manager.post("/m/codes", &[("code", id)]).await.status, 303);
    page
}

async fn hindrance(manager: &Browser) -> Value {
    manager.function("manager/desk", json!({})).await.json()["hindrance"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_switched_off_is_not_quietly_replaced_by_another_one() {
    for shop in Shop::on_each_engine().await {
        let (admin, manager) = (Browser::administrator(&shop).await, Browser::manager(&shop, MANAGER).await);
        let page = shown(&shop, &admin, &manager, &[("name", "春游费"), ("kind", "app"), ("rule", "fixed"), ("fixed", "30")]).await;
        assert_eq!(hindrance(&manager).await, "");
        let mut stream = Stream::open(&manager, "/m/live", &[]).await;
        assert_eq!(admin.post(&format!("{page}/switch"), &[("to", "off".to_owned())]).await.status, 303);
        stream.event("code").await;
        manager.open("/m").await.says(200, &["管理员停用了“春游费”，现在显示的是“", "data-note=\"hindrance\"", "/m/diagnose"]);
        manager.open("/m?lang=en").await.says(200, &["Your administrator switched off “春游费”"]);
        manager.open("/m?lang=zh").await;
        // Whoever chooses another one knows.
        let codes = manager.open("/m/codes").await;
        assert!(!codes.text.contains("row-title\">春游费"), "it is not offered");
        let other = crate::office_codes::hidden(&codes.text, "code");
        assert_eq!(manager.post("/m/codes", &[("code", other)]).await.status, 303);
        assert_eq!(hindrance(&manager).await, "");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_expired_says_so_where_it_is_shown_and_where_it_is_chosen() {
    for shop in Shop::on_each_engine().await {
        let (admin, manager) = (Browser::administrator(&shop).await, Browser::manager(&shop, MANAGER).await);
        let until = format!("{}T23:30", shop.world.hands.now().day());
        let extra = [("name", "报名费"), ("kind", "app"), ("rule", "free"), ("until", until.as_str())];
        shown(&shop, &admin, &manager, &extra).await;
        assert_eq!(hindrance(&manager).await, "");
        shop.world.hands.pass_ms(86_400_000);
        let manager = Browser::manager(&shop, MANAGER).await;
        manager.open("/m").await.says(200, &["顾客现在不能用这个码付款：已过期。"]);
        manager.open("/m/codes").await.says(200, &["报名费", "已过期"]);
        let mut stream = Stream::open(&manager, "/m/live", &[]).await;
        let (_, beat) = stream.event("beat").await;
        assert_eq!(beat["hindrance"], "顾客现在不能用这个码付款：已过期。");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_learns_from_the_screen_that_wechat_takes_no_orders_and_not_from_a_customer() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    shop.world.fault("prepay", "merchant-restricted", 1).await;
    Browser::wechat(&shop).submit("/p/demo", &form("2")).await.says(200, &["没有付款"]);
    until("it is said", async || hindrance(&manager).await.as_str().is_some_and(|said| said.contains("拒绝新的付款")).then_some(())).await;
    manager.open("/m").await.says(200, &["微信支付现在拒绝新的付款，顾客付不了。请告诉管理员。"]);
    shop.paid("3").await;
    until("it is over", async || (hindrance(&manager).await == "").then_some(())).await;
    shop.close().await;
}
