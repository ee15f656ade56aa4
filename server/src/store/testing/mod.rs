//! Fresh stores for tests: every story runs on SQLite and, when there is a cluster, on PostgreSQL.
//!
//! Unit tests reach it as `crate::store::testing`. A test program under `server/tests` includes it as
//! `#[path = "../src/store/testing/mod.rs"] mod testing;` and has `use server::store::*;` at its root.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests and benches of other programs include this folder too")]

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};

use super::{Store, StoreConfig, Tx};

pub mod shop;

/// Names the cluster in which tests make their databases, e.g. `postgres://postgres@127.0.0.1:5432/postgres`.
const CLUSTER: &str = "SHOUMA_TEST_POSTGRES";

/// An empty, migrated database of its own. It is removed when this is dropped.
pub struct TestStore {
    /// The store.
    pub store: Store,
    /// `sqlite` or `postgres`, for messages.
    pub engine: &'static str,
    /// How the store was opened.
    pub config: StoreConfig,
    _place: Place,
}

/// A connection past the store, on which every statement commits by itself: for setting scenes, and for breaking things.
pub enum Bare {
    /// SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Postgres(PgConnection),
}

impl Bare {
    /// The connection as the store's functions take it.
    pub fn tx(&mut self) -> Tx<'_> {
        match self {
            Bare::Sqlite(conn) => Tx::Sqlite(conn),
            Bare::Postgres(conn) => Tx::Postgres(conn),
        }
    }

    /// Runs statements.
    pub async fn run(&mut self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match self {
            Bare::Sqlite(conn) => drop(sqlx::raw_sql(sql).execute(conn).await.unwrap()),
            Bare::Postgres(conn) => drop(sqlx::raw_sql(sql).execute(conn).await.unwrap()),
        }
    }
}

impl TestStore {
    /// A connection past the store.
    pub async fn bare(&self) -> Bare {
        let url = &self.config.database_url;
        match url.strip_prefix("sqlite://") {
            Some(path) => Bare::Sqlite(SqliteConnectOptions::new().filename(path).connect().await.unwrap()),
            None => Bare::Postgres(PgConnectOptions::from_str(url).unwrap().connect().await.unwrap()),
        }
    }
}

enum Place {
    Folder { _folder: tempfile::TempDir },
    Database { cluster: String, name: String },
}

/// A fresh store on each engine that is here.
pub async fn stores() -> Vec<TestStore> {
    let mut stores = vec![sqlite(|_| {}).await];
    stores.extend(postgres(|_| {}).await);
    stores
}

/// A fresh SQLite store with other settings than the usual.
pub async fn sqlite(set: impl FnOnce(&mut StoreConfig)) -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    let mut config = StoreConfig::of_url(format!("sqlite://{}", folder.path().join("test.db").display()));
    set(&mut config);
    let store = Store::open(&config).await.unwrap();
    TestStore { store, engine: "sqlite", config, _place: Place::Folder { _folder: folder } }
}

/// A fresh PostgreSQL store, or `None` where there is no cluster. Under `CI` there must be one.
pub async fn postgres(set: impl FnOnce(&mut StoreConfig)) -> Option<TestStore> {
    let place = empty_database().await?;
    let Place::Database { cluster, name } = &place else { return None };
    let (server, _) = cluster.rsplit_once('/').unwrap();
    let mut config = StoreConfig::of_url(format!("{server}/{name}"));
    config.connections = 8;
    set(&mut config);
    Store::migrate(&config.database_url).await.unwrap();
    let store = Store::open(&config).await.unwrap();
    Some(TestStore { store, engine: "postgres", config, _place: place })
}

/// A PostgreSQL database without tables; `None` where there is no cluster.
async fn empty_database() -> Option<Place> {
    let Ok(cluster) = std::env::var(CLUSTER) else {
        assert!(std::env::var("CI").is_err(), "{CLUSTER} must name a PostgreSQL cluster under CI");
        println!("PostgreSQL is left out: {CLUSTER} names no cluster");
        return None;
    };
    let name = format!("shouma_test_{}", uuid::Uuid::now_v7().simple());
    run(&cluster, format!("CREATE DATABASE {name}")).await;
    Some(Place::Database { cluster, name })
}

async fn run(cluster: &str, sql: String) {
    let mut conn = PgConnectOptions::from_str(cluster).unwrap().connect().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

impl Drop for Place {
    fn drop(&mut self) {
        let Place::Database { cluster, name } = self else { return };
        let (cluster, sql) = (cluster.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // A drop cannot wait for a future on the test's own runtime.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&cluster, sql));
        });
        drop(dropped.join());
    }
}
