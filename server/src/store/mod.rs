//! Storage: the only place that speaks SQL. One text serves SQLite and PostgreSQL.
//!
//! Reading: `let mut conn = store.read().await?; payments::load(&mut conn.tx(), ..)`. Writing: `store.write(command)`, where the
//! command is re-runnable and makes no outside calls, because the writer owns the transaction and may run it again.

pub mod accounts;
pub mod audit;
pub mod backup;
pub mod bindings;
pub mod codes;
pub mod concerns;
pub mod doors;
pub mod forms;
pub mod inbox;
pub mod ledger;
pub mod letters;
pub mod listeners;
pub mod made_codes;
pub mod managers;
pub mod meta;
pub mod numbers;
pub mod oauth_states;
pub mod one_time_codes;
pub mod outbox;
pub mod overview;
pub mod payments;
pub mod photos;
pub mod postings;
pub mod reach;
pub mod receipts;
pub mod receivables;
pub mod reminders;
pub mod return_mailbox;
pub mod rollups;
pub mod search;
pub mod sessions;
pub mod sightings;
pub mod stores;
pub mod tenants;
pub mod text_days;
pub mod tokens;
pub mod verify;

use std::future::Future;
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

mod claim;
mod dialect;
mod migrate;
mod open;
#[cfg(test)]
pub(crate) mod testing;
mod transact;
mod words;
mod writer;
mod written;

use open::Address;
pub use open::{OpenError, StoreConfig};
use transact::Transactor;
use writer::Writer;

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
    /// The command panicked; nothing of it was written.
    #[error("a command panicked: {0}")]
    Panicked(String),
    /// The store was opened for reading.
    #[error("the store was opened for reading")]
    ReadOnly,
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
            // No connection came free in time, or the store ends.
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => StoreError::Busy,
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

/// A connection that sees the database as it stood at one moment.
pub enum Snapshot {
    /// SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Snapshot {
    /// The connection as the store's functions take it.
    pub fn tx(&mut self) -> Tx<'_> {
        match self {
            Snapshot::Sqlite(tx) => Tx::Sqlite(tx),
            Snapshot::Postgres(tx) => Tx::Postgres(tx),
        }
    }
}

/// Something to write, all of it or nothing. It may be run more than once, so it makes no outside calls and draws no
/// random numbers: identities and moments are part of it.
///
/// A statement that failed fails the command: it must not be overlooked, because PostgreSQL counts nothing after it. Where a
/// row may be there already, say `ON CONFLICT DO NOTHING` and look at `rows_affected`.
pub trait Command: Send + Sync + 'static {
    /// What the caller learns when it is committed.
    type Done: Send + 'static;

    /// Writes. An error undoes what this command wrote, and only that.
    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Done, StoreError>> + Send;
}

/// The database. Clones share it.
#[derive(Clone)]
pub struct Store {
    pool: Arc<Pool>,
}

enum Pool {
    Sqlite {
        readers: SqlitePool,
        /// Nothing when the file was opened only for reading.
        writer: Option<Writer>,
    },
    Postgres(Transactor),
}

impl Store {
    /// Opens the database. A SQLite file is made when there is none, and brought to the present shape; PostgreSQL is migrated
    /// only by [`Store::migrate`], because several instances share it.
    ///
    /// # Errors
    /// [`OpenError`], one line for the person who started the program.
    pub async fn open(config: &StoreConfig) -> Result<Store, OpenError> {
        let pool = match config.database_url.parse()? {
            Address::Sqlite(path) => {
                let (readers, writer) = writer::start(open::sqlite(&path, config).await?, config);
                Pool::Sqlite { readers, writer: Some(writer) }
            }
            Address::Postgres(options) => Pool::Postgres(Transactor::new(open::postgres(*options, config).await?, config.queue)),
        };
        Ok(Store { pool: Arc::new(pool) })
    }

    /// Opens the database for one command of an operator, also beside a running server: nothing is made or migrated.
    ///
    /// # Errors
    /// [`OpenError`]; on SQLite also while another operator's command runs.
    pub async fn open_beside(config: &StoreConfig) -> Result<Store, OpenError> {
        let pool = match config.database_url.parse()? {
            Address::Sqlite(path) => {
                let (readers, writer) = writer::start(open::sqlite_beside(&path, config).await?, config);
                Pool::Sqlite { readers, writer: Some(writer) }
            }
            Address::Postgres(options) => Pool::Postgres(Transactor::new(open::postgres(*options, config).await?, config.queue)),
        };
        Ok(Store { pool: Arc::new(pool) })
    }

    /// Opens the database for reading, also beside a running server: `shouma verify` and `shouma backup`.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is made and nothing is migrated.
    pub async fn open_for_reading(config: &StoreConfig) -> Result<Store, OpenError> {
        let pool = match config.database_url.parse()? {
            Address::Sqlite(path) => Pool::Sqlite { readers: open::sqlite_for_reading(&path, config).await?, writer: None },
            Address::Postgres(options) => Pool::Postgres(Transactor::new(open::postgres(*options, config).await?, config.queue)),
        };
        Ok(Store { pool: Arc::new(pool) })
    }

    /// Brings the database at `database_url` to the present shape: `shouma migrate`.
    ///
    /// # Errors
    /// [`OpenError`], one line for the person who started the program.
    pub async fn migrate(database_url: &str) -> Result<(), OpenError> {
        open::migrate(database_url.parse()?).await
    }

    /// Ends the store: what waits is written, then the connections close and the lock is free. Later writes are refused.
    pub async fn close(&self) {
        match &*self.pool {
            Pool::Sqlite { readers, writer } => {
                if let Some(writer) = writer {
                    writer.close().await;
                }
                readers.close().await;
            }
            Pool::Postgres(transactor) => transactor.close().await,
        }
    }

    /// Whether other instances may write to the same database.
    pub fn has_other_instances(&self) -> bool {
        matches!(*self.pool, Pool::Postgres(_))
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When none can be had in time.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        Ok(match &*self.pool {
            Pool::Sqlite { readers, .. } => Reader::Sqlite(readers.acquire().await?),
            Pool::Postgres(transactor) => Reader::Postgres(transactor.pool.acquire().await?),
        })
    }

    /// Everything as it stands at one moment, however long the reading takes. It holds space in the database until it is
    /// dropped.
    ///
    /// # Errors
    /// When no connection can be had in time.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match &*self.pool {
            Pool::Sqlite { readers, .. } => Ok(Snapshot::Sqlite(readers.begin().await?)),
            Pool::Postgres(transactor) => {
                let mut tx = transactor.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                // Who reads everything takes longer than any request may.
                sqlx::raw_sql("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
                    .execute(&mut *tx)
                    .await?;
                Ok(Snapshot::Postgres(tx))
            }
        }
    }

    /// Writes `command` durably and tells what it found. When this returns `Ok`, it is on the disk. The command runs to its
    /// end even when the caller stops waiting.
    ///
    /// # Errors
    /// What the command said, or [`StoreError::Busy`] / [`StoreError::CommitUnknown`] / [`StoreError::Panicked`].
    pub async fn write<C: Command>(&self, command: C) -> Result<C::Done, StoreError> {
        match &*self.pool {
            Pool::Sqlite { writer: Some(writer), .. } => writer.write(command).await,
            Pool::Sqlite { writer: None, .. } => Err(StoreError::ReadOnly),
            Pool::Postgres(transactor) => transactor.write(command).await,
        }
    }
}

#[cfg(test)]
mod tests;
