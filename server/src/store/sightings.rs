//! What diagnosis knows of the world outside: the last time that each kind of thing was seen, by any instance.

use domain::diagnosis::OrdersRefused;
use domain::payment::AttemptKind;
use domain::{ChannelCode, Millis};

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
    /// What asking the channel for orders brought: [`FINE`] or a channel code's key, with the moment since when.
    Orders(AttemptKind),
}

/// The word for what is as it should be.
const FINE: &str = "fine";

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Kind::Notice => "notice",
            Kind::NoticeRefused => "notice_refused",
            Kind::SignIn => "sign_in",
            Kind::Wallet => "wallet",
            Kind::WalletFailed => "wallet_failed",
            Kind::Probe => "probe",
            Kind::Orders(AttemptKind::Jsapi) => "order_jsapi",
            Kind::Orders(AttemptKind::Native) => "order_native",
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

/// Notes what asking the channel for an order brought.
pub struct NoteOrders {
    /// Which order.
    pub product: AttemptKind,
    /// Why it was refused, where the reason is one of the merchant's account; `None` when it was taken.
    pub refused: Option<ChannelCode>,
    /// When.
    pub now: Millis,
}

/// What a note about orders changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing.
    Same,
    /// They are refused from now on, or for another reason.
    Refused,
    /// They are taken again.
    Taken,
}

impl NoteOrders {
    /// The word to keep.
    pub fn word(&self) -> &'static str {
        self.refused.map_or(FINE, ChannelCode::key)
    }
}

impl Command for NoteOrders {
    type Done = Turn;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Turn, StoreError> {
        let was_refused = refused(tx, self.product).await?.is_some();
        let is_new = turn(tx, self.product, self.word(), self.now).await?;
        if self.refused.is_some() {
            return Ok(if is_new { Turn::Refused } else { Turn::Same });
        }
        // A reason of the whole account is over for the other product too, although nobody has tried it since.
        let other = match self.product {
            AttemptKind::Jsapi => AttemptKind::Native,
            AttemptKind::Native => AttemptKind::Jsapi,
        };
        let is_over = refused(tx, other).await?.is_some_and(|refused| !refused.code.is_about_product());
        let is_over = is_over && turn(tx, other, FINE, self.now).await?;
        Ok(if is_over || (is_new && was_refused) { Turn::Taken } else { Turn::Same })
    }
}

/// Keeps the word with the moment since when it holds. Answers whether it is another one than before.
async fn turn(tx: &mut Tx<'_>, product: AttemptKind, word: &str, now: Millis) -> Result<bool, StoreError> {
    let kind = Kind::Orders(product).word();
    let sql = "INSERT INTO sighting (kind, word, at_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (kind) DO UPDATE SET word = excluded.word, at_ms = excluded.at_ms \
         WHERE excluded.at_ms >= sighting.at_ms AND excluded.word <> sighting.word";
    on!(tx, |db| sqlx::query(sql).bind(kind).bind(word).bind(now.get()).execute(db).await.map(|done| done.rows_affected() == 1))
        .map_err(StoreError::from)
}

async fn refused(tx: &mut Tx<'_>, product: AttemptKind) -> Result<Option<OrdersRefused>, StoreError> {
    let seen = last(tx, Kind::Orders(product)).await?;
    Ok(seen.and_then(|Sighting { word, at_ms }| Some(OrdersRefused { product, code: ChannelCode::of_key(&word)?, since_ms: at_ms })))
}

/// That the channel refuses orders for a reason of the merchant's account, where it does: those inside WeChat first.
pub async fn orders_refused(tx: &mut Tx<'_>) -> Result<Option<OrdersRefused>, StoreError> {
    match refused(tx, AttemptKind::Jsapi).await? {
        Some(found) => Ok(Some(found)),
        None => refused(tx, AttemptKind::Native).await,
    }
}
