//! The browser bundle `mobile`: an empty program whose exported `hydrate` the page calls.

fn main() {}
