//! The manager: signing in, staying alone with what is theirs, and paging through receipts.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::account::Phone;
use futures::future::join_all;
use serde_json::{Value, json};
use server::demo::PASSWORD;
use server::store::{Command, StoreError, Tx, doors};

use crate::browser::Browser;
use crate::scene::{Bill, Shop, digits, form, grouped, until};

const MANAGER: &str = "13800138000";
const COLLEAGUE: &str = "13800138001";

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_signs_in_sees_what_came_and_signs_out() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("12.5").await;
        let browser = Browser::desktop(&shop);
        let answer = browser.sign_in("138 0013 8000", PASSWORD, "").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/m"));
        let cookie =
            answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).find(|line| line.starts_with("__Host-session="));
        let attributes: BTreeSet<&str> = cookie.unwrap().split("; ").skip(1).collect();
        assert_eq!(attributes, BTreeSet::from(["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax", "Secure"]));
        browser.open("/m").await.says(200, &["王敏", "12.50", "张小明"]);
        browser.open("/m/receipts").await.says(200, &["12.50", "张小明"]);
        browser.open(&format!("/m/receipts/{}", bill.payment)).await.says(200, &["12.50", "张小明", "三年一班", &grouped(&bill.payment)]);
        browser.open("/m/settings").await.says(200, &["王敏"]);
        let today = until("the totals", async || {
            let today = browser.function("manager/today", json!({})).await.json();
            (today["count"] == 1).then_some(today)
        })
        .await;
        assert_eq!(today["sum_fen"], 1250);

        let token = browser.cookie("__Host-session").unwrap();
        let gone = browser.post("/m/sign-out", &[]).await;
        assert_eq!(gone.header("location"), "/m/sign-in?why=signed_out");
        assert_eq!(browser.cookie("__Host-session"), None);
        browser.keep("127.0.0.1", "__Host-session", &token);
        let stale = browser.ask("GET", "/m", &[], None).await;
        assert!(stale.header("location").starts_with("/m/sign-in?why="), "the old cookie opens nothing: {}", stale.status);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_phone_are_answered_alike() {
    let shop = Shop::open().await;
    let mut answers = vec![];
    let mut times = [vec![], vec![]];
    for number in 0..5 {
        for (kind, phone) in [format!("1380013800{number}"), format!("1550000000{number}")].into_iter().enumerate() {
            let started = Instant::now();
            let answer = Browser::desktop(&shop).sign_in(&phone, "not the password", "").await;
            times[kind].push(started.elapsed());
            answer.says(422, &["手机号或密码不对"]);
            assert_eq!(answer.header("set-cookie"), "");
            answers.push(without_chance(&answer.text, &answer, &phone));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "only the typed phone differs: {answers:?}");
    let [known, unknown] = times.map(|times| times.into_iter().min().unwrap());
    assert!(unknown * 3 > known && known * 3 > unknown, "{known:?} for a known phone, {unknown:?} for an unknown one");
    let counted = shop.count("door").await;
    for typed in ["", "not a phone", "1380013800", "138001380000"] {
        let answer = Browser::desktop(&shop).sign_in(typed, PASSWORD, "").await;
        answer.says(422, &["请填写 11 位手机号", "id=\"phone-why\""]);
        assert!(!answer.text.contains("手机号或密码不对"), "{}", answer.text);
    }
    assert_eq!(shop.count("door").await, counted, "no wrong password is counted where none was looked at");
    shop.close().await;
}

/// The page without its nonce and what was typed.
fn without_chance(text: &str, answer: &crate::browser::Answer, phone: &str) -> String {
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    text.replace(nonce, "NONCE").replace(&escaped(nonce), "NONCE").replace(phone, "PHONE")
}

fn escaped(text: &str) -> String {
    text.replace('+', "&#x2B;").replace('/', "&#x2F;")
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_lock_for_two_hours_whether_or_not_the_phone_is_known() {
    for shop in Shop::on_each_engine().await {
        for phone in [MANAGER, "15500000009"] {
            let browser = Browser::desktop(&shop);
            for _ in 0..4 {
                browser.sign_in(phone, "wrong", "").await.says(422, &["手机号或密码不对"]);
            }
            browser.sign_in(phone, "wrong", "").await.says(422, &["密码连续输错次数过多，请在"]);
            browser.sign_in(phone, PASSWORD, "").await.says(422, &["密码连续输错次数过多，请在"]);
        }
        shop.world.hands.pass_ms(2 * 3_600_000 - 1);
        Browser::desktop(&shop).sign_in(MANAGER, PASSWORD, "").await.says(422, &["密码连续输错次数过多，请在"]);
        shop.world.hands.pass_ms(1);
        Browser::manager(&shop, MANAGER).await;
        Browser::desktop(&shop).sign_in("15500000009", PASSWORD, "").await.says(422, &["手机号或密码不对"]);
        // The right password in between begins the count anew.
        for _ in 0..2 {
            for _ in 0..4 {
                Browser::desktop(&shop).sign_in(COLLEAGUE, "wrong", "").await.says(422, &["手机号或密码不对"]);
            }
            Browser::manager(&shop, COLLEAGUE).await;
        }
        shop.close().await;
    }
}

/// What `shouma unlock` writes.
struct Unlock(Phone);

impl Command for Unlock {
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        doors::open_all(tx, &self.0).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_opens_a_locked_door() {
    let shop = Shop::open().await;
    for _ in 0..5 {
        Browser::desktop(&shop).sign_in(MANAGER, "wrong", "").await;
    }
    Browser::desktop(&shop).sign_in(MANAGER, PASSWORD, "").await.says(422, &["密码连续输错次数过多"]);
    shop.site.store.write(Unlock(Phone::parse(MANAGER).unwrap())).await.unwrap();
    Browser::manager(&shop, MANAGER).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_made_at_once_count_one_by_one() {
    for shop in Shop::on_each_engine().await {
        let browser = Browser::desktop(&shop);
        let wrong = join_all((0..32).map(|number| {
            let (browser, guess) = (&browser, format!("guess {number}"));
            async move { browser.sign_in(MANAGER, &guess, "").await.status }
        }));
        // The right one is checked behind the others, by when the door is shut although it was open when it was asked for.
        let right = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            Browser::desktop(&shop).sign_in(MANAGER, PASSWORD, "").await
        };
        let (wrong, right) = tokio::join!(wrong, right);
        assert!(wrong.iter().all(|status| [422, 429].contains(status)), "{wrong:?}");
        right.says(422, &["密码连续输错次数过多"]);
        assert_eq!(right.header("set-cookie"), "");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leads_on_within_the_app_only() {
    let shop = Shop::open().await;
    let table = [
        ("/m/receipts", "/m/receipts"),
        ("/m/receipts?before=1-00000000000000000000000000000000", "/m/receipts?before=1-00000000000000000000000000000000"),
        ("https://evil.example/m", "/m"),
        ("//evil.example", "/m"),
        ("/m//evil.example", "/m"),
        ("/\\evil.example", "/m"),
        ("/admin", "/m"),
        ("/m/\r\nSet-Cookie: a=b", "/m"),
        ("/m/%2e%2e//evil.example", "/m"),
        ("%2F%2Fevil.example", "/m"),
    ];
    for (next, expected) in table {
        let answer = Browser::desktop(&shop).sign_in(MANAGER, PASSWORD, next).await;
        assert_eq!((answer.status, answer.header("location")), (303, expected), "{next}");
    }
    let asked = Browser::desktop(&shop).ask("GET", "/m/receipts?before=1-2", &[], None).await;
    assert_eq!((asked.status, asked.header("location")), (303, "/m/sign-in?why=needed&next=/m/receipts%3Fbefore%3D1-2"));
    let signed_in = Browser::manager(&shop, MANAGER).await;
    let again = signed_in.ask("GET", "/m/sign-in?next=/m/receipts", &[], None).await;
    assert_eq!((again.status, again.header("location")), (303, "/m/receipts"), "who is signed in need not sign in");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_desk_opens_without_a_session() {
    let shop = Shop::open().await;
    let bill = shop.paid("12.5").await;
    let nobody = Browser::desktop(&shop);
    let forged = Browser::desktop(&shop);
    forged.keep("127.0.0.1", "__Host-session", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    // A card holder has an account, and no desk.
    let holder = Browser::desktop(&shop);
    holder.sign_in(server::demo::HOLDER, PASSWORD, "").await;
    for browser in [nobody, forged, holder] {
        for path in ["/m", "/m/receipts", "/m/settings", &format!("/m/receipts/{}", bill.payment)] {
            let answer = browser.ask("GET", path, &[], None).await;
            assert_eq!(answer.status, 303, "{path}: {}", answer.text);
            assert!(answer.header("location").starts_with("/m/sign-in?why="), "{path}");
        }
        let calls = [
            ("manager/desk", json!({})),
            ("manager/today", json!({})),
            ("receipts/page", json!({"query": {}})),
            ("receipts/one", json!({"payment": bill.payment})),
        ];
        for (function, arguments) in calls {
            let answer = browser.function(function, arguments).await;
            assert!(answer.status >= 400 && answer.text.contains("sign_in"), "{function}: {} {}", answer.status, answer.text);
            assert!(!answer.text.contains("张小明"));
        }
        assert_eq!(browser.ask("GET", "/m/live", &[], None).await.status, 401);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_sees_no_colleagues_receipt() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("12.5").await;
        let (owner, colleague) = (Browser::manager(&shop, MANAGER).await, Browser::manager(&shop, COLLEAGUE).await);
        let path = format!("/m/receipts/{}", bill.payment);
        owner.open(&path).await.says(200, &["张小明"]);
        let refused = colleague.open(&path).await;
        assert_eq!(refused.status, 404);
        let answer = colleague.function("receipts/one", json!({"payment": bill.payment})).await;
        assert!(answer.status >= 400 && answer.text.contains("not_found"), "{}", answer.text);
        for text in [refused.text, answer.text, colleague.open("/m/receipts").await.text, colleague.open("/m").await.text] {
            assert!(!text.contains("张小明") && !text.contains("12.50"));
        }
        assert_eq!(colleague.function("receipts/page", json!({"query": {}})).await.json()["rows"], json!([]));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn server_functions_change_nothing_by_get_and_unknown_ones_are_not_found() {
    let shop = Shop::open().await;
    let browser = Browser::manager(&shop, MANAGER).await;
    assert_eq!(browser.ask("GET", "/api/receipts/page?query=x", &[], None).await.status, 405);
    let unknown = browser.function("nothing/here", json!({})).await;
    assert!((400..500).contains(&unknown.status), "{}", unknown.status);
    for body in ["", "{", "[]", "{\"payment\": 7}", "{\"payment\": \"x\"}"] {
        let answer = browser.ask("POST", "/api/receipts/one", &[], Some(("application/json", body.into()))).await;
        assert!(answer.status >= 400 && !answer.text.contains("panicked"), "{body}: {} {}", answer.status, answer.text);
    }
    let right = browser.function("receipts/page", json!({"query": {}})).await;
    assert_eq!((right.status, right.header("cache-control")), (200, "no-store"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_receipts_are_paged_without_a_gap_or_a_double_while_new_ones_arrive() {
    for shop in Shop::on_each_engine().await {
        let payer = Browser::wechat(&shop);
        shop.bill(&payer, "0.01").await;
        let mut known = BTreeSet::new();
        // The clock stands, so several have the same moment; every eighth time it moves on.
        for eight in 0..5_i64 {
            shop.world.hands.pass_ms(if eight == 3 { 86_400_000 } else { 1_000 });
            known.extend(join_all((0..8).map(|number| collect(&shop, &payer, eight * 8 + number))).await);
        }
        assert_eq!(known.len(), 40);
        let manager = Browser::manager(&shop, MANAGER).await;
        let mut before = Value::Null;
        let (mut seen, mut lengths) = (vec![], vec![]);
        loop {
            let page = manager.function("receipts/page", json!({"query": {"before": before}})).await.json();
            let rows = page["rows"].as_array().unwrap();
            lengths.push(rows.len());
            seen.extend(rows.iter().map(|row| (row["at_ms"].as_i64().unwrap(), digits(&row["payment"]))));
            collect(&shop, &payer, 100 + i64::try_from(lengths.len()).unwrap()).await;
            before = page["next"].clone();
            if before.is_null() {
                break;
            }
            // The same page by link, as without a script.
            let linked = manager.open(&format!("/m/receipts?before={}", before.as_str().unwrap())).await;
            assert_eq!(linked.status, 200);
        }
        assert_eq!(lengths, [15, 15, 10]);
        assert!(seen.is_sorted_by(|newer, older| newer > older), "newest first: {seen:?}");
        assert_eq!(seen.into_iter().map(|(_, payment)| payment).collect::<BTreeSet<_>>(), known);
        shop.close().await;
    }
}

/// One more payment that is paid.
async fn collect(shop: &Shop, payer: &Browser, fen: i64) -> String {
    let page = payer.submit("/p/demo", &form(&format!("{}.{:02}", 1 + fen / 100, fen % 100))).await;
    let bill = Bill::of_url(shop, &page.url);
    shop.world.pay(&bill.payment, json!({"notify": false})).await;
    assert_eq!(shop.world.notify(&bill.payment, json!({})).await, [204]);
    bill.payment
}
