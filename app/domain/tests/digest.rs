//! At most one message in ten minutes, and none of the sales hidden.

use domain::digest::{APART_MS, Digest, Pace, Unreached};
use domain::{Fen, Millis, PaymentId};
use proptest::prelude::*;
use uuid::Uuid;

const NOON: Millis = Millis::of(1_795_233_600_000);

/// The payment of this amount.
fn payment(fen: i64) -> PaymentId {
    PaymentId::of(Uuid::from_u128(u128::from(fen.unsigned_abs())))
}

fn sale(pace: &mut Pace, fen: i64, at_ms: i64) {
    pace.gathered.add_sale(payment(fen), Fen::of(fen), NOON.plus_ms(at_ms));
}

#[test]
fn a_second_message_waits_until_ten_minutes_are_over() {
    let mut pace = Pace::default();
    sale(&mut pace, 100, 0);
    assert_eq!(pace.begin(NOON).map(|digest| digest.count), Some(1), "the first sale is told at once");
    pace.told(NOON);
    sale(&mut pace, 250, 1_000);
    sale(&mut pace, 50, 2_000);
    assert_eq!(pace.due_at(), Some(NOON.plus_ms(APART_MS)), "it goes when its time is over, not when another sale comes");
    for (at_ms, expected) in [(3_000, false), (599_999, false), (600_000, true)] {
        let mut then = pace;
        assert_eq!(then.begin(NOON.plus_ms(at_ms)).is_some(), expected, "{at_ms}");
    }
    let told = pace.begin(NOON.plus_ms(APART_MS)).unwrap();
    let expected = Digest {
        count: 2,
        sum_fen: Fen::of(300),
        largest_fen: Fen::of(250),
        largest: Some(payment(250)),
        from_ms: Some(NOON.plus_ms(1_000)),
        until_ms: Some(NOON.plus_ms(2_000)),
        ..Digest::default()
    };
    assert_eq!(told, expected);
    assert_eq!(pace.begin(NOON.plus_ms(9 * APART_MS)), None, "while one is under way there is no other");
}

#[test]
fn refunds_come_with_the_next_sales_and_are_no_message_of_their_own() {
    let mut pace = Pace::default();
    pace.gathered.add_refund(Fen::of(70), NOON);
    assert_eq!((pace.due_at(), pace.begin(NOON)), (None, None));
    sale(&mut pace, 100, 5);
    let told = pace.begin(NOON.plus_ms(5)).unwrap();
    assert_eq!((told.count, told.refunded_count, told.refunded_fen, told.from_ms), (1, 1, Fen::of(70), Some(NOON)));
}

#[test]
fn what_was_refused_is_told_with_the_rest_once_the_listener_can_be_reached() {
    let mut pace = Pace::default();
    sale(&mut pace, 100, 0);
    let digest = pace.begin(NOON).unwrap();
    pace.refused(&digest, NOON.plus_ms(Unreached::NotFollowing.pause_ms()));
    sale(&mut pace, 200, 1);
    assert_eq!(pace.due_at(), Some(NOON.plus_ms(3_600_000)));
    pace.reachable();
    let told = pace.begin(NOON.plus_ms(2)).unwrap();
    assert_eq!((told.count, told.sum_fen, told.from_ms), (2, Fen::of(300), Some(NOON)));
}

/// What may happen to somebody who listens.
#[derive(Debug, Clone, Copy)]
enum Step {
    Sale(i64),
    Refund(i64),
    Pass(i64),
    Send(Outcome),
    /// The newest digest that was accepted did not arrive after all.
    Bounce,
}

/// What comes of sending.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Accepted,
    /// It did not get there.
    Failed,
    /// It got there, but the answer did not come back. The next try under the same number is accepted and shows nothing new.
    AnswerLost,
    Refused(Unreached),
}

/// A listener's phone and the server that sends to it.
#[derive(Default)]
struct Scene {
    pace: Pace,
    now_ms: i64,
    under_way: Option<(Digest, bool)>,
    /// What the phone showed and when.
    shown: Vec<(i64, Digest)>,
    sales: Digest,
}

impl Scene {
    fn step(&mut self, step: Step) {
        let now = NOON.plus_ms(self.now_ms);
        match step {
            Step::Sale(fen) => {
                self.pace.gathered.add_sale(payment(fen), Fen::of(fen), now);
                self.sales.add_sale(payment(fen), Fen::of(fen), now);
            }
            Step::Refund(fen) => {
                self.pace.gathered.add_refund(Fen::of(fen), now);
                self.sales.add_refund(Fen::of(fen), now);
            }
            Step::Pass(ms) => self.now_ms += ms,
            Step::Send(outcome) => self.send(outcome),
            Step::Bounce => {
                if let Some((_, digest)) = self.shown.last().copied().filter(|_| self.under_way.is_none()) {
                    self.shown.pop();
                    self.pace.did_not_arrive(&digest, now);
                }
            }
        }
    }

    fn send(&mut self, outcome: Outcome) {
        let now = NOON.plus_ms(self.now_ms);
        if self.under_way.is_none() {
            self.under_way = self.pace.begin(now).map(|digest| (digest, false));
        }
        let Some((digest, is_shown)) = self.under_way else { return };
        match outcome {
            Outcome::Accepted => {
                if !is_shown {
                    self.shown.push((self.now_ms, digest));
                }
                self.pace.told(now);
                self.under_way = None;
            }
            Outcome::Failed => self.pace.tried(now),
            Outcome::AnswerLost => {
                if !is_shown {
                    self.shown.push((self.now_ms, digest));
                }
                self.under_way = Some((digest, true));
                self.pace.tried(now);
            }
            // Whoever has it already answers the repetition with success.
            Outcome::Refused(_) if is_shown => self.send(Outcome::Accepted),
            Outcome::Refused(why) => {
                self.pace.refused(&digest, now.plus_ms(why.pause_ms()));
                self.under_way = None;
            }
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Accepted),
        2 => Just(Outcome::Failed),
        2 => Just(Outcome::AnswerLost),
        1 => Just(Outcome::Refused(Unreached::NotFollowing)),
        1 => Just(Outcome::Refused(Unreached::TooOften)),
    ];
    let step = prop_oneof![
        4 => (1_i64..1_000_000).prop_map(Step::Sale),
        1 => (1_i64..1_000_000).prop_map(Step::Refund),
        3 => prop_oneof![0_i64..1_000, 1_000_i64..700_000, Just(APART_MS - 1), Just(APART_MS), Just(1)].prop_map(Step::Pass),
        4 => outcome.prop_map(Step::Send),
        1 => Just(Step::Bounce),
    ];
    proptest::collection::vec(step, 0..80)
}

proptest! {
    #[test]
    fn digests_add_up_to_the_sales_and_keep_their_distance(steps in steps()) {
        let mut scene = Scene::default();
        for step in steps {
            scene.step(step);
        }
        // In the end everything is told, without another sale.
        for _ in 0..3 {
            scene.step(Step::Pass(Unreached::NotFollowing.pause_ms()));
            scene.step(Step::Send(Outcome::Accepted));
        }
        let mut told = Digest::default();
        scene.shown.iter().for_each(|(_, digest)| told.add(digest));
        told.add(&scene.pace.gathered);
        prop_assert_eq!(told, scene.sales);
        prop_assert!(!scene.pace.gathered.has_sales());
        for pair in scene.shown.windows(2) {
            prop_assert!(pair[1].0 - pair[0].0 >= APART_MS, "{} ms apart", pair[1].0 - pair[0].0);
        }
    }
}
