//! Facts that WeChat publishes with its own kits: the same bytes must give the same result here.

use aws_lc_rs::aead::{AES_128_GCM, LessSafeKey, UnboundKey};

use super::super::keys::PlatformKey;
use super::super::sealed;
use super::super::signature::{Proof, Signer, bridge_message};
use super::super::wire::Sealed;
use super::*;

/// The published examples use keys of 16 bytes, where real APIv3 keys have 32 (wechat-pay 2.1).
fn short_key(bytes: &[u8; 16]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_128_GCM, bytes).unwrap())
}

#[test]
fn the_published_text_gives_the_published_signature() {
    let signer = Signer::new("1234567890", "F5765756002FDD77", VECTOR_KEY.as_bytes()).unwrap();
    assert_eq!(signer.sign(b"source").unwrap(), include_str!("fixtures/vector.source.sig"));
}

#[test]
fn the_published_notice_is_proven_and_read() {
    let body = include_bytes!("fixtures/vector.notice.json");
    let signed = headers(&[
        ("Wechatpay-Nonce", "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz"),
        ("Wechatpay-Timestamp", "1624523846"),
        ("Wechatpay-Serial", "D7CE59D1F522D701"),
        ("Wechatpay-Signature", include_str!("fixtures/vector.notice.sig")),
    ]);
    let at = Millis::of(1_624_523_846_000);
    let certificate = PlatformKey::of_certificate_pem(VECTOR_CERTIFICATE.as_bytes()).unwrap();
    let proof = Proof::read(&signed, at).unwrap();
    assert_eq!(certificate.serial, "D7CE59D1F522D701");
    assert_eq!(proof.verify(&certificate.key_at(at).unwrap(), body), Ok(()));

    let envelope: wire::Envelope = serde_json::from_slice(body).unwrap();
    assert_eq!(
        (envelope.id.as_str(), envelope.event_type.as_str()),
        ("3119dfba-e649-5eec-ab1e-3412bc4d2e17", "PAYSCORE.USER_OPEN_SERVICE")
    );
    let content: Value = serde_json::from_str(&sealed::open(&short_key(b"testMchAPIv3Key0"), &envelope.resource).unwrap()).unwrap();
    assert_eq!(content["mchid"], "1234567890");
    assert_eq!(content["out_contract_code"], "21640bdbd08e473e828f3206a2741c6e");
}

#[test]
fn the_published_ciphertext_opens_with_its_key_and_purpose_only() {
    let published = |ciphertext: &str, nonce: &str, associated_data: &str| Sealed {
        algorithm: "AEAD_AES_256_GCM".to_owned(),
        ciphertext: ciphertext.to_owned(),
        associated_data: associated_data.to_owned(),
        nonce: nonce.to_owned(),
    };
    let (text, nonce, purpose) = ("FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC", "wCq51qZv4Yfg", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8");
    let table = [
        (b"testAPIv3Key0000", published(text, nonce, purpose), Some("Hello World")),
        (b"testAPIv3Key1111", published(text, nonce, purpose), None),
        (b"testAPIv3Key0000", published("invalid cipher", nonce, purpose), None),
        (b"testAPIv3Key0000", published("SGVsbG8gV29ybGQK", nonce, purpose), None),
        (b"testAPIv3Key0000", published("", nonce, purpose), None),
        (b"testAPIv3Key0000", published(text, "wCq51qZv4Yfh", purpose), None),
        (b"testAPIv3Key0000", published(text, "short", purpose), None),
        (b"testAPIv3Key0000", published(text, nonce, "another"), None),
        (b"testAPIv3Key0000", Sealed { algorithm: "AEAD_SM4_GCM".to_owned(), ..published(text, nonce, purpose) }, None),
    ];
    for (key, sealed, expected) in table {
        assert_eq!(sealed::open(&short_key(key), &sealed).as_deref(), expected, "{sealed:?}");
    }
}

#[test]
fn both_forms_of_a_private_key_sign_alike() {
    let [first, second] = [FIRST_KEY, FIRST_KEY_PKCS1].map(|pem| Signer::new(MCHID, FIRST, pem.as_bytes()).unwrap());
    assert_eq!(first.sign(b"x").unwrap(), second.sign(b"x").unwrap());
}

#[test]
fn a_request_is_signed_over_five_lines_and_the_bridge_over_four() {
    let signer = Signer::new("1900000001", "1DDE55AD", FIRST_KEY.as_bytes()).unwrap();
    let at = Millis::of(1_554_208_460_123);
    let given = signer.authorization("GET", "/v3/certificates?a=b", b"", at, "593BEC0C930BF1AFEB40B4A08C8FB242").unwrap();
    let signed = signer.sign(b"GET\n/v3/certificates?a=b\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n").unwrap();
    let expected = format!(
        "WECHATPAY2-SHA256-RSA2048 mchid=\"1900000001\",nonce_str=\"593BEC0C930BF1AFEB40B4A08C8FB242\",\
         timestamp=\"1554208460\",serial_no=\"1DDE55AD\",signature=\"{signed}\""
    );
    assert_eq!(given, expected);
    assert_eq!(bridge_message("wx1", "1554208460", "N", "prepay_id=p"), "wx1\n1554208460\nN\nprepay_id=p\n");
}

#[test]
fn the_bridge_gets_the_names_that_wechat_reads() {
    let hands = Hands::new();
    let wechat = Wechat::new(&config("http://127.0.0.1:9", false), hands.clock()).unwrap();
    let given = wechat.bridge("wx201410272009395522657a690389285100");
    let json = serde_json::to_value(&given).unwrap();
    let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["appId", "nonceStr", "package", "paySign", "signType", "timeStamp"]);
    assert_eq!((json["appId"].as_str(), json["timeStamp"].as_str()), (Some(APPID), Some("1800000000")));
    assert_eq!(
        (json["package"].as_str(), json["signType"].as_str()),
        (Some("prepay_id=wx201410272009395522657a690389285100"), Some("RSA"))
    );
    let message = bridge_message(APPID, "1800000000", &given.nonce_str, &given.package);
    assert_eq!(given.pay_sign, Platform::first().signer.sign(message.as_bytes()).unwrap());
    assert_ne!(given.nonce_str, wechat.bridge("x").nonce_str);
}
