//! Storage: the only place that speaks SQL. One text serves SQLite and PostgreSQL.
//!
//! Reading: `let mut conn = store.read().await?; payments::load(&mut conn.tx(), ..)`. Writing: `store.write(command)`, where the
//! command is re-runnable and makes no outside calls, because the writer owns the transaction and may run it again.

pub mod ledger;
pub mod payments;
pub mod receipts;

use std::future::Future;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool};

/// Runs one expression against whichever engine is behind a [`Tx`]; `$db` is an executor inside it.
macro_rules! on {
    ($tx:expr, |$db:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(inner) => {
                let $db = &mut **inner;
                $body
            }
            $crate::store::Tx::Postgres(inner) => {
                let $db = &mut **inner;
                $body
            }
        }
    };
}
pub(crate) use on;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// More is waiting to be written than the writer takes; ask again a little later (503 with Retry-After).
    #[error("the store is busy")]
    Busy,
    /// Whether the command was committed is not known. The caller finds out by reading the business key.
    #[error("the outcome of the commit is unknown")]
    CommitUnknown,
    /// A unique key stands already; which one the command knows.
    #[error("already there")]
    Duplicate,
    /// Somebody else changed the row first; load again and decide again.
    #[error("changed meanwhile")]
    Stale,
    /// What is stored cannot be read as what it should be.
    #[error("stored {what} cannot be read: {why}")]
    Unreadable {
        /// The column or row.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// Anything else that the database says.
    #[error("database: {0}")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => StoreError::Duplicate,
            _ => StoreError::Database(error),
        }
    }
}

/// A connection to whichever engine, inside or outside a transaction.
pub enum Tx<'c> {
    /// SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
}

/// A borrowed connection for reading.
pub enum Reader {
    /// SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// PostgreSQL.
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    /// The connection as the store's functions take it.
    pub fn tx(&mut self) -> Tx<'_> {
        match self {
            Reader::Sqlite(conn) => Tx::Sqlite(conn),
            Reader::Postgres(conn) => Tx::Postgres(conn),
        }
    }
}

/// Something to write, all of it or nothing. It may be run more than once, so it makes no outside calls and draws no
/// random numbers: identities and moments are part of it.
pub trait Command: Send + Sync + 'static {
    /// What the caller learns when it is committed.
    type Done: Send + 'static;

    /// Writes. An error undoes what this command wrote, and only that.
    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Done, StoreError>> + Send;
}

/// The database.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
}

#[derive(Clone)]
enum Pool {
    Sqlite { readers: SqlitePool, writer: SqlitePool },
    Postgres(PgPool),
}

impl Store {
    /// A connection for reading.
    ///
    /// # Errors
    /// When none can be had in time.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        Ok(match &self.pool {
            Pool::Sqlite { readers, .. } => Reader::Sqlite(readers.acquire().await?),
            Pool::Postgres(pool) => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// Writes `command` durably and tells what it found. When this returns `Ok`, it is on the disk.
    ///
    /// # Errors
    /// What the command said, or [`StoreError::Busy`] / [`StoreError::CommitUnknown`].
    pub async fn write<C: Command>(&self, command: C) -> Result<C::Done, StoreError> {
        match &self.pool {
            Pool::Sqlite { writer, .. } => {
                let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                let done = command.run(&mut Tx::Sqlite(&mut tx)).await?;
                tx.commit().await?;
                Ok(done)
            }
            Pool::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                let done = command.run(&mut Tx::Postgres(&mut tx)).await?;
                tx.commit().await?;
                Ok(done)
            }
        }
    }
}
