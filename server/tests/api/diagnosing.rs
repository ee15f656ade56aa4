//! 诊断: each cause is provoked and named, with who can mend it (rows E14, I15).

use std::sync::Arc;

use serde_json::json;
use server::channels::secret::Secret;
use server::config::Config;
use server::store::{Command, StoreError, Tx};

use crate::browser::{Answer, Browser};
use crate::office_codes::hidden;
use crate::scene::{Shop, World, until};
use crate::testing::{self, Bare};

const MANAGER: &str = "13800138000";

/// The cause that the page names.
#[track_caller]
pub fn cause(page: &Answer) -> &str {
    assert_eq!(page.status, 200, "{}", page.text);
    page.text.split_once("data-cause=\"").unwrap().1.split('"').next().unwrap()
}

pub async fn diagnosed(shop: &Shop, query: &str) -> (String, Answer) {
    // A look at the channel counts for ten seconds.
    shop.world.hands.pass_ms(10_000);
    let page = Browser::manager(shop, MANAGER).await.open(&format!("/m/diagnose{query}")).await;
    (cause(&page).to_owned(), page)
}

/// A shop whose settings are `set`, diagnosed.
async fn with(set: impl FnOnce(&mut Config)) -> (String, Answer) {
    let mut shop = Shop::with(set).await;
    let found = diagnosed(&shop, "").await;
    shop.stop().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_is_well_it_says_so_and_a_blank_phone_is_the_payers_network() {
    for shop in Shop::on_each_engine().await {
        let (cause, page) = diagnosed(&shop, "").await;
        assert_eq!(cause, "none", "{}", page.text);
        page.says(200, &["检查都正常", "还没有收到过", "<iframe", "<textarea"]);
        let bill = shop.paid("1").await;
        until("the notice is noted", async || (shop.count("sighting WHERE kind = 'notice'").await >= 1).then_some(())).await;
        shop.world.hands.pass_ms(600_000);
        let (cause, page) = diagnosed(&shop, "").await;
        assert_eq!(cause, "none", "{} {}", bill.payment, page.text);
        page.says(200, &["最近一次"]);
        let table = [
            ("?sees=nothing", "payers_network", "4G 和 Wi-Fi"),
            ("?sees=10003", "oauth_domain", "授权域名不是 127.0.0.1"),
            ("?sees=10005", "oauth_scope", "网页授权的权限"),
            ("?sees=directory", "pay_directory", "没有登记为支付目录"),
            ("?sees=https://evil.example", "none", "检查都正常"),
        ];
        for (query, expected, sentence) in table {
            let (cause, page) = diagnosed(&shop, query).await;
            assert_eq!(cause, expected, "{query}");
            page.says(200, &[sentence]);
            assert!(!page.text.contains("evil.example"));
        }
        diagnosed(&shop, "?lang=en").await.1.says(200, &["Every check is fine", "shouma "]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_channel_does_is_told_apart() {
    let table = [
        (json!({"door": "query", "fault": "wrong-signature"}), "channel_key_wrong", "公钥"),
        (json!({"door": "query", "fault": "unknown-serial"}), "channel_key_unknown", "没有的密钥"),
        (json!({"door": "query", "fault": "500"}), "channel_busy", "不用处理"),
        (json!({"door": "query", "fault": "429"}), "channel_busy", "不用处理"),
        (json!({"door": "query", "fault": "502"}), "channel_busy", "不用处理"),
        (json!({"door": "query", "fault": "hang-up"}), "channel_silent", "网络和防火墙"),
        (json!({"door": "query", "fault": "merchant-disabled"}), "channel_refuses", "微信支付拒绝了请求"),
    ];
    let shop = Shop::open().await;
    for (mut fault, expected, sentence) in table {
        let name = fault.to_string();
        fault["times"] = json!(1);
        shop.world.control("/_sim/faults", fault).await;
        let (cause, page) = diagnosed(&shop, "").await;
        assert_eq!(cause, expected, "{name}");
        page.says(200, &[sentence]);
        shop.world.no_more_faults().await;
        assert_eq!(diagnosed(&shop, "").await.0, "none", "after {name}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_the_channel_are_named() {
    let wechat = |config: &mut Config, set: fn(&mut server::config::WechatSettings)| set(config.wechat.as_mut().unwrap());
    let (cause, page) =
        with(|config| wechat(config, |wechat| wechat.merchant_serial_no = "0123456789ABCDEF0123456789ABCDEF01234567".into())).await;
    assert_eq!(cause, "keys_refused", "{}", page.text);
    page.says(200, &["请转告管理员：微信支付不认", "由谁处理：管理员", "下面是在本机打开的付款页", "<iframe"]);
    assert!(page.text.find("下面是在本机打开的付款页") < page.text.find("<iframe"), "{}", page.text);
    let (cause, page) = with(|config| {
        wechat(config, |wechat| {
            wechat.api_v3_key = Secret::of("an APIv3 key of thirty-two bytes");
            wechat.public_key = None;
        });
    })
    .await;
    assert_eq!(cause, "api_key_wrong", "{}", page.text);
    let (cause, _) = with(|config| wechat(config, |wechat| wechat.api_url = "http://127.0.0.1:1".into())).await;
    assert_eq!(cause, "channel_silent");
    let (cause, page) = with(|config| wechat(config, |wechat| wechat.api_url = "https://127.0.0.1:1".into())).await;
    assert_eq!(cause, "address_not_public");
    page.says(200, &["不是 https"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_the_cause_before_the_signatures_that_it_spoils() {
    // Ten seconds of ours pass before the page is opened.
    for (ahead_ms, by) in [(350_000, "360"), (-370_000, "360")] {
        let mut world = World::new().await;
        let hands = world.hands.ahead(ahead_ms);
        Arc::get_mut(&mut world).unwrap().hands = hands;
        let mut shop = Shop::found(world, testing::sqlite(|_| {}).await, |_| {}).await;
        let (cause, page) = diagnosed(&shop, "").await;
        assert_eq!(cause, "clock_off", "{}", page.text);
        page.says(200, &[&format!("相差 {by} 秒"), "校准服务器时间"]);
        shop.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_cannot_be_paid_and_sign_in_that_is_refused_are_named() {
    let shop = Shop::open().await;
    shop.world.fault("oauth-token", "40125", 1).await;
    let payer = Browser::wechat(&shop);
    payer.submit("/p/demo", &crate::scene::form("1")).await.says(502, &[]);
    until("it is noted", async || (diagnosed(&shop, "").await.0 == "oauth_secret").then_some(())).await;
    let bill = shop.paid("1").await;
    until("a payer is recognised again", async || (diagnosed(&shop, "").await.0 == "none").then_some(())).await;
    let tenant = shop.stored(&bill.payment).await.payment.tenant;
    let manager = Browser::manager(&shop, MANAGER).await;
    let own = manager.function("manager/desk", json!({})).await.json()["token"].as_str().unwrap().to_owned();
    shop.site.store.write(CloseShop(tenant)).await.unwrap();
    let (cause, page) = diagnosed(&shop, "").await;
    assert_eq!(cause, "code");
    page.says(200, &["单位已停止收款", &own[own.len() - 4..]]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_do_not_come_or_cannot_be_opened_are_named() {
    let shop = Shop::open().await;
    shop.world.fault("notify", "drop", 1).await;
    let first = shop.bill(&Browser::wechat(&shop), "1").await;
    shop.world.pay(&first.payment, json!({})).await;
    until("it is found by asking", async || {
        shop.world.hands.pass_ms(1_000);
        (first.state().await == "paid").then_some(())
    })
    .await;
    assert_eq!(diagnosed(&shop, "").await.0, "none", "it may still come");
    shop.world.hands.pass_ms(120_000);
    let (cause, page) = diagnosed(&shop, "").await;
    assert_eq!(cause, "notices_missing", "{}", page.text);
    page.says(200, &["/notify/wechat"]);
    shop.paid("2").await;
    until("the notice is noted", async || (diagnosed(&shop, "").await.0 == "none").then_some(())).await;
    // A forged notice changes nothing: anybody can send one.
    Browser::desktop(&shop).ask("POST", "/notify/wechat", &[], Some(("application/json", b"{}".to_vec()))).await;
    assert_eq!(diagnosed(&shop, "").await.0, "none");
    shop.close().await;
    // Answers are proven with the public key, and notices are sealed with an APIv3 key that is not ours.
    let shop = Shop::with(|config| config.wechat.as_mut().unwrap().api_v3_key = Secret::of("an APIv3 key of thirty-two bytes")).await;
    shop.world.control("/_sim/key-mode", json!({"mode": "public-key"})).await;
    let bill = shop.bill(&Browser::wechat(&shop), "1").await;
    shop.world.pay(&bill.payment, json!({})).await;
    until("the refusal is noted", async || (diagnosed(&shop, "").await.0 == "notices_refused").then_some(())).await;
    diagnosed(&shop, "").await.1.says(200, &["APIv3 密钥解不开"]);
    bill.until("paid").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_nothing_is_named() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let Bare::Sqlite(mut other) = shop.place.bare().await else { panic!("on SQLite") };
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    shop.world.hands.pass_ms(10_000);
    let page = manager.open("/m/diagnose").await;
    assert_eq!(cause(&page), "database_fails", "{}", page.text);
    page.says(200, &["数据库写不进去"]);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    drop(other);
    until("it takes writes again", async || (diagnosed(&shop, "").await.0 == "none").then_some(())).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_that_diagnosis_opens_may_stand_in_a_frame() {
    let shop = Shop::open().await;
    let (_, page) = diagnosed(&shop, "").await;
    assert!(page.header("content-security-policy").contains("frame-src 'self'"));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    let frame = page.text.split_once("<iframe src=\"").unwrap().1.split('"').next().unwrap().to_owned();
    assert!(page.text.contains("sandbox=\"allow-scripts\""), "no forms: nobody pays from it");
    let payer = Browser::desktop(&shop);
    let allows = async |address: &str| {
        let answer = payer.open(address).await;
        answer.says(200, &["青禾实验学校"]);
        answer.header("content-security-policy").contains("frame-ancestors 'self'")
    };
    assert!(allows(&frame).await);
    let own = frame.split('?').next().unwrap().to_owned();
    let mark = frame.split_once('=').unwrap().1.to_owned();
    assert!(!allows(&own).await, "not without the mark");
    assert!(!allows(&format!("{own}?probe=x")).await, "not with another one");
    assert!(!allows(&format!("/p/demo?probe={mark}")).await, "not another code's page");
    shop.world.hands.pass_ms(600_000);
    assert!(!allows(&frame).await, "not for longer than it takes");
    let stranger = Browser::desktop(&shop).ask("GET", "/m/diagnose", &[], None).await;
    assert!(stranger.header("location").starts_with("/m/sign-in?"), "{}", stranger.status);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_has_more_to_write_than_it_takes_is_named() {
    const QUEUE: usize = 8;
    let shop = Shop::found(World::new().await, testing::sqlite(|config| config.queue = QUEUE).await, |_| {}).await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let Bare::Sqlite(mut other) = shop.place.bare().await else { panic!("on SQLite") };
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    shop.world.hands.pass_ms(10_000);
    // What the writer holds waits for the lock, and behind it the queue fills until the next one is turned away.
    let mut waiting = vec![];
    let page = until("the queue is full", async || {
        for _ in 0..4 * QUEUE {
            let store = shop.site.store.clone();
            waiting.push(tokio::spawn(async move { store.write(Nothing).await }));
        }
        let page = manager.open("/m/diagnose").await;
        (cause(&page) == "database_busy").then_some(page)
    })
    .await;
    page.says(200, &["正在写入的内容太多", "不用处理"]);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    drop(other);
    until("the queue is empty", async || waiting.iter().all(tokio::task::JoinHandle::is_finished).then_some(())).await;
    assert_eq!(diagnosed(&shop, "").await.0, "none");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_without_a_code_is_told_so() {
    for shop in Shop::on_each_engine().await {
        // Somebody who has a seat and to whom no code was given: the administrator, seated as a manager too.
        let bill = shop.paid("1").await;
        let seat = Seat(shop.stored(&bill.payment).await.payment.tenant, shop.account(server::demo::ADMINISTRATOR).await.parse().unwrap());
        shop.site.store.write(seat).await.unwrap();
        shop.world.hands.pass_ms(10_000);
        let page = Browser::manager(&shop, server::demo::ADMINISTRATOR).await.open("/m/diagnose").await;
        assert_eq!(cause(&page), "no_code", "{}", page.text);
        page.says(200, &["您名下没有收款码", "没有可以打开的付款页", "由谁处理：管理员"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_switched_off_or_out_of_its_time_is_named_with_its_reason() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let bill = shop.paid("1").await;
        let (tenant, account) = (shop.stored(&bill.payment).await.payment.tenant, shop.account(MANAGER).await.parse().unwrap());
        let mut conn = shop.site.store.read().await.unwrap();
        let own = server::store::codes::app_code(&mut conn.tx(), tenant, account).await.unwrap().unwrap();
        drop(conn);
        let page = format!("/admin/codes/{}", own.code.id);
        let named = async |reason: &str, who: &str| {
            let (cause, page) = diagnosed(&shop, "").await;
            assert_eq!(cause, "code", "{reason}: {}", page.text);
            page.says(200, &[reason, &format!("由谁处理：{who}")]);
        };
        admin.post(&format!("{page}/switch"), &[("to", "off".to_owned())]).await;
        named("收款码现在不能收款（已停用）", "管理员").await;
        admin.post(&format!("{page}/switch"), &[("to", "on".to_owned())]).await;
        assert_eq!(diagnosed(&shop, "").await.0, "none");
        // Noon has just passed.
        let form = hidden(&admin.open(&page).await.text, "form");
        let time = [("from", "2026-11-21T13:00"), ("until", "2026-11-21T14:00")].map(|(name, value)| (name, value.to_owned()));
        let pairs = [vec![("form", form), ("name", own.code.name.clone())], time.to_vec()].concat();
        let saved = admin.post(&page, &pairs).await;
        assert!(saved.header("location").ends_with("done=saved"), "{} {}", saved.status, saved.text);
        named("还没到生效时间", "不用处理").await;
        shop.world.hands.pass_ms(3_600_000);
        assert_eq!(diagnosed(&shop, "").await.0, "none");
        shop.world.hands.pass_ms(3_600_000);
        named("已过期", "管理员").await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_for_the_application_of_before_is_named() {
    for place in testing::stores().await {
        let mut old = Shop::found(World::new().await, place, |_| {}).await;
        let payment = old.bill(&Browser::wechat(&old), "2").await.payment;
        old.world.pay(&payment, json!({"notify": false})).await;
        old.stop().await;
        let store = server::store::Store::open(&old.place.config).await.unwrap();
        let other = |config: &mut Config| config.wechat.as_mut().unwrap().appid = "wx00000000deadbeef".into();
        let mut new = Shop::serve(old.world.clone(), old.place.clone(), store, other).await;
        let statuses = new.world.notify(&payment, json!({"urls": [format!("{}/notify/wechat", new.url)]})).await;
        assert_eq!(statuses, [400]);
        until("the refusal is noted", async || (diagnosed(&new, "").await.0 == "notices_refused").then_some(())).await;
        diagnosed(&new, "").await.1.says(200, &["发给另一个商户号或公众号", "由谁处理：管理员"]);
        new.stop().await;
    }
}

struct Nothing;

impl Command for Nothing {
    type Done = ();

    async fn run(&self, _: &mut Tx<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

struct Seat(domain::TenantId, domain::AccountId);

impl Command for Seat {
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        server::store::accounts::add_member(tx, self.0, self.1, domain::Role::Manager, domain::Millis::of(0)).await
    }
}

struct CloseShop(domain::TenantId);

impl Command for CloseShop {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        server::store::tenants::set_open(tx, self.0, false).await
    }
}
