//! What calls showed beside their answers: the channel's clock, and which key an answer was signed with. Diagnosis reads it.

use domain::diagnosis::ChannelSeen;
use domain::{ChannelCode, Day, Millis, OutTradeNo};
use http::{HeaderMap, header};

use super::gateway::Gateway;
use super::signature::Flaw;
use super::{Channel, Wechat};
use crate::channels::{ChannelError, Look};
use crate::fresh;

/// What the last calls showed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// Our clock less the channel's, when an answer last said the time.
    pub clock_off_ms: Option<i64>,
    /// How the last call ended.
    pub last: Last,
    /// Whether the list of certificates came last and could not be read with the APIv3 key.
    pub is_list_unreadable: bool,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Last {
    /// Without an answer, or there was none yet.
    #[default]
    Silence,
    /// With an answer.
    Answer,
    /// With an answer whose signature is not proven.
    Flawed(Flaw),
}

/// Asks about an order that cannot be: a proven "no such order" shows that address, keys and clock are right.
pub async fn look(wechat: &Wechat, gateway: &Gateway) -> Look {
    let asked = wechat.query(&OutTradeNo::later(fresh::uuid(gateway.now()))).await;
    let seen = gateway.seen();
    let channel = match (asked, seen.last) {
        (Ok(_), _) => ChannelSeen::Answers,
        (Err(ChannelError::Refused { code, .. }), _) => ChannelSeen::Refuses { code },
        (Err(_), Last::Flawed(Flaw::UnknownSerial)) if seen.is_list_unreadable => ChannelSeen::KeysSealed,
        (Err(_), Last::Flawed(Flaw::UnknownSerial)) => ChannelSeen::KeyUnknown,
        (Err(_), Last::Flawed(Flaw::BadSignature | Flaw::Header(_))) => ChannelSeen::KeyWrong,
        // The clock is checked by itself; here it only means that nothing else is known.
        (Err(_), Last::Flawed(Flaw::TooOld)) => ChannelSeen::Busy,
        (Err(ChannelError::Unknown { code: Some(ChannelCode::SystemError | ChannelCode::FrequencyLimited), .. }), _) => ChannelSeen::Busy,
        (Err(_), Last::Answer) => ChannelSeen::Busy,
        (Err(_), Last::Silence) => ChannelSeen::Silent,
    };
    Look { channel, clock_off_ms: seen.clock_off_ms }
}

/// The moment in a `Date` header such as `Sun, 22 Nov 2026 04:00:00 GMT`.
pub fn date_of(headers: &HeaderMap) -> Option<Millis> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = headers.get(header::DATE)?.to_str().ok()?;
    let parts: Vec<&str> = text.split([' ', ':']).collect();
    let [_, day, month, year, hour, minute, second, "GMT"] = parts[..] else { return None };
    let number = |part: &str| part.parse::<u32>().ok();
    let month = MONTHS.iter().position(|name| *name == month)?;
    let day = Day::from_ymd(year.parse().ok()?, u32::try_from(month).ok()? + 1, number(day)?)?;
    let seconds = i64::from(number(hour)?) * 3_600 + i64::from(number(minute)?) * 60 + i64::from(number(second)?);
    // A day of ours begins at midnight in Shanghai, eight hours before Greenwich.
    Some(day.starts_at().plus_ms((8 * 3_600 + seconds) * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_header_is_a_moment() {
        let table = [
            ("Sun, 22 Nov 2026 04:00:00 GMT", Some("2026-11-22T12:00:00+08:00")),
            ("Sat, 21 Nov 2026 23:59:59 GMT", Some("2026-11-22T07:59:59+08:00")),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some("1970-01-01T08:00:00+08:00")),
            ("Sun, 22 Nov 2026 04:00:00", None),
            ("Sun, 32 Nov 2026 04:00:00 GMT", None),
            ("yesterday", None),
        ];
        for (text, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::DATE, text.parse().unwrap());
            assert_eq!(date_of(&headers), expected.map(|text| Millis::parse_rfc3339(text).unwrap()), "{text}");
        }
        assert_eq!(date_of(&HeaderMap::new()), None);
    }
}
