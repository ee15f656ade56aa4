//! The ways by which people are written to. Beside the channels, only these speak to the outside.

pub mod mail;
pub mod mailbox;
pub mod sms;
mod tc3;
pub mod wechat_account;
