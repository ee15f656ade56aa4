//! Everything that a request may need, made once at start.

use std::ops::Deref;
use std::sync::Arc;

use app::pay::Assets;

use crate::channels::oauth::Oauth;
use crate::client::Client;
use crate::clock::Clock;
use crate::clock_watch::ClockWatch;
use crate::codes::Codes;
use crate::config::Config;
use crate::diagnosis::Looks;
use crate::letters::Letters;
use crate::live::Hub;
use crate::managers::Managers;
use crate::messages::Messages;
use crate::pay::Payments;
use crate::proofs::Proofs;
use crate::receivables::Receivables;
use crate::refunds::Refunds;
use crate::reminders::Reminders;
use crate::returns::Returns;
use crate::senders::wechat_account::Account;
use crate::settings::Settings;
use crate::sightings::Sightings;
use crate::sign_in::SignIns;
use crate::store::payments::{self, Event};
use crate::store::{Command, Store, StoreError, Tx};
use crate::stores::Stores;
use crate::web::cookies::Seal;
use crate::web::limits::Gate;

/// What the demo adds.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The simulator as browsers address it, e.g. `http://localhost:4000`.
    pub simulator_url: String,
}

/// The parts of a site.
pub struct Parts {
    /// The settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Collecting money.
    pub payments: Payments,
    /// Returning it.
    pub refunds: Refunds,
    /// Collecting debts.
    pub receivables: Receivables,
    /// Reminding people of them.
    pub reminders: Reminders,
    /// The codes on managers' screens.
    pub codes: Codes,
    /// Signing in.
    pub sign_ins: SignIns,
    /// Messages of the WeChat account about money.
    pub messages: Messages,
    /// The WeChat account itself.
    pub account: Arc<Account>,
    /// Writing to people.
    pub letters: Letters,
    /// Reading what came back of it.
    pub returns: Returns,
    /// Proving by SMS who one is.
    pub proofs: Proofs,
    /// What administrators do with managers.
    pub managers: Managers,
    /// What administrators do with stores.
    pub stores: Stores,
    /// What administrators set for the whole organisation.
    pub settings: Settings,
    /// Who a payer is.
    pub oauth: Oauth,
    /// Signs what browsers keep.
    pub seal: Seal,
    /// Who may ask how often.
    pub gate: Gate,
    /// Style and script of the payer's pages.
    pub assets: Assets,
    /// The browser's bundles.
    pub client: Client,
    /// Arrivals as they come.
    pub live: Hub,
    /// What was seen of the world outside.
    pub sightings: Sightings,
    /// The last look at the channel.
    pub looks: Looks,
    /// Our clock beside the channel's.
    pub clock_watch: ClockWatch,
    /// Set in a demo.
    pub demo: Option<Demo>,
}

/// A site that serves: cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<Parts>);

impl Site {
    /// The site made of these parts.
    pub fn new(parts: Parts) -> Site {
        Site(Arc::new(parts))
    }

    /// Whether people reach the site by https.
    pub fn is_https(&self) -> bool {
        self.config.public_url.starts_with("https://")
    }

    /// Keeps an event of a channel that nothing else is done with.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn keep_event(&self, event: Event) -> Result<(), StoreError> {
        self.store.write(KeepEvent { event, now: (self.clock)() }).await
    }
}

impl Deref for Site {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

struct KeepEvent {
    event: Event,
    now: domain::Millis,
}

impl Command for KeepEvent {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        payments::keep_event(tx, &self.event, None, self.now).await.map(drop)
    }
}
