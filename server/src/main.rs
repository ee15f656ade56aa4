//! The program `shouma`.

fn main() {}
