//! Promises of the simulator over real HTTP.

mod merchant;
mod money;
mod signatures;
