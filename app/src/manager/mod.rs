//! The business manager's screens: signing in, the code, live arrivals.

pub mod api;
mod code;
pub mod live;
mod settings;
mod sign_in;
pub mod speech;
pub mod stream;
pub mod voice;

#[cfg(feature = "ssr")]
pub use api::Collecting;
pub use api::{Arrival, Beat, Desk, Today};
pub use code::{ArrivalNews, CodeScreen, LinkState};
pub use settings::SettingsScreen;
pub use sign_in::SignInScreen;
