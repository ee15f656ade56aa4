//! The manager's pages as the server sends them: complete before any script, also when many ask at once.

#![cfg(feature = "ssr")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects")]

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use app::concerns::{self, ConcernCount, ConcernPage, ConcernQuery, ConcernRow, Concerns, Money, PaymentDetail, Seen};
use app::manager::{Collecting, Desk, OldCode, OwnCode, Preset, Refreshed, SignIn, SignInWhy, Today};
use app::messages::{Listening, Listens, MessagesPage, State};
use app::mobile::{Answer, Backend, Bundle, Seed, Visit, answer};
use app::receipts::{DayTotal, PAGE_ROWS, ReceiptDetail, ReceiptPage, ReceiptQuery, ReceiptRow, Receipts, Through};
use app::ui::prefs::Prefs;
use app::{Locale, Refusal};
use domain::code::AmountRule;
use domain::concern::{ConcernKind, ConcernState};
use domain::payment::{AttemptState, Standing};
use domain::receipt::Receipt;
use domain::token::TokenLife;
use domain::{AccountId, Caller, ChannelCode, ConcernId, Fen, Millis, PaymentId, PaymentState, Role, TenantId};
use uuid::Uuid;

const NOON: Millis = Millis::of(1_795_233_600_000);

/// A merchant with forty receipts, whose name would break a careless page.
struct Shop;

const NAME: &str = "<b>青禾 & \"Co\"</b>";

fn payment(number: u128) -> PaymentId {
    PaymentId::of(Uuid::from_u128(number))
}

fn row(number: u128) -> ReceiptRow {
    ReceiptRow {
        payment: payment(number),
        title: format!("付款人{number}"),
        detail: String::new(),
        code_name: "默认码".to_owned(),
        amount_fen: Fen::of(12_850),
        refunding_fen: Fen::ZERO,
        refunded_fen: Fen::ZERO,
        at_ms: NOON.plus_ms(number as i64),
    }
}

#[async_trait::async_trait]
impl Collecting for Shop {
    async fn desk(&self, caller: &Caller) -> Result<Desk, Refusal> {
        Ok(Desk {
            merchant_name: NAME.to_owned(),
            manager_name: "王敏".to_owned(),
            code_name: "默认码".to_owned(),
            presets: vec![Preset { label: "班级".to_owned(), text: "三年二班".to_owned() }],
            token: "Zk3v9QbTx0aLmN1c".to_owned(),
            amount: AmountRule::Free,
            hindrance: String::new(),
            old: vec![OldCode {
                token: "oldOLDoldOLDab12".to_owned(),
                name: "尾号 ab12".to_owned(),
                replaced_at_ms: NOON,
                ends_at_ms: NOON.plus_ms(10_800_000),
            }],
            refreshed: Some(Refreshed { at_ms: NOON, brought: "管理员的设置没有变化。".to_owned() }),
            changed_at_ms: NOON,
            pay_url: "https://pay.example/p/x".to_owned(),
            qr_png_data_uri: "data:image/png;base64,AAAA".to_owned(),
            latest: vec![row(40)],
            today: self.today(caller).await?,
        })
    }

    async fn refresh(&self, _: &Caller, _: &str) -> Result<Desk, Refusal> {
        Err(Refusal::NotFound)
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

    async fn cut(&self, _: &Caller, _: &str) -> Result<Desk, Refusal> {
        Err(Refusal::NotFound)
    }

    async fn today(&self, _: &Caller) -> Result<Today, Refusal> {
        Ok(Today { as_of_ms: NOON, count: 40, sum_fen: Fen::of(514_000), recent: vec![] })
    }
}

#[async_trait::async_trait]
impl Receipts for Shop {
    async fn page(&self, _: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        let newest = (1..=40).rev().map(row);
        let rows: Vec<_> = newest.filter(|row| query.before.is_none_or(|before| row.cursor() < before)).take(PAGE_ROWS).collect();
        let next = rows.last().map(ReceiptRow::cursor).filter(|place| place.payment > payment(1));
        let days = vec![DayTotal { day: NOON.day(), count: 40, sum_fen: Fen::of(514_000) }];
        Ok(ReceiptPage { rows, days, next, codes: vec![], stores: vec![], is_too_short: false, as_of_ms: NOON })
    }

    async fn one(&self, _: &Caller, wanted: PaymentId) -> Result<ReceiptDetail, Refusal> {
        if wanted > payment(40) {
            return Err(Refusal::NotFound);
        }
        let receipt = Receipt {
            payment: wanted,
            amount_fen: Fen::of(12_850),
            refunding_fen: Fen::ZERO,
            refunded_fen: Fen::ZERO,
            paid_at_ms: NOON,
            code_name: "默认码".to_owned(),
            payee_name: "王敏".to_owned(),
            answers: vec![],
            transaction: Some("4200001".to_owned()),
        };
        let life = TokenLife { replaced_at_ms: Some(NOON), cut_at_ms: None };
        let through = Through { tail: "ab12".to_owned(), is_plate: false, is_debt: false, life };
        Ok(ReceiptDetail {
            receipt,
            opened_at_ms: NOON,
            refunds: vec![],
            receipt_url: "/r/abc".to_owned(),
            through,
            concerns: vec![],
            debt: None,
            store: None,
        })
    }
}

/// Twenty concerns of all ages: the newest waits for the administrator, the one before was not seen, the others are over.
fn concern(number: u128) -> ConcernRow {
    let (kind, state) = match number {
        20 => (ConcernKind::WrongAmount, ConcernState::Held),
        19 => (ConcernKind::Refund, ConcernState::Blocked),
        _ => (ConcernKind::PaidTwice, ConcernState::Returned),
    };
    ConcernRow {
        id: ConcernId::of(Uuid::from_u128(number)),
        payment: payment(number),
        kind,
        state,
        amount_fen: Fen::of(100 + number as i64),
        asked_fen: Fen::of(300),
        why: (number == 19).then_some(ChannelCode::NotEnough),
        title: format!("<i>付款人{number}</i>"),
        code_name: "默认码".to_owned(),
        has_receipt: number != 20,
        happened_at_ms: NOON,
        at_ms: NOON.plus_ms(number as i64),
        is_seen: number < 19,
    }
}

#[async_trait::async_trait]
impl Listening for Shop {
    async fn messages(&self, _: &Caller) -> Result<MessagesPage, Refusal> {
        Ok(MessagesPage { listens: Listens::Manager, state: State::Off, is_wechat: true, address: String::new() })
    }
}

#[async_trait::async_trait]
impl Concerns for Shop {
    async fn count(&self, _: &Caller) -> Result<ConcernCount, Refusal> {
        Ok(ConcernCount { unseen: 2, waiting: 0 })
    }

    async fn concerns(&self, caller: &Caller, query: ConcernQuery) -> Result<ConcernPage, Refusal> {
        let newest = (1..=20).rev().map(concern);
        let rows: Vec<_> = newest.filter(|row| query.before.is_none_or(|before| row.place() < before)).take(concerns::PAGE_ROWS).collect();
        let next = rows.last().map(ConcernRow::place).filter(|place| place.id > ConcernId::of(Uuid::from_u128(1)));
        Ok(ConcernPage { rows, next, count: self.count(caller).await?, as_of_ms: NOON })
    }

    async fn see(&self, _: &Caller, _: ConcernId) -> Result<Seen, Refusal> {
        Err(Refusal::NotFound)
    }

    async fn payment(&self, _: &Caller, wanted: PaymentId) -> Result<PaymentDetail, Refusal> {
        if wanted != payment(20) {
            return Err(Refusal::NotFound);
        }
        Ok(PaymentDetail {
            payment: wanted,
            asked_fen: Fen::of(300),
            state: PaymentState::Held,
            standing: Standing::Held,
            heard_at_ms: None,
            code_name: "默认码".to_owned(),
            answers: vec![],
            opened_at_ms: NOON,
            moneys: vec![Money { amount_fen: Fen::of(120), state: AttemptState::Held, transaction: Some("4200002".to_owned()) }],
            refunds: vec![],
            concerns: vec![concern(20)],
            payer_url: "/p/demo/x".to_owned(),
            as_of_ms: NOON,
        })
    }
}

fn visit(path: &str, query: &str) -> Visit {
    let caller = Caller { tenant: TenantId::of(Uuid::nil()), account: AccountId::of(Uuid::nil()), role: Role::Manager };
    Visit {
        path: path.to_owned(),
        query: query.to_owned(),
        prefs: Prefs::default(),
        caller: Some(caller),
        nonce: "n0nce".to_owned(),
        is_demo: false,
        sign_in: SignIn::default(),
    }
}

fn ask(visit: Visit) -> Answer {
    let bundle = Bundle { css: vec!["/a.css".to_owned()], js: "/a.js".to_owned(), wasm: "/a.wasm".to_owned() };
    let desk = Backend { collecting: Arc::new(Shop), receipts: Arc::new(Shop), concerns: Arc::new(Shop), listening: Arc::new(Shop) };
    let future = answer(visit, &bundle, &desk);
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the invented backend waited"),
    }
}

fn page(visit: Visit) -> (u16, String) {
    match ask(visit) {
        Answer::Page { status, html } => (status, html),
        Answer::SignIn { next } => panic!("sign in for {next}"),
    }
}

#[test]
fn every_page_is_complete_before_any_script() {
    let (one, held) = (format!("/m/receipts/{}", payment(7)), format!("/m/payments/{}", payment(20)));
    let table = [
        ("/m", "", 200, vec!["今日收款", "¥5,140.00", "data:image/png;base64,AAAA", "付款人40", "开启语音播报"]),
        ("/m", "", 200, vec!["12:00 已换成新码。", "尾号 ab12", "还有 3 小时", "12:00 换下，15:00 失效", "/m/cut?token=oldOLDoldOLDab12"]),
        ("/m/refresh", "", 200, vec!["换一个新的收款码？", "还能用 3 小时", "action=\"/m/refresh\"", "value=\"Zk3v9QbTx0aLmN1c\""]),
        ("/m/cut", "token=oldOLDoldOLDab12", 200, vec!["尾号 ab12 的旧码？", "15:00 自动失效", "action=\"/m/cut\""]),
        ("/m", "", 200, vec!["班级：三年二班", "展开", "href=\"/m/codes\"", "href=\"/m/code.png\""]),
        ("/m/codes", "", 200, vec!["恒达物业", "正在使用", "action=\"/m/codes\"", "name=\"q\""]),
        ("/m/codes", "q=nobody", 200, vec!["没有找到这样的收款码", "value=\"nobody\""]),
        ("/m/cut", "token=gone", 200, vec!["这个旧码已经失效了"]),
        ("/m/receipts", "", 200, vec!["付款人40", "付款人26", "40 笔 · ¥5,140.00".trim(), "?before="]),
        (&one, "", 200, vec!["¥128.50", "<i>4200</i><i>001</i>", "00000007", "/r/abc", "旧码，2026-11-21 12:00:00 换下 · 尾号 ab12"]),
        ("/m/concerns", "", 200, vec!["到账金额不符", "应收 ¥3.00，实收 ¥1.20", "余额不够退款", "action=\"/m/concerns/seen\"", "更早的"]),
        (&held, "", 200, vec!["没有记入收款", "单独存放", "单号 00000000000000000000000000000014", "<i>4200</i><i>002</i>", "/p/demo/x"]),
        ("/m/settings", "", 200, vec!["href=\"/m/concerns\"", "action=\"/m/settings\"", "action=\"/m/sign-out\"", "王敏"]),
        ("/m/sign-in", "", 200, vec!["action=\"/m/sign-in\"", "autocomplete=\"username\"", "autocomplete=\"current-password\""]),
        ("/m/nowhere", "", 404, vec!["没有这个页面"]),
    ];
    for (path, query, expected, words) in table {
        let (status, html) = page(visit(path, query));
        assert_eq!(status, expected, "{path}");
        let body = html.split_once("<body>").unwrap().1.replace("<!>", "");
        for word in words {
            assert!(body.contains(word), "{path} lacks {word}: {body}");
        }
        assert!(!body.contains("<script"), "{path} streams scripts");
    }
}

#[test]
fn what_people_typed_is_text_and_never_markup() {
    let (_, html) = page(visit("/m", ""));
    assert!(!html.contains("<b>青禾"));
    let seed = html.split_once("id=\"seed\">").unwrap().1.split_once("</script>").unwrap().0;
    assert_eq!(Seed::from_json(seed).unwrap().desk.unwrap().unwrap().merchant_name, NAME);
}

#[test]
fn the_list_is_paged_by_links_alone() {
    let mut seen = Vec::new();
    let mut query = String::new();
    loop {
        let (_, html) = page(visit("/m/receipts", &query));
        let body = html.split_once("<body>").unwrap().1;
        let numbers = body.split("/m/receipts/").skip(1).filter_map(|rest| rest.get(..32));
        seen.extend(numbers.filter(|number| number.bytes().all(|byte| byte.is_ascii_hexdigit())).map(str::to_owned));
        // The page's own address stands on it too, to update it.
        let (_, end) = body.split_once("class=\"older\"").unwrap();
        let Some((_, rest)) = end.split_once("?before=") else { break };
        query = format!("before={}", rest.split_once('"').unwrap().0);
    }
    let expected: Vec<_> = (1..=40).rev().map(|number| payment(number).to_string()).collect();
    assert_eq!(seen, expected);
}

#[test]
fn what_needs_a_look_is_said_on_the_screens_and_paged_by_links_alone() {
    for path in ["/m", "/m/receipts"] {
        let (_, html) = page(visit(path, ""));
        let body = html.split_once("<body>").unwrap().1;
        assert!(body.contains("2 笔款项需要看一下") && body.contains("href=\"/m/concerns\""), "{path}");
    }
    let mut seen = Vec::new();
    let mut query = String::new();
    loop {
        let (status, html) = page(visit("/m/concerns", &query));
        assert_eq!(status, 200);
        let body = html.split_once("<body>").unwrap().1;
        assert!(!body.contains("<i>付款人"), "what people typed is text");
        seen.extend(body.split("id=\"concern-").skip(1).map(|rest| rest[..32].to_owned()));
        let Some((_, rest)) = body.split_once("?before=") else { break };
        query = format!("before={}", rest.split_once('"').unwrap().0);
    }
    let expected: Vec<_> = (1..=20).rev().map(|number| ConcernId::of(Uuid::from_u128(number)).to_string()).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_concern_leads_to_its_receipt_or_else_to_its_payment() {
    let (_, html) = page(visit("/m/concerns", ""));
    for path in [format!("/m/payments/{}", payment(20)), format!("/m/receipts/{}", payment(19))] {
        assert!(html.contains(&format!("href=\"{path}\"")), "{path}");
    }
    let (status, _) = page(visit(&format!("/m/payments/{}", payment(3)), ""));
    assert_eq!(status, 404);
}

#[test]
fn without_a_session_a_page_leads_to_signing_in_and_back() {
    let stranger = Visit { caller: None, ..visit("/m/receipts", "before=7-x") };
    assert_eq!(ask(stranger), Answer::SignIn { next: "/m/receipts?before=7-x".to_owned() });
}

#[test]
fn anothers_receipt_is_not_there() {
    let (status, html) = page(visit(&format!("/m/receipts/{}", payment(41)), ""));
    assert_eq!(status, 404);
    assert!(html.contains("没有找到"));
}

#[test]
fn a_wrong_password_is_said_and_the_phone_kept() {
    let sign_in = SignIn { phone: "138 0013 8000".to_owned(), why: Some(SignInWhy::Wrong), next: "/m/receipts".to_owned() };
    let table = [
        (SignInWhy::Wrong, 422, "手机号或密码不对"),
        (SignInWhy::NotAPhone, 422, "请填写 11 位手机号"),
        (SignInWhy::Locked { until_ms: NOON }, 422, "12:00"),
        (SignInWhy::Later { after_s: 30 }, 429, "30 秒"),
        (SignInWhy::Ended, 200, "登录已结束"),
    ];
    for (why, expected, words) in table {
        let sign_in = SignIn { why: Some(why), ..sign_in.clone() };
        let (status, html) = page(Visit { caller: None, sign_in, ..visit("/m/sign-in", "") });
        assert_eq!(status, expected);
        for part in [words, "value=\"138 0013 8000\"", "value=\"/m/receipts\""] {
            assert!(html.contains(part), "{part}");
        }
    }
}

#[test]
fn language_and_appearance_come_from_the_server() {
    let prefs = Prefs::read("", "lang=en; theme=dark; mode=care", "");
    assert_eq!(prefs.locale, Locale::en);
    let (_, html) = page(Visit { prefs, ..visit("/m", "") });
    assert!(html.contains("<html lang=\"en\" data-theme=\"dark\" data-mode=\"care\">"));
    assert!(html.contains("Collected today"));
}

#[test]
fn many_browsers_at_once_get_the_same_page() {
    let expected = page(visit("/m/receipts", ""));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert!(page(visit("/m/receipts", "")) == expected);
                }
            });
        }
    });
}
