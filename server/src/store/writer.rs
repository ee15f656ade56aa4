//! SQLite's one writer: it takes what waits, runs it in one transaction, commits once, and answers then.
//!
//! One commit costs one or two waits for the disk, however much it carries; so under load commands share it (performance 4.1).

use std::any::Any;
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::open::{OpenSqlite, StoreConfig};
use super::{Command, StoreError, Tx};

/// The queue before the writer, and the way to end it.
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Waiting>>,
    task: Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>,
}

impl Writer {
    /// Starts the writer on a connection; the lock on the file is its own until the connection is closed. It has a thread to
    /// itself: every statement waits for SQLite's thread, and a thread that sleeps is woken sooner than a runtime that does.
    pub fn start(conn: SqliteConnection, options: SqliteConnectOptions, lock: File, config: &StoreConfig) -> Writer {
        let (queue, waiting) = mpsc::channel(config.queue.max(1));
        let (stop, stopped) = oneshot::channel();
        let desk = Desk { conn: Some(conn), options, _lock: lock };
        let (ending, ended) = oneshot::channel();
        let (runtime, most) = (Handle::current(), config.batch.max(1));
        std::thread::spawn(move || {
            let _runtime = runtime.enter();
            block_on(desk.serve(waiting, stopped, most));
            // Nobody may wait for the end any more.
            let _ = ending.send(());
        });
        Writer { queue, task: Mutex::new(Some((stop, ended))) }
    }

    /// Queues `command` and waits until it is committed or refused.
    pub async fn write<C: Command>(&self, command: C) -> Result<C::Done, StoreError> {
        let (answer, answered) = oneshot::channel();
        if self.queue.try_send(Box::new(Request { command, done: None, answer })).is_err() {
            metrics::counter!("shouma_store_busy_total").increment(1);
            return Err(StoreError::Busy);
        }
        // A writer that ended without answering was torn away with the runtime.
        answered.await.unwrap_or(Err(StoreError::CommitUnknown))
    }

    /// Writes what waits and ends; nothing more is taken.
    pub async fn close(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, ended)) = task {
            drop(stop);
            drop(ended.await);
        }
    }
}

/// A command on its way, whatever it answers.
trait Waiting: Send {
    /// Runs the command and keeps what it found. It may be called again; the last run counts.
    fn run<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Tells the caller what became of it.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Request<C: Command> {
    command: C,
    done: Option<C::Done>,
    answer: oneshot::Sender<Result<C::Done, StoreError>>,
}

impl<C: Command> Waiting for Request<C> {
    fn run<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.done = None;
            self.done = Some(unpanicked(self.command.run(tx)).await?);
            Ok(())
        }
        .boxed()
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Request { done, answer, .. } = *self;
        // A caller that went away is not told.
        drop(answer.send(outcome.and_then(|()| done.ok_or(StoreError::CommitUnknown))));
    }
}

/// Runs `command` so that its panic becomes its own error.
pub(super) async fn unpanicked<T>(command: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    AssertUnwindSafe(command).catch_unwind().await.unwrap_or_else(|panic| Err(StoreError::Panicked(words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}

/// One command of a batch and its own failure, if it has one.
struct Entry {
    waiting: Box<dyn Waiting>,
    failed: Option<StoreError>,
}

/// Why a whole batch was not committed.
enum Broken {
    /// Nothing of it was written.
    Unwritten(sqlx::Error),
    /// The commit failed in a way that leaves its outcome open.
    Unknown(sqlx::Error),
}

/// The writer's own place: the connection, how to make another one, and the lock.
struct Desk {
    conn: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    _lock: File,
}

impl Desk {
    async fn serve(mut self, mut queue: mpsc::Receiver<Box<dyn Waiting>>, mut stopped: oneshot::Receiver<()>, most: usize) {
        let mut taken = Vec::new();
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                count = queue.recv_many(&mut taken, most) => {
                    if count == 0 {
                        break;
                    }
                    measure(count, queue.len());
                    let batch = taken.drain(..).map(|waiting| Entry { waiting, failed: None }).collect();
                    self.write(batch).await;
                }
                _ = &mut stopped, if !stopping => {
                    stopping = true;
                    queue.close();
                }
            }
        }
        if let Some(conn) = self.conn.take() {
            drop(conn.close().await);
        }
    }

    /// Writes `batch` and answers each of its commands.
    async fn write(&mut self, mut batch: Vec<Entry>) {
        let written = match self.connection().await {
            Ok(conn) => commit_together(conn, &mut batch).await,
            Err(error) => Err(Broken::Unwritten(error)),
        };
        let broken = written.err();
        if let Some(Broken::Unwritten(error) | Broken::Unknown(error)) = &broken {
            tracing::error!(%error, commands = batch.len(), "a batch was not committed");
            self.give_up_connection().await;
        }
        for Entry { waiting, failed } in batch {
            waiting.answer(match (failed, &broken) {
                (Some(own), _) => Err(own),
                (None, None) => Ok(()),
                (None, Some(Broken::Unwritten(_))) => Err(StoreError::Busy),
                (None, Some(Broken::Unknown(_))) => Err(StoreError::CommitUnknown),
            });
        }
    }

    async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.options.connect().await?,
        };
        Ok(self.conn.insert(conn))
    }

    /// What a failed commit left behind is not trusted; a fresh connection sees only what is in the file.
    async fn give_up_connection(&mut self) {
        if let Some(conn) = self.conn.take() {
            drop(conn.close().await);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs all of `batch` in one transaction. Only when one of them fails is everything undone and run again with a savepoint
/// for each, because savepoints cost two statements more for every command and failures are rare.
async fn commit_together(conn: &mut SqliteConnection, batch: &mut [Entry]) -> Result<(), Broken> {
    execute(conn, "BEGIN IMMEDIATE").await.map_err(Broken::Unwritten)?;
    if !run_all(conn, batch).await {
        // Some failures end the transaction by themselves; then there is nothing to roll back, and BEGIN below tells.
        drop(execute(conn, "ROLLBACK").await);
        if let [_] = batch {
            return Ok(());
        }
        execute(conn, "BEGIN IMMEDIATE").await.map_err(Broken::Unwritten)?;
        run_each(conn, batch).await.map_err(Broken::Unwritten)?;
    }
    let started = Instant::now();
    execute(conn, "COMMIT").await.map_err(Broken::Unknown)?;
    metrics::histogram!("shouma_store_commit_seconds").record(started.elapsed());
    Ok(())
}

/// Runs the commands until one fails; true when none did.
async fn run_all(conn: &mut SqliteConnection, batch: &mut [Entry]) -> bool {
    for entry in batch {
        entry.failed = entry.waiting.run(&mut Tx::Sqlite(conn)).await.err();
        if entry.failed.is_some() {
            return false;
        }
    }
    true
}

/// Runs every command, undoing those that fail. An error means that the transaction itself is gone.
async fn run_each(conn: &mut SqliteConnection, batch: &mut [Entry]) -> Result<(), sqlx::Error> {
    for entry in batch {
        execute(conn, "SAVEPOINT command").await?;
        entry.failed = entry.waiting.run(&mut Tx::Sqlite(conn)).await.err();
        if entry.failed.is_some() {
            execute(conn, "ROLLBACK TO command").await?;
        }
        execute(conn, "RELEASE command").await?;
    }
    Ok(())
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(conn).await.map(drop)
}

fn measure(taken: usize, left: usize) {
    metrics::histogram!("shouma_store_batch_commands").record(taken as f64);
    metrics::gauge!("shouma_store_queue").set(left as f64);
}

/// Starts the writer of an opened file and hands back what reads.
pub(super) fn start(opened: OpenSqlite, config: &StoreConfig) -> (sqlx::SqlitePool, Writer) {
    let OpenSqlite { writer, options, readers, lock } = opened;
    (readers, Writer::start(writer, options, lock, config))
}
