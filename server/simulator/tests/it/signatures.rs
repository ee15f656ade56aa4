//! Who may speak to the API: only a correctly signed, complete and fresh request.

use base64::Engine as _;
use serde_json::{Value, json};
use simulator::sign::{Sealed, answer_message, open, pay_message, verify_with};

use crate::merchant::{Draft, Shop, certificate_key};

#[tokio::test]
async fn a_request_that_wechat_pay_would_not_believe_is_not_believed() {
    let shop = Shop::open().await;
    let target = format!("/v3/pay/transactions/out-trade-no/ORDER1?mchid={}", shop.merchant.mchid);
    type Change = fn(&mut Draft);
    let cases: [(&str, Change, u16); 9] = [
        ("as it should be", |_| {}, 404),
        ("another merchant", |draft| draft.mchid = "1900000000".into(), 401),
        ("another certificate", |draft| draft.serial = "00".repeat(20), 401),
        ("five minutes late", |draft| draft.timestamp -= 300, 404),
        ("later than five minutes", |draft| draft.timestamp -= 301, 401),
        ("more than five minutes early", |draft| draft.timestamp += 301, 401),
        ("a body that was not signed", |draft| draft.body = "{}".into(), 401),
        ("no Accept", |draft| draft.headers[0].1 = "text/plain".into(), 400),
        ("no User-Agent", |draft| drop(draft.headers.remove(2)), 400),
    ];
    for (what, change, expected) in cases {
        let mut draft = shop.draft("GET", &target, &Value::Null);
        draft.signed_body = Some(String::new());
        change(&mut draft);
        let answer = shop.send(draft).await.unwrap();
        assert_eq!(answer.status, expected, "{what}: {}", answer.json());
        if expected == 401 {
            assert_eq!((answer.code().as_str(), answer.number()), ("SIGN_ERROR", 268_443_699), "{what}");
        }
    }
}

#[tokio::test]
async fn the_authorization_header_has_one_form() {
    let shop = Shop::open().await;
    let target = format!("/v3/pay/transactions/out-trade-no/ORDER1?mchid={}", shop.merchant.mchid);
    for (what, change, expected) in [
        ("as it should be", (|text: String| Some(text)) as fn(String) -> Option<String>, 404),
        ("absent", |_| None, 401),
        ("another scheme", |text| Some(text.replace("WECHATPAY2-SHA256-RSA2048", "WECHATPAY2-SM2-WITH-SM3")), 401),
        ("unquoted", |text| Some(text.replace('"', "")), 401),
        ("a field missing", |text| Some(text.replace("serial_no", "serial")), 401),
        ("a field twice", |text| Some(format!("{text},mchid=\"1\"")), 401),
        ("a signature that is not base64", |text| Some(text.replace("signature=\"", "signature=\"!")), 401),
    ] {
        let draft = shop.draft("GET", &target, &Value::Null);
        let authorization = change(shop.authorization(&draft));
        assert_eq!(shop.send_as(draft, authorization).await.unwrap().status, expected, "{what}");
    }
}

#[tokio::test]
async fn the_same_signed_request_is_good_once() {
    let shop = Shop::open().await;
    let target = format!("/v3/pay/transactions/out-trade-no/ORDER1?mchid={}", shop.merchant.mchid);
    let authorization = shop.authorization(&shop.draft("GET", &target, &Value::Null));
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let draft = shop.draft("GET", &target, &Value::Null);
        statuses.push(shop.send_as(draft, Some(authorization.clone())).await.unwrap().status);
    }
    assert_eq!(statuses, [404, 401]);
}

#[tokio::test]
async fn a_post_must_say_that_it_is_json() {
    let shop = Shop::open().await;
    let mut draft = shop.draft("POST", "/v3/pay/transactions/jsapi", &shop.order_body("ORDER1"));
    draft.headers[1].1 = "text/plain".into();
    assert_eq!(shop.send(draft).await.unwrap().status, 415);
    let mut draft = shop.draft("POST", "/v3/pay/transactions/jsapi", &Value::Null);
    draft.body = "{".into();
    let answer = shop.send(draft).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (400, "PARAM_ERROR"));
}

#[tokio::test]
async fn every_answer_carries_all_headers_and_a_good_signature() {
    let shop = Shop::open().await;
    let missing = shop.get("/v3/no/such/door").await;
    let ordered = shop.post("/v3/pay/transactions/jsapi", shop.order_body("ORDER1")).await;
    assert_eq!((missing.status, ordered.status), (404, 200));
    for answer in [missing, ordered] {
        assert_eq!(answer.header("wechatpay-signature-type"), "WECHATPAY2-SHA256-RSA2048");
        assert_eq!(answer.header("wechatpay-timestamp"), (shop.hands.now_ms() / 1000).to_string());
        assert!(answer.header("request-id").contains('-'));
        assert!(shop.signer(&answer).await.is_some());
    }
}

#[tokio::test]
async fn the_wallet_opens_only_for_a_call_that_the_merchant_signed() {
    let shop = Shop::open().await;
    let prepay_id = shop.order("ORDER1", "http://127.0.0.1:9/n").await.json()["prepay_id"].as_str().unwrap().to_owned();
    let package = format!("prepay_id={prepay_id}");
    let sign = shop.key.sign(&pay_message(&shop.merchant.appid, "1767585600", "nonce", &package)).unwrap();
    let call = json!({
        "appId": shop.merchant.appid, "timeStamp": "1767585600", "nonceStr": "nonce", "package": package, "signType": "RSA", "paySign": sign,
    });
    for (name, value) in [
        ("timeStamp", json!(1_767_585_600)),
        ("timeStamp", json!("1767585601")),
        ("package", json!("prepay_id=wx0")),
        ("signType", json!("MD5")),
        ("appId", json!("wx0")),
    ] {
        let mut wrong = call.clone();
        wrong[name] = value.clone();
        assert_eq!(shop.door("POST", "/bridge", wrong).await.1["ok"], false, "{name} {value}");
    }
    for directory in ["https://pay.example.org/abc/123/", "https://www.example.org/"] {
        assert_eq!(shop.door("POST", "/pay-directories", json!({ "directory": directory })).await.0, 204);
    }
    shop.hands.advance(5 * 60_000);
    for (page, expected) in [
        ("https://www.example.org/p/demo/1", true),
        ("https://pay.example.org/abc/123/pay", true),
        ("https://pay.example.org/abc/", false),
        ("https://pay.example.org/abc/123/pay/", false),
        ("", false),
    ] {
        let mut from = call.clone();
        from["page"] = json!(page);
        assert_eq!(shop.door("POST", "/bridge", from).await.1["ok"], expected, "{page}");
    }
    assert_eq!(shop.door("DELETE", "/pay-directories", Value::Null).await.0, 204);
    assert_eq!(shop.door("POST", "/bridge", call.clone()).await.1["amount_fen"], 1250);
    let mut act = call.clone();
    act["action"] = json!("cancel");
    assert_eq!(shop.door("POST", "/bridge", act.clone()).await.1["results"], json!(["cancel"]));
    act["action"] = json!("cancel-then-ok");
    assert_eq!(shop.door("POST", "/bridge", act.clone()).await.1["results"], json!(["cancel", "ok"]));
    assert_eq!(shop.query("ORDER1").await.json()["trade_state"], "SUCCESS");
    assert_eq!(shop.door("POST", "/bridge", act).await.1["ok"], false);
}

/// The public vector of WeChat's Go SDK (core/notify/notify_test.go): judges our reading of signature and envelope.
#[test]
fn the_published_notice_verifies_and_opens() {
    let certificate = include_str!("published_certificate.pem");
    let body = include_str!("published_notice.json").trim_end();
    let signature = "tJHIiIS9eB2hAYstmAmbbD3ZE5LiIm/Ug5tuL4fC0YOFRWIHV39UFIZXC0e9Wl6lBu6sKvkqDkzpqzBsVHyXFlbYZTOQrVdG4b6LfTnK4mikv9++ixJMd3vTf2yCqvBkh98zs3Ds5zsYQakzbcwhmw4fMJs4nPLws28H0UW9FjDR//rxELLwXvV1VEA1IBLX70xptjL8hrfUjEE8kkry6yNJTHZRU8CAc7qHli2Ng1V1qb9ARbK8A3ThmFmPQvRGrapI/jS2laKKgYUmfdEdkNO6B2Cke5e8VTxY406ArAmQ90GAihDwIcb16TQMnzCMBoutnwZKNiKRACrFmtxw2Q==";
    let key = certificate_key(certificate);
    let message = answer_message("1624523846", "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz", body.as_bytes());
    assert!(verify_with(&key, &message, signature));
    assert!(!verify_with(&key, &answer_message("1624523847", "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz", body.as_bytes()), signature));
    assert!(!verify_with(&key, &message, &format!("WECHATPAY/SIGNTEST/{signature}")));
    let notice: Value = serde_json::from_str(body).unwrap();
    let text = |name: &str| notice["resource"][name].as_str().unwrap().to_owned();
    let sealed = Sealed { nonce: text("nonce"), associated_data: text("associated_data"), ciphertext: text("ciphertext") };
    let opened: Value = serde_json::from_slice(&open("testMchAPIv3Key0", &sealed).unwrap()).unwrap();
    assert_eq!(opened["mchid"], "1234567890");
    assert!(open("testMchAPIv3Key1", &sealed).is_err());
    let mut bytes = base64::engine::general_purpose::STANDARD.decode(&sealed.ciphertext).unwrap();
    bytes[0] ^= 1;
    let changed = Sealed { ciphertext: base64::engine::general_purpose::STANDARD.encode(bytes), ..sealed };
    assert!(open("testMchAPIv3Key0", &changed).is_err());
}
