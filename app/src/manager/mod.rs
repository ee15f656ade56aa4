//! The business manager's screens: signing in, the code, live arrivals.

pub mod api;
mod code;
pub mod live;
mod old;
mod refresh;
mod settings;
mod sign_in;
pub mod speech;
pub mod stream;
pub mod voice;

#[cfg(feature = "ssr")]
pub use api::Collecting;
pub use api::{Arrival, Beat, CodeChanged, Desk, OldCode, Refreshed, Today, tail};
pub use code::{ArrivalNews, CodeScreen, LinkState};
pub use refresh::{CutScreen, RefreshScreen};
pub use settings::SettingsScreen;
pub use sign_in::SignInScreen;
