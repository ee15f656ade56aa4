//! The app on a phone: what the manager's screens, and later the card holder's, stand in.

mod ask;
mod frame;
#[cfg(target_arch = "wasm32")]
mod page;
pub mod plain;
mod pull;
mod seed;
pub mod till;
mod update;

#[cfg(feature = "ssr")]
mod choosing;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod kept;
#[cfg(feature = "ssr")]
mod lost;
#[cfg(feature = "ssr")]
mod offline;
#[cfg(feature = "ssr")]
mod password;
#[cfg(feature = "ssr")]
mod proof;

pub use ask::{arrive, ask, sign_in};
#[cfg(feature = "ssr")]
pub use choosing::{SEATS_PATH, seats_page};
#[cfg(feature = "ssr")]
pub use document::{Answer, Backend, Bundle, Visit, answer, answer_with, not_a_page, not_a_page_title};
pub use frame::MobileApp;
#[cfg(feature = "ssr")]
pub use kept::{KeptForm, kept_page};
#[cfg(feature = "ssr")]
pub use lost::{Door, LostPage, Ways, lost_page};
#[cfg(feature = "ssr")]
pub use offline::{app_names, offline_page};
#[cfg(feature = "ssr")]
pub use password::{LEAST_CHARS, PasswordPage, PasswordRefusal, password_page};
#[cfg(feature = "ssr")]
pub use proof::{PROOF_PATH, ProofPage, ProofSaid, proof_page};
pub use seed::{SEED_ID, Seed};
pub use till::Till;

/// The form that a page holds until whoever sent it has signed in again.
pub const KEPT_ID: &str = "kept";
pub use update::{UpdateLink, Updating};
