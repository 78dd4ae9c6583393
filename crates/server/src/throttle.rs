//! Counters of attempts, against guessing and flooding.
//!
//! Each counter is a bucket (GCRA, ITU-T I.371) that holds a burst and refills at a steady rate. Its whole state is one number: the time
//! at which it will be full again. The buckets of this process are bounded in number, and what is counted is named by a hash, so that no
//! identifier or address is kept.
//!
//! # Several servers
//!
//! Guessing passwords, codes and recovery keys is counted twice: by the process, which sees attempts that come at the same moment, and
//! in the row of the device or user, which all servers share. Only failures write there. What is counted per address or per user (lookups,
//! registrations, invitations) is counted by each process alone; told how many servers there are
//! ([`Config::servers`](crate::Config::servers)), each takes its part of the limit, so that all together do not let more through than one.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyfold_protocol::id::{AppId, DeviceId, UserId};
use quick_cache::sync::Cache;

use crate::config::Rate;
use crate::error::ApiError;
use crate::hash::{Hash, sha256};

/// Buckets that are remembered; the least used make room. About 100 bytes each.
const BUCKETS: usize = 50_000;

const MINUTE: u64 = 60_000;

/// All buckets of this process.
pub struct Throttle {
    /// The time at which a bucket will be full again, in milliseconds since 1970.
    full_at: Cache<Hash, Arc<AtomicU64>>,
    enabled: bool,
}

/// What is counted together.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Bucket<'a> {
    /// Failed logins on a device.
    DeviceLogin(&'a DeviceId),
    /// Failed second factors of a user.
    SecondFactor(&'a UserId),
    /// Failed logins from an address.
    AddressLogin(IpAddr),
    /// Questions about identifiers from an address.
    AddressLookup(IpAddr),
    /// Registrations from an address in an app.
    AddressRegistration(&'a AppId, IpAddr),
    /// Invitations and join requests of a user.
    Approach(&'a UserId),
    /// Captchas for an address.
    AddressCaptcha(IpAddr),
    /// Mails that somebody at an address has sent.
    AddressMail(IpAddr),
    /// Mails to a recipient.
    Recipient(&'a str),
}

impl Throttle {
    /// No buckets yet. `enabled: false` lets everything through.
    #[must_use]
    pub fn new(enabled: bool) -> Self {
        Self { full_at: Cache::new(BUCKETS), enabled }
    }

    /// Takes one from the bucket.
    ///
    /// # Errors
    /// 429 when it is empty.
    pub fn take(&self, bucket: Bucket<'_>, rate: Rate, now: u64) -> Result<(), ApiError> {
        self.check(bucket, rate, now)?;
        self.count(bucket, rate, now);
        Ok(())
    }

    /// Whether something is left in the bucket. For attempts that only count when they fail: check first, [`Throttle::count`]
    /// afterwards.
    ///
    /// # Errors
    /// 429 when it is empty.
    pub fn check(&self, bucket: Bucket<'_>, rate: Rate, now: u64) -> Result<(), ApiError> {
        let Some(full_at) = self.enabled.then(|| self.full_at.get(&bucket.key())).flatten() else {
            return Ok(());
        };
        check_full_at(full_at.load(Ordering::Relaxed), rate, now)
    }

    /// [`Throttle::check`] for a bucket that is kept in the database.
    ///
    /// # Errors
    /// 429 when it is empty.
    pub fn check_stored(&self, full_at: u64, rate: Rate, now: u64) -> Result<(), ApiError> {
        if self.enabled { check_full_at(full_at, rate, now) } else { Ok(()) }
    }

    /// Whether anything is counted.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Takes one from the bucket, even an empty one.
    pub fn count(&self, bucket: Bucket<'_>, rate: Rate, now: u64) {
        if !self.enabled {
            return;
        }
        let fresh = || Ok::<_, std::convert::Infallible>(Arc::new(AtomicU64::new(0)));
        let Ok(full_at) = self.full_at.get_or_insert_with(&bucket.key(), fresh);
        let take = |full: u64| Some(full_at_after_one(full, rate, now));
        // The closure always returns a value, so the update cannot fail.
        let _ = full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
    }

    /// Fills the bucket: the attempt succeeded.
    pub fn forgive(&self, bucket: Bucket<'_>) {
        self.full_at.remove(&bucket.key());
    }
}

/// When a bucket will be full after one more was taken from it, even an empty one.
#[must_use]
pub(crate) fn full_at_after_one(full_at: u64, rate: Rate, now: u64) -> u64 {
    let (interval, capacity) = intervals(rate);
    full_at.max(now).saturating_add(interval).min(now.saturating_add(capacity))
}

fn check_full_at(full_at: u64, rate: Rate, now: u64) -> Result<(), ApiError> {
    let (interval, capacity) = intervals(rate);
    let missing = full_at.saturating_sub(now);
    let over = missing.saturating_add(interval).saturating_sub(capacity);
    if over == 0 { Ok(()) } else { Err(ApiError::too_many_requests(over.div_ceil(1_000))) }
}

impl Bucket<'_> {
    fn key(&self) -> Hash {
        let text = match self {
            Self::DeviceLogin(device) => format!("device-login\0{device}"),
            Self::SecondFactor(user) => format!("second-factor\0{user}"),
            Self::AddressLogin(address) => format!("address-login\0{}", network(*address)),
            Self::AddressLookup(address) => format!("address-lookup\0{}", network(*address)),
            Self::AddressRegistration(app, address) => {
                format!("address-register\0{app}\0{}", network(*address))
            }
            Self::Approach(user) => format!("approach\0{user}"),
            Self::AddressCaptcha(address) => format!("address-captcha\0{}", network(*address)),
            Self::AddressMail(address) => format!("address-mail\0{}", network(*address)),
            Self::Recipient(recipient) => format!("recipient\0{recipient}"),
        };
        sha256(text.as_bytes())
    }
}

/// An IPv6 customer holds at least a /64, so that is what counts as one address.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Milliseconds that one attempt costs, and that a whole bucket is worth.
fn intervals(rate: Rate) -> (u64, u64) {
    let interval = MINUTE.checked_div(u64::from(rate.per_minute)).unwrap_or(MINUTE).max(1);
    (interval, interval.saturating_mul(u64::from(rate.burst)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, per_minute: 2 };

    #[test]
    fn a_bucket_lets_its_burst_through_and_then_its_rate() {
        let throttle = Throttle::new(true);
        let device = DeviceId::from("d");
        let bucket = Bucket::DeviceLogin(&device);
        for _ in 0..3 {
            throttle.take(bucket, RATE, 1_000_000).unwrap();
        }
        assert!(throttle.take(bucket, RATE, 1_000_000).is_err());
        assert!(throttle.take(bucket, RATE, 1_029_999).is_err());
        throttle.take(bucket, RATE, 1_030_000).unwrap();
        assert!(throttle.take(bucket, RATE, 1_030_000).is_err());
    }

    #[test]
    fn failures_beyond_the_burst_do_not_lock_out_for_longer() {
        let throttle = Throttle::new(true);
        let device = DeviceId::from("d");
        let bucket = Bucket::DeviceLogin(&device);
        for _ in 0..1_000 {
            throttle.count(bucket, RATE, 1_000_000);
        }
        assert!(throttle.check(bucket, RATE, 1_000_000).is_err());
        throttle.check(bucket, RATE, 1_030_000).unwrap();
    }

    #[test]
    fn neighbours_in_one_ipv6_network_share_a_bucket() {
        let throttle = Throttle::new(true);
        let address = |text: &str| Bucket::AddressLookup(text.parse().unwrap());
        for _ in 0..3 {
            throttle.take(address("2001:db8::1"), RATE, 0).unwrap();
        }
        assert!(throttle.take(address("2001:db8::2"), RATE, 0).is_err());
        throttle.take(address("2001:db8:0:1::2"), RATE, 0).unwrap();
    }

    /// Whoever makes up names by the million must not fill the memory of the server.
    #[test]
    fn a_flood_of_names_takes_no_more_memory_than_its_bound() {
        let throttle = Throttle::new(true);
        for number in 0..2 * BUCKETS {
            throttle.count(Bucket::Recipient(&number.to_string()), RATE, 0);
        }
        // The shards of the cache round up.
        assert!(throttle.full_at.len() < BUCKETS + BUCKETS / 10, "{}", throttle.full_at.len());
    }
}
