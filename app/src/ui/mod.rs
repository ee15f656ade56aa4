//! Shared parts of screens, without data access.

pub mod answers;
pub mod browser;
pub mod device;
pub mod dialog;
pub mod icons;
pub mod machine;
pub mod mark;
pub mod moments;
pub mod number;
pub mod parts;
pub mod prefs;
#[cfg(feature = "ssr")]
pub mod unsaved;
pub mod words;

pub use answers::said;
pub use mark::Mark;
pub use number::grouped;
#[cfg(feature = "ssr")]
pub use words::escaped;
pub use words::{fill, yuan};
