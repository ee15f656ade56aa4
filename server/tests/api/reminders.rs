//! Reminders of debts by text message (row I23): at which hour, how often, to whom no more, and what became of each.

use app::pay::Assets;
use domain::Millis;
use domain::receivable::Hold;
use futures::future::join_all;
use serde_json::{Value, json};
use server::client::Client;
use server::reminders::{Change, Reminders};
use server::serve;
use server::text_budget::TextBudget;

use crate::browser::Browser;
use crate::debts::debt;
use crate::scene::{Shop, until};
use crate::testing::Bare;
use crate::two_instances::two;

const MANAGER: &str = "13800138000";
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The usual debt with this phone.
pub fn to_phone(phone: &str) -> Vec<(&'static str, String)> {
    let mut form = debt("1200", true);
    form[5].1 = phone.to_owned();
    form
}

impl Shop {
    /// Lets the clock show this moment.
    pub fn pass_until(&self, text: &str) {
        let moment = Millis::parse_rfc3339(&format!("2026-{}+08:00", text.replace(' ', "T"))).unwrap();
        let ahead = moment.since_ms(self.world.hands.now());
        assert!(ahead >= 0, "{text} is over");
        self.world.hands.pass_ms(ahead);
    }

    /// Waits until `count` reminders came to this phone; the newest.
    pub async fn reminded(&self, phone: &str, count: usize) -> String {
        let text = until(&format!("reminder {count} to {phone}"), async || {
            let texts = self.world.texts(phone).await;
            (texts.len() >= count).then(|| texts.into_iter().next()).flatten()
        })
        .await;
        text["text"].as_str().unwrap().to_owned()
    }

    /// Lets the jobs look around, and makes sure that no more than `count` reminders came to this phone.
    pub async fn quiet(&self, phone: &str, count: usize) {
        tokio::time::sleep(std::time::Duration::from_millis(1_300)).await;
        assert_eq!(self.world.texts(phone).await.len(), count, "{phone}");
    }

    /// The same site on the same store, of which only the test runs the jobs.
    async fn by_hand(&self) -> Reminders {
        let mut config = self.site.config.clone();
        config.sms = Some(crate::scene::sms(self.world.sim.merchant()));
        let (store, clock) = (self.site.store.clone(), self.world.hands.clock());
        serve::site_of(config, store, clock, None, Client::default(), Assets::default()).await.unwrap().reminders.clone()
    }

    async fn deeds(&self) -> Vec<Value> {
        let sql = "SELECT detail FROM audit WHERE act = 'receivable.remind' ORDER BY tenant, seq";
        let rows: Vec<(String,)> = match self.place.bare().await {
            Bare::Sqlite(mut conn) => sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap(),
            Bare::Postgres(mut conn) => sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap(),
        };
        rows.into_iter().map(|(detail,)| serde_json::from_str(&detail).unwrap()).collect()
    }
}

pub async fn remind(manager: &Browser, path: &str) -> String {
    let answer = manager.post(&format!("{path}/remind"), &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").split('=').nth(1).unwrap().to_owned()
}

pub async fn switch(manager: &Browser, path: &str, to: &str) {
    let answer = manager.post(&format!("{path}/reminders"), &[("to", to.to_owned())]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debt_is_reminded_of_by_hand_with_its_link_and_again_after_three_days() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &debt("1200", true)).await;
        manager.open(&path).await.says(200, &["短信提醒", "现在提醒", "自动提醒", "未开启", "换手机号"]);
        assert_eq!(remind(&manager, &path).await, "reminded");
        let (text, token) = (shop.reminded("13900001111", 1).await, shop.debt(&path).await.token);
        let expected = format!("【收码】青禾实验学校提醒：“2026秋季学费”还有1200.00元待付，请打开 {}/p/{token} 付款", shop.url);
        assert!(text.starts_with(&expected), "{text}");
        let page = manager.open(&format!("{path}?said=reminded")).await;
        page.says(200, &["短信服务已接收", "手动 · 139****1111 · ¥1,200.00 · 由 王敏", "三天内只提醒一次，11月24日 12:00 起"]);
        assert!(!page.text.contains("现在提醒"));
        assert_eq!(remind(&manager, &path).await, "passed");
        manager.open(&format!("{path}?lang=en")).await.says(200, &["Reminders by SMS", "Taken by the SMS provider", "24 Nov 12:00"]);
        // What is owed by then is what the next one says.
        shop.pay_debt(&format!("/p/{token}"), "500").await;
        shop.world.hands.pass_ms(3 * DAY - 1);
        let manager = Browser::manager(&shop, MANAGER).await;
        assert_eq!(remind(&manager, &path).await, "passed");
        shop.world.hands.pass_ms(1);
        let twice = join_all((0..4).map(|_| remind(&manager, &path))).await;
        assert_eq!(twice.iter().filter(|said| *said == "reminded").count(), 1, "{twice:?}");
        assert!(shop.reminded("13900001111", 2).await.contains("还有700.00元"));
        shop.quiet("13900001111", 2).await;
        // Nothing is owed any more.
        shop.pay_debt(&format!("/p/{token}"), "700").await;
        shop.world.hands.pass_ms(4 * DAY);
        let manager = Browser::manager(&shop, MANAGER).await;
        assert_eq!(remind(&manager, &path).await, "passed");
        let page = manager.open(&path).await;
        page.says(200, &["提醒记录", "短信服务已接收"]);
        assert!(!page.text.contains("/remind\""), "nobody is reminded of what is paid");
        let asked: Vec<Value> = shop.deeds().await.iter().map(|deed| deed["asked"].clone()).collect();
        assert_eq!(asked, [json!(true), json!(true)]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_woken_at_night_and_what_was_asked_for_then_goes_in_the_morning() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let phones = ["13900001111", "13900002222", "13900003333", "13900004444"];
        let mut paths = vec![];
        for phone in phones {
            paths.push(shop.raise(&manager, &to_phone(phone)).await);
        }
        shop.pass_until("11-21 20:59:59");
        manager.open(&paths[0]).await.says(200, &["现在提醒"]);
        assert_eq!(remind(&manager, &paths[0]).await, "reminded");
        shop.reminded(phones[0], 1).await;
        shop.pass_until("11-21 21:00:00");
        manager.open(&paths[1]).await.says(200, &["21:00 至 09:00 不打扰人", "提醒，11月22日 09:00 发出"]);
        assert_eq!(remind(&manager, &paths[1]).await, "reminded-later");
        assert_eq!(remind(&manager, &paths[1]).await, "passed");
        manager.open(&paths[1]).await.says(200, &["已安排，11月22日 09:00 发出", "等待发送", "11月22日 09:00，发到 139****2222（手动）"]);
        shop.pass_until("11-22 08:59:59");
        assert_eq!(remind(&manager, &paths[2]).await, "reminded-later");
        shop.quiet(phones[1], 0).await;
        shop.quiet(phones[2], 0).await;
        shop.pass_until("11-22 09:00:00");
        assert_eq!(remind(&manager, &paths[3]).await, "reminded");
        for phone in phones {
            shop.reminded(phone, 1).await;
        }
        manager.open(&paths[1]).await.says(200, &["短信服务已接收", "2026-11-22 09:00:00"]);
        shop.quiet(phones[1], 1).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_is_switched_by_the_administrator_and_for_each_debt_by_its_manager() {
    for shop in Shop::on_each_engine().await {
        let (phone, other) = ("13900001111", "13900002222");
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &to_phone(phone)).await;
        let without = shop.raise(&manager, &to_phone(other)).await;
        let admin = Browser::administrator(&shop).await;
        admin.open("/admin/settings").await.says(200, &["欠款自动提醒", "只由收款人手动提醒"]);
        let answer = admin.post("/admin/settings/reminders", &[("reminders", "on".to_owned())]).await;
        assert_eq!(answer.header("location"), "/admin/settings?done=saved");
        admin.post("/admin/settings/reminders", &[("reminders", "perhaps".to_owned())]).await.says(422, &[]);
        manager.open(&without).await.says(200, &["已开启：截止日前 3 天"]);
        switch(&manager, &without, "by_hand").await;
        until("the schedule is seen", async || {
            manager.open(&path).await.text.contains("11月28日 10:00，发到 139****1111（截止日前 3 天）").then_some(())
        })
        .await;
        shop.pass_until("11-28 09:59:59");
        shop.quiet(phone, 0).await;
        shop.pass_until("11-28 10:00:00");
        shop.reminded(phone, 1).await;
        let manager = Browser::manager(&shop, MANAGER).await;
        manager.open(&path).await.says(200, &["短信服务已接收", "截止日前 3 天 · 139****1111"]);
        // A part that is paid meanwhile is not asked for again.
        let token = shop.debt(&path).await.token;
        shop.pay_debt(&format!("/p/{token}"), "1000").await;
        shop.pass_until("12-01 10:00:00");
        assert!(shop.reminded(phone, 2).await.contains("还有200.00元"));
        shop.pass_until("12-04 10:00:00");
        shop.reminded(phone, 3).await;
        shop.pay_debt(&format!("/p/{token}"), "200").await;
        shop.pass_until("12-11 10:00:00");
        shop.quiet(phone, 3).await;
        shop.quiet(other, 0).await;
        assert_eq!(shop.deeds().await, [json!({"scheduled": false})]);
        assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'organisation.reminders'").await, 1);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_owes_stops_reminders_on_the_payment_page_and_only_they_begin_them_again() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &debt("1200", true)).await;
        let link = format!("/p/{}", shop.debt(&path).await.token);
        shop.pass_until("11-21 22:00:00");
        assert_eq!(remind(&manager, &path).await, "reminded-later");
        let debtor = Browser::desktop(&shop);
        debtor.open(&link).await.says(200, &[&format!("{link}/reminders"), "不再短信提醒我"]);
        let page = debtor.open(&format!("{link}/reminders")).await;
        page.says(200, &["不再收到这笔款的短信提醒？", "青禾实验学校", "name=\"to\" value=\"stop\"", "回到付款页"]);
        for secret in ["13900001111", "139****1111", "张小明", "S2026001"] {
            assert!(!page.text.contains(secret), "whoever has the link reads {secret}");
        }
        let stopped = debtor.submit(&format!("{link}/reminders"), &[("to", "stop".to_owned())]).await;
        stopped.says(200, &["不会再提醒您", "value=\"resume\""]);
        debtor.open(&format!("{link}/reminders?lang=en")).await.says(200, &["You will not be reminded", "Remind me again"]);
        until("what waited is dropped", async || manager.open(&path).await.text.contains("没有发出：对方不想再收到").then_some(())).await;
        shop.pass_until("11-22 09:00:00");
        shop.quiet("13900001111", 0).await;
        let page = manager.open(&path).await;
        page.says(200, &["对方在 11月21日 22:00 选择了不再提醒"]);
        assert!(!page.text.contains("现在提醒"));
        for to in ["stop", "resume", "schedule"] {
            switch(&manager, &path, to).await;
            assert_eq!(remind(&manager, &path).await, "passed", "{to}: the manager cannot undo it");
        }
        // The link still collects.
        shop.pay_debt(&link, "200").await;
        let again = debtor.submit(&format!("{link}/reminders?lang=zh"), &[("to", "resume".to_owned())]).await;
        again.says(200, &["已恢复短信提醒", "不再提醒我"]);
        assert_eq!(remind(&manager, &path).await, "reminded");
        shop.reminded("13900001111", 1).await;
        assert_eq!(debtor.post("/p/demo/reminders", &[("to", "stop".to_owned())]).await.status, 404);
        assert_eq!(debtor.open("/p/nothing/reminders").await.status, 404);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_stops_reminders_and_enters_the_phone_that_is_missing() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &to_phone("")).await;
        manager.open(&path).await.says(200, &["没有手机号，发不了短信", "补上手机号"]);
        assert_eq!(remind(&manager, &path).await, "passed");
        let wrong = manager.post(&format!("{path}/phone"), &[("phone", "139 0000".to_owned())]).await;
        wrong.says(422, &["value=\"139 0000\"", "aria-invalid=\"true\""]);
        manager
            .submit(&format!("{path}/phone"), &[("phone", "139 0000 5555".to_owned())])
            .await
            .says(200, &["已保存", "13900005555", "现在提醒"]);
        manager.open("/m/receivables?q=13900005555").await.says(200, &["张小明"]);
        manager.submit(&format!("{path}/phone"), &[("phone", "13900006666".to_owned())]).await.says(200, &["13900006666"]);
        assert!(!manager.open("/m/receivables?q=13900005555").await.text.contains("张小明"));
        switch(&manager, &path, "stop").await;
        manager.open(&format!("{path}?said=reminders-off")).await.says(200, &["已停止提醒。", "您在 12:00 停止了提醒", "恢复提醒"]);
        assert_eq!(remind(&manager, &path).await, "passed");
        switch(&manager, &path, "resume").await;
        assert_eq!(remind(&manager, &path).await, "reminded");
        shop.reminded("13900006666", 1).await;
        let deeds = shop.deeds().await;
        assert_eq!(deeds[..2], [json!({"stopped": true}), json!({"stopped": false})]);
        // Nobody else's business.
        let colleague = Browser::manager(&shop, "13800138001").await;
        for act in ["remind", "reminders", "phone"] {
            let answer = colleague.post(&format!("{path}/{act}"), &[("to", "stop".to_owned()), ("phone", "13900007777".to_owned())]).await;
            assert_eq!(answer.status, 404, "{act}");
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_says_is_told_and_nothing_is_sent_twice() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    // What goes wrong, how many messages come all the same, what is said of it, and what there is to do.
    let table = [
        (
            "FailedOperation.PhoneNumberInBlacklist",
            0,
            "号码退订了短信或收不到短信（FailedOperation.PhoneNumberInBlacklist）",
            "请换一个号码",
        ),
        ("FailedOperation.ContainSensitiveWord", 0, "短信服务没有接收（FailedOperation.ContainSensitiveWord）", "13:00 起可以再试"),
        ("LimitExceeded.PhoneNumberDailyLimit", 0, "短信服务没有接收（LimitExceeded.PhoneNumberDailyLimit）", "13:00 起可以再试"),
        ("FailedOperation.InsufficientBalanceInSmsPackage", 0, "没有接收（FailedOperation.InsufficientBalance", "13:00 起可以再试"),
        ("AuthFailure.SignatureFailure", 0, "没有接收（AuthFailure.SignatureFailure）", "13:00 起可以再试"),
        ("InternalError.Timeout", 0, "不知道有没有发出，不会重发", "11月24日 12:00 起"),
        ("500", 0, "不知道有没有发出，不会重发", "11月24日 12:00 起"),
        ("500-after", 1, "不知道有没有发出，不会重发", "11月24日 12:00 起"),
        ("slow", 0, "不知道有没有发出，不会重发", "11月24日 12:00 起"),
    ];
    let mut paths = vec![];
    for (index, (fault, came, sentence, next)) in table.into_iter().enumerate() {
        let phone = format!("1390000100{index}");
        let path = shop.raise(&manager, &to_phone(&phone)).await;
        shop.world.fault("sms", fault, 1).await;
        assert_eq!(remind(&manager, &path).await, "reminded");
        manager.open(&path).await.says(200, &[sentence, next]);
        assert_eq!(remind(&manager, &path).await, "passed", "{fault}");
        shop.world.no_more_faults().await;
        shop.quiet(&phone, came).await;
        paths.push((phone, path));
    }
    // What was clearly refused may be tried again after an hour; another number is another matter.
    shop.world.hands.pass_ms(HOUR);
    for (index, said) in [(0, "passed"), (1, "reminded"), (2, "reminded"), (3, "reminded"), (4, "reminded"), (5, "passed"), (6, "passed")] {
        assert_eq!(remind(&manager, &paths[index].1).await, said, "{}", table[index].0);
    }
    shop.world.hands.pass_ms(30 * DAY);
    shop.pass_until("12-22 12:00:00");
    let manager = Browser::manager(&shop, MANAGER).await;
    let (phone, path) = &paths[0];
    assert_eq!(remind(&manager, path).await, "passed", "a number that opted out stays so");
    // The same number at another debt.
    let other = shop.raise(&manager, &to_phone(phone)).await;
    manager.open(&other).await.says(200, &["请换一个号码"]);
    manager.post(&format!("{path}/phone"), &[("phone", "13900009999".to_owned())]).await;
    assert_eq!(remind(&manager, path).await, "reminded");
    shop.reminded("13900009999", 1).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_between_deciding_and_sending_is_seen_and_what_was_lost_there_stays_unknown() {
    for place in crate::testing::stores().await {
        // Its own jobs remind nobody, so that the test does it step by step.
        let shop = Shop::found(crate::scene::World::new().await, place, |config| {
            if let Some(sms) = &mut config.sms {
                sms.templates.reminder = None;
            }
        })
        .await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let page = manager.open(&shop.raise(&manager, &debt("5", false)).await).await;
        page.says(200, &["还没有开通短信提醒", "系统运维人员"]);
        assert!(!page.text.contains("现在提醒"));
        let reminders = shop.by_hand().await;
        let caller = async |path: &str| {
            let receivable = shop.debt(path).await.receivable;
            domain::Caller { tenant: receivable.tenant, account: receivable.payee, role: domain::Role::Manager }
        };
        let said = async |path: &str| {
            let stored = shop.debt(path).await;
            let mut conn = shop.site.store.read().await.unwrap();
            let found = server::store::reminders::of_debt(&mut conn.tx(), stored.receivable.tenant, stored.receivable.id).await.unwrap();
            let last = found.last().unwrap();
            (last.reminder.ended.map(|(outcome, _)| format!("{outcome:?}")).unwrap_or_default(), last.why.clone().unwrap_or_default())
        };
        let mut paths = vec![];
        for last in 1..=5 {
            paths.push(shop.raise(&manager, &to_phone(&format!("1390000110{last}"))).await);
        }
        // Somebody asks for all of them at night, so that they are due together in the morning.
        shop.pass_until("11-21 22:00:00");
        for path in &paths {
            let id = shop.debt(path).await.receivable.id;
            reminders.ask(&caller(path).await, id).await.unwrap();
        }
        shop.pass_until("11-22 09:00:00");
        let mut begun = vec![];
        for path in &paths {
            let receivable = shop.debt(path).await.receivable;
            let one = reminders.begin(receivable.tenant, receivable.id).await.unwrap().unwrap();
            assert!(reminders.begin(receivable.tenant, receivable.id).await.unwrap().is_none(), "it was taken");
            begun.push(one);
        }
        let mut begun = begun.into_iter();
        // The first is paid meanwhile.
        shop.pay_debt(&format!("/p/{}", shop.debt(&paths[0]).await.token), "1200").await;
        reminders.hand_over(begun.next().unwrap()).await.unwrap();
        assert_eq!(said(&paths[0]).await, ("Dropped".to_owned(), "not_owed".to_owned()));
        // Whoever owes the second wants no more.
        let second = shop.debt(&paths[1]).await.receivable;
        reminders.wish(second.tenant, second.id, false).await.unwrap();
        reminders.hand_over(begun.next().unwrap()).await.unwrap();
        assert_eq!(said(&paths[1]).await, ("Dropped".to_owned(), "stopped_by_debtor".to_owned()));
        // The third has another number now.
        manager.post(&format!("{}/phone", paths[2]), &[("phone", "13900001199".to_owned())]).await;
        reminders.hand_over(begun.next().unwrap()).await.unwrap();
        assert_eq!(said(&paths[2]).await, ("Dropped".to_owned(), "another_phone".to_owned()));
        // The fourth was partly paid: the message says what is owed now, and is not sent a second time.
        shop.pay_debt(&format!("/p/{}", shop.debt(&paths[3]).await.token), "1000").await;
        let fourth = begun.next().unwrap();
        reminders.hand_over(fourth.clone()).await.unwrap();
        assert_eq!(said(&paths[3]).await.0, "Sent");
        assert!(shop.reminded("13900001104", 1).await.contains("还有200.00元"));
        // Nothing was heard of the fifth any more: its instance was lost. It may have been sent, so it is not repeated.
        let fifth = shop.debt(&paths[4]).await.receivable;
        for (ms, expected) in [(10 * MINUTE - 1, ""), (1, "Unknown"), (3 * DAY - 11 * MINUTE, "Unknown")] {
            shop.world.hands.pass_ms(ms);
            while reminders.round().await.unwrap() {}
            assert_eq!(said(&paths[4]).await.0, expected);
        }
        let late = begun.next().unwrap();
        reminders.hand_over(late).await.unwrap();
        assert_eq!(said(&paths[4]).await.0, "Unknown", "what was written down once stays");
        assert!(reminders.begin(fifth.tenant, fifth.id).await.unwrap().is_none());
        // What the schedule decided in the last second of the day goes at its hour of the next one.
        let mut form = to_phone("13900001106");
        form[3].1 = "2026-11-26".to_owned();
        let evening = shop.raise(&Browser::manager(&shop, MANAGER).await, &form).await;
        let receivable = shop.debt(&evening).await.receivable;
        reminders.change(&caller(&evening).await, receivable.id, Change::Schedule).await.unwrap();
        shop.pass_until("11-26 20:59:59");
        let late = reminders.begin(receivable.tenant, receivable.id).await.unwrap().unwrap();
        shop.pass_until("11-26 21:00:00");
        reminders.hand_over(late).await.unwrap();
        assert_eq!(said(&evening).await, ("Dropped".to_owned(), "quiet".to_owned()));
        assert!(reminders.begin(receivable.tenant, receivable.id).await.unwrap().is_none());
        shop.pass_until("11-27 10:00:00");
        while reminders.round().await.unwrap() {}
        assert_eq!(said(&evening).await.0, "Sent");
        assert_eq!(server::reminders::hold_word(Hold::StoppedByDebtor), "stopped_by_debtor");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn debts_of_one_number_take_turns_day_by_day() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let phone = "13900001111";
        let mut paths = vec![];
        for _ in 0..3 {
            let path = shop.raise(&manager, &to_phone(phone)).await;
            switch(&manager, &path, "schedule").await;
            paths.push(path);
        }
        for (moment, count) in [("11-28 10:00:00", 1), ("11-29 10:00:00", 2), ("11-30 10:00:00", 3), ("12-01 10:00:00", 4)] {
            shop.pass_until(moment);
            shop.reminded(phone, count).await;
            shop.quiet(phone, count).await;
        }
        let manager = Browser::manager(&shop, MANAGER).await;
        let pages = join_all(paths.iter().map(|path| manager.open(path))).await;
        assert_eq!(pages.iter().filter(|page| page.text.contains("截止日当天 · 139****1111")).count(), 1, "the first of them, on its day");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_send_one_message() {
    let Some([one, other]) = two().await else { return };
    let manager = Browser::manager(&one, MANAGER).await;
    let mut phones = vec![];
    for number in 10..26 {
        let phone = format!("139000012{number}");
        let path = one.raise(&manager, &to_phone(&phone)).await;
        switch(&manager, &path, "schedule").await;
        phones.push(phone);
    }
    one.pass_until("11-28 10:00:00");
    for phone in &phones {
        one.reminded(phone, 1).await;
    }
    one.quiet(&phones[0], 1).await;
    for phone in &phones {
        assert_eq!(one.world.texts(phone).await.len(), 1, "{phone}");
    }
    // Cookies know no ports, so this browser speaks to both; and the number of two debts is one number at both.
    let manager = Browser::manager(&one, MANAGER).await;
    let paths = [one.raise(&manager, &to_phone("13900001300")).await, one.raise(&manager, &to_phone("13900001300")).await];
    let presses = (0..12).map(|number| {
        let home = if number % 2 == 0 { &one.url } else { &other.url };
        let path = format!("{home}{}/remind", paths[number / 2 % 2]);
        let manager = &manager;
        async move { manager.post(&path, &[]).await.status }
    });
    let statuses = join_all(presses).await;
    assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
    one.reminded("13900001300", 1).await;
    one.quiet("13900001300", 1).await;
    other.close().await;
    one.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_more_than_an_organisations_messages_of_a_day_goes_the_next_morning() {
    let shop = Shop::with(|config| config.sms.as_mut().unwrap().budget = TextBudget { per_day: 1 }).await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let phones = ["13900001111", "13900002222"];
    let mut paths = vec![];
    for phone in phones {
        paths.push(shop.raise(&manager, &to_phone(phone)).await);
    }
    assert_eq!(remind(&manager, &paths[0]).await, "reminded");
    shop.reminded(phones[0], 1).await;
    assert_eq!(remind(&manager, &paths[1]).await, "reminded-later");
    shop.quiet(phones[1], 0).await;
    shop.pass_until("11-22 08:59:59");
    shop.quiet(phones[1], 0).await;
    shop.pass_until("11-22 09:00:00");
    shop.reminded(phones[1], 1).await;
    shop.close().await;
}
