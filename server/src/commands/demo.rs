//! `shouma demo`: server, simulator and demo data in one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use server::channels::secret::Secret;
use server::clock::{self, Clock};
use server::config::{Config, MailSettings, MailTls, MessageSettings, ReturnSettings, SmsSettings, SmsTemplates, WechatSettings};
use server::passwords::Passwords;
use server::serve as site;
use server::site::Demo;
use server::store::{Store, tenants};
use server::text_budget::TextBudget;
use server::{demo as founded, qr};
use simulator::{Sim, SimConfig};
use tokio::net::TcpListener;

use super::serve::{listen, start_log, start_metrics, stop_signal};
use super::{Failed, environment, is_demo, open_or_migrate};

/// `shouma demo`.
pub async fn demo() -> Result<(), Failed> {
    let mut environment = environment();
    environment.entry("SHOUMA_LOG_FORMAT".into()).or_insert_with(|| "text".into());
    environment.entry("SHOUMA_LOG".into()).or_insert_with(|| "warn".into());
    if !environment.contains_key("SHOUMA_DATABASE_URL") && !environment.contains_key("DATABASE_URL") {
        environment.insert("SHOUMA_DATABASE_URL".into(), "sqlite://var/demo.db".into());
    }
    let mut config = Config::read(&environment).map_err(Failed::setting)?;
    start_log(&config);
    config.limits.spare_loopback = true;
    let clock = clock::system();
    let listener = listen(config.listen).await?;
    let sim = start_simulator(&environment, &config, clock.clone()).await?;
    let merchant = sim.merchant();
    sim.set_push_url(&format!("{}/notify/account", config.public_url));
    sim.set_site_url(&config.public_url);
    config.wechat = Some(WechatSettings {
        mchid: merchant.mchid.clone(),
        appid: merchant.appid.clone(),
        app_secret: Secret::of(merchant.app_secret.as_bytes()),
        merchant_serial_no: merchant.merchant_serial_no.clone(),
        private_key: Secret::of(merchant.merchant_private_key_pem.as_bytes()),
        api_v3_key: Secret::of(merchant.api_v3_key.as_bytes()),
        public_key: Some((merchant.wechatpay_public_key_id.clone(), merchant.wechatpay_public_key_pem.clone().into_bytes())),
        api_url: sim.base_url(),
        oauth_url: sim.base_url(),
        account_url: sim.base_url(),
        timeout_ms: 10_000,
        script_url: Some(sim.base_url()),
        messages: MessageSettings::of_template(&merchant.message_template_id, &merchant.push_token),
    });
    config.mail = config.mail.or_else(|| sim.smtp_address().map(|address| demo_mail(address, sim.imap_address())));
    config.sms = config.sms.or_else(|| Some(demo_sms(&sim)));
    let store = open_or_migrate(&config).await?;
    found_demo(&store, &clock).await?;
    start_metrics(&config)?;
    let demo = Demo { simulator_url: sim.base_url() };
    let site = site::site(config.clone(), store, clock, Some(demo)).await?;
    greet(&config, &sim);
    site::serve(site, listener, stop_signal()).await;
    sim.stop().await;
    Ok(())
}

/// The demo's mails go to the simulator, which shows them at `/inbox`.
fn demo_mail(address: SocketAddr, returns: Option<SocketAddr>) -> MailSettings {
    MailSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: MailTls::None,
        credentials: Some(("shouma".into(), Secret::of("demo"))),
        from: "收码 <no-reply@shouma.example>".into(),
        timeout_ms: 10_000,
        returns: returns.map(demo_returns),
    }
}

/// Mails come back to the simulator too: those to `bounces-later@` any host.
fn demo_returns(address: SocketAddr) -> ReturnSettings {
    ReturnSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: MailTls::None,
        user: "shouma".into(),
        password: Secret::of("demo"),
        mailbox: "INBOX".into(),
        every_ms: 5_000,
        timeout_ms: 10_000,
        address: None,
    }
}

/// The demo's text messages go there too.
fn demo_sms(sim: &Sim) -> SmsSettings {
    let account = sim.merchant().sms;
    SmsSettings {
        url: sim.base_url(),
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
        timeout_ms: 10_000,
        budget: TextBudget { per_day: 1000 },
    }
}

/// Where the simulator takes mail in, or gives it back. Beside another simulator the usual port is taken; a demo that nobody told where
/// takes any.
async fn mail_listen(environment: &BTreeMap<String, String>, variable: &str, usual: u16) -> Result<SocketAddr, Failed> {
    if let Some(text) = environment.get(variable) {
        let wrong = || Failed::setting(format!("{variable}: {text:?} is not an address and port such as 127.0.0.1:{usual}"));
        return text.parse().map_err(|_| wrong());
    }
    let usual = SocketAddr::from(([127, 0, 0, 1], usual));
    let is_free = TcpListener::bind(usual).await.is_ok();
    Ok(if is_free { usual } else { SocketAddr::from(([127, 0, 0, 1], 0)) })
}

/// The simulator listens on loopback and is addressed as `localhost`, so that returns from it are truly cross-site.
async fn start_simulator(environment: &BTreeMap<String, String>, config: &Config, clock: Clock) -> Result<Sim, Failed> {
    let listen: SocketAddr = match environment.get("SHOUMA_SIM_LISTEN") {
        Some(text) => text
            .parse()
            .map_err(|_| Failed::setting(format!("SHOUMA_SIM_LISTEN: {text:?} is not an address and port such as 127.0.0.1:4000")))?,
        None => SocketAddr::from(([127, 0, 0, 1], 4000)),
    };
    let folder =
        if config.database_url.starts_with("sqlite://var/") { PathBuf::from("var/sim") } else { demo_folder(&config.database_url) };
    let retry_scale = match environment.get("SHOUMA_SIM_RETRY_SCALE") {
        Some(text) => text.parse().map_err(|_| Failed::setting(format!("SHOUMA_SIM_RETRY_SCALE: {text:?} is not a number")))?,
        None => 1.0,
    };
    let sim = SimConfig {
        public_url: environment.get("SHOUMA_SIM_PUBLIC_URL").cloned(),
        smtp_listen: Some(mail_listen(environment, "SHOUMA_SIM_SMTP_LISTEN", 4025).await?),
        imap_listen: Some(mail_listen(environment, "SHOUMA_SIM_IMAP_LISTEN", 4143).await?),
        clock: std::sync::Arc::new(move || clock().get()),
        retry_scale,
        demo: true,
        ..SimConfig::for_people(listen, folder)
    };
    simulator::start(sim).await.map_err(Failed::setting)
}

/// A demo beside another database keeps the simulator's keys beside it, so that several demos can run at once.
fn demo_folder(database_url: &str) -> PathBuf {
    match database_url.strip_prefix("sqlite://") {
        Some(path) => PathBuf::from(format!("{path}.sim")),
        None => PathBuf::from("var/sim"),
    }
}

async fn found_demo(store: &Store, clock: &Clock) -> Result<(), Failed> {
    if is_demo(store).await? {
        return Ok(());
    }
    let mut conn = store.read().await?;
    if !tenants::all(&mut conn.tx()).await?.is_empty() {
        return Err(Failed::setting("database_url: this database is in real use; a demo needs one of its own"));
    }
    drop(conn);
    for organisation in founded::organisations(&Passwords::default(), clock()).await.map_err(Failed::of)? {
        store.write(organisation).await?;
    }
    Ok(())
}

fn greet(config: &Config, sim: &Sim) {
    let url = &config.public_url;
    println!("Shouma 收码 · 演示 demo (no real money moves 不会真的扣款)\n");
    println!("  payer 付款        {url}/p/demo     fixed 固定金额 {url}/p/demo-fixed     every field 全部字段 {url}/p/demo-form");
    println!("  manager 收款人    {url}/m          13800138000 .. 13800138009, password 密码 {}", founded::PASSWORD);
    println!("  two organisations {url}/m          {}, same password 同一密码, in two organisations 两个单位", founded::BOTH);
    println!("  administrator     {url}/admin      {}, same password 同一密码", founded::ADMINISTRATOR);
    println!("  inbox 收件箱       {}/inbox", sim.base_url());
    println!("  simulator 模拟器  {}/_sim", sim.base_url());
    println!("  card holder       {}\n", founded::HOLDER);
    if let Some(code) = qr::terminal(&format!("{url}/p/demo")) {
        println!("{code}");
    }
    println!("Ctrl-C stops it. 按 Ctrl-C 停止。");
}
