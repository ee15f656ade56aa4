//! `shouma verify` and `shouma backup`: checking what is stored, and copying it.

use std::path::Path;

use server::store::audit::{self, Head};
use server::store::{Store, StoreConfig};

use super::{Failed, open_for_reading};

/// `shouma verify`.
#[derive(clap::Args)]
pub struct VerifyTask {
    /// Where an audit trail ended earlier, as verify, backup or the log told it; may be given several times
    #[arg(long, value_name = "TENANT:COUNT:HASH")]
    audit_head: Vec<Head>,
}

/// Checks everything, and prints where the audit trails end for a later check against it.
pub async fn verify(task: VerifyTask) -> Result<(), Failed> {
    let store = open_for_reading().await?;
    let mut bad = None;
    for head in &task.audit_head {
        let replaced = audit::compare(&mut store.read().await?.tx(), head).await?;
        println!("{:>12} rows  {:<44} {}", head.count, "the audit trail begins as it was noted", replaced.as_deref().unwrap_or("ok"));
        bad = bad.or(replaced);
    }
    for checked in server::store::verify::verify(&store).await? {
        let verdict = checked.first_bad.as_deref().unwrap_or("ok");
        println!("{:>12} rows  {:<44} {verdict}", checked.rows_checked, checked.name);
        if let Some(row) = checked.first_bad {
            bad.get_or_insert(format!("{}: {row}", checked.name));
        }
    }
    print_heads(&store).await?;
    match bad {
        None => Ok(()),
        Some(row) => Err(Failed::of(row)),
    }
}

/// Kept somewhere else, on paper if need be, these lines show later whether the audit trail was replaced.
async fn print_heads(store: &Store) -> Result<(), Failed> {
    for head in audit::heads(&mut store.read().await?.tx()).await? {
        println!("audit head    {head}");
    }
    Ok(())
}

/// `shouma backup FILE`.
pub async fn backup(file: &Path) -> Result<(), Failed> {
    let store = open_for_reading().await?;
    server::store::backup::backup(&store, file).await.map_err(Failed::of)?;
    println!("copied to {}", file.display());
    let copy = StoreConfig::of_url(format!("sqlite://{}", file.display()));
    print_heads(&Store::open_for_reading(&copy).await.map_err(Failed::of)?).await
}
