//! What goes on by itself: asking about attempts, pushing refunds, delivering messages, reminding of debts, taking in roll-ups,
//! refreshing keys.
//!
//! Any number of instances may run these loops: work is shared by the rule of [`crate::leases`].

use std::time::Duration;

use domain::Millis;
use domain::payment::Message;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::desk::REPEATED_MS;
use crate::fresh;
use crate::kept_keys;
use crate::leases::{self, Claim, Work};
use crate::live::{CodeChange, LiveArrival};
use crate::messages::{self, Told};
use crate::site::Site;
use crate::store::payments::{DueAttempt, StoredRefund};
use crate::store::{
    Command, StoreError, Tx, audit, doors, letters, oauth_states, one_time_codes, outbox, payments, photos, postings, receipts, rollups,
    sessions, tokens,
};

/// How long messages that were taken up are left alone by others, and attempts and refunds beside the time of their calls.
const LEASE_MS: i64 = 30_000;

/// Attempts or refunds that are claimed in one go and worked on at once, so that none waits under its lease for another one.
const AT_ONCE: usize = 16;

/// Calls to the channel that an attempt or a refund may need one after the other. An attempt's longest way: it is asked about, closed,
/// and asked about once more because it was paid in that moment. Each answer may be signed with a new certificate, which is fetched then
/// and may take as long again.
const MOST_CALLS: i64 = 3 * 2;

/// How often what has run out is cleared away and keys are refreshed.
const HOUR_MS: u64 = 3_600_000;

/// How often the log is told where the audit trails end.
const DAY_MS: u64 = 24 * HOUR_MS;

/// How often it is looked whether the ticket for pages ends soon: more often than it is replaced early.
const TICKET_MS: u64 = 60_000;

/// How many messages are claimed in one go.
const BATCH: i64 = 64;

/// Starts the loops; they end soon after `stopping` turns true.
pub fn start(site: &Site, stopping: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(every(500, stopping.clone(), site.clone(), |site| Box::pin(async move { ask_about_attempts(&site).await })));
    jobs.spawn(every(500, stopping.clone(), site.clone(), |site| Box::pin(async move { push_refunds(&site).await })));
    jobs.spawn(every(500, stopping.clone(), site.clone(), |site| Box::pin(async move { deliver(&site).await })));
    jobs.spawn(every(500, stopping.clone(), site.clone(), |site| Box::pin(async move { site.messages.round().await })));
    jobs.spawn(every(500, stopping.clone(), site.clone(), |site| Box::pin(async move { site.letters.deliver().await })));
    if site.returns.is_set_up() {
        jobs.spawn(every(1_000, stopping.clone(), site.clone(), |site| Box::pin(async move { site.returns.round().await })));
    }
    if site.reminders.is_set_up() {
        jobs.spawn(every(500, stopping.clone(), site.clone(), |site| Box::pin(async move { site.reminders.round().await })));
    }
    jobs.spawn(every(200, stopping.clone(), site.clone(), |site| Box::pin(async move { take_in(&site).await })));
    jobs.spawn(every(HOUR_MS, stopping.clone(), site.clone(), |site| Box::pin(async move { tidy_up(&site).await })));
    jobs.spawn(every(2_000, stopping.clone(), site.clone(), |site| Box::pin(async move { keep_keys(&site).await })));
    jobs.spawn(every(DAY_MS, stopping.clone(), site.clone(), |site| Box::pin(async move { note_audit_heads(&site).await })));
    if site.config.wechat.as_ref().is_some_and(|wechat| wechat.script_url.is_some()) {
        jobs.spawn(every(TICKET_MS, stopping.clone(), site.clone(), |site| Box::pin(async move { refresh_ticket(&site).await })));
    }
    if site.store.has_other_instances() {
        jobs.spawn(every(500, stopping.clone(), site.clone(), |site| Box::pin(async move { watch_others(&site).await })));
    }
    jobs
}

type Round = std::pin::Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send>>;

/// Runs `round` again and again: at once while it says that there is more, after a pause otherwise. A failing store is asked
/// ever more rarely, at least every ten seconds.
async fn every(pause_ms: u64, mut stopping: watch::Receiver<bool>, site: Site, round: impl Fn(Site) -> Round + Send) {
    let mut failures: u32 = 0;
    while !*stopping.borrow() {
        let pause_ms = match round(site.clone()).await {
            Ok(true) => {
                failures = 0;
                continue;
            }
            Ok(false) => {
                failures = 0;
                pause_ms
            }
            Err(error) => {
                failures = (failures + 1).min(6);
                tracing::error!(%error, "a job failed; it will run again");
                (pause_ms << failures).min(10_000)
            }
        };
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
        }
    }
}

async fn ask_about_attempts(site: &Site) -> Result<bool, StoreError> {
    let ask = |due: DueAttempt| async move {
        let Some(stored) = site.payments.load(due.tenant, due.payment).await? else { return Ok(()) };
        site.payments.ask_or_close(&stored, &due.no).await.map(drop)
    };
    leases::round_of(&site.store, Claim::leased((site.clock)(), lease_ms(call_ms(site))), AT_ONCE, ask).await
}

async fn push_refunds(site: &Site) -> Result<bool, StoreError> {
    let push = |refund: StoredRefund| async move { site.refunds.push(&refund).await };
    leases::round_of(&site.store, Claim::leased((site.clock)(), lease_ms(call_ms(site))), AT_ONCE, push).await
}

/// How long one call to the channel may take.
fn call_ms(site: &Site) -> i64 {
    site.config.wechat.as_ref().map_or(0, |wechat| wechat.timeout_ms.cast_signed())
}

/// How long attempts and refunds that were taken up are left alone by others, where a call may take so long: with the usual limit of
/// 10 s a minute and a half, of which their calls take a minute at most.
pub(crate) const fn lease_ms(call_ms: i64) -> i64 {
    LEASE_MS + MOST_CALLS * call_ms
}

/// Takes what people have to be told. Screens are told live, listeners by messages; what needs a person also goes to the log,
/// where an operator's alarm finds it. An error is the first of what went wrong, after everything was tried.
async fn deliver(site: &Site) -> Result<bool, StoreError> {
    let now = (site.clock)();
    let due = site.store.write(Claim::<outbox::Due>::at(now)).await?;
    let mut is_full = Ok(leases::is_full(due.len(), BATCH));
    for claimed in due {
        announce(&claimed.message);
        let outbox::Due { tenant, id, message, created_at_ms, .. } = claimed;
        let told = site.store.write(Told { tenant, id, message, at: created_at_ms, seed: fresh::uuid(now), now }).await;
        // One that cannot be told keeps no other from being told; it is due again when its lease ends.
        is_full = is_full.and_then(|is_full| told.map(|()| is_full));
    }
    is_full
}

fn announce(message: &Message) {
    match message {
        Message::Arrived { .. } | Message::Refunded { .. } => {}
        Message::ExtraReturning { payment, amount_fen, cause } => {
            metrics::counter!("shouma_alarms_total", "alarm" => "extra_payment").increment(1);
            tracing::warn!(%payment, amount_fen = amount_fen.get(), ?cause, "money came once too often and goes back by itself");
        }
        Message::Mismatch { payment, asked_fen, received_fen } => {
            metrics::counter!("shouma_alarms_total", "alarm" => "amount_mismatch").increment(1);
            tracing::error!(%payment, asked_fen = asked_fen.get(), received_fen = received_fen.get(), "another amount came than was asked; it is held");
        }
        Message::Contradiction { payment, said } => {
            metrics::counter!("shouma_alarms_total", "alarm" => "contradiction").increment(1);
            tracing::error!(%payment, said, "the channel contradicts itself");
        }
        Message::RefundStuck { payment, amount_fen, given_up } => {
            metrics::counter!("shouma_alarms_total", "alarm" => "refund_stuck").increment(1);
            tracing::error!(%payment, amount_fen = amount_fen.get(), given_up, "a refund needs a person");
        }
    }
}

async fn take_in(site: &Site) -> Result<bool, StoreError> {
    const MOST: i64 = 500;
    Ok(site.store.write(rollups::Drain { limit: MOST }).await? >= MOST as usize)
}

/// Tells the streams of this instance what other instances stored. Streams drop what they were told already.
async fn watch_others(site: &Site) -> Result<bool, StoreError> {
    if site.live.listeners() == 0 {
        return Ok(false);
    }
    let since = (site.clock)().plus_ms(-REPEATED_MS / 6);
    let mut conn = site.store.read().await?;
    for (tenant, payee, known) in receipts::all_known_since(&mut conn.tx(), since, 1000).await? {
        site.live.publish(LiveArrival::of_receipt(tenant, payee, known));
    }
    for (tenant, payee, changed_at_ms) in tokens::all_changed_since(&mut conn.tx(), since, 1000).await? {
        site.live.code_changed(CodeChange { tenant, payee, changed_at_ms });
    }
    for token in sessions::ended_since(&mut conn.tx(), since, 1000).await? {
        site.live.ended(token);
    }
    Ok(false)
}

/// Tells how far our clock is from the channel's, and keeps the channel's keys, however they were learned, for a start at which the
/// channel does not answer.
async fn keep_keys(site: &Site) -> Result<bool, StoreError> {
    site.clock_watch.hear(site.payments.channel.clock_off_ms());
    kept_keys::keep(&site.store, site.payments.channel.as_ref()).await?;
    Ok(false)
}

/// Writes to the log where the audit trails end: a log that is shipped elsewhere shows later whether one was replaced.
async fn note_audit_heads(site: &Site) -> Result<bool, StoreError> {
    let mut conn = site.store.read().await?;
    for head in audit::heads(&mut conn.tx()).await? {
        tracing::info!(%head, "the audit trail ends here");
    }
    Ok(false)
}

/// Keeps the ticket by which pages use WeChat's script. Without one payers type what they would have scanned.
async fn refresh_ticket(site: &Site) -> Result<bool, StoreError> {
    if let Err(error) = site.account.refresh_ticket().await {
        tracing::warn!(%error, "WeChat gave no ticket for pages; payers type codes instead of scanning them");
    }
    Ok(false)
}

/// Refreshes the channel's keys and forgets what nobody needs any more.
async fn tidy_up(site: &Site) -> Result<bool, StoreError> {
    site.payments.channel.refresh().await;
    site.store.write(Forget { now: (site.clock)() }).await?;
    Ok(false)
}

struct Forget {
    now: Millis,
}

impl Command for Forget {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let day_ago = self.now.plus_ms(-24 * HOUR_MS.cast_signed());
        sessions::tidy(tx, self.now).await?;
        letters::tidy(tx, self.now).await?;
        one_time_codes::tidy(tx, self.now).await?;
        oauth_states::delete_expired(tx, day_ago).await?;
        doors::delete_untouched(tx, day_ago).await?;
        postings::forget(tx, self.now.plus_ms(-messages::KEPT_MS)).await?;
        photos::delete_unattached(tx, day_ago).await.map(drop)
    }
}

impl Work for DueAttempt {
    const LEASE_MS: i64 = LEASE_MS;
    const BATCH: i64 = AT_ONCE as i64;

    async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<DueAttempt>, StoreError> {
        payments::claim_due(tx, now, lease_until, limit).await
    }
}

impl Work for StoredRefund {
    const LEASE_MS: i64 = LEASE_MS;
    const BATCH: i64 = AT_ONCE as i64;

    async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<StoredRefund>, StoreError> {
        payments::claim_due_refunds(tx, now, lease_until, limit).await
    }
}

impl Work for outbox::Due {
    const LEASE_MS: i64 = LEASE_MS;
    const BATCH: i64 = BATCH;

    async fn claim_due(tx: &mut Tx<'_>, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<outbox::Due>, StoreError> {
        outbox::claim_due(tx, now, lease_until, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_outlasts_the_calls_of_everything_that_was_taken_up_with_it() {
        // The shortest limit of a call, the usual one and the longest.
        for call_ms in [1, 10_000, 60_000] {
            for batch in [DueAttempt::BATCH, StoredRefund::BATCH] {
                let turns = batch.div_euclid(AT_ONCE as i64) + i64::from(batch.rem_euclid(AT_ONCE as i64) > 0);
                assert!(lease_ms(call_ms) > turns * MOST_CALLS * call_ms, "{batch} with calls of {call_ms} ms");
            }
        }
    }
}
