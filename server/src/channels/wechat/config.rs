//! What a merchant configures, and the one-line sentences for what can be wrong with it.

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};

use super::keys::VerifyingKey;
use super::signature::Signer;
use crate::channels::secret::Secret;

/// WeChat Pay's own address; `https://api2.mch.weixin.qq.com` is its reserve.
pub const WECHAT_API: &str = "https://api.mch.weixin.qq.com";

/// Where the router receives notices, below [`WechatConfig::notify_url_base`].
pub const NOTIFY_PATH: &str = "/notify/wechat";

/// A merchant's account at WeChat Pay.
#[derive(Debug, Clone)]
pub struct WechatConfig {
    /// [`WECHAT_API`] or a stand-in, without a slash at the end.
    pub api_base: String,
    /// The merchant number.
    pub mchid: String,
    /// The application, bound to the merchant number.
    pub appid: String,
    /// Serial number of the merchant's API certificate, as the merchant platform shows it.
    pub serial_no: String,
    /// The private key of that certificate: PEM, PKCS#1 or PKCS#8.
    pub private_key: Secret,
    /// The APIv3 key: 32 bytes.
    pub api_v3_key: Secret,
    /// The WeChat Pay public key: its id (`PUB_KEY_ID_..`) and PEM. Without it, platform certificates are fetched; with it, both
    /// are accepted, because notices move from one to the other over days (wechat-pay 2.3).
    pub public_key: Option<(String, Vec<u8>)>,
    /// The public address of this server, without a slash at the end; notices arrive at [`NOTIFY_PATH`] below it.
    pub notify_url_base: String,
    /// How long a call may take; 10,000 is usual.
    pub timeout_ms: u64,
}

/// A setting that cannot work, in one line, under the name that `shouma serve --help` gives it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {why}")]
pub struct ConfigError {
    /// The setting's name.
    pub setting: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl ConfigError {
    pub(crate) fn of(setting: &'static str, why: impl Into<String>) -> ConfigError {
        ConfigError { setting, why: why.into() }
    }
}

impl WechatConfig {
    pub(super) fn check_names(&self) -> Result<(), ConfigError> {
        check_base("wechat.api_url", &self.api_base)?;
        check_base("public_url", &self.notify_url_base)?;
        if !(6..=32).contains(&self.mchid.len()) || !self.mchid.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ConfigError::of("wechat.mchid", "a merchant number consists of digits"));
        }
        if self.appid.is_empty() || self.appid.len() > 32 || !self.appid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ConfigError::of("wechat.appid", "an application id consists of at most 32 letters and digits"));
        }
        if self.serial_no.is_empty() || self.serial_no.len() > 64 || !self.serial_no.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ConfigError::of("wechat.merchant_serial_no", "a certificate's serial number consists of hex digits"));
        }
        match self.timeout_ms {
            1..=60_000 => Ok(()),
            _ => Err(ConfigError::of("wechat.timeout_ms", "must lie between 1 and 60000")),
        }
    }

    pub(super) fn signer(&self) -> Result<Signer, ConfigError> {
        let why = |why| ConfigError::of("wechat.private_key_file", why);
        Signer::new(&self.mchid, &self.serial_no.to_ascii_uppercase(), self.private_key.reveal()).map_err(why)
    }

    pub(super) fn sealing_key(&self) -> Result<LessSafeKey, ConfigError> {
        let key = self.api_v3_key.reveal();
        let why = || ConfigError::of("wechat.api_v3_key", format!("must be exactly 32 bytes long and is {}", key.len()));
        if key.len() != 32 {
            return Err(why());
        }
        UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| why())
    }

    pub(super) fn public_key(&self) -> Result<Option<(String, VerifyingKey)>, ConfigError> {
        let Some((id, pem)) = &self.public_key else { return Ok(None) };
        if !id.starts_with("PUB_KEY_ID_") {
            return Err(ConfigError::of("wechat.public_key_id", "begins with PUB_KEY_ID_"));
        }
        let key = VerifyingKey::of_public_pem(pem).map_err(|why| ConfigError::of("wechat.public_key_file", why))?;
        Ok(Some((id.clone(), key)))
    }
}

pub(in crate::channels) fn check_base(setting: &'static str, base: &str) -> Result<(), ConfigError> {
    let url = reqwest::Url::parse(base).map_err(|error| ConfigError::of(setting, format!("not an address: {error}")))?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain {
        return Err(ConfigError::of(setting, "must be http(s)://host without user, query and fragment"));
    }
    if base.ends_with('/') {
        return Err(ConfigError::of(setting, "must not end with a slash"));
    }
    Ok(())
}
