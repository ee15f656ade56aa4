//! Extra codes, as an administrator makes them: amounts, presets, time, forms, switching and paper (rows E13, B81, B90).

use domain::code_terms::typed_moment;
use serde_json::json;

use crate::browser::Browser;
use crate::scene::{Bill, Shop, form};

const MANAGER: &str = "13800138001";
const ID_NUMBER: &str = "11010519491231002X";

/// The value of a hidden control.
pub fn hidden(text: &str, name: &str) -> String {
    let control =
        text.split("<input").find(|control| control.contains(&format!("name=\"{name}\""))).unwrap_or_else(|| panic!("no {name}: {text}"));
    control.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The form that makes a code for this payee, as it stands before anything is typed.
pub async fn code_form(admin: &Browser, payee: &str) -> Vec<(&'static str, String)> {
    let page = admin.open(&format!("/admin/codes/new?for={payee}")).await;
    page.says(200, &["新建收款码", "预设内容", "付款人填写：学生姓名、班级、备注"]);
    ["for", "form", "number"].map(|name| (name, hidden(&page.text, name))).to_vec()
}

/// The address of the form with this question, where a code is made or changed.
fn form_with(text: &str, label: &str) -> String {
    let link = text.split("<a href=\"").find(|link| link.contains("form=") && link.split("</a>").next().unwrap().contains(label));
    link.unwrap_or_else(|| panic!("no form asks {label}: {text}")).split('"').next().unwrap().replace("&amp;", "&")
}

pub async fn make(admin: &Browser, shop: &Shop, extra: &[(&'static str, &str)]) -> String {
    let mut pairs = code_form(admin, &shop.account(MANAGER).await).await;
    pairs.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let made = admin.post("/admin/codes/new", &pairs).await;
    assert_eq!(made.status, 303, "{}", made.text);
    made.header("location").split('?').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extra_code_with_presets_is_on_the_managers_phone_and_payers_cannot_change_what_it_says() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let before = manager.function("manager/desk", json!({})).await.json()["changed_at_ms"].clone();
        let extra = [("name", "运动会报名"), ("kind", "app"), ("rule", "fixed"), ("fixed", "30"), ("field.class", "三年二班")];
        let page = make(&admin, &shop, &extra).await;
        admin.open("/admin/codes").await.says(200, &["运动会报名", "刘洋", "¥30.00", "手机码", "可用"]);
        manager.open("/m/codes").await.says(200, &["运动会报名", "三年二班"]);
        let desk = manager.function("manager/desk", json!({})).await.json();
        assert!(desk["changed_at_ms"].as_i64() > before.as_i64(), "open screens are told");
        let code = page.rsplit('/').next().unwrap();
        assert_eq!(manager.post("/m/codes", &[("code", code.to_owned())]).await.status, 303);
        let desk = manager.function("manager/desk", json!({})).await.json();
        let address = format!("/p/{}", desk["token"].as_str().unwrap());
        let payer = Browser::wechat(&shop);
        let asked = payer.open(&address).await;
        asked.says(200, &["三年二班", "30.00"]);
        assert!(!asked.text.contains("name=\"field.class\""), "it is not asked");
        let sent = [("amount", "30".to_owned()), ("field.student", "王五".to_owned()), ("field.class", "三年三班".to_owned())];
        let paid = payer.submit(&address, &sent).await;
        let bill = Bill::of_url(&shop, &paid.url);
        let stored = shop.stored(&bill.payment).await;
        assert_eq!(stored.answers.iter().map(|answer| answer.text.as_str()).collect::<Vec<_>>(), ["王五", "三年二班"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preset_identity_number_is_kept_and_never_shown_whole() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let start = admin.open(&format!("/admin/codes/new?for={}", shop.account(MANAGER).await)).await;
        let page = admin.open(&form_with(&start.text, "身份证号")).await;
        page.says(200, &["身份证号", "尺码照片"]);
        assert!(!page.text.contains("name=\"field.photo\""), "a photograph is not preset");
        let mut pairs: Vec<(&str, String)> = ["for", "form", "number"].map(|name| (name, hidden(&page.text, name))).to_vec();
        pairs.extend([("name", "校服团购".to_owned()), ("rule", "free".to_owned()), ("field.id_number", "11010519491231002Y".to_owned())]);
        admin.post("/admin/codes/new", &pairs).await.says(422, &["aria-invalid=\"true\"", "11010519491231002Y", "value=\"校服团购\""]);
        pairs.last_mut().unwrap().1 = ID_NUMBER.to_owned();
        let made = admin.post("/admin/codes/new", &pairs).await;
        let code = made.header("location").split('?').next().unwrap().to_owned();
        let again = admin.post("/admin/codes/new", &pairs).await;
        assert_eq!(again.header("location"), made.header("location"), "sent twice, it is one code");
        // The same number with another content makes nothing and changes nothing, and says so.
        let mut other = pairs.clone();
        other.iter_mut().filter(|(name, _)| *name == "name").for_each(|(_, value)| *value = "运动服团购".to_owned());
        let refused = admin.post("/admin/codes/new", &other).await;
        refused.says(409, &["这张表单已经提交过", "没有再建立", "value=\"运动服团购\"", &format!("href=\"{code}\"")]);
        admin.open(&code).await.says(200, &["校服团购"]);
        other.iter_mut().filter(|(name, _)| *name == "number").for_each(|(_, value)| *value = hidden(&refused.text, "number"));
        let second = admin.post("/admin/codes/new", &other).await;
        assert!(second.header("location").contains("done=code_made") && !second.header("location").starts_with(&code));

        let shown = admin.open(&code).await;
        shown.says(200, &["**************002X", "留空不变"]);
        let manager = Browser::manager(&shop, MANAGER).await;
        let codes = manager.open("/m/codes").await;
        codes.says(200, &["校服团购", "**************002X"]);
        let id = code.rsplit('/').next().unwrap();
        manager.post("/m/codes", &[("code", id.to_owned())]).await;
        let desk = manager.function("manager/desk", json!({})).await;
        let address = format!("/p/{}", desk.json()["token"].as_str().unwrap());
        let asked = Browser::desktop(&shop).open(&address).await;
        asked.says(200, &["**************002X"]);
        for page in [&shown, &codes, &desk, &asked] {
            assert!(!page.text.contains("110105"), "{} shows the whole number", page.url);
        }
        // Saved with an empty control it stays; it is forgotten on demand.
        let save = |name: &str, forget: bool| {
            let mut pairs = vec![("form", hidden(&shown.text, "form")), ("name", name.to_owned()), ("rule", "free".to_owned())];
            pairs.extend(forget.then(|| ("field.id_number.forget", "on".to_owned())));
            pairs
        };
        assert!(admin.post(&code, &save("校服", false)).await.header("location").ends_with("done=saved"));
        admin.open(&code).await.says(200, &["**************002X"]);
        assert!(admin.post(&code, &save("校服", true)).await.header("location").ends_with("done=saved"));
        assert!(!admin.open(&code).await.text.contains("002X"));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_said_at_its_field_and_kept() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    let start = code_form(&admin, &shop.account(MANAGER).await).await;
    let table: [(&[(&str, &str)], &str); 16] = [
        (&[("name", "")], "请填写名称"),
        (&[("name", " 默认收款码 ")], "已有同名的收款码"),
        (&[("name", "码"), ("fixed", "30")], "填了固定金额，但选的是“付款人填写金额”"),
        (&[("name", "码"), ("rule", "free"), ("fixed", "30")], "填了固定金额，但选的是“付款人填写金额”"),
        (&[("name", "码"), ("rule", "free"), ("min", "1"), ("max", "2")], "填了限定范围，但选的是“付款人填写金额”"),
        (&[("name", "码"), ("rule", "fixed"), ("fixed", "30"), ("max", "40")], "填了限定范围，但选的是“固定金额”"),
        (&[("name", "码"), ("rule", "between"), ("fixed", "30"), ("min", "1"), ("max", "2")], "填了固定金额，但选的是“限定范围”"),
        (&[("name", "码"), ("until", "2020-01-01T00:00")], "结束时间已经过去"),
        (&[("name", "码"), ("rule", "fixed"), ("fixed", "0")], "请填写 0.01 到 50,000"),
        (&[("name", "码"), ("rule", "fixed"), ("fixed", "50000.01")], "请填写 0.01 到 50,000"),
        (&[("name", "码"), ("rule", "between"), ("min", "x"), ("max", "2")], "请填写 0.01 到 50,000"),
        (&[("name", "码"), ("rule", "between"), ("min", "3"), ("max", "2")], "最低金额不能高于最高金额"),
        (&[("name", "码"), ("from", "tomorrow")], "请填写日期和时间"),
        (&[("name", "码"), ("from", "2026-11-22T10:00"), ("until", "2026-11-22T10:00")], "结束时间要晚于开始时间"),
        (&[("name", "码"), ("field.class", "三年九班")], "field.class"),
        (&[("name", "码"), ("field.student", "二十个字以上的名字不能预设因为付款人也不能这样填写的")], "value=\"二十个字"),
    ];
    for (typed, expected) in table {
        let mut pairs = start.clone();
        pairs.extend(typed.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let answer = admin.post("/admin/codes/new", &pairs).await;
        answer.says(422, &[expected]);
        assert_eq!(answer.text.matches("role=\"alert\"").count(), 1, "{typed:?}");
        assert!(
            typed
                .iter()
                .filter(|(name, _)| ["name", "fixed", "min"].contains(name))
                .all(|(_, value)| answer.text.contains(&format!("value=\"{value}\"")))
        );
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'code.make'").await, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_beside_a_rule_that_does_not_use_it_is_refused_unless_it_stood_there() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    let page = make(&admin, &shop, &[("name", "运动会报名"), ("rule", "fixed"), ("fixed", "30")]).await;
    let form = hidden(&admin.open(&page).await.text, "form");
    let set = |rule: &str, fixed: &str| {
        [("form", form.clone()), ("name", "运动会报名".to_owned()), ("rule", rule.to_owned()), ("fixed", fixed.to_owned())]
    };
    let refused = admin.post(&page, &set("free", "31")).await;
    refused.says(422, &["填了固定金额，但选的是“付款人填写金额”", "id=\"fixed-wrong\"", "value=\"31\""]);
    admin.open(&page).await.says(200, &["value=\"30.00\""]);
    // What the code collects until now stands in its field, and is nothing that somebody typed.
    assert!(admin.post(&page, &set("free", "30.00")).await.header("location").ends_with("done=saved"));
    assert!(!admin.open(&page).await.text.contains("value=\"30.00\""));
    // Now it does not stand there any more.
    let refused = admin.post(&format!("{page}?lang=en"), &set("between", "30.00")).await;
    refused.says(422, &["A fixed amount is entered, but “Within a range” is chosen", "id=\"fixed-wrong\""]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_codes_of_one_payee_are_never_called_the_same() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let (first, second) = (make(&admin, &shop, &[("name", "运动会报名")]).await, make(&admin, &shop, &[("name", "春游")]).await);
        let refusal = ["已有同名的收款码", "id=\"name-wrong\"", "value=\" 运动会报名 \""];
        let off = admin.post(&format!("{first}/switch"), &[("to", "off".to_owned())]).await;
        assert!(off.header("location").ends_with("done=off"), "one that is switched off can be switched on again");
        let draft = async |phone: &str, name: &str| {
            let mut pairs = code_form(&admin, &shop.account(phone).await).await;
            pairs.push(("name", name.to_owned()));
            pairs
        };
        admin.post("/admin/codes/new", &draft(MANAGER, " 运动会报名 ").await).await.says(422, &refusal);
        let form = hidden(&admin.open(&second).await.text, "form");
        let set = |name: &str, rule: &str| {
            [("form", form.clone()), ("name", name.to_owned()), ("rule", rule.to_owned()), ("min", "1".to_owned()), ("max", "2".to_owned())]
        };
        admin.post(&second, &set(" 运动会报名 ", "between")).await.says(422, &refusal);
        admin.open(&second).await.says(200, &["春游"]);
        assert!(admin.post(&second, &set("春游", "between")).await.header("location").ends_with("done=saved"), "it keeps its own name");
        // Two who ask for a name at once do not both get it, and somebody else's codes have their own names.
        let (one, two) = (draft(MANAGER, "秋游").await, draft(MANAGER, "秋游").await);
        let (one, two) = tokio::join!(admin.post("/admin/codes/new", &one), admin.post("/admin/codes/new", &two));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 422], "{}", shop.place.engine);
        assert_eq!(admin.post("/admin/codes/new", &draft("13800138004", "秋游").await).await.status, 303);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_open_keeps_what_it_was_made_with_when_the_code_asks_something_else() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let page = make(&admin, &shop, &[("name", "春游"), ("kind", "plate"), ("rule", "free")]).await;
        let url = admin
            .open(&page)
            .await
            .text
            .split("付款地址")
            .nth(1)
            .unwrap()
            .split("href=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let address = url.strip_prefix(&shop.url).unwrap();
        let first = Browser::wechat(&shop).submit(address, &form("5")).await;
        let first = Bill::of_url(&shop, &first.url);

        let other = admin.open(&form_with(&admin.open(&page).await.text, "身份证号")).await;
        let pairs =
            [("form", hidden(&other.text, "form")), ("name", "春游".to_owned()), ("rule", "fixed".to_owned()), ("fixed", "8".to_owned())];
        assert!(admin.post(&page, &pairs).await.header("location").ends_with("done=saved"));
        assert!(admin.post(&page, &pairs).await.header("location").ends_with("done=same"), "the same once more changes nothing");
        Browser::desktop(&shop).open(address).await.says(200, &["身份证号", "8.00"]);

        shop.world.pay(&first.payment, json!({})).await;
        first.until("paid").await;
        let stored = shop.stored(&first.payment).await;
        assert_eq!((stored.payment.amount_fen.get(), stored.answers[0].text.as_str()), (500, "张小明"));
        Browser::manager(&shop, MANAGER).await.open(&format!("/m/receipts/{}", first.payment)).await.says(200, &["张小明", "三年一班"]);
        // The other codes that shared the first form go on with it.
        Browser::desktop(&shop).open("/p/demo").await.says(200, &["班级"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_within_its_time_and_while_it_is_switched_on() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let extra = [("name", "晚会"), ("kind", "plate"), ("rule", "free"), ("until", "2999-01-01T00:00")];
        let page = make(&admin, &shop, &extra).await;
        let shown = admin.open(&page).await;
        shown.says(200, &["value=\"2999-01-01T00:00\"", "A6", "80", "id=\"switch-title\">停用收款码"]);
        let address = shown.text.split("付款地址").nth(1).unwrap().split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let print = format!("{page}/print?paper=a6");
        admin.open(&print).await.says(200, &["<svg", "晚会", "刘洋", "size:105mm 148mm"]);
        let switch = |to: &str| [("to", to.to_owned())];
        assert!(admin.post(&format!("{page}/switch"), &switch("off")).await.header("location").ends_with("done=off"));
        assert!(!Browser::desktop(&shop).open(&address).await.text.contains("name=\"amount\""));
        assert_eq!(admin.open(&print).await.status, 404, "what does not work is not printed");
        admin.open(&page).await.says(200, &["已停用", "不能打印", "id=\"switch-title\">启用收款码"]);
        assert!(admin.post(&format!("{page}/switch"), &switch("on")).await.header("location").ends_with("done=on"));
        Browser::desktop(&shop).open(&address).await.says(200, &["name=\"amount\""]);
        let five_minutes_ms = 5 * 60_000;
        let soon = typed_moment(shop.world.hands.now().plus_ms(five_minutes_ms));
        let set = |name: &str, until: &str| [("form", hidden(&shown.text, "form")), ("name", name.to_owned()), ("until", until.to_owned())];
        assert!(admin.post(&page, &set("晚会", &soon)).await.header("location").ends_with("done=saved"));
        shop.world.hands.pass_ms(five_minutes_ms);
        admin.open(&page).await.says(200, &["已过期"]);
        let refused = admin.post(&page, &set("晚会", "2020-01-01T00:00")).await;
        refused.says(422, &["结束时间已经过去", "id=\"until-wrong\"", "value=\"2020-01-01T00:00\""]);
        // What is over may be called something else, and needs no later end for that.
        assert!(admin.post(&page, &set("元旦晚会", &soon)).await.header("location").ends_with("done=saved"));
        admin.open(&page).await.says(200, &["元旦晚会", "已过期"]);
        let acts = "SELECT COUNT(*) FROM audit WHERE act IN ('code.make', 'code.configure', 'code.switch')";
        assert_eq!(shop.number(acts).await, 5);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_for_somebody_who_may_collect() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    admin.open("/admin/codes/new").await.says(200, &["给谁收款", "刘洋", "13800138001"]);
    admin.open("/admin/codes/new?q=13800138004").await.says(200, &["孙悦"]);
    admin.open("/admin/codes/new?q=nobody").await.says(200, &["没有找到符合的内容"]);
    let holder = shop.account("13900139000").await;
    admin.open(&format!("/admin/codes/new?for={holder}")).await.says(404, &["给谁收款", "已停用"]);
    let mut pairs = code_form(&admin, &shop.account(MANAGER).await).await;
    pairs[0].1 = holder;
    pairs.push(("name", "码".to_owned()));
    assert_eq!(admin.post("/admin/codes/new", &pairs).await.status, 404);
    shop.close().await;
}
