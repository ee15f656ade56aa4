//! What the program's commands do, and how they say what went wrong: one line, exit code 2 for a wrong setting, 1 otherwise.

mod demo;
mod forms;
mod init;
mod money;
mod rights;
mod serve;
mod verify;

use std::collections::BTreeMap;

use domain::account::Phone;
use server::clock;
use server::config::Config;
use server::serve::{self as site, StartError};
use server::sign_in::Unlock;
use server::store::tenants::Tenant;
use server::store::{Store, StoreConfig, StoreError, meta, tenants};

pub use demo::demo;
pub use forms::{FormTask, form};
pub use init::{Init, init};
pub use money::{RefundTask, concerns, refund};
pub use rights::{ManagerRefundsTask, ManagerWriteOffsTask, manager_refunds, manager_write_offs};
pub use serve::serve;
pub use verify::{VerifyTask, backup, verify};

/// Why a command did not do what it should.
pub struct Failed {
    /// One line for the person who ran it.
    pub why: String,
    /// The exit code.
    pub code: u8,
}

impl Failed {
    fn of(why: impl ToString) -> Failed {
        Failed { why: why.to_string(), code: 1 }
    }

    fn setting(why: impl ToString) -> Failed {
        Failed { why: why.to_string(), code: 2 }
    }
}

impl From<StartError> for Failed {
    fn from(error: StartError) -> Failed {
        match error {
            StartError::Store(_) => Failed::of(error),
            _ => Failed::setting(error),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed::of(error)
    }
}

fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

fn config() -> Result<Config, Failed> {
    Config::read(&environment()).map_err(Failed::setting)
}

/// `shouma migrate`.
pub async fn migrate() -> Result<(), Failed> {
    let config = config()?;
    Store::migrate(&config.database_url).await.map_err(Failed::setting)?;
    println!("the database has the present shape");
    Ok(())
}

/// `shouma unlock PHONE`.
pub async fn unlock(phone: &str) -> Result<(), Failed> {
    let config = config()?;
    let phone = Phone::parse(phone).ok_or_else(|| Failed::setting(format!("{phone:?} is not a mobile number")))?;
    let store = open_beside(&config).await?;
    let was_tried = store.write(Unlock { phone, now: clock::system()() }).await?;
    store.close().await;
    println!("{}", if was_tried { "unlocked" } else { "nothing was locked" });
    Ok(())
}

async fn is_demo(store: &Store) -> Result<bool, StoreError> {
    let mut conn = store.read().await?;
    meta::is_demo(&mut conn.tx()).await
}

async fn open_or_migrate(config: &Config) -> Result<Store, Failed> {
    if !config.database_url.starts_with("sqlite://") {
        Store::migrate(&config.database_url).await.map_err(Failed::setting)?;
    }
    site::open_store(config).await.map_err(Failed::setting)
}

/// A store for one command beside a running server.
async fn open_beside(config: &Config) -> Result<Store, Failed> {
    Store::open_beside(&StoreConfig::of_url(&config.database_url)).await.map_err(Failed::setting)
}

async fn open_for_reading() -> Result<Store, Failed> {
    let config = config()?;
    Store::open_for_reading(&StoreConfig::of_url(&config.database_url)).await.map_err(Failed::setting)
}

/// The organisation of this name, or the only one.
async fn named(store: &Store, name: Option<&str>) -> Result<Tenant, Failed> {
    let mut conn = store.read().await?;
    let all = tenants::all(&mut conn.tx()).await?;
    let mut named = all.iter().filter(|tenant| name.is_none_or(|name| *name == tenant.name));
    match (named.next(), named.next()) {
        (Some(tenant), None) => Ok(tenant.clone()),
        _ => {
            let names: Vec<_> = all.iter().map(|tenant| tenant.name.as_str()).collect();
            Err(Failed::setting(format!("organisation: name one of {names:?}")))
        }
    }
}
