//! Passwords: argon2id with OWASP's parameters, a few at a time, because each takes 19 MiB and a core.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::fresh;

/// Shortest password that may be set.
pub const LEAST_CHARS: usize = 8;
/// Longest password that is looked at, in bytes; nothing is cut off silently.
pub const MOST_BYTES: usize = 512;

/// At most this many wait; the next is told to come back.
const MOST_WAITING: usize = 64;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    workers: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// A hash of nobody's password: checking against it takes as long as checking a real one.
    nobodys: Arc<str>,
}

/// Too many passwords are being checked at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords {
            workers: Arc::new(Semaphore::new(2)),
            places: Arc::new(Semaphore::new(MOST_WAITING)),
            nobodys: hash_now("nobody's password").into(),
        }
    }
}

impl Passwords {
    /// The hash to store.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn hash(&self, password: &str) -> Result<String, Busy> {
        let password = password.to_owned();
        self.work(move || hash_now(&password)).await
    }

    /// Whether `password` is the one behind `hash`. Without a hash, or with what is none, the answer is no, after the same time.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn check(&self, password: &str, hash: Option<&str>) -> Result<bool, Busy> {
        let hash = hash.filter(|hash| PasswordHash::new(hash).is_ok());
        let (is_somebodys, hash) = (hash.is_some(), hash.unwrap_or(&self.nobodys).to_owned());
        let password = password.to_owned();
        let fits = self
            .work(move || PasswordHash::new(&hash).is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok()))
            .await?;
        Ok(fits && is_somebodys)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _place = self.places.try_acquire().map_err(|_| Busy)?;
        let _worker = self.workers.acquire().await.map_err(|_| Busy)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

/// argon2id, 19 MiB, two passes, one lane (ASVS 11.4.2).
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap_or_default())
}

fn hash_now(password: &str) -> String {
    let salt = fresh::bytes::<16>();
    match hasher().hash_password_with_salt(password.as_bytes(), &salt) {
        Ok(hash) => hash.to_string(),
        // Only impossible parameters fail here; an empty hash fits no password.
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits_and_nobody_has_one() {
        let passwords = Passwords::default();
        let hash = passwords.hash("shouma-demo 密码").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let table = [
            ("shouma-demo 密码", Some(hash.as_str()), true),
            ("shouma-demo", Some(hash.as_str()), false),
            ("", Some(hash.as_str()), false),
            ("nobody's password", None, false),
            ("x", Some(""), false),
            ("!", Some("!"), false),
        ];
        for (password, hash, expected) in table {
            assert_eq!(passwords.check(password, hash).await, Ok(expected), "{password}");
        }
    }
}
