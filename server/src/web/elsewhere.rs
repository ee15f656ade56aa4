//! A sign-in elsewhere that ended a browser's session, which the older screen says with time and device (row E6).

use app::ui::machine::SignInElsewhere;
use domain::device::Device;
use domain::{AccountId, Millis};

use crate::site::Site;
use crate::store::StoreError;
use crate::store::sessions::EndWhy;

/// Whose session the token was, and the sign-in that ended it; `None` when the session goes on, ended otherwise, or is forgotten.
pub(super) async fn sign_in_elsewhere(site: &Site, token: &str, now: Millis) -> Result<Option<(AccountId, SignInElsewhere)>, StoreError> {
    let ended = site.sign_ins.ended(token).await?.filter(|ended| ended.why == EndWhy::Elsewhere);
    Ok(ended.map(|ended| {
        let device = Device::of_agent(ended.by_device.as_deref().unwrap_or_default());
        (ended.caller.account, SignInElsewhere { at_ms: ended.ended_at_ms, device, now })
    }))
}
