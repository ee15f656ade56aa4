//! A copy of a SQLite database, made while the server runs.

use std::path::Path;

use sqlx::{ConnectOptions, Connection};

use super::{Pool, Store, StoreError};

/// Why no copy was made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something stands there already, and it may be the last good copy.
    #[error("{0} is there already: choose another file")]
    Exists(String),
    /// PostgreSQL has its own tool.
    #[error("a PostgreSQL database is copied by pg_dump, e.g. pg_dump --format=custom --file=FILE \"$DATABASE_URL\"")]
    Postgres,
    /// The path cannot be written in SQL.
    #[error("{0} is not a file name that can be used")]
    Name(String),
    /// The folder or the file cannot be written.
    #[error("{0}: {1}")]
    File(String, #[source] std::io::Error),
    /// The database could not be copied; nothing is left in its place.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the database as it stands at one moment to `file`, whole and compact, and makes sure that it is on the disk. The copy
/// is an ordinary database.
///
/// # Errors
/// [`BackupError`]; an existing file is never overwritten.
pub async fn backup(store: &Store, file: &Path) -> Result<(), BackupError> {
    let Pool::Sqlite { readers, .. } = &*store.pool else { return Err(BackupError::Postgres) };
    let shown = file.display().to_string();
    if file.exists() {
        return Err(BackupError::Exists(shown));
    }
    let Some(name) = file.to_str() else { return Err(BackupError::Name(shown)) };
    // Under another name until it is whole, so that a copy that broke off is never taken for one.
    let partial = format!("{name}.partial");
    let copied = async {
        // Opened for reading like the others, but allowed to write a file that is not the database.
        let options = (*readers.connect_options()).clone().pragma("query_only", "OFF");
        let mut conn = options.connect().await.map_err(StoreError::from)?;
        drop(std::fs::remove_file(&partial));
        sqlx::query("VACUUM INTO $1").bind(&partial).execute(&mut conn).await.map_err(StoreError::from)?;
        conn.close().await.map_err(StoreError::from)?;
        let on_disk = std::fs::File::open(&partial).and_then(|copy| copy.sync_all());
        // A hard link fails where a file stands, which a rename would replace.
        let named = on_disk.and_then(|()| std::fs::hard_link(&partial, file)).and_then(|()| sync_folder(file));
        named.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => BackupError::Exists(shown.clone()),
            _ => BackupError::File(shown.clone(), error),
        })
    };
    let outcome = copied.await;
    drop(std::fs::remove_file(&partial));
    outcome
}

/// The name in the folder has to reach the disk as well.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}
