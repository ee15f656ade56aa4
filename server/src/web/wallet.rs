//! What a payer's wallet answered when the waiting page called it. The page says it in a fixed word with its next question, and
//! diagnosis reads it later: so payers' errors report themselves (row E14).

use domain::diagnosis::WalletSeen;
use domain::payment::{AttemptKind, PaymentState};

use crate::site::Site;
use crate::store::payments::Stored;
use crate::store::sightings::Kind;

/// How long a payment that is settled or closed is still heard of: an old link says nothing about today.
const HEARD_FOR_MS: i64 = 3_600_000;

/// Notes the word. It is a payer's word and may be made up: one that is not of the list is none, only a payment that was handed to
/// a wallet has one to report of, and a payment is heard a few times at most. The next payer's wallet corrects it.
pub fn hear(site: &Site, stored: &Stored, word: &str) {
    let Some(seen) = WalletSeen::of_word(word) else { return };
    let is_over = stored.payment.state != PaymentState::Open && (site.clock)().since_ms(stored.payment.opened_at_ms) > HEARD_FOR_MS;
    let was_handed_out = stored.payment.attempts.iter().any(|attempt| attempt.kind == AttemptKind::Jsapi);
    if is_over || !was_handed_out || !site.sightings.may_report(stored.payment.id) {
        return;
    }
    metrics::counter!("shouma_wallets_total", "said" => seen.word()).increment(1);
    let kind = if seen == WalletSeen::Failed { Kind::WalletFailed } else { Kind::Wallet };
    site.sightings.note(kind, seen.word());
}
