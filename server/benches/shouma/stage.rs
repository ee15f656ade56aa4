//! Other processes that take part: the server, its twin, the simulator. Each is a copy of this program in a role.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};
use server::channels::secret::Secret;
use server::config::{Config, MessageSettings, WechatSettings};
use server::passwords::Passwords;
use server::serve;
use server::site::Demo;
use server::store::codes::{self, FoundCode};
use server::store::{Store, StoreConfig, meta};
use server::{clock, demo};
use simulator::{Merchant, SimConfig};
use tokio::net::TcpListener;

use crate::twin::{self, Dress};

const ROLE: &str = "SHOUMA_BENCH_ROLE";

/// What a copy of this program does.
#[derive(Debug, Serialize, Deserialize)]
pub enum Role {
    /// The simulator, with everything in memory.
    Simulator,
    /// The server.
    Ours {
        /// Its database.
        database: PathBuf,
        /// Who it is at the simulator.
        merchant: Box<Merchant>,
        /// Worker threads.
        workers: usize,
    },
    /// The page in askama.
    Twin {
        /// Its database.
        database: PathBuf,
        /// Style and script, the same bytes as ours.
        dress: Dress,
    },
}

/// A copy of this program in a role. It ends with this value.
pub struct Actor {
    child: Child,
    /// What it said when it was ready.
    pub said: String,
}

impl Actor {
    /// Starts a copy and waits until it is ready.
    pub fn start(role: &Role) -> Actor {
        let program = std::env::current_exe().expect("a program knows where it is");
        let role = serde_json::to_string(role).expect("a role is plain");
        let mut child =
            Command::new(program).env(ROLE, role).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a program starts again");
        let mut said = String::new();
        BufReader::new(child.stdout.take().expect("it was piped")).read_line(&mut said).expect("it says where it is");
        assert!(!said.is_empty(), "a copy of this program ended before it was ready");
        Actor { child, said: said.trim().to_owned() }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.said.parse().expect("it said an address")
    }

    /// CPU time of all of its threads so far, in microseconds, as the scheduler counts it.
    pub fn cpu_us(&self) -> f64 {
        let folder = format!("/proc/{}/task", self.child.id());
        let threads = std::fs::read_dir(folder).expect("the copy lives").flatten();
        let ns = threads.filter_map(|thread| {
            let line = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            line.split(' ').next()?.parse::<u64>().ok()
        });
        ns.sum::<u64>() as f64 / 1_000.0
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // It ends by itself when its input does; whoever hangs is ended.
        drop(self.child.stdin.take());
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The role of this copy; `None` in the program that was called.
pub fn role() -> Option<Role> {
    let text = std::env::var(ROLE).ok()?;
    Some(serde_json::from_str(&text).expect("a role is what this program wrote"))
}

/// Plays the role until the other end of the input is gone.
pub fn play(role: Role) {
    let log = tracing_subscriber::EnvFilter::new("warn");
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    let workers = if let Role::Ours { workers, .. } = &role { *workers } else { 1 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().expect("threads start");
    runtime.block_on(async {
        match role {
            Role::Simulator => simulate().await,
            Role::Ours { database, merchant, .. } => ours(&database, *merchant).await,
            Role::Twin { database, dress } => {
                let (store, _) = open_demo(&database).await;
                let listener = listen().await;
                ready(listener.local_addr().expect("it listens"));
                tokio::select! {
                    ended = axum::serve(listener, twin::router(store, dress)) => ended.expect("it serves"),
                    () = input_ends() => {}
                }
            }
        }
    });
}

async fn simulate() {
    let config = SimConfig { answer_limit_ms: 5_000, ..SimConfig::for_tests(simulator::clock::system_clock()) };
    let sim = simulator::start(config).await.expect("the simulator starts");
    ready(serde_json::to_string(&sim.merchant()).expect("a merchant is plain"));
    input_ends().await;
    sim.stop().await;
}

async fn ours(database: &Path, merchant: Merchant) {
    let listener = listen().await;
    let address = listener.local_addr().expect("it listens");
    let environment = BTreeMap::from([("SHOUMA_PUBLIC_URL".to_owned(), format!("http://{address}"))]);
    let mut config = Config::read(&environment).expect("the defaults are settings");
    config.limits.spare_loopback = true;
    let simulator_url = merchant.base_url.clone();
    config.wechat = Some(WechatSettings {
        mchid: merchant.mchid,
        appid: merchant.appid,
        app_secret: Secret::of(merchant.app_secret),
        merchant_serial_no: merchant.merchant_serial_no,
        private_key: Secret::of(merchant.merchant_private_key_pem),
        api_v3_key: Secret::of(merchant.api_v3_key),
        public_key: Some((merchant.wechatpay_public_key_id, merchant.wechatpay_public_key_pem.into_bytes())),
        api_url: simulator_url.clone(),
        oauth_url: simulator_url.clone(),
        account_url: simulator_url.clone(),
        timeout_ms: 10_000,
        script_url: None,
        messages: MessageSettings::of_template(&merchant.message_template_id, &merchant.push_token),
    });
    let (store, _) = open_demo(database).await;
    let site = serve::site(config, store, clock::system(), Some(Demo { simulator_url })).await.expect("the client is built: make client");
    ready(address);
    serve::serve(site, listener, input_ends()).await;
}

/// Opens a database with the demo's organisations in it; the code at `/p/demo`.
pub async fn open_demo(database: &Path) -> (Store, FoundCode) {
    let store = Store::open(&StoreConfig::of_url(format!("sqlite://{}", database.display()))).await.expect("a folder can be written");
    let mut reader = store.read().await.expect("a store can be read");
    if !meta::is_demo(&mut reader.tx()).await.expect("a store can be read") {
        for organisation in demo::organisations(&Passwords::default(), clock::system()()).await.expect("passwords can be hashed") {
            store.write(organisation).await.expect("a store can be written");
        }
    }
    let found = codes::by_token(&mut reader.tx(), "demo").await.expect("a store can be read").expect("the demo has its code");
    (store, found)
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port is free")
}

fn ready(what: impl std::fmt::Display) {
    let mut out = std::io::stdout();
    writeln!(out, "{what}").and_then(|()| out.flush()).expect("somebody waits");
}

async fn input_ends() {
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut vec![]));
    drop(ended.await);
}
