//! Messages of the WeChat account about money: their words, and the screen that switches them on (E19).

mod page;
mod words;

pub use page::{Answered, Listening, MessagesPage, State, messages_screen};
pub use words::{Part, Words};
