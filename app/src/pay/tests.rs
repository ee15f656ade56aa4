//! What every payer page promises, whatever is on it.

use domain::code::AmountRule;
use domain::contact::Contact;
use domain::form::{Component, Field, FieldError, FieldRefusal, FormSchema, ScanKind, Typed};
use domain::payment::Standing;
use domain::receipt::Receipt;
use domain::refund::{RefundCause, RefundState};
use domain::{Fen, Millis, OutTradeNo};

use super::*;
use crate::Locale;
use crate::ui::Mark;

const NASTY: &str = "\"><script>alert(1)</script>&'";

fn shop() -> Shop {
    Shop { name: NASTY.into(), logo_url: None, payee: NASTY.into(), code_name: NASTY.into(), contact: Contact::parse("0571-5550 0100") }
}

fn shell(locale: Locale, assets: &Assets) -> Shell<'_> {
    Shell { locale, nonce: "n0nce", assets, is_demo: true, theme: Theme::Device, is_care: false }
}

/// The form of `/p/demo`.
fn demo_form() -> FormSchema {
    let classes = ["三年一班", "三年二班", "三年三班"].map(str::to_owned).to_vec();
    let fields = vec![
        Field::new("student", "学生姓名", Component::text(20)).required(),
        Field::new("class", "班级", Component::Choice { options: classes, multiple: false }).required(),
        Field::new("remark", "备注", Component::text(50)),
    ];
    FormSchema { version: 1, fields }
}

fn pay<'a>(shop: &'a Shop, form: &'a FormSchema, typed: &'a Typed, none: &'a Typed, field_errors: &'a [FieldError]) -> PayForm<'a> {
    PayForm {
        action: "/p/demo",
        shop,
        amount: AmountRule::Free,
        owing: None,
        amount_typed: typed.first("amount"),
        amount_error: None,
        form,
        typed,
        presets: none,
        field_errors,
        photo_errors: &[],
        idem: "0196f3a2b1c47d8e9f00112233445566",
        draft: None,
        wechat_script: None,
        trouble: None,
    }
}

fn waiting(shop: &Shop, standing: Standing, way: Way) -> Waiting<'_> {
    Waiting {
        shop,
        standing,
        is_back: false,
        why: None,
        concerns: &[],
        amount_fen: Fen::of(12_850),
        payment: "0196f3a2b1c47d8e9f001122a7d84c21".parse().unwrap(),
        way,
        status_url: "/p/demo/0196f3a2b1c47d8e9f001122a7d84c21",
        form_url: Some("/p/demo"),
        receipt_url: None,
    }
}

/// Every kind of page, with hostile text wherever people can put text.
fn all_pages(locale: Locale) -> Vec<String> {
    let (assets, shop, none) = (Assets::default(), shop(), Typed::default());
    let shell = shell(locale, &assets);
    let mut form = demo_form();
    form.fields[2].hint = NASTY.into();
    form.fields[2].label = NASTY.into();
    let typed = Typed::default().with("student", NASTY).with("amount", NASTY);
    let errors = [FieldError { key: "class".into(), why: FieldRefusal::Required }];
    let params = format!(r#"{{"package":"{}"}}"#, NASTY.replace('"', "\\\""));
    let receipt = Receipt {
        payment: "0196f3a2b1c47d8e9f001122a7d84c21".parse().unwrap(),
        amount_fen: Fen::of(12_850),
        refunding_fen: Fen::of(1),
        refunded_fen: Fen::of(2),
        paid_at_ms: Millis::of(1_795_242_728_000),
        code_name: NASTY.into(),
        payee_name: NASTY.into(),
        answers: vec![domain::form::Answer::plain("x", NASTY, NASTY)],
        transaction: Some(NASTY.into()),
    };
    let returned = [Returned {
        amount_fen: Fen::of(1),
        attempt: OutTradeNo::first(receipt.payment),
        cause: RefundCause::Merchant,
        reason: NASTY.into(),
        state: RefundState::Done,
        is_blocked: false,
        asked_at_ms: Millis::of(0),
        final_at_ms: Some(Millis::of(0)),
    }];
    let page =
        ReceiptPage { receipt: &receipt, returned: &returned, shop: &shop, now: Millis::of(0), mark: Mark::of_seed(7), photos: None };
    let mut pages = vec![
        pay_page(shell, &pay(&shop, &form, &typed, &none, &errors)),
        waiting_page(shell, &waiting(&shop, Standing::Pending, Way::Bridge { params_json: params, bridge_script: Some(NASTY.into()) })),
        receipt_page(shell, &page),
        notice_page(shell, &NoticeKind::Broken { trace: NASTY.into() }, Some(&shop), Some(NASTY)),
    ];
    let standings = [Standing::Confirming, Standing::Paid, Standing::NotPaid, Standing::Held, Standing::Returned, Standing::Refunded];
    pages.extend(standings.map(|standing| waiting_page(shell, &waiting(&shop, standing, Way::None))));
    pages
}

#[test]
fn what_people_wrote_is_never_read_as_html() {
    for page in all_pages(Locale::zh) {
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(!page.contains("=\"\"><"), "an attribute was broken out of: {page}");
    }
}

#[test]
fn every_page_passes_a_strict_content_security_policy() {
    for page in all_pages(Locale::en) {
        assert!(!page.contains(" style="), "{page}");
        assert!(!page.contains(" onclick="), "{page}");
        assert_eq!(page.matches("<script").count(), page.matches("nonce=\"n0nce\"").count() - 1, "{page}");
    }
}

#[test]
fn every_page_says_its_language_and_offers_the_other() {
    let table = [(Locale::zh, "<html lang=\"zh-CN\"", "?lang=en"), (Locale::en, "<html lang=\"en\"", "?lang=zh")];
    for (locale, tag, link) in table {
        for page in all_pages(locale) {
            assert!(page.starts_with("<!doctype html>") && page.contains(tag) && page.contains(link), "{page}");
            assert!(!page.contains('{') || page.contains("data-bridge"), "a placeholder was left: {page}");
        }
    }
}

#[test]
fn every_control_has_a_label_and_every_error_a_link() {
    let (assets, shop, none, form) = (Assets::default(), shop(), Typed::default(), demo_form());
    let errors = [FieldError { key: "student".into(), why: FieldRefusal::TooLong { max_chars: 20 } }];
    let page = pay_page(shell(Locale::en, &assets), &pay(&shop, &form, &none, &none, &errors));
    for expected in [
        r#"<label for="amount""#,
        r#"<label for="f-student">"#,
        r##"<a href="#f-student">学生姓名: At most 20 characters"##,
        r#"aria-describedby="e-student""#,
        r#"aria-invalid="true""#,
        r#"id="e-student" class="err">At most 20 characters"#,
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
}

#[test]
fn what_is_left_open_is_said_alike_by_the_script_and_by_the_server() {
    let options = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    let table = [
        (Component::text(9), "请填写", "Please fill this in"),
        (Component::Choice { options: options(2), multiple: false }, "请选择", "Please choose"),
        (Component::Choice { options: options(2), multiple: true }, "请选择", "Please choose"),
        (Component::Choice { options: options(9), multiple: false }, "请选择", "Please choose"),
        (Component::Checkbox, "请勾选", "Please tick this"),
        (Component::Scan { accepts: ScanKind::Auto }, "请填写", "Please fill this in"),
        (Component::Photo, "请选择照片", "Please choose a photo"),
        (Component::Location, "请填写", "Please fill this in"),
        (Component::InvoiceTitle, "请填写", "Please fill this in"),
    ];
    let (assets, shop, none) = (Assets::default(), shop(), Typed::default());
    for (component, zh, en) in table {
        for (locale, expected) in [(Locale::zh, zh), (Locale::en, en)] {
            let form = FormSchema { version: 1, fields: vec![Field::new("key", "label", component.clone()).required()] };
            // What the script finds: the sentence of the question, or else that of the whole form.
            let asked = pay_page(shell(locale, &assets), &pay(&shop, &form, &none, &none, &[]));
            let said = asked.split("data-why=\"").skip(1).filter_map(|rest| rest.split('"').next()).last();
            assert_eq!(said, Some(expected), "{component:?}");
            let errors = form.check(&none).expect_err("nothing was answered");
            let refused = pay_page(shell(locale, &assets), &pay(&shop, &form, &none, &none, &errors));
            assert!(refused.contains(&format!("class=\"err\">{expected}<")), "{component:?}\n{refused}");
        }
    }
    // A switch that is off is an answer, whatever the form says.
    let form = FormSchema { version: 1, fields: vec![Field::new("key", "label", Component::Switch).required()] };
    assert!(form.check(&none).is_ok());
}

#[test]
fn what_was_typed_is_there_again_after_a_refusal() {
    let (assets, shop, none, form) = (Assets::default(), shop(), Typed::default(), demo_form());
    let typed = Typed::default().with("student", "李小雨").with("class", "三年二班").with("amount", "12,50");
    let page = pay_page(shell(Locale::zh, &assets), &pay(&shop, &form, &typed, &none, &[]));
    assert!(page.contains(r#"value="12,50""#) && page.contains(r#"value="李小雨""#), "{page}");
    assert!(page.contains(r#"value="三年二班" checked"#), "{page}");
}

#[test]
fn only_an_order_that_may_be_paid_again_offers_to_pay() {
    let (assets, shop) = (Assets::default(), shop());
    let table = [
        (Standing::NotPaid, true),
        (Standing::Returned, true),
        (Standing::Held, false),
        (Standing::Refunded, false),
        (Standing::Paid, false),
    ];
    for (standing, expected) in table {
        let page = waiting_page(shell(Locale::zh, &assets), &waiting(&shop, standing, Way::None));
        assert_eq!(page.contains(r#"href="/p/demo""#), expected, "{standing:?}");
        assert!(!page.contains("data-poll"), "{standing:?} is final");
    }
}

#[test]
fn while_nobody_knows_the_way_to_pay_is_out_of_sight() {
    let (assets, shop) = (Assets::default(), shop());
    let way = Way::Native { qr_png_data_uri: "data:image/png;base64,AA".into(), code_url: "weixin://x".into(), cashier_url: None };
    let page = waiting_page(shell(Locale::zh, &assets), &waiting(&shop, Standing::Confirming, way));
    let hidden = page.find(r#"data-for="pending" hidden"#).expect("the section that can be paid is hidden");
    let shown = page.find(r#"data-for="confirming">"#).expect("the section that warns is shown");
    let code = page.find("weixin://x").unwrap();
    assert!(hidden < code && code < shown);
}

#[test]
fn a_receipt_moves_and_tells_its_mark_in_words() {
    let page = &all_pages(Locale::zh)[2];
    assert!(page.contains("本小时标记：橙色三角") && page.contains("data-now") && page.contains("a7d84c21"), "{page}");
}

#[test]
fn the_demo_page_is_small() {
    let (assets, none, form) = (Assets::default(), Typed::default(), demo_form());
    let shop = Shop { name: "青禾实验学校".into(), payee: "王敏".into(), code_name: "教务处".into(), ..Shop::default() };
    let page = pay_page(shell(Locale::zh, &assets), &pay(&shop, &form, &none, &none, &[]));
    // Compressed it is about 1.4 kB; style and script take about as much again each, and the budget with headers is 5.8 kB.
    assert!(page.len() < 3_400, "{} bytes\n{page}", page.len());
}

#[test]
fn both_languages_have_the_same_sentences_with_the_same_placeholders() {
    for (zh, en) in [
        (include_str!("../../locales/zh/pay.json"), include_str!("../../locales/en/pay.json")),
        (include_str!("../../locales/zh/common.json"), include_str!("../../locales/en/common.json")),
    ] {
        let read = |text| serde_json::from_str::<std::collections::BTreeMap<String, String>>(text).unwrap();
        let (zh, en) = (read(zh), read(en));
        assert!(zh.keys().eq(en.keys()));
        let placeholders = |text: &str| {
            let mut names: Vec<String> = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect();
            names.sort();
            names
        };
        for (key, sentence) in &zh {
            assert_eq!(placeholders(sentence), placeholders(&en[key]), "{key}");
            assert!(!sentence.contains('|'), "{key}: the script separates sentences by this sign");
        }
    }
}
