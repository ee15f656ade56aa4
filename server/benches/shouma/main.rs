//! Measured comparisons: ours and the peer or limit in the same minute, in turns, five rounds. One JSON line per figure, with the
//! medians of both and of their ratio per round (performance 7.1).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a measurement that cannot go on stops and says where")]

use server::store::*;

mod orders;
mod receipts_read;
#[path = "../../src/store/testing/mod.rs"]
#[allow(dead_code, reason = "other test programs use the rest")]
mod testing;

/// Rounds of every comparison.
const ROUNDS: usize = 5;

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |id: &str| only.as_deref().is_none_or(|only| id.starts_with(only));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        if wanted("orders") {
            orders::measure().await;
        }
        if wanted("receipts") {
            receipts_read::measure().await;
        }
    });
}

/// Prints one figure from the rounds of both sides. `ratio` is ours over the peer's where more is better.
fn report(id: &str, unit: &str, rounds: &[(f64, f64)]) {
    let ours = median(rounds.iter().map(|(ours, _)| *ours).collect());
    let peer = median(rounds.iter().map(|(_, peer)| *peer).collect());
    let ratios: Vec<f64> = rounds.iter().map(|(ours, peer)| ours / peer).collect();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    let ratio = median(ratios);
    println!(
        "{}",
        serde_json::json!({"id": id, "ours": tidy(ours), "peer": tidy(peer), "ratio": tidy(ratio), "unit": unit,
            "ratio_min": tidy(least), "ratio_max": tidy(most)})
    );
}

/// Three decimals are more than any measurement here is good for.
fn tidy(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
