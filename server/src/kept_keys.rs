//! The channel's keys across restarts: while the channel cannot be asked for them, notices are proven with the ones of before (H7).

use crate::channels::Channel;
use crate::store::{Command, Store, StoreError, Tx, meta};

/// Under which name they are kept.
const NAME: &str = "channel.wechat.keys";

/// Hands the channel what an earlier run, or another instance, kept.
///
/// # Errors
/// When the store cannot be read.
pub async fn recall(store: &Store, channel: &dyn Channel) -> Result<(), StoreError> {
    let mut conn = store.read().await?;
    if let Some(kept) = meta::get(&mut conn.tx(), NAME).await? {
        channel.recall_keys(&kept);
    }
    Ok(())
}

/// Keeps what the channel told us, when it is not what was kept.
///
/// # Errors
/// When the store does not take it.
pub async fn keep(store: &Store, channel: &dyn Channel) -> Result<(), StoreError> {
    let Some(keys) = channel.keys_to_keep() else { return Ok(()) };
    store.write(Keep { keys: keys.clone() }).await?;
    channel.keys_were_kept(&keys);
    Ok(())
}

struct Keep {
    keys: String,
}

impl Command for Keep {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        meta::set(tx, NAME, &self.keys).await
    }
}
