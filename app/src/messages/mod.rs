//! Messages of the WeChat account about money: their words, and the screen that switches them on (E19).

mod consent;
mod page;
mod words;

pub use consent::{ConsentPage, consent_page, consent_title};
pub(crate) use page::parts;
pub use page::{Answered, Listening, Listens, MessagesPage, State, messages_screen};
pub use words::{Part, Words};
