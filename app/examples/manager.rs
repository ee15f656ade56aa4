//! The manager's screens with an invented backend: every state of every screen without a server or a database.
//!
//! `cargo run -p app --example manager --features ssr -- 3900` serves them at `http://127.0.0.1:3900/m`, with the bundle that
//! `make client` built. The cookie `scene` chooses what there is: `empty`, `few` (the default), `many` (40 receipts),
//! `long` (long names), `broken`. `POST /_fake/arrive`, `/_fake/bye` and `/_fake/drop` act on the live streams.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a tool for the workbench says plainly what it expects")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use app::Refusal;
use app::concerns::{self, ConcernCount, ConcernPage, ConcernQuery, ConcernRow, Concerns, Money, PaymentDetail, Seen};
use app::manager::{Arrival, Collecting, Desk, OldCode, OwnCode, Preset, Refreshed, SignIn, SignInWhy, Today};
use app::messages::{Listening, Listens, MessagesPage, State};
use app::mobile::{Answer, Backend, Bundle, Visit, answer};
use app::receipts::{Cursor, DayTotal, PAGE_ROWS, ReceiptDetail, ReceiptPage, ReceiptQuery, ReceiptRow, Receipts, RefundLine, Through};
use app::ui::prefs::Prefs;
use domain::concern::{ConcernKind, ConcernState};
use domain::form::Answer as Filled;
use domain::payment::{AttemptState, Standing};
use domain::receipt::Receipt;
use domain::refund::{RefundCause, RefundState};
use domain::token::TokenLife;
use domain::{AccountId, Caller, ChannelCode, ConcernId, Fen, Millis, OutRefundNo, PaymentId, PaymentState, Role, TenantId};
use uuid::Uuid;

/// 2026-11-21 14:40 in Shanghai.
const NOW_MS: i64 = 1_795_243_200_000;

/// What there is, by the word of the cookie.
struct Scene {
    name: String,
    arrived: Arc<Mutex<Vec<ReceiptRow>>>,
}

fn payment(number: u64) -> PaymentId {
    PaymentId::of(Uuid::from_u128(0x0199_a0b1_c2d3_7000_8000_0000_0000_0000 + u128::from(number) * 7_919))
}

impl Scene {
    fn rows(&self) -> Vec<ReceiptRow> {
        let count = match self.name.as_str() {
            "empty" => 0,
            "many" => 40,
            _ => 9,
        };
        let mut rows = self.arrived.lock().unwrap().clone();
        rows.extend((0..count).map(|index| self.row(index)));
        rows
    }

    fn row(&self, index: u64) -> ReceiptRow {
        let people = [
            ("李小雨", "三年二班", "默认码", 12_850),
            ("周子涵", "三年一班", "校服款", 8_000),
            ("", "", "门口码牌", 1_250),
            ("恒达物业", "11月物业费", "恒达专用码", 240_000),
            ("赵一诺", "二年四班", "默认码", 3_500),
            ("孙悦", "三年二班", "默认码", 12_850),
            ("欧阳", "", "默认码", 1),
        ];
        let (mut title, detail, code_name, amount) = people[index as usize % people.len()];
        if self.name == "long" {
            title = "内蒙古自治区呼和浩特市赛罕区青禾实验学校附属第二幼儿园家长委员会 Constantinopolitanischerdudelsackspfeifer";
        }
        let amount = if self.name == "long" { 4_999_999 } else { amount };
        let (refunding, refunded) = match index {
            1 => (0, 2_000.min(amount)),
            4 => (1_500, 0),
            5 => (0, amount),
            _ => (0, 0),
        };
        ReceiptRow {
            payment: payment(index),
            title: title.to_owned(),
            detail: detail.to_owned(),
            code_name: code_name.to_owned(),
            amount_fen: Fen::of(amount),
            refunding_fen: Fen::of(refunding),
            refunded_fen: Fen::of(refunded),
            at_ms: Millis::of(NOW_MS - 480_000 - index as i64 * 5_400_000),
        }
    }

    fn old(&self) -> Vec<OldCode> {
        let old = |token: &str, ago_ms: i64| {
            let replaced_at_ms = Millis::of(NOW_MS - ago_ms);
            OldCode {
                token: token.to_owned(),
                name: format!("尾号 {}", &token[12..]),
                replaced_at_ms,
                ends_at_ms: replaced_at_ms.plus_ms(10_800_000),
            }
        };
        if self.name == "empty" { vec![] } else { vec![old("oldOLDoldOLDab12", 120_000), old("oldOLDoldOLDx9_Q", 10_740_000)] }
    }

    fn total(&self, day: domain::Day) -> DayTotal {
        let rows: Vec<_> = self.rows().into_iter().filter(|row| row.at_ms.day() == day).collect();
        let sum_fen = rows.iter().fold(Fen::ZERO, |sum, row| sum.plus(row.amount_fen).unwrap());
        DayTotal { day, count: rows.len() as u64, sum_fen }
    }
}

#[async_trait::async_trait]
impl Collecting for Scene {
    async fn desk(&self, caller: &Caller) -> Result<Desk, Refusal> {
        if self.name == "broken" {
            return Err(Refusal::Broken { trace: "a1b2".to_owned() });
        }
        let long = self.name == "long";
        let today = self.today(caller).await?;
        let pay_url = "http://127.0.0.1:3000/p/demo".to_owned();
        let merchant_name =
            if long { "内蒙古自治区呼和浩特市赛罕区青禾实验学校附属第二幼儿园" } else { "青禾实验学校" };
        Ok(Desk {
            merchant_name: merchant_name.to_owned(),
            manager_name: if long { "Maximiliane-Konstantina von und zu Hohenzollern".to_owned() } else { "王敏".to_owned() },
            code_name: "默认收款码".to_owned(),
            presets: vec![Preset { label: "班级".to_owned(), text: "三年二班".to_owned() }],
            token: "Zk3v9QbTx0aLmN1c".to_owned(),
            amount: domain::AmountRule::Free,
            hindrance: String::new(),
            old: self.old(),
            refreshed: self
                .old()
                .first()
                .map(|old| Refreshed { at_ms: old.replaced_at_ms, brought: "管理员的设置没有变化。".to_owned() }),
            changed_at_ms: Millis::of(NOW_MS),
            qr_png_data_uri: qr(&pay_url),
            pay_url,
            latest: self.rows().into_iter().filter(|row| row.at_ms.day() == today.as_of_ms.day()).take(5).collect(),
            today,
        })
    }

    async fn refresh(&self, caller: &Caller, _: &str) -> Result<Desk, Refusal> {
        self.desk(caller).await
    }

    async fn codes(&self, _: &Caller) -> Result<Vec<OwnCode>, Refusal> {
        let code = |name: &str, number: u128| OwnCode {
            code: domain::CodeId::of(Uuid::from_u128(number)),
            name: name.to_owned(),
            presets: vec![Preset { label: "班级".to_owned(), text: "三年二班".to_owned() }],
            amount: domain::AmountRule::Free,
            not_now: String::new(),
            is_shown: number == 1,
        };
        Ok(vec![code("默认码", 1), code("恒达物业", 2)])
    }

    async fn choose(&self, caller: &Caller, _: domain::CodeId) -> Result<Desk, Refusal> {
        self.desk(caller).await
    }

    async fn cut(&self, caller: &Caller, _: &str) -> Result<Desk, Refusal> {
        self.desk(caller).await
    }

    async fn today(&self, _: &Caller) -> Result<Today, Refusal> {
        let as_of_ms = Millis::of(NOW_MS);
        let total = self.total(as_of_ms.day());
        let recent = self.arrived.lock().unwrap().iter().map(|row| row.payment).collect();
        Ok(Today { as_of_ms, count: total.count, sum_fen: total.sum_fen, recent })
    }
}

impl Scene {
    /// Every kind of concern in every state that it can be in.
    fn concern_rows(&self) -> Vec<ConcernRow> {
        use ConcernKind::{Contradiction, PaidAfterClose, PaidTwice, Refund, WrongAmount};
        use ConcernState::{Blocked, GivenUp, Held, Noted, Returned, Returning, Stuck};
        let all = [
            (WrongAmount, Held, None),
            (PaidTwice, Returning, None),
            (Refund, Blocked, Some(ChannelCode::NotEnough)),
            (PaidAfterClose, Stuck, None),
            (PaidTwice, GivenUp, None),
            (Refund, GivenUp, None),
            (Contradiction, Noted, None),
            (WrongAmount, Returning, None),
            (WrongAmount, Returned, None),
            (PaidTwice, Returned, None),
            (PaidAfterClose, Returning, None),
            (PaidAfterClose, Returned, None),
            (Refund, Returning, None),
            (Refund, Returned, None),
            (PaidTwice, Blocked, Some(ChannelCode::MerchantRestricted)),
            (Refund, Stuck, None),
        ];
        if self.name == "empty" {
            return vec![];
        }
        let row = |(number, (kind, state, why)): (usize, (ConcernKind, ConcernState, Option<ChannelCode>))| {
            let receipt = self.row(number as u64);
            let at_ms = Millis::of(NOW_MS - number as i64 * 3_600_000);
            ConcernRow {
                id: ConcernId::of(Uuid::from_u128(900 - number as u128)),
                payment: receipt.payment,
                kind,
                state,
                amount_fen: if kind == WrongAmount { Fen::of(12_800) } else { receipt.amount_fen },
                asked_fen: receipt.amount_fen,
                why,
                title: receipt.title,
                code_name: receipt.code_name,
                has_receipt: matches!(kind, PaidTwice | Refund),
                happened_at_ms: at_ms,
                at_ms,
                is_seen: number > 3,
            }
        };
        all.into_iter().enumerate().map(row).collect()
    }
}

#[async_trait::async_trait]
impl Listening for Scene {
    async fn messages(&self, _: &Caller) -> Result<MessagesPage, Refusal> {
        Ok(MessagesPage {
            listens: Listens::Manager,
            state: State::Off,
            is_wechat: false,
            address: "https://pay.example.com/m/settings/messages".into(),
        })
    }
}

#[async_trait::async_trait]
impl Concerns for Scene {
    async fn count(&self, _: &Caller) -> Result<ConcernCount, Refusal> {
        let rows = self.concern_rows();
        let unseen = rows.iter().filter(|row| !row.is_seen).count() as u64;
        let waiting = rows.iter().filter(|row| row.is_seen && row.state.needs_operator(row.kind)).count() as u64;
        Ok(ConcernCount { unseen, waiting })
    }

    async fn concerns(&self, caller: &Caller, query: ConcernQuery) -> Result<ConcernPage, Refusal> {
        if self.name == "broken" {
            return Err(Refusal::TryLater { after_s: 5 });
        }
        let mut rows = self.concern_rows();
        rows.retain(|row| query.before.is_none_or(|before| row.place() < before));
        let next = rows.get(concerns::PAGE_ROWS - 1).filter(|_| rows.len() > concerns::PAGE_ROWS).map(ConcernRow::place);
        rows.truncate(concerns::PAGE_ROWS);
        Ok(ConcernPage { rows, next, count: self.count(caller).await?, as_of_ms: Millis::of(NOW_MS) })
    }

    async fn see(&self, caller: &Caller, id: ConcernId) -> Result<Seen, Refusal> {
        let row = self.concern_rows().into_iter().find(|row| row.id == id).ok_or(Refusal::NotFound)?;
        Ok(Seen { row: ConcernRow { is_seen: true, ..row }, count: self.count(caller).await? })
    }

    async fn payment(&self, _: &Caller, payment: PaymentId) -> Result<PaymentDetail, Refusal> {
        let row = self.concern_rows().into_iter().find(|row| row.payment == payment).ok_or(Refusal::NotFound)?;
        Ok(PaymentDetail {
            payment,
            asked_fen: row.asked_fen,
            state: PaymentState::Held,
            standing: Standing::Held,
            heard_at_ms: None,
            code_name: row.code_name.clone(),
            answers: vec![Filled::plain("student", "学生姓名", &row.title)],
            opened_at_ms: row.happened_at_ms.plus_ms(-21_000),
            moneys: vec![Money {
                amount_fen: row.amount_fen,
                state: AttemptState::Held,
                transaction: Some("4200002684202611210000417223".into()),
            }],
            refunds: vec![],
            concerns: vec![row],
            payer_url: "/p/demo/x".to_owned(),
            as_of_ms: Millis::of(NOW_MS),
        })
    }
}

#[async_trait::async_trait]
impl Receipts for Scene {
    async fn page(&self, _: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        if self.name == "broken" {
            return Err(Refusal::TryLater { after_s: 5 });
        }
        let mut rows: Vec<_> =
            self.rows().into_iter().filter(|row| query.before.is_none_or(|before| row.cursor() < before)).take(PAGE_ROWS + 1).collect();
        let next: Option<Cursor> = (rows.len() > PAGE_ROWS).then(|| rows[PAGE_ROWS - 1].cursor());
        rows.truncate(PAGE_ROWS);
        let mut days: Vec<_> = rows.iter().map(|row| row.at_ms.day()).collect();
        days.dedup();
        let days = days.into_iter().map(|day| self.total(day)).collect();
        Ok(ReceiptPage { rows, days, next, codes: vec![], stores: vec![], is_too_short: false, as_of_ms: Millis::of(NOW_MS) })
    }

    async fn one(&self, _: &Caller, wanted: PaymentId) -> Result<ReceiptDetail, Refusal> {
        let row = self.rows().into_iter().find(|row| row.payment == wanted).ok_or(Refusal::NotFound)?;
        let answers = match row.title.is_empty() {
            true => vec![],
            false => vec![
                Filled::plain("student", "学生姓名", &row.title),
                Filled::plain("class", "班级", "三年一班"),
                Filled::plain("remark", "备注", "校服两套，尺码 140；请在周五前发到班里"),
            ],
        };
        let refund = |amount_fen: Fen, state: RefundState| RefundLine {
            no: OutRefundNo::of_request(Uuid::from_u128(5)),
            amount_fen,
            cause: RefundCause::Merchant,
            reason: "尺码不合适".to_owned(),
            state,
            asked_at_ms: row.at_ms.plus_ms(600_000),
            changed_at_ms: row.at_ms.plus_ms(660_000),
        };
        let refunds = [(row.refunded_fen, RefundState::Done), (row.refunding_fen, RefundState::Processing)];
        let refunds = refunds.into_iter().filter(|(amount, _)| amount.is_positive()).map(|(amount, state)| refund(amount, state)).collect();
        let receipt = Receipt {
            payment: row.payment,
            amount_fen: row.amount_fen,
            refunding_fen: row.refunding_fen,
            refunded_fen: row.refunded_fen,
            paid_at_ms: row.at_ms,
            code_name: row.code_name,
            payee_name: "王敏".to_owned(),
            answers,
            transaction: Some("4200002211202611210123456789".to_owned()),
        };
        let through = Through { tail: "mN1c".to_owned(), is_plate: false, is_debt: false, life: TokenLife::default() };
        let opened_at_ms = row.at_ms.plus_ms(-21_000);
        Ok(ReceiptDetail {
            receipt,
            opened_at_ms,
            refunds,
            receipt_url: "/r/abc".to_owned(),
            through,
            concerns: vec![],
            debt: None,
            store: None,
        })
    }
}

/// A picture of the right shape; the server makes PNGs.
fn qr(text: &str) -> String {
    let code = qrcode::QrCode::new(text).unwrap();
    let svg = code.render::<qrcode::render::svg::Color>().quiet_zone(true).build();
    let hex: String = svg.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("data:image/svg+xml,{hex}")
}

/// What the build made, read from its list.
fn bundle(dist: &Path) -> Bundle {
    let text = std::fs::read_to_string(dist.join("assets.json")).unwrap_or_else(|_| "{}".to_owned());
    let assets: serde_json::Value = serde_json::from_str(&text).unwrap();
    let address = |name: &serde_json::Value| name.as_str().map_or_else(String::new, |name| format!("/pkg/mobile/{name}"));
    Bundle {
        css: assets["css"].as_array().into_iter().flatten().map(address).collect(),
        js: address(&assets["js"]),
        wasm: address(&assets["wasm"]),
    }
}

#[derive(Default)]
struct House {
    arrived: Arc<Mutex<Vec<ReceiptRow>>>,
    streams: Mutex<Vec<Sender<String>>>,
    counter: AtomicU64,
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: HashMap<String, String>,
    body: String,
}

fn main() {
    let port = std::env::args().nth(1).unwrap_or_else(|| "3900".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    println!("http://127.0.0.1:{port}/m");
    let house = Arc::new(House::default());
    for stream in listener.incoming().flatten() {
        let house = house.clone();
        std::thread::spawn(move || serve(stream, &house));
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), headers, body })
}

fn serve(mut stream: TcpStream, house: &House) {
    let Some(request) = read(&stream) else { return };
    let cookies = request.headers.get("cookie").cloned().unwrap_or_default();
    let cookie = |name: &str| cookies.split("; ").find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned));
    let scene = Arc::new(Scene { name: cookie("scene").unwrap_or_else(|| "few".to_owned()), arrived: house.arrived.clone() });
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/m/live") => live(stream, house),
        ("POST", "/_fake/arrive") => {
            arrive(house, &scene, &request.body);
            send(&mut stream, 204, "text/plain", b"");
        }
        ("POST", "/_fake/bye") => {
            tell(house, "event: bye\ndata: {}\n\n");
            send(&mut stream, 204, "text/plain", b"");
        }
        ("POST", "/_fake/drop") => {
            house.streams.lock().unwrap().clear();
            send(&mut stream, 204, "text/plain", b"");
        }
        ("POST", "/m/sign-in") => page(
            &mut stream,
            &request,
            &scene,
            SignIn { phone: "138 0013 8000".to_owned(), why: Some(SignInWhy::Wrong), next: "/m".to_owned() },
        ),
        ("POST", path) if path.starts_with("/api/") => api(&mut stream, &request, &scene),
        ("POST", path) if path.starts_with("/m/") => {
            let cookies: String = request.body.split('&').map(|pair| format!("Set-Cookie: {pair}; Path=/\r\n")).collect();
            let _ = write!(
                stream,
                "HTTP/1.1 303 See Other\r\nLocation: /m/settings\r\n{cookies}Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        ("GET", path) if path.starts_with("/pkg/mobile/") => file(&mut stream, &Path::new("app/dist/mobile").join(&path[12..])),
        ("GET", path) if path.starts_with("/voice/") => file(&mut stream, &Path::new("public").join(&path[1..])),
        _ => {
            let why = request.query.split('&').find_map(|pair| pair.strip_prefix("why=")).and_then(SignInWhy::of_word);
            page(&mut stream, &request, &scene, SignIn { why, next: "/m".to_owned(), phone: String::new() });
        }
    }
}

fn caller() -> Caller {
    Caller { tenant: TenantId::of(Uuid::from_u128(1)), account: AccountId::of(Uuid::from_u128(2)), role: Role::Manager }
}

fn page(stream: &mut TcpStream, request: &Request, scene: &Arc<Scene>, sign_in: SignIn) {
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let visit = Visit {
        path: request.path.clone(),
        query: request.query.clone(),
        prefs: Prefs::read(&request.query, &header("cookie"), &header("accept-language")),
        caller: Some(caller()),
        nonce: "bm9uY2U".to_owned(),
        is_demo: true,
        sign_in,
    };
    let desk = Backend { collecting: scene.clone(), receipts: scene.clone(), concerns: scene.clone(), listening: scene.clone() };
    match at_once(answer(visit, &bundle(Path::new("app/dist/mobile")), &desk)) {
        Answer::Page { status, html } => send(stream, status, "text/html; charset=utf-8", html.as_bytes()),
        Answer::SignIn { next } => send(stream, 401, "text/plain", next.as_bytes()),
    }
}

fn api(stream: &mut TcpStream, request: &Request, scene: &Scene) {
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap_or_default();
    let json = match request.path.as_str() {
        "/api/manager/refresh" | "/api/manager/cut" | "/api/manager/desk" => {
            at_once(scene.desk(&caller())).map(|desk| serde_json::to_string(&desk).unwrap())
        }
        "/api/manager/today" => at_once(scene.today(&caller())).map(|today| serde_json::to_string(&today).unwrap()),
        "/api/receipts/page" => {
            let query = serde_json::from_value(body["query"].clone()).unwrap();
            at_once(scene.page(&caller(), query)).map(|page| serde_json::to_string(&page).unwrap())
        }
        "/api/concerns/page" => {
            let query = serde_json::from_value(body["query"].clone()).unwrap();
            at_once(scene.concerns(&caller(), query)).map(|page| serde_json::to_string(&page).unwrap())
        }
        "/api/concerns/see" => {
            let id = serde_json::from_value(body["id"].clone()).unwrap();
            at_once(scene.see(&caller(), id)).map(|seen| serde_json::to_string(&seen).unwrap())
        }
        "/api/concerns/payment" => {
            let payment = serde_json::from_value(body["payment"].clone()).unwrap();
            at_once(scene.payment(&caller(), payment)).map(|detail| serde_json::to_string(&detail).unwrap())
        }
        _ => {
            let payment = serde_json::from_value(body["payment"].clone()).unwrap();
            at_once(scene.one(&caller(), payment)).map(|detail| serde_json::to_string(&detail).unwrap())
        }
    };
    match json {
        Ok(json) => send(stream, 200, "application/json", json.as_bytes()),
        Err(refusal) => send(stream, 500, "application/json", serde_json::to_string(&refusal).unwrap().as_bytes()),
    }
}

/// `amount=12850&title=..` in the body; the event goes to every open stream.
fn arrive(house: &House, scene: &Scene, body: &str) {
    let value = |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned));
    let number = house.counter.fetch_add(1, Ordering::Relaxed);
    let mut row = scene.row(0);
    row.payment = payment(1_000_000 + number);
    row.amount_fen = Fen::of(value("amount").and_then(|fen| fen.parse().ok()).unwrap_or(12_850));
    row.title = value("title").unwrap_or_else(|| "李小雨".to_owned());
    row.at_ms = Millis::of(NOW_MS + 1000 * (number as i64 + 1));
    house.arrived.lock().unwrap().insert(0, row.clone());
    let total = scene.total(row.at_ms.day());
    let arrival = Arrival {
        payment: row.payment,
        amount_fen: row.amount_fen,
        title: row.title.clone(),
        at_ms: row.at_ms,
        count_today: total.count,
        sum_today_fen: total.sum_fen,
    };
    tell(house, &format!("id: {}\nevent: arrival\ndata: {}\n\n", row.cursor(), serde_json::to_string(&arrival).unwrap()));
}

fn tell(house: &House, event: &str) {
    house.streams.lock().unwrap().retain(|stream| stream.send(event.to_owned()).is_ok());
}

fn live(mut stream: TcpStream, house: &House) {
    let (sender, receiver) = mpsc::channel();
    house.streams.lock().unwrap().push(sender);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n");
    loop {
        let beat = || format!("event: beat\ndata: {{\"as_of_ms\":{NOW_MS}}}\n\n");
        let event = match receiver.recv_timeout(Duration::from_secs(5)) {
            Ok(event) => event,
            Err(mpsc::RecvTimeoutError::Timeout) => beat(),
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        };
        if stream.write_all(event.as_bytes()).is_err() {
            return;
        }
    }
}

fn file(stream: &mut TcpStream, path: &Path) {
    let kind = match path.extension().and_then(|ending| ending.to_str()) {
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css",
        Some("mp3") => "audio/mpeg",
        _ => "application/octet-stream",
    };
    match std::fs::read(path) {
        Ok(bytes) => send(stream, 200, kind, &bytes),
        Err(_) => send(stream, 404, "text/plain", b"no such file"),
    }
}

fn send(stream: &mut TcpStream, status: u16, kind: &str, body: &[u8]) {
    let policy = "default-src 'none'; script-src 'nonce-bm9uY2U' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                  connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'";
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nContent-Security-Policy: {policy}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
}

/// The invented backend never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the invented backend waited"),
    }
}
