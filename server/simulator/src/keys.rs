//! Who the merchant is and with which keys the platform signs: made at first start, kept in a folder, switchable while running.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use rcgen::{CertificateParams, DnType, PKCS_RSA_SHA256, SerialNumber, date_time_ymd};
use serde::{Deserialize, Serialize};

use crate::clock::{Civil, civil};
use crate::sign::{KeyError, SigningKey, random_text};

const YEAR_MS: i64 = 365 * 86_400_000;
/// Platform certificates live five years (protocol document, 2.3).
const CERTIFICATE_LIFE_MS: i64 = 5 * YEAR_MS;
/// Share of notices that the public key signs on each day of a switch, in tenths of a per cent (protocol document, 2.3).
const GREY_PER_MILLE_BY_DAY: [u32; 7] = [1, 10, 50, 100, 200, 500, 1000];

/// Which keys the platform signs with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum KeyMode {
    /// Platform certificates only, as merchants before 2024 have them.
    Certificate,
    /// Both at once, as during a switch: answers follow the request's `Wechatpay-Serial`.
    #[default]
    Both,
    /// The public key `PUB_KEY_ID_...` only, as new merchants have it; there are no certificates to download.
    PublicKey,
}

/// All that a merchant enters into their own system, named as in `GET /_sim/merchant`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Merchant {
    /// Merchant number.
    pub mchid: String,
    /// Account whose payers have openids.
    pub appid: String,
    /// Secret of that account, for OAuth and messages.
    pub app_secret: String,
    /// 32 bytes; decrypts notices and certificates.
    pub api_v3_key: String,
    /// Serial of the merchant's own certificate: 40 hex digits.
    pub merchant_serial_no: String,
    /// PKCS#8; signs requests and the page's call of the wallet.
    pub merchant_private_key_pem: String,
    /// The certificate that belongs to it; some SDKs want to see it.
    pub merchant_certificate_pem: String,
    /// `PUB_KEY_ID_...`.
    pub wechatpay_public_key_id: String,
    /// Verifies answers and notices in public-key mode.
    pub wechatpay_public_key_pem: String,
    /// Serial of the newest platform certificate; the merchant normally learns it from `/v3/certificates`.
    pub platform_certificate_serial_no: String,
    /// That certificate.
    pub platform_certificate_pem: String,
    /// Where the simulator answers: base of the API, of OAuth and of messages.
    pub base_url: String,
    /// The account's template for messages to followers.
    #[serde(default = "message_template_id")]
    pub message_template_id: String,
    /// The account's template for subscription messages, one for each consent.
    #[serde(default = "subscribe_template_id")]
    pub subscribe_template_id: String,
    /// Signs the events that the account pushes to its server address.
    #[serde(default = "push_token")]
    pub push_token: String,
    /// What an account at Tencent Cloud SMS configures; the same in every simulated world.
    #[serde(default)]
    pub sms: SmsAccount,
}

/// An account at Tencent Cloud SMS with an approved name and four approved templates.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SmsAccount {
    /// Who asks.
    pub secret_id: String,
    /// By which requests are signed.
    pub secret_key: String,
    /// The application.
    pub sdk_app_id: String,
    /// The name before each message.
    pub sign_name: String,
    /// Words for signing in.
    pub template_sign_in: String,
    /// Words for a lost password.
    pub template_recovery: String,
    /// Words for reporting somebody else's sign-in.
    pub template_not_me: String,
    /// Words for reminding somebody of a debt.
    #[serde(default = "template_reminder")]
    pub template_reminder: String,
}

impl Default for SmsAccount {
    fn default() -> Self {
        Self {
            secret_id: "AKIDsimulated0123456789".into(),
            secret_key: "simulatedSecretKey0123456789".into(),
            sdk_app_id: "1400006666".into(),
            sign_name: "收码".into(),
            template_sign_in: "2400001".into(),
            template_recovery: "2400002".into(),
            template_not_me: "2400003".into(),
            template_reminder: template_reminder(),
        }
    }
}

fn template_reminder() -> String {
    "2400004".into()
}

fn message_template_id() -> String {
    "sim-template-money".into()
}

fn subscribe_template_id() -> String {
    "sim-subscription-money".into()
}

fn push_token() -> String {
    "simtoken".into()
}

/// A platform certificate with its key.
pub(crate) struct PlatformCertificate {
    pub serial: String,
    pub pem: String,
    pub key: SigningKey,
    pub from_ms: i64,
    pub until_ms: i64,
}

/// Every key of the simulated world.
pub(crate) struct KeyRing {
    pub merchant: Merchant,
    pub merchant_key: SigningKey,
    pub public_key: SigningKey,
    /// Oldest first.
    pub certificates: Vec<PlatformCertificate>,
}

/// What the key folder holds.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    merchant: Merchant,
    public_key_pem: String,
    certificates: Vec<CertificateFile>,
}

#[derive(Serialize, Deserialize)]
struct CertificateFile {
    serial: String,
    pem: String,
    private_key_pem: String,
    from_ms: i64,
    until_ms: i64,
}

/// With which key the next notice is signed, and how the switch to the public key goes on.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Switch {
    pub mode: KeyMode,
    /// Fixed share of notices signed with the public key in `Both`, in tenths of a per cent.
    pub grey_per_mille: u32,
    /// When set, the share follows the official curve from this moment on.
    pub grey_since_ms: Option<i64>,
    /// Notices signed so far; makes the share exact instead of random.
    pub notices: u32,
}

impl Switch {
    /// The share of notices that the public key signs now, in tenths of a per cent.
    pub fn share_per_mille(&self, now_ms: i64) -> u32 {
        match (self.mode, self.grey_since_ms) {
            (KeyMode::Certificate, _) => 0,
            (KeyMode::PublicKey, _) => 1000,
            (KeyMode::Both, None) => self.grey_per_mille,
            (KeyMode::Both, Some(since_ms)) => {
                let day = usize::try_from((now_ms - since_ms).max(0) / 86_400_000).unwrap_or(usize::MAX);
                GREY_PER_MILLE_BY_DAY[day.min(GREY_PER_MILLE_BY_DAY.len() - 1)]
            }
        }
    }

    /// Whether the next notice is signed with the public key; exactly the share of every thousand is.
    pub fn next_by_public_key(&mut self, now_ms: i64) -> bool {
        let share = u64::from(self.share_per_mille(now_ms));
        let before = u64::from(self.notices) * share / 1000;
        self.notices = self.notices.wrapping_add(1);
        u64::from(self.notices) * share / 1000 > before
    }
}

impl KeyRing {
    /// Makes every key anew.
    pub fn generate(now_ms: i64, base_url: &str) -> Result<Self, KeyError> {
        // Three keys, made side by side: searching for primes is what a start waits for.
        let (merchant_key, public_key, platform_key) = std::thread::scope(|scope| {
            let (first, second) = (scope.spawn(SigningKey::generate), scope.spawn(SigningKey::generate));
            let third = SigningKey::generate();
            let died = |_| Err(KeyError("key generation died".into()));
            (first.join().unwrap_or_else(died), second.join().unwrap_or_else(died), third)
        });
        let (merchant_key, public_key) = (merchant_key?, public_key?);
        let own = certify(&merchant_key, "Simulated merchant", now_ms)?;
        let platform = platform_certificate(platform_key?, now_ms)?;
        let merchant = Merchant {
            mchid: "1900051051".into(),
            appid: "wx5105a0c0ffee5105".into(),
            app_secret: random_text(32).to_lowercase(),
            api_v3_key: random_text(32),
            merchant_serial_no: own.serial,
            merchant_private_key_pem: merchant_key.private_pem()?,
            merchant_certificate_pem: own.pem,
            wechatpay_public_key_id: format!("PUB_KEY_ID_0119000510512026{}", digits(14)),
            wechatpay_public_key_pem: public_key.public_pem()?,
            platform_certificate_serial_no: platform.serial.clone(),
            platform_certificate_pem: platform.pem.clone(),
            base_url: base_url.into(),
            message_template_id: message_template_id(),
            subscribe_template_id: subscribe_template_id(),
            push_token: push_token(),
            sms: SmsAccount::default(),
        };
        Ok(Self { merchant, merchant_key, public_key, certificates: vec![platform] })
    }

    /// The same keys and one more platform certificate, as 180 days before the old one ends.
    pub fn with_new_certificate(&self, now_ms: i64) -> Result<Self, KeyError> {
        let mut file = self.to_file()?;
        let added = platform_certificate(SigningKey::generate()?, now_ms)?;
        file.merchant.platform_certificate_serial_no.clone_from(&added.serial);
        file.merchant.platform_certificate_pem.clone_from(&added.pem);
        let mut ring = Self::from_file(file)?;
        ring.certificates.push(added);
        Ok(ring)
    }

    /// The same keys without the oldest platform certificate, when another one is left.
    pub fn without_oldest_certificate(&self) -> Result<Self, KeyError> {
        let mut file = self.to_file()?;
        if file.certificates.len() > 1 {
            file.certificates.remove(0);
        }
        Self::from_file(file)
    }

    /// Reads the keys of an earlier start, or makes and keeps new ones. `base_url` is the present one.
    pub fn open_or_create(dir: &Path, now_ms: i64, base_url: &str) -> Result<Self, KeyError> {
        let path = dir.join("keys.json");
        let ring = if path.exists() {
            let text = fs::read_to_string(&path).map_err(|error| file_error(&path, &error))?;
            let mut file: KeyFile = serde_json::from_str(&text).map_err(|error| KeyError(format!("{}: {error}", path.display())))?;
            file.merchant.base_url = base_url.into();
            Self::from_file(file)?
        } else {
            Self::generate(now_ms, base_url)?
        };
        ring.save(dir)?;
        Ok(ring)
    }

    /// Writes `keys.json`, `merchant.json` and the PEM files, readable by their owner only.
    pub fn save(&self, dir: &Path) -> Result<(), KeyError> {
        fs::create_dir_all(dir).map_err(|error| file_error(dir, &error))?;
        let text = |value: serde_json::Result<String>| value.map_err(|error| KeyError(error.to_string()));
        write_private(&dir.join("keys.json"), &text(serde_json::to_string_pretty(&self.to_file()?))?)?;
        write_private(&dir.join("merchant.json"), &text(serde_json::to_string_pretty(&self.merchant))?)?;
        write_private(&dir.join("merchant_private_key.pem"), &self.merchant.merchant_private_key_pem)?;
        write_private(&dir.join("wechatpay_public_key.pem"), &self.merchant.wechatpay_public_key_pem)
    }

    fn from_file(file: KeyFile) -> Result<Self, KeyError> {
        let certificates = file.certificates.into_iter().map(|kept| {
            let key = SigningKey::from_pem(&kept.private_key_pem)?;
            Ok(PlatformCertificate { serial: kept.serial, pem: kept.pem, key, from_ms: kept.from_ms, until_ms: kept.until_ms })
        });
        Ok(Self {
            merchant_key: SigningKey::from_pem(&file.merchant.merchant_private_key_pem)?,
            public_key: SigningKey::from_pem(&file.public_key_pem)?,
            certificates: certificates.collect::<Result<_, KeyError>>()?,
            merchant: file.merchant,
        })
    }

    fn to_file(&self) -> Result<KeyFile, KeyError> {
        let certificates = self.certificates.iter().map(|kept| {
            let private_key_pem = kept.key.private_pem()?;
            Ok(CertificateFile {
                serial: kept.serial.clone(),
                pem: kept.pem.clone(),
                private_key_pem,
                from_ms: kept.from_ms,
                until_ms: kept.until_ms,
            })
        });
        Ok(KeyFile {
            merchant: self.merchant.clone(),
            public_key_pem: self.public_key.private_pem()?,
            certificates: certificates.collect::<Result<_, KeyError>>()?,
        })
    }
}

struct Certified {
    serial: String,
    pem: String,
}

fn platform_certificate(key: SigningKey, now_ms: i64) -> Result<PlatformCertificate, KeyError> {
    let Certified { serial, pem } = certify(&key, "Simulated WeChat Pay platform", now_ms)?;
    let from_ms = now_ms - now_ms.rem_euclid(86_400_000);
    Ok(PlatformCertificate { serial, pem, key, from_ms, until_ms: from_ms + CERTIFICATE_LIFE_MS })
}

/// A self-made certificate whose common name says plainly that it is a simulation.
fn certify(key: &SigningKey, common_name: &str, now_ms: i64) -> Result<Certified, KeyError> {
    let unusable = |error: rcgen::Error| KeyError(error.to_string());
    let pair = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(&key.private_pem()?, &PKCS_RSA_SHA256).map_err(unusable)?;
    let mut serial = *uuid::Uuid::new_v4().as_bytes();
    // A first byte between 0x40 and 0x7f keeps the number positive and exactly 40 hex digits long.
    serial[0] = 0x40 | (serial[0] & 0x3f);
    let serial: Vec<u8> = serial.into_iter().chain(uuid::Uuid::new_v4().into_bytes().into_iter().take(4)).collect();
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    // A day of margin on both sides, so that no time zone sees a certificate from the future.
    let (from, until) = (calendar(now_ms - 86_400_000), calendar(now_ms + CERTIFICATE_LIFE_MS + 86_400_000));
    params.not_before = date_time_ymd(from.0, from.1, from.2);
    params.not_after = date_time_ymd(until.0, until.1, until.2);
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.distinguished_name.push(DnType::OrganizationName, "Shouma simulator");
    let pem = params.self_signed(&pair).map_err(unusable)?.pem();
    Ok(Certified { serial: serial.iter().map(|byte| format!("{byte:02X}")).collect(), pem: pem.replace('\r', "") })
}

/// The calendar day in the form that certificates want.
fn calendar(at_ms: i64) -> (i32, u8, u8) {
    let Civil { year, month, day, .. } = civil(at_ms);
    (i32::try_from(year).unwrap_or(1970), month, day)
}

fn digits(length: usize) -> String {
    uuid::Uuid::new_v4().as_u128().to_string().chars().rev().take(length).collect()
}

fn write_private(path: &Path, text: &str) -> Result<(), KeyError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(|error| file_error(path, &error))?;
    file.write_all(text.as_bytes()).map_err(|error| file_error(path, &error))
}

fn file_error(path: &Path, error: &std::io::Error) -> KeyError {
    KeyError(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_signs_exactly_its_share_with_the_public_key() {
        let day = 86_400_000;
        for (mode, fixed, since, now, of_a_thousand) in [
            (KeyMode::Certificate, 500, None, 0, 0),
            (KeyMode::PublicKey, 0, None, 0, 1000),
            (KeyMode::Both, 0, None, 0, 0),
            (KeyMode::Both, 250, None, 0, 250),
            (KeyMode::Both, 0, Some(0), 0, 1),
            (KeyMode::Both, 0, Some(0), day, 10),
            (KeyMode::Both, 0, Some(0), 2 * day, 50),
            (KeyMode::Both, 0, Some(0), 3 * day, 100),
            (KeyMode::Both, 0, Some(0), 4 * day, 200),
            (KeyMode::Both, 0, Some(0), 5 * day, 500),
            (KeyMode::Both, 0, Some(0), 6 * day, 1000),
            (KeyMode::Both, 0, Some(0), 60 * day, 1000),
        ] {
            let mut switch = Switch { mode, grey_per_mille: fixed, grey_since_ms: since, notices: 0 };
            let signed = (0..1000).filter(|_| switch.next_by_public_key(now)).count();
            assert_eq!(signed, of_a_thousand, "{mode:?} {fixed} {since:?} {now}");
        }
    }

    #[test]
    fn keys_made_at_the_first_start_are_kept_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let first = KeyRing::open_or_create(dir.path(), 1_767_225_600_000, "http://localhost:4000").unwrap();
        let second = KeyRing::open_or_create(dir.path(), 1_767_225_700_000, "http://localhost:5000").unwrap();
        assert_eq!(first.merchant.merchant_private_key_pem, second.merchant.merchant_private_key_pem);
        assert_eq!(first.merchant.platform_certificate_serial_no, second.merchant.platform_certificate_serial_no);
        assert_eq!(second.merchant.base_url, "http://localhost:5000");
        #[cfg(unix)]
        for entry in fs::read_dir(dir.path()).unwrap() {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_platform_certificate_carries_its_serial_and_key() {
        let ring = KeyRing::generate(1_767_225_600_000, "http://localhost:4000").unwrap();
        let ring = ring.with_new_certificate(1_767_225_600_000).unwrap();
        assert_eq!(ring.certificates.len(), 2);
        for kept in &ring.certificates {
            let (_, pem) = x509_parser::pem::parse_x509_pem(kept.pem.as_bytes()).unwrap();
            let certificate = pem.parse_x509().unwrap();
            let serial: String = certificate.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(serial, kept.serial);
            assert_eq!(serial.len(), 40);
            let signature = kept.key.sign(b"message").unwrap();
            assert!(crate::sign::verify_with(certificate.public_key().raw, b"message", &signature));
        }
    }
}
