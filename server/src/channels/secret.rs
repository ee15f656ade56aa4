//! Secrets: bytes that never appear in a log.

use std::fmt;

/// A key or password. It compares in no way and prints as nothing, so that it cannot slip into a message.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Hides `bytes`.
    pub fn of(bytes: impl Into<Vec<u8>>) -> Secret {
        Secret(bytes.into())
    }

    /// The bytes themselves, for the one place that needs them.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_nothing() {
        assert_eq!(format!("{:?} {:#?}", Secret::of("hunter2"), Secret::of("x")), "Secret(..) Secret(..)");
    }
}
