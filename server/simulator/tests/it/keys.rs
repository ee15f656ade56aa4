//! With which key answers and notices are signed, while merchants move from certificates to the public key.

use serde_json::{Value, json};
use simulator::KeyMode;
use simulator::sign::{Sealed, open};

use crate::merchant::{Inbox, Shop};

/// The certificates as a merchant reads them: serial and PEM.
fn opened(shop: &Shop, list: &Value) -> Vec<(String, String)> {
    let open_one = |item: &Value| {
        let text = |name: &str| item["encrypt_certificate"][name].as_str().unwrap().to_owned();
        assert_eq!(text("associated_data"), "certificate");
        let sealed = Sealed { nonce: text("nonce"), associated_data: text("associated_data"), ciphertext: text("ciphertext") };
        let pem = String::from_utf8(open(&shop.merchant.api_v3_key, &sealed).unwrap()).unwrap();
        (item["serial_no"].as_str().unwrap().to_owned(), pem)
    };
    list["data"].as_array().unwrap().iter().map(open_one).collect()
}

#[tokio::test]
async fn answers_follow_the_key_that_was_asked_for_as_far_as_the_mode_has_it() {
    let shop = Shop::open().await;
    let (id, certificate) = (shop.merchant.wechatpay_public_key_id.clone(), shop.merchant.platform_certificate_serial_no.clone());
    let unknown = "11".repeat(20);
    for (mode, asked, expected) in [
        ("both", None, &certificate),
        ("both", Some(&id), &id),
        ("both", Some(&certificate), &certificate),
        ("both", Some(&unknown), &certificate),
        ("certificate", Some(&id), &certificate),
        ("certificate", None, &certificate),
        ("public-key", None, &id),
        ("public-key", Some(&certificate), &id),
    ] {
        assert_eq!(shop.door("POST", "/key-mode", json!({ "mode": mode })).await.0, 200);
        *shop.wanted_serial.lock().unwrap() = asked.cloned();
        let answer = shop.query("ORDER1").await;
        assert_eq!(shop.signer(&answer).await.as_ref(), Some(expected), "{mode} {asked:?}");
    }
}

#[tokio::test]
async fn certificates_come_encrypted_and_not_in_public_key_mode() {
    let shop = Shop::open().await;
    let first = opened(&shop, &shop.get("/v3/certificates").await.json());
    assert_eq!(first, [(shop.merchant.platform_certificate_serial_no.clone(), shop.merchant.platform_certificate_pem.clone())]);

    shop.door("POST", "/key-mode", json!({ "certificate": "add" })).await;
    let answer = shop.get("/v3/certificates").await;
    let both = opened(&shop, &answer.json());
    assert_eq!((both.len(), &both[0]), (2, &first[0]));
    assert_eq!(shop.signer(&answer).await, Some(both[1].0.clone()));
    shop.door("POST", "/key-mode", json!({ "certificate": "drop" })).await;
    assert_eq!(opened(&shop, &shop.get("/v3/certificates").await.json()), [both[1].clone()]);

    shop.door("POST", "/key-mode", json!({ "mode": "public-key" })).await;
    let refused = shop.get("/v3/certificates").await;
    assert_eq!((refused.status, refused.code().as_str()), (404, "RESOURCE_NOT_EXISTS"));
}

#[tokio::test]
async fn notices_move_to_the_public_key_by_their_share() {
    let (shop, inbox) = (Shop::open_with(|config| config.key_mode = KeyMode::Certificate).await, Inbox::open().await);
    shop.order("ORDER1", &inbox.url).await;
    shop.door("POST", "/orders/ORDER1/pay", json!({ "notify": false })).await;
    let mut seen = 0;
    for (ask, by_public_key) in [
        (json!({}), 0),
        (json!({ "mode": "both", "grey_percent": 50.0 }), 10),
        (json!({ "mode": "both", "grey_percent": 5.0 }), 1),
        (json!({ "mode": "public-key" }), 20),
    ] {
        assert_eq!(shop.door("POST", "/key-mode", ask.clone()).await.0, 200);
        assert_eq!(shop.door("POST", "/orders/ORDER1/notify", json!({ "copies": 20 })).await.0, 200);
        let arrived = inbox.wait_for(seen + 20).await.split_off(seen);
        seen += 20;
        let by = arrived.iter().filter(|notice| notice.headers["wechatpay-serial"] == shop.merchant.wechatpay_public_key_id).count();
        assert_eq!(by, by_public_key, "{ask}");
        assert!(arrived.iter().all(|notice| notice.signature_fits(&shop)), "{ask}");
    }
}
