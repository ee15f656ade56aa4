//! Hours of the day at which people are reminded, in Shanghai.

use crate::{Day, Millis};

const MINUTES: u32 = 24 * 60;

/// The hours of each day in Shanghai in which nobody is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from_minute: u32,
    until_minute: u32,
}

impl Default for QuietHours {
    /// From 21:00 to 09:00.
    fn default() -> QuietHours {
        QuietHours { from_minute: 21 * 60, until_minute: 9 * 60 }
    }
}

impl QuietHours {
    /// From a minute of the day up to, and not with, another one, over midnight or not. `None` when they are the same or no minutes
    /// of a day: there must be hours to remind in, and some to sleep in.
    pub fn new(from_minute: u32, until_minute: u32) -> Option<QuietHours> {
        let is_day = from_minute < MINUTES && until_minute < MINUTES;
        (is_day && from_minute != until_minute).then_some(QuietHours { from_minute, until_minute })
    }

    /// The minute of the day of `21:00`; `None` when it is no time.
    pub fn minute(text: &str) -> Option<u32> {
        let (hour, minute) = text.trim().split_once(':')?;
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        let (hour, minute) = (number(hour)?, number(minute).filter(|_| minute.len() == 2)?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    }

    /// Whether nobody is reminded at this moment. Their first moment belongs to the quiet hours, their end does not.
    pub fn holds(self, at: Millis) -> bool {
        let (hour, minute, _) = at.clock();
        self.holds_minute(hour * 60 + minute)
    }

    fn holds_minute(self, minute: u32) -> bool {
        match self.from_minute < self.until_minute {
            true => (self.from_minute..self.until_minute).contains(&minute),
            false => minute >= self.from_minute || minute < self.until_minute,
        }
    }

    /// The first moment from `at` on at which somebody may be reminded.
    pub fn over(self, at: Millis) -> Millis {
        if !self.holds(at) {
            return at;
        }
        let today = moment(at.day(), self.until_minute);
        if today > at { today } else { moment(Day::of(at.day().get().saturating_add(1)), self.until_minute) }
    }

    /// Both ends as `21:00` and `09:00`.
    pub fn ends(self) -> (String, String) {
        (text(self.from_minute), text(self.until_minute))
    }
}

/// From when on each day reminders of a schedule go, so that none comes with the first minute of a new day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReminderHour {
    minute: u32,
}

impl Default for ReminderHour {
    /// From 10:00 on.
    fn default() -> ReminderHour {
        ReminderHour { minute: 10 * 60 }
    }
}

impl ReminderHour {
    /// From this minute of the day on; `None` when it is none.
    pub fn of_minute(minute: i64) -> Option<ReminderHour> {
        u32::try_from(minute).ok().filter(|minute| *minute < MINUTES).map(|minute| ReminderHour { minute })
    }

    /// From `10:00` on; `None` when that is no time.
    pub fn parse(text: &str) -> Option<ReminderHour> {
        QuietHours::minute(text).map(|minute| ReminderHour { minute })
    }

    /// The minute of the day.
    pub fn minute(self) -> i64 {
        i64::from(self.minute)
    }

    /// As `10:00`.
    pub fn text(self) -> String {
        text(self.minute)
    }

    /// The hour that counts beside these quiet hours: itself, or their end where it lies within them. So there is one on every day,
    /// whatever was set first.
    pub fn beside(self, quiet: QuietHours) -> ReminderHour {
        if quiet.holds_minute(self.minute) { ReminderHour { minute: quiet.until_minute } } else { self }
    }

    /// The first moment from `at` on at which a reminder of a schedule may go: from the hour of its day on, outside the quiet hours.
    pub fn over(self, quiet: QuietHours, at: Millis) -> Millis {
        let opens = |day: Day| moment(day, self.beside(quiet).minute);
        let awake = quiet.over(at.max(opens(at.day())));
        // What waits for the end of the night waits for the hour of that day as well.
        awake.max(opens(awake.day()))
    }
}

fn moment(day: Day, minute: u32) -> Millis {
    day.starts_at().plus_ms(i64::from(minute) * 60_000)
}

fn text(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
