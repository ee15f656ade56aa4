//! Trouble on request: every fault does what its name says, as often as was asked, and only where it was asked.

use serde_json::json;

use crate::merchant::Shop;

#[tokio::test]
async fn each_fault_of_the_api_spoils_one_answer_in_its_way() {
    let shop = Shop::open().await;
    shop.order("ORDER1", "http://127.0.0.1:9/n").await;
    for (fault, status, signed) in [
        ("429", 429, true),
        ("merchant-disabled", 403, true),
        ("500", 500, true),
        ("500-after", 500, true),
        ("502", 502, false),
        ("wrong-signature", 200, false),
        ("unknown-serial", 200, false),
        ("truncated", 200, false),
        ("unsigned", 200, false),
        ("slow", 200, true),
        ("stale", 200, true),
    ] {
        shop.fault(json!({ "door": "query", "fault": fault, "ms": 50 })).await;
        let spoiled = shop.query("ORDER1").await;
        assert_eq!((spoiled.status, shop.signer(&spoiled).await.is_some()), (status, signed), "{fault}");
        if fault == "stale" {
            assert_eq!(spoiled.header("wechatpay-timestamp"), (shop.hands.now_ms() / 1000 - 600).to_string());
        }
        let whole = shop.query("ORDER1").await;
        assert_eq!((whole.status, shop.signer(&whole).await.is_some()), (200, true), "after {fault}");
    }
    shop.fault(json!({ "door": "query", "fault": "hang-up" })).await;
    let target = format!("/v3/pay/transactions/out-trade-no/ORDER1?mchid={}", shop.merchant.mchid);
    let draft = shop.draft("GET", &target, &serde_json::Value::Null);
    assert!(shop.send(draft).await.is_err());
}

#[tokio::test]
async fn an_error_after_success_leaves_the_work_done() {
    let shop = Shop::open().await;
    shop.fault(json!({ "door": "prepay", "fault": "500-after" })).await;
    assert_eq!(shop.order("ORDER1", "http://127.0.0.1:9/n").await.code(), "SYSTEM_ERROR");
    assert_eq!(shop.query("ORDER1").await.json()["trade_state"], "NOTPAY");
    shop.door("POST", "/orders/ORDER1/pay", json!({ "notify": false })).await;
    shop.fault(json!({ "door": "refund", "fault": "500-after" })).await;
    assert_eq!(shop.refund("ORDER1", "R1", 1250, "http://127.0.0.1:9/n").await.status, 500);
    assert_eq!(shop.refund("ORDER1", "R1", 1250, "http://127.0.0.1:9/n").await.status, 200);
    assert_eq!(shop.door("GET", "/refunds", json!(null)).await.1["items"].as_array().unwrap().len(), 1);
    shop.fault(json!({ "door": "prepay", "fault": "500" })).await;
    assert_eq!(shop.order("ORDER2", "http://127.0.0.1:9/n").await.status, 500);
    assert_eq!(shop.query("ORDER2").await.status, 404);
}

#[tokio::test]
async fn faults_strike_as_often_and_where_they_were_asked() {
    let shop = Shop::open().await;
    for no in ["ORDER1", "ORDER2"] {
        shop.order(no, "http://127.0.0.1:9/n").await;
    }
    shop.fault(json!({ "door": "query", "fault": "429", "times": 2, "only": "ORDER2" })).await;
    let mut statuses = Vec::new();
    for no in ["ORDER1", "ORDER2", "ORDER1", "ORDER2", "ORDER2"] {
        statuses.push(shop.query(no).await.status);
    }
    assert_eq!(statuses, [200, 429, 200, 429, 200]);
    shop.fault(json!({ "door": "query", "fault": "429", "times": 9 })).await;
    assert_eq!(shop.door("DELETE", "/faults", json!(null)).await.0, 204);
    assert_eq!(shop.query("ORDER1").await.status, 200);
    for wrong in [
        json!({ "door": "cellar", "fault": "429" }),
        json!({ "door": "query", "fault": "flood" }),
        json!({ "door": "query", "fault": "429", "times": 0 }),
    ] {
        assert_eq!(shop.door("POST", "/faults", wrong.clone()).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_paid_amount_can_differ_from_the_order() {
    let shop = Shop::open().await;
    shop.order("ORDER1", "http://127.0.0.1:9/n").await;
    shop.fault(json!({ "door": "pay", "fault": "amount", "amount_fen": 1 })).await;
    let (_, view) = shop.door("POST", "/orders/ORDER1/pay", json!({ "notify": false })).await;
    assert_eq!((&view["amount_fen"], &view["paid_fen"]), (&json!(1250), &json!(1)));
    assert_eq!(shop.query("ORDER1").await.json()["amount"]["total"], 1);
}
