//! The business manager's screens: signing in, the code, live arrivals.

pub mod api;
#[cfg(feature = "ssr")]
mod brought;
#[cfg(feature = "ssr")]
mod choose;
mod code;
#[cfg(feature = "ssr")]
mod hindrance;
pub mod live;
mod more;
mod old;
mod picture;
mod refresh;
mod settings;
#[cfg(feature = "ssr")]
mod sign_in;
pub mod speech;
pub mod stream;
pub mod voice;

#[cfg(feature = "ssr")]
pub use api::Collecting;
pub use api::{Arrival, Beat, Bye, CodeChanged, Desk, OldCode, OwnCode, Preset, Refreshed, Today, tail};
#[cfg(feature = "ssr")]
pub use brought::{brought, old_name};
#[cfg(feature = "ssr")]
pub use choose::choose_screen;
pub use code::{ArrivalNews, CodeScreen, LinkState};
#[cfg(feature = "ssr")]
pub use hindrance::Hindrance;
#[cfg(feature = "ssr")]
pub use refresh::{cut_screen, refresh_screen};
pub use settings::SettingsScreen;
#[cfg(feature = "ssr")]
pub use sign_in::{SignIn, SignInWhy, Why, sign_in_screen};
