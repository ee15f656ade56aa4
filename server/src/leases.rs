//! Work that waits in the store until its moment comes, such as a letter to send or an attempt to ask about, and the rule by which any
//! number of instances share it:
//!
//! 1. A row of work says when it is due. One that is done, or given up, is due no more.
//! 2. Whoever takes due work up puts it off to the end of a lease, in the same statement (`store/claim.rs`). Until then nobody else
//!    takes it; if whoever took it dies, it is due again by itself.
//! 3. A lease lasts longer than the work may take. Where it does not, the work is done twice: all work here is done at least once, and
//!    a second time changes nothing, because it carries the same number or finds the row changed.
//! 4. Whoever worked notes what became of it: that it is done, or when it is to be tried again.
//!
//! Two more jobs look alike and keep rules of their own. A return mailbox is one row, and only whoever still holds its lease notes how far
//! it was read ([`crate::returns`]). A reminder is handed over at most once, so it is never leased: it is decided and noted as begun in
//! one transaction, before it goes ([`crate::reminders`]).

use std::future::Future;
use std::marker::PhantomData;

use domain::Millis;
use futures::StreamExt;

use crate::store::{Command, Store, StoreError, Tx};

/// A kind of work.
pub trait Work: Sized + Send + 'static {
    /// How long work that was taken up is left alone by others, in milliseconds: longer than it may take. Where that is a matter of
    /// settings, it is said with the claim ([`Claim::leased`]).
    const LEASE_MS: i64;

    /// How much is taken up in one go.
    const BATCH: i64;

    /// Takes up to `limit` pieces of work that are due at `now`, and puts them off to `lease_until`.
    fn claim_due(
        tx: &mut Tx<'_>,
        now: Millis,
        lease_until: Millis,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<Self>, StoreError>> + Send;
}

/// Takes up what is due, at most [`Work::BATCH`] of it.
pub struct Claim<W> {
    now: Millis,
    lease_ms: i64,
    work: PhantomData<fn() -> W>,
}

impl<W: Work> Claim<W> {
    /// What is due at `now`.
    pub const fn at(now: Millis) -> Claim<W> {
        Claim::leased(now, W::LEASE_MS)
    }

    /// The same under another lease.
    pub const fn leased(now: Millis, lease_ms: i64) -> Claim<W> {
        Claim { now, lease_ms, work: PhantomData }
    }
}

impl<W: Work> Command for Claim<W> {
    type Done = Vec<W>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<W>, StoreError> {
        W::claim_due(tx, self.now, self.now.plus_ms(self.lease_ms), W::BATCH).await
    }
}

/// Takes up what is due at `now` and does it, `at_once` pieces at a time; `true` when there may be more.
///
/// # Errors
/// The first of what went wrong, after everything was tried.
pub async fn round<W, F>(store: &Store, now: Millis, at_once: usize, one: impl Fn(W) -> F) -> Result<bool, StoreError>
where
    W: Work,
    F: Future<Output = Result<(), StoreError>>,
{
    round_of(store, Claim::<W>::at(now), at_once, one).await
}

/// The same with a claim of the caller's.
///
/// # Errors
/// As [`round`].
pub async fn round_of<W, F>(store: &Store, claim: Claim<W>, at_once: usize, one: impl Fn(W) -> F) -> Result<bool, StoreError>
where
    W: Work,
    F: Future<Output = Result<(), StoreError>>,
{
    let due = store.write(claim).await?;
    let is_full = is_full(due.len(), W::BATCH);
    work_through(due, at_once, one).await?;
    Ok(is_full)
}

/// Whether as much came as was asked for, so that there may be more.
pub fn is_full(came: usize, limit: i64) -> bool {
    came as i64 == limit
}

/// Does all of it, `at_once` pieces at a time. One that fails keeps no other from being done.
///
/// # Errors
/// The first of what went wrong.
pub async fn work_through<T, F>(due: Vec<T>, at_once: usize, one: impl Fn(T) -> F) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let results: Vec<_> = futures::stream::iter(due).map(one).buffer_unordered(at_once).collect().await;
    results.into_iter().collect()
}
