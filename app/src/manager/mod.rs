//! The business manager's screens: signing in, the code, live arrivals.

pub mod api;
mod choose;
mod code;
pub mod live;
mod more;
mod old;
mod picture;
mod refresh;
mod settings;
mod sign_in;
pub mod speech;
pub mod stream;
pub mod voice;

#[cfg(feature = "ssr")]
pub use api::Collecting;
pub use api::{Arrival, Beat, CodeChanged, Desk, OldCode, OwnCode, Preset, Refreshed, Today, tail};
pub use choose::ChooseScreen;
pub use code::{ArrivalNews, CodeScreen, LinkState};
pub use refresh::{CutScreen, RefreshScreen};
pub use settings::SettingsScreen;
pub use sign_in::SignInScreen;
