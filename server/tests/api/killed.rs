//! A server that is killed while people order, pay and are waited for by WeChat: what it acknowledged over HTTP is there after
//! the kill, and once it runs again every payment that WeChat knows is one receipt (reliability F1).
//!
//! The server is a copy of this program in a process of its own, so that the kill is a real one; WeChat lives on in the test.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use app::pay::Assets;
use domain::{Millis, PaymentId, PaymentState};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use server::client::Client;
use server::config::Config;
use server::found::Found;
use server::passwords::Passwords;
use server::store::{Store, StoreConfig, payments, verify};
use server::{clock, demo, serve};
use simulator::{Merchant, Sim, SimConfig};
use tokio::net::TcpListener;

use crate::scene::{bring_keys, client, form, until, wechat};

const ROLE: &str = "SHOUMA_KILLED_ROLE";

/// People who pay at the same time.
const PAYERS: usize = 6;

/// What the copy that is killed must know.
#[derive(Serialize, Deserialize)]
struct Role {
    database: String,
    port: u16,
    merchant: Merchant,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_kept_every_order_and_every_notice_that_it_acknowledged() {
    let kills: u32 = std::env::var("SHOUMA_KILLS").ok().and_then(|kills| kills.parse().ok()).map_or(6, |kills: u32| kills.div_ceil(10));
    let folder = tempfile::tempdir().unwrap();
    bring_keys(folder.path()).await;
    let config = SimConfig { dir: Some(folder.path().to_owned()), ..SimConfig::for_tests(simulator::clock::system_clock()) };
    let sim = simulator::start(config).await.unwrap();
    let file = folder.path().join("killed.db");
    found(&file).await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let role = Role { database: url_of(&file), port, merchant: sim.merchant() };
    let street = Street { sim, http: client(), url: format!("http://127.0.0.1:{port}"), said: Mutex::default() };
    for kill in 0..kills {
        let mut server = start(&role);
        street.until_ready().await;
        let paying = join_all((0..PAYERS).map(|_| street.pay_until_it_dies()));
        let killing = async {
            tokio::time::sleep(Duration::from_millis(100 + RandomState::new().build_hasher().finish() % 400)).await;
            server.kill().unwrap();
            assert!(server.wait().unwrap().code().is_none(), "kill {kill}: it ended by itself");
        };
        tokio::join!(paying, killing);
        street.look_at(&file, kill).await;
    }
    street.until_all_is_told(&role, &file).await;
}

/// The payers, and what the server told them and WeChat.
struct Street {
    sim: Sim,
    http: reqwest::Client,
    url: String,
    said: Mutex<Said>,
}

/// What was acknowledged: payments by their 32 digits.
#[derive(Default)]
struct Said {
    ordered: Vec<String>,
    paid: Vec<String>,
}

impl Street {
    async fn until_ready(&self) {
        until("the server", async || self.http.get(format!("{}/readyz", self.url)).send().await.ok()?.error_for_status().ok().map(drop))
            .await;
    }

    /// Orders, pays and lets WeChat tell it, again and again, until nobody answers any more.
    async fn pay_until_it_dies(&self) {
        while let Some(payment) = self.order().await {
            self.said.lock().unwrap().ordered.push(payment.clone());
            // Where the order did not reach WeChat before the kill there is nothing to pay.
            let Some(()) = self.control(&format!("/_sim/orders/{payment}/pay"), json!({"notify": false})).await.map(drop) else { continue };
            let Some(told) = self.control(&format!("/_sim/orders/{payment}/notify"), json!({"copies": 2})).await else { continue };
            if told["attempts"].as_array().unwrap().iter().any(|attempt| attempt["status"] == 204) {
                self.said.lock().unwrap().paid.push(payment);
            }
        }
    }

    /// Sends the form and opens the page that makes the order at WeChat; `None` when nobody answers.
    async fn order(&self) -> Option<String> {
        let answer = self.http.post(format!("{}/p/demo", self.url)).form(&form("1.28")).send().await.ok()?;
        assert_eq!(answer.status(), 303);
        let page = answer.headers()["location"].to_str().unwrap().to_owned();
        let payment = page.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
        // A page that is not answered is no matter: the order is acknowledged already.
        drop(self.http.get(format!("{}{page}", self.url)).header("accept", "text/html").send().await);
        Some(payment)
    }

    async fn control(&self, path: &str, body: Value) -> Option<Value> {
        let answer = self.http.post(format!("{}{path}", self.sim.base_url())).json(&body).send().await.unwrap();
        let answer = answer.error_for_status().ok()?;
        Some(serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    /// What was acknowledged is on the disk, and the books are right.
    async fn look_at(&self, file: &Path, kill: u32) {
        let store = Store::open(&StoreConfig::of_url(url_of(file))).await.unwrap();
        let (ordered, paid) = {
            let said = self.said.lock().unwrap();
            (said.ordered.clone(), said.paid.clone())
        };
        assert!(ordered.len() > kill as usize, "kill {kill}: it acknowledged nothing");
        for payment in &ordered {
            assert!(state_of(&store, payment).await.is_some(), "kill {kill}: order {payment} is lost");
        }
        for payment in &paid {
            assert_eq!(state_of(&store, payment).await, Some(PaymentState::Paid), "kill {kill}: {payment}");
        }
        prove(&store).await;
        store.close().await;
    }

    /// With the server running again, every payment that WeChat knows becomes one receipt, the untold ones by asking.
    async fn until_all_is_told(&self, role: &Role, file: &Path) {
        let answer = self.http.get(format!("{}/_sim/orders?limit=100000", self.sim.base_url())).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let items = answer["items"].as_array().unwrap().iter();
        let paid: Vec<String> = items
            .filter(|order| order["trade_state"] == "SUCCESS")
            .map(|order| order["out_trade_no"].as_str().unwrap().to_owned())
            .collect();
        assert!(paid.len() >= self.said.lock().unwrap().paid.len(), "WeChat lists what was paid");
        let mut server = start(role);
        self.until_ready().await;
        for payment in &paid {
            until(&format!("{payment} is told"), async || {
                let answer =
                    self.http.get(format!("{}/p/demo/{payment}", self.url)).header("accept", "application/json").send().await.ok()?;
                let answer: Value = serde_json::from_str(&answer.text().await.ok()?).ok()?;
                (answer["state"] == "paid").then_some(())
            })
            .await;
        }
        server.kill().unwrap();
        server.wait().unwrap();
        let store = Store::open(&StoreConfig::of_url(url_of(file))).await.unwrap();
        prove(&store).await;
        store.close().await;
        println!("{} orders acknowledged, {} payments at WeChat, each one receipt", self.said.lock().unwrap().ordered.len(), paid.len());
    }
}

async fn state_of(store: &Store, payment: &str) -> Option<PaymentState> {
    let id: PaymentId = payment.parse().unwrap();
    let mut conn = store.read().await.unwrap();
    let tenant = payments::tenant_of(&mut conn.tx(), id).await.unwrap()?;
    Some(payments::load(&mut conn.tx(), tenant, id).await.unwrap()?.payment.state)
}

async fn prove(store: &Store) {
    for checked in verify::verify(store).await.unwrap() {
        assert_eq!(checked.first_bad, None, "{}", checked.name);
    }
}

fn url_of(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

async fn found(file: &Path) {
    let store = Store::open(&StoreConfig::of_url(url_of(file))).await.unwrap();
    let now: Millis = clock::system()();
    let organisations: Vec<Found> = demo::organisations(&Passwords::default(), now).await.unwrap();
    for organisation in organisations {
        store.write(organisation).await.unwrap();
    }
    store.close().await;
}

fn start(role: &Role) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::serve_until_killed", "--ignored", "--nocapture"])
        .env(ROLE, serde_json::to_string(role).unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The server that is killed. It is a test only so that it can be started from this program.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs until it is killed"]
async fn serve_until_killed() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let Role { database, port, merchant } = serde_json::from_str(&role).unwrap();
    let mut config = Config::read(&BTreeMap::new()).unwrap();
    config.public_url = format!("http://127.0.0.1:{port}");
    config.limits.spare_loopback = true;
    config.wechat = Some(wechat(merchant));
    let store = Store::open(&StoreConfig::of_url(database)).await.unwrap();
    let site = serve::site_of(config, store, clock::system(), None, Client::default(), Assets::default()).await.unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    serve::serve(site, listener, std::future::pending()).await;
}
