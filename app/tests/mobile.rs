//! The mobile bundle inside Chromium: what it does when the server cannot be reached, and what the browser remembers.

#![cfg(all(target_arch = "wasm32", any(feature = "hydrate", feature = "csr")))]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects")]

use app::manager::live::Link;
use app::manager::{CodeScreen, Desk, OldCode, stream};
use app::mobile::{Seed, Till};
use app::receipts::{ListScreen, ReceiptPage, ReceiptQuery, ReceiptRow};
use app::ui::browser;
use domain::{Fen, Millis, PaymentId};
use leptos::prelude::*;
use leptos_router::components::Router;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

async fn wait_ms(time: i32) {
    let wait = js_sys::Promise::new(&mut |done, _| {
        window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, time).unwrap();
    });
    wasm_bindgen_futures::JsFuture::from(wait).await.unwrap();
}

fn place() -> web_sys::HtmlElement {
    let place = document().create_element("div").unwrap();
    document().body().unwrap().append_child(&place).unwrap();
    place.unchecked_into()
}

fn seed(rows: usize) -> Seed {
    let row = |number: usize| ReceiptRow {
        payment: PaymentId::of(Uuid::from_u128(number as u128)),
        title: format!("payer {number}"),
        detail: String::new(),
        code_name: "code".to_owned(),
        amount_fen: Fen::of(100),
        refunding_fen: Fen::ZERO,
        refunded_fen: Fen::ZERO,
        at_ms: Millis::of(number as i64),
    };
    let rows: Vec<_> = (1..=rows).rev().map(row).collect();
    let next = rows.last().map(ReceiptRow::cursor);
    let day = app::receipts::DayTotal { day: Millis::of(1).day(), count: 3, sum_fen: Fen::of(300) };
    let page = ReceiptPage { rows, days: vec![day], next, codes: vec![], stores: vec![], is_too_short: false, as_of_ms: Millis::of(9) };
    Seed { list: Some((ReceiptQuery::default(), Ok(page))), ..Seed::default() }
}

#[wasm_bindgen_test]
async fn the_list_asks_for_more_by_itself_and_says_when_it_got_none() {
    let place = place();
    let handle = leptos::mount::mount_to(place.clone(), || {
        provide_context(Till::new(&seed(3)));
        view! { <Router><ListScreen/></Router> }
    });
    let rows = || place.query_selector_all(".row").unwrap().length();
    assert_eq!(rows(), 3);
    // The link is in sight, so the list asks; there is no server behind this page.
    wait_ms(800).await;
    assert!(place.query_selector("[role=alert]").unwrap().is_some(), "{}", place.inner_html());
    assert_eq!(rows(), 3, "what was there stays");
    let link = place.query_selector(".older a").unwrap().expect("the way to older receipts stays");
    assert!(link.get_attribute("href").unwrap().contains("before=1-"));
    drop(handle);
    place.remove();
}

#[wasm_bindgen_test]
async fn a_stream_that_cannot_be_opened_is_said_and_tried_again() {
    let owner = Owner::new();
    let till = owner.with(|| {
        let today = app::manager::Today { as_of_ms: browser::now(), ..Default::default() };
        Till::new(&Seed { today: Some(today), ..Seed::default() })
    });
    assert_eq!(till.link.get_untracked(), Link::Connecting);
    owner.with(|| stream::begin(till));
    wait_ms(700).await;
    assert!(matches!(till.link.get_untracked(), Link::Reconnecting { .. }), "{:?}", till.link.get_untracked());
    wait_ms(6000).await;
    assert!(matches!(till.link.get_untracked(), Link::Offline { .. }), "{:?}", till.link.get_untracked());
}

/// A desk whose old code works for `left_ms` more.
fn desk_seed(left_ms: i64) -> Seed {
    let as_of_ms = Millis::of(1_795_233_600_000);
    let ends_at_ms = as_of_ms.plus_ms(left_ms);
    let old = OldCode {
        token: "oldOLDoldOLDab12".to_owned(),
        name: "尾号 ab12".to_owned(),
        replaced_at_ms: ends_at_ms.plus_ms(-10_800_000),
        ends_at_ms,
    };
    let today = app::manager::Today { as_of_ms, ..Default::default() };
    let desk = Desk { token: "Zk3v9QbTx0aLmN1c".to_owned(), merchant_name: "青禾".to_owned(), old: vec![old], today, ..Desk::default() };
    Seed { desk: Some(Ok(desk)), ..Seed::default() }
}

fn texts(place: &web_sys::HtmlElement, selector: &str) -> Vec<String> {
    let found = place.query_selector_all(selector).unwrap();
    (0..found.length()).map(|at| found.item(at).unwrap().text_content().unwrap()).collect()
}

#[wasm_bindgen_test]
async fn the_minutes_of_an_old_code_count_down_and_it_disappears_at_its_end() {
    for (left_ms, at_first, later) in [(10_800_000, "还有 3 小时", vec!["还有 2 小时 59 分"]), (4_000, "不到 1 分钟", vec![])]
    {
        let place = place();
        let handle = leptos::mount::mount_to(place.clone(), move || {
            provide_context(Till::new(&desk_seed(left_ms)));
            view! { <Router><CodeScreen/></Router> }
        });
        assert_eq!(texts(&place, ".left"), [at_first]);
        wait_ms(5_600).await;
        assert_eq!(texts(&place, ".left"), later);
        assert_eq!(place.query_selector(".old-codes").unwrap().unwrap().has_attribute("hidden"), later.is_empty());
        drop(handle);
        place.remove();
    }
}

#[wasm_bindgen_test]
async fn tapping_the_code_asks_first_and_says_when_nobody_answered() {
    let place = place();
    let handle = leptos::mount::mount_to(place.clone(), || {
        provide_context(Till::new(&desk_seed(60_000)));
        view! { <Router><CodeScreen/></Router> }
    });
    wait_ms(50).await;
    let tap = |selector: &str| place.query_selector(selector).unwrap().expect(selector).unchecked_into::<web_sys::HtmlElement>().click();
    let is_open = || place.query_selector("dialog[open]").unwrap().is_some();
    assert!(!is_open());
    tap(".qr-act");
    wait_ms(50).await;
    assert!(is_open());
    assert!(texts(&place, "dialog[open] h2") == ["换一个新的收款码？"]);
    tap("dialog[open] .button-quiet");
    wait_ms(50).await;
    assert!(!is_open(), "giving up closes it");
    tap(".qr-act");
    wait_ms(50).await;
    // There is no server behind this page.
    tap("dialog[open] button[type=submit]");
    wait_ms(800).await;
    assert!(is_open(), "a question that was not answered stays");
    assert_eq!(texts(&place, "dialog[open] [role=alert] p").len(), 1);
    assert_eq!(texts(&place, "dialog[open] button[type=submit]"), ["换新码"], "and can be sent again");
    drop(handle);
    place.remove();
}

#[wasm_bindgen_test]
fn an_older_answer_never_hides_a_newer_code() {
    let owner = Owner::new();
    owner.with(|| {
        let till = Till::new(&desk_seed(60_000));
        let desk = |token: &str, changed: i64| Desk { token: token.to_owned(), changed_at_ms: Millis::of(changed), ..Desk::default() };
        for (token, changed, expected) in [("second", 5, "second"), ("first", 4, "second"), ("third", 6, "third")] {
            till.desk_is(desk(token, changed));
            assert_eq!(till.desk.get_untracked().unwrap().unwrap().token, expected);
        }
    });
}

#[wasm_bindgen_test]
fn the_browser_remembers_a_word() {
    browser::remember("test", "on");
    assert_eq!(browser::remembered("test").as_deref(), Some("on"));
    assert_eq!(browser::remembered("never"), None);
}
