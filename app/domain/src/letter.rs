//! Letters to people who sign in: what they are for, how long they are worth sending, and what became of the last one.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// How long the link of an invitation can be used, counted from when it was sent.
pub const INVITED_MS: i64 = 24 * 3_600_000;

/// How long the link of a recovery can be used, counted from when it was sent.
pub const RECOVERY_MS: i64 = 30 * 60_000;

/// An e-mail address, as far as it can be judged without sending: one `@`, a domain with a dot, only characters that every mail
/// server takes. Whether anybody reads it shows when it is used (row E5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailAddress(String);

impl MailAddress {
    /// Reads what a person typed; spaces around it and the full-width `＠` are meant well. `None` when it is no address.
    pub fn parse(typed: &str) -> Option<MailAddress> {
        let text = typed.trim().replace('＠', "@");
        let (local, domain) = text.split_once('@')?;
        let local_ok = (1..=64).contains(&local.len())
            && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let label_ok = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain_ok = domain.contains('.') && domain.split('.').all(label_ok) && text.len() <= 254;
        (local_ok && domain_ok).then(|| MailAddress(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `w***@example.com`, for screens that somebody else may see.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}***@{domain}", &local[..1])
    }
}

/// What a letter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// Somebody was registered and sets their first password (row E3).
    Invitation,
    /// Somebody who has a password already was registered at another organisation.
    Welcome,
    /// Somebody asked to set a new password.
    Recovery,
    /// Somebody said that a sign-in was not theirs (row E6).
    NotMe,
}

impl LetterKind {
    /// How long its link can be used once it is sent; `None` when it carries none.
    pub const fn link_ms(self) -> Option<i64> {
        match self {
            LetterKind::Invitation => Some(INVITED_MS),
            LetterKind::Recovery | LetterKind::NotMe => Some(RECOVERY_MS),
            LetterKind::Welcome => None,
        }
    }

    /// How long it is worth sending after it was written: who waits for a recovery has asked again by then.
    pub const fn worth_ms(self) -> i64 {
        match self {
            LetterKind::Invitation | LetterKind::Welcome => 24 * 3_600_000,
            LetterKind::Recovery | LetterKind::NotMe => RECOVERY_MS,
        }
    }
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// It waits to be sent, perhaps again.
    Waiting,
    /// A mail server took it.
    Sent,
    /// A mail server refused it for good: a wrong address, most of the time.
    Refused,
    /// A mail server took it, and it came back later: its address takes no mail. Its link stays as good as it was, since a mail may come
    /// back from one of the places that it was passed on to, and since what comes back is only as trustworthy as a mail is.
    Bounced,
    /// No mail server took it as long as it was worth sending.
    GivenUp,
    /// No mail server is configured.
    NoServer,
}

/// How long to wait after the try `tries` (from 1) that no mail server took (4xx, or no connection).
pub const fn again_after_ms(tries: i64) -> i64 {
    const MINUTE: i64 = 60_000;
    match tries {
        ..=1 => MINUTE / 2,
        2 => MINUTE,
        3 => 2 * MINUTE,
        4 => 5 * MINUTE,
        5 => 15 * MINUTE,
        _ => 30 * MINUTE,
    }
}

/// The last invitation of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastLetter {
    /// What became of it.
    pub state: LetterState,
    /// What a mail server said last, in its own words.
    pub reason: Option<String>,
    /// When it was sent, refused or came back; when it was written, while it waits.
    pub at_ms: Millis,
    /// How often it was tried.
    pub tries: i64,
}

/// How far somebody who was registered has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "invitation", rename_all = "snake_case")]
pub enum Invitation {
    /// They set their password.
    Accepted,
    /// There is no address to write to.
    NoAddress,
    /// The mail is on its way.
    Waiting {
        /// What a mail server said to the last try.
        reason: Option<String>,
    },
    /// The mail is there and its link can be used.
    Sent {
        /// Since when.
        at_ms: Millis,
        /// Until when.
        until_ms: Millis,
    },
    /// The link was not used in time.
    Expired {
        /// Since when.
        since_ms: Millis,
    },
    /// The mail was refused or given up.
    Undeliverable {
        /// When.
        at_ms: Millis,
        /// What the mail server said.
        reason: String,
    },
    /// The mail was taken first and came back later.
    Returned {
        /// When it came back.
        at_ms: Millis,
        /// What the mail server said that gave it back.
        reason: String,
    },
    /// No mail server is configured.
    NoServer,
}

impl Invitation {
    /// How far somebody has come at `now`.
    pub fn of(has_password: bool, has_address: bool, last: Option<&LastLetter>, now: Millis) -> Invitation {
        if has_password {
            return Invitation::Accepted;
        }
        let Some(last) = last else { return Invitation::NoAddress };
        let until_ms = last.at_ms.plus_ms(INVITED_MS);
        match last.state {
            _ if !has_address => Invitation::NoAddress,
            LetterState::Waiting => Invitation::Waiting { reason: last.reason.clone() },
            LetterState::Sent if now < until_ms => Invitation::Sent { at_ms: last.at_ms, until_ms },
            LetterState::Sent => Invitation::Expired { since_ms: until_ms },
            LetterState::Refused | LetterState::GivenUp => {
                Invitation::Undeliverable { at_ms: last.at_ms, reason: last.reason.clone().unwrap_or_default() }
            }
            LetterState::Bounced => Invitation::Returned { at_ms: last.at_ms, reason: last.reason.clone().unwrap_or_default() },
            LetterState::NoServer => Invitation::NoServer,
        }
    }

    /// Whether an administrator has to do something before the person can sign in.
    pub const fn needs_help(&self) -> bool {
        match self {
            Invitation::Accepted | Invitation::Waiting { .. } | Invitation::Sent { .. } => false,
            Invitation::NoAddress
            | Invitation::Expired { .. }
            | Invitation::Undeliverable { .. }
            | Invitation::Returned { .. }
            | Invitation::NoServer => true,
        }
    }
}

/// Most asks within a minute and within an hour by which one phone number may cause a letter or a message: anybody can type
/// anybody's number.
pub const ASKS: [(i64, usize); 2] = [(60_000, 1), (3_600_000, 5)];

/// Whether one more ask at `now` may cause a message, after `earlier` ones.
pub fn may_ask(earlier: &[Millis], now: Millis) -> bool {
    ASKS.iter().all(|(span_ms, most)| earlier.iter().filter(|at| now.get() - at.get() < *span_ms).count() < *most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_typed() {
        let long = format!("{}@example.com", "a".repeat(65));
        let table = [
            ("wang@example.com", Some("wang@example.com")),
            (" wang.min+shop@Mail.Example.COM ", Some("wang.min+shop@mail.example.com")),
            ("王@example.com", None),
            ("wang＠example.com", Some("wang@example.com")),
            ("wang@example", None),
            ("wang@@example.com", None),
            ("wang@exam ple.com", None),
            ("wang@.com", None),
            ("wang@-x.com", None),
            (".wang@example.com", None),
            ("wa..ng@example.com", None),
            ("wang@example.com\r\nBcc: x@y.z", None),
            ("<wang@example.com>", None),
            (&long, None),
            ("", None),
        ];
        for (typed, expected) in table {
            assert_eq!(MailAddress::parse(typed).as_ref().map(MailAddress::as_str), expected, "{typed:?}");
        }
        assert_eq!(MailAddress::parse("wang@example.com").map(|mail| mail.masked()).as_deref(), Some("w***@example.com"));
    }

    #[test]
    fn an_administrator_sees_how_far_an_invitation_has_come() {
        let at_ms = Millis::of(1000);
        let letter = |state, reason: Option<&str>| Some(LastLetter { state, reason: reason.map(str::to_owned), at_ms, tries: 1 });
        let until_ms = at_ms.plus_ms(INVITED_MS);
        let refused = Invitation::Undeliverable { at_ms, reason: "550 no such user".into() };
        let returned = Invitation::Returned { at_ms, reason: "5.1.1 unknown".into() };
        let table = [
            (true, true, None, at_ms, Invitation::Accepted, false),
            (false, false, None, at_ms, Invitation::NoAddress, true),
            (false, true, letter(LetterState::Waiting, None), at_ms, Invitation::Waiting { reason: None }, false),
            (false, true, letter(LetterState::Sent, None), until_ms.plus_ms(-1), Invitation::Sent { at_ms, until_ms }, false),
            (false, true, letter(LetterState::Sent, None), until_ms, Invitation::Expired { since_ms: until_ms }, true),
            (false, true, letter(LetterState::Refused, Some("550 no such user")), at_ms, refused, true),
            (false, true, letter(LetterState::NoServer, None), at_ms, Invitation::NoServer, true),
            (false, true, letter(LetterState::Bounced, Some("5.1.1 unknown")), at_ms, returned, true),
            (true, true, letter(LetterState::Bounced, Some("5.1.1 unknown")), at_ms, Invitation::Accepted, false),
            (true, true, letter(LetterState::Refused, Some("550")), at_ms, Invitation::Accepted, false),
        ];
        for (has_password, has_address, last, now, expected, needs_help) in table {
            let found = Invitation::of(has_password, has_address, last.as_ref(), now);
            assert_eq!((found.needs_help(), &found), (needs_help, &expected), "{last:?}");
        }
    }

    #[test]
    fn a_number_causes_one_message_a_minute_and_five_an_hour() {
        let minutes = |all: &[i64]| all.iter().map(|minute| Millis::of(minute * 60_000)).collect::<Vec<_>>();
        let table = [
            (minutes(&[]), 0, true),
            (minutes(&[0]), 59_999, false),
            (minutes(&[0]), 60_000, true),
            (minutes(&[0, 1, 2, 3]), 4 * 60_000, true),
            (minutes(&[0, 1, 2, 3, 4]), 5 * 60_000, false),
            (minutes(&[0, 1, 2, 3, 4]), 60 * 60_000 - 1, false),
            (minutes(&[0, 1, 2, 3, 4]), 60 * 60_000, true),
        ];
        for (earlier, now, expected) in table {
            assert_eq!(may_ask(&earlier, Millis::of(now)), expected, "{earlier:?} {now}");
        }
    }

    #[test]
    fn waits_grow_up_to_half_an_hour() {
        let waits: Vec<i64> = (1..8).map(|tries| again_after_ms(tries) / 1000).collect();
        assert_eq!(waits, [30, 60, 120, 300, 900, 1800, 1800]);
    }
}
