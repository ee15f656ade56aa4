//! A simulated WeChat and servers that collect through it, all under one clock that stands still until a test moves it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use app::pay::Assets;
use domain::letter::MailAddress;
use domain::{Fen, Millis, Payment, PaymentId, Refund};
use serde_json::{Value, json};
use server::channels::secret::Secret;
use server::client::Client;
use server::clock::Clock;
use server::config::{Config, MailSettings, MailTls, MessageSettings, ReturnSettings, SmsSettings, SmsTemplates, WechatSettings};
use server::passwords::Passwords;
use server::refunds::{self, Ask, AskError};
use server::site::Site;
use server::store::Store;
use server::store::payments::{self, Stored};
use server::text_budget::TextBudget;
use server::{demo, serve};
use simulator::{Merchant, Sim, SimConfig};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::browser::Browser;
use crate::log;
use crate::testing::shop::NOON;
use crate::testing::{self, Bare, TestStore};

/// The clock that the simulator and all servers of a test share.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn now(&self) -> Millis {
        Millis::of(self.0.load(Ordering::SeqCst))
    }

    pub fn pass_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Another clock, so much ahead of this one.
    pub fn ahead(&self, ms: i64) -> Hands {
        Hands(Arc::new(AtomicI64::new(self.now().plus_ms(ms).get())))
    }

    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || hands.now())
    }
}

/// WeChat, and the time.
pub struct World {
    pub sim: Sim,
    pub hands: Hands,
    pub http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Arc<World> {
        log::start();
        let folder = tempfile::tempdir().unwrap();
        bring_keys(folder.path()).await;
        let hands = Hands(Arc::new(AtomicI64::new(NOON.get())));
        let clock = hands.clone();
        let config = SimConfig { dir: Some(folder.path().to_owned()), ..SimConfig::for_tests(Arc::new(move || clock.now().get())) };
        let sim = simulator::start(config).await.unwrap();
        Arc::new(World { sim, hands, http: client(), _folder: folder })
    }

    /// Asks a control door of the simulator.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}{path}", self.sim.base_url())).json(&body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Lets something go wrong at one of WeChat's doors, `times` times.
    pub async fn fault(&self, door: &str, fault: &str, times: u32) {
        self.control("/_sim/faults", json!({"door": door, "fault": fault, "times": times, "ms": 1_500})).await;
    }

    /// Refunds take so long at WeChat from now on.
    pub async fn slow_refunds(&self, ms: i64) {
        self.control("/_sim/refund-delays", json!({"change_ms": ms, "card_ms": ms})).await;
    }

    pub async fn no_more_faults(&self) {
        self.http.delete(format!("{}/_sim/faults", self.sim.base_url())).send().await.unwrap();
    }

    /// Somebody pays an order; `how` says with what purse and whether the merchant is told.
    pub async fn pay(&self, no: &str, how: Value) -> Value {
        self.control(&format!("/_sim/orders/{no}/pay"), how).await
    }

    /// Sends the notices of an order now; answers the HTTP status of each delivery (0: none came).
    pub async fn notify(&self, no: &str, how: Value) -> Vec<u64> {
        let answer = self.control(&format!("/_sim/orders/{no}/notify"), how).await;
        answer["attempts"].as_array().unwrap().iter().map(|attempt| attempt["status"].as_u64().unwrap_or(0)).collect()
    }

    /// The mails that came for this address, newest first.
    pub async fn mails(&self, address: &str) -> Vec<Value> {
        let answer = self.http.get(format!("{}/_sim/outbox", self.sim.base_url())).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let all = answer["items"].as_array().unwrap().iter();
        all.filter(|item| item["kind"] == "mail" && item["to"] == address).map(|item| item["content"].clone()).collect()
    }

    /// The text messages that came for this number, newest first.
    pub async fn texts(&self, phone: &str) -> Vec<Value> {
        let answer = self.http.get(format!("{}/_sim/outbox", self.sim.base_url())).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let all = answer["items"].as_array().unwrap().iter();
        all.filter(|item| item["kind"] == "sms" && item["to"] == phone).map(|item| item["content"].clone()).collect()
    }

    /// Waits until `count` text messages came for this number, and answers the code of the newest.
    pub async fn code(&self, phone: &str, count: usize) -> String {
        let text = until(&format!("text message {count} for {phone}"), async || {
            let texts = self.texts(phone).await;
            (texts.len() >= count).then(|| texts.into_iter().next()).flatten()
        })
        .await;
        text["params"][0].as_str().unwrap().to_owned()
    }

    /// Waits until `count` mails came for this address, and answers the newest.
    pub async fn mail(&self, address: &str, count: usize) -> Value {
        until(&format!("mail {count} for {address}"), async || {
            let mails = self.mails(address).await;
            (mails.len() >= count).then(|| mails.into_iter().next()).flatten()
        })
        .await
    }

    /// An order as WeChat knows it.
    pub async fn order(&self, no: &str) -> Option<Value> {
        let answer = self.http.get(format!("{}/_sim/orders/{no}", self.sim.base_url())).send().await.unwrap();
        answer.status().is_success().then_some(serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    /// All orders that WeChat knows, newest first.
    pub async fn orders(&self) -> Vec<Value> {
        let answer = self.http.get(format!("{}/_sim/orders", self.sim.base_url())).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        answer["items"].as_array().unwrap().clone()
    }
}

/// A client that follows no redirect and no proxy.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(Duration::from_secs(30)).build().unwrap()
}

/// Making keys takes seconds, so they are made once on a machine and copied for each world.
pub async fn bring_keys(folder: &Path) {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wechat-keys");
    fs::create_dir_all(&kept).unwrap();
    let lock = File::create(kept.join("lock")).unwrap();
    lock.lock().unwrap();
    if !kept.join("keys.json").exists() {
        let new = tempfile::tempdir().unwrap();
        let config = SimConfig { dir: Some(new.path().to_owned()), ..SimConfig::for_tests(Arc::new(|| NOON.get())) };
        simulator::start(config).await.unwrap().stop().await;
        fs::copy(new.path().join("keys.json"), kept.join("new.json")).unwrap();
        fs::rename(kept.join("new.json"), kept.join("keys.json")).unwrap();
    }
    fs::copy(kept.join("keys.json"), folder.join("keys.json")).unwrap();
}

/// A server with the demo's organisation, people and codes.
pub struct Shop {
    pub world: Arc<World>,
    /// Its address, without a slash at the end.
    pub url: String,
    pub site: Site,
    pub place: Arc<TestStore>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Shop {
    /// On SQLite.
    pub async fn open() -> Shop {
        Shop::with(|_| {}).await
    }

    /// On SQLite, with other settings than the usual.
    pub async fn with(set: impl FnOnce(&mut Config)) -> Shop {
        let place = testing::sqlite(|_| {}).await;
        Shop::found(World::new().await, place, set).await
    }

    /// One on each engine that is here, each in a world of its own.
    pub async fn on_each_engine() -> Vec<Shop> {
        let mut shops = vec![];
        for place in testing::stores().await {
            shops.push(Shop::found(World::new().await, place, |_| {}).await);
        }
        shops
    }

    /// The demo founded on an empty store, and served.
    pub async fn found(world: Arc<World>, place: TestStore, set: impl FnOnce(&mut Config)) -> Shop {
        for organisation in demo::organisations(&Passwords::default(), world.hands.now()).await.unwrap() {
            place.store.write(organisation).await.unwrap();
        }
        let store = place.store.clone();
        Shop::serve(world, Arc::new(place), store, set).await
    }

    /// Serves what was founded before.
    pub async fn serve(world: Arc<World>, place: Arc<TestStore>, store: Store, set: impl FnOnce(&mut Config)) -> Shop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut config = Config::read(&BTreeMap::new()).unwrap();
        config.public_url = url.clone();
        config.limits.spare_loopback = true;
        config.wechat = Some(wechat(world.sim.merchant()));
        config.mail = world.sim.smtp_address().map(mail);
        config.sms = Some(sms(world.sim.merchant()));
        world.sim.set_site_url(&url);
        set(&mut config);
        let site = serve::site_of(config, store, world.hands.clock(), None, Client::default(), Assets::default()).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = serve::serve(site.clone(), listener, async move { drop(stopped.await) });
        let server = tokio::spawn(serving);
        Shop { world, url, site, place, running: Some((stop, server)) }
    }

    /// Proves the books and ends the server.
    pub async fn close(mut self) {
        self.verify().await;
        self.stop().await;
    }

    /// Ends the server as a signal does, and waits for it.
    pub async fn stop(&mut self) {
        if let Some((stop, server)) = self.running.take() {
            drop(stop);
            server.await.unwrap();
        }
    }

    /// Proves from the rows that no money was lost, doubled or invented.
    pub async fn verify(&self) {
        for checked in server::store::verify::verify(&self.site.store).await.unwrap() {
            assert_eq!(checked.first_bad, None, "{} ({})", checked.name, self.place.engine);
        }
    }

    /// The stored payment, read past all pages.
    pub async fn stored(&self, payment: &str) -> Stored {
        let id: PaymentId = payment.parse().unwrap();
        let mut conn = self.site.store.read().await.unwrap();
        let tenant = payments::tenant_of(&mut conn.tx(), id).await.unwrap().unwrap();
        payments::load(&mut conn.tx(), tenant, id).await.unwrap().unwrap()
    }

    /// Asks to return `fen` of a payment, as an operator does.
    pub async fn refund(&self, payment: &str, fen: i64, reason: &str) -> Result<Refund, AskError> {
        let Payment { tenant, id: payment, .. } = self.stored(payment).await.payment;
        let ask = Ask { tenant, payment, amount: Fen::of(fen), reason: reason.to_owned(), by: None, form: None };
        refunds::ask(&self.site.store, &self.site.clock, ask).await
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let (count,): (i64,) = match self.place.bare().await {
            Bare::Sqlite(mut conn) => sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap(),
            Bare::Postgres(mut conn) => sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap(),
        };
        count
    }

    /// A payer's submit of ¥`amount` through `/p/demo` in WeChat, ready to be paid.
    pub async fn bill(&self, payer: &Browser, amount: &str) -> Bill<'_> {
        let page = payer.submit("/p/demo", &form(amount)).await;
        assert_eq!(page.status, 200, "{}", page.text);
        Bill::of_url(self, &page.url)
    }

    /// A payment that is paid and known to be.
    pub async fn paid(&self, amount: &str) -> Bill<'_> {
        let bill = self.bill(&Browser::wechat(self), amount).await;
        self.world.pay(&bill.payment, json!({})).await;
        bill.until("paid").await;
        bill
    }
}

/// The answers that `/p/demo` asks for.
pub fn form(amount: &str) -> Vec<(&'static str, String)> {
    vec![("amount", amount.to_owned()), ("field.student", "张小明".to_owned()), ("field.class", "三年一班".to_owned())]
}

/// A payment that was opened over HTTP.
pub struct Bill<'a> {
    pub shop: &'a Shop,
    /// Its page, `/p/{code}/{payment}`.
    pub page: String,
    /// Its 32 digits, which are also the number of its first order.
    pub payment: String,
}

impl<'a> Bill<'a> {
    pub fn of_url(shop: &'a Shop, url: &str) -> Bill<'a> {
        let page = url.strip_prefix(&shop.url).unwrap_or_else(|| panic!("{url} is not the shop's")).split('?').next().unwrap().to_owned();
        let payment = page.rsplit('/').next().unwrap().to_owned();
        assert_eq!((payment.len(), page.matches('/').count()), (32, 3), "{url} is not a payment's page");
        Bill { shop, page, payment }
    }

    /// What a program that polls is told.
    pub async fn status(&self) -> Value {
        let answer = Browser::desktop(self.shop).ask("GET", &self.page, &[("accept", "application/json")], None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// The state that is told now.
    pub async fn state(&self) -> String {
        self.status().await["state"].as_str().unwrap().to_owned()
    }

    /// Polls until the payer is told `state`.
    pub async fn until(&self, state: &str) {
        until(&format!("{} {state}", self.payment), async || (self.state().await == state).then_some(())).await;
    }

    /// The receipt's path.
    pub async fn receipt(&self) -> String {
        self.status().await["receipt"].as_str().expect("there is a receipt").to_owned()
    }

    /// The waiting page as another device without WeChat sees it.
    pub async fn looks(&self) -> String {
        Browser::desktop(self.shop).open(&self.page).await.text
    }
}

/// A long number as pages show it, in groups of four; after sixteen digits the line may turn.
pub fn grouped(number: &str) -> String {
    let groups = number.as_bytes().chunks(4).enumerate();
    let shown = groups.map(|(at, four)| format!("{}<i>{}</i>", if at == 4 { "<wbr>" } else { "" }, std::str::from_utf8(four).unwrap()));
    shown.collect()
}

/// The 32 digits of a payment that is named in JSON, where it has hyphens.
pub fn digits(payment: &Value) -> String {
    payment.as_str().unwrap().replace('-', "")
}

/// Looks again and again until there is what is waited for. It fails after twenty seconds.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// The simulator's mail server.
fn mail(address: std::net::SocketAddr) -> MailSettings {
    MailSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: MailTls::None,
        credentials: Some(("shouma".into(), Secret::of("test"))),
        from: "收码 <no-reply@shouma.example>".into(),
        timeout_ms: 5_000,
        returns: None,
    }
}

/// The simulator's mailbox to which mails come back, looked into each minute.
pub fn returns(world: &World) -> ReturnSettings {
    let address = world.sim.imap_address().unwrap();
    ReturnSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: MailTls::None,
        user: "returns".into(),
        password: Secret::of("a \"secret\" of its own"),
        mailbox: "INBOX".into(),
        every_ms: 60_000,
        timeout_ms: 5_000,
        address: MailAddress::parse("returns@shouma.example"),
    }
}

/// The simulator's text messages.
pub fn sms(merchant: Merchant) -> SmsSettings {
    let account = merchant.sms;
    SmsSettings {
        url: merchant.base_url,
        region: "ap-guangzhou".into(),
        secret_id: account.secret_id,
        secret_key: Secret::of(account.secret_key),
        sdk_app_id: account.sdk_app_id,
        sign_name: account.sign_name,
        templates: SmsTemplates {
            sign_in: account.template_sign_in,
            recovery: account.template_recovery,
            not_me: account.template_not_me,
            reminder: Some(account.template_reminder),
        },
        timeout_ms: 1_000,
        budget: TextBudget { per_day: 1000 },
    }
}

/// What the simulator says that a merchant configures.
pub fn wechat(merchant: Merchant) -> WechatSettings {
    let url = merchant.base_url.clone();
    WechatSettings {
        mchid: merchant.mchid,
        appid: merchant.appid,
        app_secret: Secret::of(merchant.app_secret),
        merchant_serial_no: merchant.merchant_serial_no,
        private_key: Secret::of(merchant.merchant_private_key_pem),
        api_v3_key: Secret::of(merchant.api_v3_key),
        public_key: Some((merchant.wechatpay_public_key_id, merchant.wechatpay_public_key_pem.into_bytes())),
        api_url: url.clone(),
        oauth_url: url.clone(),
        account_url: url.clone(),
        timeout_ms: 1_000,
        script_url: Some(url),
        messages: MessageSettings::of_template(&merchant.message_template_id, &merchant.push_token),
    }
}
