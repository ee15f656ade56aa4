//! Promises of the simulator over real HTTP.
#![allow(clippy::unwrap_used, reason = "a test says plainly what it expects, also in its helping functions")]

mod faults;
mod keys;
mod merchant;
mod money;
mod notices;
mod people;
mod signatures;
mod texts;
