//! What the store is measured against: the same rows on the same tables, written in plain sqlx.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::form::Answer;
use domain::{Fen, Millis, Payment, PaymentId, PaymentState};
use futures::future::join_all;
use server::clock::Clock;
use server::fresh;
use server::store::codes::FoundCode;
use server::store::payments::Stored;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use crate::stage;

const INSERT_PAYMENT: &str = "INSERT INTO payment (tenant, id, code, code_token, payee, amount_fen, state, opened_at_ms, expires_at_ms, \
     form_version, answers, idem, payer, subject, receipt_token) VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9, $10, $11, $12, $13, $14)";

const INSERT_LINK: &str = "INSERT INTO payment_link (payment, tenant) VALUES ($1, $2)";

/// An order as somebody sends it.
pub fn order(found: &FoundCode, now: Millis) -> Stored {
    let code = &found.code;
    let payment = Payment {
        tenant: code.tenant,
        id: PaymentId::of(fresh::uuid(now)),
        code: code.id,
        payee: code.payee,
        amount_fen: Fen::of(1_250),
        state: PaymentState::Open,
        opened_at_ms: now,
        expires_at_ms: now.plus_ms(900_000),
        paid_at_ms: None,
        refunding_fen: Fen::ZERO,
        refunded_fen: Fen::ZERO,
        refund_count: 0,
        attempts: vec![],
    };
    Stored {
        payment,
        answers: vec![Answer::plain("student", "学生姓名", "张三"), Answer::plain("class", "班级", "三年一班")],
        form_version: code.form.version,
        code_token: found.token.clone(),
        idem: [fresh::token(), fresh::token(), fresh::token()].concat(),
        payer: None,
        subject: format!("{}-{}", found.merchant.name, code.name),
        receipt_token: fresh::token(),
        tickets: vec![],
        revision: 0,
    }
}

async fn insert(conn: &mut SqliteConnection, new: &Stored) {
    let payment = &new.payment;
    let first = sqlx::query(INSERT_PAYMENT)
        .bind(payment.tenant.get())
        .bind(payment.id.get())
        .bind(payment.code.get())
        .bind(&new.code_token)
        .bind(payment.payee.get())
        .bind(payment.amount_fen.get())
        .bind(payment.opened_at_ms.get())
        .bind(payment.expires_at_ms.get())
        .bind(i64::from(new.form_version))
        .bind(serde_json::to_string(&new.answers).expect("answers are plain"))
        .bind(&new.idem)
        .bind(&new.payer)
        .bind(&new.subject)
        .bind(&new.receipt_token);
    first.execute(&mut *conn).await.expect("a row goes in");
    sqlx::query(INSERT_LINK).bind(payment.id.get()).bind(payment.tenant.get()).execute(conn).await.expect("a row goes in");
}

async fn run(conn: &mut SqliteConnection, sql: &'static str) {
    sqlx::query(sql).execute(conn).await.expect("a transaction begins and ends");
}

/// A database with our tables and the demo's code, and how to open it as the store does: durable at every commit.
async fn tables(file: &Path) -> (SqliteConnectOptions, Arc<FoundCode>) {
    let (store, found) = stage::open_demo(file).await;
    store.close().await;
    let options = SqliteConnectOptions::from_str(&format!("sqlite://{}", file.display()))
        .expect("a path is an address")
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(60))
        .disable_statement_logging();
    (options, Arc::new(found))
}

/// One connection that writes batch after batch: what the disk and the driver allow.
pub struct RawGroup {
    conn: SqliteConnection,
    found: Arc<FoundCode>,
}

impl RawGroup {
    /// Opens a database of its own.
    pub async fn open(file: &Path) -> RawGroup {
        let (options, found) = tables(file).await;
        RawGroup { conn: options.connect().await.expect("a database opens"), found }
    }

    /// Durable orders a second in batches of `batch`.
    pub async fn slice(&mut self, slice_ms: u64, batch: u64, clock: &Clock) -> f64 {
        let started = Instant::now();
        let until = started + Duration::from_millis(slice_ms);
        let mut count = 0;
        while Instant::now() < until {
            run(&mut self.conn, "BEGIN IMMEDIATE").await;
            for _ in 0..batch {
                insert(&mut self.conn, &order(&self.found, clock())).await;
            }
            run(&mut self.conn, "COMMIT").await;
            count += batch;
        }
        count as f64 / started.elapsed().as_secs_f64()
    }
}

/// Ten connections, and a transaction for each order.
pub struct Naive {
    pool: SqlitePool,
    found: Arc<FoundCode>,
}

impl Naive {
    /// Opens a database of its own.
    pub async fn open(file: &Path) -> Naive {
        let (options, found) = tables(file).await;
        let pool = SqlitePoolOptions::new().max_connections(10).acquire_timeout(Duration::from_secs(60)).connect_with(options);
        Naive { pool: pool.await.expect("a database opens"), found }
    }

    /// Durable orders a second of `clients` that order again as soon as they are answered.
    pub async fn slice(&self, slice_ms: u64, clients: usize, clock: &Clock) -> f64 {
        let started = Instant::now();
        let until = started + Duration::from_millis(slice_ms);
        let clients = (0..clients).map(|_| {
            let (pool, found, clock) = (self.pool.clone(), self.found.clone(), clock.clone());
            tokio::spawn(async move {
                let mut count = 0_u64;
                while Instant::now() < until {
                    let new = order(&found, clock());
                    let mut conn = pool.acquire().await.expect("a connection comes free");
                    // Its turn may have come after the end.
                    if Instant::now() >= until {
                        break;
                    }
                    run(&mut conn, "BEGIN IMMEDIATE").await;
                    insert(&mut conn, &new).await;
                    run(&mut conn, "COMMIT").await;
                    count += 1;
                }
                count
            })
        });
        let count: u64 = join_all(clients).await.into_iter().map(|client| client.expect("a client lives")).sum();
        count as f64 / started.elapsed().as_secs_f64()
    }
}

/// Payments in a database.
pub async fn count(file: &Path) -> u64 {
    let mut conn = SqliteConnectOptions::new().filename(file).connect().await.expect("a database opens");
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM payment").fetch_one(&mut conn).await.expect("rows can be counted");
    u64::try_from(count).expect("a count is not negative")
}
