//! Orders that WeChat refuses for a reason of the merchant's account: whoever collects and whoever looks after it is told which, until
//! an order is taken again (rows E14, C12).

use crate::browser::{Answer, Browser};
use crate::diagnosing::diagnosed;
use crate::log;
use crate::scene::{Shop, form, until};

const ALARM: &str = "shouma_alarms_total{alarm=\"orders_refused\"}";

/// A payer in WeChat whose order is refused in this way.
async fn refused(shop: &Shop, fault: &str) -> Answer {
    shop.world.fault("prepay", fault, 1).await;
    Browser::wechat(shop).submit("/p/demo", &form("2")).await
}

async fn until_cause(shop: &Shop, expected: &str) -> Answer {
    until(expected, async || {
        let (cause, page) = diagnosed(shop, "").await;
        (cause == expected).then_some(page)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_why_no_order_is_taken_is_named_until_one_is() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let table = [
            ("app-mismatch", "微信支付的密钥和证书", "公众号与商户号没有绑定", "not bound"),
            ("no-auth", "微信支付是否应答、接受下单", "产品中心开通", "product"),
            ("merchant-restricted", "微信支付是否应答、接受下单", "商户号被限制收款", "may not receive money"),
            ("merchant-disabled", "微信支付是否应答、接受下单", "商户号已被停用", "switched off"),
        ];
        for (fault, check, zh, en) in table {
            let before = log::counted(ALARM);
            refused(&shop, fault).await.says(200, &["没有付款"]);
            let page = until_cause(&shop, "orders_refused").await;
            page.says(
                200,
                &["从 2026-11-21 12:", "微信内付款（JSAPI 支付）", zh, "由谁处理：管理员", &format!("{check}: 有问题 (2026-11-21")],
            );
            let (cause, page) = diagnosed(&shop, "?sees=nothing&lang=en").await;
            assert_eq!(cause, "orders_refused", "{fault}: not the customer's network");
            assert!(page.text.contains("inside WeChat (JSAPI)") && page.text.contains(en), "{fault}: {}", page.text);
            let home = admin.open("/admin").await;
            home.says(200, &["orders-refused", "微信支付拒绝新的微信内付款", zh]);
            // The next payer who is refused is no further alarm.
            refused(&shop, fault).await.says(200, &["没有付款"]);
            shop.world.hands.pass_ms(60_000);
            refused(&shop, fault).await.says(200, &["没有付款"]);
            until_cause(&shop, "orders_refused").await;
            assert_eq!(log::counted(ALARM), before + 1, "{fault}");

            shop.paid("3").await;
            until_cause(&shop, "none").await;
            assert!(!admin.open("/admin").await.text.contains("orders-refused"), "after {fault}");
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_one_payer_or_one_moment_accuses_nobody() {
    let shop = Shop::open().await;
    let before = log::counted(ALARM);
    for fault in ["429", "rule-limit", "500", "hang-up"] {
        refused(&shop, fault).await;
        assert_eq!(diagnosed(&shop, "").await.0, "none", "{fault}");
    }
    shop.world.no_more_faults().await;
    assert_eq!((log::counted(ALARM), shop.count("sighting WHERE kind LIKE 'order%'").await), (before, 0));
    // Nor does it clear what is true.
    refused(&shop, "merchant-restricted").await;
    until_cause(&shop, "orders_refused").await;
    refused(&shop, "429").await;
    assert_eq!(diagnosed(&shop, "").await.0, "orders_refused");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_payer_hears_accuses_nobody_and_what_three_in_a_row_hear_is_named() {
    let shop = Shop::open().await;
    let before = log::counted(ALARM);
    let somebody = Browser::wechat(&shop);
    for _ in 0..4 {
        shop.world.fault("prepay", "param-error", 1).await;
        somebody.submit("/p/demo", &form("2")).await.says(200, &["没有接受这笔付款"]);
    }
    refused(&shop, "param-error").await;
    shop.paid("3").await;
    for _ in 0..2 {
        refused(&shop, "param-error").await;
    }
    // Other words, and a crowd that passes by itself, are no further payer in the row, nor do they end it.
    refused(&shop, "429").await;
    assert_eq!((diagnosed(&shop, "").await.0.as_str(), log::counted(ALARM)), ("none", before));
    refused(&shop, "param-error").await;
    until_cause(&shop, "orders_refused").await.says(200, &["微信内付款（JSAPI 支付）", "请求参数不合要求"]);
    assert_eq!(log::counted(ALARM), before + 1);
    shop.world.hands.pass_ms(60_000);
    shop.paid("4").await;
    until_cause(&shop, "none").await;

    // A limit that every payer meets is the merchant's own.
    refused(&shop, "rule-limit").await;
    refused(&shop, "param-error").await;
    refused(&shop, "rule-limit").await;
    refused(&shop, "rule-limit").await;
    assert_eq!(diagnosed(&shop, "").await.0, "none", "each in its own row");
    refused(&shop, "rule-limit").await;
    until_cause(&shop, "orders_refused").await.says(200, &["达到商户或付款人的限额"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_not_opened_is_named_while_the_other_one_works() {
    let shop = Shop::open().await;
    let native = async |fault: &str| {
        shop.world.fault("prepay", fault, 1).await;
        Browser::desktop(&shop).submit("/p/demo", &form("2")).await
    };
    native("no-auth").await;
    until_cause(&shop, "orders_refused").await.says(200, &["扫码付款（Native 支付）", "产品中心开通"]);
    shop.world.hands.pass_ms(60_000);
    shop.paid("3").await;
    assert_eq!(diagnosed(&shop, "").await.0, "orders_refused", "JSAPI says nothing of Native");
    // A reason of the whole account is over for both when one of them works.
    native("merchant-restricted").await;
    until("it is named", async || diagnosed(&shop, "").await.1.text.contains("商户号被限制收款").then_some(())).await;
    shop.world.hands.pass_ms(60_000);
    shop.paid("4").await;
    until_cause(&shop, "none").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_not_the_merchants_is_named_by_its_first_payer() {
    let mut shop = Shop::with(|config| config.wechat.as_mut().unwrap().appid = "wx00000000deadbeef".into()).await;
    assert_eq!(diagnosed(&shop, "").await.0, "none", "no question but an order shows it");
    Browser::desktop(&shop).submit("/p/demo", &form("2")).await;
    until_cause(&shop, "orders_refused").await.says(200, &["公众号与商户号没有绑定"]);
    shop.stop().await;
}
