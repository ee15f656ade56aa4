//! Opens the database that a URL names, and refuses one in which money would not be safe.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, PgConnection, PgPool, SqliteConnection, SqlitePool};

use super::migrate;

/// Older ones can lose a commit in WAL mode when two checkpoints race.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// Which database, and how much may wait for it.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `sqlite://PATH` or `postgres://...`.
    pub database_url: String,
    /// Connections: for reading on SQLite, for everything on PostgreSQL.
    pub connections: u32,
    /// Commands that may wait to be written; one more is answered [`super::StoreError::Busy`] at once.
    pub queue: usize,
    /// Most commands that SQLite's writer commits together.
    pub batch: usize,
}

impl StoreConfig {
    /// The database at `url` with the usual bounds.
    pub fn of_url(url: impl Into<String>) -> StoreConfig {
        StoreConfig { database_url: url.into(), connections: 16, queue: 4096, batch: 1024 }
    }
}

/// Why a database is not opened. Each is one line for the person who started the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names neither engine.
    #[error("DATABASE_URL must be sqlite://PATH or postgres://..., not {0:?}")]
    Url(String),
    /// A folder or file cannot be made or opened.
    #[error("{path}: {source}", path = .path.display())]
    File {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has the same SQLite file open for writing.
    #[error("{path} is locked: another shouma is running on this database", path = .0.display())]
    Locked(PathBuf),
    /// The linked SQLite can lose commits.
    #[error("SQLite {0} can lose commits in WAL mode; 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// The PostgreSQL server may lose what it confirmed.
    #[error("PostgreSQL has {name} = {value}: confirmed payments could be lost; set it to {wanted}")]
    Unsafe {
        /// The setting.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The tables are missing or older than this program.
    #[error("the database does not have the tables of this version: run shouma migrate")]
    NotMigrated,
    /// A newer program migrated the database.
    #[error("the database was migrated by a newer version (step {version}): run that one")]
    NewerDatabase {
        /// The step that this program does not know.
        version: i64,
    },
    /// A migration failed.
    #[error("migration failed: {0}")]
    Migration(#[source] MigrateError),
    /// Anything else that the database says.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

/// A URL that names an engine.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// The file.
    Sqlite(PathBuf),
    /// The server and the database there.
    Postgres(Box<PgConnectOptions>),
}

impl FromStr for Address {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Address, OpenError> {
        let refused = || OpenError::Url(without_password(url));
        if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            // Two connections to a database in memory would be two databases, and nothing there survives.
            let is_file = !path.is_empty() && !path.contains(['?', '#']) && path != ":memory:";
            return if is_file { Ok(Address::Sqlite(path.into())) } else { Err(refused()) };
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(|_| refused())?;
            return Ok(Address::Postgres(Box::new(options)));
        }
        Err(refused())
    }
}

/// SQLite, opened for writing: the one connection that writes, those that read, and the lock that keeps others away.
pub(super) struct OpenSqlite {
    pub writer: SqliteConnection,
    pub options: SqliteConnectOptions,
    pub readers: SqlitePool,
    pub lock: File,
}

/// Opens (and makes, when there is none) the file at `path`, migrates it and puts the guards in place.
pub(super) async fn sqlite(path: &Path, config: &StoreConfig) -> Result<OpenSqlite, OpenError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| OpenError::File { path: folder.into(), source })?;
    }
    let lock = lock_beside(path, ".lock")?;
    let options = writer_options(path);
    let mut writer = options.connect().await?;
    check_version(&mut writer).await?;
    migrate::sqlite(&mut writer).await?;
    Ok(OpenSqlite { writer, options, readers: readers(path, config), lock })
}

/// Opens the file at `path` for an operator's command beside a running server. SQLite lets the two write in turns; the lock
/// only keeps a second such command away.
pub(super) async fn sqlite_beside(path: &Path, config: &StoreConfig) -> Result<OpenSqlite, OpenError> {
    let lock = lock_beside(path, ".operator.lock")?;
    let options = writer_options(path).create_if_missing(false);
    let mut writer = options.connect().await?;
    check_version(&mut writer).await?;
    migrate::check_sqlite(&mut writer).await?;
    Ok(OpenSqlite { writer, options, readers: readers(path, config), lock })
}

/// Opens the file at `path` for reading beside a running server: no lock, nothing is made, migrated or written.
pub(super) async fn sqlite_for_reading(path: &Path, config: &StoreConfig) -> Result<SqlitePool, OpenError> {
    let readers = readers(path, config);
    let mut conn = readers.acquire().await?;
    check_version(&mut conn).await?;
    migrate::check_sqlite(&mut conn).await?;
    drop(conn);
    Ok(readers)
}

/// Opens a pool on a PostgreSQL database that is safe and migrated.
pub(super) async fn postgres(options: PgConnectOptions, config: &StoreConfig) -> Result<PgPool, OpenError> {
    let settings = [("statement_timeout", "10s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "30s")];
    let options = options.application_name("shouma").options(settings).statement_cache_capacity(512).disable_statement_logging();
    let pool =
        PgPoolOptions::new().max_connections(config.connections).acquire_timeout(Duration::from_secs(5)).connect_with(options).await?;
    let mut conn = pool.acquire().await?;
    check_settings(&mut conn).await?;
    migrate::check_postgres(&mut conn).await?;
    drop(conn);
    Ok(pool)
}

/// Migrates the database at `address`, whichever engine it is, and puts the guards in place.
pub(super) async fn migrate(address: Address) -> Result<(), OpenError> {
    match address {
        Address::Sqlite(path) => {
            let opened = sqlite(&path, &StoreConfig::of_url("")).await?;
            opened.readers.close().await;
            sqlx::Connection::close(opened.writer).await?;
        }
        Address::Postgres(options) => {
            let mut conn = options.connect().await?;
            check_settings(&mut conn).await?;
            migrate::postgres(&mut conn).await?;
            sqlx::Connection::close(conn).await?;
        }
    }
    Ok(())
}

/// A connection that writes, with everything on that durability and referential truth need.
fn writer_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // REPLACE deletes without asking the guards unless triggers fire on what it displaces.
        .pragma("recursive_triggers", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-32000")
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(512)
        .disable_statement_logging()
}

fn readers(path: &Path, config: &StoreConfig) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .pragma("query_only", "ON")
        .pragma("temp_store", "MEMORY")
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(256)
        .disable_statement_logging();
    SqlitePoolOptions::new()
        .max_connections(config.connections)
        .acquire_timeout(Duration::from_secs(5))
        // There is no network between us and a file.
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

/// Takes the lock file beside the database. It is a file of its own, because SQLite locks parts of the database itself.
fn lock_beside(path: &Path, ending: &str) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    let path = PathBuf::from(name);
    let failed = |source| OpenError::File { path: path.clone(), source };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(path)),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

async fn check_version(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(conn).await?;
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    let linked = (next(), next(), next());
    if linked < OLDEST_SQLITE { Err(OpenError::OldSqlite(version)) } else { Ok(()) }
}

/// What is confirmed must be on the disk (reliability L9).
async fn check_settings(conn: &mut PgConnection) -> Result<(), OpenError> {
    for (name, refused, wanted) in [
        ("fsync", &["off"][..], "on"),
        ("full_page_writes", &["off"][..], "on"),
        ("synchronous_commit", &["off", "local"][..], "on"),
        ("data_sync_retry", &["on"][..], "off"),
    ] {
        let (value,): (String,) = sqlx::query_as("SELECT current_setting($1)").bind(name).fetch_one(&mut *conn).await?;
        if refused.contains(&value.as_str()) {
            return Err(OpenError::Unsafe { name, value, wanted });
        }
    }
    Ok(())
}

/// The URL as it may stand in a log.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((sign_in, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = sign_in.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:***@{place}")
}
