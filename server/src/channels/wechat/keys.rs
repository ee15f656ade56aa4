//! WeChat's keys: the public key that was configured and the platform certificates that were fetched, by serial number.
//!
//! During a change two platform certificates, or a certificate and the public key, sign at the same time; each message names
//! the key it was signed with, and all of them are held (wechat-pay 2.3, H7).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use domain::Millis;
use x509_parser::pem::Pem;

/// A key that WeChat signs with, parsed once.
#[derive(Debug)]
pub struct VerifyingKey(ParsedPublicKey);

impl VerifyingKey {
    /// Reads `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn of_public_pem(pem: &[u8]) -> Result<VerifyingKey, String> {
        let pem = only_pem(pem)?;
        match pem.label.as_str() {
            "PUBLIC KEY" | "RSA PUBLIC KEY" => VerifyingKey::of_der(&pem.contents),
            "CERTIFICATE" => Err("this is a certificate; the WeChat Pay public key is needed (pub_key.pem)".to_owned()),
            label => Err(format!("{label:?} is not a public key")),
        }
    }

    /// Whether `signature` over `message` was made with this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }

    fn of_der(der: &[u8]) -> Result<VerifyingKey, String> {
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .map(VerifyingKey)
            .map_err(|error| format!("not an RSA public key of 2048 bits or more: {error}"))
    }
}

/// The key of a platform certificate and the time during which it counts.
#[derive(Debug, Clone)]
pub struct PlatformKey {
    /// The serial number, upper-case hex, as WeChat writes it in headers.
    pub serial: String,
    key: Arc<VerifyingKey>,
    from_ms: Millis,
    until_ms: Millis,
}

impl PlatformKey {
    /// Reads `-----BEGIN CERTIFICATE-----`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn of_certificate_pem(pem: &[u8]) -> Result<PlatformKey, String> {
        let pem = only_pem(pem)?;
        let certificate = pem.parse_x509().map_err(|error| format!("not a certificate: {error}"))?;
        let serial: String = certificate.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect();
        let validity = certificate.validity();
        Ok(PlatformKey {
            // A leading zero byte only keeps the number positive.
            serial: serial.strip_prefix("00").unwrap_or(&serial).to_owned(),
            key: Arc::new(VerifyingKey::of_der(certificate.public_key().raw)?),
            from_ms: Millis::of(validity.not_before.timestamp().saturating_mul(1000)),
            until_ms: Millis::of(validity.not_after.timestamp().saturating_mul(1000)),
        })
    }

    /// The key, while the certificate is valid.
    pub fn key_at(&self, now: Millis) -> Option<Arc<VerifyingKey>> {
        (self.from_ms <= now && now <= self.until_ms).then(|| self.key.clone())
    }
}

/// All keys that WeChat may sign with at present.
#[derive(Debug, Default)]
pub struct KeyRing {
    public: Option<(String, Arc<VerifyingKey>)>,
    platform: RwLock<HashMap<String, PlatformKey>>,
}

impl KeyRing {
    /// A ring with the configured public key, and no certificate so far.
    pub fn new(public: Option<(String, VerifyingKey)>) -> KeyRing {
        KeyRing { public: public.map(|(id, key)| (id, Arc::new(key))), platform: RwLock::default() }
    }

    /// The id of the configured public key; requests name it to be answered with it.
    pub fn public_id(&self) -> Option<&str> {
        self.public.as_ref().map(|(id, _)| id.as_str())
    }

    /// The key that a message names, if it counts at present.
    pub fn find(&self, serial: &str, now: Millis) -> Option<Arc<VerifyingKey>> {
        if let Some((id, key)) = &self.public
            && id == serial
        {
            return Some(key.clone());
        }
        let platform = self.platform.read().unwrap_or_else(PoisonError::into_inner);
        platform.get(serial).and_then(|found| found.key_at(now))
    }

    /// Takes over certificates that were listed before this start; whatever WeChat listed since counts more.
    pub fn recall_platform(&self, keys: Vec<PlatformKey>) {
        let mut platform = self.platform.write().unwrap_or_else(PoisonError::into_inner);
        if platform.is_empty() {
            *platform = keys.into_iter().map(|key| (key.serial.clone(), key)).collect();
        }
    }

    /// Takes over the certificates that WeChat lists; one that it no longer lists is no longer believed.
    pub fn replace_platform(&self, keys: Vec<PlatformKey>) {
        let mut platform = self.platform.write().unwrap_or_else(PoisonError::into_inner);
        *platform = keys.into_iter().map(|key| (key.serial.clone(), key)).collect();
    }
}

/// Whether a fetched certificate could have this serial number: anything else is not worth a question to WeChat.
pub fn is_certificate_serial(serial: &str) -> bool {
    (8..=40).contains(&serial.len()) && serial.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The one PEM block in a file.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn only_pem(text: &[u8]) -> Result<Pem, String> {
    let mut blocks = Pem::iter_from_buffer(text);
    match (blocks.next(), blocks.next()) {
        (Some(Ok(pem)), None) => Ok(pem),
        (Some(Ok(_)), Some(_)) => Err("holds more than one PEM block".to_owned()),
        (Some(Err(error)), _) => Err(format!("not PEM: {error}")),
        (None, _) => Err("not PEM: there is no -----BEGIN line".to_owned()),
    }
}
