//! Answers to our own calls: believed when proven and explicit, otherwise unknown (H12, H18, H19).

use domain::refund::{RefundCause, RefundState, RefundWord};
use domain::{OutRefundNo, PaymentId, TenantId};

use super::*;

/// What one answer looks like, before it is signed.
#[derive(Clone, Copy)]
enum Signing {
    Right,
    None,
    Wrong,
    Probe,
    Old,
    Stranger,
}

async fn answering(hands: &Hands, status: u16, request_id: &'static str, body: Value, signing: Signing) -> Stand {
    let hands = hands.clone();
    let body = if body.is_null() { vec![] } else { body.to_string().into_bytes() };
    Stand::new(move |_| {
        let mut headers = match signing {
            Signing::None => HeaderMap::new(),
            Signing::Wrong => Platform::public().headers(hands.now(), b"something else"),
            Signing::Old => Platform::public().headers(hands.now().plus_ms(-300_000), &body),
            Signing::Stranger => Platform::new(PUBLIC_ID, SECOND_KEY).headers(hands.now(), &body),
            Signing::Right | Signing::Probe => Platform::public().headers(hands.now(), &body),
        };
        if matches!(signing, Signing::Probe) {
            headers.insert("wechatpay-signature", HeaderValue::from_static("WECHATPAY/SIGNTEST/1"));
        }
        headers.insert("request-id", HeaderValue::from_static(request_id));
        Reply::Answer(status, headers, body.clone())
    })
    .await
}

fn client(stand: &Stand, hands: &Hands) -> Wechat {
    Wechat::new(&config(&stand.base, true), hands.clock()).unwrap()
}

fn new_order(kind: AttemptKind) -> NewOrder {
    NewOrder {
        no: order_no(),
        kind,
        description: "秋季学费 🎓 2026".to_owned(),
        amount_fen: Fen::of(1250),
        expires_at_ms: Millis::of(NOW + 900_000),
        openid: Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned()),
        payer_ip: None,
        attach: None,
    }
}

fn a_refund() -> Refund {
    Refund {
        tenant: TenantId::of(uuid::Uuid::nil()),
        no: OutRefundNo::parse(&format!("r{ORDER}")).unwrap(),
        payment: PaymentId::of(uuid::Uuid::nil()),
        attempt: order_no(),
        received_fen: Fen::of(1250),
        amount_fen: Fen::of(250),
        cause: RefundCause::Merchant,
        reason: "商品少发一件".to_owned(),
        state: RefundState::Asked,
        asked_at_ms: Millis::of(NOW),
    }
}

fn refund_answer(status: &str) -> Value {
    json!({"refund_id": "50", "out_refund_no": format!("r{ORDER}"), "transaction_id": "42", "out_trade_no": ORDER, "channel": "ORIGINAL",
        "user_received_account": "零钱", "status": status, "create_time": "2027-01-15T16:00:00+08:00",
        "amount": {"total": 1250, "refund": 250, "payer_total": 1250, "payer_refund": 250, "settlement_refund": 250,
            "settlement_total": 1250, "discount_refund": 0, "currency": "CNY"}})
}

fn failure(code: &str) -> Value {
    json!({"code": code, "message": "said so", "detail": {"field": "x"}})
}

/// What a result amounts to, in one word.
fn outcome<T: std::fmt::Debug>(result: Result<T, ChannelError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(ChannelError::Refused { code, .. }) => format!("refused {}", code.key()),
        Err(ChannelError::Unknown { .. }) => "unknown".to_owned(),
    }
}

#[tokio::test]
async fn an_order_is_sent_as_wechat_wants_it_and_the_same_each_time() {
    let hands = Hands::new();
    let stand = answering(&hands, 200, "x-0", json!({"prepay_id": "wx1"}), Signing::Right).await;
    let wechat = client(&stand, &hands);
    for _ in 0..2 {
        let created = wechat.create(&new_order(AttemptKind::Jsapi)).await;
        assert_eq!(created, Ok(Created::Prepay { prepay_id: "wx1".to_owned() }));
        hands.pass_ms(60_000);
    }
    let [first, second] = stand.heard().try_into().unwrap();
    assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/v3/pay/transactions/jsapi"));
    assert_eq!(first.body, second.body, "a repetition has the same content");
    let sent: Value = serde_json::from_slice(&first.body).unwrap();
    let expected = json!({
        "appid": APPID, "mchid": MCHID, "description": "秋季学费  2026", "out_trade_no": ORDER, "time_expire": "2027-01-15T16:15:00+08:00",
        "notify_url": "https://pay.example.org/notify/wechat", "amount": {"total": 1250, "currency": "CNY"},
        "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    });
    assert_eq!(sent, expected);
    for (name, expected) in [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("user-agent", concat!("shouma/", env!("CARGO_PKG_VERSION"))),
        ("wechatpay-serial", PUBLIC_ID),
    ] {
        assert_eq!(first.headers[name], expected);
    }
    assert!(!first.headers.contains_key("accept-encoding"), "signatures are over bytes as they are sent");
}

#[tokio::test]
async fn every_request_is_signed_over_exactly_what_is_sent() {
    let hands = Hands::new();
    let stand = answering(&hands, 500, "x-0", Value::Null, Signing::None).await;
    let wechat = client(&stand, &hands);
    let _ = wechat.create(&new_order(AttemptKind::Native)).await;
    let _ = wechat.query(&order_no()).await;
    let _ = wechat.close(&order_no()).await;
    let _ = wechat.refund(&a_refund()).await;
    let _ = wechat.query_refund(&a_refund().no).await;
    let _ = wechat.refresh_keys().await;
    let heard = stand.heard();
    assert_eq!(
        heard.iter().map(|heard| format!("{} {}", heard.method, heard.path)).collect::<Vec<_>>(),
        [
            "POST /v3/pay/transactions/native".to_owned(),
            format!("GET /v3/pay/transactions/out-trade-no/{ORDER}?mchid={MCHID}"),
            format!("POST /v3/pay/transactions/out-trade-no/{ORDER}/close"),
            "POST /v3/refund/domestic/refunds".to_owned(),
            format!("GET /v3/refund/domestic/refunds/r{ORDER}"),
            "GET /v3/certificates".to_owned(),
        ]
    );
    for heard in heard {
        let authorization = heard.headers["authorization"].to_str().unwrap();
        let part = |name: &str| {
            let rest = authorization.split_once(&format!("{name}=\"")).unwrap().1;
            rest.split_once('"').unwrap().0.to_owned()
        };
        assert!(authorization.starts_with("WECHATPAY2-SHA256-RSA2048 mchid=\"1900000109\",nonce_str=\""));
        let lines = [&heard.method, &heard.path, &part("timestamp"), &part("nonce_str")].map(|line| format!("{line}\n")).concat();
        let message = [lines.as_bytes(), &heard.body, b"\n"].concat();
        assert_eq!(part("signature"), Platform::first().signer.sign(&message).unwrap(), "{}", heard.path);
        assert_eq!((part("timestamp").as_str(), part("serial_no").len(), part("nonce_str").len()), ("1800000000", 40, 32));
    }
}

#[tokio::test]
async fn only_a_proven_success_is_a_success() {
    let hands = Hands::new();
    let table = [
        (Signing::Right, "Prepay { prepay_id: \"wx1\" }"),
        (Signing::None, "unknown"),
        (Signing::Wrong, "unknown"),
        (Signing::Probe, "unknown"),
        (Signing::Old, "unknown"),
        (Signing::Stranger, "unknown"),
    ];
    for (index, (signing, expected)) in table.into_iter().enumerate() {
        let stand = answering(&hands, 200, "x-0", json!({"prepay_id": "wx1"}), signing).await;
        assert_eq!(outcome(client(&stand, &hands).create(&new_order(AttemptKind::Jsapi)).await), expected, "row {index}");
    }
}

#[tokio::test]
async fn a_broken_or_missing_answer_is_unknown_and_never_a_failure() {
    let hands = Hands::new();
    let signed = |body: &[u8]| Platform::public().headers(hands.now(), body);
    let (whole, empty, odd) = (br#"{"prepay_id":"wx1"}"#.to_vec(), b"{}".to_vec(), b"<html>".to_vec());
    let (for_whole, for_empty, for_odd) = (signed(&whole), signed(&empty), signed(&odd));
    type Make = Box<dyn Fn() -> Reply + Send + Sync>;
    let rows: Vec<(&str, Make)> = vec![
        ("cut off", Box::new(move || Reply::CutOff(200, for_whole.clone(), whole.clone()))),
        ("without what was asked", Box::new(move || Reply::Answer(200, for_empty.clone(), empty.clone()))),
        ("not JSON", Box::new(move || Reply::Answer(200, for_odd.clone(), odd.clone()))),
        ("a redirect", Box::new(|| Reply::Answer(302, headers(&[("location", "http://127.0.0.1:1/")]), vec![]))),
        ("too long", Box::new(|| Reply::Answer(200, HeaderMap::new(), vec![b' '; 2 * 1024 * 1024]))),
        ("silence", Box::new(|| Reply::Silence)),
    ];
    for (name, make) in rows {
        let stand = Stand::new(move |_| make()).await;
        assert_eq!(outcome(client(&stand, &hands).create(&new_order(AttemptKind::Jsapi)).await), "unknown", "{name}");
        assert_eq!(stand.heard().len(), 1, "{name}");
    }
    let nobody = Wechat::new(&config("http://127.0.0.1:1", true), hands.clock()).unwrap();
    assert_eq!(outcome(nobody.query(&order_no()).await), "unknown");
}

#[tokio::test]
async fn a_refusal_is_one_only_when_it_is_explicit_and_proven() {
    let hands = Hands::new();
    let table = [
        (400, "x-1", "PARAM_ERROR", Signing::Right, "refused param_error"),
        (400, "x-268501013", "PARAM_ERROR", Signing::Right, "refused openid_missing"),
        (400, "x-1", "PARAM_ERROR", Signing::None, "unknown"),
        (400, "x-1", "PARAM_ERROR", Signing::Wrong, "unknown"),
        (400, "x-1", "PARAM_ERROR", Signing::Probe, "unknown"),
        (400, "x-1", "NEVER_HEARD_OF", Signing::Right, "unknown"),
        (401, "x-1", "SIGN_ERROR", Signing::Right, "refused sign_error"),
        (401, "x-1", "SIGN_ERROR", Signing::None, "refused sign_error"),
        (401, "x-1", "SIGN_ERROR", Signing::Wrong, "unknown"),
        (403, "x-1", "NO_AUTH", Signing::Right, "refused no_auth"),
        (403, "x-1", "ORDERPAID", Signing::Right, "AlreadyPaid"),
        (400, "x-268449538", "INVALID_REQUEST", Signing::Right, "AlreadyPaid"),
        (403, "x-1", "ORDERPAID", Signing::None, "unknown"),
        (403, "x-1", "OUT_TRADE_NO_USED", Signing::Right, "unknown"),
        (400, "x-268498688", "INVALID_REQUEST", Signing::Right, "unknown"),
        (400, "x-1", "ORDER_CLOSED", Signing::Right, "refused order_closed"),
        (400, "x-1", "SYSTEM_ERROR", Signing::Right, "unknown"),
        (429, "x-1", "FREQUENCY_LIMITED", Signing::Right, "unknown"),
        (429, "x-1", "PARAM_ERROR", Signing::Right, "unknown"),
        (500, "x-1", "SYSTEM_ERROR", Signing::Right, "unknown"),
        (500, "x-1", "PARAM_ERROR", Signing::Right, "unknown"),
        (500, "x-1", "OPENID_MISMATCH", Signing::Right, "refused openid_mismatch"),
        (500, "x-1", "OPENID_MISMATCH", Signing::None, "unknown"),
        (502, "x-1", "SERVICE_UNAVAILABLE", Signing::None, "unknown"),
        (202, "x-1", "USERPAYING", Signing::Right, "unknown"),
    ];
    for (status, request_id, code, signing, expected) in table {
        let stand = answering(&hands, status, request_id, failure(code), signing).await;
        let result = client(&stand, &hands).create(&new_order(AttemptKind::Jsapi)).await;
        assert_eq!(outcome(result), expected, "{status} {code} {request_id}");
    }
}

#[tokio::test]
async fn a_busy_channel_says_when_to_come_back() {
    let hands = Hands::new();
    let at = hands.clone();
    let stand = Stand::new(move |_| {
        let body = failure("FREQUENCY_LIMITED").to_string().into_bytes();
        let mut headers = Platform::public().headers(at.now(), &body);
        headers.insert("retry-after", HeaderValue::from_static("7"));
        Reply::Answer(429, headers, body)
    })
    .await;
    let wechat = client(&stand, &hands);
    for _ in 0..5 {
        let Err(ChannelError::Unknown { code, retry_after_ms, .. }) = wechat.query(&order_no()).await else { panic!() };
        assert_eq!((code, retry_after_ms), (Some(ChannelCode::FrequencyLimited), Some(7_000)));
    }
    // After five failures the door rests: the caller is answered at once, and WeChat is spared.
    let Err(ChannelError::Unknown { retry_after_ms, .. }) = wechat.query(&order_no()).await else { panic!() };
    assert_eq!((retry_after_ms, stand.heard().len()), (Some(1_000), 5));
    let _ = wechat.close(&order_no()).await;
    assert_eq!(stand.heard().len(), 6, "the other doors stay open");
    hands.pass_ms(1_000);
    let _ = wechat.query(&order_no()).await;
    assert_eq!(stand.heard().len(), 7);
}

#[tokio::test]
async fn an_order_inside_wechat_needs_a_payer() {
    let hands = Hands::new();
    let stand = answering(&hands, 200, "x-0", json!({"prepay_id": "wx1"}), Signing::Right).await;
    let nameless = NewOrder { openid: None, ..new_order(AttemptKind::Jsapi) };
    assert_eq!(outcome(client(&stand, &hands).create(&nameless).await), "refused openid_missing");
    assert!(stand.heard().is_empty());
}

#[tokio::test]
async fn a_native_order_gives_what_the_code_holds() {
    let hands = Hands::new();
    let stand = answering(&hands, 200, "x-0", json!({"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}), Signing::Right).await;
    let order = NewOrder { payer_ip: Some("203.0.113.7".to_owned()), attach: Some("班级".to_owned()), ..new_order(AttemptKind::Native) };
    let created = client(&stand, &hands).create(&order).await;
    assert_eq!(created, Ok(Created::CodeUrl { code_url: "weixin://wxpay/bizpayurl?pr=p4lpSuKzz".to_owned() }));
    let sent: Value = serde_json::from_slice(&stand.heard()[0].body).unwrap();
    assert_eq!((sent["scene_info"]["payer_client_ip"].as_str(), sent["attach"].as_str()), (Some("203.0.113.7"), Some("班级")));
    assert!(sent.get("payer").is_none());
}

#[tokio::test]
async fn a_query_says_where_the_order_stands() {
    let hands = Hands::new();
    let mut other_order = transaction("SUCCESS");
    other_order["out_trade_no"] = json!("0198f3c5d2b17e0a9c4b5a6f7e8d9c0c");
    let mut other_merchant = transaction("SUCCESS");
    other_merchant["mchid"] = json!("1900000110");
    let mut nothing_said = transaction("SUCCESS");
    nothing_said["transaction_id"] = Value::Null;
    let table = [
        (200, transaction("SUCCESS"), format!("{:?}", paid())),
        (200, transaction("REFUND"), format!("{:?}", paid())),
        (200, transaction("NOTPAY"), "NotPaid".to_owned()),
        (200, transaction("USERPAYING"), "NotPaid".to_owned()),
        (200, transaction("CLOSED"), "Closed".to_owned()),
        (200, transaction("REVOKED"), "Closed".to_owned()),
        (200, transaction("SPLENDID"), "unknown".to_owned()),
        (200, other_order, "unknown".to_owned()),
        (200, other_merchant, "unknown".to_owned()),
        (200, nothing_said, "unknown".to_owned()),
        (404, failure("ORDERNOTEXIST"), "Missing".to_owned()),
        (404, failure("ORDER_NOT_EXIST"), "Missing".to_owned()),
        (404, failure("NOT_FOUND"), "unknown".to_owned()),
        (401, failure("SIGN_ERROR"), "refused sign_error".to_owned()),
    ];
    for (status, body, expected) in table {
        let stand = answering(&hands, status, "x-1", body.clone(), Signing::Right).await;
        assert_eq!(outcome(client(&stand, &hands).query(&order_no()).await), expected, "{status} {body}");
    }
}

#[tokio::test]
async fn closing_tells_whether_the_payer_was_faster() {
    let hands = Hands::new();
    let table = [
        (204, Value::Null, Signing::Right, "Closed"),
        (204, Value::Null, Signing::None, "unknown"),
        (400, failure("ORDER_CLOSED"), Signing::Right, "Closed"),
        (400, failure("ORDERPAID"), Signing::Right, "AlreadyPaid"),
        (404, failure("ORDER_NOT_EXIST"), Signing::Right, "Missing"),
        (404, failure("ORDER_NOT_EXIST"), Signing::None, "unknown"),
        (500, failure("SYSTEM_ERROR"), Signing::Right, "unknown"),
    ];
    for (status, body, signing, expected) in table {
        let stand = answering(&hands, status, "x-1", body.clone(), signing).await;
        assert_eq!(outcome(client(&stand, &hands).close(&order_no()).await), expected, "{status} {body}");
    }
}

#[tokio::test]
async fn a_refund_is_accepted_waiting_for_funds_refused_or_unknown() {
    let hands = Hands::new();
    let mut other_amount = refund_answer("PROCESSING");
    other_amount["amount"]["refund"] = json!(251);
    let mut other_refund = refund_answer("PROCESSING");
    other_refund["out_refund_no"] = json!(format!("x{ORDER}"));
    let table = [
        (200, refund_answer("PROCESSING"), "Processing"),
        (200, refund_answer("SUCCESS"), "Done"),
        (200, refund_answer("ABNORMAL"), "Abnormal"),
        (200, refund_answer("CLOSED"), "Closed"),
        (200, refund_answer("ELSEWHERE"), "unknown"),
        (200, other_amount, "unknown"),
        (200, other_refund, "unknown"),
        (403, failure("NOT_ENOUGH"), "Unfunded"),
        (403, failure("NOTENOUGH"), "Unfunded"),
        (404, failure("RESOURCE_NOT_EXISTS"), "refused resource_missing"),
        (400, failure("INVALID_REQUEST"), "refused invalid_request"),
        (500, failure("SYSTEM_ERROR"), "unknown"),
    ];
    for (status, body, expected) in table {
        let stand = answering(&hands, status, "x-1", body.clone(), Signing::Right).await;
        assert_eq!(outcome(client(&stand, &hands).refund(&a_refund()).await), expected, "{status} {body}");
        let sent: Value = serde_json::from_slice(&stand.heard()[0].body).unwrap();
        let expected = json!({"out_trade_no": ORDER, "out_refund_no": format!("r{ORDER}"), "reason": "商品少发一件",
            "notify_url": "https://pay.example.org/notify/wechat", "amount": {"refund": 250, "total": 1250, "currency": "CNY"}});
        assert_eq!(sent, expected);
    }
}

#[tokio::test]
async fn a_refund_that_wechat_does_not_know_is_told_apart_from_one_that_it_does() {
    let hands = Hands::new();
    let table = [
        (200, refund_answer("SUCCESS"), Signing::Right, "Some(Done)"),
        (200, refund_answer("SUCCESS"), Signing::None, "unknown"),
        (404, failure("RESOURCE_NOT_EXISTS"), Signing::Right, "None"),
        (404, failure("RESOURCE_NOT_EXISTS"), Signing::None, "unknown"),
        (502, Value::Null, Signing::None, "unknown"),
    ];
    for (status, body, signing, expected) in table {
        let stand = answering(&hands, status, "x-1", body.clone(), signing).await;
        assert_eq!(outcome(client(&stand, &hands).query_refund(&a_refund().no).await), expected, "{status} {body}");
    }
}

/// The state of a refund has one name in an answer and another in a notice, and one meaning (wechat-pay 2.4).
#[test]
fn status_and_refund_status_mean_the_same() {
    let table = [
        ("SUCCESS", RefundWord::Done),
        ("CLOSED", RefundWord::Closed),
        ("PROCESSING", RefundWord::Processing),
        ("ABNORMAL", RefundWord::Abnormal),
    ];
    for (status, expected) in table {
        let answer: wire::RefundAnswer = serde_json::from_value(refund_answer(status)).unwrap();
        let mut notice = refund_answer(status);
        notice["mchid"] = json!(MCHID);
        assert!(serde_json::from_value::<wire::RefundNotice>(notice.clone()).is_err(), "a notice is not read by the answer's name");
        notice["refund_status"] = notice["status"].take();
        let notice: wire::RefundNotice = serde_json::from_value(notice).unwrap();
        assert_eq!([RefundWord::from(answer.status), RefundWord::from(notice.refund_status)], [expected.clone(), expected]);
    }
}

#[test]
fn text_is_cut_to_what_wechat_takes() {
    let table = [("秋季学费", 127, "秋季学费"), ("a🎓b\u{7}c\nd", 127, "abcd"), ("学费", 5, "学"), ("学费", 6, "学费"), ("🎓", 10, "")];
    for (given, most, expected) in table {
        assert_eq!(wire::plain(given, most), expected);
    }
    assert_eq!(wire::plain(&"费".repeat(200), 127).len(), 126);
}
