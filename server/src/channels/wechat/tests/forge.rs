//! Notices that somebody made up, bent, kept or sent to the wrong door (H4, H5, H6, H20).

use domain::OutRefundNo;
use domain::refund::RefundWord;

use super::*;
use crate::channels::Word;

/// A WeChat that knows one platform certificate, and a notice that is well signed by it.
async fn scene() -> (Wechat, Stand, Hands, HeaderMap, Vec<u8>) {
    let hands = Hands::new();
    let at = hands.clone();
    let stand = Stand::new(move |_| {
        let body = certificates(&[(FIRST, FIRST_CERTIFICATE)]);
        Reply::Answer(200, Platform::first().headers(at.now(), body.as_bytes()), body.into_bytes())
    })
    .await;
    let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
    let body = notice("TRANSACTION.SUCCESS", &transaction("SUCCESS")).into_bytes();
    let signed = Platform::first().headers(hands.now(), &body);
    (wechat, stand, hands, signed, body)
}

async fn refused(wechat: &Wechat, headers: &HeaderMap, body: &[u8]) -> Option<NoticeRefusal> {
    wechat.read_notice(headers, body).await.err()
}

fn with(headers: &HeaderMap, name: &'static str, value: &str) -> HeaderMap {
    let mut changed = headers.clone();
    changed.insert(name, HeaderValue::from_str(value).unwrap());
    changed
}

fn flipped(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] ^= 1;
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_genuine_notice_is_believed_whatever_the_host_header_says() {
    let (wechat, _stand, _, signed, body) = scene().await;
    let expected = Word::Trade { no: order_no(), trade: paid(), openid: Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned()) };
    for host in ["pay.example.org", "localhost"] {
        let read = wechat.read_notice(&with(&signed, "host", host), &body).await.unwrap();
        assert_eq!((read.id.as_str(), read.event_type.as_str()), ("EV-2027011516000000001", "TRANSACTION.SUCCESS"));
        assert_eq!(read.received_raw, transaction("SUCCESS").to_string());
        assert_eq!(read.word, expected);
        // A host that looks like ours proves nothing.
        let unsigned = headers(&[("host", host)]);
        assert_eq!(refused(&wechat, &unsigned, &body).await, Some(NoticeRefusal::MissingHeader("Wechatpay-Timestamp")));
    }
}

#[tokio::test]
async fn a_notice_without_one_of_its_headers_is_refused() {
    let (wechat, _stand, _, signed, body) = scene().await;
    for name in ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"] {
        let mut missing = signed.clone();
        missing.remove(name);
        assert_eq!(refused(&wechat, &missing, &body).await, Some(NoticeRefusal::MissingHeader(name)), "without {name}");
        let mut twice = signed.clone();
        twice.append(name, signed[name].clone());
        assert_eq!(refused(&wechat, &twice, &body).await, Some(NoticeRefusal::MissingHeader(name)), "{name} twice");
        let empty = with(&signed, name, "");
        assert_eq!(refused(&wechat, &empty, &body).await, Some(NoticeRefusal::MissingHeader(name)), "{name} empty");
    }
    // This one has a default.
    let mut untyped = signed.clone();
    untyped.remove("Wechatpay-Signature-Type");
    assert_eq!(refused(&wechat, &untyped, &body).await, None);
}

#[tokio::test]
async fn one_flipped_bit_anywhere_is_noticed() {
    let (wechat, _stand, _, signed, body) = scene().await;
    for at in (0..body.len()).step_by(7) {
        let mut bent = body.clone();
        bent[at] ^= 1;
        assert_eq!(refused(&wechat, &signed, &bent).await, Some(NoticeRefusal::BadSignature), "body byte {at}");
    }
    let bent = [body.as_slice(), b" "].concat();
    assert_eq!(refused(&wechat, &signed, &bent).await, Some(NoticeRefusal::BadSignature));

    let text = |name: &str| signed[name].to_str().unwrap().to_owned();
    for at in [0, 100, 340] {
        let bent = with(&signed, "wechatpay-signature", &flipped(&text("wechatpay-signature"), at));
        assert_eq!(refused(&wechat, &bent, &body).await, Some(NoticeRefusal::BadSignature), "signature character {at}");
    }
    let table = [
        ("wechatpay-nonce", flipped(&text("wechatpay-nonce"), 0), NoticeRefusal::BadSignature),
        ("wechatpay-timestamp", flipped(&text("wechatpay-timestamp"), 9), NoticeRefusal::BadSignature),
        ("wechatpay-serial", flipped(&text("wechatpay-serial"), 0), NoticeRefusal::UnknownSerial),
        ("wechatpay-serial", text("wechatpay-serial").to_lowercase(), NoticeRefusal::UnknownSerial),
        ("wechatpay-signature-type", "WECHATPAY2-SM2-WITH-SM3".to_owned(), NoticeRefusal::BadSignature),
    ];
    for (name, value, expected) in table {
        assert_eq!(refused(&wechat, &with(&signed, name, &value), &body).await, Some(expected), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_kept_notice_is_too_old_after_five_minutes_and_too_new_before() {
    let (wechat, _stand, hands, signed, body) = scene().await;
    let table = [
        (0, None),
        (299_000, None),
        (299_999, None),
        (300_000, Some(NoticeRefusal::TooOld)),
        (301_000, Some(NoticeRefusal::TooOld)),
        (-299_000, None),
        (-300_000, Some(NoticeRefusal::TooOld)),
    ];
    assert_eq!(refused(&wechat, &signed, &body).await, None);
    for (later_ms, expected) in table {
        hands.pass_ms(later_ms);
        assert_eq!(refused(&wechat, &signed, &body).await, expected, "{later_ms} ms later");
        hands.pass_ms(-later_ms);
    }
    for timestamp in ["yesterday", "-1800000000", "1800000000.0", "+1800000000", "99999999999999999999", "18000000００"] {
        let mut bent = signed.clone();
        bent.insert("wechatpay-timestamp", HeaderValue::from_bytes(timestamp.as_bytes()).unwrap());
        assert_eq!(refused(&wechat, &bent, &body).await, Some(NoticeRefusal::MissingHeader("Wechatpay-Timestamp")), "{timestamp}");
    }
}

#[tokio::test]
async fn the_window_is_checked_before_anything_is_asked_of_wechat() {
    let (wechat, stand, hands, signed, body) = scene().await;
    hands.pass_ms(300_000);
    assert_eq!(refused(&wechat, &signed, &body).await, Some(NoticeRefusal::TooOld));
    assert_eq!(refused(&wechat, &HeaderMap::new(), &body).await, Some(NoticeRefusal::MissingHeader("Wechatpay-Timestamp")));
    assert!(stand.heard().is_empty());
}

#[tokio::test]
async fn a_probe_ends_like_every_wrong_signature() {
    let (wechat, _stand, _, signed, body) = scene().await;
    let probe = with(&signed, "wechatpay-signature", "WECHATPAY/SIGNTEST/1w3kaQ8nC1mJ0hQ==+not/base64");
    assert_eq!(refused(&wechat, &probe, &body).await, Some(NoticeRefusal::BadSignature));
    assert_eq!((is_probe(&probe), is_probe(&signed)), (true, false));
    for signature in ["", "=", "AAAA", "ÿ"] {
        let mut bent = signed.clone();
        bent.insert("wechatpay-signature", HeaderValue::from_bytes(signature.as_bytes()).unwrap());
        assert!(refused(&wechat, &bent, &body).await.is_some(), "{signature:?}");
    }
}

#[tokio::test]
async fn a_signed_notice_is_read_only_when_it_is_one_and_for_us() {
    let (wechat, _stand, hands, ..) = scene().await;
    let mut other_merchant = transaction("SUCCESS");
    other_merchant["mchid"] = json!("1900000110");
    let mut other_app = transaction("SUCCESS");
    other_app["appid"] = json!("wx0000000000000000");
    let refund = json!({"mchid": "1900000110", "out_refund_no": format!("r{ORDER}"), "out_trade_no": ORDER, "refund_status": "SUCCESS",
        "amount": {"refund": 1}});
    let mut other_key: Value = serde_json::from_str(&notice("TRANSACTION.SUCCESS", &transaction("SUCCESS"))).unwrap();
    other_key["resource"]["associated_data"] = json!("certificate");
    let table = [
        ("<xml><return_code>SUCCESS</return_code></xml>".to_owned(), NoticeRefusal::Malformed),
        (String::new(), NoticeRefusal::Malformed),
        ("{}".to_owned(), NoticeRefusal::Malformed),
        ("[]".to_owned(), NoticeRefusal::Malformed),
        (other_key.to_string(), NoticeRefusal::Undecryptable),
        (notice("TRANSACTION.SUCCESS", &other_merchant), NoticeRefusal::WrongMerchant),
        (notice("TRANSACTION.SUCCESS", &other_app), NoticeRefusal::WrongMerchant),
        (notice("REFUND.SUCCESS", &refund), NoticeRefusal::WrongMerchant),
        (" ".repeat(MOST_NOTICE_BYTES + 1), NoticeRefusal::TooLarge),
    ];
    for (body, expected) in table {
        let signed = Platform::first().headers(hands.now(), body.as_bytes());
        let shown: String = body.chars().take(60).collect();
        assert_eq!(refused(&wechat, &signed, body.as_bytes()).await, Some(expected), "{shown}");
    }
}

#[tokio::test]
async fn every_refusal_is_an_error_status_so_that_wechat_sends_again() {
    use NoticeRefusal::*;
    for refusal in [TooLarge, MissingHeader("x"), TooOld, UnknownSerial, BadSignature, Undecryptable, Malformed, WrongMerchant] {
        assert!((400..500).contains(&refusal.status()), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_notice_says_what_it_says_and_nothing_is_guessed() {
    let (wechat, _stand, hands, ..) = scene().await;
    let unhandled = |event: &str| Word::Unhandled { event_type: event.to_owned() };
    let trade = |trade| Word::Trade { no: order_no(), trade, openid: Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned()) };
    let changed = |path: &str, value: Value| {
        let mut changed = transaction("SUCCESS");
        *changed.pointer_mut(path).unwrap() = value;
        changed
    };
    let refund = |no: &str, status: &str| {
        json!({"mchid": MCHID, "transaction_id": "42", "out_trade_no": ORDER, "refund_id": "50", "out_refund_no": no,
            "refund_status": status, "amount": {"total": 1250, "refund": 250, "payer_total": 1250, "payer_refund": 250}})
    };
    let returned = |word| Word::Refund {
        no: OutRefundNo::parse(&format!("r{ORDER}")).unwrap(),
        payment_no: order_no(),
        amount_fen: Fen::of(250),
        word,
    };
    let made_elsewhere =
        Word::OtherRefund { no: "1217752501201407033233368018".to_owned(), payment_no: order_no(), amount_fen: Fen::of(250) };
    let mut of_another_system = refund("1217752501201407033233368018", "SUCCESS");
    of_another_system["out_trade_no"] = json!("SHOP-2027-000001");
    let no = format!("r{ORDER}");
    let mut dollars = paid();
    let Trade::Paid { is_cny, .. } = &mut dollars else { panic!() };
    *is_cny = false;
    let table = [
        ("TRANSACTION.SUCCESS", transaction("SUCCESS"), trade(paid())),
        ("TRANSACTION.SUCCESS", transaction("REFUND"), trade(paid())),
        ("TRANSACTION.SUCCESS", changed("/amount/currency", json!("USD")), trade(dollars)),
        ("TRANSACTION.SUCCESS", changed("/out_trade_no", json!("SHOP-2027-000001")), Word::Foreign),
        ("TRANSACTION.SUCCESS", changed("/trade_state", json!("SPLENDID")), unhandled("TRANSACTION.SUCCESS")),
        ("TRANSACTION.SUCCESS", changed("/success_time", json!("soon")), unhandled("TRANSACTION.SUCCESS")),
        ("TRANSACTION.SUCCESS", changed("/amount/total", json!("12.50")), unhandled("TRANSACTION.SUCCESS")),
        ("TRANSACTION.SUCCESS", json!({}), unhandled("TRANSACTION.SUCCESS")),
        ("SECURITY_ECHO.SUCCESS", json!({"hello": 1}), unhandled("SECURITY_ECHO.SUCCESS")),
        ("REFUND.SUCCESS", refund(&no, "SUCCESS"), returned(RefundWord::Done)),
        ("REFUND.ABNORMAL", refund(&no, "ABNORMAL"), returned(RefundWord::Abnormal)),
        ("REFUND.CLOSED", refund(&no, "CLOSED"), returned(RefundWord::Closed)),
        ("REFUND.SUCCESS", refund("1217752501201407033233368018", "SUCCESS"), made_elsewhere),
        ("REFUND.SUCCESS", of_another_system, Word::Foreign),
        ("REFUND.SUCCESS", refund(&no, "ELSEWHERE"), unhandled("REFUND.SUCCESS")),
    ];
    for (event, content, expected) in table {
        let body = notice(event, &content);
        let signed = Platform::first().headers(hands.now(), body.as_bytes());
        let read = wechat.read_notice(&signed, body.as_bytes()).await.unwrap();
        assert_eq!(read.word, expected, "{event} {content}");
        assert_eq!(read.received_raw, content.to_string());
    }
}
