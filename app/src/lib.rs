//! Screens of Shouma, and the signatures of what they ask the server for.
//!
//! Nothing here knows a table, an HTTP client or a secret. A screen states what it needs in a trait of its feature
//! (`api.rs`); the server implements it and hands it over in context.

#[cfg(feature = "ssr")]
pub mod admin;
pub mod channel;
pub mod concerns;
#[cfg(feature = "ssr")]
pub mod diagnosis;
#[cfg(feature = "ssr")]
pub mod explaining;
#[cfg(feature = "ssr")]
pub mod help;
pub mod i18n;
#[cfg(feature = "ssr")]
pub mod letters;
pub mod manager;
#[cfg(feature = "ssr")]
pub mod messages;
pub mod mobile;
#[cfg(feature = "ssr")]
pub mod paper;
#[cfg(feature = "ssr")]
pub mod pay;
pub mod receipts;
#[cfg(feature = "ssr")]
pub mod receivables;
pub mod refusal;
#[cfg(feature = "ssr")]
pub mod seam;
#[cfg(feature = "ssr")]
pub mod seats;
#[cfg(feature = "ssr")]
pub mod sign_ins;
pub mod ui;

pub use i18n::Locale;
pub use refusal::Refusal;
