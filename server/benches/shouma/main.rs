//! `make bench`: what Shouma costs, beside a peer or a limit that is measured in the same minutes on the same machine.
//!
//! One JSON line per figure on stdout, progress on stderr. Ratios hold from machine to machine, times and rates do not. Ours, the
//! peer and ours again take turns within each round; a figure for which ours differs from itself by more than a tenth says
//! `inconclusive` instead of a number. `SHOUMA_BENCH_QUICK=1` shortens everything; `SHOUMA_BENCH_ONLY=D1,E17` takes a part:
//!
//! - F1: bytes and requests of the first view of the payer's page. S1: CPU of answering it, against axum + askama.
//! - D1: durable orders at the store, against a raw group commit and a naive pool; over HTTP; with the channel.
//! - E16, E17: pages of receipts and searches for a rare and a common word, among a thousand and a million. D4: search by two Chinese
//!   characters, against a LIKE scan.
//! - Q1: a QR code as a picture.

#![allow(clippy::expect_used, reason = "a measurement that cannot go on says why and ends")]

mod codes;
mod disk;
mod figure;
mod http;
mod orders;
mod page;
mod peers;
mod receipts;
mod stage;
mod twin;

use std::path::Path;

use figure::{Figure, Plan, say};
use stage::{Actor, Role};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if let Some(role) = stage::role() {
        return stage::play(role);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads start");
    runtime.block_on(measure());
}

async fn measure() {
    let plan = Plan::of_environment();
    let started = std::time::Instant::now();
    // Below target/, because what is measured is the disk of the checkout and not a folder in memory.
    let below = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    std::fs::create_dir_all(&below).expect("a folder can be made");
    let folder = tempfile::tempdir_in(below).expect("a folder can be made");
    let folder = folder.path();
    let simulator = Actor::start(&Role::Simulator);
    if is_wanted(&["F1", "S1"]) {
        print(page::figures(folder, &simulator, plan).await);
    }
    if is_wanted(&["D1"]) {
        print(orders::at_the_store(folder, plan).await);
        print(orders::over_http(folder, &simulator, plan).await);
    }
    if is_wanted(&["D3", "E16", "E17", "D4"]) {
        print(receipts::figures(folder, plan).await);
    }
    if is_wanted(&["Q1"]) {
        print(codes::figures(plan).await);
    }
    say(format!("done after {} s", started.elapsed().as_secs()));
}

fn is_wanted(ids: &[&str]) -> bool {
    std::env::var("SHOUMA_BENCH_ONLY").map_or(true, |only| only.split(',').any(|id| ids.contains(&id)))
}

fn print(figures: Vec<Figure>) {
    figures.iter().for_each(Figure::print);
}
