//! Decryption of what WeChat encrypts with the merchant's APIv3 key: notices and platform certificates (wechat-pay 2.4).

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::wire::Sealed;

/// The only algorithm that WeChat uses for RSA merchants.
const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// The content of `sealed`; `None` when it was not encrypted with this key, or not for this purpose, or was changed.
pub fn open(key: &LessSafeKey, sealed: &Sealed) -> Option<String> {
    if sealed.algorithm != ALGORITHM || sealed.nonce.len() != NONCE_LEN {
        return None;
    }
    let nonce = Nonce::try_assume_unique_for_key(sealed.nonce.as_bytes()).ok()?;
    let mut buffer = STANDARD.decode(&sealed.ciphertext).ok()?;
    let content = key.open_in_place(nonce, Aad::from(sealed.associated_data.as_bytes()), &mut buffer).ok()?;
    String::from_utf8(content.to_vec()).ok()
}
