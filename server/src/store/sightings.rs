//! What diagnosis knows of the world outside: the last time that each kind of thing was seen, by any instance.

use domain::Millis;

use super::{Command, StoreError, Tx, on};

/// A kind of thing that is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A notice that was believed.
    Notice,
    /// A notice that was refused although it is proven to come from the channel.
    NoticeRefused,
    /// What exchanging a payer's sign-in code brought.
    SignIn,
    /// What a payer's wallet said of us.
    Wallet,
    /// A payer's wallet that failed without saying why.
    WalletFailed,
    /// A write of diagnosis itself.
    Probe,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Kind::Notice => "notice",
            Kind::NoticeRefused => "notice_refused",
            Kind::SignIn => "sign_in",
            Kind::Wallet => "wallet",
            Kind::WalletFailed => "wallet_failed",
            Kind::Probe => "probe",
        }
    }
}

/// The last time that something was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// What it was like.
    pub word: String,
    /// When.
    pub at_ms: Millis,
}

/// Notes that something was seen.
pub struct Note {
    /// What kind of thing.
    pub kind: Kind,
    /// What it was like.
    pub word: &'static str,
    /// When.
    pub now: Millis,
}

impl Command for Note {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO sighting (kind, word, at_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (kind) DO UPDATE SET word = excluded.word, at_ms = excluded.at_ms WHERE excluded.at_ms >= sighting.at_ms";
        on!(tx, |db| sqlx::query(sql).bind(self.kind.word()).bind(self.word).bind(self.now.get()).execute(db).await.map(drop))
            .map_err(StoreError::from)
    }
}

/// The last time that this was seen, if ever.
pub async fn last(tx: &mut Tx<'_>, kind: Kind) -> Result<Option<Sighting>, StoreError> {
    let row: Option<(String, i64)> =
        on!(tx, |db| sqlx::query_as("SELECT word, at_ms FROM sighting WHERE kind = $1").bind(kind.word()).fetch_optional(db).await)?;
    Ok(row.map(|(word, at_ms)| Sighting { word, at_ms: Millis::of(at_ms) }))
}
