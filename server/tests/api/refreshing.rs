//! The manager's code over HTTP: refreshed under a paying customer, old codes that run out or are cut, and what each phone is told.

use std::time::Duration;

use domain::code::Validity;
use domain::form::Typed;
use domain::token::{OLD_TOKEN_MS, OPEN_PAGE_MS};
use domain::{AmountRule, Day, Fen, Role};
use futures::future::join_all;
use serde_json::{Value, json};
use server::made_codes::CodeTerms;
use server::store::codes;

use crate::browser::Browser;
use crate::live::Stream;
use crate::scene::{Bill, Shop, digits, form};

const MANAGER: &str = "13800138000";
const COLLEAGUE: &str = "13800138001";
const GONE: &[&str] = &["收款码已过期", "没有扣款", "请收款人出示现在的收款码"];

/// What the manager's screen shows.
async fn desk(manager: &Browser) -> Value {
    manager.function("manager/desk", json!({})).await.json()
}

async fn token(manager: &Browser) -> String {
    desk(manager).await["token"].as_str().unwrap().to_owned()
}

/// Refreshes as the screen does; the new token.
async fn refresh(manager: &Browser) -> String {
    let seen = token(manager).await;
    let desk = manager.function("manager/refresh", json!({"seen": seen})).await.json();
    assert_ne!(desk["token"], seen);
    desk["token"].as_str().unwrap().to_owned()
}

/// The hidden number of a payment page.
fn number(page: &str) -> String {
    page.split("name=\"idem\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// What a payer sends from a page that has this number.
fn sent_from(page: &str, amount: &str) -> Vec<(&'static str, String)> {
    [form(amount), vec![("idem", number(page))]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_code_works_until_just_before_three_hours_after_its_refresh() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let old = token(&manager).await;
        let new = refresh(&manager).await;
        shop.world.hands.pass_ms(OLD_TOKEN_MS - 1_000);
        let payer = Browser::wechat(&shop);
        payer.open(&format!("/p/{old}")).await.says(200, &["收款人"]);
        let page = payer.submit(&format!("/p/{old}"), &form("1.00")).await;
        let bill = Bill::of_url(&shop, &page.url);
        shop.world.hands.pass_ms(1_000);
        payer.open(&format!("/p/{old}")).await.says(410, GONE);
        payer.post(&format!("/p/{old}"), &form("1.00")).await.says(410, GONE);
        payer.open(&format!("/p/{old}?lang=en")).await.says(410, &["nothing was charged", "scan that one"]);
        Browser::desktop(&shop).open(&format!("/p/{new}")).await.says(200, &["收款人"]);
        // Who had sent the page in time pays, and the receipt says which code it was.
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        let detail = manager.open(&format!("/m/receipts/{}", bill.payment)).await;
        detail.says(200, &["旧码", "换下", &format!("尾号 {}", &old[12..])]);
        let through = manager.function("receipts/one", json!({"payment": bill.payment})).await.json()["through"].clone();
        assert_eq!((&through["is_plate"], &through["life"]["cut_at_ms"]), (&json!(false), &Value::Null));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_open_in_time_may_be_sent_for_ten_minutes_more_and_nothing_else_may() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let old = token(&manager).await;
        let address = format!("/p/{old}");
        let payer = Browser::desktop(&shop);
        let early = payer.open(&address).await.text;
        refresh(&manager).await;
        shop.world.hands.pass_ms(OLD_TOKEN_MS - 1);
        let late = payer.open(&address).await.text;
        shop.world.hands.pass_ms(OPEN_PAGE_MS);
        // Something wrong on a page that is that old is shown again, and can still be put right.
        let again = payer.post(&address, &sent_from(&late, "0")).await;
        again.says(422, &["有 1 处需要修改"]);
        for page in [&early, &late, &again.text] {
            let taken = payer.post(&address, &sent_from(page, "2.00")).await;
            assert_eq!(taken.status, 303, "{}", taken.text);
        }
        let made_up = [form("2.00"), vec![("idem", "0196f3a2b1c47d8e".to_owned())]].concat();
        payer.post(&address, &made_up).await.says(410, GONE);
        payer.post(&address, &form("2.00")).await.says(410, GONE);
        let of_another = payer.open(&format!("/p/{}", token(&manager).await)).await.text;
        payer.post(&address, &sent_from(&of_another, "2.00")).await.says(410, GONE);
        shop.world.hands.pass_ms(1);
        payer.post(&address, &sent_from(&late, "3.00")).await.says(410, GONE);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_code_takes_nothing_any_more_not_even_from_open_pages() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let old = token(&manager).await;
        let address = format!("/p/{old}");
        let payer = Browser::desktop(&shop);
        let open = payer.open(&address).await.text;
        let bill = Bill::of_url(&shop, &payer.submit(&address, &form("5.00")).await.url);
        refresh(&manager).await;
        shop.world.hands.pass_ms(60_000);
        let desk = desk(&manager).await;
        assert_eq!(desk["old"][0]["token"], old);
        assert_eq!(desk["old"][0]["ends_at_ms"].as_i64().unwrap(), shop.world.hands.now().get() - 60_000 + OLD_TOKEN_MS);
        let after = manager.function("manager/cut", json!({"token": old})).await.json();
        assert_eq!(after["old"], json!([]));
        payer.open(&address).await.says(410, GONE);
        payer.post(&address, &sent_from(&open, "1.00")).await.says(410, GONE);
        // What was submitted before goes on.
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        manager.open(&format!("/m/receipts/{}", bill.payment)).await.says(200, &["旧码", "停用"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_alone_refresh_once_and_cut_without_any_script() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let old = token(&manager).await;
    manager.open("/m").await.says(200, &["href=\"/m/refresh\"", "点二维码可刷新"]);
    manager.open("/m/refresh").await.says(200, &["换一个新的收款码？", "还能用 3 小时", &format!("value=\"{old}\"")]);
    let ask = [("seen", old.clone())];
    let taps = join_all((0..6).map(|_| manager.post("/m/refresh", &ask))).await;
    assert!(taps.iter().all(|tap| (tap.status, tap.header("location")) == (303, "/m")), "{taps:?}");
    assert_eq!(shop.count("code_token WHERE replaces IS NOT NULL").await, 1);
    let page = manager.open("/m").await;
    page.says(200, &["已换成新码", "管理员的设置没有变化", "还有 3 小时", &format!("尾号 {}", &old[12..])]);
    let ask = format!("/m/cut?token={old}");
    assert!(page.text.contains(&ask));
    manager.open(&ask).await.says(200, &["立即停用尾号"]);
    assert_eq!(manager.post("/m/cut", &[("token", old.clone())]).await.header("location"), "/m");
    manager.open(&ask).await.says(200, &["这个旧码已经失效了"]);
    assert!(!manager.open("/m").await.text.contains("还有 3 小时"));
    // Neither without a session, nor somebody else's, nor a plate.
    let stranger = Browser::desktop(&shop);
    assert!(stranger.post("/m/refresh", &[("seen", old.clone())]).await.header("location").starts_with("/m/sign-in"));
    let colleague = Browser::manager(&shop, COLLEAGUE).await;
    assert_eq!(colleague.post("/m/refresh", &[("seen", token(&manager).await)]).await.status, 404);
    assert_eq!(manager.post("/m/refresh", &[("seen", "demo".to_owned())]).await.status, 403);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_screens_of_the_manager_hear_of_a_refresh_at_once_and_nobody_else_does() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let colleague = Browser::manager(&shop, COLLEAGUE).await;
        let (mut stream, mut other) = (Stream::open(&manager, "/m/live", &[]).await, Stream::open(&colleague, "/m/live", &[]).await);
        let known = stream.event("code").await.1["changed_at_ms"].as_i64().unwrap();
        other.event("code").await;
        let old = token(&manager).await;
        refresh(&manager).await;
        let told = stream.event("code").await.1["changed_at_ms"].as_i64().unwrap();
        assert!(told > known);
        assert_eq!(desk(&manager).await["changed_at_ms"], told);
        manager.function("manager/cut", json!({"token": old})).await;
        assert!(stream.event("code").await.1["changed_at_ms"].as_i64().unwrap() > told);
        let heard = tokio::time::timeout(Duration::from_millis(300), other.event("code")).await;
        assert!(heard.is_err(), "{heard:?}");
        drop((stream, other));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_brings_what_the_administrator_configured_and_says_so() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let shown = token(&manager).await;
        let mut conn = shop.site.store.read().await.unwrap();
        let code = codes::by_token(&mut conn.tx(), &shown).await.unwrap().unwrap().code;
        drop(conn);
        let admin = shop.caller(server::demo::ADMINISTRATOR, Role::Administrator).await;
        let terms = CodeTerms {
            name: code.name.clone(),
            amount: AmountRule::Fixed { amount_fen: Fen::of(1300) },
            validity: code.validity,
            form: shop.site.managers.forms(&admin).await.unwrap().remove(0).form,
            typed: Typed::default(),
        };
        assert!(shop.site.codes.configure(&admin, code.id, terms.clone()).await.unwrap().unwrap());
        let new = refresh(&manager).await;
        manager.open("/m").await.says(200, &["固定收 ¥13.00", "管理员更新了：固定收 ¥13.00。"]);
        Browser::desktop(&shop).open(&format!("/p/{new}")).await.says(200, &["13.00"]);
        shop.world.hands.pass_ms(10 * 60_000);
        let later = manager.open("/m").await;
        assert!(!later.text.contains("note refreshed"), "it is news for ten minutes");

        // Whatever is changed is told, in the reader's language.
        let until_ms = Some(Day::from_ymd(2999, 1, 1).unwrap().starts_at());
        let presets = Typed::from_pairs([("field.student", "张小明")]);
        let terms = CodeTerms { name: "加餐".to_owned(), validity: Validity { from_ms: None, until_ms }, typed: presets, ..terms };
        assert!(shop.site.codes.configure(&admin, code.id, terms).await.unwrap().unwrap());
        refresh(&manager).await;
        manager.open("/m").await.says(200, &["管理员更新了：名称“加餐”、预先填好的内容、2999年1月1日 00:00 前有效。"]);
        let english = "Your administrator changed: the name “加餐”, what is filled in beforehand, valid until 1 Jan 2999";
        manager.open("/m?lang=en").await.says(200, &[english]);
        assert!(desk(&manager).await["refreshed"]["brought"].as_str().unwrap().starts_with(english), "the program is told the same");
        shop.close().await;
    }
}

/// The codes that the manager may show.
async fn choices(manager: &Browser) -> Vec<Value> {
    manager.function("manager/codes", json!({})).await.json().as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_with_presets_is_chosen_stays_chosen_and_its_answers_cannot_be_changed() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let all = choices(&manager).await;
        let names: Vec<_> = all.iter().map(|code| (code["name"].as_str().unwrap(), code["is_shown"].as_bool().unwrap())).collect();
        assert_eq!(names, [("默认收款码", true), ("三年二班春游费", false), ("恒达物业专用", false)]);
        manager.open("/m/codes?q=%E6%98%A5%E6%B8%B8").await.says(200, &["三年二班春游费", "班级：三年二班 · 备注：春游费"]);
        let first = token(&manager).await;
        let chosen = digits(&all[1]["code"]);
        assert_eq!(manager.post("/m/codes", &[("code", chosen.clone())]).await.header("location"), "/m");
        manager.open("/m").await.says(200, &["三年二班春游费", "班级：三年二班 · 备注：春游费"]);
        let preset = token(&manager).await;
        assert_ne!(preset, first, "each code has an address of its own");
        // It stays: after signing in anew, after a refresh.
        let again = Browser::manager(&shop, MANAGER).await;
        assert_eq!(token(&again).await, preset);
        let preset = refresh(&again).await;
        assert!(choices(&again).await[1]["is_shown"].as_bool().unwrap());
        assert_eq!(desk(&again).await["old"].as_array().unwrap().len(), 1);
        // An old one takes money also while another code is shown: it is listed by the name of its code, and can be cut.
        let old = desk(&again).await["old"][0]["token"].as_str().unwrap().to_owned();
        again.post("/m/codes", &[("code", digits(&all[0]["code"]))]).await;
        let named = format!("三年二班春游费 · 尾号 {}", &old[12..]);
        again.open("/m").await.says(200, &[&named, "还有 3 小时"]);
        again.open(&format!("/m/cut?token={old}")).await.says(200, &[&format!("立即停用{named} 的旧码？")]);
        assert_eq!(again.post("/m/cut", &[("token", old.clone())]).await.header("location"), "/m");
        Browser::desktop(&shop).open(&format!("/p/{old}")).await.says(410, GONE);
        again.post("/m/codes", &[("code", chosen.clone())]).await;

        // The payer sees the answers, is not asked for them, and what is sent for them nevertheless counts for nothing.
        let payer = Browser::wechat(&shop);
        let page = payer.open(&format!("/p/{preset}")).await;
        page.says(200, &["三年二班", "春游费"]);
        assert!(!page.text.contains("name=\"field.class\"") && !page.text.contains("name=\"field.remark\""), "{}", page.text);
        let typed = [
            ("amount", "35.00".to_owned()),
            ("field.student", "张小明".to_owned()),
            ("field.class", "三年一班".to_owned()),
            ("field.remark", "别的".to_owned()),
            ("field.remark.text", "别的".to_owned()),
        ];
        let bill = Bill::of_url(&shop, &payer.submit(&format!("/p/{preset}"), &typed).await.url);
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        let receipt = payer.open(&bill.receipt().await).await;
        let detail = again.open(&format!("/m/receipts/{}", bill.payment)).await;
        for page in [receipt, detail] {
            page.says(200, &["张小明", "三年二班", "春游费", "三年二班春游费"]);
            assert!(!page.text.contains("三年一班") && !page.text.contains("别的"));
        }
        // Neither somebody else's code nor a made-up one is shown.
        let colleague = Browser::manager(&shop, COLLEAGUE).await;
        for code in [chosen.as_str(), "nonsense", "0199a0b1c2d3e4f50617283940516273"] {
            assert_eq!(colleague.post("/m/codes", &[("code", code.to_owned())]).await.status, 404, "{code}");
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_of_the_code_leads_where_the_code_leads_and_is_its_managers_alone() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let answer = manager.send("GET", "/m/code.png", &[], None).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
    let picture = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap().to_luma8();
    assert!(picture.width() >= 600, "large enough to print: {}", picture.width());
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    let read = prepared.detect_grids()[0].decode().unwrap().1;
    assert_eq!(read, format!("{}/p/{}", shop.url, token(&manager).await));
    let stranger = Browser::desktop(&shop).ask("GET", "/m/code.png", &[], None).await;
    assert!(stranger.header("location").starts_with("/m/sign-in"));
    shop.close().await;
}
