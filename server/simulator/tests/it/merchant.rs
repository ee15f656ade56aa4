//! A merchant that signs as the protocol says, and a place that takes its notices in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use reqwest::header::HeaderMap as AnswerHeaders;
use serde_json::{Value, json};
use simulator::sign::{Sealed, SigningKey, answer_message, open, random_text, request_message, verify_with};
use simulator::{Clock, Merchant, Sim, SimConfig};

/// 2026-01-05 12:00:00 in China.
pub const NOON_MS: i64 = 1_767_585_600_000;

/// A clock that a test turns by hand.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn at(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }

    pub fn clock(&self) -> Clock {
        let hands = self.0.clone();
        Arc::new(move || hands.load(Ordering::SeqCst))
    }

    pub fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// A world with its merchant.
pub struct Shop {
    pub sim: Sim,
    pub hands: Hands,
    pub merchant: Merchant,
    pub key: SigningKey,
    pub http: reqwest::Client,
    /// Serial sent as `Wechatpay-Serial`, when the merchant asks for a certain key.
    pub wanted_serial: Mutex<Option<String>>,
}

/// One answer, read completely.
pub struct Answer {
    pub status: u16,
    pub headers: AnswerHeaders,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// The number that ends the Request-ID.
    pub fn number(&self) -> u32 {
        self.header("request-id").rsplit('-').next().unwrap().parse().unwrap()
    }
}

/// A request before it is signed, with everything that a test may want wrong.
pub struct Draft {
    pub method: &'static str,
    pub target: String,
    pub body: String,
    pub mchid: String,
    pub serial: String,
    pub timestamp: i64,
    pub nonce: String,
    /// Signed instead of the body, when it shall differ.
    pub signed_body: Option<String>,
    pub headers: Vec<(&'static str, String)>,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub async fn open_with(change: impl FnOnce(&mut SimConfig)) -> Self {
        let hands = Hands::at(NOON_MS);
        let mut config = SimConfig::for_tests(hands.clock());
        change(&mut config);
        let sim = simulator::start(config).await.unwrap();
        let merchant = sim.merchant();
        let key = SigningKey::from_pem(&merchant.merchant_private_key_pem).unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { sim, hands, merchant, key, http, wanted_serial: Mutex::new(None) }
    }

    pub fn draft(&self, method: &'static str, target: &str, body: &Value) -> Draft {
        Draft {
            method,
            target: target.into(),
            body: if body.is_null() { String::new() } else { body.to_string() },
            mchid: self.merchant.mchid.clone(),
            serial: self.merchant.merchant_serial_no.clone(),
            timestamp: self.hands.now_ms() / 1000,
            nonce: random_text(32),
            signed_body: None,
            headers: vec![
                ("Accept", "application/json".into()),
                ("Content-Type", "application/json".into()),
                ("User-Agent", "simulator-tests".into()),
            ],
        }
    }

    pub fn authorization(&self, draft: &Draft) -> String {
        let timestamp = draft.timestamp.to_string();
        let body = draft.signed_body.as_ref().unwrap_or(&draft.body);
        let message = request_message(draft.method, &draft.target, &timestamp, &draft.nonce, body.as_bytes());
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{}\",signature=\"{}\",timestamp=\"{timestamp}\",serial_no=\"{}\"",
            draft.mchid,
            draft.nonce,
            self.key.sign(&message).unwrap(),
            draft.serial,
        )
    }

    pub async fn send(&self, draft: Draft) -> reqwest::Result<Answer> {
        let authorization = self.authorization(&draft);
        self.send_as(draft, Some(authorization)).await
    }

    pub async fn send_as(&self, draft: Draft, authorization: Option<String>) -> reqwest::Result<Answer> {
        let url = format!("{}{}", self.sim.base_url(), draft.target);
        let mut request = self.http.request(draft.method.parse().unwrap(), url).body(draft.body);
        for (name, value) in draft.headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let wanted = self.wanted_serial.lock().unwrap().clone();
        if let Some(serial) = wanted {
            request = request.header("Wechatpay-Serial", serial);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, body: answer.bytes().await?.to_vec() })
    }

    pub async fn post(&self, target: &str, body: Value) -> Answer {
        self.send(self.draft("POST", target, &body)).await.unwrap()
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.send(self.draft("GET", target, &Value::Null)).await.unwrap()
    }

    /// A correct JSAPI order.
    pub fn order_body(&self, no: &str) -> Value {
        json!({
            "appid": self.merchant.appid, "mchid": self.merchant.mchid, "description": "午餐", "out_trade_no": no,
            "notify_url": "http://127.0.0.1:9/notify/wechat", "amount": { "total": 1250, "currency": "CNY" }, "payer": { "openid": "oPayer" },
        })
    }

    pub async fn order(&self, no: &str, notify_url: &str) -> Answer {
        let mut body = self.order_body(no);
        body["notify_url"] = json!(notify_url);
        self.post("/v3/pay/transactions/jsapi", body).await
    }

    pub async fn query(&self, no: &str) -> Answer {
        self.get(&format!("/v3/pay/transactions/out-trade-no/{no}?mchid={}", self.merchant.mchid)).await
    }

    pub async fn refund(&self, no: &str, refund_no: &str, fen: i64, notify_url: &str) -> Answer {
        let body = json!({
            "out_trade_no": no, "out_refund_no": refund_no, "notify_url": notify_url,
            "amount": { "refund": fen, "total": 1250, "currency": "CNY" },
        });
        self.post("/v3/refund/domestic/refunds", body).await
    }

    /// A control door.
    pub async fn door(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method.parse().unwrap(), format!("{}/_sim{path}", self.sim.base_url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    pub async fn fault(&self, fault: Value) {
        assert_eq!(self.door("POST", "/faults", fault).await.0, 200);
    }

    /// Whether an answer is signed by a key of the platform, and by which.
    pub async fn signer(&self, answer: &Answer) -> Option<String> {
        let (timestamp, nonce) = (answer.header("wechatpay-timestamp"), answer.header("wechatpay-nonce"));
        let message = answer_message(&timestamp, &nonce, &answer.body);
        self.signed(&answer.header("wechatpay-serial"), &message, &answer.header("wechatpay-signature"))
    }

    pub fn signed(&self, serial: &str, message: &[u8], signature: &str) -> Option<String> {
        let merchant = self.sim.merchant();
        let der = if serial == merchant.wechatpay_public_key_id {
            x509_parser::pem::parse_x509_pem(merchant.wechatpay_public_key_pem.as_bytes()).unwrap().1.contents
        } else if serial == merchant.platform_certificate_serial_no {
            certificate_key(&merchant.platform_certificate_pem)
        } else {
            return None;
        };
        verify_with(&der, message, signature).then(|| serial.to_owned())
    }
}

/// The public key inside a certificate.
pub fn certificate_key(pem: &str) -> Vec<u8> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    pem.parse_x509().unwrap().public_key().raw.to_vec()
}

/// One notice as it arrived.
#[derive(Clone)]
pub struct Arrived {
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Arrived {
    /// The event and what its envelope holds.
    pub fn opened(&self, api_v3_key: &str) -> (String, Value) {
        let notice: Value = serde_json::from_slice(&self.body).unwrap();
        let resource = &notice["resource"];
        let text = |name: &str| resource[name].as_str().unwrap().to_owned();
        let sealed = Sealed { nonce: text("nonce"), associated_data: text("associated_data"), ciphertext: text("ciphertext") };
        (notice["event_type"].as_str().unwrap().to_owned(), serde_json::from_slice(&open(api_v3_key, &sealed).unwrap()).unwrap())
    }

    pub fn signature_fits(&self, shop: &Shop) -> bool {
        let header = |name: &str| self.headers.get(name).cloned().unwrap_or_default();
        let message = answer_message(&header("wechatpay-timestamp"), &header("wechatpay-nonce"), &self.body);
        shop.signed(&header("wechatpay-serial"), &message, &header("wechatpay-signature")).is_some()
    }
}

/// Takes notices in and answers what the test wants.
#[derive(Clone)]
pub struct Inbox {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    answer: Arc<Mutex<StatusCode>>,
    pub url: String,
}

impl Inbox {
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/notify/wechat", listener.local_addr().unwrap());
        let inbox = Self { arrived: Arc::default(), answer: Arc::new(Mutex::new(StatusCode::NO_CONTENT)), url };
        let app = Router::new().route("/notify/wechat", post(take)).with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        inbox
    }

    pub fn answer_with(&self, status: u16) {
        *self.answer.lock().unwrap() = StatusCode::from_u16(status).unwrap();
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// Waits until so many notices are there.
    pub async fn wait_for(&self, count: usize) -> Vec<Arrived> {
        for _ in 0..500 {
            if self.arrived().len() >= count {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let arrived = self.arrived();
        assert!(arrived.len() >= count, "{} of {count} notices arrived", arrived.len());
        arrived
    }
}

async fn take(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    inbox.arrived.lock().unwrap().push(Arrived { headers, body: body.to_vec() });
    *inbox.answer.lock().unwrap()
}
