//! One event on its way to one endpoint.

use serde::{Deserialize, Serialize};

use crate::event::EventType;
use crate::ids::{self, Id};
use crate::time::Timestamp;

/// Seconds to wait after the first, second, … failed attempt: the schedule of the Standard Webhooks specification.
pub const RETRY_SECONDS: &[i64] = &[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// The endpoint answered 2xx.
    Delivered,
    /// The last attempt failed; another one follows.
    Failed,
    /// Every attempt failed.
    Exhausted,
    /// The endpoint was disabled or deleted before an attempt succeeded.
    Canceled,
}

impl DeliveryStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Exhausted => "exhausted",
            Self::Canceled => "canceled",
        }
    }
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
}

impl Attempt {
    /// Only 2xx is success: a redirect is not followed, so it delivered nothing.
    pub fn succeeded(&self) -> bool {
        self.http_status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// One event on its way to one endpoint. First written with the outcome of the first attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id, derived from event and endpoint.
    pub id: Id<ids::Delivery>,
    /// The endpoint.
    pub webhook_id: Id<ids::Webhook>,
    /// The event.
    pub event_id: Id<ids::Event>,
    /// The event's type.
    pub event_type: EventType,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Every attempt, in order; ten at the most.
    pub attempts: Vec<Attempt>,
    /// When the next attempt is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_retry: Option<Timestamp>,
    /// When the endpoint took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When it was begun.
    pub created: Timestamp,
}

impl Delivery {
    /// A delivery that nobody has tried yet.
    pub fn new(
        id: Id<ids::Delivery>,
        webhook_id: Id<ids::Webhook>,
        event: (Id<ids::Event>, EventType),
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            webhook_id,
            event_id: event.0,
            event_type: event.1,
            status: DeliveryStatus::Failed,
            attempts: Vec::new(),
            next_retry: None,
            delivered_at: None,
            created: now,
        }
    }

    /// Whether an attempt should be made at `now`: the first one at once, later ones when their time has come.
    pub fn wants_attempt(&self, now: Timestamp) -> bool {
        match self.status {
            DeliveryStatus::Failed => {
                self.attempts.is_empty() || self.next_retry.is_some_and(|at| at <= now)
            }
            DeliveryStatus::Delivered | DeliveryStatus::Exhausted | DeliveryStatus::Canceled => {
                false
            }
        }
    }

    /// Books an attempt and decides what follows.
    pub fn book(&mut self, attempt: Attempt) {
        let at = attempt.at;
        let succeeded = attempt.succeeded();
        let wait = RETRY_SECONDS.get(self.attempts.len());
        self.attempts.push(attempt);
        self.next_retry = None;
        if succeeded {
            self.status = DeliveryStatus::Delivered;
            self.delivered_at = Some(at);
        } else if let Some(seconds) = wait {
            self.status = DeliveryStatus::Failed;
            self.next_retry = Some(at.plus_seconds(*seconds));
        } else {
            self.status = DeliveryStatus::Exhausted;
        }
    }

    /// Nothing more is sent: the endpoint is gone.
    pub fn cancel(&mut self) {
        self.status = DeliveryStatus::Canceled;
        self.next_retry = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_that_of_the_specification() {
        let start = Timestamp::from_seconds(1_800_000_000);
        let event = (Id::new(3).unwrap(), EventType::InvoicePaid);
        let mut delivery = Delivery::new(Id::new(1).unwrap(), Id::new(2).unwrap(), event, start);
        let mut now = start;
        let mut attempts = Vec::new();
        while delivery.wants_attempt(now) {
            attempts.push(now.seconds() - start.seconds());
            delivery.book(Attempt {
                at: now,
                http_status: Some(500),
                error: None,
                response_time_ms: 1,
            });
            now = delivery.next_retry.unwrap_or(now);
        }
        assert_eq!(
            attempts,
            [
                0, 5, 305, 2105, 9305, 27_305, 63_305, 113_705, 185_705, 272_105
            ]
        );
        assert_eq!(delivery.status, DeliveryStatus::Exhausted);
    }

    #[test]
    fn only_2xx_delivers() {
        let attempt = |http_status| Attempt {
            at: Timestamp::from_seconds(0),
            http_status,
            error: None,
            response_time_ms: 1,
        };
        assert!(attempt(Some(204)).succeeded());
        for status in [None, Some(199), Some(301), Some(404), Some(500)] {
            assert!(!attempt(status).succeeded(), "{status:?}");
        }
    }
}
