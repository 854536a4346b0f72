//! Schedules: a tick at the start, and then on the wall clock.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::asynchronous;
use crate::ids;
use crate::queues::{Outgoing, QueueError, Queues};
use crate::serve::Tasks;
use crate::template::{ACCOUNT, REGION, Schedule, arn};

/// One schedule of one function.
#[derive(Debug)]
pub(crate) struct Ticker {
    pub(crate) queues: Arc<Queues>,
    pub(crate) function: String,
    pub(crate) schedule: Schedule,
}

impl Ticker {
    pub(crate) async fn run(self, tasks: Tasks) {
        loop {
            if let Err(error) = self.tick() {
                tracing::error!(schedule = self.schedule.name, %error, "a schedule could not fire");
            }
            let wait = until_next(self.schedule.every, self.queues.clock().now());
            tokio::select! {
                () = tasks.stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Fires once. A tick that finds the last one still waiting adds nothing to it.
    pub(crate) fn tick(&self) -> Result<(), QueueError> {
        let queue = asynchronous::queue_name(&self.function);
        let counts = self.queues.counts(&queue)?;
        if counts.visible > 0 {
            return Ok(());
        }
        let event = event(&self.schedule, self.queues.clock().now());
        self.queues.send(&[Outgoing {
            queue,
            body: event.to_string(),
            attributes: None,
            delay_ms: None,
        }])?;
        Ok(())
    }
}

/// The payload that the template gives, or the one that AWS makes up.
fn event(schedule: &Schedule, now: jiff::Timestamp) -> Value {
    if let Some(input) = &schedule.input {
        return input.clone();
    }
    let (source, resource, detail) = if schedule.is_scheduler {
        let resource = arn("scheduler", &format!("schedule/default/{}", schedule.name));
        ("aws.scheduler", resource, json!("{}"))
    } else {
        (
            "aws.events",
            arn("events", &format!("rule/{}", schedule.name)),
            json!({}),
        )
    };
    json!({
        "version": "0",
        "id": ids::uuid(),
        "detail-type": "Scheduled Event",
        "source": source,
        "account": ACCOUNT,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [resource],
        "detail": detail,
    })
}

/// The time to the next multiple of the rate, so that minutes begin with the minute.
fn until_next(every: Duration, now: jiff::Timestamp) -> Duration {
    let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    let into_ms = now.as_millisecond().rem_euclid(every_ms);
    Duration::from_millis(u64::try_from(every_ms.saturating_sub(into_ms)).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_begin_with_the_minute() {
        let now = "2026-01-31T10:15:42.250Z".parse().unwrap();
        assert_eq!(
            until_next(Duration::from_mins(1), now),
            Duration::from_millis(17_750)
        );
        let sharp = "2026-01-31T10:15:00Z".parse().unwrap();
        assert_eq!(
            until_next(Duration::from_mins(1), sharp),
            Duration::from_mins(1)
        );
    }

    #[test]
    fn the_scheduler_sends_an_empty_detail_as_text() {
        let schedule = Schedule {
            name: "tick".to_owned(),
            every: Duration::from_mins(1),
            input: None,
            is_scheduler: true,
        };
        let event = event(&schedule, "2026-01-31T10:15:42.250Z".parse().unwrap());
        assert_eq!(event["source"], "aws.scheduler");
        assert_eq!(event["time"], "2026-01-31T10:15:42Z");
        assert_eq!(event["detail"], "{}");
    }
}
