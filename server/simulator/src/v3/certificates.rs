//! The platform's certificates, encrypted for the merchant (protocol document, 2.3).

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::keys::KeyMode;
use crate::refusal::Refusal;
use crate::sign::seal;
use crate::world::Shared;

pub(crate) async fn list(State(world): State<Shared>) -> Result<Json<Value>, Refusal> {
    if world.key_mode() == KeyMode::PublicKey {
        return Err(Refusal::nothing_there("无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。"));
    }
    let ring = world.ring();
    let mut items = Vec::new();
    for certificate in &ring.certificates {
        let sealed = seal(&ring.merchant.api_v3_key, "certificate", certificate.pem.as_bytes())?;
        items.push(json!({
            "serial_no": certificate.serial,
            "effective_time": rfc3339(certificate.from_ms),
            "expire_time": rfc3339(certificate.until_ms),
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM",
                "nonce": sealed.nonce,
                "associated_data": sealed.associated_data,
                "ciphertext": sealed.ciphertext,
            },
        }));
    }
    Ok(Json(json!({ "data": items })))
}
