//! The cryptography of APIv3: RSA signatures (SHA-256, PKCS#1 v1.5) over lines of text, and AES-256-GCM for what only the merchant may read.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The scheme that opens the `Authorization` header and names the kind of every signature.
pub const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// How far the clocks of both sides may differ, in seconds (protocol document, 2.1).
pub const CLOCK_SKEW_S: i64 = 300;

/// A key could not be made, read or used.
#[derive(Debug, thiserror::Error)]
#[error("the key cannot be used: {0}")]
pub struct KeyError(pub(crate) String);

impl From<aws_lc_rs::error::Unspecified> for KeyError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self("the cryptographic library refused".into())
    }
}

/// An RSA key that signs and checks its own signatures.
pub struct SigningKey {
    pair: KeyPair,
}

impl SigningKey {
    /// Makes a new 2048-bit key; takes a good part of a second.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self { pair: KeyPair::generate(KeySize::Rsa2048)? })
    }

    /// Reads a key from PKCS#8 PEM; refuses anything else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let der = pem_body(pem)?;
        KeyPair::from_pkcs8(&der).map(|pair| Self { pair }).map_err(|error| KeyError(error.to_string()))
    }

    /// The private key as PKCS#8 PEM.
    pub fn private_pem(&self) -> Result<String, KeyError> {
        Ok(pem("PRIVATE KEY", self.pair.as_der()?.as_ref()))
    }

    /// The public key as SubjectPublicKeyInfo PEM.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        Ok(pem("PUBLIC KEY", self.pair.public_key().as_der()?.as_ref()))
    }

    /// Signs a message; the signature is base64 as in every header.
    pub fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(STANDARD.encode(signature))
    }

    /// Whether a base64 signature over the message was made with this key. Text that is not base64 is simply not a signature.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &str) -> bool {
        verify_with(self.pair.public_key().as_ref(), message, signature)
    }
}

/// Whether a base64 signature over the message belongs to the public key, given as DER (SubjectPublicKeyInfo or RSAPublicKey).
#[must_use]
pub fn verify_with(public_key_der: &[u8], message: &[u8], signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key_der).verify(message, &signature).is_ok()
}

/// What a merchant signs for a request: five lines, each ended by a line feed. `target` is path and query exactly as sent.
#[must_use]
pub fn request_message(method: &str, target: &str, timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    lines(&[method.as_bytes(), target.as_bytes(), timestamp.as_bytes(), nonce.as_bytes(), body])
}

/// What the platform signs for an answer or a notice: three lines.
#[must_use]
pub fn answer_message(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    lines(&[timestamp.as_bytes(), nonce.as_bytes(), body])
}

/// What a merchant signs for the page's call of the wallet: four lines, the last one being `prepay_id=...`.
#[must_use]
pub fn pay_message(appid: &str, timestamp: &str, nonce: &str, package: &str) -> Vec<u8> {
    lines(&[appid.as_bytes(), timestamp.as_bytes(), nonce.as_bytes(), package.as_bytes()])
}

/// A text that only the holder of the APIv3 key can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Twelve characters.
    pub nonce: String,
    /// Not secret, but protected against change.
    pub associated_data: String,
    /// Base64; the last 16 bytes underneath are the tag.
    pub ciphertext: String,
}

/// Encrypts with the APIv3 key (32 bytes) under a fresh nonce.
pub fn seal(api_v3_key: &str, associated_data: &str, plaintext: &[u8]) -> Result<Sealed, KeyError> {
    let nonce = random_text(12);
    let mut text = plaintext.to_vec();
    let key = cipher(api_v3_key)?;
    key.seal_in_place_append_tag(Nonce::try_assume_unique_for_key(nonce.as_bytes())?, Aad::from(associated_data), &mut text)?;
    Ok(Sealed { nonce, associated_data: associated_data.into(), ciphertext: STANDARD.encode(text) })
}

/// Decrypts what [`seal`] made; refuses a wrong key and any changed byte.
pub fn open(api_v3_key: &str, sealed: &Sealed) -> Result<Vec<u8>, KeyError> {
    let mut text = STANDARD.decode(&sealed.ciphertext).map_err(|error| KeyError(error.to_string()))?;
    let nonce = Nonce::try_assume_unique_for_key(sealed.nonce.as_bytes())?;
    let length = cipher(api_v3_key)?.open_in_place(nonce, Aad::from(&sealed.associated_data), &mut text)?.len();
    text.truncate(length);
    Ok(text)
}

/// Letters and digits that nobody can guess: nonces, codes, tokens.
#[must_use]
pub fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for (index, byte) in uuid::Uuid::new_v4().as_bytes().iter().enumerate() {
            // Bytes 6 and 8 of a UUID carry its version and are not random; 248 is the largest multiple of 62 in a byte.
            if index != 6 && index != 8 && *byte < 248 && text.len() < length {
                text.push(char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
            }
        }
    }
    text
}

/// DER between PEM's first and last line.
pub(crate) fn pem_body(pem: &str) -> Result<Vec<u8>, KeyError> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    STANDARD.decode(body).map_err(|error| KeyError(error.to_string()))
}

fn cipher(api_v3_key: &str) -> Result<LessSafeKey, KeyError> {
    // Real APIv3 keys have 32 bytes; the public test vector of WeChat's Go SDK uses 16.
    let algorithm: &'static Algorithm = if api_v3_key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
    Ok(LessSafeKey::new(UnboundKey::new(algorithm, api_v3_key.as_bytes())?))
}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in encoded.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

fn lines(parts: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for part in parts {
        message.extend_from_slice(part);
        message.push(b'\n');
    }
    message
}
