//! Scanning a code inside WeChat with WeChat's own scanner: only where a code is asked for, and believed by WeChat.

use serde_json::{Value, json};

use crate::browser::{Answer, Browser};
use crate::scene::{Shop, until};

/// What the page tells WeChat's script, if it tells it anything.
fn told(page: &str) -> Option<Value> {
    let (_, rest) = page.split_once("data-wx=\"")?;
    let text = rest.split('"').next()?.replace("&quot;", "\"").replace("&amp;", "&");
    Some(serde_json::from_str(&text).unwrap())
}

/// From where the page may take scripts.
fn scripts(page: &Answer) -> String {
    let policy = page.header("content-security-policy");
    policy.split(';').map(str::trim).find(|rule| rule.starts_with("script-src")).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn wechat_believes_the_page_that_asks_for_a_code_and_no_other_page_carries_its_script() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let address = "/p/demo-form?from=singlemessage&x=%E5%BC%A0";
    let (page, config) = until("there is a ticket", async || {
        let page = payer.open(address).await;
        told(&page.text).map(|config| (page, config))
    })
    .await;
    let origin = shop.world.sim.base_url();
    assert_eq!(config["src"], json!(format!("{origin}/open/js/jweixin-1.6.0.js")));

    assert!(scripts(&page).ends_with(&origin), "{}", scripts(&page));
    let believed = async |url: String| {
        let body = json!({"app_id": config["appId"], "timestamp": config["timestamp"], "nonce": config["nonceStr"], "signature": config["signature"], "url": url});
        shop.world.control("/_sim/jssdk", body).await["errmsg"].as_str().unwrap().to_owned()
    };
    assert_eq!(believed(format!("{}{address}", shop.url)).await, "config:ok");
    assert_eq!(believed(format!("{}{address}#top", shop.url)).await, "config:ok");
    assert_eq!(believed(format!("{}/p/demo-form", shop.url)).await, "config:invalid signature");

    // A page that is shown again after a mistake has another address.
    let again = payer.submit("/p/demo-form", &[("amount", "1".to_owned())]).await;
    assert_eq!(again.status, 422);
    let config = told(&again.text).unwrap();
    let body = json!({"app_id": config["appId"], "timestamp": config["timestamp"], "nonce": config["nonceStr"], "signature": config["signature"],
        "url": format!("{}/p/demo-form", shop.url)});
    assert_eq!(shop.world.control("/_sim/jssdk", body).await["errmsg"], "config:ok");

    for (browser, path) in [(&payer, "/p/demo"), (&Browser::desktop(&shop), "/p/demo-form")] {
        let page = browser.open(path).await;
        assert_eq!((page.status, told(&page.text)), (200, None), "{path}");
        assert!(!scripts(&page).contains(&origin), "{path}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ticket_is_replaced_before_its_end_and_payers_type_while_there_is_none() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    until("there is a ticket", async || told(&payer.open("/p/demo-form").await.text)).await;
    shop.world.hands.pass_ms(2 * 3_600_000);
    payer.open("/p/demo-form").await.says(200, &["订单条码"]);
    assert_eq!(told(&payer.open("/p/demo-form").await.text), None, "an old ticket is worse than none");
    shop.world.fault("token", "45009", 1).await;
    assert!(shop.site.account.refresh_ticket().await.is_err());
    assert_eq!(told(&payer.open("/p/demo-form").await.text), None);
    shop.site.account.refresh_ticket().await.unwrap();
    assert!(told(&payer.open("/p/demo-form").await.text).is_some());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_without_the_script_asks_wechat_for_nothing() {
    let shop = Shop::with(|config| config.wechat.as_mut().unwrap().script_url = None).await;
    shop.site.account.refresh_ticket().await.unwrap();
    let page = Browser::wechat(&shop).open("/p/demo-form").await;
    assert_eq!(told(&page.text), None);
    shop.close().await;
}
