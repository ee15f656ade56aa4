//! Forms that make something carry a number of their own, and may be sent more than once: the button is pressed twice, an answer is
//! lost, somebody goes back. The number names what the form makes; the content decides whether it is the same form still.

use std::fmt::Display;

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::store::sessions::TokenHash;
use crate::web::cookies::sha256;

/// A form that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentForm {
    /// What it makes: one thing for each number of each person, so that nobody can name another's.
    pub id: Uuid,
    /// The hash over number and content. The number is secret and long, so nothing can be guessed from it.
    pub content: TokenHash,
}

impl SentForm {
    /// The form of this `kind` that `person` sent under `number`.
    pub fn of(kind: &str, person: impl Display, number: &str, content: &impl Serialize) -> SentForm {
        let hash = sha256(&format!("{kind} {person} {number}"));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        let content = sha256(&format!("{number}\n{}", json!(content)));
        SentForm { id: uuid::Builder::from_custom_bytes(bytes).into_uuid(), content }
    }
}

/// What became of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken<Id> {
    /// It made this, now or when it was sent before.
    Made(Id),
    /// A form of this number was sent before with another content, and made this. Nothing was made now.
    Other(Id),
}

impl<Id> Taken<Id> {
    /// What became of `sent` where something stands already that a form of its number made.
    pub fn before(sent: &SentForm, id: Id, content: &[u8]) -> Taken<Id> {
        if sent.content == content { Taken::Made(id) } else { Taken::Other(id) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_the_same_when_its_number_and_its_content_are() {
        let first = SentForm::of("debt", "anna", "1", &("a", 5));
        let table = [
            (SentForm::of("debt", "anna", "1", &("a", 5)), true, true),
            (SentForm::of("debt", "anna", "1", &("a", 6)), true, false),
            (SentForm::of("debt", "anna", "2", &("a", 5)), false, false),
            (SentForm::of("debt", "bert", "1", &("a", 5)), false, true),
            (SentForm::of("code", "anna", "1", &("a", 5)), false, true),
        ];
        for (at, (other, is_same_thing, is_same_content)) in table.into_iter().enumerate() {
            assert_eq!((other.id == first.id, other.content == first.content), (is_same_thing, is_same_content), "{at}");
        }
        assert_eq!(Taken::before(&first, 7, &first.content), Taken::Made(7));
        assert_eq!(Taken::before(&first, 7, &table[1].0.content), Taken::Other(7));
        assert_eq!(Taken::before(&first, 7, &[]), Taken::Other(7), "what kept no content is another form's");
    }
}
