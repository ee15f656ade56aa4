//! What managers may do by themselves, as an operator settles it.

use domain::receivable::ManagerWriteOffs;
use domain::refund_right::ManagerRefunds;
use domain::{Fen, TenantId};
use server::clock;
use server::config::Config;
use server::receivables::LetManagersWriteOff;
use server::refunds::LetManagers;
use server::store::Command;
use server::store::audit::Actor;

use super::{Failed, config, named, open_beside};

/// `shouma manager-refunds`.
#[derive(clap::Args)]
pub struct ManagerRefundsTask {
    /// The most of one receipt, in yuan
    #[arg(long, value_name = "YUAN", required_unless_present_any = ["whole", "same_day", "never"])]
    up_to: Option<String>,
    /// All of a receipt
    #[arg(long, conflicts_with = "up_to")]
    whole: bool,
    /// All of a receipt on the day of its payment, and nothing later
    #[arg(long, conflicts_with_all = ["up_to", "whole"])]
    same_day: bool,
    /// Nothing: an administrator does it
    #[arg(long, conflicts_with_all = ["up_to", "whole", "same_day"])]
    never: bool,
    /// The organisation's name, where there are several
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
}

/// Says what managers may return by themselves of their own receipts; it counts from the next refund on.
pub async fn manager_refunds(task: ManagerRefundsTask) -> Result<(), Failed> {
    let config = config()?;
    let managers = match &task.up_to {
        Some(typed) => ManagerRefunds::UpTo { limit_fen: limit(typed)? },
        None if task.whole => ManagerRefunds::Whole,
        None if task.same_day => ManagerRefunds::SameDay,
        None => ManagerRefunds::Never,
    };
    let said = match managers {
        ManagerRefunds::Never => "managers return nothing by themselves".to_owned(),
        ManagerRefunds::UpTo { limit_fen } => format!("managers return up to ¥{limit_fen} of a receipt of theirs"),
        ManagerRefunds::SameDay => "managers return all of a receipt of theirs on the day of its payment".to_owned(),
        ManagerRefunds::Whole => "managers return all of a receipt of theirs".to_owned(),
    };
    let let_them = |tenant| LetManagers { tenant, managers, by: Actor::Operator, now: clock::system()() };
    settle(&config, task.organisation.as_deref(), let_them, &said).await
}

/// `shouma manager-write-offs`.
#[derive(clap::Args)]
pub struct ManagerWriteOffsTask {
    /// Receivables of which no more than this is still owed, in yuan
    #[arg(long, value_name = "YUAN", required_unless_present_any = ["whole", "never"])]
    up_to: Option<String>,
    /// Any receivable
    #[arg(long, conflicts_with = "up_to")]
    whole: bool,
    /// None
    #[arg(long, conflicts_with_all = ["up_to", "whole"])]
    never: bool,
    /// The organisation's name, where there are several
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
}

/// Says what managers may write off by themselves of what they collect.
pub async fn manager_write_offs(task: ManagerWriteOffsTask) -> Result<(), Failed> {
    let config = config()?;
    let managers = match &task.up_to {
        Some(typed) => ManagerWriteOffs::UpTo { limit_fen: limit(typed)? },
        None if task.whole => ManagerWriteOffs::Whole,
        None => ManagerWriteOffs::Never,
    };
    let said = match managers {
        ManagerWriteOffs::Never => "managers write nothing off by themselves".to_owned(),
        ManagerWriteOffs::UpTo { limit_fen } => format!("managers write off receivables of theirs of which up to ¥{limit_fen} is owed"),
        ManagerWriteOffs::Whole => "managers write off any receivable of theirs".to_owned(),
    };
    let let_them = |tenant| LetManagersWriteOff { tenant, managers, by: Actor::Operator, now: clock::system()() };
    settle(&config, task.organisation.as_deref(), let_them, &said).await
}

/// The most that somebody typed, in yuan.
fn limit(typed: &str) -> Result<Fen, Failed> {
    Fen::parse_yuan(typed).map_err(|why| Failed::setting(format!("up-to: {why}")))
}

/// Settles a right at the organisation of this name, and says what it is now.
async fn settle<C: Command>(
    config: &Config,
    organisation: Option<&str>,
    command: impl FnOnce(TenantId) -> C,
    said: &str,
) -> Result<(), Failed> {
    let store = open_beside(config).await?;
    let tenant = named(&store, organisation).await?;
    store.write(command(tenant.id)).await?;
    store.close().await;
    println!("{}: {said}", tenant.name);
    Ok(())
}
