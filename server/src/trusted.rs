//! Browsers in which somebody signed in before. Their wrong tries are counted apart, so that strangers who guess at a phone number do
//! not lock its owner out.

use domain::{AccountId, Millis};
use serde::{Deserialize, Serialize};

use crate::store::accounts::Account;

/// How long a browser is known after a sign-in.
pub const TRUST_MS: i64 = 180 * 86_400_000;

/// At most so many people sign in with one browser and are all known there: a cookie holds no more than 4 KiB.
const MOST: usize = 8;

/// That somebody signed in with this browser. A new password, a report of a foreign sign-in and a suspension make it void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// Who signed in. No phone number: others who use the browser could read it.
    pub account: AccountId,
    /// A random name of the browser for this person.
    pub device: String,
    /// The account's round at that time.
    pub round: i64,
    /// From when on it is worth nothing.
    pub until_ms: Millis,
}

/// The name under which the browser that holds `trusts` is known to this account, or `None`.
pub fn device(trusts: &[Trust], account: Option<&Account>, now: Millis) -> Option<String> {
    let account = account?;
    let is_good = |trust: &&Trust| trust.account == account.id && trust.round == account.trust_round && now < trust.until_ms;
    trusts.iter().find(is_good).map(|trust| trust.device.clone())
}

/// What a browser holds after another sign-in: the latest first, one for each person.
pub fn with(trusts: Vec<Trust>, new: Trust, now: Millis) -> Vec<Trust> {
    let others: Vec<Trust> = trusts.into_iter().filter(|trust| trust.account != new.account && now < trust.until_ms).collect();
    std::iter::once(new).chain(others).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use domain::account::{Lang, Phone};
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> AccountId {
        AccountId::of(Uuid::from_u128(number))
    }

    fn trust(number: u128, round: i64, until: i64) -> Trust {
        Trust { account: id(number), device: format!("device {number}"), round, until_ms: Millis::of(until) }
    }

    #[test]
    fn a_browser_is_known_to_whoever_signed_in_there_in_this_round_and_in_time() {
        let account = |number, trust_round| Account {
            id: id(number),
            phone: Phone::parse("13800138000").unwrap(),
            name: String::new(),
            password_hash: None,
            mail: None,
            lang: Lang::default(),
            trust_round,
        };
        let held = [trust(1, 0, 100), trust(2, 3, 100)];
        let table = [
            (Some(account(1, 0)), 99, Some("device 1")),
            (Some(account(1, 0)), 100, None),
            (Some(account(1, 1)), 99, None),
            (Some(account(2, 3)), 99, Some("device 2")),
            (Some(account(2, 2)), 99, None),
            (Some(account(3, 0)), 99, None),
            (None, 99, None),
        ];
        for (account, now, expected) in table {
            assert_eq!(device(&held, account.as_ref(), Millis::of(now)).as_deref(), expected, "{account:?} {now}");
        }
    }

    #[test]
    fn a_browser_holds_the_latest_of_each_person_and_of_not_too_many() {
        let now = Millis::of(50);
        let held = (0..20).fold(vec![trust(0, 0, 100), trust(99, 0, 50)], |held, number| with(held, trust(number, 1, 100), now));
        let people: Vec<AccountId> = held.iter().map(|trust| trust.account).collect();
        assert_eq!(people, (12..20).rev().map(id).collect::<Vec<_>>());
        let again = with(held, trust(15, 2, 200), now);
        assert_eq!((again.len(), &again[0]), (MOST, &trust(15, 2, 200)));
        assert_eq!(with(vec![trust(1, 0, 50), trust(2, 0, 51)], trust(3, 0, 100), now), [trust(3, 0, 100), trust(2, 0, 51)]);
    }
}
