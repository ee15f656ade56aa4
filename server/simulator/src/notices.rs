//! Notices: signed, encrypted, sent to the merchant, and sent again by WeChat Pay's table until they are accepted (protocol document, 2.4).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account;
use crate::agenda::Task;
use crate::clock::rfc3339;
use crate::orders::Order;
use crate::refunds::{Refund, RefundState};
use crate::sign::{KeyError, SCHEME, answer_message, random_text, seal};
use crate::world::{Shared, World, lock};

/// Seconds between one refused delivery and the next; after fifteen repetitions nothing more is sent.
pub(crate) const RETRY_S: [u32; 15] = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NoticeState {
    /// Not yet accepted; more deliveries follow.
    Waiting,
    /// The merchant answered 2xx.
    Accepted,
    /// Fifteen repetitions were refused.
    GivenUp,
    /// Never sent, by fault or because the payer told nobody.
    Dropped,
}

/// One try to hand a notice over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub at_ms: i64,
    pub url: String,
    /// `notice`, `copy`, `probe`, or the fault that it carried.
    pub kind: String,
    /// Serial or id of the key that signed.
    pub serial: String,
    pub status: Option<u16>,
    pub error: Option<String>,
}

/// One event that the merchant shall know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub id: String,
    pub event_type: String,
    pub out_trade_no: String,
    pub url: String,
    /// The envelope, byte for byte the same at every delivery; only the signature is new.
    pub body: String,
    pub created_ms: i64,
    pub state: NoticeState,
    /// Refused deliveries so far.
    pub refused: usize,
    pub attempts: Vec<Attempt>,
}

/// How one delivery differs from an ordinary one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Twist {
    #[default]
    None,
    Copy,
    Probe,
    WrongSignature,
    UnknownSerial,
    Stale,
    Unsigned,
    Garbled,
}

impl Twist {
    /// The delivery that a fault asks for; faults about when and how often are none of it.
    pub fn of(fault: &str) -> Self {
        match fault {
            "signtest" => Self::Probe,
            "wrong-signature" => Self::WrongSignature,
            "unknown-serial" => Self::UnknownSerial,
            "stale" => Self::Stale,
            "unsigned" => Self::Unsigned,
            "garbled" => Self::Garbled,
            _ => Self::None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::None => "notice",
            Self::Copy => "copy",
            Self::Probe => "probe",
            Self::WrongSignature => "wrong-signature",
            Self::UnknownSerial => "unknown-serial",
            Self::Stale => "stale",
            Self::Unsigned => "unsigned",
            Self::Garbled => "garbled",
        }
    }
}

/// Does what the agenda says for as long as it is polled. The clock may be a test's, so it is looked at often rather than slept through.
pub(crate) async fn run_agenda(world: Shared) {
    loop {
        match world.agenda.due(world.now_ms()) {
            Ok(Task::Deliver { id, twist, copies, probe }) => {
                let world = world.clone();
                tokio::spawn(async move { deliver_by_table(&world, &id, twist, copies, probe).await });
            }
            Ok(Task::Push { openid, xml, tries }) => drop(tokio::spawn(account::deliver(world.clone(), openid, xml, tries))),
            Ok(Task::FinishRefund(no)) => finish_refund(&world, &no),
            Err(None) => world.agenda.rung.notified().await,
            Err(Some(at_ms)) => {
                let wait_ms = u64::try_from(at_ms - world.now_ms()).unwrap_or(0).clamp(1, 20);
                let _ = tokio::time::timeout(Duration::from_millis(wait_ms), world.agenda.rung.notified()).await;
            }
        }
    }
}

/// Writes the envelope that tells of a payment.
pub(crate) fn payment_notice(world: &World, order: &Order, now_ms: i64) -> Result<Notice, KeyError> {
    let event = Event { kind: "TRANSACTION.SUCCESS", summary: "支付成功", original: "transaction", out_trade_no: &order.out_trade_no };
    envelope(world, &event, &order.transaction(), &order.notify_url, now_ms)
}

/// Writes the envelope that tells of a payment under an event type of another name.
pub(crate) fn other_notice(world: &World, order: &Order, kind: &str, now_ms: i64) -> Result<Notice, KeyError> {
    let event = Event { kind, summary: "其他通知", original: "transaction", out_trade_no: &order.out_trade_no };
    envelope(world, &event, &order.transaction(), &order.notify_url, now_ms)
}

/// Writes the envelope that tells how a refund ended; nothing when it has not ended or nobody asked to be told.
pub(crate) fn refund_notice(world: &World, order: &Order, refund: &Refund, now_ms: i64) -> Result<Option<Notice>, KeyError> {
    let (kind, summary) = match refund.state {
        RefundState::Processing => return Ok(None),
        RefundState::Success => ("REFUND.SUCCESS", "退款成功"),
        RefundState::Abnormal => ("REFUND.ABNORMAL", "退款异常"),
        RefundState::Closed => ("REFUND.CLOSED", "退款关闭"),
    };
    let (Some(url), Some(paid)) = (&refund.notify_url, &order.paid) else { return Ok(None) };
    let event = Event { kind, summary, original: "refund", out_trade_no: &order.out_trade_no };
    let text = refund.notice(&order.mchid, paid.amount_fen, &paid.bank_type);
    envelope(world, &event, &text, url, now_ms).map(Some)
}

/// Files a notice and sends it at once, unless a fault says otherwise.
pub(crate) fn send(world: &World, mut notice: Notice, now_ms: i64) {
    let fault = world.faults.strike("notify", &[&notice.out_trade_no, &notice.event_type]);
    let what = fault.as_ref().map(|fault| fault.fault.clone()).unwrap_or_default();
    let (id, no) = (notice.id.clone(), notice.out_trade_no.clone());
    if what == "drop" {
        notice.state = NoticeState::Dropped;
    }
    file(world, notice);
    let (mut at_ms, mut copies) = (now_ms, 0);
    match (what.as_str(), fault) {
        ("drop", _) => return,
        ("out-of-order", _) => {
            world.books().held.entry(no).or_default().push(id);
            return;
        }
        ("delay", Some(fault)) => at_ms += fault.ms.unwrap_or(60_000),
        ("duplicate", Some(fault)) => copies = fault.copies.unwrap_or(2).saturating_sub(1),
        _ => {}
    }
    let probe = what == "signtest";
    let twist = if probe { Twist::None } else { Twist::of(&what) };
    world.agenda.add(at_ms, Task::Deliver { id, twist, copies, probe });
}

/// Files a notice without sending it.
pub(crate) fn file(world: &World, notice: Notice) {
    let mut books = world.books();
    if let Some(order) = books.orders.get_mut(&notice.out_trade_no) {
        order.notices.push(notice.id.clone());
    }
    books.notices.insert(notice.id.clone(), notice);
    drop(books);
    world.changed.notify_one();
}

/// Hands one notice over once, signed for this moment, and writes down what happened.
pub(crate) async fn deliver(world: &World, id: &str, url: Option<&str>, twist: &Twist) -> Option<Attempt> {
    let (body, url) = {
        let books = world.books();
        let notice = books.notices.get(id)?;
        (notice.body.clone(), url.unwrap_or(&notice.url).to_owned())
    };
    let now_ms = world.now_ms();
    let mut attempt = Attempt { at_ms: now_ms, url, kind: twist.name().into(), serial: String::new(), status: None, error: None };
    match signed_headers(world, &body, twist, now_ms) {
        Ok((headers, serial)) => {
            attempt.serial = serial;
            post(world, headers, body, twist, &mut attempt).await;
        }
        Err(error) => attempt.error = Some(error.to_string()),
    }
    if let Some(notice) = world.books().notices.get_mut(id) {
        notice.attempts.push(attempt.clone());
        if attempt.accepted() && matches!(twist, Twist::None | Twist::Copy) {
            notice.state = NoticeState::Accepted;
        }
    }
    world.changed.notify_one();
    Some(attempt)
}

async fn deliver_by_table(world: &Shared, id: &str, twist: Twist, copies: u32, probe: bool) {
    if probe {
        deliver(world, id, None, &Twist::Probe).await;
    }
    for _ in 0..copies {
        let (world, id) = (world.clone(), id.to_owned());
        tokio::spawn(async move { deliver(&world, &id, None, &Twist::Copy).await });
    }
    let Some(attempt) = deliver(world, id, None, &twist).await else { return };
    let next = settle(world, id, attempt.accepted());
    if let Some(at_ms) = next {
        world.agenda.add(at_ms, Task::Deliver { id: id.to_owned(), twist: Twist::None, copies: 0, probe: false });
    }
    release_held(world, id);
}

/// Writes down whether the notice is accepted; answers when it is to be repeated.
fn settle(world: &World, id: &str, accepted: bool) -> Option<i64> {
    let now_ms = world.now_ms();
    let mut books = world.books();
    let notice = books.notices.get_mut(id)?;
    if accepted {
        notice.state = NoticeState::Accepted;
        return None;
    }
    let Some(seconds) = RETRY_S.get(notice.refused) else {
        notice.state = NoticeState::GivenUp;
        return None;
    };
    notice.refused += 1;
    #[expect(clippy::cast_possible_truncation, reason = "the table times a scale is far below 2^52 milliseconds")]
    let wait_ms = (f64::from(*seconds) * 1000.0 * world.retry_scale).ceil() as i64;
    Some(now_ms + wait_ms)
}

/// Sends what was held back until another notice of its order had gone first.
fn release_held(world: &World, id: &str) {
    let mut books = world.books();
    let Some(no) = books.notices.get(id).map(|notice| notice.out_trade_no.clone()) else { return };
    let held = books.held.remove(&no).unwrap_or_default();
    drop(books);
    for id in held {
        world.agenda.add(world.now_ms(), Task::Deliver { id, twist: Twist::None, copies: 0, probe: false });
    }
}

/// Decides a refund whose time has come and tells the merchant.
pub(crate) fn finish_refund(world: &World, out_refund_no: &str) {
    let now_ms = world.now_ms();
    let decided = {
        let mut books = world.books();
        let refund = books.finish_refund(out_refund_no, now_ms);
        refund.and_then(|refund| books.orders.get(&refund.out_trade_no).cloned().map(|order| (order, refund)))
    };
    let Some((order, refund)) = decided else { return };
    world.changed.notify_one();
    match refund_notice(world, &order, &refund, now_ms) {
        Ok(Some(notice)) => send(world, notice, now_ms),
        Ok(None) => {}
        Err(error) => tracing::error!(%error, "a refund notice could not be written"),
    }
}

impl Attempt {
    /// Whether the merchant took it: any 2xx, whatever the body says.
    pub fn accepted(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

struct Event<'a> {
    kind: &'a str,
    summary: &'a str,
    original: &'a str,
    out_trade_no: &'a str,
}

fn envelope(world: &World, event: &Event<'_>, text: &Value, url: &str, now_ms: i64) -> Result<Notice, KeyError> {
    let sealed = seal(&world.ring().merchant.api_v3_key, event.original, text.to_string().as_bytes())?;
    let id = uuid::Uuid::new_v4().to_string();
    let body = json!({
        "id": id,
        "create_time": rfc3339(now_ms),
        "resource_type": "encrypt-resource",
        "event_type": event.kind,
        "summary": event.summary,
        "resource": {
            "original_type": event.original,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": sealed.ciphertext,
            "associated_data": sealed.associated_data,
            "nonce": sealed.nonce,
        },
    });
    Ok(Notice {
        id,
        event_type: event.kind.into(),
        out_trade_no: event.out_trade_no.into(),
        url: url.into(),
        body: body.to_string(),
        created_ms: now_ms,
        state: NoticeState::Waiting,
        refused: 0,
        attempts: Vec::new(),
    })
}

type Headers = Vec<(&'static str, String)>;

/// The headers of one delivery and the serial in them.
fn signed_headers(world: &World, body: &str, twist: &Twist, now_ms: i64) -> Result<(Headers, String), KeyError> {
    let ring = world.ring();
    let by_public_key = lock(&world.switch).next_by_public_key(now_ms);
    let (key, serial) = match ring.certificates.last() {
        Some(certificate) if !by_public_key => (&certificate.key, certificate.serial.clone()),
        _ => (&ring.public_key, ring.merchant.wechatpay_public_key_id.clone()),
    };
    let age_s = if *twist == Twist::Stale { 600 } else { 0 };
    let (timestamp, nonce) = ((now_ms / 1000 - age_s).to_string(), random_text(32));
    let signature = key.sign(&answer_message(&timestamp, &nonce, body.as_bytes()))?;
    let signature = match twist {
        // Not base64 on purpose: probes look like this (protocol document, 2.4).
        Twist::Probe => format!("WECHATPAY/SIGNTEST/{signature}"),
        Twist::WrongSignature => ring.merchant_key.sign(&answer_message(&timestamp, &nonce, body.as_bytes()))?,
        _ => signature,
    };
    let serial = if *twist == Twist::UnknownSerial { "7A0000000000000000000000000000000000FFFF".to_owned() } else { serial };
    if *twist == Twist::Unsigned {
        return Ok((Vec::new(), serial));
    }
    let headers = vec![
        ("Wechatpay-Timestamp", timestamp),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Signature", signature),
        ("Wechatpay-Serial", serial.clone()),
        ("Wechatpay-Signature-Type", SCHEME.to_owned()),
    ];
    Ok((headers, serial))
}

async fn post(world: &World, headers: Headers, body: String, twist: &Twist, attempt: &mut Attempt) {
    // A garbled notice is correctly signed, but its bytes changed on the way.
    let body = if *twist == Twist::Garbled { body.replacen("\"id\"", "\"di\"", 1) } else { body };
    let mut request = world
        .http
        .post(&attempt.url)
        .timeout(Duration::from_millis(world.answer_limit_ms))
        .header("Content-Type", "application/json")
        .header("Accept", "*/*")
        .header("Request-ID", format!("{}-0", random_text(24)))
        .body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    match request.send().await {
        Ok(answer) => attempt.status = Some(answer.status().as_u16()),
        Err(error) if error.is_timeout() => attempt.error = Some(format!("no answer within {} ms", world.answer_limit_ms)),
        Err(error) => attempt.error = Some(error.to_string()),
    }
    if *twist == Twist::Probe && attempt.accepted() {
        attempt.error = Some("the merchant accepted a probe with an impossible signature".into());
    }
}
