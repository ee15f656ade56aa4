//! Shared parts of screens, without data access.

pub mod mark;
pub mod words;

pub use mark::Mark;
pub use words::{fill, yuan};
