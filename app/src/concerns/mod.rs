//! What a manager has to look at: money that did not simply arrive or go back, who deals with it, and the payment behind it.

pub mod api;
mod card;
mod line;
mod list;
mod payment;
mod place;

#[cfg(feature = "ssr")]
pub use api::Concerns;
pub use api::{ConcernCount, ConcernPage, ConcernQuery, ConcernRow, Money, PAGE_ROWS, PaymentDetail, Seen};
pub use card::ConcernNotes;
pub use line::ConcernLine;
pub use list::ConcernsScreen;
pub use payment::PaymentScreen;
pub use place::Place;
