//! What a manager has to look at: money that did not simply arrive or go back, who deals with it, the payment
//! behind it, and what a payer says they paid.

pub mod api;
#[cfg(feature = "ssr")]
mod card;
#[cfg(feature = "ssr")]
mod claim;
mod line;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod payment;
mod place;

#[cfg(feature = "ssr")]
pub use api::Concerns;
pub use api::{ConcernCount, ConcernPage, ConcernQuery, ConcernRow, Money, PAGE_ROWS, PaymentDetail, Seen};
#[cfg(feature = "ssr")]
pub use card::concern_notes;
#[cfg(feature = "ssr")]
pub(crate) use card::{heading_words, tag};
#[cfg(feature = "ssr")]
pub use claim::{CLAIM_PATH, ClaimWrong, claim_screen, claim_title};
pub use line::ConcernLine;
#[cfg(feature = "ssr")]
pub use list::concerns_screen;
#[cfg(feature = "ssr")]
pub use payment::{payment_parts, payment_screen};
pub use place::Place;
