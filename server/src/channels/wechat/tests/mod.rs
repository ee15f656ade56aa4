//! The adapter against a WeChat made of a socket and two keys, so that every wrong answer can be given on purpose.

mod answers;
mod forge;
mod keys;
mod vectors;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Fen, Millis, OutTradeNo};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::signature::Signer;
use super::*;
use crate::channels::secret::Secret;

/// 2027-01-15T16:00:00+08:00, inside the validity of the platform certificates in `fixtures`.
const NOW: i64 = 1_800_000_000_000;
const MCHID: &str = "1900000109";
const APPID: &str = "wxd678efh567hg6787";
const API_V3_KEY: &str = "an APIv3 key has 32 plain bytes.";
const PUBLIC_ID: &str = "PUB_KEY_ID_0119000001092026112100000000000001";
const ORDER: &str = "0198f3c5d2b17e0a9c4b5a6f7e8d9c0b";

const FIRST_KEY: &str = include_str!("fixtures/first.key.pem");
const FIRST_KEY_PKCS1: &str = include_str!("fixtures/first.pkcs1.pem");
const FIRST_CERTIFICATE: &str = include_str!("fixtures/first.crt.pem");
const FIRST: &str = "5A0F17C2B3D4E5F60718293A4B5C6D7E8F901234";
const SECOND_KEY: &str = include_str!("fixtures/second.key.pem");
const SECOND_CERTIFICATE: &str = include_str!("fixtures/second.crt.pem");
const SECOND: &str = "0B1F28D3C4E5F6071829304A5B6C7D8E9FA01235";
const VECTOR_KEY: &str = include_str!("fixtures/vector.key.pem");
const VECTOR_CERTIFICATE: &str = include_str!("fixtures/vector.crt.pem");

/// The public half of [`VECTOR_KEY`], in the role of the WeChat Pay public key.
fn public_pem() -> String {
    let pem = super::keys::only_pem(VECTOR_CERTIFICATE.as_bytes()).unwrap();
    let spki = STANDARD.encode(pem.parse_x509().unwrap().public_key().raw);
    format!("-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n")
}

/// One of WeChat's signing keys.
#[derive(Clone)]
struct Platform {
    serial: String,
    signer: Arc<Signer>,
}

impl Platform {
    fn new(serial: &str, key: &str) -> Platform {
        Platform { serial: serial.to_owned(), signer: Arc::new(Signer::new(MCHID, serial, key.as_bytes()).unwrap()) }
    }

    fn first() -> Platform {
        Platform::new(FIRST, FIRST_KEY)
    }

    fn second() -> Platform {
        Platform::new(SECOND, SECOND_KEY)
    }

    fn public() -> Platform {
        Platform::new(PUBLIC_ID, VECTOR_KEY)
    }

    /// The headers of an answer or a notice with exactly this body.
    fn headers(&self, at: Millis, body: &[u8]) -> HeaderMap {
        let timestamp = at.get().div_euclid(1000).to_string();
        let mut message = format!("{timestamp}\nC380BEC2BFD727A4B6845133519F3AD6\n").into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        let signature = self.signer.sign(&message).unwrap();
        headers(&[
            ("wechatpay-timestamp", &timestamp),
            ("wechatpay-nonce", "C380BEC2BFD727A4B6845133519F3AD6"),
            ("wechatpay-signature", &signature),
            ("wechatpay-serial", &self.serial),
            ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048"),
            ("request-id", "08F78BD3C40610-0"),
        ])
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
}

/// `content` as WeChat encrypts it.
fn seal(content: &str, associated_data: &str) -> Value {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).unwrap());
    let nonce = "fdasflkja484";
    let mut buffer = content.as_bytes().to_vec();
    let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    key.seal_in_place_append_tag(unique, Aad::from(associated_data.as_bytes()), &mut buffer).unwrap();
    json!({
        "algorithm": "AEAD_AES_256_GCM", "ciphertext": STANDARD.encode(buffer), "associated_data": associated_data, "nonce": nonce,
    })
}

fn transaction(state: &str) -> Value {
    let mut transaction = json!({
        "appid": APPID, "mchid": MCHID, "out_trade_no": ORDER, "trade_state": state, "trade_state_desc": "-",
        "payer": {}, "amount": {"total": 1250, "currency": "CNY"}, "news": {"to": "us"},
    });
    if matches!(state, "SUCCESS" | "REFUND") {
        transaction["transaction_id"] = json!("4200002026202611211234567890");
        transaction["success_time"] = json!("2027-01-15T15:59:58+08:00");
        transaction["payer"] = json!({"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"});
        transaction["trade_type"] = json!("JSAPI");
    }
    transaction
}

fn paid() -> Trade {
    Trade::Paid {
        transaction: "4200002026202611211234567890".to_owned(),
        amount_fen: Fen::of(1250),
        is_cny: true,
        at_ms: Millis::of(NOW - 2_000),
    }
}

fn notice(event_type: &str, content: &Value) -> String {
    let resource = seal(&content.to_string(), "transaction");
    json!({
        "id": "EV-2027011516000000001", "create_time": "2027-01-15T16:00:00+08:00", "resource_type": "encrypt-resource",
        "event_type": event_type, "summary": "支付成功", "resource": resource,
    })
    .to_string()
}

fn certificates(listed: &[(&str, &str)]) -> String {
    let items: Vec<Value> = listed
        .iter()
        .map(|(serial, pem)| {
            json!({
                "serial_no": serial, "effective_time": "2026-11-21T00:00:00+08:00", "expire_time": "2031-11-21T00:00:00+08:00",
                "encrypt_certificate": seal(pem, "certificate"),
            })
        })
        .collect();
    json!({ "data": items }).to_string()
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Hands {
        Hands(Arc::new(AtomicI64::new(NOW)))
    }

    fn now(&self) -> Millis {
        Millis::of(self.0.load(Ordering::SeqCst))
    }

    fn pass_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || hands.now())
    }
}

fn config(api_base: &str, is_public: bool) -> WechatConfig {
    WechatConfig {
        api_base: api_base.to_owned(),
        mchid: MCHID.to_owned(),
        appid: APPID.to_owned(),
        serial_no: "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C".to_owned(),
        private_key: Secret::of(FIRST_KEY),
        api_v3_key: Secret::of(API_V3_KEY),
        public_key: is_public.then(|| (PUBLIC_ID.to_owned(), public_pem().into_bytes())),
        notify_url_base: "https://pay.example.org".to_owned(),
        timeout_ms: 1_000,
    }
}

fn order_no() -> OutTradeNo {
    OutTradeNo::parse(ORDER).unwrap()
}

/// A request as it arrived.
#[derive(Debug, Clone)]
struct Heard {
    method: String,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What comes back over the socket.
enum Reply {
    /// A well-formed answer.
    Answer(u16, HeaderMap, Vec<u8>),
    /// An answer that promises more bytes than it sends.
    CutOff(u16, HeaderMap, Vec<u8>),
    /// Nothing until the caller gives up.
    Silence,
}

/// A WeChat that says what a test wants it to say, and remembers what it heard.
struct Stand {
    base: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Stand {
    async fn new(answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Stand {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (heard, answer) = (Arc::new(Mutex::new(vec![])), Arc::new(answer));
        let log = heard.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(converse(socket, log.clone(), answer.clone()));
            }
        });
        Stand { base, heard }
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    fn heard_at(&self, path: &str) -> usize {
        self.heard().iter().filter(|heard| heard.path == path).count()
    }
}

async fn converse(mut socket: tokio::net::TcpStream, log: Arc<Mutex<Vec<Heard>>>, answer: Arc<impl Fn(&Heard) -> Reply + Send + Sync>) {
    let Some(heard) = listen(&mut socket).await else { return };
    log.lock().unwrap().push(heard.clone());
    let (status, headers, body, promised) = match answer(&heard) {
        Reply::Answer(status, headers, body) => (status, headers, body.clone(), body.len()),
        Reply::CutOff(status, headers, body) => (status, headers, body.clone(), body.len() + 10),
        Reply::Silence => return std::future::pending().await,
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    if status != 204 {
        head.push_str(&format!("content-length: {promised}\r\n"));
    }
    for (name, value) in &headers {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&body);
    let _ = socket.write_all(&bytes).await;
    let _ = socket.shutdown().await;
}

async fn listen(socket: &mut tokio::net::TcpStream) -> Option<Heard> {
    let mut bytes = vec![];
    loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let pairs: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
        let headers = headers(&pairs);
        let length = headers.get("content-length").map_or(0, |value| value.to_str().unwrap().parse().unwrap());
        if bytes.len() >= end + 4 + length {
            let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
            return Some(Heard { method, path, headers, body: bytes[end + 4..].to_vec() });
        }
    }
}
