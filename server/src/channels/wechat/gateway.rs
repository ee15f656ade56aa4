//! Signed requests out, proven answers in, and the keys that prove them.

use std::sync::{Arc, PoisonError};

use aws_lc_rs::aead::LessSafeKey;
use bytes::Bytes;
use domain::{ChannelCode, Millis};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::sync::Mutex;

use super::breaker::{Breaker, Door};
use super::config::{ConfigError, WechatConfig};
use super::keys::{KeyRing, PlatformKey, VerifyingKey, is_certificate_serial};
use super::look::{self, Last, Seen};
use super::sealed;
use super::signature::{Flaw, Proof, Signer, nonce};
use super::wire::{Certificate, Certificates, Failure, Sealed};
use crate::channels::{ChannelError, outbound};
use crate::clock::Clock;

const CERTIFICATES: &str = "/v3/certificates";

/// An unknown serial number asks WeChat for certificates at most this often: anybody can send us one.
const REFRESH_PAUSE_MS: i64 = 60_000;

/// After a failed attempt it is asked again sooner, because until then nothing can be proven.
const RETRY_PAUSE_MS: i64 = 5_000;

/// The way to WeChat Pay and back.
pub struct Gateway {
    client: reqwest::Client,
    api_base: String,
    signer: Signer,
    sealing_key: LessSafeKey,
    ring: KeyRing,
    /// The last attempt to fetch certificates. Holding it is the right to make the next one.
    refreshed: Mutex<Option<Attempt>>,
    listed: std::sync::Mutex<Listed>,
    breaker: Breaker,
    clock: Clock,
    seen: std::sync::Mutex<Seen>,
}

/// An answer that WeChat has proven to be its own.
#[derive(Debug)]
pub struct Answer {
    /// The bytes that were signed.
    pub body: Bytes,
}

struct Attempt {
    at: Millis,
    failed: bool,
}

/// WeChat's list of certificates, as it came. It is kept in that form, because there every certificate is encrypted and
/// authenticated with the APIv3 key, which is not in the database: whoever can write there cannot make us believe a key.
#[derive(Default)]
struct Listed {
    /// The last list and the serial numbers in it.
    last: Option<(String, Vec<String>)>,
    /// The serial numbers of the list that was kept.
    kept: Vec<String>,
}

struct Raw {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Gateway {
    /// Parses all keys once.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn new(config: &WechatConfig, clock: Clock) -> Result<Gateway, ConfigError> {
        let client = outbound::client(config.timeout_ms).map_err(|error| ConfigError::of("wechat.api_url", outbound::describe(error)))?;
        Ok(Gateway {
            client,
            api_base: config.api_base.clone(),
            signer: config.signer()?,
            sealing_key: config.sealing_key()?,
            ring: KeyRing::new(config.public_key()?),
            refreshed: Mutex::new(None),
            listed: std::sync::Mutex::default(),
            breaker: Breaker::default(),
            clock,
            seen: std::sync::Mutex::default(),
        })
    }

    /// What the last calls showed.
    pub fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What time it is.
    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    /// The merchant's signature, base64.
    ///
    /// # Errors
    /// When the machine's cryptography fails.
    pub fn sign(&self, message: &str) -> Result<String, String> {
        self.signer.sign(message.as_bytes())
    }

    /// The content of something that WeChat encrypted for this merchant.
    pub fn open(&self, sealed: &Sealed) -> Option<String> {
        sealed::open(&self.sealing_key, sealed)
    }

    /// Makes one call. `path` begins below the base address and includes the query.
    ///
    /// # Errors
    /// [`ChannelError::Refused`] for a proven, explicit refusal; [`ChannelError::Unknown`] for everything else.
    pub async fn call(&self, door: Door, method: Method, path: &str, body: Vec<u8>) -> Result<Answer, ChannelError> {
        if let Err(left_ms) = self.breaker.admit(door, self.now()) {
            let why = "not asked: this door failed repeatedly and rests".to_owned();
            return Err(ChannelError::Unknown { why, code: None, retry_after_ms: Some(left_ms) });
        }
        let sent = self.send(method, path, body).await;
        let is_up = sent.as_ref().is_ok_and(|raw| !raw.status.is_server_error() && raw.status != StatusCode::TOO_MANY_REQUESTS);
        let judged = match sent {
            Ok(raw) => self.judge(raw).await,
            Err(error) => Err(error),
        };
        self.breaker.note(door, is_up || matches!(judged, Err(ChannelError::Refused { .. })), self.now());
        judged
    }

    /// Fetches the platform certificates now. Answers how many are held; a merchant that has only the public key has none.
    ///
    /// # Errors
    /// [`ChannelError`]; the keys stay as they were.
    pub async fn refresh(&self) -> Result<usize, ChannelError> {
        let mut refreshed = self.refreshed.lock().await;
        self.fetch_certificates(&mut refreshed).await
    }

    /// The list of certificates, when other ones are in it than in the list that was kept.
    pub fn listed_to_keep(&self) -> Option<String> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let (text, serials) = listed.last.as_ref()?;
        (*serials != listed.kept).then(|| text.clone())
    }

    /// Notes that this list was kept.
    pub fn listed_was_kept(&self, text: &str) {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((last, serials)) = &listed.last
            && last == text
        {
            listed.kept = serials.clone();
        }
    }

    /// Believes the certificates of a list that was kept, each while it is valid. Answers how many there are.
    ///
    /// # Errors
    /// A sentence that says why none of them is believed.
    pub fn recall(&self, text: &str) -> Result<usize, String> {
        let keys = self.decrypt_certificates(text.as_bytes())?;
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).kept = serials(&keys);
        let count = keys.len();
        self.ring.recall_platform(keys);
        Ok(count)
    }

    /// Proves that WeChat signed exactly `body`.
    ///
    /// # Errors
    /// [`Flaw`], in the order headers, window, key, signature.
    pub async fn prove(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Flaw> {
        let proof = Proof::read(headers, self.now())?;
        let key = self.key(proof.serial).await.ok_or(Flaw::UnknownSerial)?;
        proof.verify(&key, body)
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Raw, ChannelError> {
        let request = self.request(&method, path, body).map_err(ChannelError::unknown)?;
        let response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(error) => {
                self.see(|seen| seen.last = Last::Silence);
                return Err(ChannelError::unknown(outbound::describe(error)));
            }
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let clock_off_ms = look::date_of(&headers).map(|theirs| self.now().since_ms(theirs));
        self.see(|seen| (seen.last, seen.clock_off_ms) = (Last::Answer, clock_off_ms.or(seen.clock_off_ms)));
        let body = outbound::read_body(response).await.map_err(ChannelError::unknown)?;
        Ok(Raw { status, headers, body })
    }

    fn request(&self, method: &Method, path: &str, body: Vec<u8>) -> Result<reqwest::Request, String> {
        let address = format!("{}{path}", self.api_base);
        let url = reqwest::Url::parse(&address).map_err(|error| error.to_string())?;
        // What is signed is what goes over the wire, also below a base address with a path of its own.
        let signed_path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let authorization = self.signer.authorization(method.as_str(), &signed_path, &body, self.now(), &nonce()?)?;
        let mut request = self.client.request(method.clone(), url).header(header::AUTHORIZATION, authorization);
        if let Some(id) = self.ring.public_id() {
            request = request.header("Wechatpay-Serial", id);
        }
        if *method != Method::GET {
            request = request.body(body);
        }
        request.build().map_err(outbound::describe)
    }

    async fn judge(&self, raw: Raw) -> Result<Answer, ChannelError> {
        let proof = self.prove(&raw.headers, &raw.body).await;
        if let Err(flaw) = proof
            && !Proof::is_absent(&raw.headers)
        {
            self.see(|seen| seen.last = Last::Flawed(flaw));
        }
        match raw.status {
            // 202 is "accepted, not done": the payer is busy with it.
            status if status.is_success() && status != StatusCode::ACCEPTED => match proof {
                Ok(()) => Ok(Answer { body: raw.body }),
                Err(flaw) => Err(ChannelError::unknown(format!("HTTP {status}, but {flaw}"))),
            },
            _ => Err(refusal(&raw, proof)),
        }
    }

    /// The key that a message names. A certificate that we do not hold is asked for, by one caller at a time and not too often.
    async fn key(&self, serial: &str) -> Option<Arc<VerifyingKey>> {
        if let Some(key) = self.ring.find(serial, self.now()) {
            return Some(key);
        }
        if !is_certificate_serial(serial) {
            return None;
        }
        let mut refreshed = self.refreshed.lock().await;
        // Whoever waited for the lock finds that the one before has just asked.
        if refreshed.as_ref().is_none_or(|last| last.is_over(self.now()))
            && let Err(error) = self.fetch_certificates(&mut refreshed).await
        {
            tracing::warn!(%error, "platform certificates could not be fetched");
        }
        self.ring.find(serial, self.now())
    }

    async fn fetch_certificates(&self, refreshed: &mut Option<Attempt>) -> Result<usize, ChannelError> {
        // Noted before the first wait, because a caller that gives up meanwhile has still made an attempt, and again at its end,
        // so that those who waited through a slow failure do not each repeat it.
        *refreshed = Some(Attempt { at: self.now(), failed: true });
        let listed = self.list_certificates().await;
        *refreshed = Some(Attempt { at: self.now(), failed: listed.is_err() });
        let keys = listed?;
        let count = keys.len();
        if count > 0 {
            self.ring.replace_platform(keys);
        }
        Ok(count)
    }

    async fn list_certificates(&self) -> Result<Vec<PlatformKey>, ChannelError> {
        let raw = self.send(Method::GET, CERTIFICATES, Vec::new()).await?;
        match raw.status {
            StatusCode::OK => {
                let keys = self.read_certificates(&raw).map_err(ChannelError::unknown);
                self.see(|seen| seen.is_list_unreadable = keys.is_err());
                keys
            }
            // A merchant that was given the public key from the start has none.
            StatusCode::NOT_FOUND => Ok(vec![]),
            _ => Err(refusal(&raw, self.prove_with(&raw, &[]))),
        }
    }

    /// The first certificates are proven by themselves: only WeChat and we know the APIv3 key that they are encrypted with, and
    /// the answer is signed with one of them.
    fn read_certificates(&self, raw: &Raw) -> Result<Vec<PlatformKey>, String> {
        let keys = self.decrypt_certificates(&raw.body)?;
        self.prove_with(raw, &keys).map_err(|flaw| format!("certificates came, but {flaw}"))?;
        if let Ok(text) = std::str::from_utf8(&raw.body) {
            self.listed.lock().unwrap_or_else(PoisonError::into_inner).last = Some((text.to_owned(), serials(&keys)));
        }
        Ok(keys)
    }

    fn decrypt_certificates(&self, list: &[u8]) -> Result<Vec<PlatformKey>, String> {
        let listed: Certificates = serde_json::from_slice(list).map_err(|error| format!("certificates: {error}"))?;
        let mut keys = vec![];
        for certificate in &listed.data {
            keys.extend(self.read_certificate(certificate)?);
        }
        Ok(keys)
    }

    fn read_certificate(&self, listed: &Certificate) -> Result<Option<PlatformKey>, String> {
        let pem = self
            .open(&listed.encrypt_certificate)
            .ok_or("platform certificates cannot be decrypted: is the APIv3 key the one set at the merchant platform?")?;
        match PlatformKey::of_certificate_pem(pem.as_bytes()) {
            Ok(key) if key.serial == listed.serial_no => Ok(Some(key)),
            Ok(key) => {
                tracing::warn!(listed = listed.serial_no, found = key.serial, "a platform certificate has another serial number");
                Ok(None)
            }
            // One of a kind that we do not know must not keep out the others.
            Err(error) => {
                tracing::warn!(listed = listed.serial_no, error, "a platform certificate cannot be read");
                Ok(None)
            }
        }
    }

    fn prove_with(&self, raw: &Raw, fresh: &[PlatformKey]) -> Result<(), Flaw> {
        let now = self.now();
        let proof = Proof::read(&raw.headers, now)?;
        let fresh = fresh.iter().find(|key| key.serial == proof.serial).and_then(|key| key.key_at(now));
        let key = fresh.or_else(|| self.ring.find(proof.serial, now)).ok_or(Flaw::UnknownSerial)?;
        proof.verify(&key, &raw.body)
    }
}

fn serials(keys: &[PlatformKey]) -> Vec<String> {
    let mut serials: Vec<String> = keys.iter().map(|key| key.serial.clone()).collect();
    serials.sort();
    serials
}

impl Attempt {
    fn is_over(&self, now: Millis) -> bool {
        let pause_ms = if self.failed { RETRY_PAUSE_MS } else { REFRESH_PAUSE_MS };
        // A clock that was set back must not keep us from asking.
        !(0..pause_ms).contains(&now.since_ms(self.at))
    }
}

/// An answer that is not a success: a refusal when it is explicit and proven, otherwise an unknown result.
fn refusal(raw: &Raw, proof: Result<(), Flaw>) -> ChannelError {
    let request_id = raw.headers.get("Request-ID").and_then(|value| value.to_str().ok());
    let failure = serde_json::from_slice::<Failure>(&raw.body).ok();
    let code = failure.as_ref().and_then(|failure| ChannelCode::read(&failure.code, request_id));
    // To a caller that it does not recognise WeChat may answer without a signature.
    let is_proven = proof.is_ok() || (raw.status == StatusCode::UNAUTHORIZED && Proof::is_absent(&raw.headers));
    let is_explicit = match raw.status {
        StatusCode::TOO_MANY_REQUESTS => false,
        status if status.is_client_error() => true,
        // The one explicit refusal that comes as a server error (wechat-pay 2.8).
        _ => code == Some(ChannelCode::OpenidMismatch),
    };
    if let (Some(code), Some(failure)) = (code, &failure)
        && is_proven
        && is_explicit
        && code.is_final()
    {
        return ChannelError::Refused { code, said: failure.message.clone(), request_id: request_id.map(str::to_owned) };
    }
    let said = failure.map(|failure| format!(": {} {}", failure.code, failure.message)).unwrap_or_default();
    let doubt = proof.err().map(|flaw| format!(" ({flaw})")).unwrap_or_default();
    let why = format!("HTTP {}{said}{doubt}", raw.status.as_u16());
    ChannelError::Unknown { why, code: code.filter(|_| is_proven), retry_after_ms: retry_after_ms(&raw.headers) }
}

fn retry_after_ms(headers: &HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(header::RETRY_AFTER).map(HeaderValue::to_str)?.ok()?.trim().parse().ok()?;
    (0..=3_600).contains(&seconds).then_some(seconds * 1_000)
}
