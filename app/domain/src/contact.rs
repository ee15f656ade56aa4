//! How a payer reaches the organisation when a page tells them to ask.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Fewest digits of a telephone number: a short number of a campus or a service, such as 95017.
const FEWEST_DIGITS: usize = 5;

/// Most digits, as in E.164.
const MOST_DIGITS: usize = 15;

/// Most characters as written.
pub const MOST_CHARS: usize = 24;

/// A telephone number as its owner writes it: digits with spaces, hyphens and brackets between them, and `+` before them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contact(String);

impl Contact {
    /// Reads what a person typed, also in full width; `None` when nobody could dial it.
    pub fn parse(typed: &str) -> Option<Contact> {
        let text: String = typed.trim().chars().map(narrow).collect();
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let is_dialled = text.char_indices().all(|(at, c)| c.is_ascii_digit() || " -()".contains(c) || (c == '+' && at == 0));
        let is_number = is_dialled && text.len() <= MOST_CHARS && (FEWEST_DIGITS..=MOST_DIGITS).contains(&digits);
        is_number.then_some(Contact(text))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address that dials it.
    pub fn url(&self) -> String {
        format!("tel:{}", self.0.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>())
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '＋' | '－' | '（' | '）' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        '—' | '–' => '-',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_as_written_and_dialled_by_its_digits() {
        let table = [
            ("0571-8888 0000", Some(("0571-8888 0000", "tel:057188880000"))),
            (" +86 (571) 8888-0000 ", Some(("+86 (571) 8888-0000", "tel:+8657188880000"))),
            ("１３８００１３８０００", Some(("13800138000", "tel:13800138000"))),
            ("（0571）8888—0000", Some(("(0571)8888-0000", "tel:057188880000"))),
            ("95017", Some(("95017", "tel:95017"))),
            ("8001", None),
            ("", None),
            ("1234567890123456", None),
            ("138-0013-8000 张老师", None),
            ("86+13800138000", None),
            ("13800138000,13900139000", None),
            ("1-------------------------5", None),
        ];
        for (typed, expected) in table {
            let read = Contact::parse(typed);
            assert_eq!(
                read.as_ref().map(|contact| (contact.as_str(), contact.url())),
                expected.map(|(text, url)| (text, url.to_owned())),
                "{typed}"
            );
        }
    }
}
