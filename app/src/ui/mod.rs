//! Shared parts of screens, without data access.

pub mod answers;
pub mod browser;
pub mod icons;
pub mod mark;
pub mod moments;
pub mod parts;
pub mod prefs;
pub mod words;

pub use answers::said;
pub use mark::Mark;
pub use words::{fill, yuan};
