//! The business manager's screens: signing in, the code, live arrivals.

pub mod api;

#[cfg(feature = "ssr")]
pub use api::Collecting;
pub use api::{Arrival, Desk, Today};
