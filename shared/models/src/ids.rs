//! Identifiers: integers we mint ([`Id`]) and names people choose ([`Slug`]).
//!
//! # Determinations
//! - An id is one integer below 2^53: 41 bits of milliseconds since 2020-01-01 and 12 random bits, so it sorts by time and
//!   fits a JSON number. v3 and Reveknew print it with the prefix of its kind, v2 prints the bare integer.
//! - Ids follow the *business's* time. Under a test clock the milliseconds stand still, so an [`IdSource`] counts upwards
//!   from the last id that it gave that business: lists stay in order of creation.
//! - Uniqueness is decided by the conditional write of the record, never assumed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Mutex;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::tenant::Business;
use crate::time::Timestamp;

/// 2020-01-01T00:00:00Z in Unix milliseconds: where the 41 bits begin.
const EPOCH_MS: i64 = 1_577_836_800_000;
/// Ids stay exactly representable as a JSON number.
const LIMIT: u64 = 1 << 53;
const RANDOM_BITS: u32 = 12;
/// The last millisecond that 41 bits have room for, in 2089.
const LAST_MS: i64 = EPOCH_MS + (1 << 41) - 1;

/// A kind of record: its prefix on the wire and its name in keys and messages.
pub trait Kind: Send + Sync + 'static {
    /// What stands before the integer, e.g. `cust_rs_`.
    const PREFIX: &'static str;
    /// The short name in storage keys, e.g. `cust`.
    const KEY: &'static str;
    /// The name in sentences, e.g. `customer`.
    const NAME: &'static str;
    /// What follows the prefix in examples, e.g. `123456`.
    const EXAMPLE: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $prefix:literal, $key:literal, $name:literal, $example:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum $kind {}

            impl Kind for $kind {
                const PREFIX: &'static str = $prefix;
                const KEY: &'static str = $key;
                const NAME: &'static str = $name;
                const EXAMPLE: &'static str = $example;
            }
        )*

        /// Every kind's key and prefix, for the test that keeps them apart.
        pub const REGISTRY: &[(&str, &str)] = &[$(($key, $prefix)),*];
    };
}

kinds! {
    /// A business.
    Account = "acct_rs_", "acct", "account", "1000001";
    /// A key of the v3 API.
    ApiKey = "key_rs_", "key", "API key", "123456";
    /// What a partner earns from a paid invoice.
    Commission = "com_rs_", "com", "commission", "123456";
    /// Money off a subscription; named by its [`Slug`].
    Coupon = "coupon_", "coupon", "coupon", "welcome";
    /// What of an invoice is owed no longer.
    CreditNote = "cn_rs_", "cn", "credit note", "789012";
    /// A person or company that buys.
    Customer = "cust_rs_", "cust", "customer", "123456";
    /// An e-mail.
    Email = "mail_rs_", "mail", "e-mail", "123456";
    /// Something that happened.
    Event = "evt_rs_", "evt", "event", "123456";
    /// A bill.
    Invoice = "inv_rs_", "inv", "invoice", "789012";
    /// The profile of a customer whom a partner enrolled; it has the customer's number.
    Member = "mbr_rs_", "member", "member", "123456";
    /// A text message.
    Message = "msg_rs_", "msg", "message", "123456";
    /// A client of the OAuth token route.
    OauthClient = "client_rs_", "oauth", "OAuth client", "123456";
    /// Who enrols members; it has the number of the key behind its token.
    Partner = "partner_rs_", "partner", "partner", "3";
    /// An attempt to move money.
    Payment = "pay_rs_", "pay", "payment", "789012";
    /// A card or other instrument of a customer.
    PaymentMethod = "pm_rs_", "pm", "payment method", "123456";
    /// Something that can be subscribed to; named by its [`Slug`].
    Plan = "plan_", "plan", "plan", "enterprise_pro";
    /// Money given back.
    Refund = "re_rs_", "re", "refund", "789012";
    /// One payment of a subscription that is paid by schedule.
    Schedule = "sch_rs_", "sched", "schedule", "123456";
    /// A customer's running agreement on a plan.
    Subscription = "sub_rs_", "sub", "subscription", "123456";
    /// A tax that invoices name.
    TaxRate = "txr_rs_", "txr", "tax rate", "123456";
    /// One report of usage.
    Usage = "usage_rs_", "usage", "usage record", "123456";
    /// Where a business wants to hear of events.
    Webhook = "we_rs_", "we", "webhook endpoint", "123456";
}

/// An identifier that says of which kind its record is.
pub trait OfKind: fmt::Display {
    /// The kind.
    type Kind: Kind;
}

impl<K: Kind> OfKind for Id<K> {
    type Kind = K;
}

impl<K: Kind> OfKind for Slug<K> {
    type Kind = K;
}

impl<T: OfKind> OfKind for &T {
    type Kind = T::Kind;
}

/// What was looked for by its id, and has to be there.
pub trait OrNotFound<T> {
    /// An error where it is not: the id was in the path.
    fn or_not_found(self, id: impl OfKind) -> Result<T>;

    /// The same for an id that the field at `pointer` gave.
    fn or_no_such(self, id: impl OfKind, pointer: impl Into<Cow<'static, str>>) -> Result<T>;
}

impl<T> OrNotFound<T> for Option<T> {
    fn or_not_found(self, id: impl OfKind) -> Result<T> {
        self.ok_or_else(|| Error::not_found(name(&id), id))
    }

    fn or_no_such(self, id: impl OfKind, pointer: impl Into<Cow<'static, str>>) -> Result<T> {
        self.ok_or_else(|| Error::no_such(name(&id), id, pointer))
    }
}

const fn name<I: OfKind>(_id: &I) -> &'static str {
    I::Kind::NAME
}

/// The identifier of a record of kind `K`.
pub struct Id<K> {
    value: u64,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Id<K> {
    /// The id with that integer. Errors where it is not below 2^53.
    pub fn new(value: u64) -> Result<Self> {
        if value < LIMIT {
            Ok(Self {
                value,
                kind: PhantomData,
            })
        } else {
            Err(Error::internal(format_args!(
                "{} id {value} is out of range",
                K::NAME
            )))
        }
    }

    /// The bare integer, as v2 prints it.
    pub const fn number(self) -> u64 {
        self.value
    }

    /// The moment in its place in time order, in milliseconds: when the record was made, or what it was derived for.
    pub fn at(self) -> Timestamp {
        let millis = i64::try_from(self.value >> RANDOM_BITS).unwrap_or(i64::MAX);
        Timestamp::from_millis(millis.saturating_add(EPOCH_MS))
    }

    /// The first id of that moment's millisecond: ids minted earlier sort before it.
    pub fn first_at(at: Timestamp) -> Result<Self> {
        base(at.millis().clamp(EPOCH_MS, LAST_MS)).and_then(Self::new)
    }

    /// Sixteen digits: the sort key, in which text order is number order.
    pub fn digits(self) -> String {
        format!("{:016}", self.value)
    }

    /// The next integer: where to look when a record of something else sits here already.
    pub fn successor(self) -> Result<Self> {
        Self::new(self.value.saturating_add(1))
    }

    /// An id that anyone who knows the `identity` computes alike, in the place of `at` in time order.
    ///
    /// Two identities may meet on one integer, so whoever writes under it looks whose record is there and walks on by
    /// [`Id::successor`].
    pub fn derived(at: Timestamp, identity: &str) -> Result<Self> {
        Self::within(at, identity, 0..1000 << RANDOM_BITS)
    }

    /// As [`Id::derived`], but before all that is minted at `at` and after what was minted at the second before: for what a moment
    /// brings by itself, to which somebody may answer at that very moment.
    pub fn derived_before(at: Timestamp, identity: &str) -> Result<Self> {
        let before = Timestamp::from_millis(at.millis().saturating_sub(1000));
        Self::within(before, identity, 4 << RANDOM_BITS..1000 << RANDOM_BITS)
    }

    fn within(at: Timestamp, identity: &str, slots: std::ops::Range<u64>) -> Result<Self> {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(identity.as_bytes());
        let spread = digest
            .iter()
            .take(3)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        // Within the same second: 1000 ms of 4096 ids each. Everything derived carries whole seconds.
        let second = at.millis().saturating_sub(at.millis().rem_euclid(1000));
        let width = slots.end.saturating_sub(slots.start).max(1);
        let place = slots.start.saturating_add(spread % width);
        base(second).and_then(|start| Self::new(start.saturating_add(place)))
    }
}

fn base(millis: i64) -> Result<u64> {
    let since = millis.saturating_sub(EPOCH_MS);
    u64::try_from(since)
        .ok()
        .filter(|ms| *ms < LIMIT >> RANDOM_BITS)
        .map(|ms| ms << RANDOM_BITS)
        .ok_or_else(|| Error::internal("the clock is before 2020 or after 2089"))
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", K::PREFIX, self.value)
    }
}

/// The text is not an identifier of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct NotAnId;

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    /// Only the canonical spelling: the prefix and the digits without leading zeros. One record has one name.
    fn from_str(text: &str) -> std::result::Result<Self, NotAnId> {
        let digits = text.strip_prefix(K::PREFIX).ok_or(NotAnId)?;
        let canonical = digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.is_empty()
            && (digits.len() == 1 || !digits.starts_with('0'));
        if !canonical {
            return Err(NotAnId);
        }
        digits
            .parse()
            .ok()
            .and_then(|value| Self::new(value).ok())
            .ok_or(NotAnId)
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An id as a bare integer: for storage that knows its kind.
pub mod number {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Id, Kind};

    /// For `serialize_with`.
    pub fn serialize<K: Kind, S: Serializer>(id: &Id<K>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(id.number())
    }

    /// For `deserialize_with`. Errors where it is not below 2^53.
    pub fn deserialize<'de, K: Kind, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Id<K>, D::Error> {
        let number = u64::deserialize(deserializer)?;
        Id::new(number).map_err(serde::de::Error::custom)
    }
}

/// Ids of one kind as bare integers: for storage that keeps many of them, in ten bytes each.
pub mod numbers {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Id, Kind};

    /// For `serialize_with`.
    pub fn serialize<K: Kind, S: Serializer>(
        ids: &[Id<K>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ids.iter().map(|id| id.number()))
    }

    /// For `deserialize_with`. Errors where one is not below 2^53.
    pub fn deserialize<'de, K: Kind, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Id<K>>, D::Error> {
        let numbers = Vec::<u64>::deserialize(deserializer)?;
        let ids = numbers.into_iter().map(Id::new);
        ids.collect::<crate::Result<_>>()
            .map_err(serde::de::Error::custom)
    }
}

/// A name that people choose: plans, stores, warehouses. 1 to 64 of `A-Z a-z 0-9 _ -`.
pub struct Slug<K> {
    text: String,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Slug<K> {
    /// The name as it was chosen.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A name for a record whose creator gave none.
    pub fn generated(number: u64) -> Self {
        Self {
            text: format!("{}{number}", K::PREFIX),
            kind: PhantomData,
        }
    }
}

/// Whether an id of that number has its place in the second of `now`.
fn within_second(number: u64, now: Timestamp) -> Result<bool> {
    let start = base(now.whole_second().millis())?;
    let place = number.checked_sub(start);
    Ok(place.is_some_and(|place| place < 1000 << RANDOM_BITS))
}

impl<K> Clone for Slug<K> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            kind: PhantomData,
        }
    }
}
impl<K> PartialEq for Slug<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl<K> Eq for Slug<K> {}
impl<K> fmt::Debug for Slug<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<K> fmt::Display for Slug<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<K: Kind> FromStr for Slug<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> std::result::Result<Self, NotAnId> {
        let good = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if good {
            Ok(Self {
                text: text.to_owned(),
                kind: PhantomData,
            })
        } else {
            Err(NotAnId)
        }
    }
}
impl<K> Serialize for Slug<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
impl<'de, K: Kind> Deserialize<'de> for Slug<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where ids and other random bytes come from; tests give a seed and get the same ids each time.
#[derive(Debug)]
pub struct IdSource {
    last: Mutex<HashMap<Option<Business>, u64>>,
    seed: Option<Mutex<u64>>,
}

/// Businesses with a test clock that one process remembers; more only cost an occasional second try at a write.
const REMEMBERED: usize = 1024;

impl IdSource {
    /// Chance from the operating system.
    pub fn system() -> Self {
        Self {
            last: Mutex::default(),
            seed: None,
        }
    }

    /// The same sequence for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self {
            last: Mutex::default(),
            seed: Some(Mutex::new(seed)),
        }
    }

    /// Fills `buffer` with random bytes.
    pub fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        let Some(seed) = &self.seed else {
            return getrandom::fill(buffer).map_err(Error::internal);
        };
        let mut state = seed.lock().map_err(Error::internal)?;
        for byte in buffer {
            // SplitMix64: enough to spread test ids, and never used outside tests.
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = z.to_le_bytes()[7];
        }
        Ok(())
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Where this process begins to count in a second at which a test clock stands still. All processes have that same time, so it
    /// is anywhere in the second: two of them hardly ever meet, and a record that somebody deleted keeps its id.
    fn begin_second(&self, now: Timestamp) -> Result<u64> {
        let chance = u64::from(u32::from_le_bytes(self.random()?));
        let place = chance % (900 << RANDOM_BITS);
        Ok(base(now.whole_second().millis())?.saturating_add(place))
    }

    /// A new id at `now`, above those that this process made before at that time. `clocked` is the business whose test clock gave
    /// it, `None` for the wall clock.
    pub fn mint<K: Kind>(&self, now: Timestamp, clocked: Option<Business>) -> Result<Id<K>> {
        let mut random = [0_u8; 2];
        self.fill(&mut random)?;
        let chance = u64::from(u16::from_le_bytes(random));
        let fresh = match clocked {
            None => base(now.millis())? | (chance % (1 << RANDOM_BITS)),
            Some(_) => self.begin_second(now)?,
        };
        let mut last = self.last.lock().map_err(Error::internal)?;
        if last.len() > REMEMBERED {
            last.clear();
        }
        let seen = last.entry(clocked).or_default();
        let goes_on = match clocked {
            // A clock that was set back far starts anew.
            None => *seen >= fresh && seen.saturating_sub(fresh) < 60_000 << RANDOM_BITS,
            Some(_) => within_second(*seen, now)?,
        };
        let value = if goes_on {
            *seen + 1 + u64::from(random[1] % 7)
        } else {
            fresh
        };
        *seen = value;
        Id::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id: Id<Customer> = "cust_rs_123456".parse().unwrap();
        assert_eq!(id.number(), 123_456);
        assert_eq!(id.to_string(), "cust_rs_123456");
        assert_eq!(id.digits(), "0000000000123456");
        for bad in [
            "",
            "cust_rs_",
            "cust_rs_01",
            "cust_rs_1x",
            "cust_rs_-1",
            "123",
            "sub_rs_1",
            "cust_rs_9007199254740992",
        ] {
            assert!(bad.parse::<Id<Customer>>().is_err(), "{bad}");
        }
    }

    #[test]
    fn kinds_do_not_share_a_key_or_a_prefix() {
        for (index, (key, prefix)) in REGISTRY.iter().enumerate() {
            for (other_key, other_prefix) in &REGISTRY[index + 1..] {
                assert_ne!(key, other_key);
                assert!(
                    !prefix.starts_with(other_prefix) && !other_prefix.starts_with(prefix),
                    "{prefix} {other_prefix}"
                );
            }
        }
    }

    #[test]
    fn ids_rise_while_the_clock_stands_still() {
        let source = IdSource::seeded(7);
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let business = Some(Business::new(1).unwrap());
        let ids: Vec<Id<Customer>> = (0..10_000)
            .map(|_| source.mint(now, business).unwrap())
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn processes_at_a_clock_that_stands_still_hardly_meet() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let business = Some(Business::new(1).unwrap());
        let sources: Vec<IdSource> = (0..64).map(IdSource::seeded).collect();
        let mut ids = std::collections::BTreeSet::new();
        for _ in 0..200 {
            for source in &sources {
                let id: Id<Customer> = source.mint(now, business).unwrap();
                assert_eq!(id.at().whole_second(), now);
                ids.insert(id);
            }
        }
        let twice = 64 * 200 - ids.len();
        assert!(twice < 64, "{twice} of 12,800 were drawn twice");
        // Another second is another beginning, also one that has been before.
        let source = &sources[0];
        let later = now.plus_seconds(1);
        let next: Id<Customer> = source.mint(later, business).unwrap();
        assert!(Id::first_at(later).unwrap() <= next);
        let back: Id<Customer> = source.mint(now, business).unwrap();
        assert!(back < Id::first_at(later).unwrap());
    }

    #[test]
    fn a_derived_id_is_the_same_everywhere_and_sorts_by_time() {
        let early: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let late: Timestamp = "2026-01-01T00:00:01Z".parse().unwrap();
        let one: Id<Invoice> = Id::derived(early, "a").unwrap();
        assert_eq!(one, Id::derived(early, "a").unwrap());
        assert_ne!(one, Id::derived(early, "b").unwrap());
        assert!(Id::<Invoice>::derived(early, "z").unwrap() < Id::derived(late, "a").unwrap());
        let before = Id::<Invoice>::derived_before(late, "a").unwrap();
        assert!(Id::first_at(early).unwrap() < before && before < Id::first_at(late).unwrap());
    }
}
