//! The program `shouma-sim`.

fn main() {}
