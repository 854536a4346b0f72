//! One event on its way to one endpoint.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::choices;
use crate::event::EventType;
use crate::ids::{self, Id};
use crate::time::Timestamp;

/// Seconds to wait after the first, second, … failed attempt: the schedule of the Standard Webhooks specification. Each wait
/// is up to a fifth shorter or longer, so that what failed together does not come back together.
pub const RETRY_SECONDS: &[i64] = &[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// The longest wait that an endpoint can ask for with `Retry-After`: the longest of the schedule.
const MAX_RETRY_AFTER: i64 = 86_400;
/// After so many failed attempts the business hears of it.
const FAILING_AFTER: u32 = 4;
/// Attempts that the log keeps.
const KEPT_ATTEMPTS: usize = 10;

/// The id of a delivery: its event and its endpoint, so that everybody who knows these knows it, and it is found without an
/// index. Printed as `del_rs_`, the event's integer, and the endpoint's in sixteen digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryId {
    /// What is delivered.
    pub event: Id<ids::Event>,
    /// Where to.
    pub endpoint: Id<ids::Webhook>,
}

impl DeliveryId {
    /// What every id of a delivery begins with.
    pub const PREFIX: &'static str = "del_rs_";
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (event, endpoint) = (self.event.number(), self.endpoint.digits());
        write!(f, "{}{event}{endpoint}", Self::PREFIX)
    }
}

/// A text that is no id of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no id of a delivery")]
pub struct NoDeliveryId;

impl FromStr for DeliveryId {
    type Err = NoDeliveryId;

    fn from_str(text: &str) -> Result<Self, NoDeliveryId> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(NoDeliveryId)?;
        let split = digits.len().checked_sub(16).ok_or(NoDeliveryId)?;
        let (event, endpoint) = digits.split_at_checked(split).ok_or(NoDeliveryId)?;
        let number = |part: &str| {
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u64>().ok().filter(|_| is_number)
        };
        let id = Self {
            event: Id::new(number(event).ok_or(NoDeliveryId)?).or(Err(NoDeliveryId))?,
            endpoint: Id::new(number(endpoint).ok_or(NoDeliveryId)?).or(Err(NoDeliveryId))?,
        };
        // One id has one spelling.
        (id.to_string() == text).then_some(id).ok_or(NoDeliveryId)
    }
}

impl Serialize for DeliveryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeliveryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

choices! {
    /// Where a delivery stands.
    pub enum DeliveryStatus {
        /// It waits for its first attempt, or for one that somebody asked for.
        Pending = "pending",
        /// The endpoint answered 2xx.
        Delivered = "delivered",
        /// The last attempt failed; another one follows.
        Failed = "failed",
        /// Every attempt failed.
        Exhausted = "exhausted",
        /// The endpoint was disabled or deleted before an attempt succeeded.
        Canceled = "canceled",
    }
}

/// What an endpoint answered, as far as the log keeps it: redacted, and at most 4 KiB of the body.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoggedResponse {
    /// The headers that help to understand an answer; never cookies or credentials.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The beginning of the body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Whether the body went on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was made, in the business's time.
    pub at: Timestamp,
    /// The status code, where an answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Milliseconds until the answer or the failure.
    pub response_time_ms: u32,
    /// Whether somebody asked for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
    /// The answer; kept of the last attempt only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<LoggedResponse>,
}

impl Attempt {
    /// Only 2xx is success: a redirect is not followed, so it delivered nothing.
    pub fn succeeded(&self) -> bool {
        self.http_status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// When the next attempt is made, where one fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retry {
    /// For how many seconds the endpoint asked to be left alone: it is made no earlier.
    pub after: Option<i64>,
    /// Without the jitter that spreads attempts over time: on a test clock equal histories have equal times.
    pub exact: bool,
}

/// One event on its way to one endpoint. First written with the outcome of the first attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id: event and endpoint.
    pub id: DeliveryId,
    /// The event's type.
    pub event_type: EventType,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// The newest ten attempts, in order.
    pub attempts: Vec<Attempt>,
    /// Attempts made in all.
    pub attempt_count: u32,
    /// Attempts of the schedule that were used; it begins anew when somebody asks for another attempt.
    pub step: u32,
    /// Where the last attempt went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the next attempt is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_retry: Option<Timestamp>,
    /// When the endpoint took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When it was begun.
    pub created: Timestamp,
    /// Whether somebody asked for the next attempt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
    /// Whether the rate limit of the endpoint has given the next attempt its turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_turn: bool,
    /// Whether the business heard that it keeps failing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told_failing: bool,
}

impl Delivery {
    /// A delivery that nobody has tried yet.
    pub fn new(id: DeliveryId, event_type: EventType, now: Timestamp) -> Self {
        Self {
            id,
            event_type,
            status: DeliveryStatus::Pending,
            attempts: Vec::new(),
            attempt_count: 0,
            step: 0,
            url: None,
            next_retry: None,
            delivered_at: None,
            created: now,
            manual: false,
            has_turn: false,
            told_failing: false,
        }
    }

    /// Whether an attempt should be made at `now`: the first one at once, later ones when their time has come.
    pub fn wants_attempt(&self, now: Timestamp) -> bool {
        match self.status {
            DeliveryStatus::Pending => self.next_retry.is_none_or(|at| at <= now),
            DeliveryStatus::Failed => self.next_retry.is_some_and(|at| at <= now),
            DeliveryStatus::Delivered | DeliveryStatus::Exhausted | DeliveryStatus::Canceled => {
                false
            }
        }
    }

    /// Whether an attempt is still to come.
    pub const fn is_open(&self) -> bool {
        matches!(
            self.status,
            DeliveryStatus::Pending | DeliveryStatus::Failed
        )
    }

    /// Books an attempt that went to `url` and decides what follows. Returns the event that tells the business of it, if one does: no delivery of
    /// such an event ever causes another.
    pub fn book(&mut self, attempt: Attempt, url: &str, retry: Retry) -> Option<EventType> {
        let at = attempt.at;
        let succeeded = attempt.succeeded();
        self.keep(attempt);
        self.url = Some(url.to_owned());
        (self.manual, self.has_turn, self.next_retry) = (false, false, None);
        let wait = usize::try_from(self.step)
            .ok()
            .and_then(|step| RETRY_SECONDS.get(step));
        self.step = self.step.saturating_add(1);
        let event = if succeeded {
            self.status = DeliveryStatus::Delivered;
            self.delivered_at = Some(at);
            std::mem::take(&mut self.told_failing).then_some(EventType::DeliveryRecovered)
        } else if let Some(seconds) = wait {
            self.status = DeliveryStatus::Failed;
            let asked = retry.after.unwrap_or(0).clamp(0, MAX_RETRY_AFTER);
            let wait = if retry.exact {
                *seconds
            } else {
                self.jitter(*seconds)
            };
            self.next_retry = Some(at.plus_seconds(wait.max(asked)));
            let tells = self.step == FAILING_AFTER && !self.told_failing;
            self.told_failing |= tells;
            tells.then_some(EventType::DeliveryFailing)
        } else {
            self.status = DeliveryStatus::Exhausted;
            self.told_failing = true;
            Some(EventType::DeliveryExhausted)
        };
        event.filter(|_| !self.event_type.is_operational())
    }

    /// Makes it wait: the endpoint takes no more in this minute, and this delivery has its turn at `at`.
    pub fn park(&mut self, at: Timestamp) {
        if self.attempts.is_empty() {
            self.status = DeliveryStatus::Pending;
        }
        self.next_retry = Some(at);
        self.has_turn = true;
    }

    /// Somebody asks for another attempt, now, whatever became of the earlier ones. Where it fails, the schedule follows.
    pub fn revive(&mut self, now: Timestamp) {
        self.status = DeliveryStatus::Pending;
        self.next_retry = Some(now);
        (self.step, self.manual, self.has_turn) = (0, true, false);
    }

    /// Nothing more is sent: the endpoint is gone.
    pub fn cancel(&mut self) {
        self.status = DeliveryStatus::Canceled;
        self.next_retry = None;
        (self.manual, self.has_turn) = (false, false);
    }

    fn keep(&mut self, attempt: Attempt) {
        for earlier in &mut self.attempts {
            earlier.answer = None;
        }
        self.attempts.push(attempt);
        let surplus = self.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        self.attempts.drain(..surplus);
        self.attempt_count = self.attempt_count.saturating_add(1);
    }

    /// A wait of up to a fifth less or more, the same for everybody who computes it.
    fn jitter(&self, seconds: i64) -> i64 {
        let digest = Sha256::digest(format!("{}#{}", self.id, self.attempt_count));
        let chance = digest
            .iter()
            .take(2)
            .fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
        // From -200 to 200 thousandths.
        let thousandths = chance.rem_euclid(401).saturating_sub(200);
        seconds.saturating_add(seconds.saturating_mul(thousandths).div_euclid(1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(event: u64, kind: EventType) -> Delivery {
        let id = DeliveryId {
            event: Id::new(event).unwrap(),
            endpoint: Id::new(2).unwrap(),
        };
        Delivery::new(id, kind, Timestamp::from_seconds(1_800_000_000))
    }

    fn answered(at: Timestamp, status: u16) -> Attempt {
        Attempt {
            at,
            http_status: Some(status),
            error: None,
            response_time_ms: 1,
            manual: false,
            answer: Some(LoggedResponse::default()),
        }
    }

    /// Attempts until nothing follows: the waits between them, and the events that they caused.
    fn fail(delivery: &mut Delivery) -> (Vec<i64>, Vec<EventType>) {
        let mut now = delivery.created;
        let (mut waits, mut events) = (Vec::new(), Vec::new());
        while delivery.wants_attempt(now) {
            events.extend(delivery.book(
                answered(now, 500),
                "https://a.example/",
                Retry::default(),
            ));
            if let Some(next) = delivery.next_retry {
                waits.push(next.seconds() - now.seconds());
                assert!(!delivery.wants_attempt(now));
                now = next;
            }
        }
        (waits, events)
    }

    #[test]
    fn the_schedule_is_that_of_the_specification_a_fifth_up_or_down() {
        let mut spread = std::collections::BTreeSet::new();
        for event in 1..200 {
            let mut delivery = delivery(event, EventType::InvoicePaid);
            let (waits, events) = fail(&mut delivery);
            assert_eq!(waits.len(), RETRY_SECONDS.len());
            for (wait, seconds) in waits.iter().zip(RETRY_SECONDS) {
                assert!((wait - seconds).abs() * 5 <= *seconds, "{wait} {seconds}");
            }
            spread.insert(waits[8]);
            assert_eq!(delivery.status, DeliveryStatus::Exhausted);
            assert_eq!((delivery.attempts.len(), delivery.attempt_count), (10, 10));
            assert_eq!(
                events,
                [EventType::DeliveryFailing, EventType::DeliveryExhausted]
            );
        }
        assert!(spread.len() > 100, "{}", spread.len());
    }

    #[test]
    fn what_tells_of_deliveries_causes_nothing_more_of_its_kind() {
        let mut delivery = delivery(1, EventType::DeliveryExhausted);
        assert!(fail(&mut delivery).1.is_empty());
    }

    #[test]
    fn an_endpoint_may_ask_to_be_left_alone_for_a_day_at_most() {
        let now = Timestamp::from_seconds(1_800_000_000);
        for (asked, least, most) in [(2, 4, 6), (120, 120, 120), (1 << 40, 86_400, 86_400)] {
            let mut delivery = delivery(1, EventType::InvoicePaid);
            delivery.book(
                answered(now, 503),
                "https://a.example/",
                Retry {
                    after: Some(asked),
                    exact: false,
                },
            );
            let wait = delivery.next_retry.unwrap().seconds() - now.seconds();
            assert!((least..=most).contains(&wait), "{asked}: {wait}");
        }
    }

    #[test]
    fn another_attempt_can_be_asked_for_and_begins_the_schedule_anew() {
        let mut delivery = delivery(1, EventType::InvoicePaid);
        fail(&mut delivery);
        let now = delivery.created.plus_days(9);
        delivery.revive(now);
        assert!(delivery.wants_attempt(now) && delivery.manual);
        assert_eq!(
            delivery.book(answered(now, 500), "https://a.example/", Retry::default()),
            None
        );
        assert_eq!(delivery.status, DeliveryStatus::Failed);
        delivery.revive(now);
        assert_eq!(
            delivery.book(answered(now, 204), "https://b.example/", Retry::default()),
            Some(EventType::DeliveryRecovered)
        );
        assert_eq!(delivery.status, DeliveryStatus::Delivered);
        assert_eq!(delivery.url.as_deref(), Some("https://b.example/"));
        assert_eq!((delivery.attempts.len(), delivery.attempt_count), (10, 12));
        assert!(delivery.attempts[..9].iter().all(|a| a.answer.is_none()));
        assert!(delivery.attempts[9].answer.is_some());
    }

    #[test]
    fn only_2xx_delivers() {
        let now = Timestamp::from_seconds(0);
        assert!(answered(now, 204).succeeded());
        for status in [199, 301, 404, 500] {
            assert!(!answered(now, status).succeeded(), "{status}");
        }
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = delivery(1_234, EventType::InvoicePaid).id;
        assert_eq!(id.to_string(), "del_rs_12340000000000000002");
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in [
            "del_rs_123456",
            "del_rs_",
            "del_rs_012340000000000000002",
            "del_rs_+12340000000000000002",
            "evt_rs_12340000000000000002",
            "del_rs_1234000000000000000x",
            "del_rs_12349999999999999999",
            "del_rs_1ééééééééé",
        ] {
            assert_eq!(bad.parse::<DeliveryId>(), Err(NoDeliveryId), "{bad}");
        }
    }
}
