//! Codes by SMS: another WeChat than the bound one, a lost password, a sign-in that was somebody else's; and the history of sign-ins.

use std::collections::BTreeSet;

use futures::future::join_all;
use server::demo::{ADMINISTRATOR, HOLDER, PASSWORD};
use server::text_budget::TextBudget;

use crate::browser::{Answer, Browser};
use crate::scene::{Shop, until};
use crate::testing::Bare;

const MANAGER: &str = "13800138000";
const COLLEAGUE: &str = "13800138001";
const NOBODY: &str = "15500000000";
const NEW_PASSWORD: &str = "a fine new one";
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// What was done, as act and detail.
async fn trail(shop: &Shop) -> Vec<(String, String)> {
    let sql = "SELECT act, detail FROM audit WHERE act <> 'organisation.found' ORDER BY tenant, seq";
    match shop.place.bare().await {
        Bare::Sqlite(mut conn) => sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap(),
        Bare::Postgres(mut conn) => sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap(),
    }
}

async fn type_code(browser: &Browser, code: &str) -> Answer {
    browser.submit("/m/proof", &[("code", code.to_owned())]).await
}

async fn again(browser: &Browser) -> Answer {
    browser.submit("/m/proof/again", &[]).await
}

async fn ask(browser: &Browser, phone: &str) -> Answer {
    browser.submit("/m/lost", &[("phone", phone.to_owned()), ("way", "sms".to_owned())]).await
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.ask("GET", "/m", &[], None).await.status == 200
}

/// Six digits that are not the code.
fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

/// Sets a new password on the page that an answer shows.
async fn set_password(browser: &Browser, page: &Answer) -> u16 {
    page.says(200, &["设置密码"]);
    let pairs = [("password", NEW_PASSWORD.to_owned()), ("again", NEW_PASSWORD.to_owned())];
    browser.post(&page.url, &pairs).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_wechat_is_bound_and_another_one_signs_in_by_a_code_only() {
    for shop in Shop::on_each_engine().await {
        let (desktop, first, other) = (Browser::manager(&shop, MANAGER).await, Browser::wechat(&shop), Browser::wechat(&shop));
        first.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        assert!(!is_signed_in(&desktop).await, "the newer sign-in ends the older");
        first.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        assert_eq!(shop.world.texts(MANAGER).await.len(), 0, "the bound one needs no code");

        other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["不是账号绑定的微信", "138****8000", "12:05 前有效", "one-time-code"]);
        assert!(other.cookie("__Host-session").is_none());
        assert!(is_signed_in(&first).await, "an unfinished sign-in evicts nobody");
        let code = shop.world.code(MANAGER, 1).await;
        assert!(
            shop.world.texts(MANAGER).await[0]["text"]
                .as_str()
                .unwrap()
                .starts_with(&format!("【收码】{code}是您登录收款账号的验证码，5分钟内有效"))
        );
        type_code(&other, "12 34").await.says(422, &["6 位数字"]);
        type_code(&other, &other_than(&code)).await.says(422, &["还可以试 4 次"]);
        assert!(is_signed_in(&first).await);
        type_code(&other, &format!(" {} {}", &code[..3], &code[3..])).await.says(200, &["收款码"]);
        assert!(is_signed_in(&other).await && !is_signed_in(&first).await);
        type_code(&other, &code).await.says(200, &["收款码"]);

        // From now on the other one is the bound one.
        other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        assert_eq!(shop.world.texts(MANAGER).await.len(), 1);
        shop.world.hands.pass_ms(MINUTE);
        first.sign_in_through(MANAGER, PASSWORD).await.says(200, &["不是账号绑定的微信"]);
        // Browsers that are not WeChat's have no identity: the password alone is asked for.
        for browser in [Browser::desktop(&shop), Browser::wecom(&shop)] {
            let answer = browser.sign_in(MANAGER, PASSWORD, "/m/receipts").await;
            assert_eq!((answer.status, answer.header("location")), (303, "/m/receipts"));
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_for_five_minutes_and_five_tries_and_in_the_browser_that_asked() {
    for shop in Shop::on_each_engine().await {
        let bound = Browser::wechat(&shop);
        bound.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        let other = Browser::wechat(&shop);
        other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
        let code = shop.world.code(MANAGER, 1).await;
        shop.world.hands.pass_ms(5 * MINUTE);
        type_code(&other, &code).await.says(410, &["这个验证码已失效", "重新发送"]);
        again(&other).await.says(200, &["12:10 前有效"]);
        let code = shop.world.code(MANAGER, 2).await;
        shop.world.hands.pass_ms(5 * MINUTE - 1);

        // A stranger who knows the password, and even the code, lacks the secret of the browser that asked.
        let stranger = Browser::wechat(&shop);
        stranger.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
        let _ = shop.world.code(MANAGER, 3).await;
        if type_code(&stranger, &code).await.status != 422 {
            panic!("a code of another browser was taken");
        }
        type_code(&other, &code).await.says(200, &["收款码"]);

        for left in [3, 2, 1] {
            type_code(&stranger, "000000").await.says(422, &[&format!("还可以试 {left} 次")]);
        }
        type_code(&stranger, "000000").await.says(410, &["这个验证码已失效"]);
        let real = shop.world.code(MANAGER, 3).await;
        type_code(&stranger, &real).await.says(410, &["这个验证码已失效"]);
        assert!(is_signed_in(&other).await);
        assert!(!is_signed_in(&stranger).await);
        Browser::desktop(&shop).open("/m/proof").await.says(200, &["name=\"password\""]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_that_are_made_at_once_count_one_by_one() {
    for shop in Shop::on_each_engine().await {
        let bound = Browser::wechat(&shop);
        bound.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        let other = Browser::wechat(&shop);
        other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
        let code = shop.world.code(MANAGER, 1).await;
        let guess = other_than(&code);
        let statuses: Vec<u16> = join_all((0..12).map(|_| async {
            let secret = other.cookie("__Host-proof").unwrap();
            let guesser = Browser::wechat(&shop);
            guesser.keep("127.0.0.1", "__Host-proof", &secret);
            guesser.post("/m/proof", &[("code", guess.clone())]).await.status
        }))
        .await;
        // The fifth is the last. Whoever was wrong before it and is answered after it reads already that the code is void.
        assert!(statuses.iter().filter(|status| **status == 422).count() <= 4, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 422 | 410)), "{statuses:?}");
        type_code(&other, &code).await.says(410, &["这个验证码已失效"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_ask_for_a_number_get_few_codes_and_keep_its_owner_from_nothing() {
    for shop in Shop::on_each_engine().await {
        let browser = Browser::desktop(&shop);
        // Asked at once from many sides, one is sent.
        let asked = join_all((0..6).map(|_| async { ask(&Browser::desktop(&shop), MANAGER).await.status })).await;
        assert_eq!(asked.iter().filter(|status| **status == 200).count(), 1, "{asked:?}");
        shop.world.code(MANAGER, 1).await;
        // Moments later the owner signs in with another phone, and waits no longer than the provider makes everybody wait.
        let (bound, other) = (Browser::wechat(&shop), Browser::wechat(&shop));
        bound.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        other.sign_in_through(MANAGER, PASSWORD).await.says(429, &["30 秒后再试"]);
        shop.world.hands.pass_ms(MINUTE / 2);
        other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
        shop.world.code(MANAGER, 2).await;
        shop.world.hands.pass_ms(MINUTE / 2 - 1);
        ask(&browser, MANAGER).await.says(429, &["1 秒后"]);
        shop.world.hands.pass_ms(1);
        ask(&browser, MANAGER).await.says(200, &["138****8000"]);
        again(&browser).await.says(429, &["60 秒后再重新发送"]);
        shop.world.hands.pass_ms(MINUTE);
        again(&browser).await.says(200, &["138****8000"]);
        shop.world.code(MANAGER, 4).await;
        shop.world.hands.pass_ms(MINUTE);
        again(&browser).await.says(429, &[]);
        ask(&Browser::desktop(&shop), MANAGER).await.says(429, &[]);
        again(&other).await.says(200, &["138****8000"]);
        shop.world.code(MANAGER, 5).await;
        // Five of theirs a day, and the owner still signs in.
        for sent in [6, 7] {
            shop.world.hands.pass_ms(HOUR);
            ask(&browser, MANAGER).await.says(200, &["138****8000"]);
            shop.world.code(MANAGER, sent).await;
        }
        shop.world.hands.pass_ms(2 * HOUR);
        ask(&browser, MANAGER).await.says(429, &[]);
        ask(&browser, COLLEAGUE).await.says(200, &["138****8001"]);
        for sent in [8, 9, 10] {
            again(&other).await.says(200, &["138****8000"]);
            shop.world.code(MANAGER, sent).await;
            shop.world.hands.pass_ms(MINUTE);
        }
        // Ten a day in all.
        again(&other).await.says(429, &[]);
        shop.world.hands.pass_ms(24 * HOUR);
        ask(&browser, MANAGER).await.says(200, &["138****8000"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_signs_in_gets_five_codes_an_hour_and_six_a_day() {
    let shop = Shop::open().await;
    let (bound, other) = (Browser::wechat(&shop), Browser::wechat(&shop));
    bound.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
    other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
    for sent in 2..=5 {
        shop.world.hands.pass_ms(MINUTE);
        again(&other).await.says(200, &["138****8000"]);
        shop.world.code(MANAGER, sent).await;
    }
    shop.world.hands.pass_ms(MINUTE);
    again(&other).await.says(429, &[]);
    // Whoever begins anew is told when it may go on, and nobody is signed out by that.
    Browser::wechat(&shop).sign_in_through(MANAGER, PASSWORD).await.says(429, &["秒后再试"]);
    assert!(is_signed_in(&bound).await);
    shop.world.hands.pass_ms(HOUR);
    again(&other).await.says(200, &["138****8000"]);
    shop.world.hands.pass_ms(HOUR);
    again(&other).await.says(429, &[]);
    // A lost password is another matter.
    ask(&Browser::desktop(&shop), MANAGER).await.says(200, &["138****8000"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_password_is_set_anew_by_a_code_and_whoever_was_bound_is_forgotten() {
    for shop in Shop::on_each_engine().await {
        // Somebody who knows the password signed in first inside WeChat, and is bound.
        let (thief, owner) = (Browser::wechat(&shop), Browser::wechat(&shop));
        thief.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        owner.open("/m/lost?code=demo").await.says(200, &["发送短信验证码", "发送邮件链接"]);
        let office = owner.open("/m/lost?door=admin").await;
        office.says(200, &["发送邮件链接"]);
        assert!(!office.text.contains("发送短信验证码"), "an administrator would wait for it in vain");
        ask(&owner, "138 0013 800").await.says(422, &["11 位", "138 0013 800"]);
        ask(&owner, "+86 138 0013 8000").await.says(200, &["找回账号", "如果 138****8000", "管理员的账号只能用邮件找回"]);
        let code = shop.world.code(MANAGER, 1).await;
        assert!(shop.world.texts(MANAGER).await[0]["text"].as_str().unwrap().contains("重新设置登录密码"));
        let page = type_code(&owner, &code).await;
        assert!(is_signed_in(&thief).await, "the code alone ends nothing");
        assert_eq!(set_password(&owner, &page).await, 200);
        assert!(!is_signed_in(&thief).await, "every session ended");
        assert_eq!(Browser::desktop(&shop).sign_in(MANAGER, PASSWORD, "").await.status, 422);
        owner.sign_in_through(MANAGER, NEW_PASSWORD).await.says(200, &["收款码"]);
        assert_eq!(shop.world.texts(MANAGER).await.len(), 1, "the owner's own WeChat is bound now");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_code_tells_nobody_who_exists() {
    let shop = Shop::open().await;
    let mut told = BTreeSet::new();
    // A manager, somebody unknown, a card holder, and an administrator, who recovers by mail.
    for phone in [MANAGER, NOBODY, HOLDER, ADMINISTRATOR] {
        let browser = Browser::desktop(&shop);
        let masked = format!("{}****{}", &phone[..3], &phone[7..]);
        let page = ask(&browser, phone).await;
        let wrong = type_code(&browser, "000000").await;
        let early = again(&browser).await;
        for answer in [page, wrong, early] {
            let nonce_free: String = answer.text.split("nonce").map(|part| part.split('>').nth(1).unwrap_or(part)).collect();
            told.insert((answer.status, nonce_free.replace(&masked, "MASKED")));
        }
    }
    assert_eq!(told.len(), 3, "{told:?}");
    shop.world.code(MANAGER, 1).await;
    for phone in [NOBODY, HOLDER, ADMINISTRATOR] {
        assert_eq!(shop.world.texts(phone).await.len(), 0, "{phone}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_sign_in_is_reported_by_a_code_which_ends_everything_at_once() {
    for shop in Shop::on_each_engine().await {
        let older = Browser::manager(&shop, MANAGER).await;
        let thief = Browser::wechat(&shop);
        thief.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        older.open("/m").await.says(200, &["/m/not-me"]);
        older.open("/m/not-me").await.says(200, &["安卓手机 · 微信", "138****8000", "1***@qinghe.example", "旧密码作废"]);
        older.submit("/m/not-me", &[("way", "sms".to_owned())]).await.says(200, &["不是我本人登录", "138****8000", "旧密码作废"]);
        assert!(is_signed_in(&thief).await, "reporting alone ends nothing");
        let code = shop.world.code(MANAGER, 1).await;
        assert!(shop.world.texts(MANAGER).await[0]["text"].as_str().unwrap().contains("报告陌生登录"));
        let page = type_code(&older, &code).await;
        until("the thief is out", async || (!is_signed_in(&thief).await).then_some(())).await;
        assert_eq!(thief.sign_in(MANAGER, PASSWORD, "").await.status, 422, "the password that the thief knows is void");
        assert_eq!(set_password(&older, &page).await, 200);
        assert_eq!(older.sign_in(MANAGER, NEW_PASSWORD, "").await.status, 303);
        older.open("/m/settings/sign-ins").await.says(200, &["您报告了陌生登录", "安卓手机 · 微信", "在另一台设备（安卓手机 · 微信）登录"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_tells_where_one_is_signed_in_and_how_each_sign_in_ended() {
    let shop = Shop::open().await;
    let browser = Browser::manager(&shop, MANAGER).await;
    browser.open("/m/settings").await.says(200, &["/m/settings/sign-ins", "登录记录"]);
    browser.open("/m/settings/sign-ins").await.says(200, &["正在使用", "Linux 电脑 · Chrome", "12:00 登录", "没有别的登录", "/m/not-me"]);
    shop.world.hands.pass_ms(7 * MINUTE);
    browser.submit("/m/sign-out", &[]).await.says(200, &["已退出登录"]);
    shop.world.hands.pass_ms(MINUTE);
    assert_eq!(browser.sign_in(MANAGER, PASSWORD, "").await.status, 303);
    let page = browser.open("/m/settings/sign-ins").await;
    page.says(200, &["12:08 登录", "12:00 登录，12:07 结束", "已退出登录"]);
    browser.open("/m/settings/sign-ins?lang=en").await.says(200, &["Sign-ins", "Signed in at 12:00, ended at 12:07", "Signed out"]);
    // A colleague's history is theirs alone.
    let colleague = Browser::manager(&shop, COLLEAGUE).await;
    colleague.open("/m/settings/sign-ins").await.says(200, &["没有别的登录"]);
    Browser::desktop(&shop).open("/m/settings/sign-ins").await.says(200, &["请先登录"]);
    // Whoever finds a stranger in it reports it from here.
    browser.open("/m/not-me?lang=zh").await.says(200, &["登录记录里", "138****8000"]);
    let asked = browser.submit("/m/not-me", &[("way", "sms".to_owned())]).await;
    asked.says(200, &["138****8000"]);
    type_code(&browser, &shop.world.code(MANAGER, 1).await).await.says(200, &["设置密码"]);
    assert!(!is_signed_in(&browser).await);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_says_is_told_and_nothing_is_sent_twice() {
    let shop = Shop::open().await;
    let table = [
        ("LimitExceeded.PhoneNumberDailyLimit", "短信太多", 0),
        ("FailedOperation.PhoneNumberInBlacklist", "收不了验证码短信", 0),
        ("FailedOperation.InsufficientBalanceInSmsPackage", "请告诉单位管理员", 0),
        ("AuthFailure.SignatureFailure", "请告诉单位管理员", 0),
        ("InternalError.Timeout", "短信服务没有回答", 0),
        ("500", "短信服务没有回答", 0),
        ("500-after", "短信服务没有回答", 1),
        ("slow", "短信服务没有回答", 0),
    ];
    for (index, (fault, sentence, came)) in table.into_iter().enumerate() {
        let phone = format!("1380013800{index}");
        let (bound, other) = (Browser::wechat(&shop), Browser::wechat(&shop));
        bound.sign_in_through(&phone, PASSWORD).await.says(200, &["收款码"]);
        shop.world.fault("sms", fault, 1).await;
        let page = other.sign_in_through(&phone, PASSWORD).await;
        page.says(200, &[sentence]);
        let may_come = sentence.contains("没有回答");
        assert_eq!(page.text.contains("one-time-code"), may_come, "{fault}");
        shop.world.no_more_faults().await;
        if came == 1 {
            // Nobody knew, and it came: the code works.
            let code = shop.world.code(&phone, 1).await;
            assert_eq!(shop.world.texts(&phone).await.len(), 1, "{fault}: nothing is repeated by itself");
            type_code(&other, &code).await.says(200, &["收款码"]);
        } else {
            assert_eq!(shop.world.texts(&phone).await.len(), 0, "{fault}");
            again(&other).await.says(429, &["60 秒后再重新发送"]);
        }
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_text_messages_the_pages_name_the_ways_that_are_left() {
    let shop = Shop::with(|config| config.sms = None).await;
    let (bound, other) = (Browser::wechat(&shop), Browser::wechat(&shop));
    bound.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
    other.sign_in_through(MANAGER, PASSWORD).await.says(422, &["绑定的是另一个微信", "手机浏览器", "/m/lost"]);
    assert!(is_signed_in(&bound).await);
    let page = other.open("/m/lost").await;
    page.says(200, &["发送邮件链接"]);
    assert!(!page.text.contains("短信验证码"));
    // A new password by mail proves who it is, too: this WeChat is the first one again.
    other.post("/m/lost", &[("phone", MANAGER.to_owned()), ("way", "sms".to_owned())]).await.says(200, &["登记了邮箱"]);
    let mail = shop.world.mail("13800138000@qinghe.example", 1).await;
    let link = mail["links"][0].as_str().unwrap().to_owned();
    let page = other.open(&link).await;
    assert_eq!(set_password(&other, &page).await, 200);
    other.sign_in_through(MANAGER, NEW_PASSWORD).await.says(200, &["收款码"]);
    shop.close().await;

    let shop = Shop::with(|config| (config.sms, config.mail) = (None, None)).await;
    let browser = Browser::manager(&shop, MANAGER).await;
    let page = browser.open("/m/lost").await;
    page.says(200, &["请联系单位管理员"]);
    assert!(!page.text.contains("<form"));
    browser.open("/m/not-me").await.says(200, &["请立即联系单位管理员"]);
    assert!(!browser.open("/m/settings/sign-ins").await.text.contains("/m/not-me"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wechat_does_not_name_is_not_signed_in_and_evicts_nobody() {
    let shop = Shop::open().await;
    let here = Browser::manager(&shop, MANAGER).await;
    let phone = Browser::wechat(&shop);
    for fault in ["40029", "500", "40125", "snapshot"] {
        shop.world.fault("oauth-token", fault, 1).await;
        phone.sign_in_through(MANAGER, PASSWORD).await.says(422, &["微信没有告诉我们您是谁", MANAGER]);
    }
    assert!(is_signed_in(&here).await);
    // A landing that this browser did not begin, and one that is opened again.
    let began = phone.sign_in(MANAGER, PASSWORD, "").await;
    let back = phone.ask("GET", began.header("location"), &[], None).await.header("location").to_owned();
    Browser::wechat(&shop).open(&back).await.says(200, &["name=\"password\""]);
    assert!(is_signed_in(&here).await);
    phone.open(&back).await.says(200, &["收款码"]);
    phone.open(&back).await.says(200, &["收款码"]);
    assert!(!is_signed_in(&here).await);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_half_done_is_void_once_the_password_changes() {
    for shop in Shop::on_each_engine().await {
        let (bound, thief) = (Browser::wechat(&shop), Browser::wechat(&shop));
        bound.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
        thief.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
        let code = shop.world.code(MANAGER, 1).await;
        let other = Browser::wechat(&shop);
        let began = other.sign_in(MANAGER, PASSWORD, "").await;
        // The owner sets a new password by mail meanwhile.
        let owner = Browser::desktop(&shop);
        owner.post("/m/lost", &[("phone", MANAGER.to_owned()), ("way", "mail".to_owned())]).await.says(200, &[]);
        let mail = shop.world.mail("13800138000@qinghe.example", 1).await;
        let page = owner.open(mail["links"][0].as_str().unwrap()).await;
        assert_eq!(set_password(&owner, &page).await, 200);
        type_code(&thief, &code).await.says(422, &["手机号或密码不对"]);
        again(&thief).await.says(200, &["name=\"password\""]);
        let back = other.ask("GET", began.header("location"), &[], None).await.header("location").to_owned();
        other.open(&back).await.says(422, &["手机号或密码不对"]);
        assert!(!is_signed_in(&thief).await && !is_signed_in(&other).await);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_causes_only_so_many_messages_an_hour_and_fewer_to_numbers_that_it_only_typed() {
    let shop = Shop::with(|config| {
        config.limits.spare_loopback = false;
        config.limits.sms_per_hour = 4;
        config.limits.anonymous_sms_per_hour = 3;
    })
    .await;
    let browser = Browser::desktop(&shop);
    for last in 0..3 {
        ask(&browser, &format!("1380013800{last}")).await.says(200, &["如果 138****"]);
    }
    ask(&browser, "13800138003").await.says(429, &["秒后再试"]);
    shop.world.hands.pass_ms(MINUTE);
    again(&browser).await.says(429, &["再重新发送"]);
    assert_eq!(shop.count("one_time_code").await, 3);
    // One more is left for whoever signs in.
    let (bound, other) = (Browser::wechat(&shop), Browser::wechat(&shop));
    bound.sign_in_through("13800138003", PASSWORD).await.says(200, &["收款码"]);
    other.sign_in_through("13800138003", PASSWORD).await.says(200, &["138****8003"]);
    shop.world.hands.pass_ms(MINUTE);
    again(&other).await.says(429, &["再重新发送"]);
    assert_eq!(shop.count("one_time_code").await, 4);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_names_codes_bindings_and_reports_and_no_secret() {
    let shop = Shop::open().await;
    let (first, other) = (Browser::wechat(&shop), Browser::wechat(&shop));
    first.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
    other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
    let code = shop.world.code(MANAGER, 1).await;
    type_code(&other, &code).await.says(200, &["收款码"]);
    shop.world.hands.pass_ms(MINUTE);
    other.submit("/m/not-me", &[("way", "sms".to_owned())]).await.says(200, &[]);
    let second = shop.world.code(MANAGER, 2).await;
    type_code(&other, &second).await.says(200, &["设置密码"]);
    let rows = trail(&shop).await;
    let acts: Vec<&str> = rows.iter().map(|(act, _)| act.as_str()).collect();
    let expected = [
        "wechat.bind",
        "session.begin",
        "one_time_code.send",
        "session.evict",
        "wechat.bind",
        "session.begin",
        "one_time_code.send",
        "session.report",
        "password_link.give",
    ];
    assert_eq!(acts, expected);
    for (_, detail) in &rows {
        for secret in [code.as_str(), second.as_str(), &first.openid, &other.openid, MANAGER] {
            assert!(!detail.contains(secret), "{detail}");
        }
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_used_up_its_messages_of_a_day_sends_no_code_and_nobody_learns_who_exists() {
    let shop = Shop::with(|config| config.sms.as_mut().unwrap().budget = TextBudget { per_day: 1 }).await;
    let lost = Browser::desktop(&shop);
    ask(&lost, MANAGER).await.says(200, &["如果 138****8000 是收款人的手机号"]);
    shop.world.code(MANAGER, 1).await;
    let (known, unknown) = (Browser::desktop(&shop), Browser::desktop(&shop));
    ask(&known, COLLEAGUE).await.says(200, &["如果 138****8001 是收款人的手机号"]);
    ask(&unknown, NOBODY).await.says(200, &["如果 155****0000 是收款人的手机号"]);
    // Whoever showed the password is told the truth.
    let other = Browser::wechat(&shop);
    Browser::wechat(&shop).sign_in_through(COLLEAGUE, PASSWORD).await.says(200, &["收款码"]);
    shop.world.hands.pass_ms(MINUTE);
    other.sign_in_through(COLLEAGUE, PASSWORD).await.says(200, &["短信现在发不出去"]);
    assert_eq!(shop.world.texts(COLLEAGUE).await.len(), 0);
    shop.world.hands.pass_ms(24 * HOUR);
    other.sign_in_through(COLLEAGUE, PASSWORD).await.says(200, &["不是账号绑定的微信"]);
    shop.world.code(COLLEAGUE, 1).await;
    shop.close().await;
}
