//! Everything that can happen around one payment within ten events, without exception.
//!
//! Breadth first from an open payment with one attempt: a second attempt, the channel's answers to both creations, its words
//! about both (not paid, missing, closed, paid as asked, paid with another amount, paid by a transaction that is another's), the
//! end of the time, requests for a part and for all that is left, an operator who returns what is kept apart, and its words about
//! each refund, true or not.
//!
//! In every state: (1) the accounts sum to zero and none is negative; (2) what the channel holds is what it really took less
//! what it really gave back; (3) each attempt's money is booked exactly once, as the channel said it first, and lies where its
//! state says; (4) at most one receipt, exactly when paid, for exactly the amount that was asked; (5) refunded and refunding
//! are what the refunds say and at most the amount; (6) each extra has a return of all its money and at most one that was not given
//! up, nothing else has; (7) closed only when no money can come, after the end or by the operator. In every step: (8) paid and
//! closed payments, attempts with money (unless a person returns what is held) and final refunds never change; and (9) the books follow from the state: whichever way a state is reached, they are equal.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::payment::Trade;
use domain::refund::{Refund, RefundCause, RefundState, RefundWord};
use domain::{Fen, Millis, Payment};

use crate::events::{Event, World};
use crate::given;

const MOST_EVENTS: usize = 10;

/// Refunds beyond these are like the ones before: each is held, finished or released by itself.
const MOST_REFUNDS: usize = 3;

#[test]
fn everything_that_can_happen_in_ten_events_keeps_the_books() {
    let first = World::new();
    first.assert_sound();
    let mut seen = HashMap::from([(key(&first), first.account.without_numbers())]);
    let mut reached_now = vec![first];
    let (mut transitions, mut deepest) = (0_u64, 0);
    for depth in 1..=MOST_EVENTS {
        let mut reached_next = vec![];
        for world in &reached_now {
            for event in events(world) {
                transitions += 1;
                let Some(next) = world.moved_by(&event) else { continue };
                match seen.entry(key(&next)) {
                    Entry::Occupied(books) => assert_eq!(*books.get(), next.account.without_numbers(), "one state, two books: {next:?}"),
                    Entry::Vacant(free) => {
                        next.assert_sound();
                        free.insert(next.account.without_numbers());
                        reached_next.push(next);
                        deepest = depth;
                    }
                }
            }
        }
        println!("after {depth} events: {} new states", reached_next.len());
        reached_now = reached_next;
    }
    println!("{} states, {transitions} transitions", seen.len());
    assert!(seen.len() > 1_000 && deepest == MOST_EVENTS, "the exploration did not get far: {} states", seen.len());
}

fn events(world: &World) -> Vec<Event> {
    use RefundWord::*;
    let mut events = vec![Event::SecondAttempt, Event::Expires];
    for index in 0..world.payment.attempts.len() {
        let wrong = given::came(&given::transaction(index), 99);
        let others = given::came(&given::transaction(1 - index), 100);
        let words = [Trade::NotPaid, Trade::Missing, Trade::Closed, given::success(index), wrong, others];
        events.extend([true, false].map(|created| Event::Created(index, created)));
        events.extend(words.map(|word| Event::Word(index, word)));
    }
    if world.refunds.len() < MOST_REFUNDS {
        events.extend([Event::RefundAsked(Some(40)), Event::RefundAsked(None)]);
        events.extend((0..world.payment.attempts.len()).map(Event::KeptReturned));
    }
    for index in 0..world.refunds.len() {
        events.extend([Processing, Unfunded, Abnormal, Done, Closed].map(|word| Event::RefundSaid(index, word)));
    }
    events
}

/// Two worlds with one key have one future: everything but the books, which must follow from it, and the numbers of refunds,
/// which are only names.
type Key = (Payment, Vec<(RefundCause, RefundState, Fen, usize)>, u32, Millis);

fn key(world: &World) -> Key {
    let attempt_of = |refund: &Refund| world.payment.attempts.iter().position(|attempt| attempt.no == refund.attempt);
    let nameless = |refund: &Refund| (refund.cause, refund.state, refund.amount_fen, attempt_of(refund).unwrap());
    let mut refunds: Vec<_> = world.refunds.iter().map(nameless).collect();
    refunds.sort_by_key(|(cause, state, fen, attempt)| (*cause as u8, *state as u8, *fen, *attempt));
    (world.payment.clone(), refunds, world.receipts, world.now)
}
