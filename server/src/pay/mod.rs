//! Collecting one payment. Its way through the files: `opening.rs` makes it of what a payer sent, `preparing.rs` gets it ready to be
//! paid at the channel, `asking.rs` finds out how it stands while somebody waits, and `hearing.rs` stores whatever the channel says,
//! with everything that follows from it.

mod asking;
mod hearing;
mod opening;
mod preparing;

use std::sync::Arc;

use domain::{PaymentId, TenantId};

pub use asking::{LastWord, Looked};
pub use hearing::Heard;
pub use opening::{Open, OpenRefusal, Submit};
pub use preparing::Prepared;

use crate::channels::Channel;
use crate::clock::Clock;
use crate::live::Hub;
use crate::sightings::Sightings;
use crate::store::payments::{self, Stored};
use crate::store::{Command, Store, StoreError, Tx};

/// Everything that collecting a payment needs.
#[derive(Clone)]
pub struct Payments {
    /// The database.
    pub store: Store,
    /// The payment channel.
    pub channel: Arc<dyn Channel>,
    /// The time.
    pub clock: Clock,
    /// Whoever is shown arrivals as they come.
    pub live: Hub,
    /// What was seen of the world outside.
    pub sightings: Sightings,
    /// How long a payer may take to pay.
    pub expires_ms: i64,
}

impl Payments {
    /// The payment, or `None`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(&self, tenant: TenantId, id: PaymentId) -> Result<Option<Stored>, StoreError> {
        let mut conn = self.store.read().await?;
        payments::load(&mut conn.tx(), tenant, id).await
    }

    /// The payment that an address names, or `None`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn by_address(&self, id: PaymentId) -> Result<Option<Stored>, StoreError> {
        let mut conn = self.store.read().await?;
        match payments::tenant_of(&mut conn.tx(), id).await? {
            Some(tenant) => payments::load(&mut conn.tx(), tenant, id).await,
            None => Ok(None),
        }
    }

    /// Notes who pays; the first identity stays.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn set_payer(&self, stored: &Stored, openid: &str) -> Result<(), StoreError> {
        let command = SetPayer { tenant: stored.payment.tenant, payment: stored.payment.id, openid: openid.to_owned() };
        self.store.write(command).await
    }
}

struct SetPayer {
    tenant: TenantId,
    payment: PaymentId,
    openid: String,
}

impl Command for SetPayer {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        payments::set_payer(tx, self.tenant, self.payment, &self.openid).await
    }
}
