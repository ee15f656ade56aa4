//! Messages of the WeChat account: switched on inside WeChat, at most one in ten minutes, and none of the sales hidden.

use domain::Millis;
use serde_json::{Value, json};
use server::senders::wechat_account::Door;

use crate::browser::Browser;
use crate::scene::{Shop, until};

const MANAGER: &str = "13800138000";
const SCREEN: &str = "/m/settings/messages";
const MINUTE_MS: i64 = 60_000;

impl Shop {
    /// A manager in WeChat, signed in.
    pub async fn in_wechat(&self, phone: &str) -> Browser {
        let browser = Browser::wechat(self);
        browser.sign_in_through(phone, server::demo::PASSWORD).await.says(200, &["收款码"]);
        browser
    }

    /// A manager who follows the account and has messages on; the first one has come and is forgotten.
    async fn listening(&self) -> Browser {
        let manager = self.in_wechat(MANAGER).await;
        self.world.control("/_sim/account", json!({"push_url": format!("{}/notify/account", self.url), "finish_ms": 0})).await;
        self.world.control("/_sim/followers", json!({"openid": manager.openid, "follows": true})).await;
        manager.open(&format!("{SCREEN}/on")).await.says(200, &["已开启"]);
        self.until_messages(1).await;
        self.world.http.delete(format!("{}/_sim/outbox", self.world.sim.base_url())).send().await.unwrap();
        manager
    }

    /// What came to phones, oldest first.
    async fn messages(&self) -> Vec<Value> {
        let answer = self.world.http.get(format!("{}/_sim/outbox", self.world.sim.base_url())).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        answer["items"].as_array().unwrap().iter().rev().cloned().collect()
    }

    /// Waits until so many messages have come; the words of each: what, sum, largest, refunds.
    async fn until_messages(&self, count: usize) -> Vec<[String; 4]> {
        until(&format!("{count} messages"), async || {
            let words: Vec<_> = self.messages().await.iter().map(words).collect();
            assert!(words.len() <= count, "more than {count}: {words:?}");
            (words.len() == count).then_some(words)
        })
        .await
    }

    /// Gives the server time in which nothing may come.
    async fn still(&self, count: usize) {
        for _ in 0..3 {
            self.site.messages.round().await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        assert_eq!(self.until_messages(count).await.len(), count);
    }

    /// Waits until the screen says it.
    async fn until_said(&self, manager: &Browser, sentence: &str) {
        until(sentence, async || manager.open(SCREEN).await.text.contains(sentence).then_some(())).await;
    }

    /// Waits until so many sales of the manager are gathered or on their way.
    async fn until_heard(&self, count: i64) {
        until(&format!("{count} sales are heard of"), async || (self.sum("heard_count").await == count).then_some(())).await;
    }

    async fn sum(&self, column: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) FROM listener"));
        let (sum,): (i64,) = match self.place.bare().await {
            crate::testing::Bare::Sqlite(mut conn) => sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap(),
            crate::testing::Bare::Postgres(mut conn) => sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap(),
        };
        sum
    }
}

fn words(message: &Value) -> [String; 4] {
    let field = |name: &str| message["content"]["data"][name]["value"].as_str().unwrap_or_default().to_owned();
    [field("thing1"), field("amount2"), field("thing4"), field("thing5")]
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_switched_on_inside_wechat_and_the_screen_says_why_they_do_not_arrive() {
    for shop in Shop::on_each_engine().await {
        Browser::desktop(&shop).open(SCREEN).await.says(200, &["请先登录"]);
        let desktop = Browser::manager(&shop, MANAGER).await;
        desktop.open("/m/settings").await.says(200, &["接收收款成功通知"]);
        let page = desktop.open(SCREEN).await;
        page.says(200, &["未开启", "要在微信里开启", &format!("{}{SCREEN}", shop.url)]);
        assert!(!page.text.contains(">开启通知<"), "outside WeChat nobody knows whom the account would write to");
        desktop.open(&format!("{SCREEN}/on")).await.says(200, &["未开启"]);
        desktop.open("/m/settings/messages?lang=en").await.says(200, &["Messages about payments", "switched on inside WeChat"]);

        let manager = shop.in_wechat(MANAGER).await;
        manager.open(SCREEN).await.says(200, &["开启通知", "请先关注"]);
        manager.open(&format!("{SCREEN}/on")).await.says(200, &["已开启，正在给您的微信发第一条消息"]);
        shop.until_said(&manager, "消息送不到：您没有关注公众号").await;
        assert_eq!(shop.messages().await.len(), 0);

        shop.world.control("/_sim/account", json!({"push_url": format!("{}/notify/account", shop.url)})).await;
        shop.world.control("/_sim/followers", json!({"openid": manager.openid, "follows": true})).await;
        until("the follow is heard of", async || (!manager.open(SCREEN).await.text.contains("消息送不到")).then_some(())).await;
        manager.submit(&format!("{SCREEN}/test"), &[]).await.says(200, &["一分钟内刚发过"]);
        shop.world.hands.pass_ms(MINUTE_MS);
        manager.submit(&format!("{SCREEN}/test"), &[]).await.says(200, &["测试消息正在发送"]);
        assert_eq!(shop.until_messages(1).await[0][0], "测试消息");
        shop.until_said(&manager, "最近一条消息送出于").await;

        manager.submit(&format!("{SCREEN}/off"), &[]).await.says(200, &["已关闭", "未开启"]);
        shop.paid("3").await;
        shop.still(1).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_hears_of_all_money_on_a_screen_of_their_own() {
    for shop in Shop::on_each_engine().await {
        let screen = "/admin/messages";
        let desktop = Browser::administrator(&shop).await;
        desktop.open("/admin/settings").await.says(200, &["href=\"/admin/messages\"", "给自己开启"]);
        desktop.open(screen).await.says(200, &["未开启", "要在微信里开启", &format!("{}{screen}", shop.url), "通知本单位全部收款"]);
        desktop.open(&format!("{screen}?lang=en")).await.says(200, &["Messages about payments", "every manager's codes"]);
        let stranger = Browser::desktop(&shop);
        assert!(stranger.ask("GET", &format!("{screen}/on"), &[], None).await.header("location").starts_with("/admin/sign-in"));

        let admin = Browser::wechat(&shop);
        admin.administrate(server::demo::ADMINISTRATOR, server::demo::PASSWORD).await;
        shop.world.control("/_sim/account", json!({"push_url": format!("{}/notify/account", shop.url), "finish_ms": 0})).await;
        shop.world.control("/_sim/followers", json!({"openid": admin.openid, "follows": true})).await;
        admin.open(&format!("{screen}/on")).await.says(200, &["已开启，正在给您的微信发第一条消息"]);
        shop.until_messages(1).await;
        shop.world.hands.pass_ms(11 * MINUTE_MS);
        let bill = shop.paid("3").await;
        let heard = shop.until_messages(2).await;
        assert!(heard[1].iter().any(|words| words.contains("3.00")), "{heard:?}");
        let receipt = format!("/admin/payments/{}", bill.payment);
        for (message, page) in shop.messages().await.iter().zip([screen, receipt.as_str()]) {
            assert_eq!(
                message["content"]["url"],
                json!(format!("{}{page}", shop.url)),
                "the managers' app does not let an administrator in"
            );
            assert_eq!(admin.open(page).await.status, 200);
        }
        // What managers may have is not what they may have themselves.
        admin.submit("/admin/settings/messages", &[("messages", "off".to_owned())]).await;
        admin.open(screen).await.says(200, &["关闭通知"]);
        admin.submit(&format!("{screen}/off"), &[]).await.says(200, &["已关闭", "未开启"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_each_message_needs_a_consent_one_consent_is_one_message_and_no_sale_is_lost() {
    let template = "sim-subscription-money";
    let shop = Shop::with(|config| {
        let messages = &mut config.wechat.as_mut().unwrap().messages;
        (messages.door, messages.template_id) = (Door::Subscription, template.to_owned());
    })
    .await;
    let manager = shop.in_wechat(MANAGER).await;
    shop.world.control("/_sim/account", json!({"push_url": format!("{}/notify/account", shop.url)})).await;
    let consent = format!("{SCREEN}/consent");
    let page = until("there is a ticket", async || {
        let page = manager.open(&format!("{SCREEN}/on")).await;
        (!page.text.contains("data-told=\"null\"")).then_some(page)
    })
    .await;
    // Switching on leads to WeChat's own button, which is believed there.
    page.says(200, &["wx-open-subscribe", &format!("template=\"{template}\""), "同意再收一条"]);
    assert!(page.url.ends_with(&consent), "{}", page.url);
    let told = page.text.split_once("data-told=\"").unwrap().1.split('"').next().unwrap().replace("&quot;", "\"");
    let told: Value = serde_json::from_str(&told).unwrap();
    let asked = json!({"app_id": told["appId"], "timestamp": told["timestamp"], "nonce": told["nonceStr"], "signature": told["signature"],
        "url": format!("{}{consent}", shop.url)});
    assert_eq!(shop.world.control("/_sim/jssdk", asked).await["errmsg"], "config:ok");
    manager.open(SCREEN).await.says(200, &["已开启", "还没有可以发的次数"]);

    let answers = async |agrees: bool| {
        let door = shop.world.http.post(format!("{}/_sim/consent", shop.world.sim.base_url()));
        let body = json!({"template": template, "agrees": agrees});
        let answer = door.header("cookie", format!("sim_openid={}", manager.openid)).body(body.to_string()).send().await.unwrap();
        assert!(answer.text().await.unwrap().contains("ok"));
    };
    answers(false).await;
    answers(true).await;
    shop.until_said(&manager, "还能给您发 1 条").await;
    shop.paid("3").await;
    shop.until_messages(1).await;
    shop.until_said(&manager, "还没有可以发的次数").await;
    // Without a consent nothing comes; with the next one it does, and nothing of it is lost.
    shop.paid("4").await;
    shop.world.hands.pass_ms(10 * MINUTE_MS);
    shop.still(1).await;
    shop.paid("5").await;
    shop.until_heard(3).await;
    answers(true).await;
    let words = shop.until_messages(2).await;
    assert_eq!((words[1][0].as_str(), words[1][1].as_str()), ("收款 2 笔", "¥9.00"));
    // A browser outside WeChat has no such button.
    let desktop = Browser::manager(&shop, MANAGER).await;
    desktop.open(&consent).await.says(200, &["要在微信里开启"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn digests_are_ten_minutes_apart_and_add_up_to_the_sales() {
    for shop in Shop::on_each_engine().await {
        let manager = shop.listening().await;
        let began = shop.world.hands.now();
        let first = shop.paid("12.50").await;
        assert_eq!(shop.until_messages(1).await[0], ["收款 1 笔", "¥12.50", "张小明 三年一班", "没有退款"]);
        for amount in ["3", "1200", "0.01"] {
            shop.paid(amount).await;
        }
        shop.until_heard(4).await;
        shop.until_said(&manager, "还有 3 笔共 ¥1,203.01，将在").await;
        for (ms, expected) in [(9 * MINUTE_MS + 59_000, 1), (999, 1), (1, 2)] {
            shop.world.hands.pass_ms(ms);
            shop.still(expected).await;
        }
        assert_eq!(shop.world.hands.now(), Millis::of(began.get() + 10 * MINUTE_MS));
        assert_eq!(shop.until_messages(2).await[1], ["收款 3 笔", "¥1203.01", "最大一笔 ¥1,200.00 张小明…", "没有退款"]);
        let messages = shop.messages().await;
        assert_ne!(messages[0]["content"]["client_msg_id"], messages[1]["content"]["client_msg_id"]);
        // One sale leads to everything that was filled in for it, several to the list.
        assert_eq!(messages[0]["content"]["url"], json!(format!("{}/m/receipts/{}", shop.url, first.payment)));
        assert_eq!(messages[1]["content"]["url"], json!(format!("{}/m/receipts", shop.url)));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_told_at_once_and_comes_again_in_the_next_digest() {
    for shop in Shop::on_each_engine().await {
        let _manager = shop.listening().await;
        let bill = shop.paid("5").await;
        shop.until_messages(1).await;
        shop.refund(&bill.payment, 150, "少收").await.unwrap();
        let told = until("the refund is told", async || {
            shop.world.hands.pass_ms(1_000);
            shop.messages().await.get(1).map(words)
        })
        .await;
        assert_eq!(told, ["退款已到账", "¥1.50", &format!("单号尾号 {}", &bill.payment[24..]), "您不用处理"]);
        shop.still(2).await;
        shop.world.hands.pass_ms(10 * MINUTE_MS);
        shop.still(2).await;
        shop.paid("7").await;
        assert_eq!(shop.until_messages(3).await[2], ["收款 1 笔", "¥7.00", "张小明 三年一班", "退款 1 笔，共 ¥1.50"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_is_lost_is_repeated_under_its_number_and_shown_once() {
    for (fault, is_shown_at_first) in [("500-after", true), ("500", false), ("-1", false)] {
        let shop = Shop::open().await;
        let manager = shop.listening().await;
        shop.world.fault("message", fault, 1).await;
        shop.paid("2").await;
        shop.until_said(&manager, "微信暂时没有响应").await;
        assert_eq!(shop.messages().await.len(), usize::from(is_shown_at_first), "{fault}");
        shop.paid("3").await;
        shop.until_heard(2).await;
        shop.world.hands.pass_ms(5_000);
        assert_eq!(shop.until_messages(1).await[0][1], "¥2.00", "{fault}: its words stay");
        until("its fate is known", async || (!manager.open(SCREEN).await.text.contains("微信暂时没有响应")).then_some(())).await;
        // Ten minutes after the try that perhaps told it.
        shop.world.hands.pass_ms(10 * MINUTE_MS);
        assert_eq!(shop.until_messages(2).await[1][1], "¥3.00", "{fault}");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_token_is_replaced_without_anybody_noticing() {
    let shop = Shop::open().await;
    let _manager = shop.listening().await;
    shop.world.fault("message", "40001", 1).await;
    shop.paid("2").await;
    assert_eq!(shop.until_messages(1).await[0][1], "¥2.00");
    // It is asked for anew before its two hours are over.
    shop.world.hands.pass_ms(120 * MINUTE_MS);
    shop.paid("4").await;
    assert_eq!(shop.until_messages(2).await[1][1], "¥4.00");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_wechat_refuses_is_told_with_the_rest_later() {
    let table = [
        ("43101", "您在微信里拒收了", 60 * MINUTE_MS),
        ("43117", "给您的消息太频繁", 10 * MINUTE_MS),
        ("45009", "今天的消息数量已用完", 60 * MINUTE_MS),
        ("40037", "消息模板或权限不对", 60 * MINUTE_MS),
    ];
    for (errcode, reason, pause_ms) in table {
        let shop = Shop::open().await;
        let manager = shop.listening().await;
        shop.world.fault("message", errcode, 1).await;
        shop.paid("2").await;
        shop.until_said(&manager, reason).await;
        shop.paid("3").await;
        shop.until_heard(2).await;
        shop.world.hands.pass_ms(pause_ms - 1_000);
        shop.still(0).await;
        shop.world.hands.pass_ms(1_000);
        assert_eq!(shop.until_messages(1).await[0][..2], ["收款 2 笔", "¥5.00"], "{errcode}");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_taken_and_did_not_arrive_is_told_again() {
    for shop in Shop::on_each_engine().await {
        let manager = shop.listening().await;
        shop.world.fault("message", "user-block", 1).await;
        shop.paid("2").await;
        shop.until_messages(1).await;
        // The event comes by the clock; until its message is stored it is pushed again.
        until("the end of the message is heard of", async || {
            shop.world.hands.pass_ms(1_000);
            manager.open(SCREEN).await.text.contains("您在微信里拒收了").then_some(())
        })
        .await;
        shop.world.hands.pass_ms(60 * MINUTE_MS);
        assert_eq!(shop.until_messages(2).await[1][..2], ["收款 1 笔", "¥2.00"], "the first one was never seen");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_somebody_who_is_suspended_ends_and_they_are_told_when_they_are_let_in_again() {
    for shop in Shop::on_each_engine().await {
        let manager = shop.listening().await;
        let admin = Browser::administrator(&shop).await;
        let page = format!("/admin/managers/{}", shop.account(MANAGER).await);
        let waiting = "SELECT COUNT(*) FROM posting WHERE due_at_ms IS NOT NULL";
        // Nobody knows whether it was taken, so it would be repeated.
        shop.world.fault("message", "500", 1).await;
        shop.paid("2").await;
        shop.until_said(&manager, "微信暂时没有响应").await;
        assert_eq!(shop.number(waiting).await, 1);
        admin.post(&format!("{page}/suspend"), &[]).await;
        shop.world.hands.pass_ms(5_000);
        until("it ended", async || (shop.number(waiting).await == 0).then_some(())).await;
        assert_eq!(shop.number("SELECT COUNT(*) FROM posting WHERE state = 'lost'").await, 1);
        shop.verify().await;
        // What comes meanwhile is not theirs to hear, and nothing is taken up for them again and again.
        shop.paid("3").await;
        shop.world.hands.pass_ms(60 * MINUTE_MS);
        shop.still(0).await;
        assert_eq!((shop.number(waiting).await, shop.number("SELECT COUNT(*) FROM posting WHERE state = 'waiting'").await), (0, 0));
        Browser::administrator(&shop).await.post(&format!("{page}/reinstate"), &[]).await;
        assert_eq!(shop.until_messages(1).await[0][..2], ["收款 1 笔", "¥2.00"]);
        shop.paid("4").await;
        shop.world.hands.pass_ms(10 * MINUTE_MS);
        assert_eq!(shop.until_messages(2).await[1][1], "¥4.00");
        shop.verify().await;

        // A message to see one, and one whose listener is gone: ended like that.
        shop.world.hands.pass_ms(MINUTE_MS);
        manager.sign_in_through(MANAGER, server::demo::PASSWORD).await.says(200, &["收款码"]);
        shop.world.fault("message", "500", 1).await;
        manager.submit(&format!("{SCREEN}/test"), &[]).await.says(200, &["测试消息正在发送"]);
        until("it was tried", async || {
            (shop.number("SELECT COUNT(*) FROM posting WHERE state = 'waiting' AND tries > 0").await == 1).then_some(())
        })
        .await;
        shop.place.bare().await.run("DELETE FROM listener").await;
        shop.world.hands.pass_ms(90_000);
        until("it ended", async || (shop.number(waiting).await == 0).then_some(())).await;
        assert_eq!(shop.number("SELECT COUNT(*) FROM posting WHERE state = 'waiting'").await, 0);
        assert_eq!(shop.messages().await.len(), 2);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_account_itself_is_believed_about_followers() {
    let shop = Shop::open().await;
    let manager = shop.listening().await;
    let xml = format!("<xml><FromUserName>{}</FromUserName><Event>unsubscribe</Event></xml>", manager.openid);
    let door = format!("{}/notify/account", shop.url);
    let signed = |token: &str| {
        let mut parts = [token, "1", "n"];
        parts.sort_unstable();
        let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes());
        sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    for (token, expected) in [("guessed", 403), ("simtoken", 200)] {
        let address = format!("{door}?signature={}&timestamp=1&nonce=n", signed(token));
        let echo = shop.world.http.get(format!("{address}&echostr=7")).send().await.unwrap();
        assert_eq!((echo.status().as_u16(), echo.text().await.unwrap() == "7"), (expected, expected == 200));
        let posted = shop.world.http.post(address).body(xml.clone()).send().await.unwrap();
        assert_eq!(posted.status().as_u16(), expected);
        let is_told = manager.open(SCREEN).await.text.contains("您没有关注公众号");
        assert_eq!(is_told, expected == 200, "{token}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_that_began_the_trip_binds_its_wechat() {
    let shop = Shop::open().await;
    let (manager, other) = (shop.in_wechat(MANAGER).await, shop.in_wechat("13800138001").await);
    let away = manager.ask("GET", &format!("{SCREEN}/on"), &[], None).await;
    let back = manager.ask("GET", away.header("location"), &[], None).await.header("location").to_owned();
    other.open(&back).await.says(200, &["微信没有告诉我们您是谁", "未开启"]);
    manager.open(&back).await.says(200, &["已开启"]);
    // The address is opened again: the trip is over.
    manager.open(&back).await.says(200, &["微信没有告诉我们您是谁", "已开启"]);
    Browser::desktop(&shop).open(&back).await.says(200, &["请先登录"]);
    shop.close().await;
}
