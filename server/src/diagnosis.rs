//! 诊断: gathers what the checks look at (rows E14, I15). It asks the configured channel one harmless question and never an address
//! that anybody can choose.

use std::sync::Arc;
use std::time::Duration;

use domain::diagnosis::{DatabaseSeen, NoticeFault, Observed, PayerSees, SignInSeen, WalletSeen};
use domain::{Caller, Millis};
use tokio::sync::Mutex;

use crate::channels::Look;
use crate::site::Site;
use crate::store::codes::FoundCode;
use crate::store::sightings::{Kind, Note, Sighting};
use crate::store::{StoreError, codes, receipts, sightings};

/// The channel is asked at most this often, however many people look.
const LOOK_PAUSE_MS: i64 = 10_000;

/// A write that takes longer than this is none.
const WRITE_WITHIN: Duration = Duration::from_secs(2);

/// The last look at the channel, and the right to take the next one.
#[derive(Clone, Default)]
pub struct Looks(Arc<Mutex<Option<(Millis, Look)>>>);

/// What was observed, and the manager's code that it was observed with.
pub struct Examined {
    /// What the checks look at.
    pub observed: Observed,
    /// The code on the manager's screen.
    pub code: Option<FoundCode>,
}

/// Observes everything for this manager.
///
/// # Errors
/// When the database cannot even be read; then the page says so by itself.
pub async fn examine(site: &Site, caller: &Caller, payer_sees: Option<PayerSees>) -> Result<Examined, StoreError> {
    let now = (site.clock)();
    let database = write(site, now).await;
    let look = look(site, now).await;
    let mut conn = site.store.read().await?;
    let code = codes::app_code(&mut conn.tx(), caller.tenant, caller.account).await?;
    let notice = sightings::last(&mut conn.tx(), Kind::Notice).await?;
    let refused = sightings::last(&mut conn.tx(), Kind::NoticeRefused).await?;
    let sign_in = sightings::last(&mut conn.tx(), Kind::SignIn).await?;
    let wallet = sightings::last(&mut conn.tx(), Kind::Wallet).await?;
    let wallet_failed = sightings::last(&mut conn.tx(), Kind::WalletFailed).await?;
    let orders_refused = sightings::orders_refused(&mut conn.tx()).await?;
    let newest = receipts::newest_known(&mut conn.tx(), caller.tenant, caller.account).await?;
    let notice_at_ms = notice.map(|notice| notice.at_ms);
    let observed = Observed {
        now,
        clock_off_ms: look.clock_off_ms,
        database,
        channel: look.channel,
        orders_refused,
        is_address_public: is_address_public(site),
        sign_in: match sign_in {
            Some(Sighting { word, .. }) if word == "misconfigured" => SignInSeen::Misconfigured,
            _ => SignInSeen::Fine,
        },
        wallet: wallet.and_then(|Sighting { word, at_ms }| Some((at_ms, WalletSeen::of_word(&word)?))),
        wallet_failed_at_ms: wallet_failed.map(|failed| failed.at_ms),
        payer_sees,
        code: code.as_ref().map(|code| code.opens(now)),
        notice_at_ms,
        notice_refused: refused.and_then(|Sighting { word, at_ms }| Some((at_ms, fault(&word)?))),
        // Before anybody looked for notices, none was missed.
        receipt_at_ms: newest.filter(|at| notice_at_ms.is_some() || *at >= site.sightings.since),
    };
    Ok(Examined { observed, code })
}

async fn write(site: &Site, now: Millis) -> DatabaseSeen {
    let note = Note { kind: Kind::Probe, word: "written", now };
    match tokio::time::timeout(WRITE_WITHIN, site.store.write(note)).await {
        Ok(Ok(())) => DatabaseSeen::Writes,
        Ok(Err(StoreError::Busy)) => DatabaseSeen::Busy,
        Ok(Err(error)) => {
            tracing::error!(%error, "diagnosis could not write");
            DatabaseSeen::Fails
        }
        Err(_) => DatabaseSeen::Fails,
    }
}

async fn look(site: &Site, now: Millis) -> Look {
    let mut last = site.looks.0.lock().await;
    match *last {
        Some((at, look)) if (0..LOOK_PAUSE_MS).contains(&now.since_ms(at)) => look,
        _ => {
            let look = site.payments.channel.look().await;
            *last = Some((now, look));
            look
        }
    }
}

/// WeChat itself takes https addresses only; a stand-in beside us takes any.
fn is_address_public(site: &Site) -> bool {
    let is_real = site.config.wechat.as_ref().is_some_and(|wechat| wechat.api_url.starts_with("https://"));
    site.is_https() || !is_real
}

fn fault(word: &str) -> Option<NoticeFault> {
    match word {
        "sealed" => Some(NoticeFault::Sealed),
        "wrong_merchant" => Some(NoticeFault::WrongMerchant),
        _ => None,
    }
}
