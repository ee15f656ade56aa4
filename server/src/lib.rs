//! Shouma's server: use cases, storage, payment channels and routes.

pub mod channels;
pub mod client;
pub mod clock;
pub mod codes;
pub mod concerns;
pub mod config;
pub mod demo;
pub mod desk;
pub mod diagnosis;
pub mod found;
pub mod fresh;
pub mod jobs;
mod kept_keys;
pub mod live;
pub mod notify;
pub mod passwords;
pub mod pay;
pub mod photos;
pub mod qr;
pub mod refunds;
pub mod router;
pub mod serve;
pub mod sightings;
pub mod sign_in;
pub mod site;
pub mod store;
pub mod web;
