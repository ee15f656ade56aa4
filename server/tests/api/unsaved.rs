//! A form that comes while too much waits to be written: nothing of it is saved, the screen says so, and nothing has to be typed
//! again. Without the program the answer is all that a browser has.

use crate::browser::{Answer, Browser};
use crate::debts::debt;
use crate::notices::{empty_queue, fill_queue};
use crate::office_codes::{code_form, hidden};
use crate::photos::{attach, png};
use crate::scene::{Shop, World};
use crate::testing::{self, TestStore};

const MANAGER: &str = "13800138000";
const SENTENCE: &str = "这次什么都没有保存。填写的内容都还在，请过几秒再提交一次";

/// A store on each engine before which little waits.
async fn short_queues() -> Vec<TestStore> {
    let mut places = vec![testing::sqlite(|config| (config.queue, config.batch) = (12, 1)).await];
    places.extend(testing::postgres(|config| (config.queue, config.connections) = (12, 24)).await);
    places
}

#[track_caller]
fn is_kept(answer: &Answer, kept: &[&str]) {
    answer.says(503, &[SENTENCE]);
    answer.says(503, kept);
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(answer.text.matches("note-bad").count(), 1, "nothing else is wrong: {}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stays_where_the_queue_was_full_and_sent_again_it_is_done_once() {
    for place in short_queues().await {
        let shop = Shop::found(World::new().await, place, |_| {}).await;
        let (manager, admin) = (Browser::manager(&shop, MANAGER).await, Browser::administrator(&shop).await);
        let blank = manager.open("/m/receivables/new").await;
        let number = hidden(&blank.text, "number");
        let entry = [debt("1200", true), vec![("number", number.clone())]].concat();
        let code =
            [code_form(&admin, &shop.account(MANAGER).await).await, vec![("name", "运动会报名".to_owned()), ("fixed", "30".to_owned())]];
        let code = [code.concat(), [("rule", "fixed"), ("kind", "plate")].map(|(name, word)| (name, word.to_owned())).to_vec()].concat();
        let code_number = hidden_of(&code, "number");
        let form = hidden_radio(&admin.open("/admin/managers/new").await);
        let person = [("name", "周可"), ("phone", "13611112222"), ("mail", "zhou@qinghe.example"), ("lang", "en"), ("form", form.as_str())];
        let person = person.map(|(name, value)| (name, value.to_owned()));
        let before = (shop.count("receivable").await, shop.count("code").await, shop.count("member").await);

        let gate = fill_queue(&shop).await;
        let raised = manager.post("/m/receivables/new", &entry).await;
        is_kept(&raised, &["value=\"张小明\"", "value=\"1200\"", "value=\"S2026001\"", "分班前付清", &format!("value=\"{number}\"")]);
        let english = manager.post("/m/receivables/new?lang=en", &entry).await;
        english.says(503, &["nothing was saved", "please send it again", "value=\"1200\""]);
        let made = admin.post("/admin/codes/new", &code).await;
        is_kept(&made, &["value=\"运动会报名\"", "value=\"30\"", "王敏", &format!("value=\"{code_number}\"")]);
        let registered = admin.post("/admin/managers/new", &person).await;
        is_kept(&registered, &["value=\"周可\"", "value=\"13611112222\"", "value=\"zhou@qinghe.example\"", &form]);
        empty_queue(&shop, &gate).await;

        // Sent again as it stands there, each is done; the numbers make it once.
        for _ in 0..2 {
            let sent = [("/m/receivables/new", &entry), ("/admin/codes/new", &code)];
            for (path, pairs) in sent {
                let browser = if path.starts_with("/m") { &manager } else { &admin };
                let done = browser.post(path, pairs).await;
                assert_eq!(done.status, 303, "{path}: {}", done.text);
            }
        }
        let page = admin.post("/admin/managers/new", &person).await;
        assert_eq!(page.status, 303, "{}", page.text);
        let after = (shop.count("receivable").await, shop.count("code").await, shop.count("member").await);
        // A debt has a code of its own, and so has somebody new.
        assert_eq!(after, (before.0 + 1, before.1 + 3, before.2 + 1), "{}", shop.place.engine);

        // The terms of a code that is there.
        let made = admin.post("/admin/codes/new", &code).await.header("location").split('?').next().unwrap().to_owned();
        let gate = fill_queue(&shop).await;
        let renamed: Vec<_> =
            code.iter().map(|(name, value)| (*name, if *name == "name" { "秋游报名".to_owned() } else { value.clone() })).collect();
        is_kept(&admin.post(&made, &renamed).await, &["value=\"秋游报名\"", "value=\"30\""]);
        empty_queue(&shop, &gate).await;
        assert_eq!(admin.post(&made, &renamed).await.status, 303);
        admin.open(&made).await.says(200, &["秋游报名"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_about_a_debt_stays_on_its_screen() {
    for place in short_queues().await {
        let shop = Shop::found(World::new().await, place, |_| {}).await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &debt("900", true)).await;
        let forms = [
            ("edit", vec![("due", "2026-12-24".to_owned()), ("remark", "下月发工资后付".to_owned())]),
            ("phone", vec![("phone", "13700001111".to_owned())]),
            ("write-off", vec![("reason", "学生转学".to_owned())]),
        ];

        let gate = fill_queue(&shop).await;
        for (act, pairs) in &forms {
            let values: Vec<String> = pairs.iter().map(|(_, value)| format!("value=\"{value}\"")).collect();
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            is_kept(&manager.post(&format!("{path}/{act}"), pairs).await, &values);
        }
        empty_queue(&shop, &gate).await;

        let before = shop.debt(&path).await;
        assert_eq!((before.receivable.remark.as_str(), before.claim.is_written_off), ("分班前付清", false), "nothing was saved");
        for (act, pairs) in &forms {
            assert_eq!(manager.post(&format!("{path}/{act}"), pairs).await.status, 303, "{act}");
        }
        manager.open(&path).await.says(200, &["下月发工资后付", "13700001111", "已核销", "学生转学"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_whose_photograph_was_not_taken_keeps_everything_else() {
    for place in short_queues().await {
        let shop = Shop::found(World::new().await, place, |_| {}).await;
        let (payer, photo) = (Browser::wechat(&shop), png(50));
        let gate = fill_queue(&shop).await;
        let busy = attach(&payer, &[], "a.png", "image/png", &photo).await;
        busy.says(503, &["现在付款的人太多，没有扣款", "value=\"25.00\"", "value=\"李华\""]);
        assert_eq!(busy.header("retry-after"), "2");
        empty_queue(&shop, &gate).await;
        assert_eq!((shop.count("photo").await, shop.count("payment").await), (0, 0));
        attach(&payer, &[], "a.png", "image/png", &photo).await.says(200, &["还没有付款"]);
        assert_eq!((shop.count("photo").await, shop.count("payment").await), (1, 1));
        shop.close().await;
    }
}

fn hidden_of(pairs: &[(&'static str, String)], name: &str) -> String {
    pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap()
}

/// The form that is chosen at first on the page that registers.
fn hidden_radio(page: &Answer) -> String {
    page.says(200, &["name=\"form\""]);
    let radio = page.text.split("name=\"form\"").nth(1).unwrap();
    radio.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}
