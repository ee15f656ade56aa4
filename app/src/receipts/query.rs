//! Which receipts are wanted. Every list has an address, so that it can be reloaded, sent and gone back to (rows E17, E18).

use domain::receipt::ReceiptState;
use domain::{AccountId, CodeId, Day};
use serde::{Deserialize, Serialize};

use crate::receipts::Cursor;

/// Characters of a search that are looked at; more are no name and no number.
pub const MOST_CHARS: usize = 50;

/// Which part of the list is asked for. Everything is optional, so that a bare `{}` is the newest page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReceiptQuery {
    /// Only receipts on which all of these words are written; empty for any.
    pub words: String,
    /// The last day that is shown (Asia/Shanghai); `None` for today.
    pub until: Option<Day>,
    /// Only receipts that came through this code.
    pub code: Option<CodeId>,
    /// Only what this payee collected: a store whose cashier the reader is, or the reader.
    pub store: Option<AccountId>,
    /// Only receipts in this state.
    pub state: Option<ReceiptState>,
    /// Only receipts older than this one; `None` begins with the newest.
    pub before: Option<Cursor>,
}

impl ReceiptQuery {
    /// The part of the list that an address names, from its query with or without `?`. What cannot be read is passed over.
    pub fn of_url(query: &str) -> ReceiptQuery {
        let mut found = ReceiptQuery::default();
        for (name, value) in form_urlencoded::parse(query.trim_start_matches('?').as_bytes()) {
            match name.as_ref() {
                "q" => found.words = value.trim().chars().take(MOST_CHARS).collect(),
                "until" => found.until = Day::parse(&value),
                "code" => found.code = value.parse().ok(),
                "store" => found.store = value.parse().ok(),
                "state" => found.state = state_of_word(&value),
                "before" => found.before = value.parse().ok(),
                _ => {}
            }
        }
        found
    }

    /// The address of this part of the list.
    pub fn url(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        if !self.words.is_empty() {
            pairs.append_pair("q", &self.words);
        }
        if let Some(until) = self.until {
            pairs.append_pair("until", &until.to_string());
        }
        if let Some(code) = self.code {
            pairs.append_pair("code", &code.to_string());
        }
        if let Some(store) = self.store {
            pairs.append_pair("store", &store.to_string());
        }
        if let Some(state) = self.state {
            pairs.append_pair("state", state_word(state));
        }
        if let Some(before) = self.before {
            pairs.append_pair("before", &before.to_string());
        }
        let query = pairs.finish();
        if query.is_empty() { "/m/receipts".to_owned() } else { format!("/m/receipts?{query}") }
    }

    /// Where the receipts of this list are had as a file.
    pub fn export_url(&self) -> String {
        self.from_place(None).url().replacen("/m/receipts", "/m/receipts/export", 1)
    }

    /// Where it stands with what a payer says they paid, also where no money came: the words of this list may be its number.
    pub fn claim_url(&self) -> String {
        self.url().replacen("/m/receipts", "/m/payments", 1)
    }

    /// The same list from another place on.
    pub fn from_place(&self, before: Option<Cursor>) -> ReceiptQuery {
        ReceiptQuery { before, ..self.clone() }
    }

    /// Whether it leaves receipts out that are as new as those it shows.
    pub fn is_narrow(&self) -> bool {
        !self.words.is_empty() || self.code.is_some() || self.store.is_some() || self.state.is_some()
    }

    /// Whether it begins with the newest of all receipts.
    pub fn is_newest(&self) -> bool {
        *self == ReceiptQuery::default()
    }
}

/// A state in an address.
pub fn state_word(state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::Collected => "collected",
        ReceiptState::Refunding => "refunding",
        ReceiptState::PartlyRefunded => "partly_refunded",
        ReceiptState::Refunded => "refunded",
    }
}

/// All states, in the order in which they are offered.
pub const STATES: [ReceiptState; 4] =
    [ReceiptState::Collected, ReceiptState::Refunding, ReceiptState::PartlyRefunded, ReceiptState::Refunded];

fn state_of_word(word: &str) -> Option<ReceiptState> {
    STATES.into_iter().find(|state| state_word(*state) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_list_and_what_cannot_be_read_is_passed_over() {
        let id = "0199a0b1c2d3e4f50617283940516273";
        let every =
            format!("/m/receipts?q=%E5%BC%A0%E4%B8%89+8.5%26&until=2026-08-22&code={id}&store={id}&state=partly_refunded&before=7-{id}");
        let table = [
            ("", "/m/receipts".to_owned()),
            ("?lang=en", "/m/receipts".to_owned()),
            ("?q=&until=&code=&store=&state=&before=", "/m/receipts".to_owned()),
            ("q=%20张三%20", "/m/receipts?q=%E5%BC%A0%E4%B8%89".to_owned()),
            ("until=2026-02-30&code=7&state=gone&before=x", "/m/receipts".to_owned()),
            ("state=refunded&until=2026-02-28", "/m/receipts?until=2026-02-28&state=refunded".to_owned()),
            (every.split_once('?').unwrap().1, every.clone()),
        ];
        for (query, expected) in table {
            let read = ReceiptQuery::of_url(query);
            assert_eq!(read.url(), expected, "{query}");
            assert_eq!(read.export_url().replace("/export", ""), read.from_place(None).url(), "{query}");
            assert_eq!(ReceiptQuery::of_url(read.url().split_once('?').map_or("", |(_, query)| query)), read);
        }
        assert_eq!(ReceiptQuery::of_url(&format!("q={}", "长".repeat(99))).words.chars().count(), MOST_CHARS);
    }

    #[test]
    fn a_bare_question_is_the_newest_page() {
        let query: ReceiptQuery = serde_json::from_str("{}").unwrap();
        assert!(query.is_newest() && !query.is_narrow());
    }
}
