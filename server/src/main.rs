//! The program `shouma`.

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A page is made of hundreds of small pieces that live for microseconds.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Collects money with QR codes.
#[derive(Parser)]
#[command(name = "shouma", version, about = "Shouma 收码: collect money with QR codes", after_help = server::config::help())]
struct Program {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Serve (settings below)
    #[command(after_help = server::config::help())]
    Serve,
    /// Server, simulator and demo data in one: everything to try it out
    Demo,
    /// Bring the database to the present shape (PostgreSQL; SQLite does it by itself)
    Migrate,
    /// Check every invariant of the ledger and the totals; exit code 1 names the first bad row
    Verify(commands::VerifyTask),
    /// Found an organisation with its first administrator, manager and code
    Init(commands::Init),
    /// Return money of a payment to its payer
    Refund(commands::RefundTask),
    /// Say what managers may return by themselves of receipts that are their own
    ManagerRefunds(commands::ManagerRefundsTask),
    /// Say what managers may write off by themselves of the receivables that they collect
    ManagerWriteOffs(commands::ManagerWriteOffsTask),
    /// Keep the forms that payers fill in: list, show, check, add, replace
    Form(commands::FormTask),
    /// Say which money waits for an operator, and what to do about it
    Concerns,
    /// Open the door of a phone number that was locked by wrong passwords
    Unlock {
        /// The phone number
        phone: String,
    },
    /// Copy the database to FILE while the server runs (SQLite)
    Backup {
        /// The file to write; it must not exist
        file: std::path::PathBuf,
    },
}

fn main() -> ExitCode {
    let program = Program::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("shouma: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match program.command {
            Task::Serve => commands::serve().await,
            Task::Demo => commands::demo().await,
            Task::Migrate => commands::migrate().await,
            Task::Verify(task) => commands::verify(task).await,
            Task::Init(init) => commands::init(init).await,
            Task::Refund(refund) => commands::refund(refund).await,
            Task::ManagerRefunds(task) => commands::manager_refunds(task).await,
            Task::ManagerWriteOffs(task) => commands::manager_write_offs(task).await,
            Task::Form(task) => commands::form(task).await,
            Task::Concerns => commands::concerns().await,
            Task::Unlock { phone } => commands::unlock(&phone).await,
            Task::Backup { file } => commands::backup(&file).await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("shouma: {}", failed.why);
            ExitCode::from(failed.code)
        }
    }
}
