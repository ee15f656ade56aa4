//! What a payer meets: sign-in, the cashier, and messages.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::merchant::Shop;

const BACK: &str = "http%3A%2F%2Flocalhost%3A3000%2Fp%2Fdemo";

fn authorize(shop: &Shop, more: &str) -> String {
    format!(
        "{}/connect/oauth2/authorize?appid={}&redirect_uri={BACK}&response_type=code&scope=snsapi_base&state=abc123{more}",
        shop.sim.base_url(),
        shop.merchant.appid,
    )
}

/// Signs in once; answers the code and the cookie that was set.
async fn sign_in(shop: &Shop, more: &str, cookie: &str) -> (String, String) {
    let answer = shop.http.get(authorize(shop, more)).header("Cookie", cookie).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    let location = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(location.as_str().starts_with("http://localhost:3000/p/demo?"));
    let value = |name: &str| location.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(value("state"), "abc123");
    let cookie = answer.headers().get("set-cookie").map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
    (value("code"), cookie.unwrap_or_default())
}

async fn openid(shop: &Shop, code: &str) -> Value {
    let secret = shop.merchant.app_secret.clone();
    openid_with(shop, code, &secret).await
}

async fn openid_with(shop: &Shop, code: &str, secret: &str) -> Value {
    let query = [("appid", shop.merchant.appid.as_str()), ("secret", secret), ("code", code), ("grant_type", "authorization_code")];
    let answer = shop.http.get(format!("{}/sns/oauth2/access_token", shop.sim.base_url())).query(&query).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_code_is_good_once_and_for_five_minutes() {
    let shop = Shop::open().await;
    let (code, cookie) = sign_in(&shop, "", "").await;
    assert_eq!(openid_with(&shop, &code, "wrong").await["errcode"], 40_125);
    let first = openid(&shop, &code).await;
    assert_eq!(first["openid"].as_str().unwrap().len(), 28);
    assert_eq!(first["is_snapshotuser"], Value::Null);
    assert_eq!(openid(&shop, &code).await["errcode"], 40_163);
    assert_eq!(openid(&shop, "0unknown").await["errcode"], 40_029);
    let (late, set_again) = sign_in(&shop, "", &cookie).await;
    assert_eq!(set_again, "");
    shop.hands.advance(5 * 60_000 - 1);
    let (fresh, _) = sign_in(&shop, "", &cookie).await;
    assert_eq!(openid(&shop, &fresh).await["openid"], first["openid"]);
    shop.hands.advance(1);
    assert_eq!(openid(&shop, &late).await["errcode"], 40_029);
}

#[tokio::test]
async fn an_identity_can_be_named_and_a_preview_is_marked() {
    let shop = Shop::open().await;
    let (code, cookie) = sign_in(&shop, "&openid=oSomebody", "").await;
    assert_eq!((openid(&shop, &code).await["openid"].as_str(), cookie.as_str()), (Some("oSomebody"), ""));
    let (code, _) = sign_in(&shop, "&openid=snapshot-1", "").await;
    assert_eq!(openid(&shop, &code).await["is_snapshotuser"], 1);
    shop.fault(json!({ "door": "oauth-token", "fault": "snapshot" })).await;
    let (code, _) = sign_in(&shop, "", "").await;
    assert_eq!(openid(&shop, &code).await["is_snapshotuser"], 1);
    shop.fault(json!({ "door": "oauth-token", "fault": "40029" })).await;
    let (code, _) = sign_in(&shop, "", "").await;
    assert_eq!(openid(&shop, &code).await["errcode"], 40_029);
}

#[tokio::test]
async fn a_wrongly_built_sign_in_address_shows_wechats_number() {
    let shop = Shop::open().await;
    let right = authorize(&shop, "");
    let cases = [
        (right.replace("appid=wx", "appid=wy"), "10003"),
        (right.replace("scope=snsapi_base", "scope=snsapi_all"), "10005"),
        (right.replace("&scope=snsapi_base", ""), "10010"),
        (right.replace("&state=abc123", ""), "10013"),
        (right.replace("state=abc123", "state=abc-123"), "10016"),
        (right.replace("response_type=code&scope=snsapi_base", "scope=snsapi_base&response_type=code"), "10016"),
    ];
    for (url, number) in cases {
        let answer = shop.http.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
        assert!(answer.text().await.unwrap().contains(&format!("<h1>{number}</h1>")), "{url}");
    }
    shop.fault(json!({ "door": "oauth-authorize", "fault": "10005" })).await;
    assert!(shop.http.get(&right).send().await.unwrap().text().await.unwrap().contains("10005"));
    shop.door("POST", "/oauth", json!({ "redirect_domains": ["pay.example.org"] })).await;
    assert!(shop.http.get(&right).send().await.unwrap().text().await.unwrap().contains("10003"));
    shop.door("POST", "/oauth", json!({ "redirect_domains": ["localhost"] })).await;
    assert_eq!(shop.http.get(&right).send().await.unwrap().status(), 302);
}

#[tokio::test]
async fn a_person_pays_cancels_or_tells_nobody_at_the_cashier() {
    let shop = Shop::open().await;
    for (no, act, state, location) in [
        ("ORDER1", "pay", "SUCCESS", "http://localhost:3000/p/demo"),
        ("ORDER2", "silent", "SUCCESS", "http://localhost:3000/p/demo"),
        ("ORDER3", "cancel", "NOTPAY", "http://localhost:3000/p/demo"),
    ] {
        shop.order(no, "http://127.0.0.1:9/n").await;
        let url = format!("{}/cashier/{no}", shop.sim.base_url());
        let page = shop.http.get(format!("{url}?return={BACK}&lang=en")).send().await.unwrap();
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("form-action 'self' http://localhost:3000;"));
        let page = page.text().await.unwrap();
        for words in ["Simulated cashier", "Pay ¥12.50", "午餐", "http://localhost:3000/p/demo", no] {
            assert!(page.contains(words), "{words}");
        }
        let form = [("act", act), ("return", "http://localhost:3000/p/demo"), ("bank_type", "OTHERS")];
        let done = shop.http.post(&url).form(&form).send().await.unwrap();
        assert_eq!((done.status().as_u16(), done.headers()["location"].to_str().unwrap()), (303, location));
        assert_eq!(shop.query(no).await.json()["trade_state"], state, "{act}");
    }
    let notices = shop.door("GET", "/orders/ORDER2", Value::Null).await.1["notices"][0]["state"].clone();
    assert_eq!(notices, "dropped");
    let paid = shop.http.get(format!("{}/cashier/ORDER1", shop.sim.base_url())).send().await.unwrap().text().await.unwrap();
    assert!(paid.contains("模拟收银台") && paid.contains("已支付") && !paid.contains("<form"));
    assert_eq!(shop.http.get(format!("{}/cashier/NOTHING", shop.sim.base_url())).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_cashier_returns_only_to_web_addresses_and_escapes_what_it_shows() {
    let shop = Shop::open().await;
    let mut body = shop.order_body("ORDER1");
    body["description"] = json!("<script>alert(1)</script>");
    shop.post("/v3/pay/transactions/jsapi", body).await;
    let url = format!("{}/cashier/ORDER1", shop.sim.base_url());
    let page = shop.http.get(format!("{url}?return=javascript:alert(1)")).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("<script>") && !page.contains("javascript:"));
    let form = [("act", "pay"), ("return", "javascript:alert(1)"), ("lang", "en")];
    let done = shop.http.post(&url).form(&form).send().await.unwrap();
    assert_eq!(done.headers()["location"], "/cashier/ORDER1?lang=en");
}

#[tokio::test]
async fn messages_need_a_token_and_lie_in_the_outbox() {
    let shop = Shop::open().await;
    let base = shop.sim.base_url();
    let query = [("grant_type", "client_credential"), ("appid", &shop.merchant.appid), ("secret", &shop.merchant.app_secret)];
    let token: Value =
        serde_json::from_str(&shop.http.get(format!("{base}/cgi-bin/token")).query(&query).send().await.unwrap().text().await.unwrap())
            .unwrap();
    let token = token["access_token"].as_str().unwrap().to_owned();
    let message =
        json!({ "touser": "oPayer", "template_id": shop.merchant.message_template_id, "data": { "thing1": { "value": "午餐" } } });
    shop.door("POST", "/followers", json!({ "openid": "oPayer", "follows": true })).await;
    let send = async |token: &str, message: &Value| -> Value {
        let request = shop.http.post(format!("{base}/cgi-bin/message/template/send")).query(&[("access_token", token)]).json(message);
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    };
    assert_eq!(send("wrong", &message).await["errcode"], 40_001);
    assert_eq!(send(&token, &json!({ "template_id": "T1", "data": {} })).await["errcode"], 40_003);
    shop.fault(json!({ "door": "message", "fault": "43004" })).await;
    assert_eq!(send(&token, &message).await["errcode"], 43_004);
    assert_eq!(send(&token, &message).await["errcode"], 0);
    let outbox = shop.door("GET", "/outbox", Value::Null).await.1;
    assert_eq!(outbox["items"].as_array().unwrap().len(), 1);
    assert_eq!((&outbox["items"][0]["to"], &outbox["items"][0]["content"]), (&json!("oPayer"), &message));
    assert_eq!(shop.door("DELETE", "/outbox", Value::Null).await.0, 204);
    assert_eq!(shop.door("GET", "/outbox", Value::Null).await.1["items"], json!([]));
    shop.hands.advance(7_200_000);
    assert_eq!(send(&token, &message).await["errcode"], 40_001);
}

/// Sends by one of the two doors; answers the errcode and the number.
async fn send(shop: &Shop, door: &str, body: Value) -> (i64, Option<i64>) {
    let (base, secret) = (shop.sim.base_url(), &shop.merchant.app_secret);
    let ask = json!({ "grant_type": "client_credential", "appid": shop.merchant.appid, "secret": secret });
    let token = shop.http.post(format!("{base}/cgi-bin/stable_token")).json(&ask).send().await.unwrap().text().await.unwrap();
    let token: Value = serde_json::from_str(&token).unwrap();
    let query = [("access_token", token["access_token"].as_str().unwrap())];
    let answer = shop.http.post(format!("{base}/cgi-bin/message/{door}")).query(&query).json(&body).send().await.unwrap();
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    (answer["errcode"].as_i64().unwrap(), answer["msgid"].as_i64())
}

#[tokio::test]
async fn messages_reach_followers_with_consent_within_quotas_and_once_per_number() {
    let shop = Shop::open().await;
    let (template, subscription) = (&shop.merchant.message_template_id, &shop.merchant.subscribe_template_id);
    let message = |template: &str, number: &str, field: &str, value: &str| json!({ "touser": "oA", "template_id": template, "client_msg_id": number, "data": { field: { "value": value } } });
    assert_eq!(send(&shop, "template/send", message(template, "1", "thing1", "x")).await.0, 43_004);
    shop.door("POST", "/followers", json!({ "openid": "oA", "follows": true })).await;
    assert_eq!(send(&shop, "template/send", message("other", "1", "thing1", "x")).await.0, 40_037);
    for (number, (field, value, expected)) in [
        ("thing1", "一二三四五六七八九十一二三四五六七八九十", 0),
        ("thing1", "一二三四五六七八九十一二三四五六七八九十多", 47_003),
        ("thing1", "", 47_003),
        ("amount1", "¥1234.50", 0),
        ("amount1", "¥1,234.50", 47_003),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(send(&shop, "template/send", message(template, &format!("n{number}"), field, value)).await.0, expected, "{value}");
    }
    let (first, id) = send(&shop, "template/send", message(template, "same", "thing1", "x")).await;
    assert_eq!((first, send(&shop, "template/send", message(template, "same", "thing1", "x")).await.0), (0, 40_241));
    shop.hands.advance(60_000);
    assert_eq!(send(&shop, "template/send", message(template, "same", "thing1", "x")).await, (0, id), "shown once");
    shop.hands.advance(600_000);
    assert_ne!(send(&shop, "template/send", message(template, "same", "thing1", "x")).await.1, id, "ten minutes are over");

    assert_eq!(send(&shop, "subscribe/bizsend", message(subscription, "s1", "thing1", "x")).await.0, 43_101);
    shop.door("POST", "/followers", json!({ "openid": "oA", "consents": 1 })).await;
    assert_eq!(send(&shop, "subscribe/bizsend", message(subscription, "s2", "thing1", "x")).await.0, 0);
    assert_eq!(send(&shop, "subscribe/bizsend", message(subscription, "s3", "thing1", "x")).await.0, 43_101, "a consent is one message");

    shop.door("POST", "/account", json!({ "quota": 8 })).await;
    let mut errcodes = vec![];
    for number in 0..4 {
        errcodes.push(send(&shop, "template/send", message(template, &format!("q{number}"), "thing1", "x")).await.0);
    }
    assert_eq!(errcodes, [0, 0, 0, 45_009]);
    shop.door("POST", "/account", json!({ "quota": 1000 })).await;
    let mut last = 0;
    for number in 0..21 {
        last = send(&shop, "template/send", message(template, &format!("m{number}"), "thing1", "x")).await.0;
    }
    assert_eq!(last, 43_117);
    let page = shop.http.get(format!("{}/inbox/wechat", shop.sim.base_url())).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<code>oA</code>") && page.contains("¥1234.50"), "{page}");
}

#[tokio::test]
async fn the_ticket_for_pages_is_one_for_two_hours() {
    let shop = Shop::open().await;
    let base = shop.sim.base_url();
    let ask = json!({ "grant_type": "client_credential", "appid": shop.merchant.appid, "secret": shop.merchant.app_secret });
    let read = async |request: reqwest::RequestBuilder| -> Value {
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    };
    let token =
        async || read(shop.http.post(format!("{base}/cgi-bin/stable_token")).json(&ask)).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(token().await, token().await, "the stable door gives one token to all who ask");
    let ticket = async |token: &str| {
        read(shop.http.get(format!("{base}/cgi-bin/ticket/getticket")).query(&[("access_token", token), ("type", "jsapi")])).await
    };
    assert_eq!(ticket("wrong").await["errcode"], 40_001);
    let first = ticket(&token().await).await;
    assert_eq!((first["errcode"].as_i64(), first["expires_in"].as_i64()), (Some(0), Some(7200)));
    shop.hands.advance(7_199_000);
    assert_eq!(ticket(&token().await).await["ticket"], first["ticket"]);
    shop.hands.advance(1_000);
    assert_ne!(ticket(&token().await).await["ticket"], first["ticket"]);
}

#[tokio::test]
async fn the_documentation_lists_every_door_and_fault() {
    let shop = Shop::open().await;
    let page = shop.http.get(format!("{}/_sim", shop.sim.base_url())).send().await.unwrap().text().await.unwrap();
    for words in [shop.merchant.mchid.as_str(), "/_sim/faults", "out-of-order", "refund-result", "/bridge.js"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("{{"));
    assert!(!page.contains(&shop.merchant.api_v3_key));
}
