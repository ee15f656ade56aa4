//! Forms as an operator keeps them with `shouma form`: administrators choose them, payers fill them in, a later version replaces them.

use std::process::{Command, Output};
use std::time::Duration;

use domain::TenantId;
use domain::form::FormSchema;
use serde_json::json;
use server::forms::{AddForm, NotStored, ReplaceForm};
use server::fresh;
use server::store::audit::Actor;
use server::store::{StoreError, Tx, forms, managers};
use uuid::Uuid;

use crate::browser::{Answer, Browser};
use crate::office_codes::hidden;
use crate::scene::{Bill, Shop};
use crate::two_instances::two;

const MANAGER: &str = "13800138001";
const MERCHANT: &str = "青禾实验学校";
const TRIP: &str = r#"{"fields": [
    {"key": "pupil", "label": "学号", "required": true, "component": "text", "rule": "digits", "max_chars": 8},
    {"key": "bus", "label": "乘车点", "required": true, "component": "choice", "options": ["东门", "西门"]},
    {"key": "note", "label": "特别说明", "component": "text"}
]}"#;
/// Without the bus, and with one question more that nobody has to answer.
const TRIP_ON_FOOT: &str = r#"{"fields": [
    {"key": "pupil", "label": "学号", "required": true, "component": "text", "rule": "digits", "max_chars": 8},
    {"key": "note", "label": "特别说明", "component": "text"},
    {"key": "lunch", "label": "要午餐", "component": "checkbox"}
]}"#;

fn form(text: &str) -> FormSchema {
    FormSchema::of_file(text).unwrap()
}

impl Shop {
    async fn merchant(&self) -> TenantId {
        let mut conn = self.site.store.read().await.unwrap();
        server::store::tenants::all(&mut conn.tx()).await.unwrap().into_iter().find(|tenant| tenant.name == MERCHANT).unwrap().id
    }

    async fn add_form(&self, text: &str) -> Result<Uuid, NotStored> {
        // Forms are listed by their moments: this one is later than those of the demo, and earlier than what codes make of it.
        self.world.hands.pass_ms(1_000);
        let (tenant, now) = (self.merchant().await, self.world.hands.now());
        let id = fresh::uuid(now);
        let added = self.site.store.write(AddForm { tenant, form: id, schema: form(text), by: Actor::Operator, now }).await.unwrap();
        self.world.hands.pass_ms(1_000);
        added.map(|()| id)
    }

    async fn replace_form(&self, id: Uuid, text: &str) -> Result<usize, NotStored> {
        let (tenant, now) = (self.merchant().await, self.world.hands.now());
        self.site.store.write(ReplaceForm { tenant, form: id, schema: form(text), by: Actor::Operator, now }).await.unwrap()
    }

    /// Forms as they are listed: id, active codes, labels.
    async fn forms(&self) -> Vec<(Uuid, i64, Vec<String>)> {
        let tenant = self.merchant().await;
        let listed = forms::list(&mut self.site.store.read().await.unwrap().tx(), tenant).await.unwrap();
        let labels = |schema: &FormSchema| schema.fields.iter().map(|field| field.label.clone()).collect();
        listed.into_iter().map(|listed| (listed.form, listed.codes, labels(&listed.schema))).collect()
    }
}

/// A plate that asks this form; its page at the administrator's, and the payers' address.
async fn plate(shop: &Shop, admin: &Browser, form: Uuid, extra: &[(&'static str, &str)]) -> (String, String) {
    let payee = shop.account(MANAGER).await;
    let page = admin.open(&format!("/admin/codes/new?for={payee}&form={}", form.simple())).await;
    page.says(200, &["付款人填写：学号、"]);
    let mut pairs = ["for", "form", "number"].map(|name| (name, hidden(&page.text, name))).to_vec();
    // Of a field that is there twice, the first counts.
    pairs.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
    pairs.extend([("name", "春游".to_owned()), ("kind", "plate".to_owned()), ("rule", "free".to_owned())]);
    let made = admin.post("/admin/codes/new", &pairs).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let code = made.header("location").split('?').next().unwrap().to_owned();
    let shown = admin.open(&code).await;
    let url = shown.text.split("付款地址").nth(1).unwrap().split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = url.find("/p/").map(|at| url[at..].to_owned());
    (code, path.unwrap())
}

/// What a page sends that was opened now, with these answers.
fn sent(page: &Answer, answers: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut pairs = ["idem", "form"].map(|name| (name, hidden(&page.text, name))).to_vec();
    pairs.push(("amount", "5".to_owned()));
    pairs.extend(answers.iter().map(|(name, value)| (*name, (*value).to_owned())));
    pairs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_added_can_be_chosen_before_any_code_asks_it_and_its_rules_stand_at_the_payers_field() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let id = shop.add_form(TRIP).await.unwrap();
        assert_eq!(shop.add_form(TRIP).await, Err(NotStored::Known(id)), "the same twice could not be told apart");
        assert!(shop.forms().await.contains(&(id, 0, ["学号", "乘车点", "特别说明"].map(str::to_owned).to_vec())));
        let register = admin.open("/admin/managers/new").await;
        register.says(200, &["学号、乘车点、特别说明", &id.simple().to_string()]);
        assert!(!register.text.contains("特别说明（"), "no code is named that does not ask it");
        let payee = shop.account(MANAGER).await;
        admin.open(&format!("/admin/codes/new?for={payee}")).await.says(200, &["学号、乘车点、特别说明", "还没有收款码使用"]);
        admin.open(&format!("/admin/codes/new?for={payee}&lang=en")).await.says(200, &["no code asks it yet"]);
        admin.open("/admin/codes?lang=zh").await.says(200, &["收款码"]);

        let (_, address) = plate(&shop, &admin, id, &[]).await;
        let payer = Browser::wechat(&shop);
        let page = payer.open(&address).await;
        page.says(200, &["学号", "乘车点", "东门", "特别说明"]);
        let refused = payer.post(&address, &sent(&page, &[("field.pupil", "二〇二六"), ("field.note", "晕车")])).await;
        refused.says(422, &["只能填数字", "请选择", "value=\"二〇二六\"", "晕车"]);
        let paid = payer.submit(&address, &sent(&refused, &[("field.pupil", "20260001"), ("field.bus", "西门")])).await;
        assert_eq!(paid.status, 200, "{}", paid.text);
        let bill = Bill::of_url(&shop, &paid.url);
        shop.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        Browser::manager(&shop, MANAGER)
            .await
            .open(&format!("/m/receipts/{}", bill.payment))
            .await
            .says(200, &["学号", "20260001", "西门"]);
        assert!(shop.forms().await.iter().any(|(form, codes, _)| (*form, *codes) == (id, 1)));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_replaced_while_somebody_fills_it_in_loses_and_misfiles_nothing() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let id = shop.add_form(TRIP).await.unwrap();
        let (_, address) = plate(&shop, &admin, id, &[]).await;
        // A code that asked something else before keeps its forms apart, and follows all the same.
        let other = admin.open(&format!("/admin/codes/new?for={}", shop.account(MANAGER).await)).await;
        let mut pairs = ["for", "form", "number"].map(|name| (name, hidden(&other.text, name))).to_vec();
        pairs.extend([("name", "秋游".to_owned()), ("kind", "plate".to_owned()), ("rule", "free".to_owned())]);
        let code = admin.post("/admin/codes/new", &pairs).await.header("location").split('?').next().unwrap().to_owned();
        let chosen = [("form", id.simple().to_string()), ("name", "秋游".to_owned()), ("rule", "free".to_owned())];
        assert!(admin.post(&code, &chosen).await.header("location").ends_with("done=saved"));
        assert!(shop.forms().await.iter().any(|(form, codes, _)| (*form, *codes) == (id, 2)));

        let (early, late, quiet) = (Browser::wechat(&shop), Browser::of(&shop, "oLate"), Browser::of(&shop, "oQuiet"));
        let [early_page, late_page, quiet_page] = [early.open(&address).await, late.open(&address).await, quiet.open(&address).await];
        let of_early = sent(&early_page, &[("field.pupil", "20260001"), ("field.bus", "西门")]);
        let first = early.submit(&address, &of_early).await;
        let first = Bill::of_url(&shop, &first.url);

        assert_eq!(shop.replace_form(id, TRIP_ON_FOOT).await, Ok(2));
        assert_eq!(shop.replace_form(id, TRIP_ON_FOOT).await, Err(NotStored::Known(id)), "the same once more changes nothing");
        let nobody = fresh::uuid(shop.world.hands.now());
        assert_eq!(shop.replace_form(nobody, TRIP).await, Err(NotStored::NoForm));
        let listed = shop.forms().await;
        assert!(listed.contains(&(id, 2, ["学号", "特别说明", "要午餐"].map(str::to_owned).to_vec())), "{listed:?}");
        assert!(!listed.iter().any(|(_, _, labels)| labels.contains(&"乘车点".to_owned())), "what was replaced is not offered");
        admin.open(&code).await.says(200, &["付款人填写：学号、特别说明、要午餐"]);
        early.open(&address).await.says(200, &["要午餐"]);

        // What was sent once is sent again: it is the same payment, not a second one.
        let again = early.submit(&address, &of_early).await;
        assert_eq!(Bill::of_url(&shop, &again.url).payment, first.payment);
        // Somebody whose answer has no place any more sees the new form, with what still has one.
        let of_late = sent(&late_page, &[("field.pupil", "20260002"), ("field.bus", "东门"), ("field.note", "晕车")]);
        let count = shop.count("payment").await;
        let changed = late.post(&address, &of_late).await;
        changed.says(422, &["收款方刚刚更新了内容", "要午餐", "value=\"20260002\"", "晕车"]);
        assert_eq!(shop.count("payment").await, count);
        let paid = late.submit(&address, &sent(&changed, &[("field.pupil", "20260002"), ("field.note", "晕车")])).await;
        let second = Bill::of_url(&shop, &paid.url);
        let answers = |stored: server::store::payments::Stored| {
            (stored.form_version, stored.answers.into_iter().map(|answer| format!("{}={}", answer.label, answer.text)).collect::<Vec<_>>())
        };
        let (version, said) = answers(shop.stored(&second.payment).await);
        assert_eq!((version, said[..2].to_vec()), (2, vec!["学号=20260002".to_owned(), "特别说明=晕车".to_owned()]));
        // What reads the same in both is taken at once; a program that sends no number is checked by the form of the day.
        let back = shop.replace_form(id, TRIP).await;
        assert_eq!(back, Ok(2));
        let plain = TRIP.replace("特别说明\"", "特别说明\", \"hint\": \"选填\"");
        assert_eq!(shop.replace_form(id, &plain).await, Ok(2));
        let alike = quiet.submit(&address, &sent(&quiet_page, &[("field.pupil", "20260003"), ("field.bus", "东门")])).await;
        let third = Bill::of_url(&shop, &alike.url);
        assert_eq!(answers(shop.stored(&third.payment).await), (4, vec!["学号=20260003".to_owned(), "乘车点=东门".to_owned()]));
        let said = [("amount", "5"), ("field.pupil", "20260004"), ("field.bus", "东门")].map(|(name, value)| (name, value.to_owned()));
        assert_eq!(Browser::of(&shop, "oProgram").submit(&address, &said).await.status, 200);

        // The first one is paid as it was opened.
        shop.world.pay(&first.payment, json!({})).await;
        first.until("paid").await;
        assert_eq!(answers(shop.stored(&first.payment).await), (1, vec!["学号=20260001".to_owned(), "乘车点=西门".to_owned()]));
        Browser::manager(&shop, MANAGER).await.open(&format!("/m/receipts/{}", first.payment)).await.says(200, &["乘车点", "西门"]);
        let acts = "SELECT COUNT(*) FROM audit WHERE actor = 'operator' AND act IN ('form.add', 'form.replace')";
        assert_eq!(shop.number(acts).await, 4);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_does_not_take_what_codes_answer_themselves_replaces_nothing_and_the_codes_are_named() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let id = shop.add_form(TRIP).await.unwrap();
        let (_, fixed) = plate(&shop, &admin, id, &[("field.bus", "西门")]).await;
        plate(&shop, &admin, id, &[("name", "夏游")]).await;
        let Err(NotStored::Presets(misfits)) = shop.replace_form(id, TRIP_ON_FOOT).await else { panic!("the bus is still preset") };
        let said: Vec<_> = misfits.iter().map(|(code, errors)| (code.name.as_str(), errors[0].to_string())).collect();
        assert_eq!(said, [("春游", "bus: no such field".to_owned())]);
        assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'form.replace'").await, 0);
        let page = Browser::wechat(&shop).open(&fixed).await;
        page.says(200, &["西门"]);
        assert_eq!(hidden(&page.text, "form"), "1");
        // Where the answer is still one of the choices, the codes go on with it.
        assert_eq!(shop.replace_form(id, &TRIP.replace("东门", "北门")).await, Ok(2));
        let used = managers::forms(&mut shop.site.store.read().await.unwrap().tx(), shop.merchant().await).await.unwrap();
        // Both were made at one moment, so either may be the first.
        let named = used.iter().find(|used| used.form == id).unwrap().code_name.as_deref();
        assert!(matches!(named, Some("春游" | "夏游")), "{named:?}");
        shop.close().await;
    }
}

/// Runs the program beside the server.
fn shouma(shop: &Shop, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shouma"));
    command.env("DATABASE_URL", &shop.place.config.database_url).arg("form").args(arguments).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_keeps_forms_beside_the_running_server() {
    for shop in Shop::on_each_engine().await {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("form.json");
        let path = file.to_str().unwrap();
        let run = |arguments: &[&str]| {
            let Output { status, stdout, stderr } = shouma(&shop, arguments);
            (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
        };
        assert_eq!(run(&["check", path]).0, Some(2), "there is no file");
        std::fs::write(&file, TRIP.replace("\"digits\"", "\"regex\"").replace("\"note\"", "\"bus\"")).unwrap();
        for deed in [vec!["check", path], vec!["add", path, "--organisation", MERCHANT]] {
            let (code, said, wrong) = run(&deed);
            assert_eq!((code, said.as_str()), (Some(2), ""));
            let lines: Vec<_> = wrong.lines().map(|line| line.replace(path, "FILE")).collect();
            assert_eq!(
                lines,
                [
                    "FILE: field 1 \"学号\": \"rule\" must be one of any, digits, phone, email, id_number, plate",
                    "FILE: field 3 \"特别说明\": key taken",
                    "shouma: FILE: 2 to correct, nothing was stored",
                ]
            );
        }
        std::fs::write(&file, TRIP).unwrap();
        assert_eq!(run(&["check", path]).0, Some(0));
        let (code, said, wrong) = run(&["add", path]);
        assert_eq!((code, said.as_str()), (Some(2), ""), "several organisations are here");
        assert!(wrong.contains("organisation: name one of"), "{wrong}");
        let organisation = ["--organisation", MERCHANT];
        let (code, id, wrong) = run(&["add", path, organisation[0], organisation[1]]);
        assert_eq!(code, Some(0), "{wrong}");
        let id = id.trim();
        let (code, _, wrong) = run(&["add", path, organisation[0], organisation[1]]);
        assert_eq!(code, Some(1));
        assert!(wrong.contains(&format!("form {id} asks exactly this already")), "{wrong}");
        assert!(
            run(&["list", organisation[0], organisation[1]]).1.contains(&format!("{id}      0 codes   3 fields  学号、乘车点、特别说明"))
        );

        // What is shown is changed and given back; the running server asks it from the next page on.
        let admin = Browser::administrator(&shop).await;
        let (_, address) = plate(&shop, &admin, Uuid::parse_str(id).unwrap(), &[]).await;
        let shown = run(&["show", id, organisation[0], organisation[1]]).1;
        assert_eq!(form(&shown), form(TRIP));
        std::fs::write(&file, shown.replace("特别说明", "家长手机").replace("\"any\"", "\"phone\"")).unwrap();
        let (code, said, wrong) = run(&["replace", id, path, organisation[0], organisation[1]]);
        assert_eq!((code, said.as_str()), (Some(0), "replaced; 1 codes ask it from now on\n"), "{wrong}");
        Browser::desktop(&shop).open(&address).await.says(200, &["家长手机", "inputmode=\"tel\""]);
        assert_eq!(run(&["show", "x", organisation[0], organisation[1]]).0, Some(2));
        assert_eq!(run(&["show", "0199a0b1c2d3e4f50617283940516273", organisation[0], organisation[1]]).0, Some(2));
        shop.close().await;
    }
}

/// The same as replacing a form, in a transaction that is long in committing.
struct Slowly(ReplaceForm);

impl server::store::Command for Slowly {
    type Done = Result<usize, NotStored>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let done = self.0.run(tx).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        done
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_made_at_the_moment_of_a_new_version_asks_that_version() {
    let Some([one, other]) = two().await else { return };
    let admin = Browser::administrator(&other).await;
    let form_id = one.add_form(TRIP).await.unwrap();
    let (tenant, now) = (one.merchant().await, one.world.hands.now());
    let replace = ReplaceForm { tenant, form: form_id, schema: form(TRIP_ON_FOOT), by: Actor::Operator, now };
    let made = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        plate(&other, &admin, form_id, &[]).await
    };
    let (replaced, (code, address)) = tokio::join!(one.site.store.write(Slowly(replace)), made);
    replaced.unwrap().unwrap();
    Browser::wechat(&other).open(&address).await.says(200, &["学号", "要午餐"]);
    admin.open(&code).await.says(200, &["付款人填写：学号、特别说明、要午餐"]);
    assert!(one.forms().await.iter().any(|(form, codes, _)| (*form, *codes) == (form_id, 1)));
    other.close().await;
    one.close().await;
}
