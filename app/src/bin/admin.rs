//! The browser bundle `admin`: an empty program whose exported `hydrate` the page calls.

fn main() {}
