//! Putting a site together from settings, serving it, and stopping it within ten seconds.

use std::sync::Arc;
use std::time::Duration;

use app::pay::Assets;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::channels::Channel;
use crate::channels::oauth::{Oauth, OauthConfig};
use crate::channels::wechat::{ConfigError, Wechat, WechatConfig};
use crate::client::{Client, ClientError};
use crate::clock::Clock;
use crate::clock_watch::ClockWatch;
use crate::codes::Codes;
use crate::config::{Config, WechatSettings};
use crate::connections;
use crate::diagnosis::Looks;
use crate::fresh;
use crate::hex::hex;
use crate::jobs;
use crate::kept_keys;
use crate::letters::Letters;
use crate::live::Hub;
use crate::managers::Managers;
use crate::messages::Messages;
use crate::passwords::Passwords;
use crate::pay::Payments;
use crate::proofs::Proofs;
use crate::receivables::Receivables;
use crate::refunds::Refunds;
use crate::reminders::Reminders;
use crate::returns::Returns;
use crate::router::router;
use crate::senders::mail::Mailer;
use crate::senders::sms::{TencentSms, TextMessages};
use crate::senders::wechat_account::{Account, AccountConfig};
use crate::settings::Settings;
use crate::sightings::Sightings;
use crate::sign_in::SignIns;
use crate::site::{Demo, Parts, Site};
use crate::store::{Command, OpenError, Store, StoreConfig, StoreError, Tx, meta};
use crate::stores::Stores;
use crate::text_budget::TextBudget;
use crate::web::cookies::Seal;
use crate::web::limits::Gate;

/// Requests that are under way may take this long after a stop was asked for.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// Why the server does not start, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting cannot work.
    #[error("{0}")]
    Setting(String),
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The browser's files are missing.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> StartError {
        StartError::Setting(error.to_string())
    }
}

/// Opens the configured database.
///
/// # Errors
/// [`OpenError`].
pub async fn open_store(config: &Config) -> Result<Store, OpenError> {
    let store =
        StoreConfig { connections: config.database_connections, queue: config.database_queue, ..StoreConfig::of_url(&config.database_url) };
    Store::open(&store).await
}

/// The site for these settings on an open store.
///
/// # Errors
/// [`StartError`], one line for the person who started the program.
pub async fn site(config: Config, store: Store, clock: Clock, demo: Option<Demo>) -> Result<Site, StartError> {
    let folder = config.client_dir.clone().unwrap_or_else(Client::default_folder);
    let (client, assets) = Client::read(&folder, config.voice_dir.as_deref())?;
    site_of(config, store, clock, demo, client, assets).await
}

/// The same with the browser's files at hand; tests need none.
///
/// # Errors
/// [`StartError`].
pub async fn site_of(
    config: Config,
    store: Store,
    clock: Clock,
    demo: Option<Demo>,
    client: Client,
    assets: Assets,
) -> Result<Site, StartError> {
    let Some(wechat) = &config.wechat else {
        return Err(StartError::Setting(
            "wechat.mchid: is needed; see the README on what a merchant configures, or run shouma demo".into(),
        ));
    };
    let channel: Arc<dyn Channel> = Arc::new(channel(wechat, &config.public_url, clock.clone())?);
    kept_keys::recall(&store, channel.as_ref()).await?;
    let oauth = Oauth::new(OauthConfig {
        authorize_base: wechat.oauth_url.clone(),
        api_base: wechat.account_url.clone(),
        appid: wechat.appid.clone(),
        app_secret: wechat.app_secret.clone(),
        timeout_ms: wechat.timeout_ms,
    })?;
    let account = Arc::new(Account::new(
        AccountConfig {
            api_base: wechat.account_url.clone(),
            appid: wechat.appid.clone(),
            app_secret: wechat.app_secret.clone(),
            timeout_ms: wechat.timeout_ms,
            door: wechat.messages.door,
            template_id: wechat.messages.template_id.clone(),
        },
        clock.clone(),
    )?);
    let messages = Messages {
        store: store.clone(),
        account: account.clone(),
        clock: clock.clone(),
        public_url: config.public_url.clone(),
        fields: wechat.messages.fields.clone(),
    };
    let seal = Seal::new(secret(&store).await?.as_bytes());
    let live = Hub::default();
    let sightings = Sightings::new(store.clone(), clock.clone());
    let payments = Payments {
        store: store.clone(),
        channel: channel.clone(),
        clock: clock.clone(),
        live: live.clone(),
        sightings: sightings.clone(),
        expires_ms: config.payment_expires_ms,
    };
    let receivables = Receivables { store: store.clone(), clock: clock.clone() };
    let refunds = Refunds { store: store.clone(), channel, clock: clock.clone(), live: live.clone() };
    let sign_ins = SignIns {
        store: store.clone(),
        clock: clock.clone(),
        passwords: Passwords::default(),
        session_ms: config.session_ms,
        administrator_idle_ms: config.administrator_idle_ms,
    };
    let gate = Gate::new(&config);
    let codes = Codes { store: store.clone(), clock: clock.clone(), live: live.clone() };
    let looks = Looks::default();
    let mailer = config.mail.as_ref().map(Mailer::new).transpose().map_err(StartError::Setting)?;
    let letters = Letters { store: store.clone(), clock: clock.clone(), mailer, public_url: config.public_url.clone() };
    let returns = Returns::new(&config, store.clone(), clock.clone()).map_err(StartError::Setting)?;
    let sms = match &config.sms {
        Some(settings) => {
            let provider = TencentSms::new(settings.clone(), clock.clone()).map_err(StartError::Setting)?;
            Some(Arc::new(provider) as Arc<dyn TextMessages>)
        }
        None => None,
    };
    let reminding = sms.clone().filter(|_| config.sms.as_ref().is_some_and(|sms| sms.templates.reminder.is_some()));
    // Nothing is taken from it where no message is sent.
    let budget = config.sms.as_ref().map_or(TextBudget { per_day: 1 }, |sms| sms.budget);
    let reminders = Reminders { store: store.clone(), clock: clock.clone(), sms: reminding, quiet: config.quiet_hours, budget };
    let proofs = Proofs { store: store.clone(), clock: clock.clone(), sms, budget };
    let settings = Settings { store: store.clone(), clock: clock.clone() };
    let stores = Stores { store: store.clone(), clock: clock.clone(), live: live.clone() };
    let managers = Managers { store: store.clone(), clock: clock.clone(), live: live.clone(), letters: letters.clone() };
    Ok(Site::new(Parts {
        config,
        store,
        clock,
        payments,
        refunds,
        receivables,
        reminders,
        codes,
        sign_ins,
        messages,
        account,
        letters,
        returns,
        proofs,
        managers,
        stores,
        settings,
        oauth,
        seal,
        gate,
        assets,
        client,
        live,
        sightings,
        looks,
        clock_watch: ClockWatch::default(),
        demo,
    }))
}

/// The way to WeChat Pay.
///
/// # Errors
/// The setting that cannot work.
pub fn channel(wechat: &WechatSettings, public_url: &str, clock: Clock) -> Result<Wechat, ConfigError> {
    let config = WechatConfig {
        api_base: wechat.api_url.clone(),
        mchid: wechat.mchid.clone(),
        appid: wechat.appid.clone(),
        serial_no: wechat.merchant_serial_no.clone(),
        private_key: wechat.private_key.clone(),
        api_v3_key: wechat.api_v3_key.clone(),
        public_key: wechat.public_key.clone(),
        notify_url_base: public_url.to_owned(),
        timeout_ms: wechat.timeout_ms,
    };
    Wechat::new(&config, clock)
}

/// The installation's secret, made at first start and shared by its instances.
async fn secret(store: &Store) -> Result<String, StoreError> {
    store.write(KeepSecret { fresh: hex(&fresh::bytes::<32>()) }).await
}

struct KeepSecret {
    fresh: String,
}

impl Command for KeepSecret {
    type Done = String;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<String, StoreError> {
        meta::keep(tx, "secret", &self.fresh).await
    }
}

/// Serves until `stop` ends, then finishes what is under way. Jobs run meanwhile.
pub async fn serve(site: Site, listener: TcpListener, stop: impl Future<Output = ()>) {
    let (stopping, is_stopping) = watch::channel(false);
    let mut jobs = jobs::start(&site, &is_stopping);
    let header_timeout = Duration::from_millis(site.config.header_timeout_ms);
    let live = site.live.clone();
    let mut told = is_stopping.clone();
    let server = connections::answer(listener, router(site.clone()), header_timeout, async move {
        stop.await;
        tracing::info!("stopping");
        live.stop();
        let _ = stopping.send(true);
    });
    // Requests that never end do not keep the server from stopping.
    let overdue = async move {
        let _ = told.wait_for(|is_stopping| *is_stopping).await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        () = server => {}
        () = overdue => tracing::warn!("some requests were cut off by the stop"),
    }
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_secs(1), jobs.join_next()).await {}
    site.store.close().await;
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;
    use crate::store::testing::stores;

    #[tokio::test(flavor = "multi_thread")]
    async fn instances_that_start_for_the_first_time_at_once_share_one_secret() {
        for test in stores().await {
            // Two instances share a PostgreSQL; SQLite has one.
            let second = if test.engine == "postgres" { Store::open(&test.config).await.unwrap() } else { test.store.clone() };
            let secrets = join_all((0..8).map(|i| secret(if i % 2 == 0 { &test.store } else { &second }))).await;
            let secrets: Vec<_> = secrets.into_iter().map(Result::unwrap).collect();
            assert!(secrets.iter().all(|one| *one == secrets[0]), "{}: {secrets:?}", test.engine);
            assert_eq!(secret(&second).await.unwrap(), secrets[0], "{}: and keep it", test.engine);
        }
    }
}
