//! No sequence of events makes money appear, disappear or be negative, and the order in which a channel's words arrive, and how
//! often, does not matter.

use domain::PaymentState;
use domain::payment::{AttemptState, Trade};
use domain::refund::{RefundState, RefundWord};
use proptest::prelude::*;

use crate::events::{Event, World};
use crate::given;

fn any_trade(index: usize) -> impl Strategy<Value = Trade> {
    let transaction = prop::sample::select(vec![given::transaction(index), given::transaction(1 - index), "other".to_owned()]);
    let amount = prop::sample::select(vec![100, 100, 100, 99, 101, 1, 0, -100, 9_999_999]);
    let paid = (transaction, amount, prop::bool::weighted(0.9));
    prop_oneof![
        1 => Just(Trade::NotPaid),
        1 => Just(Trade::Missing),
        1 => Just(Trade::Closed),
        4 => Just(given::success(index)),
        3 => paid.prop_map(|(transaction, fen, is_cny)| match given::came(&transaction, fen) {
            Trade::Paid { transaction, amount_fen, at_ms, .. } => Trade::Paid { transaction, amount_fen, is_cny, at_ms },
            other => other,
        }),
    ]
}

fn any_refund_word() -> impl Strategy<Value = RefundWord> {
    use RefundWord::*;
    prop::sample::select(vec![Processing, Unfunded, Abnormal, Done, Done, Closed])
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => Just(Event::SecondAttempt),
        2 => (0..2_usize, any::<bool>()).prop_map(|(index, created)| Event::Created(index, created)),
        6 => (0..2_usize).prop_flat_map(|index| any_trade(index).prop_map(move |trade| Event::Word(index, trade))),
        1 => Just(Event::Expires),
        3 => prop::option::of(-1..120_i64).prop_map(Event::RefundAsked),
        6 => (0..6_usize, any_refund_word()).prop_map(|(index, word)| Event::RefundSaid(index, word)),
        1 => (0..2_usize).prop_map(Event::KeptReturned),
    ]
}

/// What a real channel says in the course of one payment, in the order in which it happened, and when each word was true.
/// Each attempt is paid, closed or refused there, and nothing is said after that but the same again.
fn any_history() -> impl Strategy<Value = Vec<Event>> {
    let fate = || prop::sample::select(vec![Some(100), Some(100), Some(99), None]);
    let refunds = prop::collection::vec(any::<(bool, bool)>(), 0..4);
    (fate(), prop::option::of(fate()), refunds).prop_map(|(first, second, refunds)| {
        let mut history = vec![];
        for (index, fate) in [Some(first), second].into_iter().enumerate().filter_map(|(index, fate)| Some((index, fate?))) {
            history.push(Event::Word(index, Trade::NotPaid));
            history.push(Event::Word(index, fate.map_or(Trade::Closed, |fen| given::came(&given::transaction(index), fen))));
        }
        for (index, (is_stuck, is_done)) in refunds.iter().enumerate() {
            history.push(Event::RefundSaid(index, RefundWord::Processing));
            history.extend(is_stuck.then_some(Event::RefundSaid(index, RefundWord::Abnormal)));
            history.push(Event::RefundSaid(index, if *is_done { RefundWord::Done } else { RefundWord::Closed }));
        }
        history
    })
}

/// A history, the same words shuffled with some of them repeated, and what the refunds ask for.
fn any_disorder() -> impl Strategy<Value = (Vec<Event>, Vec<Event>)> {
    any_history().prop_flat_map(|history| {
        let echoes = prop::collection::vec(prop::sample::select(history.clone()), 0..8);
        let all = echoes.prop_map({
            let history = history.clone();
            move |echoes| history.iter().cloned().chain(echoes).collect::<Vec<_>>()
        });
        (Just(history), all.prop_shuffle())
    })
}

/// The world after all words about attempts, then `refunds` requests, then all words about refunds: the channel cannot speak of a
/// refund before it was asked for.
fn told(events: &[Event]) -> World {
    let is_refund = |event: &&Event| matches!(event, Event::RefundSaid(..));
    let mut world = World::new().after(&Event::SecondAttempt);
    for event in events.iter().filter(|event| !is_refund(event)) {
        world = world.after(event);
        world.assert_sound();
    }
    for fen in [20, 30, 10] {
        world = world.after(&Event::RefundAsked(Some(fen)));
    }
    for event in events.iter().filter(is_refund) {
        world = world.after(event);
        world.assert_sound();
    }
    world
}

/// What must not depend on the order: who paid first may, because the first success that we hear of is the receipt.
fn summary(world: &World) -> (PaymentState, Vec<AttemptState>, i64, i64, Vec<RefundState>, i64) {
    let mut attempts: Vec<_> = world.payment.attempts.iter().map(|attempt| attempt.state).collect();
    attempts.sort_by_key(|state| format!("{state:?}"));
    let refunds = world.refunds.iter().map(|refund| refund.state).collect();
    let payment = &world.payment;
    (payment.state, attempts, payment.refunding_fen.get(), payment.refunded_fen.get(), refunds, world.account.books.clearing().get())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// The channel may say anything, true or not, in any order and as often as it likes.
    #[test]
    fn no_sequence_of_events_makes_or_loses_money(events in prop::collection::vec(any_event(), 0..60)) {
        let mut world = World::new();
        for event in &events {
            world = world.after(event);
            world.assert_sound();
        }
    }

    #[test]
    fn any_order_and_repetition_of_words_ends_in_the_same_state((history, disorder) in any_disorder()) {
        prop_assert_eq!(summary(&told(&history)), summary(&told(&disorder)));
    }

    /// The very same payment, not only the same sums, when no two attempts succeed; also when it hears everything late.
    #[test]
    fn repeating_every_word_changes_nothing(events in prop::collection::vec(any_event(), 0..30)) {
        let mut world = World::new();
        for event in &events {
            world = world.after(event);
            if matches!(event, Event::Word(..) | Event::RefundSaid(..)) {
                prop_assert_eq!(&world.after(event), &world, "{:?} twice", event);
            }
        }
    }
}

#[test]
fn all_orders_of_a_double_payment_and_its_return_agree() {
    let words = [
        Event::Word(0, Trade::NotPaid),
        Event::Word(0, given::success(0)),
        Event::Word(0, given::success(0)),
        Event::Word(1, Trade::NotPaid),
        Event::Word(1, given::success(1)),
        Event::Word(1, given::success(1)),
    ];
    let mut seen = vec![];
    permutations(&mut words.to_vec(), 0, &mut |order| seen.push(summary(&told(order))));
    assert_eq!(seen.len(), 720);
    assert!(seen.iter().all(|end| *end == seen[0]), "{seen:?}");
    assert_eq!((seen[0].0, &seen[0].1[..]), (PaymentState::Paid, &[AttemptState::Extra, AttemptState::Paid][..]));
}

#[test]
fn all_orders_of_the_words_about_one_refund_agree() {
    for last in [RefundWord::Done, RefundWord::Closed, RefundWord::Abnormal] {
        let words = [RefundWord::Unfunded, RefundWord::Processing, RefundWord::Processing, RefundWord::Abnormal, last.clone(), last];
        let mut events = words.map(|word| Event::RefundSaid(0, word)).to_vec();
        let paid = World::new().after(&Event::Word(0, given::success(0))).after(&Event::RefundAsked(None));
        let mut ends = vec![];
        permutations(&mut events, 0, &mut |order| ends.push(order.iter().fold(paid.clone(), |world, event| world.after(event))));
        assert!(ends.iter().all(|end| *end == ends[0]));
    }
}

#[test]
fn what_is_heard_only_after_the_end_is_heard_all_the_same() {
    let late = World::new().after(&Event::Expires).after(&Event::Word(0, given::success(0)));
    assert_eq!(late.payment.state, PaymentState::Paid);
    late.assert_sound();
}

fn permutations(words: &mut Vec<Event>, from: usize, visit: &mut impl FnMut(&[Event])) {
    if from == words.len() {
        return visit(words);
    }
    for at in from..words.len() {
        words.swap(from, at);
        permutations(words, from + 1, visit);
        words.swap(from, at);
    }
}
