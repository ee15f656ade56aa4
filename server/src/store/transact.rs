//! PostgreSQL's way of writing: each command is a transaction of its own, retried when others got in its way.
//!
//! Batching writers fight over rows there (performance 4.4), so what is shared with SQLite is only the bound on what waits.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{PgConnection, PgPool};
use tokio::sync::Semaphore;

use super::writer::unpanicked;
use super::{Command, StoreError, Tx};

/// How often a command is run before its failure is believed.
const TRIES: u32 = 8;

/// The pool and the bound on what waits for it.
pub(super) struct Transactor {
    pub pool: PgPool,
    seats: Arc<Semaphore>,
    all_seats: u32,
}

impl Transactor {
    /// Commands beyond `queue` are refused.
    pub fn new(pool: PgPool, queue: usize) -> Transactor {
        let all_seats = u32::try_from(queue.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        Transactor { pool, seats: Arc::new(Semaphore::new(all_seats as usize)), all_seats }
    }

    /// Runs `command` in a transaction and commits it.
    pub async fn write<C: Command>(&self, command: C) -> Result<C::Done, StoreError> {
        let Ok(seat) = self.seats.clone().try_acquire_owned() else {
            metrics::counter!("shouma_store_busy_total").increment(1);
            return Err(StoreError::Busy);
        };
        metrics::gauge!("shouma_store_queue").set(f64::from(self.all_seats) - self.seats.available_permits() as f64);
        let pool = self.pool.clone();
        // A task of its own: a caller that goes away must not leave a transaction half done on a pooled connection.
        let task = tokio::spawn(async move {
            let _seat = seat;
            write_until_committed(&pool, &command).await
        });
        task.await.unwrap_or(Err(StoreError::CommitUnknown))
    }

    /// Lets what was begun finish, and closes the pool.
    pub async fn close(&self) {
        if let Ok(seats) = self.seats.acquire_many(self.all_seats).await {
            seats.forget();
        }
        self.seats.close();
        self.pool.close().await;
    }
}

/// What one try came to, when it did not succeed.
enum Failed {
    /// Nothing was committed, and another try may do better.
    Passing(StoreError),
    /// The command's own answer, or an unknown commit.
    ForGood(StoreError),
}

async fn write_until_committed<C: Command>(pool: &PgPool, command: &C) -> Result<C::Done, StoreError> {
    let mut tried = 0;
    loop {
        let mut conn = pool.acquire().await?;
        let failed = match try_once(&mut conn, command).await {
            Ok(done) => return Ok(done),
            Err(failed) => failed,
        };
        // A connection that cannot even roll back is not used again.
        if sqlx::raw_sql("ROLLBACK").execute(&mut *conn).await.is_err() {
            conn.close_on_drop();
        }
        drop(conn);
        tried += 1;
        match failed {
            Failed::Passing(_) if tried < TRIES => tokio::time::sleep(pause(tried)).await,
            Failed::Passing(error) | Failed::ForGood(error) => return Err(error),
        }
    }
}

async fn try_once<C: Command>(conn: &mut PgConnection, command: &C) -> Result<C::Done, Failed> {
    sqlx::raw_sql("BEGIN").execute(&mut *conn).await.map_err(|error| sort(error.into()))?;
    let done = unpanicked(command.run(&mut Tx::Postgres(conn))).await.map_err(sort)?;
    let started = Instant::now();
    // PostgreSQL answers COMMIT with a silent rollback when a statement had failed before and the command overlooked it.
    // The SELECT fails then, and keeps the COMMIT after it from being run.
    sqlx::raw_sql("SELECT 1; COMMIT").execute(&mut *conn).await.map_err(commit_failed)?;
    metrics::histogram!("shouma_store_commit_seconds").record(started.elapsed());
    Ok(done)
}

/// Before the commit nothing is written: collisions and lost connections may be tried again. So may what was decided on a row
/// that another instance changed meanwhile, because the command loads it anew.
fn sort(error: StoreError) -> Failed {
    match &error {
        StoreError::Stale => Failed::Passing(error),
        StoreError::Database(inner) if is_collision(inner) || is_lost(inner) => Failed::Passing(error),
        _ => Failed::ForGood(error),
    }
}

/// A refusal by the database is known; silence is not (reliability L6).
fn commit_failed(error: sqlx::Error) -> Failed {
    match () {
        () if is_collision(&error) => Failed::Passing(error.into()),
        () if is_lost(&error) => {
            tracing::error!(%error, "the connection was lost at COMMIT");
            Failed::ForGood(StoreError::CommitUnknown)
        }
        () => Failed::ForGood(error.into()),
    }
}

/// Serialization failure or deadlock: another transaction won.
fn is_collision(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

/// The server went away, or was told to end the session (class 57P, and 08 for connections). Everything that is not the
/// database's own word counts as silence.
fn is_lost(error: &sqlx::Error) -> bool {
    code(error).is_none_or(|code| code.starts_with("57P") || code.starts_with("08"))
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().map(|error| error.code().unwrap_or_default().into_owned())
}

/// Longer with every try, and never the same for two that collided.
fn pause(tried: u32) -> Duration {
    let most_us = 2_000_u64 << tried.min(7);
    let dice = RandomState::new().build_hasher().finish();
    Duration::from_micros(most_us / 2 + dice % (most_us / 2))
}
