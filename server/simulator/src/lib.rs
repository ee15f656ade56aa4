//! Stands in for WeChat Pay APIv3, WeChat's sign-in and account messages, mail and Tencent Cloud SMS: the same protocol and the same strictness, on one machine.
//!
//! # Layout
//!
//! What is known and decided (no HTTP): [`clock`], [`sign`], `keys` (who is who, which key signs), `orders`, `refunds`, `bills`, `faults`,
//! `outbox`, all held together by `world`. What moves by itself: `agenda`, `notices` (deliveries by the retry table), `keep` (the books on disk),
//! `bank` (the payer's act). What answers: `gate` (checks requests, signs answers), `body` and `refusal` (strict reading, exact errors),
//! `v3/` (the doors of APIv3), `oauth`, `messages` (with `account` and `followers`), `sms`, `smtp` (with `mime`), `imap` (with `mailbox`), `inbox`, `cashier`, `bridge`,
//! and `doors` (control, under `/_sim`).
//!
//! ```no_run
//! # async fn example() -> Result<(), simulator::SimError> {
//! let sim = simulator::start(simulator::SimConfig::for_tests(simulator::clock::system_clock())).await?;
//! println!("{} {}", sim.base_url(), sim.merchant().mchid);
//! sim.stop().await;
//! # Ok(())
//! # }
//! ```

mod accept;
mod account;
mod agenda;
mod bank;
mod bills;
mod body;
mod bridge;
mod cashier;
pub mod clock;
mod directories;
mod doors;
mod faults;
mod followers;
mod gate;
mod imap;
mod inbox;
mod keep;
mod keys;
mod mailbox;
mod messages;
mod mime;
mod notices;
mod oauth;
mod orders;
mod outbox;
mod refunds;
mod refusal;
mod router;
pub mod sign;
mod sms;
mod smtp;
mod v3;
mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use clock::Clock;
pub use keys::{KeyMode, Merchant, SmsAccount};
pub use world::RefundDelays;

use keys::KeyRing;
use world::{Beginning, Shared, World};

/// How a simulated world begins.
#[derive(Clone)]
pub struct SimConfig {
    /// Where HTTP is answered; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where mail is taken in (SMTP); `None`: nowhere. Port 0 takes a free one.
    pub smtp_listen: Option<SocketAddr>,
    /// Where mails that came back are read (IMAP); `None`: nowhere. Port 0 takes a free one.
    pub imap_listen: Option<SocketAddr>,
    /// How browsers and merchants address the simulator; `http://localhost:{port}` when not given.
    pub public_url: Option<String>,
    /// Keys, merchant.json and the books are kept here; `None`: in memory only.
    pub dir: Option<PathBuf>,
    /// The time of everything except network time-outs.
    pub clock: Clock,
    /// Multiplies the waits of the notice table (15 s ... 6 h); 1.0 is reality.
    pub retry_scale: f64,
    /// How long a merchant may take to answer a notice, in milliseconds of real time: 5000 in reality.
    pub answer_limit_ms: u64,
    /// How long refunds take.
    pub refund_delays: RefundDelays,
    /// With which keys the platform signs at first; `POST /_sim/key-mode` changes it.
    pub key_mode: KeyMode,
    /// The cashier page carries the mark of `shouma demo`.
    pub demo: bool,
}

impl SimConfig {
    /// A world for people: real waits, refunds within seconds, keys and books kept in `dir`.
    #[must_use]
    pub fn for_people(listen: SocketAddr, dir: PathBuf) -> Self {
        Self {
            listen,
            smtp_listen: None,
            imap_listen: None,
            public_url: None,
            dir: Some(dir),
            clock: clock::system_clock(),
            retry_scale: 1.0,
            answer_limit_ms: 5000,
            refund_delays: RefundDelays { change_ms: 3000, card_ms: 30_000 },
            key_mode: KeyMode::Both,
            demo: false,
        }
    }

    /// A world for one test: a free port, nothing on disk, waits a thousand times shorter, refunds decided at once.
    #[must_use]
    pub fn for_tests(clock: Clock) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            smtp_listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            imap_listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            dir: None,
            clock,
            retry_scale: 0.001,
            refund_delays: RefundDelays { change_ms: 0, card_ms: 0 },
            ..Self::for_people(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), PathBuf::new())
        }
    }
}

/// Why a simulated world could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Keys could not be made, read or written.
    #[error(transparent)]
    Keys(#[from] sign::KeyError),
    /// The kept books could not be read.
    #[error("cannot read the books: {0}")]
    Books(String),
    /// No client for notices could be made.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A running simulated world; it ends with [`Sim::stop`] or when dropped.
pub struct Sim {
    world: Shared,
    address: SocketAddr,
    smtp_address: Option<SocketAddr>,
    imap_address: Option<SocketAddr>,
    ask_stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    workers: Vec<JoinHandle<()>>,
}

impl Sim {
    /// Base of every address: the API, sign-in, messages, the cashier and the control doors. No slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.world.public_url.clone()
    }

    /// The address that HTTP is answered on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that mail is taken in on.
    #[must_use]
    pub fn smtp_address(&self) -> Option<SocketAddr> {
        self.smtp_address
    }

    /// The address that returned mails are read on.
    #[must_use]
    pub fn imap_address(&self) -> Option<SocketAddr> {
        self.imap_address
    }

    /// All that a merchant configures.
    #[must_use]
    pub fn merchant(&self) -> Merchant {
        self.world.ring().merchant.clone()
    }

    /// Where the account pushes its events, as its administrator enters it.
    pub fn set_push_url(&self, url: &str) {
        world::lock(&self.world.account).settings.push_url = Some(url.to_owned());
    }

    /// The merchant's own address, which the template of reminders names.
    pub fn set_site_url(&self, url: &str) {
        *world::lock(&self.world.site_url) = url.trim_end_matches('/').to_owned();
    }

    /// Answers what is under way (for at most two seconds), writes the books, ends.
    pub async fn stop(mut self) {
        if let Some(ask) = self.ask_stop.take() {
            let _ = ask.send(());
        }
        let _ = tokio::time::timeout(Duration::from_secs(2), &mut self.server).await;
        self.workers.iter().for_each(JoinHandle::abort);
        if let Some(dir) = &self.world.dir
            && let Err(error) = keep::write_books(&self.world, dir)
        {
            tracing::error!(%error, "the books could not be written");
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.server.abort();
        self.workers.iter().for_each(JoinHandle::abort);
    }
}

/// Begins a simulated world.
///
/// # Errors
/// When the address cannot be listened on, or keys or books cannot be made, read or written.
pub async fn start(config: SimConfig) -> Result<Sim, SimError> {
    let (listener, address) = bind(config.listen).await?;
    let mail = match config.smtp_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let returned = match config.imap_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let world = open_world(config, address).await?;
    keep::resume(&world);
    let mut workers = vec![tokio::spawn(notices::run_agenda(world.clone())), tokio::spawn(keep::keep_books(world.clone()))];
    let smtp_address = mail.as_ref().map(|(_, address)| *address);
    if let Some((listener, _)) = mail {
        workers.push(tokio::spawn(smtp::listen(world.clone(), listener)));
    }
    let imap_address = returned.as_ref().map(|(_, address)| *address);
    if let Some((listener, _)) = returned {
        workers.push(tokio::spawn(imap::listen(world.clone(), listener)));
    }
    let (ask_stop, asked) = oneshot::channel();
    let app = router::router(world.clone());
    let server = tokio::spawn(async move {
        let served = axum::serve(listener, app).with_graceful_shutdown(async move {
            let _ = asked.await;
        });
        if let Err(error) = served.await {
            tracing::error!(%error, "the simulator stopped serving");
        }
    });
    Ok(Sim { world, address, smtp_address, imap_address, ask_stop: Some(ask_stop), server, workers })
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), SimError> {
    let refused = |source| SimError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

async fn open_world(config: SimConfig, address: SocketAddr) -> Result<Shared, SimError> {
    let public_url = config.public_url.unwrap_or_else(|| format!("http://localhost:{}", address.port()));
    let public_url = public_url.trim_end_matches('/').to_owned();
    let (now_ms, dir, base_url) = ((config.clock)(), config.dir.clone(), public_url.clone());
    let opened = tokio::task::spawn_blocking(move || match &dir {
        None => KeyRing::generate(now_ms, &base_url).map(|ring| (ring, Ok(orders::Books::default()))),
        Some(dir) => KeyRing::open_or_create(dir, now_ms, &base_url).map(|ring| (ring, keep::read_books(dir))),
    });
    let (ring, books) = opened.await.map_err(|error| SimError::Books(error.to_string()))??;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().user_agent("Mozilla/4.0").build()?;
    Ok(World::new(Beginning {
        clock: config.clock,
        public_url,
        dir: config.dir,
        demo: config.demo,
        retry_scale: config.retry_scale,
        answer_limit_ms: config.answer_limit_ms,
        refund_delays: config.refund_delays,
        key_mode: config.key_mode,
        ring,
        books: books.map_err(SimError::Books)?,
        http,
    }))
}
