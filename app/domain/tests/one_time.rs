//! One-time codes under whatever is tried and asked.

use domain::Millis;
use domain::one_time::{CODE_ASKS, CODE_MS, CODE_TRIES, Digits, Issued, Purpose, Verdict, wait_ms};
use proptest::prelude::*;

fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![Just(Purpose::SignIn), Just(Purpose::Recovery), Just(Purpose::NotMe)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_is_tried_a_code_is_right_at_most_once_and_never_after_five_wrong_tries_or_five_minutes(
        made_for in purpose(),
        tries in proptest::collection::vec((purpose(), any::<bool>(), 0..2 * CODE_MS), 0..30),
    ) {
        let mut issued = Issued { purpose: made_for, made_at_ms: Millis::of(0), wrong: 0, is_used: false };
        let (mut right, mut wrong) = (0, 0);
        for (wanted, fits, at) in tries {
            let (after, verdict) = issued.tried(wanted, fits, Millis::of(at));
            if verdict == Verdict::Right {
                prop_assert!(fits && wanted == made_for && at < CODE_MS && wrong < CODE_TRIES);
                right += 1;
            }
            wrong += after.wrong - issued.wrong;
            issued = after;
        }
        prop_assert!(right <= 1 && wrong <= CODE_TRIES);
    }

    #[test]
    fn whoever_asks_as_soon_as_they_may_never_gets_more_than_the_limits_in_any_window(
        pauses in proptest::collection::vec(0..5_000_000_i64, 1..60),
    ) {
        let (mut now, mut sent) = (Millis::of(0), vec![]);
        for pause in pauses {
            now = now.plus_ms(pause);
            let wait = wait_ms(&sent, now);
            if wait > 0 {
                prop_assert!(wait_ms(&sent, now.plus_ms(wait - 1)) > 0, "one millisecond earlier is too early");
                now = now.plus_ms(wait);
                prop_assert_eq!(wait_ms(&sent, now), 0);
            }
            sent.push(now);
        }
        for (span_ms, most) in CODE_ASKS {
            for at in &sent {
                let within = sent.iter().filter(|other| (0..span_ms).contains(&other.since_ms(*at))).count();
                prop_assert!(within <= most, "{within} within {span_ms} ms");
            }
        }
    }

    #[test]
    fn every_code_reads_back_as_it_was_written(number in any::<u64>()) {
        let digits = Digits::of_number(number);
        prop_assert_eq!(Digits::parse(&digits.text()), Some(digits));
    }
}
