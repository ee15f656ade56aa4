//! The floor under everything durable: how fast the disk says that something is on it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::figure::{Plan, median};

/// What single writes cost in a folder.
pub struct Floor {
    took_ms: Vec<f64>,
}

impl Floor {
    /// Appends 4 KiB at a time and waits for each, for two seconds.
    pub fn measure(folder: &Path, plan: Plan) -> Floor {
        let path = folder.join("floor");
        let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("a folder can be written");
        let until = Instant::now() + Duration::from_millis((plan.slice_ms * 2).min(2_000));
        let mut took_ms = vec![];
        while Instant::now() < until {
            let started = Instant::now();
            file.write_all(&[7; 4096]).and_then(|()| file.sync_data()).expect("a disk takes 4 KiB");
            took_ms.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        std::fs::remove_file(path).expect("what was made can be removed");
        Floor { took_ms }
    }

    /// Writes a second.
    pub fn per_s(&self) -> f64 {
        1_000.0 * self.took_ms.len() as f64 / self.took_ms.iter().sum::<f64>()
    }

    /// What one write takes.
    pub fn p50_ms(&self) -> f64 {
        median(self.took_ms.clone())
    }
}
