//! Fresh identities and secrets. Like the clock, they are handed to whoever needs them.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Millis;
use uuid::{Builder, Uuid};

/// A UUID v7 of the moment `now`: ids that are made later sort later, and 74 bits of it cannot be guessed.
pub fn uuid(now: Millis) -> Uuid {
    Builder::from_unix_timestamp_millis(u64::try_from(now.get()).unwrap_or(0), &bytes()).into_uuid()
}

/// The secret part of a link: 128 bits as 22 letters, digits, `-` and `_`.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<16>())
}

/// The token of a collection code: 96 bits as 16 characters, because every character makes the printed code denser.
pub fn code_token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<12>())
}

/// `N` bytes from the system's generator.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The kernel's generator does not fail once it is seeded; without randomness nothing here may go on.
    assert!(rand::fill(&mut bytes).is_ok(), "the system's random generator failed");
    bytes
}
