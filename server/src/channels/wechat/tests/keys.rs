//! Keys that change while messages are under way (H7).

use std::sync::atomic::AtomicUsize;

use super::*;

/// A WeChat whose list of certificates is `listed(n)` when it is asked for the n-th time, from 0.
async fn platform(hands: &Hands, listed: impl Fn(usize) -> Option<String> + Send + Sync + 'static) -> Stand {
    let (hands, asked) = (hands.clone(), AtomicUsize::new(0));
    Stand::new(move |_| match listed(asked.fetch_add(1, Ordering::SeqCst)) {
        Some(body) => Reply::Answer(200, Platform::first().headers(hands.now(), body.as_bytes()), body.into_bytes()),
        None => Reply::Answer(500, HeaderMap::new(), b"{}".to_vec()),
    })
    .await
}

async fn read(wechat: &Wechat, hands: &Hands, by: &Platform) -> Result<(), NoticeRefusal> {
    let body = notice("TRANSACTION.SUCCESS", &transaction("SUCCESS"));
    wechat.read_notice(&by.headers(hands.now(), body.as_bytes()), body.as_bytes()).await.map(|_| ())
}

#[tokio::test]
async fn a_new_certificate_is_fetched_when_it_is_first_seen_and_both_are_believed() {
    let hands = Hands::new();
    let both = || certificates(&[(FIRST, FIRST_CERTIFICATE), (SECOND, SECOND_CERTIFICATE)]);
    let one = || certificates(&[(FIRST, FIRST_CERTIFICATE)]);
    let stand = platform(&hands, move |asked| Some(if asked == 0 { one() } else { both() })).await;
    let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
    assert_eq!(read(&wechat, &hands, &Platform::first()).await, Ok(()));
    // Asked a moment ago: whoever sends unknown serial numbers does not make us ask again and again.
    for _ in 0..20 {
        assert_eq!(read(&wechat, &hands, &Platform::second()).await, Err(NoticeRefusal::UnknownSerial));
    }
    assert_eq!(stand.heard_at("/v3/certificates"), 1);
    hands.pass_ms(60_000);
    assert_eq!(read(&wechat, &hands, &Platform::second()).await, Ok(()));
    assert_eq!(read(&wechat, &hands, &Platform::first()).await, Ok(()));
    assert_eq!(stand.heard_at("/v3/certificates"), 2);
}

#[tokio::test]
async fn many_notices_at_once_ask_for_the_certificates_once() {
    let hands = Hands::new();
    let stand = platform(&hands, |_| Some(certificates(&[(FIRST, FIRST_CERTIFICATE)]))).await;
    let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
    let by = Platform::first();
    let all = futures::future::join_all((0..64).map(|_| read(&wechat, &hands, &by))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(stand.heard_at("/v3/certificates"), 1);
}

#[tokio::test]
async fn after_a_failed_fetch_it_is_tried_again_soon() {
    let hands = Hands::new();
    let stand = platform(&hands, |asked| (asked > 0).then(|| certificates(&[(FIRST, FIRST_CERTIFICATE)]))).await;
    let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
    assert_eq!(read(&wechat, &hands, &Platform::first()).await, Err(NoticeRefusal::UnknownSerial));
    hands.pass_ms(4_999);
    assert_eq!(read(&wechat, &hands, &Platform::first()).await, Err(NoticeRefusal::UnknownSerial));
    hands.pass_ms(1);
    assert_eq!(read(&wechat, &hands, &Platform::first()).await, Ok(()));
    assert_eq!(stand.heard_at("/v3/certificates"), 2);
}

#[tokio::test]
async fn those_who_waited_through_a_slow_failure_do_not_repeat_it() {
    let hands = Hands::new();
    let at = hands.clone();
    let stand = platform(&hands, move |_| {
        at.pass_ms(10_000);
        None
    })
    .await;
    let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
    let by = Platform::first();
    let all = futures::future::join_all((0..8).map(|_| read(&wechat, &hands, &by))).await;
    assert_eq!(all, [Err(NoticeRefusal::UnknownSerial); 8]);
    assert_eq!(stand.heard_at("/v3/certificates"), 1);
}

#[tokio::test]
async fn what_cannot_be_a_certificate_is_not_asked_for() {
    let hands = Hands::new();
    let stand = platform(&hands, |_| Some(certificates(&[(FIRST, FIRST_CERTIFICATE)]))).await;
    let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
    for serial in [PUBLIC_ID, "x", "../../etc/passwd", "5A0F17C2B3D4E5F60718293A4B5C6D7E8F9012345"] {
        let by = Platform { serial: serial.to_owned(), ..Platform::first() };
        assert_eq!(read(&wechat, &hands, &by).await, Err(NoticeRefusal::UnknownSerial), "{serial}");
    }
    assert!(stand.heard().is_empty());
}

#[tokio::test]
async fn certificates_are_believed_only_from_who_knows_our_key_and_signs_with_them() {
    let hands = Hands::new();
    let body = certificates(&[(FIRST, FIRST_CERTIFICATE)]);
    let signed = |by: Platform, body: &str| (by.headers(hands.now(), body.as_bytes()), body.to_owned());
    let unsigned = (HeaderMap::new(), body.clone());
    let foreign_key = {
        let mut listed: Value = serde_json::from_str(&body).unwrap();
        listed["data"][0]["encrypt_certificate"]["associated_data"] = json!("transaction");
        signed(Platform::first(), &listed.to_string())
    };
    let renamed = signed(Platform { serial: SECOND.to_owned(), ..Platform::first() }, &certificates(&[(SECOND, FIRST_CERTIFICATE)]));
    for (name, (headers, body)) in [
        ("unsigned", unsigned),
        ("signed by a stranger", signed(Platform::second(), &body)),
        ("encrypted with another key", foreign_key),
        ("listed under another serial number", renamed),
        ("not a list", signed(Platform::first(), "[]")),
    ] {
        let stand = Stand::new(move |_| Reply::Answer(200, headers.clone(), body.clone().into_bytes())).await;
        let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
        assert!(matches!(wechat.refresh_keys().await, Err(ChannelError::Unknown { .. })), "{name}");
        assert_eq!(read(&wechat, &hands, &Platform::first()).await, Err(NoticeRefusal::UnknownSerial), "{name}");
    }
}

#[tokio::test]
async fn one_unreadable_certificate_does_not_keep_out_the_others() {
    let hands = Hands::new();
    let stand =
        platform(&hands, |_| Some(certificates(&[("00AA", "-----BEGIN NEWS-----\nAAAA\n-----END NEWS-----"), (FIRST, FIRST_CERTIFICATE)])))
            .await;
    let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
    assert_eq!(wechat.refresh_keys().await, Ok(1));
    assert_eq!(read(&wechat, &hands, &Platform::first()).await, Ok(()));
}

#[tokio::test]
async fn a_certificate_past_its_end_is_no_longer_believed() {
    let hands = Hands::new();
    let vector = Platform::new("D7CE59D1F522D701", VECTOR_KEY);
    let (at, by) = (hands.clone(), vector.clone());
    let stand = Stand::new(move |_| {
        let body = certificates(&[("D7CE59D1F522D701", VECTOR_CERTIFICATE)]);
        Reply::Answer(200, by.headers(at.now(), body.as_bytes()), body.into_bytes())
    })
    .await;
    let wechat = Wechat::new(&config(&stand.base, false), hands.clock()).unwrap();
    assert_eq!(read(&wechat, &hands, &vector).await, Ok(()));
    // It ends on 2031-04-25.
    hands.0.store(Millis::parse_rfc3339("2031-04-25T00:00:00Z").unwrap().get(), Ordering::SeqCst);
    assert_eq!(read(&wechat, &hands, &vector).await, Ok(()));
    hands.pass_ms(86_400_000);
    assert_eq!(read(&wechat, &hands, &vector).await, Err(NoticeRefusal::UnknownSerial));
}

#[tokio::test]
async fn during_the_change_to_the_public_key_both_are_believed() {
    let hands = Hands::new();
    let stand = platform(&hands, |_| Some(certificates(&[(FIRST, FIRST_CERTIFICATE)]))).await;
    let wechat = Wechat::new(&config(&stand.base, true), hands.clock()).unwrap();
    // The grey curve of seven days: a growing share is signed with the public key.
    for per_mille in [1, 10, 50, 100, 200, 500, 1000] {
        for sample in 0..20 {
            let by = if sample * 50 < per_mille { Platform::public() } else { Platform::first() };
            assert_eq!(read(&wechat, &hands, &by).await, Ok(()), "{per_mille} per mille, sample {sample}");
        }
    }
    assert_eq!(stand.heard_at("/v3/certificates"), 1);
}

#[tokio::test]
async fn a_merchant_with_only_the_public_key_needs_no_certificate() {
    let hands = Hands::new();
    let at = hands.clone();
    let stand = Stand::new(move |_| {
        let body = br#"{"code":"RESOURCE_NOT_EXISTS","message":"no certificate"}"#.to_vec();
        Reply::Answer(404, Platform::public().headers(at.now(), &body), body)
    })
    .await;
    let wechat = Wechat::new(&config(&stand.base, true), hands.clock()).unwrap();
    assert_eq!(read(&wechat, &hands, &Platform::public()).await, Ok(()));
    assert!(stand.heard().is_empty());
    assert_eq!(wechat.refresh_keys().await, Ok(0));
    assert_eq!(read(&wechat, &hands, &Platform::first()).await, Err(NoticeRefusal::UnknownSerial));
    assert_eq!(stand.heard().first().unwrap().headers["wechatpay-serial"], PUBLIC_ID);
}

#[test]
fn a_setting_that_cannot_work_is_one_line() {
    let change = |change: &dyn Fn(&mut WechatConfig)| {
        let mut config = config("https://api.mch.weixin.qq.com", true);
        change(&mut config);
        Wechat::new(&config, Hands::new().clock()).err().map(|error| error.to_string())
    };
    type Change<'a> = &'a dyn Fn(&mut WechatConfig);
    let table: &[(Change<'_>, Option<&str>)] = &[
        (&|_| (), None),
        (&|c| c.api_v3_key = Secret::of("too short"), Some("wechat.api_v3_key: must be exactly 32 bytes long and is 9")),
        (&|c| c.private_key = Secret::of("hello"), Some("wechat.private_key_file: not PEM: there is no -----BEGIN line")),
        (&|c| c.private_key = Secret::of(FIRST_CERTIFICATE), Some("wechat.private_key_file: this is a certificate")),
        (&|c| c.private_key = Secret::of(public_pem()), Some("wechat.private_key_file: \"PUBLIC KEY\" is not an RSA private key")),
        (&|c| c.private_key = Secret::of(format!("{FIRST_KEY}{FIRST_KEY}")), Some("wechat.private_key_file: holds more than one")),
        (&|c| c.public_key = Some((PUBLIC_ID.into(), FIRST_CERTIFICATE.into())), Some("wechat.public_key_file: this is a certificate")),
        (&|c| c.public_key = Some((FIRST.into(), public_pem().into())), Some("wechat.public_key_id: begins with PUB_KEY_ID_")),
        (&|c| c.mchid = "19000x0109".into(), Some("wechat.mchid: a merchant number consists of digits")),
        (&|c| c.appid = "wx\"".into(), Some("wechat.appid: an application id")),
        (&|c| c.serial_no = String::new(), Some("wechat.merchant_serial_no: a certificate's serial number")),
        (&|c| c.api_base = "api.mch.weixin.qq.com".into(), Some("wechat.api_url: not an address")),
        (&|c| c.api_base = "https://api.mch.weixin.qq.com/".into(), Some("wechat.api_url: must not end with a slash")),
        (&|c| c.notify_url_base = "https://pay.example.org?x".into(), Some("public_url: must be http(s)://host")),
        (&|c| c.notify_url_base = "ftp://pay.example.org".into(), Some("public_url: must be http(s)://host")),
        (&|c| c.timeout_ms = 0, Some("wechat.timeout_ms: must lie between")),
    ];
    for (index, (make, expected)) in table.iter().enumerate() {
        let said = change(*make);
        let fits = match (&said, expected) {
            (None, None) => true,
            (Some(said), Some(expected)) => said.starts_with(expected) && !said.contains('\n'),
            _ => false,
        };
        assert!(fits, "row {index}: {said:?}, expected {expected:?}");
    }
}

#[test]
fn settings_print_no_secret() {
    let shown = format!("{:?}", config("https://api.mch.weixin.qq.com", false));
    assert!(!shown.contains("PRIVATE KEY") && !shown.contains("APIv3 key"), "{shown}");
}
