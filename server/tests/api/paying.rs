//! A payer's way from the scan to the receipt, and everything that people do on it.

use domain::code::CodeState;
use domain::{CodeId, TenantId};
use serde_json::{Value, json};
use server::store::{Command, StoreError, Tx, codes};

use crate::browser::Browser;
use crate::scene::{Bill, Shop, form, grouped};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_goes_from_the_scan_to_the_receipt_and_each_step_says_the_truth() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        payer.open("/p/demo").await.says(200, &["青禾实验学校", "收款人 王敏", "学生姓名", "name=\"idem\""]);
        let page = payer.submit("/p/demo", &form("12.5")).await;
        page.says(200, &["还没有付款", "12.50", "data-bridge", "prepay_id="]);
        assert!(payer.trail.lock().unwrap().iter().any(|url| url.contains("/connect/oauth2/authorize")), "WeChat was asked who pays");
        let bill = Bill::of_url(&shop, &page.url);
        assert_eq!(bill.status().await, json!({"state": "pending", "receipt": null}));
        let order = shop.world.order(&bill.payment).await.unwrap();
        assert_eq!(
            json!([order["trade_type"], order["amount_fen"], order["payer_openid"], order["trade_state"]]),
            json!(["JSAPI", 1250, payer.openid, "NOTPAY"])
        );

        shop.world.pay(&bill.payment, json!({"openid": payer.openid})).await;
        bill.until("paid").await;
        let receipt = bill.receipt().await;
        assert!(receipt.starts_with("/r/") && receipt.len() >= 3 + 22, "an unguessable link: {receipt}");
        payer.open(&bill.page).await.says(200, &["付款成功", &receipt]);
        let transaction = shop.world.order(&bill.payment).await.unwrap()["transaction_id"].as_str().unwrap().to_owned();
        let said =
            ["付款成功", "¥", "12.50", "张小明", "三年一班", &grouped(&bill.payment), &bill.payment[24..], &grouped(&transaction), "王敏"];
        Browser::desktop(&shop).open(&receipt).await.says(200, &said);
        assert_eq!((shop.count("receipt").await, shop.count("payment").await), (1, 1));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_paid_before_from_a_browser_is_not_sent_through_wechat_again() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    shop.bill(&payer, "1").await;
    let second = payer.post("/p/demo", &form("2")).await;
    assert!(second.header("location").starts_with("/p/demo/"), "{}", second.header("location"));
    // A changed cookie names nobody.
    let sealed = payer.cookie("__Host-payer").unwrap();
    assert!(!sealed.contains(&payer.openid));
    payer.keep("127.0.0.1", "__Host-payer", &sealed.replacen('.', "A.", 1));
    let third = payer.post("/p/demo", &form("3")).await;
    assert!(third.header("location").contains("/connect/oauth2/authorize"), "{}", third.header("location"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pressing_twice_is_one_payment_and_another_amount_is_another() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::desktop(&shop);
        let with = |amount: &str| [form(amount), vec![("idem", "submit-1".to_owned())]].concat();
        let (one, other) = (with("8.00"), with("8.01"));
        let presses = futures::future::join_all((0..8).map(|_| payer.post("/p/demo", &one))).await;
        let first = presses[0].header("location").to_owned();
        assert!(first.starts_with("/p/demo/"), "{first}");
        for press in &presses {
            assert_eq!((press.status, press.header("location")), (303, first.as_str()));
        }
        let changed = payer.post("/p/demo", &other).await;
        assert_ne!(changed.header("location"), first, "another amount with the same number is another payment");
        assert_eq!(payer.post("/p/demo", &one).await.header("location"), first, "coming back leads to the first again");
        assert_eq!(shop.count("payment").await, 2);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_and_any_reloads_are_one_order_at_the_channel() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        let page = payer.post("/p/demo", &form("5")).await;
        let landed = payer.open(page.header("location")).await;
        let bill = Bill::of_url(&shop, &landed.url);
        for page in futures::future::join_all((0..6).map(|_| payer.open(&bill.page))).await {
            page.says(200, &["还没有付款", "prepay_id="]);
        }
        let orders = shop.world.orders().await;
        assert_eq!(orders.len(), 1, "{orders:?}");
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        for tab in [payer.open(&bill.page).await, payer.open(&bill.page).await] {
            tab.says(200, &["付款成功"]);
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_that_open_a_new_payment_at_once_share_one_order() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        // Knows who pays already, so that both tabs come to the channel at the same moment.
        shop.bill(&payer, "1").await;
        let page = payer.post("/p/demo", &form("6")).await.header("location").to_owned();
        let tabs = futures::future::join_all((0..6).map(|_| payer.open(&page))).await;
        for tab in &tabs {
            tab.says(200, &["还没有付款"]);
        }
        let payment = page.rsplit('/').next().unwrap();
        let orders = shop.world.orders().await;
        assert_eq!(orders.len(), 2, "one for each payment: {orders:?}");
        assert!(orders.iter().any(|order| order["out_trade_no"] == payment));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_landing_address_may_be_reloaded_and_shared() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let bill = shop.bill(&payer, "3").await;
    let landing = payer.trail.lock().unwrap().iter().find(|url| url.contains("/oauth/wechat?")).unwrap().clone();
    let again = payer.open(&landing).await;
    again.says(200, &["还没有付款", "prepay_id="]);
    assert!(again.url.ends_with(&bill.page), "{}", again.url);
    let friend = Browser::wechat(&shop);
    let shared = friend.open(&landing).await;
    assert_eq!((shared.status, shared.url.ends_with(&bill.page)), (200, true), "{}", shared.url);
    let order = shop.world.order(&bill.payment).await.unwrap();
    assert_eq!(order["payer_openid"], json!(payer.openid), "the first payer stays the payer");
    let made_up = payer.open("/oauth/wechat?code=x&state=nobody").await;
    made_up.says(400, &["没能确认身份"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_landing_address_that_somebody_else_opens_first_is_not_used_up() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let to_wechat = payer.post("/p/demo", &form("3")).await;
    let landing = payer.ask("GET", to_wechat.header("location"), &[], None).await.header("location").to_owned();
    let thief = Browser::wechat(&shop);
    let stolen = thief.ask("GET", &landing, &[], None).await;
    assert!(stolen.header("location").starts_with("/p/demo/"), "the other browser is not signed in as the payer");
    assert!(!stolen.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().unwrap().contains("__Host-payer")));
    payer.open(&landing).await.says(200, &["还没有付款"]);
    let orders = shop.world.orders().await;
    assert_eq!(json!([orders.len(), orders[0]["payer_openid"]]), json!([1, payer.openid]));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_identity_never_pays() {
    let shop = Shop::open().await;
    let preview = Browser::of(&shop, "snapshot_somebody");
    preview.submit("/p/demo", &form("3")).await.says(403, &["这是预览，不能付款", "使用完整服务"]);
    assert_eq!(preview.cookie("__Host-payer"), None);
    assert_eq!(shop.world.orders().await, Vec::<Value>::new());
    let person = Browser::wechat(&shop);
    shop.world.fault("oauth-token", "snapshot", 1).await;
    person.submit("/p/demo", &form("3")).await.says(403, &["这是预览，不能付款"]);
    assert_eq!(shop.world.orders().await, Vec::<Value>::new());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_wechat_does_not_say_who_pays_a_sentence_says_so_and_trying_again_works() {
    let shop = Shop::open().await;
    let table = [
        ("oauth-token", "40029", "没能确认身份"),
        ("oauth-token", "40163", "没能确认身份"),
        ("oauth-token", "-1", "微信支付暂时没有回应"),
        ("oauth-token", "500", "微信支付暂时没有回应"),
    ];
    for (door, fault, sentence) in table {
        let payer = Browser::wechat(&shop);
        shop.world.fault(door, fault, 1).await;
        let answer = payer.submit("/p/demo", &form("3")).await;
        answer.says(502, &[sentence, "再试一次"]);
        let back =
            answer.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).find(|to| to.starts_with("/p/demo/")).unwrap();
        payer.open(back).await.says(200, &["还没有付款", "prepay_id="]);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_amount_is_named_and_everything_typed_is_shown_again() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let table = [
        ("demo", "", "请输入金额", "Enter an amount"),
        ("demo", "0", "请输入金额", "Enter an amount"),
        ("demo", "0.00", "请输入金额", "Enter an amount"),
        ("demo", "-1", "金额只能是数字，如 12.50", "Use digits only, like 12.50"),
        ("demo", "1e3", "金额只能是数字，如 12.50", "Use digits only, like 12.50"),
        ("demo", "0.019", "最多两位小数", "At most two decimals"),
        ("demo", "50000.01", "单笔最多 ¥50,000.00", "The most is ¥50,000.00"),
        ("demo", "99999999999999999999", "金额太大", "The amount is too large"),
        ("demo-form", "0.99", "最少付 ¥1.00", "The least is ¥1.00"),
        ("demo-form", "1000.01", "单笔最多 ¥1,000.00", "The most is ¥1,000.00"),
        ("demo-fixed", "12.51", "这个码固定收 ¥12.50，请重新确认", "This code collects exactly ¥12.50"),
        ("demo-fixed", "0.01", "这个码固定收 ¥12.50，请重新确认", "This code collects exactly ¥12.50"),
    ];
    for (code, amount, zh, en) in table {
        let typed = [form(amount), vec![("field.sets", "夏装".to_owned()), ("field.agree", "on".to_owned())]].concat();
        let typed: Vec<_> = typed.into_iter().filter(|(name, _)| asks(code, name)).collect();
        let answer = payer.submit(&format!("/p/{code}"), &typed).await;
        answer.says(422, &[zh, "张小明"]);
        assert!(code == "demo-fixed" || answer.text.contains(&format!("value=\"{amount}\"")), "{amount} is not shown again");
        payer.submit(&format!("/p/{code}?lang=en"), &typed).await.says(422, &[en, "张小明"]);
        payer.keep("127.0.0.1", "lang", "zh");
    }
    assert_eq!(shop.count("payment").await, 0);
    shop.close().await;
}

/// Whether the code's form has the field.
fn asks(code: &str, name: &str) -> bool {
    match code {
        "demo" => ["amount", "field.student", "field.class", "field.remark"].contains(&name),
        "demo-fixed" => ["amount", "field.student"].contains(&name),
        _ => name != "field.class",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_is_named_at_its_field_and_nothing_typed_is_lost() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let long = "长".repeat(21);
    let table = [
        ("demo", "student", "", "请填写"),
        ("demo", "student", "  ", "请填写"),
        ("demo", "student", long.as_str(), "最多 20 个字"),
        ("demo", "student", "张\u{7}三", "含有看不见的字符，请重新输入"),
        ("demo", "class", "四年级", "请从选项中选择"),
        ("demo", "remark", long.as_str(), "最多 20 个字"),
        ("demo-form", "phone", "12345", "请填 11 位手机号"),
        ("demo-form", "sets", "裙子", "请从选项中选择"),
        ("demo-form", "agree", "", "请勾选"),
        ("demo-form", "serial", "12\u{7}34", "含有看不见的字符，请重新输入"),
        ("demo-form", "place.lat", "200", "位置不对，请重新定位或直接填写"),
        ("demo-form", "invoice.tax_no", "12", "税号是 15、18 或 20 位字母和数字"),
    ];
    for (code, key, value, expected) in table {
        let mut typed: Vec<(&str, String)> =
            vec![("amount", "25.00".into()), ("field.student", "李华".into()), ("field.class", "三年二班".into())];
        typed.extend([("field.sets", "冬装".to_owned()), ("field.agree", "on".to_owned()), ("field.remark", "备注甲".to_owned())]);
        if key.starts_with("place") {
            typed.extend([("field.place.text", "校门口".to_owned()), ("field.place.lng", "120.1".to_owned())]);
        }
        if key.starts_with("invoice") {
            typed.extend([("field.invoice.kind", "company".to_owned()), ("field.invoice.name", "某某公司".to_owned())]);
        }
        let name = format!("field.{key}");
        let mut typed: Vec<(&str, String)> = typed
            .into_iter()
            .filter(|(known, _)| {
                *known != name && (if code == "demo" { asks(code, known) } else { !known.ends_with("class") && !known.ends_with("remark") })
            })
            .collect();
        typed.push((&name, value.to_owned()));
        let answer = payer.submit(&format!("/p/{code}"), &typed).await;
        assert_eq!(answer.status, 422, "{code} {key} {value}");
        answer.says(422, &[expected, "role=\"alert\"", "value=\"25.00\""]);
        if key != "student" {
            answer.says(422, &["value=\"李华\""]);
        }
    }
    assert_eq!(shop.count("payment").await, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_cannot_be_paid_says_why_in_the_readers_language() {
    let shop = Shop::open().await;
    let table = [
        ("nosuch", 404, "没有这个收款码", "No such code"),
        ("demo-expired", 410, "收款码已过期", "This code has expired"),
        ("demo-disabled", 410, "收款码已停用", "This code is switched off"),
        ("demo-closed", 410, "商户暂停收款", "The merchant is not collecting"),
    ];
    for (code, status, zh, en) in table {
        let path = format!("/p/{code}");
        let payer = Browser::wechat(&shop);
        payer.open(&path).await.says(status, &[zh, "lang=\"zh"]);
        payer.ask("GET", &path, &[("accept-language", "en-GB,en;q=0.9")], None).await.says(status, &[en, "lang=\"en"]);
        payer.ask("GET", &format!("{path}?lang=zh"), &[("accept-language", "en")], None).await.says(status, &[zh]);
        payer.submit(&path, &form("1")).await.says(status, &[zh]);
        payer.open(&format!("{path}?lang=en")).await.says(status, &[en]);
        payer.open(&path).await.says(status, &[en]);
        payer.submit(&path, &form("1")).await.says(status, &[en]);
    }
    assert_eq!(shop.count("payment").await, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_code_collects_its_amount_and_nothing_else() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    payer.open("/p/demo-fixed").await.says(200, &["12.50"]);
    for amount in ["", "12.50", "12.5"] {
        let page = payer.submit("/p/demo-fixed", &[("amount", amount.to_owned()), ("field.student", "李华".to_owned())]).await;
        let bill = Bill::of_url(&shop, &page.url);
        assert_eq!(shop.world.order(&bill.payment).await.unwrap()["amount_fen"], 1250);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_wechat_the_payer_gets_a_code_to_scan_and_can_pay_with_it() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::desktop(&shop);
        let page = payer.submit("/p/demo", &form("7.70")).await;
        page.says(200, &["请用微信扫码付款", "data:image/png;base64,", "weixin://wxpay/"]);
        let bill = Bill::of_url(&shop, &page.url);
        assert_eq!(shop.world.order(&bill.payment).await.unwrap()["trade_type"], "NATIVE");
        shop.world.pay(&bill.payment, json!({"openid": "oSomebodyElse"})).await;
        bill.until("paid").await;
        payer.open(&bill.receipt().await).await.says(200, &["7.70", "张小明"]);
        shop.close().await;
    }
}

struct SwitchOff {
    tenant: TenantId,
    code: CodeId,
}

impl Command for SwitchOff {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        codes::set_state(tx, self.tenant, self.code, CodeState::Disabled).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_stays_at_its_link_when_the_code_has_died_meanwhile() {
    let shop = Shop::open().await;
    let (paid, open) = (shop.paid("4.40").await, shop.bill(&Browser::wechat(&shop), "5.50").await);
    let code = shop.stored(&paid.payment).await.payment;
    shop.site.store.write(SwitchOff { tenant: code.tenant, code: code.code }).await.unwrap();
    Browser::desktop(&shop).open("/p/demo").await.says(410, &["收款码已停用"]);
    assert!(paid.looks().await.contains("付款成功"));
    Browser::desktop(&shop).open(&paid.receipt().await).await.says(200, &["4.40"]);
    // Who is in the middle of paying may finish.
    shop.world.pay(&open.payment, json!({})).await;
    open.until("paid").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payments_page_is_found_only_whole_and_under_its_own_code() {
    let shop = Shop::open().await;
    let bill = shop.bill(&Browser::wechat(&shop), "4").await;
    let payer = Browser::desktop(&shop);
    let strange = "0".repeat(32);
    for path in [
        format!("/p/demo-fixed/{}", bill.payment),
        format!("/p/demo/{strange}"),
        "/p/demo/x".into(),
        format!("/r/{}", bill.payment),
        "/r/x".into(),
    ] {
        payer.open(&path).await.says(404, &["没有这个页面"]);
        payer.ask("GET", &path, &[("accept", "application/json")], None).await.says(404, &[]);
    }
    shop.close().await;
}
