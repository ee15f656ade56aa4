//! The rules of reminders, proven: nobody is reminded at night, too often, or of what they do not owe.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects, in its helpers too")]

use domain::account::Phone;
use domain::receivable::{
    Cause, Hold, LastReminder, LastState, MOST_REMINDERS, MOST_REMINDERS_A_DAY, Next, NotByHand, Outcome, QuietHours, REFUSED_GAP_MS,
    REMINDER_GAP_MS, Reminded, Reminder, ReminderHour, ReminderMark, Reminding,
};
use domain::{Day, Fen, Millis};
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn at(text: &str) -> Millis {
    Millis::parse_rfc3339(&format!("2026-{}+08:00", text.replace(' ', "T"))).unwrap()
}

/// `11-24 09:00:00`, and the milliseconds behind it.
fn said(at: Millis) -> String {
    at.text()[5..].to_owned()
}

fn day(text: &str) -> Day {
    Day::parse(&format!("2026-{text}")).unwrap()
}

fn phone() -> Phone {
    Phone::parse("13900001111").unwrap()
}

fn ended(cause: Cause, begun: Millis, outcome: Outcome) -> Reminder {
    Reminder { cause, phone: phone(), asked_at_ms: None, begun_at_ms: Some(begun), ended: Some((outcome, begun.plus_ms(400))) }
}

fn waiting(asked: Millis) -> Reminder {
    Reminder { cause: Cause::Hand, phone: phone(), asked_at_ms: Some(asked), begun_at_ms: None, ended: None }
}

/// A debt of ¥1 that is due on 1 December, raised on 20 November, without anything else.
fn usual() -> Reminding<'static> {
    Reminding {
        owed: Fen::of(100),
        due: Some(day("12-01")),
        raised_at_ms: at("11-20 12:00:00"),
        is_open: true,
        has_phone: true,
        is_stopped_by_manager: false,
        is_stopped_by_debtor: false,
        is_bad_number: false,
        is_scheduled: false,
        reminders: &[],
        reached_number_at: &[],
        quiet: QuietHours::default(),
        hour: ReminderHour::default(),
    }
}

#[test]
fn the_first_moment_of_the_quiet_hours_is_quiet_and_their_end_is_not() {
    let night = QuietHours::default();
    let lunch = QuietHours::new(12 * 60, 14 * 60).unwrap();
    let table = [
        (night, "11-21 20:59:59.999", "11-21 20:59:59"),
        (night, "11-21 21:00:00", "11-22 09:00:00"),
        (night, "11-21 23:59:59.999", "11-22 09:00:00"),
        (night, "11-22 00:00:00", "11-22 09:00:00"),
        (night, "11-22 08:59:59.999", "11-22 09:00:00"),
        (night, "11-22 09:00:00", "11-22 09:00:00"),
        (lunch, "11-21 11:59:59", "11-21 11:59:59"),
        (lunch, "11-21 12:00:00", "11-21 14:00:00"),
        (lunch, "11-21 13:59:59", "11-21 14:00:00"),
        (lunch, "11-21 14:00:00", "11-21 14:00:00"),
        (lunch, "11-21 22:00:00", "11-21 22:00:00"),
    ];
    for (quiet, now, expected) in table {
        assert_eq!(said(quiet.over(at(now))), expected, "{now}");
        assert_eq!(quiet.holds(at(now)), quiet.over(at(now)) != at(now), "{now}");
    }
}

#[test]
fn a_time_of_the_day_has_an_hour_and_two_digits_of_minutes() {
    let table = [
        ("21:00", Some(1260)),
        (" 9:05 ", Some(545)),
        ("00:00", Some(0)),
        ("23:59", Some(1439)),
        ("24:00", None),
        ("9", None),
        ("9:5", None),
        ("9:60", None),
        ("+9:00", None),
        ("", None),
        (":", None),
    ];
    for (text, expected) in table {
        assert_eq!(QuietHours::minute(text), expected, "{text:?}");
    }
    assert_eq!(QuietHours::new(540, 540), None, "there must be hours to sleep in");
    assert_eq!(QuietHours::new(1440, 0), None);
    assert_eq!(QuietHours::default().ends(), ("21:00".to_owned(), "09:00".to_owned()));
}

#[test]
fn a_schedule_begins_at_its_hour_each_day_and_never_with_a_new_day() {
    let night = QuietHours::default();
    let lunch = QuietHours::new(12 * 60, 14 * 60).unwrap();
    let early = QuietHours::new(0, 6 * 60).unwrap();
    // Quiet but for an hour in the evening.
    let evening = QuietHours::new(21 * 60, 20 * 60).unwrap();
    let table = [
        (night, "10:00", "11-21 09:59:59.999", "11-21 10:00:00"),
        (night, "10:00", "11-21 10:00:00", "11-21 10:00:00"),
        (night, "10:00", "11-21 20:59:59", "11-21 20:59:59"),
        (night, "10:00", "11-21 21:00:00", "11-22 10:00:00"),
        (night, "10:00", "11-21 23:59:59.999", "11-22 10:00:00"),
        (night, "10:00", "11-22 00:00:00", "11-22 10:00:00"),
        (night, "10:00", "11-22 09:00:00", "11-22 10:00:00"),
        // Quiet hours that leave midnight open do not let a new day's reminders go at midnight.
        (lunch, "10:00", "11-21 23:59:59", "11-21 23:59:59"),
        (lunch, "10:00", "11-22 00:00:00", "11-22 10:00:00"),
        (lunch, "10:00", "11-22 09:59:59", "11-22 10:00:00"),
        (lunch, "10:00", "11-22 12:00:00", "11-22 14:00:00"),
        (early, "00:00", "11-22 00:00:00", "11-22 06:00:00"),
        (early, "23:30", "11-21 23:29:59", "11-21 23:30:00"),
        (early, "23:30", "11-22 00:00:00", "11-22 23:30:00"),
        // An hour within the quiet hours leaves its day no opening: their end counts instead.
        (night, "22:00", "11-21 08:59:59", "11-21 09:00:00"),
        (night, "22:00", "11-21 12:00:00", "11-21 12:00:00"),
        (night, "22:00", "11-21 22:00:00", "11-22 09:00:00"),
        (night, "08:59", "11-21 00:00:00", "11-21 09:00:00"),
        (night, "21:00", "11-22 00:00:00", "11-22 09:00:00"),
        (lunch, "12:00", "11-22 00:00:00", "11-22 14:00:00"),
        (evening, "10:00", "11-21 21:00:00", "11-22 20:00:00"),
        (evening, "20:30", "11-21 20:15:00", "11-21 20:30:00"),
    ];
    for (quiet, hour, now, expected) in table {
        let over = ReminderHour::parse(hour).unwrap().over(quiet, at(now));
        assert_eq!(said(over), expected, "{hour} {now}");
        assert!(!quiet.holds(over), "{hour} {now}");
    }
    assert_eq!(ReminderHour::default().text(), "10:00");
    assert_eq!(ReminderHour::parse("9:05").unwrap().text(), "09:05");
    for (minute, expected) in [(-1, None), (0, Some("00:00")), (1439, Some("23:59")), (1440, None)] {
        assert_eq!(ReminderHour::of_minute(minute).map(ReminderHour::text).as_deref(), expected, "{minute}");
    }
    for (hour, expected) in [("20:59", "20:59"), ("21:00", "09:00"), ("00:00", "09:00"), ("08:59", "09:00"), ("09:00", "09:00")] {
        assert_eq!(ReminderHour::parse(hour).unwrap().beside(night).text(), expected, "{hour}");
    }
    for text in ["", "24:00", "10", "ten"] {
        assert_eq!(ReminderHour::parse(text), None, "{text:?}");
    }
}

#[test]
fn what_somebody_asks_for_does_not_wait_for_the_hour_of_the_schedule() {
    let lunch = QuietHours::new(12 * 60, 14 * 60).unwrap();
    let debt = Reminding { quiet: lunch, is_scheduled: true, ..usual() };
    let midnight = at("12-01 00:00:00");
    assert_eq!(debt.by_hand(midnight), Ok(midnight));
    assert_eq!(debt.next(midnight), Next::At(at("12-01 10:00:00"), Cause::DueDay));
    assert_eq!(debt.next(at("12-01 10:00:00").plus_ms(-1)), Next::At(at("12-01 10:00:00"), Cause::DueDay));
    assert_eq!(debt.next(at("12-01 10:00:00")), Next::Now(Cause::DueDay));
    let asked = [waiting(midnight)];
    assert_eq!(Reminding { reminders: &asked, ..debt }.next(midnight), Next::Now(Cause::Hand));
    let late = Reminding { hour: ReminderHour::parse("18:30").unwrap(), ..debt };
    assert_eq!(late.next(at("12-01 15:00:00")), Next::At(at("12-01 18:30:00"), Cause::DueDay));
}

#[test]
fn the_last_reminder_is_the_last_one_that_was_handed_over_or_waits() {
    use LastState::{Failed, Sent, Unknown, Waiting};
    let (first, second) = (at("11-21 10:00:00"), at("11-24 10:00:00"));
    let end = |at: Millis| at.plus_ms(400);
    let under_way = Reminder { begun_at_ms: Some(second), ..waiting(first) };
    let sent = ended(Cause::Hand, first, Outcome::Sent);
    let table = [
        (vec![], None),
        (vec![ended(Cause::Hand, first, Outcome::Dropped)], None),
        (vec![sent.clone()], Some((Sent, end(first)))),
        (vec![sent.clone(), ended(Cause::Late, second, Outcome::Unknown)], Some((Unknown, end(second)))),
        (vec![sent.clone(), ended(Cause::Late, second, Outcome::Refused)], Some((Failed, end(second)))),
        (vec![sent.clone(), ended(Cause::Late, second, Outcome::BadNumber)], Some((Failed, end(second)))),
        (vec![sent.clone(), ended(Cause::Late, second, Outcome::Dropped)], Some((Sent, end(first)))),
        (vec![sent.clone(), waiting(second)], Some((Waiting, second))),
        (vec![sent, under_way], Some((LastState::UnderWay, second))),
    ];
    for (index, (reminders, expected)) in table.into_iter().enumerate() {
        let expected = expected.map(|(state, at_ms)| LastReminder { state, at_ms });
        assert_eq!(LastReminder::of(&reminders), expected, "case {index}");
    }
}

#[test]
fn debts_are_told_apart_by_their_last_reminder_and_by_who_wants_no_more() {
    use Reminded::{Failed, Never, Stopped, Yes};
    let moment = at("11-21 10:00:00");
    let last = |state| ReminderMark { last: Some(LastReminder { state, at_ms: moment }), ..ReminderMark::default() };
    let table = [
        (ReminderMark::default(), vec![Never]),
        (last(LastState::Waiting), vec![Yes]),
        (last(LastState::UnderWay), vec![Yes]),
        (last(LastState::Sent), vec![Yes]),
        (last(LastState::Unknown), vec![Yes]),
        (last(LastState::Failed), vec![Failed]),
        (ReminderMark { stopped_by_debtor: Some(moment), ..ReminderMark::default() }, vec![Never, Stopped]),
        (ReminderMark { stopped_by_debtor: Some(moment), ..last(LastState::Sent) }, vec![Yes, Stopped]),
        (ReminderMark { stopped_by_manager: Some(moment), ..last(LastState::Failed) }, vec![Failed, Stopped]),
    ];
    for (mark, expected) in table {
        let found: Vec<Reminded> = Reminded::ALL.into_iter().filter(|reminded| reminded.takes(&mark)).collect();
        assert_eq!(found, expected, "{mark:?}");
    }
}

#[test]
fn each_reason_to_remind_nobody_stands_alone_and_the_first_one_is_told() {
    let eight: Vec<Reminder> =
        (0..8).map(|number| ended(Cause::Hand, at("09-01 12:00:00").plus_ms(number * 4 * DAY), Outcome::Sent)).collect();
    let usual = usual();
    let table = [
        (usual, None),
        (Reminding { owed: Fen::ZERO, has_phone: false, ..usual }, Some(Hold::NotOwed)),
        (Reminding { is_open: false, ..usual }, Some(Hold::Closed)),
        (Reminding { has_phone: false, is_stopped_by_debtor: true, ..usual }, Some(Hold::NoPhone)),
        (Reminding { is_stopped_by_debtor: true, is_stopped_by_manager: true, ..usual }, Some(Hold::StoppedByDebtor)),
        (Reminding { is_stopped_by_manager: true, ..usual }, Some(Hold::StoppedByManager)),
        (Reminding { is_bad_number: true, ..usual }, Some(Hold::BadNumber)),
        (Reminding { reminders: &eight[..7], ..usual }, None),
        (Reminding { reminders: &eight, ..usual }, Some(Hold::Enough)),
    ];
    let now = at("11-21 12:00:00");
    for (index, (debt, expected)) in table.into_iter().enumerate() {
        assert_eq!(debt.hold(), expected, "case {index}");
        let is_scheduled = Reminding { is_scheduled: true, ..debt };
        match expected {
            Some(hold) => {
                assert_eq!(debt.by_hand(now), Err(NotByHand::Held(hold)), "case {index}");
                assert_eq!(is_scheduled.next(now), Next::Never(hold), "case {index}");
            }
            None => assert_eq!(debt.by_hand(now), Ok(now), "case {index}"),
        }
    }
}

#[test]
fn by_hand_there_is_one_in_three_days_and_what_the_provider_refused_waits_an_hour() {
    let last = at("11-21 10:00:00");
    let table = [
        // How the last one ended, the moment, and when there may be another.
        (Outcome::Sent, "11-24 09:59:59.999", Err("11-24 10:00:00")),
        (Outcome::Sent, "11-24 10:00:00", Ok("11-24 10:00:00")),
        (Outcome::Unknown, "11-22 10:00:00", Err("11-24 10:00:00")),
        (Outcome::Refused, "11-21 10:59:59.999", Err("11-21 11:00:00")),
        (Outcome::Refused, "11-21 11:00:00", Ok("11-21 11:00:00")),
        (Outcome::Dropped, "11-21 10:00:01", Ok("11-21 10:00:01")),
        // At night it waits for the morning.
        (Outcome::Sent, "11-24 20:59:59", Ok("11-24 20:59:59")),
        (Outcome::Sent, "11-24 21:00:00", Ok("11-25 09:00:00")),
        (Outcome::Sent, "11-25 08:59:59", Ok("11-25 09:00:00")),
    ];
    for (outcome, now, expected) in table {
        let reminders = [ended(Cause::Hand, last, outcome)];
        let found = Reminding { reminders: &reminders, ..usual() }.by_hand(at(now));
        let found = match &found {
            Ok(at) => Ok(said(*at)),
            Err(NotByHand::TooSoon { again_at }) => Err(said(*again_at)),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{outcome:?} {now}");
    }
}

#[test]
fn a_reminder_that_waits_goes_in_the_morning_once() {
    let asked = at("11-21 21:30:00");
    let reminders = [waiting(asked)];
    let debt = Reminding { reminders: &reminders, is_scheduled: true, ..usual() };
    let morning = at("11-22 09:00:00");
    assert_eq!(debt.by_hand(asked), Err(NotByHand::Waiting { goes_at: morning }));
    assert_eq!(debt.next(asked), Next::At(morning, Cause::Hand));
    assert_eq!(debt.next(morning.plus_ms(-1)), Next::At(morning, Cause::Hand));
    assert_eq!(debt.next(morning), Next::Now(Cause::Hand));
    let begun = [Reminder { begun_at_ms: Some(morning), ..waiting(asked) }];
    let debt = Reminding { reminders: &begun, owed: Fen::ZERO, ..usual() };
    assert_eq!(debt.next(morning), Next::UnderWay(morning), "whatever changed, it is on its way");
    assert_eq!(Reminding { owed: Fen::of(1), ..debt }.by_hand(morning), Err(NotByHand::UnderWay));
}

#[test]
fn debts_of_one_number_take_turns_day_by_day() {
    let today = [at("11-21 09:00:00")];
    assert_eq!(MOST_REMINDERS_A_DAY, 1);
    let table = [
        ("11-21 12:00:00", "11-22 09:00:00"),
        ("11-21 22:00:00", "11-22 09:00:00"),
        ("11-22 00:30:00", "11-22 09:00:00"),
        ("11-22 10:00:00", "11-22 10:00:00"),
    ];
    for (now, expected) in table {
        let debt = Reminding { reached_number_at: &today, ..usual() };
        assert_eq!(debt.by_hand(at(now)).map(said).as_deref(), Ok(expected), "{now}");
    }
}

/// Lets a scheduled debt live, looked at every hour, and tells what went when. Somebody asks `by_hand` at these moments; reminders of
/// `other_debts` went to the same number at those.
fn life(debt: Reminding<'_>, by_hand: &[Millis], other_debts: &[Millis]) -> Vec<(Cause, String)> {
    let (mut told, mut earlier) = (vec![], vec![]);
    let mut now = at("11-20 12:00:00");
    while now < at("12-31 00:00:00") {
        earlier.extend(by_hand.iter().filter(|asked| **asked == now).map(|asked| waiting(*asked)));
        let mut reached = other_debts.to_vec();
        reached.extend(earlier.iter().filter_map(|reminder: &Reminder| reminder.begun_at_ms));
        let debt = Reminding { reminders: &earlier, reached_number_at: &reached, is_scheduled: true, ..debt };
        if let Next::Now(cause) = debt.next(now) {
            told.push((cause, said(now)));
            earlier.retain(|reminder| !reminder.is_waiting());
            earlier.push(ended(cause, now, Outcome::Sent));
        }
        now = now.plus_ms(HOUR);
    }
    told
}

#[test]
fn the_schedule_reminds_three_days_before_on_the_day_and_three_and_ten_days_after() {
    use Cause::{DueDay, Early, Hand, Late, Later};
    let usual = usual();
    let all = [(Early, "11-28 10:00:00"), (DueDay, "12-01 10:00:00"), (Late, "12-04 10:00:00"), (Later, "12-11 10:00:00")];
    let others = [at("11-28 09:00:00"), at("11-29 10:00:00"), at("11-30 10:00:00")];
    type Life<'a> = (&'a str, Reminding<'static>, &'a [&'a str], &'a [Millis], Vec<(Cause, &'a str)>);
    let table: [Life<'_>; 9] = [
        ("usual", usual, &[], &[], all.to_vec()),
        ("without a due day", Reminding { due: None, ..usual }, &[], &[], vec![]),
        (
            "raised two days before: what was due by then is not made up for",
            Reminding { raised_at_ms: at("11-29 10:00:00"), ..usual },
            &[],
            &[],
            all[1..].to_vec(),
        ),
        ("raised on the due day", Reminding { raised_at_ms: at("12-01 08:00:00"), ..usual }, &[], &[], all[2..].to_vec()),
        ("long overdue", Reminding { due: Some(day("10-01")), ..usual }, &[], &[], vec![]),
        (
            "by hand the day before: the next one keeps its distance",
            Reminding { raised_at_ms: at("11-28 08:00:00"), ..usual },
            &["11-30 10:00:00"],
            &[],
            vec![(Hand, "11-30 10:00:00"), (DueDay, "12-03 10:00:00"), (Late, "12-06 10:00:00"), all[3]],
        ),
        (
            "by hand at night, before the early one",
            usual,
            &["11-26 22:00:00"],
            &[],
            vec![(Hand, "11-27 09:00:00"), (Early, "11-30 10:00:00"), (DueDay, "12-03 10:00:00"), (Late, "12-06 10:00:00"), all[3]],
        ),
        (
            "the number's turn comes on the last day",
            usual,
            &[],
            &others[..2],
            vec![(Early, "11-30 10:00:00"), (DueDay, "12-03 10:00:00"), (Late, "12-06 10:00:00"), all[3]],
        ),
        ("the number's turn comes too late", usual, &[], &others, all[1..].to_vec()),
    ];
    for (name, debt, by_hand, other_debts, expected) in table {
        let by_hand: Vec<Millis> = by_hand.iter().map(|text| at(text)).collect();
        let found = life(debt, &by_hand, other_debts);
        let found: Vec<(Cause, &str)> = found.iter().map(|(cause, text)| (*cause, text.as_str())).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn what_the_schedule_tried_is_not_tried_again_unless_it_was_not_handed_over() {
    let due = at("12-01 10:00:00");
    let table = [
        (Outcome::Sent, Next::At(at("12-04 10:00:00"), Cause::Late)),
        (Outcome::Unknown, Next::At(at("12-04 10:00:00"), Cause::Late)),
        (Outcome::Refused, Next::At(at("12-04 10:00:00"), Cause::Late)),
        (Outcome::Dropped, Next::Now(Cause::DueDay)),
    ];
    for (outcome, expected) in table {
        let reminders = [ended(Cause::DueDay, due, outcome)];
        let debt = Reminding { reminders: &reminders, is_scheduled: true, ..usual() };
        assert_eq!(debt.next(due.plus_ms(2 * HOUR)), expected, "{outcome:?}");
    }
}

proptest! {
    /// Whoever asks whenever, and whatever the schedule does beside: nothing at night, nothing twice in three days, nothing beyond
    /// the most, and no two on one day to one number.
    #[test]
    fn whatever_is_asked_nobody_is_reminded_impolitely(
        asks in prop::collection::vec((0..40 * 24_i64, 0..3_600_000_i64, 0..4_u8), 0..60),
        is_scheduled: bool,
    ) {
        let quiet = QuietHours::default();
        let mut reminders: Vec<Reminder> = vec![];
        let mut sent: Vec<Millis> = vec![];
        let mut asks = asks;
        asks.sort_unstable();
        for hour in 0..45 * 24_i64 {
            let start = at("11-20 00:00:00").plus_ms(hour * HOUR);
            for (_, ms, ending) in asks.iter().filter(|(at_hour, ..)| *at_hour == hour).chain([&(hour, 0, 0)]) {
                let now = start.plus_ms(*ms);
                let reached = sent.clone();
                let debt = Reminding { reminders: &reminders, reached_number_at: &reached, is_scheduled, ..usual() };
                if *ms > 0 && debt.by_hand(now).is_ok() {
                    reminders.push(waiting(now));
                }
                let debt = Reminding { reminders: &reminders, reached_number_at: &reached, is_scheduled, ..usual() };
                let Next::Now(cause) = debt.next(now) else { continue };
                let outcome = [Outcome::Sent, Outcome::Unknown, Outcome::Refused, Outcome::Dropped][usize::from(*ending)];
                reminders.retain(|reminder| !reminder.is_waiting());
                reminders.push(ended(cause, now, outcome));
                prop_assert!(!quiet.holds(now));
                prop_assert!(cause == Cause::Hand || now.clock() >= (10, 0, 0));
                if matches!(outcome, Outcome::Sent | Outcome::Unknown) {
                    sent.push(now);
                }
            }
        }
        sent.sort_unstable();
        prop_assert!(sent.len() <= MOST_REMINDERS);
        prop_assert!(sent.windows(2).all(|two| two[1].since_ms(two[0]) >= REMINDER_GAP_MS));
        prop_assert!(REFUSED_GAP_MS < REMINDER_GAP_MS);
    }
}
