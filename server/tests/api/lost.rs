//! Lost access: a link by mail that says nothing about who exists, and what an older screen says when somebody signed in elsewhere.

use server::demo::{ADMINISTRATOR, PASSWORD};

use crate::browser::{Answer, Browser};
use crate::scene::{Shop, until};

const MANAGER: &str = "13800138000";
const MAIL: &str = "13800138000@qinghe.example";
const NEW_PASSWORD: &str = "a fine new one";
const MINUTE: i64 = 60_000;

async fn ask(browser: &Browser, phone: &str) -> Answer {
    browser.post("/m/lost", &[("phone", phone.to_owned()), ("way", "mail".to_owned())]).await
}

async fn set_password(browser: &Browser, link: &str) -> u16 {
    browser.post(link, &[("password", NEW_PASSWORD.to_owned()), ("again", NEW_PASSWORD.to_owned())]).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_password_is_set_anew_by_mail_and_every_session_ends() {
    for shop in Shop::on_each_engine().await {
        let signed_in = Browser::manager(&shop, MANAGER).await;
        let browser = Browser::desktop(&shop);
        browser.open("/m/sign-in").await.says(200, &["/m/lost"]);
        browser.open("/m/lost?code=demo").await.says(200, &["手机号"]);
        ask(&browser, "1380013800").await.says(422, &["1380013800", "11 位"]);
        assert_eq!(ask(&browser, MANAGER).await.status, 200);
        let mail = shop.world.mail(MAIL, 1).await;
        assert!(mail["text"].as_str().unwrap().contains("30 分钟"), "{mail}");
        let link = mail["links"][0].as_str().unwrap().strip_prefix(&shop.url).unwrap().to_owned();
        assert_eq!(set_password(&browser, &link).await, 200);
        assert_eq!(signed_in.ask("GET", "/m", &[], None).await.status, 303, "every session ended");
        assert_eq!(browser.sign_in(MANAGER, PASSWORD, "").await.status, 422);
        assert_eq!(browser.sign_in(MANAGER, NEW_PASSWORD, "").await.status, 303);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_lost_the_password_is_led_by_mail_back_to_the_office() {
    for shop in Shop::on_each_engine().await {
        let browser = Browser::desktop(&shop);
        browser.open("/admin/sign-in").await.says(200, &["忘记密码", "href=\"/m/lost?door=admin\""]);
        let asked = browser.open("/m/lost?door=admin").await;
        asked.says(200, &["name=\"door\"", "href=\"/admin/sign-in\""]);
        let sent = |phone: &str| [("phone", phone.to_owned()), ("way", "mail".to_owned()), ("door", "admin".to_owned())];
        browser.post("/m/lost", &sent("137")).await.says(422, &["11 位", "name=\"door\"", "href=\"/admin/sign-in\""]);
        browser.post("/m/lost", &sent(ADMINISTRATOR)).await.says(200, &["href=\"/admin/sign-in\""]);
        let mail = shop.world.mail(&format!("{ADMINISTRATOR}@qinghe.example"), 1).await;
        let link = mail["links"][0].as_str().unwrap().strip_prefix(&shop.url).unwrap().to_owned();
        let pairs = [("password", NEW_PASSWORD.to_owned()), ("again", NEW_PASSWORD.to_owned())];
        browser.post(&link, &pairs).await.says(200, &["href=\"/admin/sign-in\""]);
        let entered = browser.administrate(ADMINISTRATOR, NEW_PASSWORD).await;
        assert_eq!((entered.status, entered.header("location")), (303, "/admin"));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_scans_their_own_code_is_led_to_the_page_that_asks_who_they_are() {
    let shop = Shop::open().await;
    let codes =
        [("demo", 200), ("demo-fixed", 200), ("demo-form", 200), ("demo-expired", 410), ("demo-disabled", 410), ("demo-closed", 410)];
    for (code, status) in codes {
        for (lang, words) in [("zh", "收款人找回账号"), ("en", "Payee: recover your account")] {
            let phone = Browser::wechat(&shop);
            let page = phone.open(&format!("/p/{code}?lang={lang}")).await;
            page.says(status, &[words]);
            let link = page.text.split_once(words).unwrap().0.rsplit_once("href=\"").unwrap().1.split('"').next().unwrap().to_owned();
            assert_eq!(link, format!("/m/lost?code={code}"));
            let asked = phone.open(&link).await;
            asked.says(200, &["name=\"phone\""]);
            assert!(phone.cookie("__Host-session").is_none() && !asked.text.contains("138"), "it opens nothing and names nobody");
        }
    }
    // Nobody's code, nobody's account.
    assert!(!Browser::wechat(&shop).open("/p/nosuch").await.text.contains("/m/lost"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_tells_nobody_who_exists() {
    let shop = Shop::open().await;
    let browser = Browser::desktop(&shop);
    // A manager, somebody unknown, and a card holder, who has nothing to sign in to.
    let mut answers = vec![];
    for phone in [MANAGER, "15500000000", "13900139000"] {
        let answer = ask(&browser, phone).await;
        answers.push((answer.status, answer.text.replace(answer.header("x-request-id"), "")));
    }
    let nonce_free = |text: &str| text.split("nonce").map(|part| part.split('>').nth(1).unwrap_or(part).to_owned()).collect::<String>();
    assert_eq!(nonce_free(&answers[0].1), nonce_free(&answers[1].1));
    assert_eq!(nonce_free(&answers[0].1), nonce_free(&answers[2].1));
    assert!(answers.iter().all(|(status, _)| *status == 200));
    shop.world.mail(MAIL, 1).await;
    assert_eq!(shop.count("letter").await, 1);
    assert_eq!(shop.count("ask").await, 3, "the pace is kept for every number");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_written_to_once_a_minute_and_five_times_an_hour_and_a_link_lasts_half_an_hour() {
    for shop in Shop::on_each_engine().await {
        let browser = Browser::desktop(&shop);
        ask(&browser, MANAGER).await;
        let first = shop.world.mail(MAIL, 1).await;
        shop.world.hands.pass_ms(MINUTE - 1);
        ask(&browser, MANAGER).await;
        assert_eq!(shop.count("letter").await, 1, "59.999 s: no");
        shop.world.hands.pass_ms(1);
        for sent in 2..=5 {
            ask(&browser, MANAGER).await;
            assert_eq!(shop.count("letter").await, sent);
            shop.world.hands.pass_ms(MINUTE);
        }
        ask(&browser, MANAGER).await.says(200, &[]);
        assert_eq!(shop.count("letter").await, 5, "the sixth within an hour");
        let link = first["links"][0].as_str().unwrap().strip_prefix(&shop.url).unwrap().to_owned();
        assert_eq!(browser.open(&link).await.status, 200);
        shop.world.hands.pass_ms(25 * MINUTE);
        assert_eq!(browser.open(&link).await.status, 410, "30 minutes");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_screen_says_when_and_with_what_and_reports_it_by_mail_only() {
    for shop in Shop::on_each_engine().await {
        let older = Browser::manager(&shop, MANAGER).await;
        shop.world.hands.pass_ms(5 * MINUTE);
        // An unfinished sign-in evicts nobody.
        Browser::desktop(&shop).sign_in(MANAGER, "wrong", "").await.says(422, &[]);
        assert_eq!(older.open("/m").await.status, 200);
        let newer = Browser::wechat(&shop);
        newer.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        older.open("/m").await.says(200, &["12:05", "安卓手机 · 微信", "/m/not-me"]);
        older.open("/m/not-me").await.says(200, &["12:05", "安卓手机 · 微信", "1***@qinghe.example"]);
        Browser::desktop(&shop).open("/m/not-me").await.says(200, &["/m/lost"]);
        older.post("/m/not-me", &[("way", "mail".to_owned())]).await.says(200, &["1***@qinghe.example"]);
        assert_eq!(newer.ask("GET", "/m", &[], None).await.status, 200, "reporting alone ends nothing");
        let mail = shop.world.mail(MAIL, 1).await;
        assert!(mail["subject"].as_str().unwrap().contains("有人用您的账号登录"), "{mail}");
        let link = mail["links"][0].as_str().unwrap().strip_prefix(&shop.url).unwrap().to_owned();
        assert_eq!(set_password(&older, &link).await, 200);
        until("the other one is out", async || (newer.ask("GET", "/m", &[], None).await.status == 303).then_some(())).await;
        shop.close().await;
    }
}
