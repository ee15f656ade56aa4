//! People who sign in, what they may do, and how wrong passwords are answered.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Millis, TenantId};

/// What a member of an organisation may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Shows codes and sees the receipts of those codes.
    Manager,
    /// Pays with a card.
    Holder,
    /// Configures the organisation and sees everything in it.
    Administrator,
}

impl Role {
    /// The word stored and sent for it.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Manager => "manager",
            Role::Holder => "holder",
            Role::Administrator => "administrator",
        }
    }

    /// The role that `word` stands for.
    pub fn of_word(word: &str) -> Option<Role> {
        [Role::Manager, Role::Holder, Role::Administrator].into_iter().find(|role| role.word() == word)
    }
}

/// The language in which somebody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The word stored and sent for it.
    pub const fn word(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The language that `word` stands for.
    pub fn of_word(word: &str) -> Option<Lang> {
        [Lang::Zh, Lang::En].into_iter().find(|lang| lang.word() == word)
    }
}

/// Most characters of a person's name.
pub const LONGEST_NAME: usize = 20;

/// A person's name as payers read it: what was typed without spaces around it. `None` when it is empty, too long, or holds what is
/// no text.
pub fn person_name(typed: &str) -> Option<String> {
    let name = typed.trim();
    let is_text = !name.chars().any(char::is_control);
    (is_text && (1..=LONGEST_NAME).contains(&name.chars().count())).then(|| name.to_owned())
}

/// Who asks, always taken from the session and never from a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The organisation in which the caller acts.
    pub tenant: TenantId,
    /// The person.
    pub account: AccountId,
    /// What the person may do.
    pub role: Role,
}

/// A mainland mobile number, eleven digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Reads what a person typed: spaces and hyphens, `+86`, and full-width digits mean the same number. `None` when it is
    /// no mobile number.
    pub fn parse(typed: &str) -> Option<Phone> {
        let mut digits = String::new();
        for c in typed.trim().chars() {
            match c {
                '0'..='9' | '+' => digits.push(c),
                '０'..='９' => digits.push(char::from(b'0' + (c as u32 - '０' as u32) as u8)),
                '＋' => digits.push('+'),
                ' ' | '-' | '\u{3000}' => {}
                _ => return None,
            }
        }
        let number = digits.strip_prefix("+86").or_else(|| digits.strip_prefix("0086")).unwrap_or(&digits);
        let mobile = number.len() == 11 && number.starts_with('1') && number.bytes().all(|b| b.is_ascii_digit());
        mobile.then(|| Phone(number.to_owned()))
    }

    /// The eleven digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `138****8000`, for screens and messages.
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[7..])
    }
}

/// Wrong passwords in a row that lock an account (001 FAQ9.12).
pub const WRONG_PASSWORDS: u32 = 5;

/// How long the lock lasts, counted from the last wrong password (T12).
pub const LOCK_MS: i64 = 2 * 3_600_000;

/// The state of an account's door: how often in a row it was knocked at wrongly, and until when it stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Door {
    /// Wrong passwords since the last right one.
    pub wrong_in_a_row: u32,
    /// Shut before this moment.
    pub locked_until_ms: Millis,
}

impl Door {
    /// Whether passwords are not even looked at now.
    pub fn is_locked(self, now: Millis) -> bool {
        now < self.locked_until_ms
    }

    /// The door after a wrong password at `now`. The fifth in a row locks it; after a lock the count begins anew.
    #[must_use]
    pub fn after_wrong(self, now: Millis) -> Door {
        let wrong = self.wrong_in_a_row + 1;
        if wrong >= WRONG_PASSWORDS {
            return Door { wrong_in_a_row: 0, locked_until_ms: now.plus_ms(LOCK_MS) };
        }
        Door { wrong_in_a_row: wrong, ..self }
    }

    /// The door after the right password.
    #[must_use]
    pub fn after_right(self) -> Door {
        Door::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_read_from_every_way_of_typing_it() {
        let table = [
            ("13800138000", Some("13800138000")),
            (" 138 0013 8000 ", Some("13800138000")),
            ("+86 138-0013-8000", Some("13800138000")),
            ("008613800138000", Some("13800138000")),
            ("１３８００１３８０００", Some("13800138000")),
            ("1380013800", None),
            ("138001380001", None),
            ("23800138000", None),
            ("1380013800a", None),
            ("", None),
        ];
        for (typed, expected) in table {
            assert_eq!(Phone::parse(typed).as_ref().map(Phone::as_str), expected, "{typed:?}");
        }
        assert_eq!(Phone::parse("13800138000").map(|p| p.masked()).as_deref(), Some("138****8000"));
    }

    #[test]
    fn a_name_is_a_short_text() {
        let longest = "名".repeat(LONGEST_NAME);
        let too_long = "名".repeat(LONGEST_NAME + 1);
        let table =
            [("  王敏 ", Some("王敏")), ("", None), ("  ", None), ("a\nb", None), (&longest, Some(longest.as_str())), (&too_long, None)];
        for (typed, expected) in table {
            assert_eq!(person_name(typed).as_deref(), expected, "{typed:?}");
        }
    }

    #[test]
    fn five_wrong_passwords_lock_for_exactly_two_hours() {
        let now = Millis::of(1_000_000);
        let mut door = Door::default();
        for _ in 0..4 {
            door = door.after_wrong(now);
            assert!(!door.is_locked(now));
        }
        door = door.after_wrong(now);
        assert!(door.is_locked(now));
        assert!(door.is_locked(now.plus_ms(LOCK_MS - 1)));
        assert!(!door.is_locked(now.plus_ms(LOCK_MS)));
        let after_the_lock = door.after_wrong(now.plus_ms(LOCK_MS));
        assert!(!after_the_lock.is_locked(now.plus_ms(LOCK_MS)), "the count begins anew after a lock");
        assert_eq!(door.after_right(), Door::default());
    }
}
