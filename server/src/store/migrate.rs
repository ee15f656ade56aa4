//! Brings a database to the shape that this program expects, and tells whether it has it.

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{PgConnection, SqlSafeStr, SqliteConnection};

use super::open::OpenError;

/// Every step from an empty database to the present shape, in order. A published step is never edited.
const STEPS: [(i64, &str, &str); 19] = [
    (1, "ground", include_str!("../../migrations/0001_ground.sql")),
    (2, "concern", include_str!("../../migrations/0002_concern.sql")),
    (3, "sign_in", include_str!("../../migrations/0003_sign_in.sql")),
    (4, "messages", include_str!("../../migrations/0004_messages.sql")),
    (5, "receipts", include_str!("../../migrations/0005_receipts.sql")),
    (6, "receivables", include_str!("../../migrations/0006_receivables.sql")),
    (7, "sms", include_str!("../../migrations/0007_sms.sql")),
    (8, "stores", include_str!("../../migrations/0008_stores.sql")),
    (9, "reminders", include_str!("../../migrations/0009_reminders.sql")),
    (10, "returns", include_str!("../../migrations/0010_returns.sql")),
    (11, "numbers", include_str!("../../migrations/0011_numbers.sql")),
    (12, "largest", include_str!("../../migrations/0012_largest.sql")),
    (13, "office", include_str!("../../migrations/0013_office.sql")),
    (14, "growth", include_str!("../../migrations/0014_growth.sql")),
    (15, "payments", include_str!("../../migrations/0015_payments.sql")),
    (16, "doors", include_str!("../../migrations/0016_doors.sql")),
    (17, "text_days", include_str!("../../migrations/0017_text_days.sql")),
    (18, "refund_elsewhere", include_str!("../../migrations/0018_refund_elsewhere.sql")),
    (19, "contact", include_str!("../../migrations/0019_contact.sql")),
];

const TABLE: &str = "_sqlx_migrations";

/// Migrates and puts the guards in place.
pub(super) async fn sqlite(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    steps().run_direct(None, conn, false).await.map_err(not_migratable)?;
    let guards = concat!("BEGIN IMMEDIATE;", include_str!("guards_sqlite.sql"), "COMMIT;");
    sqlx::raw_sql(guards).execute(conn).await?;
    Ok(())
}

/// Migrates and puts the guards in place.
pub(super) async fn postgres(conn: &mut PgConnection) -> Result<(), OpenError> {
    steps().run_direct(None, conn, false).await.map_err(not_migratable)?;
    sqlx::raw_sql(include_str!("guards_postgres.sql")).execute(conn).await?;
    Ok(())
}

/// Refuses a SQLite database that has not got the present shape, without changing it.
pub(super) async fn check_sqlite(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let table: Option<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1").bind(TABLE).fetch_optional(&mut *conn).await?;
    check(conn, table.is_some()).await
}

/// Refuses a PostgreSQL database that has not got the present shape, without changing it.
pub(super) async fn check_postgres(conn: &mut PgConnection) -> Result<(), OpenError> {
    let (exists,): (bool,) = sqlx::query_as("SELECT to_regclass($1) IS NOT NULL").bind(TABLE).fetch_one(&mut *conn).await?;
    check(conn, exists).await
}

async fn check<C: Migrate>(conn: &mut C, has_table: bool) -> Result<(), OpenError> {
    if !has_table || conn.dirty_version(TABLE).await.map_err(not_migratable)?.is_some() {
        return Err(OpenError::NotMigrated);
    }
    let applied = conn.list_applied_migrations(TABLE).await.map_err(not_migratable)?;
    let steps = steps();
    if let Some(unknown) = applied.iter().find(|step| !steps.version_exists(step.version)) {
        return Err(not_migratable(MigrateError::VersionMissing(unknown.version)));
    }
    for step in steps.iter() {
        match applied.iter().find(|known| known.version == step.version) {
            None => return Err(OpenError::NotMigrated),
            Some(known) if known.checksum != step.checksum => return Err(not_migratable(MigrateError::VersionMismatch(step.version))),
            Some(_) => {}
        }
    }
    Ok(())
}

fn steps() -> Migrator {
    let step = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(STEPS.into_iter().map(step).collect())
}

fn not_migratable(error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => OpenError::NewerDatabase { version },
        other => OpenError::Migration(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_migrations_folder_is_a_step() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        let steps: Vec<_> = STEPS.iter().map(|(version, name, _)| format!("{version:04}_{name}.sql")).collect();
        assert_eq!(files, steps);
    }
}
