//! The rules of the live feed: what is news, what today comes to, and when to try again.

use std::collections::VecDeque;

use domain::{Fen, Millis, PaymentId};

use crate::manager::{Arrival, Today};
use crate::receipts::Cursor;

/// Arrivals that a screen keeps in sight.
const KEPT_ARRIVALS: usize = 20;

/// Payments that are remembered so that a repeated event is no news: far more than a stream repeats (60 s).
const KEPT_KNOWN: usize = 2000;

/// The connection, in the words of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Link {
    /// Not yet connected.
    #[default]
    Connecting,
    /// Arrivals are shown at once.
    Connected,
    /// Lost, and being tried again.
    Reconnecting {
        /// Since when.
        since_ms: Millis,
    },
    /// The device says that it has no network, or several tries failed.
    Offline {
        /// Since when.
        since_ms: Millis,
    },
    /// The session is over; nothing comes any more.
    Ended {
        /// When and with what the account signed in elsewhere, where that ended it (row E6): a sentence of the server's.
        elsewhere: Option<String>,
    },
}

impl Link {
    /// The state after a failed try, the `tries`-th in a row: after the third it is called offline.
    pub fn after_failure(self, tries: u32, now: Millis) -> Link {
        let since_ms = match self {
            Link::Ended { .. } => return self,
            Link::Reconnecting { since_ms } | Link::Offline { since_ms } => since_ms,
            Link::Connecting | Link::Connected => now,
        };
        if tries >= 3 { Link::Offline { since_ms } } else { Link::Reconnecting { since_ms } }
    }
}

/// How long to wait before the `tries`-th try in a row (1 is the first): 1, 2, 4, 8, 16, then every 30 s, each shortened by up to
/// a quarter according to `luck` (0..=255), so that phones that lost the same server do not return in the same second.
pub fn pause_ms(tries: u32, luck: u8) -> u32 {
    let longest = 1000_u32.saturating_mul(1 << tries.saturating_sub(1).min(5)).min(30_000);
    longest - longest / 4 * u32::from(luck) / 255
}

/// What came and what it comes to.
#[derive(Debug, Clone, Default)]
pub struct Feed {
    today: Today,
    arrivals: VecDeque<Arrival>,
    known: VecDeque<PaymentId>,
    resume: Option<Cursor>,
}

impl Feed {
    /// The feed that continues `today`.
    pub fn from(today: Today) -> Feed {
        let known = today.recent.iter().copied().collect();
        let resume = Some(Cursor::at(today.as_of_ms));
        Feed { today, arrivals: VecDeque::new(), known, resume }
    }

    /// Takes newer figures, e.g. when a new day has begun. The stream continues where it was: what they count already and
    /// was not shown yet is still news.
    pub fn refresh(&mut self, today: Today) {
        if today.as_of_ms > self.today.as_of_ms {
            self.today = today;
        }
    }

    /// Takes one event. `false` when it is no news.
    pub fn take(&mut self, arrival: Arrival) -> bool {
        self.resume = self.resume.max(Some(Cursor { at_ms: arrival.at_ms, payment: arrival.payment }));
        if self.known.contains(&arrival.payment) {
            return false;
        }
        self.remember(arrival.payment);
        self.count(&arrival);
        // Events of several instances may overtake each other; the screen shows the newest first all the same.
        let place = self.arrivals.iter().position(|shown| shown.at_ms <= arrival.at_ms).unwrap_or(self.arrivals.len());
        self.arrivals.insert(place, arrival);
        self.arrivals.truncate(KEPT_ARRIVALS);
        true
    }

    /// Today so far.
    pub fn today(&self) -> (u64, Fen) {
        (self.today.count, self.today.sum_fen)
    }

    /// The latest arrivals, newest first.
    pub fn arrivals(&self) -> impl Iterator<Item = &Arrival> {
        self.arrivals.iter()
    }

    /// Where a new stream continues.
    pub fn resume(&self) -> Option<Cursor> {
        self.resume
    }

    /// When the figures were right.
    pub fn as_of_ms(&self) -> Millis {
        self.today.as_of_ms
    }

    /// Whether the figures are those of an earlier day at `now`, by the server's clock.
    pub fn is_of_yesterday(&self, now: Millis) -> bool {
        now.day() > self.today.as_of_ms.day()
    }

    fn remember(&mut self, payment: PaymentId) {
        self.known.push_back(payment);
        if self.known.len() > KEPT_KNOWN {
            self.known.pop_front();
        }
    }

    fn count(&mut self, arrival: &Arrival) {
        let day = arrival.at_ms.day();
        let shown = self.today.as_of_ms.day();
        let (count, sum_fen) = (arrival.count_today, arrival.sum_today_fen);
        // A day's count only grows, so an event that was overtaken cannot take anything back.
        if day > shown || (day == shown && count > self.today.count) {
            self.today = Today { as_of_ms: self.today.as_of_ms.max(arrival.at_ms), count, sum_fen, recent: vec![] };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_233_600_000; // 2026-11-21 12:00 in Shanghai

    fn payment(number: u128) -> PaymentId {
        PaymentId::of(uuid::Uuid::from_u128(number))
    }

    fn arrival(number: u128, at_ms: i64, count_today: u64, sum_today: i64) -> Arrival {
        Arrival {
            payment: payment(number),
            amount_fen: Fen::of(100),
            title: String::new(),
            at_ms: Millis::of(at_ms),
            count_today,
            sum_today_fen: Fen::of(sum_today),
        }
    }

    fn feed() -> Feed {
        Feed::from(Today { as_of_ms: Millis::of(NOON), count: 2, sum_fen: Fen::of(300), recent: vec![payment(2)] })
    }

    #[test]
    fn a_repeated_event_is_no_news() {
        let mut feed = feed();
        assert!(!feed.take(arrival(2, NOON - 5, 2, 300)), "counted before the page was rendered");
        assert!(feed.take(arrival(3, NOON + 5, 3, 400)));
        assert!(!feed.take(arrival(3, NOON + 5, 3, 400)));
        assert_eq!(feed.today(), (3, Fen::of(400)));
        assert_eq!(feed.arrivals().count(), 1);
    }

    #[test]
    fn events_that_overtake_each_other_end_in_the_same_figures() {
        let events = [arrival(3, NOON + 1, 3, 400), arrival(4, NOON + 2, 4, 500), arrival(5, NOON + 3, 5, 600)];
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            let mut feed = feed();
            for index in order {
                assert!(feed.take(events[index].clone()));
            }
            assert_eq!(feed.today(), (5, Fen::of(600)), "{order:?}");
            let shown: Vec<_> = feed.arrivals().map(|arrival| arrival.at_ms.get() - NOON).collect();
            assert_eq!(shown, [3, 2, 1], "{order:?}");
            assert_eq!(feed.resume(), Some(Cursor { at_ms: Millis::of(NOON + 3), payment: payment(5) }), "{order:?}");
        }
    }

    #[test]
    fn the_first_payment_of_a_day_begins_new_figures() {
        let mut feed = feed();
        let tomorrow = NOON + 12 * 3_600_000;
        assert!(!feed.is_of_yesterday(Millis::of(tomorrow - 1)));
        assert!(feed.is_of_yesterday(Millis::of(tomorrow)));
        feed.take(arrival(9, tomorrow, 1, 100));
        assert_eq!(feed.today(), (1, Fen::of(100)));
        feed.take(arrival(8, tomorrow - 1, 3, 400));
        assert_eq!(feed.today(), (1, Fen::of(100)), "one of yesterday that came late changes nothing of today");
    }

    #[test]
    fn a_stream_begins_where_the_page_was_read() {
        assert_eq!(feed().resume().unwrap().to_string(), format!("{NOON}-{}", "0".repeat(32)));
    }

    #[test]
    fn tries_grow_apart_and_stay_below_half_a_minute() {
        let table =
            [(1, 0, 1000), (2, 0, 2000), (3, 0, 4000), (5, 0, 16_000), (6, 0, 30_000), (60, 0, 30_000), (1, 255, 750), (60, 255, 22_500)];
        for (tries, luck, expected) in table {
            assert_eq!(pause_ms(tries, luck), expected, "{tries} {luck}");
        }
    }

    #[test]
    fn a_lost_connection_is_called_offline_after_three_tries_and_keeps_its_beginning() {
        let [first, second, third] = [1, 2, 3].map(Millis::of);
        let lost = Link::Connected.after_failure(1, first);
        assert_eq!(lost, Link::Reconnecting { since_ms: first });
        let lost = lost.after_failure(2, second);
        assert_eq!(lost, Link::Reconnecting { since_ms: first });
        assert_eq!(lost.after_failure(3, third), Link::Offline { since_ms: first });
        let ended = Link::Ended { elsewhere: Some(String::new()) };
        assert_eq!(ended.clone().after_failure(9, third), ended);
    }
}
