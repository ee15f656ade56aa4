//! D1: how many orders a second are on the disk, at the store, over HTTP and with the channel.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use server::clock::{self, Clock};
use server::pay::Open;
use server::store::Store;
use server::store::codes::FoundCode;

use crate::disk::Floor;
use crate::figure::{Figure, Goal, Plan, Ratio, Rounds, median, percentile, say};
use crate::http::{Connection, Load, post};
use crate::peers::{self, Naive, RawGroup};
use crate::stage::{self, Actor, Role};

/// People who order at the same time.
const CLIENTS: usize = 256;

/// The store against its peers.
pub async fn at_the_store(folder: &Path, plan: Plan) -> Vec<Figure> {
    let batches = Batches::install();
    let file = folder.join("orders.db");
    let (store, found) = stage::open_demo(&file).await;
    let scene = Scene { store, found: Arc::new(found), clock: clock::system() };
    let mut raw = RawGroup::open(&folder.join("orders-raw.db")).await;
    let naive = Naive::open(&folder.join("orders-naive.db")).await;
    let floor = Floor::measure(folder, plan);
    say(format!("D1: {:.0} fdatasync a second (p50 {:.2} ms)", floor.per_s(), floor.p50_ms()));
    let mut latencies_ms = vec![];
    scene.slice(plan.slice_ms, &mut vec![]).await;
    let (mut by_raw, mut by_naive, mut limits) = (Rounds::default(), Rounds::default(), vec![]);
    let started = batches.seen();
    let mut commits_per_s = vec![];
    for _ in 0..plan.rounds {
        let before_batches = batches.seen();
        let before = scene.slice(plan.slice_ms, &mut latencies_ms).await;
        let seen = batches.seen();
        let batch = (seen.1 - before_batches.1).div_ceil((seen.0 - before_batches.0).max(1));
        commits_per_s.push(before / batch as f64);
        let grouped = raw.slice(plan.slice_ms, batch, &scene.clock).await;
        let after = scene.slice(plan.slice_ms, &mut latencies_ms).await;
        let alone = naive.slice(plan.slice_ms, CLIENTS, &scene.clock).await;
        by_raw.push(before, grouped, after);
        by_naive.push(before, alone, after);
        limits.push(grouped / alone);
    }
    let ended = batches.seen();
    let batch = (ended.1 - started.1) as f64 / (ended.0 - started.0) as f64;
    scene.store.close().await;
    assert!(peers::count(&file).await >= latencies_ms.len() as u64, "an acknowledged order is not in the database");
    let p99 = percentile(&mut latencies_ms, 99);
    let p50 = percentile(&mut latencies_ms, 50);
    let note = format!(
        "{CLIENTS} clients at store.write; batches of {batch:.0} orders, {:.2} commits per fdatasync of the floor",
        median(commits_per_s) / floor.per_s()
    );
    vec![
        Figure::alone("D1-floor", "fdatasync per s", floor.per_s()).note(format!("4 KiB appended each; p50 {:.2} ms", floor.p50_ms())),
        Figure::compared("D1-raw", "durable orders per s", &by_raw, Ratio::OursByPeer)
            .goal(Goal::AtLeast(0.5))
            .note(format!("peer: one connection, the same rows and batch size, plain inserts; ours: {note}")),
        Figure::compared("D1-naive", "durable orders per s", &by_naive, Ratio::OursByPeer).goal(Goal::AtLeast(10.0)).note(format!(
            "peer: sqlx pool of 10 connections, {CLIENTS} clients, one transaction per order. It waits for the disk at every order, \
                 so the ratio grows with the disk's slowness; the raw group commit itself is {:.1} times the pool here",
            median(limits)
        )),
        Figure::alone("D1-p99", "fsyncs", p99 / floor.p50_ms())
            .note(format!("time to an acknowledged order under the full load: p50 {p50:.1} ms, p99 {p99:.1} ms")),
    ]
}

/// Over HTTP, without and with the channel.
pub async fn over_http(folder: &Path, simulator: &Actor, plan: Plan) -> Vec<Figure> {
    let merchant = serde_json::from_str(&simulator.said).expect("it said who the merchant is");
    let server = Actor::start(&Role::Ours { database: folder.join("http.db"), merchant, workers: 2 });
    let orders = AtomicU64::new(0);
    let order = async |connection: &mut Connection| -> String {
        let number = orders.fetch_add(1, Ordering::Relaxed);
        // 张三, 三年一班.
        let form = format!(
            "idem=bench-{number}&amount=12.50&field.student=%E5%BC%A0%E4%B8%89&field.class=%E4%B8%89%E5%B9%B4%E4%B8%80%E7%8F%AD&field.remark="
        );
        let answer = connection.ask(&post("/p/demo", &form)).await;
        assert_eq!(answer.status, 303, "{}{}", answer.head, String::from_utf8_lossy(&answer.body));
        answer.header("location").expect("a redirect leads somewhere").to_owned()
    };
    say("D1h: orders over HTTP");
    let mut load = Load::open(server.address(), 64).await;
    let mut rates = vec![];
    for round in 0..=plan.rounds {
        let (_, rate) = load.run(plan.slice_ms, async |connection| drop(order(connection).await)).await;
        // The first one fills caches.
        rates.extend((round > 0).then_some(rate));
    }
    let plain = Figure::alone("D1h", "orders per s over HTTP", median(rates))
        .note("POST /p/demo to 303, 64 kept connections, durable; the load generator shares the machine's cores");
    say("D1c: orders over HTTP and the channel");
    let failures = AtomicU64::new(0);
    let mut load = Load::open(server.address(), 32).await;
    let mut rates = vec![];
    for round in 0..=plan.rounds {
        let before = failures.load(Ordering::Relaxed);
        let (count, rate) = load
            .run(plan.slice_ms, async |connection| {
                let page = order(connection).await;
                let request = format!("GET {page} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nAccept-Encoding: identity\r\n\r\n");
                let answer = connection.ask(request.as_bytes()).await;
                let is_payable = answer.status == 200 && String::from_utf8_lossy(&answer.body).contains("data:image/png;base64,");
                failures.fetch_add(u64::from(!is_payable), Ordering::Relaxed);
            })
            .await;
        let failed = failures.load(Ordering::Relaxed) - before;
        rates.extend((round > 0).then_some(rate * (count - failed) as f64 / count as f64));
    }
    let note = format!(
        "POST to 303, order signed and made at the simulator (another process), page with its QR code; 32 kept connections; {} not payable",
        failures.load(Ordering::Relaxed)
    );
    vec![plain, Figure::alone("D1c", "orders per s with the channel", median(rates)).note(note)]
}

struct Scene {
    store: Store,
    found: Arc<FoundCode>,
    clock: Clock,
}

impl Scene {
    /// Everybody orders again as soon as they are acknowledged; acknowledged orders a second.
    async fn slice(&self, slice_ms: u64, latencies_ms: &mut Vec<f64>) -> f64 {
        let started = Instant::now();
        let until = started + Duration::from_millis(slice_ms);
        let clients = (0..CLIENTS).map(|_| {
            let (store, found, clock) = (self.store.clone(), self.found.clone(), self.clock.clone());
            tokio::spawn(async move {
                let mut took_ms = vec![];
                while Instant::now() < until {
                    let new = peers::order(&found, clock());
                    let asked = Instant::now();
                    store.write(Open { new }).await.expect("an order is taken");
                    took_ms.push(asked.elapsed().as_secs_f64() * 1_000.0);
                }
                took_ms
            })
        });
        let took: Vec<f64> = join_all(clients).await.into_iter().flat_map(|client| client.expect("a client lives")).collect();
        let rate = took.len() as f64 / started.elapsed().as_secs_f64();
        latencies_ms.extend(took);
        rate
    }
}

/// Counts the batches that the store commits, from what it tells its metrics.
struct Batches {
    commits: Arc<AtomicU64>,
    commands: Arc<AtomicU64>,
}

impl Batches {
    fn install() -> Batches {
        let (commits, commands) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let sizes = Arc::new(Sizes { commits: commits.clone(), commands: commands.clone() });
        metrics::set_global_recorder(Listener { sizes }).expect("nobody else listens");
        Batches { commits, commands }
    }

    /// Commits and commands so far.
    fn seen(&self) -> (u64, u64) {
        (self.commits.load(Ordering::Relaxed), self.commands.load(Ordering::Relaxed))
    }
}

struct Sizes {
    commits: Arc<AtomicU64>,
    commands: Arc<AtomicU64>,
}

impl metrics::HistogramFn for Sizes {
    fn record(&self, value: f64) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commands.fetch_add(value as u64, Ordering::Relaxed);
    }
}

struct Listener {
    sizes: Arc<Sizes>,
}

impl metrics::Recorder for Listener {
    fn describe_counter(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}

    fn describe_gauge(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}

    fn describe_histogram(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}

    fn register_counter(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        metrics::Counter::noop()
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }

    fn register_histogram(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Histogram {
        match key.name() {
            "shouma_store_batch_commands" => metrics::Histogram::from_arc(self.sizes.clone()),
            _ => metrics::Histogram::noop(),
        }
    }
}
