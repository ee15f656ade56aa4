//! How values stand in columns: a state as the word that JSON carries, everything composed as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// What is stored in `what` cannot be read.
pub(super) fn unreadable(what: &'static str, why: &str) -> StoreError {
    StoreError::Unreadable { what, why: why.to_owned() }
}

/// The stored word of a fieldless state, e.g. `open`: the same word that JSON carries.
pub(super) fn word<T: Serialize>(state: &T) -> Result<String, StoreError> {
    match serde_json::to_value(state) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(unreadable("state", &format!("{other:?}"))),
    }
}

/// The state of a word that is stored in `what`.
pub(super) fn of_word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|error| unreadable(what, &error.to_string()))
}

/// A composed value as it is stored.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable("json", &error.to_string()))
}

/// The composed value that is stored in `what`.
pub(super) fn of_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| unreadable(what, &error.to_string()))
}
