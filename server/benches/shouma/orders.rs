//! Durable orders per second: `store.write`, a raw group commit of the same rows, and one transaction per order on a pool.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use server::store::payments::Stored;
use server::store::{Store, StoreConfig};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use uuid::Uuid;

use super::testing::shop::{Insert, NOON, Shop};
use super::{ROUNDS, report};

const ROUND: Duration = Duration::from_millis(1_500);

/// Prints `orders.*`: against a raw group commit of as many orders as there are clients (goal 0.5), and against a naive pool of
/// ten connections (goal 10). All three write the same rows of four tables, with `synchronous=FULL`, in the same folder.
pub async fn measure() {
    for clients in [64, 256] {
        let (mut raw_rounds, mut naive_rounds) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            let ours = ours(clients).await;
            raw_rounds.push((ours, raw(clients).await));
            naive_rounds.push((ours, naive(clients).await));
        }
        report(&format!("orders.{clients}.raw_group_commit"), "durable orders/s", &raw_rounds);
        report(&format!("orders.{clients}.naive_pool"), "durable orders/s", &naive_rounds);
    }
}

async fn ours(clients: usize) -> f64 {
    let (_folder, store, shop) = fresh().await;
    rate(clients, move || {
        let (store, order) = (store.clone(), shop.unpaid(Uuid::now_v7(), 100, "李雷", NOON));
        async move {
            let id = order.payment.id;
            assert_eq!(store.write(Insert(order)).await.unwrap(), id);
        }
    })
    .await
}

/// One connection, plain inserts, a commit after as many orders as the writer finds waiting.
async fn raw(batch: usize) -> f64 {
    let (folder, store, shop) = fresh().await;
    store.close().await;
    let mut conn = options(&folder.path().join("bench.db")).connect().await.unwrap();
    let (started, mut orders) = (Instant::now(), 0);
    while started.elapsed() < ROUND {
        run(&mut conn, "BEGIN IMMEDIATE").await;
        for _ in 0..batch {
            insert(&mut conn, &shop.unpaid(Uuid::now_v7(), 100, "李雷", NOON)).await;
        }
        run(&mut conn, "COMMIT").await;
        orders += batch;
    }
    orders as f64 / started.elapsed().as_secs_f64()
}

/// What one writes first: a pool, and a transaction per order.
async fn naive(clients: usize) -> f64 {
    let (folder, store, shop) = fresh().await;
    store.close().await;
    let pool = SqlitePoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(60))
        .connect_with(options(&folder.path().join("bench.db")))
        .await
        .unwrap();
    rate(clients, move || {
        let (pool, order) = (pool.clone(), shop.unpaid(Uuid::now_v7(), 100, "李雷", NOON));
        async move {
            let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
            insert(&mut tx, &order).await;
            tx.commit().await.unwrap();
        }
    })
    .await
}

/// Orders per second of `clients` that each wait for one order before they send the next.
async fn rate<F: Future<Output = ()> + Send + 'static>(clients: usize, order: impl Fn() -> F + Clone + Send + Sync + 'static) -> f64 {
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (stop, done, order) = (stop.clone(), done.clone(), order.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    order().await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(ROUND).await;
    let (orders, seconds) = (done.load(Ordering::Relaxed), started.elapsed().as_secs_f64());
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    orders as f64 / seconds
}

async fn fresh() -> (tempfile::TempDir, Store, Shop) {
    // Beside the build, because a temporary folder may lie in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = Store::open(&StoreConfig::of_url(format!("sqlite://{}", folder.path().join("bench.db").display()))).await.unwrap();
    let shop = Shop::open(&store).await;
    (folder, store, shop)
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", "-32000")
        .busy_timeout(Duration::from_secs(60))
        .disable_statement_logging()
}

async fn run(conn: &mut SqliteConnection, sql: &'static str) {
    sqlx::query(sql).execute(conn).await.unwrap();
}

/// The rows of one order, as `payments::insert` writes them.
async fn insert(conn: &mut SqliteConnection, order: &Stored) {
    let payment = &order.payment;
    let (tenant, id, no) = (payment.tenant.get(), payment.id.get(), payment.attempts[0].no.as_str());
    sqlx::query(
        "INSERT INTO payment (tenant, id, code, code_token, payee, amount_fen, state, opened_at_ms, expires_at_ms, form_version, answers, \
         idem, subject, receipt_token) VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, 1, $9, $10, $11, $12)",
    )
    .bind(tenant)
    .bind(id)
    .bind(payment.code.get())
    .bind(&order.code_token)
    .bind(payment.payee.get())
    .bind(payment.amount_fen.get())
    .bind(payment.opened_at_ms.get())
    .bind(payment.expires_at_ms.get())
    .bind(serde_json::to_string(&order.answers).unwrap())
    .bind(&order.idem)
    .bind(&order.subject)
    .bind(&order.receipt_token)
    .execute(&mut *conn)
    .await
    .unwrap();
    sqlx::query("INSERT INTO payment_link (payment, tenant) VALUES ($1, $2)").bind(id).bind(tenant).execute(&mut *conn).await.unwrap();
    sqlx::query(
        "INSERT INTO attempt (tenant, no, payment, position, kind, state, made_at_ms, query_at_ms) VALUES ($1, $2, $3, 0, 'jsapi', 'ready', $4, $4)",
    )
    .bind(tenant)
    .bind(no)
    .bind(id)
    .bind(payment.opened_at_ms.get())
    .execute(&mut *conn)
    .await
    .unwrap();
    sqlx::query("INSERT INTO trade_no (no, tenant, payment) VALUES ($1, $2, $3)")
        .bind(no)
        .bind(tenant)
        .bind(id)
        .execute(&mut *conn)
        .await
        .unwrap();
}
