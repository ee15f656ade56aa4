//! Signatures in both directions: ours on every request, WeChat's on every answer and notice (wechat-pay 2.1, 2.2).

use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Millis;
use http::HeaderMap;

use super::keys::{VerifyingKey, only_pem};

/// A message this far from our clock, or farther, is not looked at (wechat-pay 2.2).
const WINDOW_SECONDS: i64 = 300;

/// The only way of signing that we use and accept.
const RSA_SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// The merchant's private key, parsed once.
pub struct Signer {
    mchid: String,
    serial_no: String,
    key: KeyPair,
}

impl Signer {
    /// The signer of merchant `mchid` with the private key of certificate `serial_no`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the key.
    pub fn new(mchid: &str, serial_no: &str, private_key_pem: &[u8]) -> Result<Signer, String> {
        let pem = only_pem(private_key_pem)?;
        let key = match pem.label.as_str() {
            "PRIVATE KEY" => KeyPair::from_pkcs8(&pem.contents),
            "RSA PRIVATE KEY" => KeyPair::from_der(&pem.contents),
            "ENCRYPTED PRIVATE KEY" => return Err("the key is encrypted with a password; store it decrypted".to_owned()),
            "CERTIFICATE" => return Err("this is a certificate; its private key is needed (apiclient_key.pem)".to_owned()),
            label => return Err(format!("{label:?} is not an RSA private key")),
        };
        let key = key.map_err(|error| format!("not an RSA private key of 2048 bits or more: {error}"))?;
        Ok(Signer { mchid: mchid.to_owned(), serial_no: serial_no.to_owned(), key })
    }

    /// Base64 of SHA256withRSA over `message`.
    ///
    /// # Errors
    /// When the machine's cryptography fails.
    pub fn sign(&self, message: &[u8]) -> Result<String, String> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| "signing failed".to_owned())?;
        Ok(STANDARD.encode(signature))
    }

    /// The `Authorization` header of a request with exactly this `body`; `path` includes the query.
    ///
    /// # Errors
    /// When the machine's cryptography fails.
    pub fn authorization(&self, method: &str, path: &str, body: &[u8], now: Millis, nonce: &str) -> Result<String, String> {
        let timestamp = now.get().div_euclid(1000);
        let signature = self.sign(&request_message(method, path, timestamp, nonce, body))?;
        let (mchid, serial_no) = (&self.mchid, &self.serial_no);
        Ok(format!(
            "{RSA_SCHEME} mchid=\"{mchid}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",serial_no=\"{serial_no}\",\
             signature=\"{signature}\""
        ))
    }
}

/// A number used once: 32 hex digits.
///
/// # Errors
/// When the machine has no randomness.
pub fn nonce() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).map_err(|_| "no randomness".to_owned())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02X}")).collect())
}

/// What a request signs: five lines, each ended.
fn request_message(method: &str, path: &str, timestamp: i64, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{method}\n{path}\n{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    message
}

/// What the bridge signs: four lines, each ended (wechat-pay 2.5).
pub fn bridge_message(appid: &str, timestamp: &str, nonce: &str, package: &str) -> String {
    format!("{appid}\n{timestamp}\n{nonce}\n{package}\n")
}

/// What is wrong with the signature of an answer or a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A header is missing, repeated or unreadable.
    #[error("header {0} is missing or unreadable")]
    Header(&'static str),
    /// Outside the window of five minutes.
    #[error("its timestamp is five minutes or more away from our clock")]
    TooOld,
    /// A key that we do not hold.
    #[error("it is signed with a key that is not known")]
    UnknownSerial,
    /// Anything but WeChat's signature over these bytes.
    #[error("its signature is wrong")]
    BadSignature,
}

/// The signature that came with an answer or a notice, not yet checked.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// The key that is said to have made it.
    pub serial: &'a str,
    timestamp: &'a str,
    nonce: &'a str,
    signature: &'a str,
}

impl<'a> Proof<'a> {
    /// Whether there is any trace of a signature. Only an answer to an unknown caller comes without.
    pub fn is_absent(headers: &HeaderMap) -> bool {
        !headers.contains_key("wechatpay-signature") && !headers.contains_key("wechatpay-serial")
    }

    /// Reads the signature headers and holds the timestamp against `now`, before any costly check.
    ///
    /// # Errors
    /// [`Flaw`], in the order headers, window, scheme.
    pub fn read(headers: &'a HeaderMap, now: Millis) -> Result<Proof<'a>, Flaw> {
        let proof = Proof {
            timestamp: only(headers, "Wechatpay-Timestamp")?,
            nonce: only(headers, "Wechatpay-Nonce")?,
            signature: only(headers, "Wechatpay-Signature")?,
            serial: only(headers, "Wechatpay-Serial")?,
        };
        let is_number = proof.timestamp.len() <= 12 && proof.timestamp.bytes().all(|b| b.is_ascii_digit());
        let at = proof.timestamp.parse::<i64>().ok().filter(|_| is_number).ok_or(Flaw::Header("Wechatpay-Timestamp"))?;
        if now.get().div_euclid(1000).abs_diff(at) >= WINDOW_SECONDS as u64 {
            return Err(Flaw::TooOld);
        }
        match headers.get("Wechatpay-Signature-Type").map(http::HeaderValue::as_bytes) {
            None => Ok(proof),
            Some(scheme) if scheme == RSA_SCHEME.as_bytes() => Ok(proof),
            Some(_) => Err(Flaw::BadSignature),
        }
    }

    /// Proves that `key` signed exactly `body`.
    ///
    /// # Errors
    /// [`Flaw::BadSignature`], also for what is not base64, such as a probe.
    pub fn verify(&self, key: &VerifyingKey, body: &[u8]) -> Result<(), Flaw> {
        let signature = STANDARD.decode(self.signature).map_err(|_| Flaw::BadSignature)?;
        let mut message = format!("{}\n{}\n", self.timestamp, self.nonce).into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        if key.verifies(&message, &signature) { Ok(()) } else { Err(Flaw::BadSignature) }
    }
}

/// The header's only value: of two, nobody could say which one was meant.
fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Flaw> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(http::HeaderValue::to_str), values.next()) {
        (Some(Ok(value)), None) if !value.is_empty() => Ok(value),
        _ => Err(Flaw::Header(name)),
    }
}
