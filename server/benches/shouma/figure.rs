//! Figures and how they are taken: rounds that interleave ours, the peer and ours again, one line per figure at the end.

use std::io::Write;

use serde::Serialize;

/// Ours may differ from itself within a round by this much before a figure says nothing (performance 7.1).
const CONTROL_LIMIT: f64 = 0.10;

/// How long everything takes.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rounds per comparison.
    pub rounds: usize,
    /// Length of one slice of a round, in milliseconds.
    pub slice_ms: u64,
    /// Receipts in the large database.
    pub receipts: i64,
}

impl Plan {
    /// The full run, or with `SHOUMA_BENCH_QUICK` a short one that proves that everything works.
    pub fn of_environment() -> Plan {
        match std::env::var_os("SHOUMA_BENCH_QUICK") {
            Some(_) => Plan { rounds: 2, slice_ms: 300, receipts: 50_000 },
            None => Plan { rounds: 7, slice_ms: 1_200, receipts: 1_000_000 },
        }
    }
}

/// Which way a ratio is read.
#[derive(Debug, Clone, Copy)]
pub enum Ratio {
    /// Rates, and sizes against a limit.
    OursByPeer,
    /// Costs: how many times cheaper ours is.
    PeerByOurs,
}

/// What a ratio is to be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// The slices of a comparison, round by round. Ours is measured before and after the peer, so that a drift of the machine meets
/// both alike, and so that the two tell how far ours differs from itself.
#[derive(Debug, Default)]
pub struct Rounds {
    before: Vec<f64>,
    peer: Vec<f64>,
    after: Vec<f64>,
}

impl Rounds {
    /// Adds one round.
    pub fn push(&mut self, before: f64, peer: f64, after: f64) {
        self.before.push(before);
        self.peer.push(peer);
        self.after.push(after);
    }

    /// Takes `count` rounds.
    pub async fn interleaved(count: usize, mut ours: impl AsyncFnMut() -> f64, mut peer: impl AsyncFnMut() -> f64) -> Rounds {
        let mut rounds = Rounds::default();
        for _ in 0..count {
            let before = ours().await;
            let between = peer().await;
            rounds.push(before, between, ours().await);
        }
        rounds
    }

    fn ours(&self) -> Vec<f64> {
        self.before.iter().zip(&self.after).map(|(before, after)| f64::midpoint(*before, *after)).collect()
    }

    fn ratios(&self, ratio: Ratio) -> Vec<f64> {
        let pairs = self.ours().into_iter().zip(&self.peer);
        pairs.map(|(ours, peer)| if matches!(ratio, Ratio::OursByPeer) { ours / peer } else { peer / ours }).collect()
    }

    fn control(&self) -> f64 {
        median(self.before.iter().zip(&self.after).map(|(before, after)| before / after).collect())
    }
}

/// One figure as a program reads it.
#[derive(Debug, Serialize)]
pub struct Figure {
    id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    ours: Option<f64>,
    peer: Option<f64>,
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio_range: Option<[f64; 2]>,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
    /// Ours against ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<f64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

impl Figure {
    /// A comparison: medians over its rounds, and the median of the ratios of its rounds.
    pub fn compared(id: &'static str, unit: &'static str, rounds: &Rounds, ratio: Ratio) -> Figure {
        let ratios = rounds.ratios(ratio);
        let control = rounds.control();
        let (least, most) = ratios.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), r| (least.min(*r), most.max(*r)));
        let mut figure = Figure::counted(id, unit, median(rounds.ours()), Some(median(rounds.peer.clone())), median(ratios));
        figure.ratio_range = Some([short(least), short(most)]);
        figure.control = Some(short(control));
        if (control - 1.0).abs() > CONTROL_LIMIT {
            (figure.result, figure.ours, figure.peer, figure.ratio) = (Some("inconclusive"), None, None, None);
        }
        figure
    }

    /// Ours beside something that is known without measuring.
    pub fn counted(id: &'static str, unit: &'static str, ours: f64, peer: Option<f64>, ratio: f64) -> Figure {
        let ratio = peer.map(|_| short(ratio));
        let (ours, peer) = (Some(short(ours)), peer.map(short));
        Figure { id, result: None, ours, peer, ratio, ratio_range: None, unit, goal: None, met: None, control: None, note: String::new() }
    }

    /// Ours alone.
    pub fn alone(id: &'static str, unit: &'static str, ours: f64) -> Figure {
        Figure::counted(id, unit, ours, None, 0.0)
    }

    /// Adds what the ratio is to be.
    pub fn goal(mut self, goal: Goal) -> Figure {
        self.met = self.ratio.map(|ratio| match goal {
            Goal::AtLeast(least) => ratio >= least,
            Goal::AtMost(most) => ratio <= most,
        });
        self.goal = Some(match goal {
            Goal::AtLeast(least) => format!("ratio >= {least}"),
            Goal::AtMost(most) => format!("ratio <= {most}"),
        });
        self
    }

    /// Adds what a reader must know.
    pub fn note(mut self, note: impl Into<String>) -> Figure {
        self.note = note.into();
        self
    }

    /// Prints the line.
    pub fn print(&self) {
        let line = serde_json::to_string(self).expect("a figure is plain");
        writeln!(std::io::stdout(), "{line}").expect("somebody reads the figures");
    }
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

/// The value below which `percent` of the values lie.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((values.len() * percent / 100).min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// Four digits are more than a shared machine can tell.
fn short(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// Tells a person what is going on.
pub fn say(words: impl std::fmt::Display) {
    eprintln!("bench: {words}");
}
