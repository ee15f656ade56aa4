//! One-time codes under whatever is tried and asked.

use domain::Millis;
use domain::one_time::{CODE_MS, CODE_TRIES, Digits, Issued, Purpose, Verdict, wait_ms};
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
        asks in proptest::collection::vec((purpose(), 0..5_000_000_i64), 1..60),
    ) {
        let (mut now, mut sent) = (Millis::of(0), vec![]);
        for (purpose, pause) in asks {
            now = now.plus_ms(pause);
            let wait = wait_ms(&sent, purpose, now);
            if wait > 0 {
                prop_assert!(wait_ms(&sent, purpose, now.plus_ms(wait - 1)) > 0, "one millisecond earlier is too early");
                now = now.plus_ms(wait);
                prop_assert_eq!(wait_ms(&sent, purpose, now), 0);
            }
            sent.push((purpose, now));
        }
        let (minute, hour, day) = (60_000, 3_600_000, 86_400_000);
        let limits = [
            (&[Purpose::SignIn][..], minute, 1),
            (&[Purpose::SignIn], hour, 5),
            (&[Purpose::SignIn], day, 6),
            (&[Purpose::Recovery], minute, 1),
            (&[Purpose::Recovery], hour, 3),
            (&[Purpose::Recovery], day, 5),
            (&[Purpose::SignIn, Purpose::Recovery, Purpose::NotMe], minute / 2, 1),
            (&[Purpose::SignIn, Purpose::Recovery, Purpose::NotMe], hour, 5),
            (&[Purpose::SignIn, Purpose::Recovery, Purpose::NotMe], day, 10),
        ];
        for (purposes, span_ms, most) in limits {
            let counted: Vec<Millis> = sent.iter().filter(|(purpose, _)| purposes.contains(purpose)).map(|(_, at)| *at).collect();
            for at in &counted {
                let within = counted.iter().filter(|other| (0..span_ms).contains(&other.since_ms(*at))).count();
                prop_assert!(within <= most, "{purposes:?}: {within} within {span_ms} ms");
            }
        }
    }

    #[test]
    fn whatever_strangers_ask_for_in_a_day_the_owner_waits_half_a_minute_at_most(
        pauses in proptest::collection::vec(0..3_000_000_i64, 1..40),
        at in 0..86_400_000_i64,
    ) {
        let (mut now, mut sent) = (Millis::of(0), vec![]);
        for pause in pauses {
            now = now.plus_ms(pause);
            if now.get() < at && wait_ms(&sent, Purpose::Recovery, now) == 0 {
                sent.push((Purpose::Recovery, now));
            }
        }
        let mut now = Millis::of(at);
        for _ in 0..5 {
            let wait = wait_ms(&sent, Purpose::SignIn, now);
            prop_assert!(wait <= 30_000, "{wait} ms: {sent:?}");
            sent.push((Purpose::SignIn, now.plus_ms(wait)));
            now = now.plus_ms(31 * 60_000);
        }
    }

    #[test]
    fn every_code_reads_back_as_it_was_written(number in any::<u64>()) {
        let digits = Digits::of_number(number);
        prop_assert_eq!(Digits::parse(&digits.text()), Some(digits));
    }
}
