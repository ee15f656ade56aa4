//! What the store promises as a whole, on both engines.

use super::testing::{postgres, sqlite, stores};
use super::*;

mod concerns;
mod growing;
mod listening;
mod managing;
mod matching;
mod money;
mod office;
mod people;
mod refreshing;
mod searching;
mod verifying;
mod writing;

/// How SQLite goes about it, a line for each step.
async fn plan(store: &Store, sql: &str, bound: &[uuid::Uuid]) -> String {
    let mut reader = store.read().await.unwrap();
    let Tx::Sqlite(db) = reader.tx() else { panic!("only SQLite is asked") };
    let mut query = sqlx::query_as::<sqlx::Sqlite, (i64, i64, i64, String)>(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
    for id in bound {
        query = query.bind(*id);
    }
    let steps = query.fetch_all(db).await.unwrap();
    steps.into_iter().map(|(_, _, _, step)| step).collect::<Vec<_>>().join("\n")
}

struct Run(&'static str);

impl Command for Run {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        on!(tx, |db| sqlx::raw_sql(self.0).execute(db).await.map(drop))?;
        Ok(())
    }
}

const A_TRANSFER: &str = "INSERT INTO transfer (tenant, id, key, debit, credit, amount_fen, payment, booked_at_ms) \
    SELECT id, id, 'pay:1', 'clearing', 'suspense', 100, id, 1 FROM tenant";
const AN_AUDIT_ROW: &str = "INSERT INTO audit (tenant, seq, at_ms, actor, act, subject, detail, prev_hash, hash) \
    SELECT id, 1, 1, 'a', 'b', 'c', 'd', 'e', 'f' FROM tenant";

async fn with_rows(store: &Store) {
    struct Tenant;
    impl Command for Tenant {
        type Done = ();
        async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
            let sql = "INSERT INTO tenant (id, name, is_open, created_at_ms) VALUES ($1, '食堂', TRUE, 1)";
            on!(tx, |db| sqlx::query(sql).bind(uuid::Uuid::nil()).execute(db).await.map(drop))?;
            Ok(())
        }
    }
    store.write(Tenant).await.unwrap();
    store.write(Run(A_TRANSFER)).await.unwrap();
    store.write(Run(AN_AUDIT_ROW)).await.unwrap();
}

#[tokio::test]
async fn the_ledger_and_the_audit_trail_refuse_every_change() {
    let both = [
        "UPDATE transfer SET amount_fen = 1",
        "DELETE FROM transfer",
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "INSERT INTO transfer SELECT * FROM transfer WHERE TRUE ON CONFLICT (tenant, id) DO UPDATE SET amount_fen = 1",
        "INSERT INTO audit SELECT * FROM audit WHERE TRUE ON CONFLICT (tenant, seq) DO UPDATE SET actor = 'x'",
    ];
    let only_sqlite = [
        "INSERT OR REPLACE INTO transfer SELECT * FROM transfer",
        "REPLACE INTO transfer (tenant, id, key, debit, credit, amount_fen, payment, booked_at_ms) \
         SELECT tenant, payment, key, debit, credit, 1, payment, 1 FROM transfer",
        "UPDATE OR REPLACE transfer SET amount_fen = 1",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
    ];
    let only_postgres = [
        "TRUNCATE transfer",
        "TRUNCATE audit",
        "TRUNCATE transfer, audit CASCADE",
        "SET LOCAL session_replication_role = replica; DELETE FROM transfer",
    ];
    for test in stores().await {
        with_rows(&test.store).await;
        let own: &[&str] = if test.engine == "sqlite" { &only_sqlite } else { &only_postgres };
        for sql in both.iter().chain(own) {
            let refused = test.store.write(Run(sql)).await;
            assert!(matches!(refused, Err(StoreError::Database(_))), "{} {sql}: {refused:?}", test.engine);
        }
        let mut reader = test.store.read().await.unwrap();
        for sql in ["SELECT amount_fen FROM transfer", "SELECT seq FROM audit"] {
            let rows: Vec<(i64,)> = on!(&mut reader.tx(), |db| sqlx::query_as(sql).fetch_all(db).await).unwrap();
            assert!(rows == [(100,)] || rows == [(1,)], "{} {sql}: {rows:?}", test.engine);
        }
    }
}

#[tokio::test]
async fn a_second_process_is_refused_by_the_name_of_the_lock() {
    let test = sqlite(|_| {}).await;
    let refused = Store::open(&test.config).await.err().unwrap();
    assert!(matches!(&refused, OpenError::Locked(path) if path.ends_with("test.db.lock")), "{refused}");
    assert!(refused.to_string().contains("test.db.lock"));
    Store::open_for_reading(&test.config).await.unwrap();
}

#[tokio::test]
async fn a_connection_for_reading_cannot_write() {
    let test = sqlite(|_| {}).await;
    let mut reader = test.store.read().await.unwrap();
    let refused = on!(&mut reader.tx(), |db| sqlx::raw_sql("DELETE FROM tenant").execute(db).await.map(drop));
    assert!(refused.is_err());
}

#[tokio::test]
async fn opening_again_keeps_what_is_there_and_its_guards() {
    let mut test = sqlite(|_| {}).await;
    with_rows(&test.store).await;
    test.store.close().await;
    test.store = Store::open(&test.config).await.unwrap();
    assert!(test.store.write(Run("DELETE FROM transfer")).await.is_err());
}

#[tokio::test]
async fn what_is_not_a_database_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let inside_a_file = format!("sqlite://{}/file/x.db", folder.path().display());
    let table = [
        ("mysql://u:secret@h/db", "DATABASE_URL must be sqlite://PATH or postgres://..., not \"mysql://u:***@h/db\""),
        ("sqlite::memory:", "DATABASE_URL must be sqlite://PATH or postgres://..., not \"sqlite::memory:\""),
        ("sqlite://a.db?mode=ro", "DATABASE_URL must be sqlite://PATH or postgres://..., not \"sqlite://a.db?mode=ro\""),
        (&inside_a_file, "file: File exists"),
    ];
    for (url, expected) in table {
        let said = Store::open(&StoreConfig::of_url(url)).await.err().unwrap().to_string();
        assert!(said.contains(expected), "{url}: {said}");
        assert!(!said.contains('\n'));
    }
}

#[tokio::test]
async fn postgres_is_not_opened_before_it_is_migrated_nor_when_it_may_lose_commits() {
    let Some(test) = postgres(|_| {}).await else { return };
    test.store.close().await;
    let unsafe_url = format!("{}?options=-csynchronous_commit%3Doff", test.config.database_url);
    let said = Store::open(&StoreConfig::of_url(unsafe_url)).await.err().unwrap().to_string();
    assert!(said.contains("synchronous_commit = off"), "{said}");
    Store::migrate(&test.config.database_url).await.unwrap();
    let store = Store::open(&test.config).await.unwrap();
    store.write(Run("DROP TABLE _sqlx_migrations")).await.unwrap();
    store.close().await;
    let said = Store::open(&test.config).await.err().unwrap().to_string();
    assert!(said.contains("run shouma migrate"), "{said}");
}
