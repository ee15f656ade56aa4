//! Shouma's server: use cases, storage, payment channels and routes.

pub mod channels;
pub mod clock;
pub mod store;
