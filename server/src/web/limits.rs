//! Who may ask how often: limits by address, with bounded memory.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;

use axum::http::HeaderMap;
use domain::one_time::Purpose;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::{Config, Limits};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Opening a payment.
    Pay,
    /// Trying to sign in.
    SignIn,
    /// Causing a text message.
    Sms,
    /// Causing a text message to a number that was only typed.
    AnonymousSms,
    /// Asking for any page.
    View,
}

/// The limits and what was used of them.
pub struct Gate {
    limits: Limits,
    trusted_proxies: Vec<IpAddr>,
    hasher: RandomState,
    pay: DefaultKeyedRateLimiter<u64>,
    sign_in: DefaultKeyedRateLimiter<u64>,
    sms: DefaultKeyedRateLimiter<u64>,
    anonymous_sms: DefaultKeyedRateLimiter<u64>,
    view: DefaultKeyedRateLimiter<u64>,
}

impl Gate {
    /// The limits as configured.
    pub fn new(config: &Config) -> Gate {
        let limits = config.limits;
        let quota = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Gate {
            limits,
            trusted_proxies: config.trusted_proxies.clone(),
            hasher: RandomState::new(),
            pay: RateLimiter::keyed(Quota::per_minute(quota(limits.pay_per_minute))),
            sign_in: RateLimiter::keyed(Quota::per_hour(quota(limits.sign_in_per_hour))),
            sms: RateLimiter::keyed(Quota::per_hour(quota(limits.sms_per_hour))),
            anonymous_sms: RateLimiter::keyed(Quota::per_hour(quota(limits.anonymous_sms_per_hour))),
            view: RateLimiter::keyed(Quota::per_minute(quota(limits.view_per_minute))),
        }
    }

    /// Whether this address may do this now.
    ///
    /// # Errors
    /// The seconds after which it may.
    pub fn pass(&self, act: Act, address: IpAddr) -> Result<(), u32> {
        if self.limits.spare_loopback && address.is_loopback() {
            return Ok(());
        }
        let limiter = match act {
            Act::Pay => &self.pay,
            Act::SignIn => &self.sign_in,
            Act::Sms => &self.sms,
            Act::AnonymousSms => &self.anonymous_sms,
            Act::View => &self.view,
        };
        limiter.check_key(&self.place(address)).map_err(|wait| {
            let wait_s = wait.wait_time_from(DefaultClock::default().now()).as_secs();
            u32::try_from(wait_s).unwrap_or(u32::MAX).saturating_add(1)
        })
    }

    /// Whether this address may cause a text message for `purpose` now. What anybody can ask for has a smaller share.
    ///
    /// # Errors
    /// The seconds after which it may.
    pub fn pass_sms(&self, purpose: Purpose, address: IpAddr) -> Result<(), u32> {
        if purpose.is_anonymous() {
            self.pass(Act::AnonymousSms, address)?;
        }
        self.pass(Act::Sms, address)
    }

    /// Addresses share a fixed number of places, so a flood of new addresses takes no more memory. A network that hands out
    /// whole IPv6 prefixes counts as one address.
    fn place(&self, address: IpAddr) -> u64 {
        let whole = match address {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                v6.to_ipv4_mapped().map_or(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)), IpAddr::V4)
            }
        };
        self.hasher.hash_one(whole) % (self.limits.addresses as u64)
    }

    /// The address that a request comes from: the connection's, or behind a proxy that is trusted, the one it reports.
    pub fn address(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer.ip();
        let reported: Vec<IpAddr> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .filter_map(|part| part.trim().parse().ok())
            .collect();
        // From the nearest on: each trusted proxy vouches for the one before it.
        for before in reported.into_iter().rev() {
            if !self.trusted_proxies.contains(&address) {
                break;
            }
            address = before;
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn gate(variables: &[(&str, &str)]) -> Gate {
        let environment: BTreeMap<String, String> = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Gate::new(&Config::read(&environment).unwrap())
    }

    #[test]
    fn forwarded_addresses_count_only_behind_proxies_that_are_trusted() {
        let trusting = gate(&[("SHOUMA_TRUSTED_PROXIES", "10.0.0.1,10.0.0.2")]);
        let table = [
            ("9.9.9.9:1", "1.2.3.4", "9.9.9.9"),
            ("10.0.0.1:1", "1.2.3.4", "1.2.3.4"),
            ("10.0.0.1:1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
            ("10.0.0.1:1", "not an address", "10.0.0.1"),
        ];
        for (peer, forwarded, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            assert_eq!(trusting.address(peer.parse().unwrap(), &headers).to_string(), expected, "{peer} {forwarded}");
        }
    }

    #[test]
    fn an_address_that_asks_too_often_waits_and_others_do_not() {
        let gate = gate(&[("SHOUMA_LIMITS_PAY_PER_MINUTE", "2")]);
        let (one, other): (IpAddr, IpAddr) = ("1.1.1.1".parse().unwrap(), "2.2.2.2".parse().unwrap());
        assert!(gate.pass(Act::Pay, one).is_ok());
        assert!(gate.pass(Act::Pay, one).is_ok());
        assert!((1..=60).contains(&gate.pass(Act::Pay, one).unwrap_err()));
        assert!(gate.pass(Act::Pay, other).is_ok());
        assert!(gate.pass(Act::SignIn, one).is_ok());
    }

    #[test]
    fn an_address_that_types_numbers_has_a_part_of_the_messages_that_one_may_cause() {
        let gate = gate(&[("SHOUMA_LIMITS_SMS_PER_HOUR", "5"), ("SHOUMA_LIMITS_ANONYMOUS_SMS_PER_HOUR", "2")]);
        let (one, other): (IpAddr, IpAddr) = ("1.1.1.1".parse().unwrap(), "2.2.2.2".parse().unwrap());
        let asked = [(one, Purpose::Recovery, 3), (one, Purpose::SignIn, 4), (other, Purpose::NotMe, 6), (other, Purpose::Recovery, 1)];
        let passed = asked.map(|(address, purpose, times)| (0..times).filter(|_| gate.pass_sms(purpose, address).is_ok()).count());
        assert_eq!(passed, [2, 3, 5, 0]);
    }

    #[test]
    fn a_flood_of_addresses_is_remembered_in_a_fixed_number_of_places() {
        let gate = gate(&[("SHOUMA_LIMITS_ADDRESSES", "100")]);
        for number in 0..10_000_u32 {
            let _ = gate.pass(Act::View, IpAddr::V4(number.into()));
        }
        assert!(gate.view.len() <= 100);
        let (a, b): (IpAddr, IpAddr) = ("2001:db8:1:2::1".parse().unwrap(), "2001:db8:1:2:ffff::9".parse().unwrap());
        assert_eq!(gate.place(a), gate.place(b), "one /64 is one address");
    }
}
