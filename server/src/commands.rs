//! What the program's commands do, and how they say what went wrong: one line, exit code 2 for a wrong setting, 1 otherwise.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use app::Locale;
use app::channel::{Listener, sentence};
use domain::account::Phone;
use domain::code::AmountRule;
use domain::concern::{Concern, ConcernState};
use domain::form::{Component, Field, FormSchema};
use domain::letter::MailAddress;
use domain::receivable::ManagerWriteOffs;
use domain::refund_right::ManagerRefunds;
use domain::{Fen, PaymentId, Role, TenantId};
use server::channels::secret::Secret;
use server::clock::{self, Clock};
use server::config::{Config, MailSettings, MailTls, MessageSettings, ReturnSettings, SmsSettings, SmsTemplates, WechatSettings};
use server::found::{Found, NewCode, NewPerson};
use server::passwords::Passwords;
use server::receivables::LetManagersWriteOff;
use server::refunds::{self, Ask, LetManagers};
use server::serve::{self as site, StartError};
use server::sign_in::Unlock;
use server::site::Demo;
use server::store::audit::{self, Actor, Head};
use server::store::codes::CodeKind;
use server::store::concerns::{self, StoredConcern};
use server::store::tenants::Tenant;
use server::store::{Store, StoreConfig, StoreError, meta, payments, tenants};
use server::{demo, fresh, qr};
use simulator::{Sim, SimConfig};
use tokio::net::TcpListener;

/// Why a command did not do what it should.
pub struct Failed {
    /// One line for the person who ran it.
    pub why: String,
    /// The exit code.
    pub code: u8,
}

impl Failed {
    fn of(why: impl ToString) -> Failed {
        Failed { why: why.to_string(), code: 1 }
    }

    fn setting(why: impl ToString) -> Failed {
        Failed { why: why.to_string(), code: 2 }
    }
}

impl From<StartError> for Failed {
    fn from(error: StartError) -> Failed {
        match error {
            StartError::Store(_) => Failed::of(error),
            _ => Failed::setting(error),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed::of(error)
    }
}

fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

fn config() -> Result<Config, Failed> {
    Config::read(&environment()).map_err(Failed::setting)
}

/// `shouma serve`.
pub async fn serve() -> Result<(), Failed> {
    let config = config()?;
    start_log(&config);
    let store = site::open_store(&config).await.map_err(Failed::setting)?;
    if is_demo(&store).await? {
        return Err(Failed::setting(format!(
            "database_url: {} holds a demo; serve it with shouma demo, or name another database",
            config.database_url
        )));
    }
    start_metrics(&config)?;
    let listener = listen(config.listen).await?;
    let site = site::site(config.clone(), store, clock::system(), None).await?;
    println!("shouma serves {} on {}", config.public_url, config.listen);
    Ok(site::serve(site, listener, stop_signal()).await?)
}

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
    let result = site::serve(site, listener, stop_signal()).await;
    sim.stop().await;
    Ok(result?)
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

async fn open_or_migrate(config: &Config) -> Result<Store, Failed> {
    if !config.database_url.starts_with("sqlite://") {
        Store::migrate(&config.database_url).await.map_err(Failed::setting)?;
    }
    site::open_store(config).await.map_err(Failed::setting)
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
    for organisation in demo::organisations(&Passwords::default(), clock()).await.map_err(Failed::of)? {
        store.write(organisation).await?;
    }
    Ok(())
}

fn greet(config: &Config, sim: &Sim) {
    let url = &config.public_url;
    println!("Shouma 收码 · 演示 demo (no real money moves 不会真的扣款)\n");
    println!("  payer 付款        {url}/p/demo     fixed 固定金额 {url}/p/demo-fixed     every field 全部字段 {url}/p/demo-form");
    println!("  manager 业务经理  {url}/m          13800138000 .. 13800138009, password 密码 {}", demo::PASSWORD);
    println!("  administrator     {url}/admin      {}, same password 同一密码", demo::ADMINISTRATOR);
    println!("  inbox 收件箱       {}/inbox", sim.base_url());
    println!("  simulator 模拟器  {}/_sim", sim.base_url());
    println!("  card holder       {}\n", demo::HOLDER);
    if let Some(code) = qr::terminal(&format!("{url}/p/demo")) {
        println!("{code}");
    }
    println!("Ctrl-C stops it. 按 Ctrl-C 停止。");
}

/// `shouma migrate`.
pub async fn migrate() -> Result<(), Failed> {
    let config = config()?;
    Store::migrate(&config.database_url).await.map_err(Failed::setting)?;
    println!("the database has the present shape");
    Ok(())
}

/// `shouma verify`.
#[derive(clap::Args)]
pub struct VerifyTask {
    /// Where an audit trail ended earlier, as verify, backup or the log told it; may be given several times
    #[arg(long, value_name = "TENANT:COUNT:HASH")]
    audit_head: Vec<Head>,
}

/// Checks everything, and prints where the audit trails end for a later check against it.
pub async fn verify(task: VerifyTask) -> Result<(), Failed> {
    let store = open_for_reading().await?;
    let mut bad = None;
    for head in &task.audit_head {
        let replaced = audit::compare(&mut store.read().await?.tx(), head).await?;
        println!("{:>12} rows  {:<44} {}", head.count, "the audit trail begins as it was noted", replaced.as_deref().unwrap_or("ok"));
        bad = bad.or(replaced);
    }
    for checked in server::store::verify::verify(&store).await? {
        let verdict = checked.first_bad.as_deref().unwrap_or("ok");
        println!("{:>12} rows  {:<44} {verdict}", checked.rows_checked, checked.name);
        if let Some(row) = checked.first_bad {
            bad.get_or_insert(format!("{}: {row}", checked.name));
        }
    }
    print_heads(&store).await?;
    match bad {
        None => Ok(()),
        Some(row) => Err(Failed::of(row)),
    }
}

/// Kept somewhere else, on paper if need be, these lines show later whether the audit trail was replaced.
async fn print_heads(store: &Store) -> Result<(), Failed> {
    for head in audit::heads(&mut store.read().await?.tx()).await? {
        println!("audit head    {head}");
    }
    Ok(())
}

/// A store for one command beside a running server.
async fn open_beside(config: &Config) -> Result<Store, Failed> {
    Store::open_beside(&StoreConfig::of_url(&config.database_url)).await.map_err(Failed::setting)
}

async fn open_for_reading() -> Result<Store, Failed> {
    let config = config()?;
    Store::open_for_reading(&StoreConfig::of_url(&config.database_url)).await.map_err(Failed::setting)
}

/// `shouma backup FILE`.
pub async fn backup(file: &Path) -> Result<(), Failed> {
    let store = open_for_reading().await?;
    server::store::backup::backup(&store, file).await.map_err(Failed::of)?;
    println!("copied to {}", file.display());
    let copy = StoreConfig::of_url(format!("sqlite://{}", file.display()));
    print_heads(&Store::open_for_reading(&copy).await.map_err(Failed::of)?).await
}

/// `shouma init`.
#[derive(clap::Args)]
pub struct Init {
    /// Name of the organisation, as payers read it
    #[arg(long)]
    organisation: String,
    /// Phone number of the first administrator
    #[arg(long)]
    administrator: String,
    /// Phone number of the first manager
    #[arg(long)]
    manager: String,
    /// Name of the first manager, as payers read it
    #[arg(long)]
    manager_name: String,
    /// Mail address of the first administrator, for lost passwords
    #[arg(long, value_parser = mail_address)]
    administrator_mail: Option<MailAddress>,
    /// Mail address of the first manager, for lost passwords
    #[arg(long, value_parser = mail_address)]
    manager_mail: Option<MailAddress>,
}

fn mail_address(typed: &str) -> Result<MailAddress, String> {
    MailAddress::parse(typed).ok_or_else(|| format!("{typed:?} is not a mail address"))
}

/// Founds an organisation; people set their passwords by the links that are printed.
pub async fn init(init: Init) -> Result<(), Failed> {
    let config = config()?;
    let clock = clock::system();
    let now = clock();
    let phone = |typed: &str| Phone::parse(typed).ok_or_else(|| Failed::setting(format!("{typed:?} is not a mobile number")));
    let store = open_or_migrate(&config).await?;
    if is_demo(&store).await? {
        return Err(Failed::setting(format!("database_url: {} holds a demo; name another database", config.database_url)));
    }
    let tenant = TenantId::of(fresh::uuid(now));
    let manager = NewPerson { mail: init.manager_mail, ..NewPerson::new(phone(&init.manager)?, &init.manager_name, Role::Manager, now) };
    let administrator = NewPerson::new(phone(&init.administrator)?, "管理员", Role::Administrator, now);
    let administrator = NewPerson { mail: init.administrator_mail, ..administrator };
    let remark = FormSchema { version: 1, fields: vec![Field::new("remark", "备注", Component::text(50))] };
    let code = |name, kind| NewCode::new(tenant, manager.account, name, kind, AmountRule::Free, remark.clone(), now);
    let codes = vec![code("默认收款码", CodeKind::App), code("码牌", CodeKind::Plate)];
    let day_ms = 86_400_000;
    let links: Vec<_> = [&manager, &administrator].map(|person| (person.account, fresh::token(), now.plus_ms(day_ms))).to_vec();
    let plate = codes.last().map(|code| format!("{}/p/{}", config.public_url, code.token)).unwrap_or_default();
    let lines = links.clone();
    let people = vec![manager, administrator];
    let known = store
        .write(Found {
            tenant,
            name: init.organisation,
            is_open: true,
            logo_png: None,
            manager_refunds: ManagerRefunds::Never,
            manager_write_offs: ManagerWriteOffs::Never,
            people,
            codes,
            links,
            is_demo: false,
            now,
        })
        .await?;
    store.close().await;
    for (who, (account, secret, _)) in ["manager", "administrator"].into_iter().zip(lines) {
        if known.contains(&account) {
            println!("{:<42} signs in with the password that they have, and chooses the organisation", format!("{who}:"));
        } else {
            println!("{:<42} {}/password/{secret}", format!("{who} sets a password within 24 h:"), config.public_url);
        }
    }
    println!("a printed code to collect with:            {plate}");
    println!("then: shouma serve, and sign in at {0}/m or, as administrator, at {0}/admin", config.public_url);
    Ok(())
}

/// `shouma refund`.
#[derive(clap::Args)]
pub struct RefundTask {
    /// The payment: its 32 digits, from its page's address or the receipt
    payment: String,
    /// How much, in yuan
    #[arg(long, required_unless_present = "kept")]
    amount: Option<String>,
    /// Instead of a part of the receipt: all money of the payment that is kept apart (another amount than was asked, or a return
    /// that failed)
    #[arg(long, conflicts_with_all = ["amount", "reason"])]
    kept: bool,
    /// What the payer reads as reason
    #[arg(long, default_value = "退款")]
    reason: String,
}

/// Sets the money aside; the running server (or the next one) pushes it to the channel.
pub async fn refund(task: RefundTask) -> Result<(), Failed> {
    let config = config()?;
    let id: PaymentId =
        task.payment.parse().map_err(|_| Failed::setting(format!("{:?} is not a payment's number of 32 digits", task.payment)))?;
    let typed = task.amount.unwrap_or_default();
    let amount = if task.kept { Ok(Fen::ZERO) } else { Fen::parse_yuan(&typed) };
    let amount = amount.map_err(|why| Failed::setting(format!("amount: {why}")))?;
    let store = open_beside(&config).await?;
    let mut conn = store.read().await?;
    let tenant = payments::tenant_of(&mut conn.tx(), id).await?.ok_or_else(|| Failed::of("there is no such payment"))?;
    drop(conn);
    let clock = clock::system();
    let refunds = if task.kept {
        refunds::return_kept(&store, &clock, tenant, id).await.map_err(Failed::of)?
    } else {
        let ask = Ask { tenant, payment: id, amount, reason: task.reason, by: None, form: None };
        vec![refunds::ask(&store, &clock, ask).await.map_err(Failed::of)?]
    };
    for refund in refunds {
        println!("¥{} of payment {} is set aside; refund {}", refund.amount_fen, id, refund.no);
    }
    store.close().await;
    Ok(())
}

/// `shouma manager-refunds`.
#[derive(clap::Args)]
pub struct ManagerRefundsTask {
    /// The most of one receipt, in yuan
    #[arg(long, value_name = "YUAN", required_unless_present_any = ["whole", "same_day", "never"])]
    up_to: Option<String>,
    /// All of a receipt
    #[arg(long, conflicts_with = "up_to")]
    whole: bool,
    /// All of a receipt on the day of its payment, and nothing later
    #[arg(long, conflicts_with_all = ["up_to", "whole"])]
    same_day: bool,
    /// Nothing: an administrator does it
    #[arg(long, conflicts_with_all = ["up_to", "whole", "same_day"])]
    never: bool,
    /// The organisation's name, where there are several
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
}

/// Says what managers may return by themselves of their own receipts; it counts from the next refund on.
pub async fn manager_refunds(task: ManagerRefundsTask) -> Result<(), Failed> {
    let config = config()?;
    let managers = match &task.up_to {
        Some(typed) => {
            let limit_fen = Fen::parse_yuan(typed).map_err(|why| Failed::setting(format!("up-to: {why}")))?;
            ManagerRefunds::UpTo { limit_fen }
        }
        None if task.whole => ManagerRefunds::Whole,
        None if task.same_day => ManagerRefunds::SameDay,
        None => ManagerRefunds::Never,
    };
    let store = open_beside(&config).await?;
    let tenant = named(&store, task.organisation.as_deref()).await?;
    store.write(LetManagers { tenant: tenant.id, managers, by: Actor::Operator, now: clock::system()() }).await?;
    store.close().await;
    println!(
        "{}: {}",
        tenant.name,
        match managers {
            ManagerRefunds::Never => "managers return nothing by themselves".to_owned(),
            ManagerRefunds::UpTo { limit_fen } => format!("managers return up to ¥{limit_fen} of a receipt of theirs"),
            ManagerRefunds::SameDay => "managers return all of a receipt of theirs on the day of its payment".to_owned(),
            ManagerRefunds::Whole => "managers return all of a receipt of theirs".to_owned(),
        }
    );
    Ok(())
}

/// The organisation of this name, or the only one.
async fn named(store: &Store, name: Option<&str>) -> Result<Tenant, Failed> {
    let mut conn = store.read().await?;
    let all = tenants::all(&mut conn.tx()).await?;
    let mut named = all.iter().filter(|tenant| name.is_none_or(|name| *name == tenant.name));
    match (named.next(), named.next()) {
        (Some(tenant), None) => Ok(tenant.clone()),
        _ => {
            let names: Vec<_> = all.iter().map(|tenant| tenant.name.as_str()).collect();
            Err(Failed::setting(format!("organisation: name one of {names:?}")))
        }
    }
}

/// `shouma manager-write-offs`.
#[derive(clap::Args)]
pub struct ManagerWriteOffsTask {
    /// Receivables of which no more than this is still owed, in yuan
    #[arg(long, value_name = "YUAN", required_unless_present_any = ["whole", "never"])]
    up_to: Option<String>,
    /// Any receivable
    #[arg(long, conflicts_with = "up_to")]
    whole: bool,
    /// None
    #[arg(long, conflicts_with_all = ["up_to", "whole"])]
    never: bool,
    /// The organisation's name, where there are several
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
}

/// Says what managers may write off by themselves of what they collect.
pub async fn manager_write_offs(task: ManagerWriteOffsTask) -> Result<(), Failed> {
    let config = config()?;
    let managers = match &task.up_to {
        Some(typed) => {
            let limit_fen = Fen::parse_yuan(typed).map_err(|why| Failed::setting(format!("up-to: {why}")))?;
            ManagerWriteOffs::UpTo { limit_fen }
        }
        None if task.whole => ManagerWriteOffs::Whole,
        None => ManagerWriteOffs::Never,
    };
    let store = open_beside(&config).await?;
    let tenant = named(&store, task.organisation.as_deref()).await?;
    store.write(LetManagersWriteOff { tenant: tenant.id, managers, by: Actor::Operator, now: clock::system()() }).await?;
    store.close().await;
    let said = match managers {
        ManagerWriteOffs::Never => "managers write nothing off by themselves".to_owned(),
        ManagerWriteOffs::UpTo { limit_fen } => format!("managers write off receivables of theirs of which up to ¥{limit_fen} is owed"),
        ManagerWriteOffs::Whole => "managers write off any receivable of theirs".to_owned(),
    };
    println!("{}: {said}", tenant.name);
    Ok(())
}

/// `shouma concerns`: what waits for an operator, oldest first, with what to do about it.
pub async fn concerns() -> Result<(), Failed> {
    const MOST: i64 = 1000;
    let store = open_for_reading().await?;
    let mut conn = store.read().await?;
    let waiting = concerns::waiting(&mut conn.tx(), MOST).await?;
    for StoredConcern { concern, asked_fen, at_ms, .. } in &waiting {
        println!("{}  payment {}  {}", at_ms.text(), concern.payment, what_to_do(concern, *asked_fen));
    }
    println!("{}", if waiting.is_empty() { "nothing waits for an operator" } else { "" });
    Ok(())
}

/// One line for the operator: what is kept, why, and the way out.
fn what_to_do(concern: &Concern, asked_fen: Fen) -> String {
    let Concern { payment, amount_fen, state, .. } = concern;
    let command = format!("shouma refund {payment} --kept");
    match (state, concern.why) {
        (ConcernState::Held, _) => format!("¥{amount_fen} came where ¥{asked_fen} was asked and is kept apart. To return it: {command}"),
        (ConcernState::GivenUp, _) => format!("WeChat Pay gave up returning ¥{amount_fen}, which is kept apart. To try anew: {command}"),
        (ConcernState::Stuck, _) => format!(
            "¥{amount_fen} cannot reach the payer's account. Handle it as an abnormal refund on WeChat Pay's merchant platform; it is looked at again every hour"
        ),
        (_, Some(code)) => {
            let advice = sentence(Locale::en, code, Listener::Administrator);
            format!("¥{amount_fen} cannot go back yet ({}). {advice}", code.key())
        }
        _ => format!("¥{amount_fen} cannot go back yet; see the log"),
    }
}

/// `shouma unlock PHONE`.
pub async fn unlock(phone: &str) -> Result<(), Failed> {
    let config = config()?;
    let phone = Phone::parse(phone).ok_or_else(|| Failed::setting(format!("{phone:?} is not a mobile number")))?;
    let store = open_beside(&config).await?;
    let was_tried = store.write(Unlock { phone, now: clock::system()() }).await?;
    store.close().await;
    println!("{}", if was_tried { "unlocked" } else { "nothing was locked" });
    Ok(())
}

async fn is_demo(store: &Store) -> Result<bool, StoreError> {
    let mut conn = store.read().await?;
    meta::is_demo(&mut conn.tx()).await
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failed> {
    TcpListener::bind(address).await.map_err(|error| Failed::setting(format!("listen: {address}: {error}")))
}

fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log_is_json {
        log.json().init();
    } else {
        log.init();
    }
}

fn start_metrics(config: &Config) -> Result<(), Failed> {
    let Some(address) = config.metrics_listen else { return Ok(()) };
    let exporter = metrics_exporter_prometheus::PrometheusBuilder::new().with_http_listener(address);
    exporter.install().map_err(|error| Failed::setting(format!("metrics_listen: {address}: {error}")))
}

/// Ends when the program is asked to stop: Ctrl-C or SIGTERM.
async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
