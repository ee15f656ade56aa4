//! What a write promises: all of it or nothing, the right answer to the right caller, and never a wait without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::Notify;

use super::{Run, postgres, sqlite, stores};
use crate::store::*;

/// Puts one mark and then does what its kind says.
#[derive(Clone)]
struct Mark {
    name: String,
    then: Then,
}

#[derive(Clone)]
enum Then {
    Succeed,
    Refuse,
    Panic,
    /// Reports that it runs, and goes on when told.
    Wait(Arc<Notify>, Arc<Notify>),
    /// Overlooks a statement that failed.
    Overlook,
    /// Loses its connection (once).
    LoseConnection(Arc<AtomicBool>),
}

impl Command for Mark {
    type Done = String;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<String, StoreError> {
        let sql = "INSERT INTO meta (name, value) VALUES ($1, 'x')";
        on!(tx, |db| sqlx::query(sql).bind(&self.name).execute(db).await.map(drop))?;
        match &self.then {
            Then::Succeed => {}
            Then::Refuse => return Err(StoreError::Stale),
            Then::Panic => panic!("a rule was broken"),
            Then::Wait(runs, go) => {
                runs.notify_one();
                go.notified().await;
            }
            Then::Overlook => {
                let again = on!(tx, |db| sqlx::query(sql).bind(&self.name).execute(db).await.map(drop));
                assert!(again.is_err());
            }
            Then::LoseConnection(lost) if !lost.swap(true, Ordering::SeqCst) => {
                on!(tx, |db| sqlx::raw_sql("SELECT pg_terminate_backend(pg_backend_pid())").execute(db).await.map(drop))?;
            }
            Then::LoseConnection(_) => {}
        }
        Ok(self.name.clone())
    }
}

fn mark(name: impl Into<String>, then: Then) -> Mark {
    Mark { name: name.into(), then }
}

async fn marks(store: &Store) -> Vec<String> {
    let mut reader = store.read().await.unwrap();
    let rows: Vec<(String,)> =
        on!(&mut reader.tx(), |db| sqlx::query_as("SELECT name FROM meta ORDER BY name").fetch_all(db).await).unwrap();
    rows.into_iter().map(|(name,)| name).collect()
}

#[tokio::test]
async fn a_command_that_fails_undoes_itself_and_nobody_else() {
    for test in stores().await {
        let store = &test.store;
        let (runs, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let first = tokio::spawn({
            let (store, command) = (store.clone(), mark("00", Then::Wait(runs.clone(), go.clone())));
            async move { store.write(command).await }
        });
        runs.notified().await;
        // On SQLite these gather behind the first one and become one batch.
        let kinds = [Then::Succeed, Then::Refuse, Then::Succeed, Then::Panic, Then::Succeed, Then::Refuse];
        let rest = kinds.into_iter().enumerate().map(|(i, then)| store.write(mark(format!("{:02}", i + 1), then)));
        let (answers, ()) = tokio::join!(futures::future::join_all(rest), async { go.notify_one() });
        assert_eq!(first.await.unwrap().unwrap(), "00");
        let said: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_or_else(ToString::to_string, Clone::clone)).collect();
        let refused = "changed meanwhile";
        assert_eq!(said, ["01", refused, "03", "a command panicked: a rule was broken", "05", refused], "{}", test.engine);
        assert_eq!(marks(store).await, ["00", "01", "03", "05"], "{}", test.engine);
    }
}

#[tokio::test]
async fn each_command_sees_those_before_it_and_runs_once() {
    struct Count(Arc<AtomicU32>);
    impl Command for Count {
        type Done = i64;
        async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let (count,): (i64,) = on!(tx, |db| sqlx::query_as("SELECT COUNT(*) FROM meta").fetch_one(db).await)?;
            on!(tx, |db| sqlx::query("INSERT INTO meta (name, value) VALUES ($1, '')")
                .bind(count.to_string())
                .execute(db)
                .await
                .map(drop))?;
            Ok(count)
        }
    }
    let test = sqlite(|config| config.batch = 64).await;
    let runs = Arc::new(AtomicU32::new(0));
    let answers = futures::future::join_all((0..500).map(|_| test.store.write(Count(runs.clone())))).await;
    let mut seen: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..500).collect::<Vec<_>>(), "each saw the ones before it");
    assert_eq!(runs.load(Ordering::SeqCst), 500, "nothing was run twice");
}

#[tokio::test]
async fn more_than_may_wait_is_told_to_come_back_at_once() {
    let small = |config: &mut StoreConfig| config.queue = 2;
    let mut tests = vec![sqlite(small).await];
    tests.extend(postgres(small).await);
    for test in tests {
        let store = &test.store;
        let (runs, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let blocked = store.write(mark("00", Then::Wait(runs.clone(), go.clone())));
        let crowd = async {
            runs.notified().await;
            // One runs already. SQLite's queue takes two more; PostgreSQL's bound includes the one that runs.
            let crowd = (1..=4).map(|i| store.write(mark(format!("{i:02}"), Then::Succeed)));
            let (answers, ()) = tokio::join!(futures::future::join_all(crowd), async { go.notify_one() });
            answers
        };
        let (first, answers) = tokio::join!(blocked, crowd);
        assert!(first.is_ok());
        let busy = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Busy))).count();
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        let expected = if test.engine == "sqlite" { (2, 2) } else { (1, 3) };
        assert_eq!((taken, busy), expected, "{}", test.engine);
        assert_eq!(marks(store).await.len(), 1 + taken, "{}: what was refused is not there", test.engine);
    }
}

#[tokio::test]
async fn closing_writes_what_waits_and_refuses_what_comes_later() {
    for mut test in stores().await {
        let store = test.store.clone();
        let writes = tokio::spawn({
            let store = store.clone();
            async move { futures::future::join_all((0..50).map(|i| store.write(mark(format!("{i:02}"), Then::Succeed)))).await }
        });
        tokio::task::yield_now().await;
        store.close().await;
        let answers = writes.await.unwrap();
        assert!(matches!(store.write(mark("late", Then::Succeed)).await, Err(StoreError::Busy)), "{}", test.engine);
        let acknowledged: Vec<_> = answers.into_iter().filter_map(Result::ok).collect();
        assert!(!acknowledged.is_empty());
        test.store = Store::open(&test.config).await.unwrap();
        assert_eq!(marks(&test.store).await, acknowledged, "{}", test.engine);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_half_done() {
    for test in stores().await {
        let store = &test.store;
        let (runs, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let call = tokio::spawn({
            let (store, command) = (store.clone(), mark("00", Then::Wait(runs.clone(), go.clone())));
            async move { store.write(command).await }
        });
        runs.notified().await;
        call.abort();
        go.notify_one();
        store.write(mark("01", Then::Succeed)).await.unwrap();
        while marks(store).await.len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(marks(store).await, ["00", "01"], "{}", test.engine);
    }
}

#[tokio::test]
async fn a_failed_statement_cannot_be_overlooked_on_postgres() {
    let Some(test) = postgres(|_| {}).await else { return };
    let answer = test.store.write(mark("00", Then::Overlook)).await;
    assert!(matches!(answer, Err(StoreError::Database(_))), "{answer:?}");
    assert!(marks(&test.store).await.is_empty());
}

#[tokio::test]
async fn a_connection_lost_before_the_commit_is_replaced_and_the_command_run_again() {
    let Some(test) = postgres(|_| {}).await else { return };
    let lost = Arc::new(AtomicBool::new(false));
    assert_eq!(test.store.write(mark("00", Then::LoseConnection(lost))).await.unwrap(), "00");
    assert_eq!(marks(&test.store).await, ["00"]);
}

#[tokio::test]
async fn a_commit_without_an_answer_is_unknown() {
    // The server ends the session while it commits.
    if let Some(test) = postgres(|_| {}).await {
        test.store
            .write(Run("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS                  $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;                  CREATE CONSTRAINT TRIGGER die_late AFTER INSERT ON meta DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()"))
            .await
            .unwrap();
        let answer = test.store.write(mark("00", Then::Succeed)).await;
        assert!(matches!(answer, Err(StoreError::CommitUnknown)), "{answer:?}");
        test.store.write(Run("DROP TRIGGER die_late ON meta")).await.unwrap();
        test.store.write(mark("01", Then::Succeed)).await.unwrap();
    }
    // The file refuses at COMMIT, and nobody says whether for good.
    let test = sqlite(|_| {}).await;
    let nobodys = "PRAGMA defer_foreign_keys = ON; INSERT INTO session \
         (token_hash, tenant, account, role, device, created_at_ms, seen_at_ms, expires_at_ms) VALUES (x'00', x'00', x'00', 'manager', '', 0, 0, 0)";
    let answer = test.store.write(Run(nobodys)).await;
    assert!(matches!(answer, Err(StoreError::CommitUnknown)), "{answer:?}");
    test.store.write(mark("01", Then::Succeed)).await.unwrap();
    assert_eq!(marks(&test.store).await, ["01"]);
}

#[tokio::test]
async fn transactions_that_collide_on_postgres_are_run_again() {
    struct Add;
    impl Command for Add {
        type Done = ();
        async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
            let strict = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";
            on!(tx, |db| sqlx::raw_sql(strict).execute(db).await.map(drop))?;
            let sql = "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'n'";
            on!(tx, |db| sqlx::query(sql).execute(db).await.map(drop))?;
            Ok(())
        }
    }
    let Some(test) = postgres(|config| config.connections = 4).await else { return };
    test.store.write(Run("INSERT INTO meta VALUES ('n', '0')")).await.unwrap();
    let answers = futures::future::join_all((0..24).map(|_| test.store.write(Add))).await;
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(done >= 20, "{done} of 24");
    let mut reader = test.store.read().await.unwrap();
    let (value,): (String,) = on!(&mut reader.tx(), |db| sqlx::query_as("SELECT value FROM meta").fetch_one(db).await).unwrap();
    assert_eq!(value, done.to_string());
}
