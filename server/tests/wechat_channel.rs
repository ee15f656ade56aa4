//! The WeChat adapter against the simulator, which is as strict as WeChat and can be told to fail: every verb, every key mode, every
//! fault of the road.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects, in its helpers too")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::payment::{AttemptKind, Trade};
use domain::refund::{RefundCause, RefundState, RefundWord};
use domain::{ChannelCode, Fen, Millis, OutRefundNo, OutTradeNo, PaymentId, Refund, TenantId};
use serde_json::{Value, json};
use server::channels::oauth::{Identity, Oauth, OauthConfig, OauthError};
use server::channels::secret::Secret;
use server::channels::wechat::{NOTIFY_PATH, Wechat, WechatConfig};
use server::channels::{Channel, ChannelError, Closing, Created, NewOrder, Notice, NoticeRefusal, Word};
use simulator::{KeyMode, Sim, SimConfig};
use tokio::sync::mpsc;
use uuid::Uuid;

/// What arrived at our door, proven or refused.
type Arrival = Result<Notice, NoticeRefusal>;

/// A simulator, a merchant's adapter and a door for notices, all under one clock that stands still until it is moved.
struct Scene {
    sim: Sim,
    wechat: Arc<Wechat>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    control: reqwest::Client,
    hands: Arc<AtomicI64>,
}

impl Scene {
    async fn new(mode: KeyMode) -> Scene {
        let hands = Arc::new(AtomicI64::new(1_800_000_000_000));
        let (ours, theirs) = (hands.clone(), hands.clone());
        let clock = Arc::new(move || theirs.load(Ordering::SeqCst));
        let sim = simulator::start(SimConfig { key_mode: mode, ..SimConfig::for_tests(clock) }).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let merchant = sim.merchant();
        let config = WechatConfig {
            api_base: sim.base_url(),
            mchid: merchant.mchid,
            appid: merchant.appid,
            serial_no: merchant.merchant_serial_no,
            private_key: Secret::of(merchant.merchant_private_key_pem),
            api_v3_key: Secret::of(merchant.api_v3_key),
            public_key: (mode != KeyMode::Certificate)
                .then(|| (merchant.wechatpay_public_key_id, merchant.wechatpay_public_key_pem.into_bytes())),
            notify_url_base: format!("http://{}", listener.local_addr().unwrap()),
            timeout_ms: 1_000,
        };
        let wechat = Arc::new(Wechat::new(&config, Arc::new(move || Millis::of(ours.load(Ordering::SeqCst)))).unwrap());
        let (sender, arrivals) = mpsc::unbounded_channel();
        let door = Router::new().route(NOTIFY_PATH, post(take)).with_state((wechat.clone(), sender));
        tokio::spawn(async move { axum::serve(listener, door).await });
        Scene { sim, wechat, arrivals, control: reqwest::Client::new(), hands }
    }

    fn pass_ms(&self, ms: i64) {
        self.hands.fetch_add(ms, Ordering::SeqCst);
    }

    fn order(&self, kind: AttemptKind) -> NewOrder {
        NewOrder {
            no: OutTradeNo::later(Uuid::now_v7()),
            kind,
            description: "秋季学费 2026".to_owned(),
            amount_fen: Fen::of(1250),
            expires_at_ms: Millis::of(self.hands.load(Ordering::SeqCst) + 900_000),
            openid: Some("oSim-payer-1".to_owned()),
            payer_ip: Some("203.0.113.7".to_owned()),
            attach: Some("三年二班".to_owned()),
        }
    }

    /// An order that is created and paid, without a notice.
    async fn paid_order(&self) -> NewOrder {
        let order = self.order(AttemptKind::Jsapi);
        self.wechat.create(&order).await.unwrap();
        self.control(&format!("/_sim/orders/{}/pay", order.no), json!({"notify": false})).await;
        order
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.control.post(format!("{}{path}", self.sim.base_url())).json(&body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn fault(&self, door: &str, fault: &str) {
        self.control("/_sim/faults", json!({"door": door, "fault": fault, "times": 1, "ms": 1_500})).await;
    }

    async fn arrival(&mut self) -> Arrival {
        tokio::time::timeout(Duration::from_secs(10), self.arrivals.recv()).await.expect("a notice within ten seconds").unwrap()
    }
}

async fn take(
    State((wechat, sender)): State<(Arc<Wechat>, mpsc::UnboundedSender<Arrival>)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let read = wechat.read_notice(&headers, &body).await;
    let status = read.as_ref().map_or_else(|refusal| StatusCode::from_u16(refusal.status()).unwrap(), |_| StatusCode::NO_CONTENT);
    sender.send(read).unwrap();
    status
}

fn refund_of(order: &NewOrder, amount: i64) -> Refund {
    Refund {
        tenant: TenantId::of(Uuid::nil()),
        no: OutRefundNo::of_request(Uuid::now_v7()),
        payment: PaymentId::of(Uuid::nil()),
        attempt: order.no.clone(),
        received_fen: order.amount_fen,
        amount_fen: Fen::of(amount),
        cause: RefundCause::Merchant,
        reason: "商品少发一件".to_owned(),
        state: RefundState::Asked,
        asked_at_ms: order.expires_at_ms,
    }
}

#[track_caller]
fn assert_unknown<T: std::fmt::Debug>(result: Result<T, ChannelError>, when: &str) {
    assert!(matches!(result, Err(ChannelError::Unknown { .. })), "{when}: {result:?}");
}

async fn a_payment_from_order_to_refund(mode: KeyMode) {
    let mut scene = Scene::new(mode).await;
    let wechat = scene.wechat.clone();
    let order = scene.order(AttemptKind::Jsapi);
    assert_eq!(wechat.query(&order.no).await, Ok(Trade::Missing), "{mode:?}");
    assert_eq!(wechat.close(&order.no).await, Ok(Closing::Missing));

    let created = wechat.create(&order).await.unwrap();
    assert!(matches!(created, Created::Prepay { .. }));
    assert_eq!(wechat.create(&order).await, Ok(created), "a repetition gives the same order");
    assert_eq!(wechat.query(&order.no).await, Ok(Trade::NotPaid));

    scene.control(&format!("/_sim/orders/{}/pay", order.no), json!({})).await;
    let notice = scene.arrival().await.unwrap();
    let Word::Trade { no, trade, openid } = notice.word else { panic!("{notice:?}") };
    assert_eq!((no, openid.as_deref()), (order.no.clone(), order.openid.as_deref()));
    let Trade::Paid { amount_fen, is_cny, at_ms, .. } = &trade else { panic!("{trade:?}") };
    assert_eq!((*amount_fen, *is_cny, *at_ms), (order.amount_fen, true, Millis::of(scene.hands.load(Ordering::SeqCst))));
    assert_eq!(wechat.query(&order.no).await, Ok(trade.clone()), "notice and query say the same");
    assert_eq!(wechat.create(&order).await, Ok(Created::AlreadyPaid));
    assert_eq!(wechat.close(&order.no).await, Ok(Closing::AlreadyPaid));

    let refund = refund_of(&order, 250);
    assert_eq!(wechat.query_refund(&refund.no).await, Ok(None));
    assert!(matches!(wechat.refund(&refund).await.unwrap(), RefundWord::Processing | RefundWord::Done));
    let notice = scene.arrival().await.unwrap();
    let expected = Word::Refund { no: refund.no.clone(), payment_no: order.no.clone(), amount_fen: Fen::of(250), word: RefundWord::Done };
    assert_eq!((notice.event_type.as_str(), notice.word), ("REFUND.SUCCESS", expected));
    assert_eq!(wechat.query_refund(&refund.no).await, Ok(Some(RefundWord::Done)));
    assert_eq!(wechat.refund(&refund).await, Ok(RefundWord::Done), "a repetition returns nothing twice");
    assert_eq!(wechat.query(&order.no).await, Ok(trade), "an order with a refund was paid");

    let unpaid = scene.order(AttemptKind::Native);
    assert!(matches!(wechat.create(&unpaid).await, Ok(Created::CodeUrl { .. })));
    assert_eq!(wechat.close(&unpaid.no).await, Ok(Closing::Closed));
    assert_eq!(wechat.close(&unpaid.no).await, Ok(Closing::Closed));
    assert_eq!(wechat.query(&unpaid.no).await, Ok(Trade::Closed));
    let again = wechat.create(&unpaid).await;
    assert_eq!(again.as_ref().unwrap_err().code().map(|code| code.mender()), Some(domain::channel_code::Mender::Payer), "{again:?}");
    scene.sim.stop().await;
}

#[tokio::test]
async fn a_payment_runs_from_order_to_refund_with_certificates() {
    a_payment_from_order_to_refund(KeyMode::Certificate).await;
}

#[tokio::test]
async fn a_payment_runs_from_order_to_refund_with_certificates_and_the_public_key() {
    a_payment_from_order_to_refund(KeyMode::Both).await;
}

#[tokio::test]
async fn a_payment_runs_from_order_to_refund_with_only_the_public_key() {
    a_payment_from_order_to_refund(KeyMode::PublicKey).await;
}

/// What can happen to an answer on its way, each time the caller cannot know what took effect.
const ROAD: [&str; 11] =
    ["429", "500", "500-after", "502", "slow", "wrong-signature", "unknown-serial", "stale", "truncated", "unsigned", "hang-up"];

#[tokio::test]
async fn whatever_happens_to_an_answer_the_result_is_unknown_and_asking_again_finds_the_truth() {
    let scene = Scene::new(KeyMode::Both).await;
    let wechat = &scene.wechat;
    for fault in ROAD {
        let order = scene.order(AttemptKind::Jsapi);
        scene.fault("prepay", fault).await;
        assert_unknown(wechat.create(&order).await, fault);
        assert!(matches!(wechat.create(&order).await, Ok(Created::Prepay { .. })), "{fault}");
        scene.fault("query", fault).await;
        assert_unknown(wechat.query(&order.no).await, fault);
        assert_eq!(wechat.query(&order.no).await, Ok(Trade::NotPaid), "{fault}");
        // The answer to closing has no body that could be cut.
        if fault != "truncated" {
            scene.fault("close", fault).await;
            assert_unknown(wechat.close(&order.no).await, fault);
        }
        assert_eq!(wechat.close(&order.no).await, Ok(Closing::Closed), "{fault}");

        let order = scene.paid_order().await;
        let refund = refund_of(&order, 250);
        scene.fault("refund", fault).await;
        assert_unknown(wechat.refund(&refund).await, fault);
        assert!(matches!(wechat.refund(&refund).await, Ok(RefundWord::Processing | RefundWord::Done)), "{fault}");
        scene.fault("refund-query", fault).await;
        assert_unknown(wechat.query_refund(&refund.no).await, fault);
        assert!(matches!(wechat.query_refund(&refund.no).await, Ok(Some(_))), "{fault}");
        let seen = scene.control.get(format!("{}/_sim/orders/{}", scene.sim.base_url(), order.no)).send().await.unwrap();
        let seen: Value = serde_json::from_str(&seen.text().await.unwrap()).unwrap();
        assert_eq!(seen["refunds"].as_array().map(Vec::len), Some(1), "{fault}: money goes back once");
    }
}

#[tokio::test]
async fn what_took_effect_behind_a_failure_is_found_by_a_query() {
    let scene = Scene::new(KeyMode::PublicKey).await;
    let order = scene.order(AttemptKind::Native);
    scene.fault("prepay", "500-after").await;
    let unknown = scene.wechat.create(&order).await;
    assert_eq!(unknown.as_ref().unwrap_err().code(), Some(ChannelCode::SystemError), "{unknown:?}");
    assert_eq!(scene.wechat.query(&order.no).await, Ok(Trade::NotPaid));
    let order = scene.paid_order().await;
    let refund = refund_of(&order, 1250);
    scene.fault("refund", "500-after").await;
    assert_unknown(scene.wechat.refund(&refund).await, "500-after");
    assert!(matches!(scene.wechat.query_refund(&refund.no).await, Ok(Some(_))));
}

#[tokio::test]
async fn a_number_repeated_with_other_content_is_not_taken_for_a_refusal() {
    let scene = Scene::new(KeyMode::PublicKey).await;
    let order = scene.order(AttemptKind::Jsapi);
    scene.wechat.create(&order).await.unwrap();
    let changed = NewOrder { amount_fen: Fen::of(1), ..order };
    let result = scene.wechat.create(&changed).await;
    assert!(matches!(result, Err(ChannelError::Unknown { code: Some(ChannelCode::NumberTaken), .. })), "{result:?}");
}

#[tokio::test]
async fn a_refund_waits_for_funds_under_the_same_number() {
    let scene = Scene::new(KeyMode::PublicKey).await;
    let refund = refund_of(&scene.paid_order().await, 250);
    scene.fault("refund", "not-enough").await;
    assert_eq!(scene.wechat.refund(&refund).await, Ok(RefundWord::Unfunded));
    assert!(matches!(scene.wechat.refund(&refund).await, Ok(RefundWord::Processing | RefundWord::Done)));
    let too_much = refund_of(&scene.paid_order().await, 1251);
    let refused = scene.wechat.refund(&too_much).await;
    assert!(matches!(refused, Err(ChannelError::Refused { .. })), "{refused:?}");
    for (fault, expected) in [("abnormal", RefundWord::Abnormal), ("closed", RefundWord::Closed)] {
        let refund = refund_of(&scene.paid_order().await, 250);
        scene.fault("refund-result", fault).await;
        scene.wechat.refund(&refund).await.unwrap();
        assert_eq!(scene.wechat.query_refund(&refund.no).await, Ok(Some(expected)));
    }
}

#[tokio::test]
async fn bad_notices_are_refused_and_the_good_one_behind_them_is_believed() {
    let mut scene = Scene::new(KeyMode::Both).await;
    let order = scene.paid_order().await;
    let path = format!("/_sim/orders/{}/notify", order.no);
    let table = [
        ("wrong-signature", NoticeRefusal::BadSignature),
        ("unknown-serial", NoticeRefusal::UnknownSerial),
        ("stale", NoticeRefusal::TooOld),
        ("garbled", NoticeRefusal::BadSignature),
    ];
    for (fault, expected) in table {
        scene.control(&path, json!({"fault": fault})).await;
        assert_eq!(scene.arrival().await, Err(expected), "{fault}");
    }
    scene.control(&path, json!({"fault": "unsigned"})).await;
    assert!(matches!(scene.arrival().await, Err(NoticeRefusal::MissingHeader(_))));
    scene.control(&path, json!({"signtest": true, "copies": 3})).await;
    let mut ids = vec![];
    for _ in 0..3 {
        assert_eq!(scene.arrival().await, Err(NoticeRefusal::BadSignature), "a probe");
        ids.push(scene.arrival().await.unwrap().id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "a repetition has the same id");
}

#[tokio::test]
async fn keys_change_while_payments_go_on() {
    let mut scene = Scene::new(KeyMode::Both).await;
    scene.control("/_sim/key-mode", json!({"grey_percent": 50.0})).await;
    let order = scene.paid_order().await;
    let path = format!("/_sim/orders/{}/notify", order.no);
    let answer = scene.control(&path, json!({"copies": 20})).await;
    let serials: std::collections::BTreeSet<_> =
        answer["attempts"].as_array().unwrap().iter().map(|attempt| attempt["serial"].as_str().unwrap()).collect();
    assert_eq!(serials.len(), 2, "both keys signed: {answer}");
    for _ in 0..20 {
        scene.arrival().await.unwrap();
    }

    // A second certificate takes over; it is learned from the first message that names it.
    let mut scene = Scene::new(KeyMode::Certificate).await;
    assert_eq!(scene.wechat.refresh_keys().await, Ok(1));
    scene.control("/_sim/key-mode", json!({"certificate": "add"})).await;
    scene.pass_ms(60_000);
    let order = scene.paid_order().await;
    scene.control(&format!("/_sim/orders/{}/notify", order.no), json!({})).await;
    scene.arrival().await.unwrap();
    scene.control("/_sim/key-mode", json!({"certificate": "drop"})).await;
    assert_eq!(scene.wechat.refresh_keys().await, Ok(1));
    assert!(matches!(scene.wechat.query(&order.no).await, Ok(Trade::Paid { .. })));
}

#[tokio::test]
async fn a_wrong_key_of_ours_is_said_as_such() {
    let scene = Scene::new(KeyMode::PublicKey).await;
    let merchant = scene.sim.merchant();
    let config = WechatConfig {
        api_base: scene.sim.base_url(),
        mchid: merchant.mchid,
        appid: merchant.appid,
        serial_no: "0123456789ABCDEF0123456789ABCDEF01234567".to_owned(),
        private_key: Secret::of(merchant.merchant_private_key_pem),
        api_v3_key: Secret::of(merchant.api_v3_key),
        public_key: Some((merchant.wechatpay_public_key_id, merchant.wechatpay_public_key_pem.into_bytes())),
        notify_url_base: "https://pay.example.org".to_owned(),
        timeout_ms: 1_000,
    };
    let wechat = Wechat::new(&config, Arc::new(|| Millis::of(1_800_000_000_000))).unwrap();
    let refused = wechat.create(&scene.order(AttemptKind::Jsapi)).await;
    assert!(matches!(refused, Err(ChannelError::Refused { code: ChannelCode::SignError, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_person_comes_back_from_wechat_with_a_code_that_works_once() {
    let scene = Scene::new(KeyMode::PublicKey).await;
    let merchant = scene.sim.merchant();
    let oauth = Oauth::new(OauthConfig {
        authorize_base: scene.sim.base_url(),
        api_base: scene.sim.base_url(),
        appid: merchant.appid,
        app_secret: Secret::of(merchant.app_secret),
        timeout_ms: 1_000,
    })
    .unwrap();
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let code_of = async |openid: &str| {
        let address = oauth.authorize_url("http://127.0.0.1:3000/oauth/wechat?to=1", "3Fq9");
        let address = address.replace("#wechat_redirect", &format!("&openid={openid}#wechat_redirect"));
        let answer = browser.get(address).send().await.unwrap();
        let back = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        assert_eq!(back.query_pairs().find(|(key, _)| key == "state").unwrap().1, "3Fq9");
        back.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned()
    };
    let code = code_of("oSim-payer-1").await;
    assert_eq!(oauth.exchange(&code).await, Ok(Identity::Person { openid: "oSim-payer-1".to_owned() }));
    assert_eq!(oauth.exchange(&code).await, Err(OauthError::UsedCode));
    assert_eq!(oauth.exchange("made-up").await, Err(OauthError::InvalidCode));
    assert_eq!(oauth.exchange(&code_of("snapshot-1").await).await, Ok(Identity::Preview));
    let old = code_of("oSim-payer-1").await;
    scene.pass_ms(300_000);
    assert_eq!(oauth.exchange(&old).await, Err(OauthError::InvalidCode));
}
