//! The few sentences that SQLite and PostgreSQL do not say alike.

use super::Tx;

/// A text for each engine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Either {
    /// SQLite's.
    pub sqlite: &'static str,
    /// PostgreSQL's.
    pub postgres: &'static str,
}

impl Either {
    /// The one that `tx` understands.
    pub fn of(self, tx: &Tx<'_>) -> &'static str {
        match tx {
            Tx::Sqlite(_) => self.sqlite,
            Tx::Postgres(_) => self.postgres,
        }
    }
}

/// One row per element of the JSON array `$3`, so that a receipt's tokens are one statement: tenant `$1`, scope `$2`, moment `$4`, id `$5`.
pub(super) const INSERT_TOKENS: Either = Either {
    sqlite: "INSERT INTO search_token (tenant, scope, token, at_ms, id) SELECT $1, $2, value, $4, $5 FROM json_each($3)",
    postgres: "INSERT INTO search_token (tenant, scope, token, at_ms, id) \
               SELECT $1, $2, value, $4, $5 FROM jsonb_array_elements_text(CAST($3 AS jsonb)) AS value",
};

/// Waits until nobody else holds the number `$1`, and holds it until the transaction ends (PostgreSQL).
pub(super) const TAKE_TURN: &str = "SELECT pg_advisory_xact_lock($1)";

/// How many rows the whole database has whose references lead nowhere. PostgreSQL cannot have any.
pub(super) const LOST_REFERENCES: Either = Either {
    sqlite: "SELECT COUNT(*) FROM pragma_foreign_key_check",
    postgres: "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated",
};

/// What is wrong with the file itself: `ok`, or the first fault. PostgreSQL keeps checksums of its own.
pub(super) const SOUNDNESS: Either = Either { sqlite: "PRAGMA integrity_check(1)", postgres: "SELECT 'ok'" };
