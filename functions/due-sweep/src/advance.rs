//! Walking a test clock through time: minute by minute of its own time, like the schedule does in real time, but without
//! waiting, and without the minutes in which nothing is due.
//!
//! One worker alone moves a clock: it holds a lease on it that it renews with every step. If it dies, the lease runs out and
//! the next tick goes on from where the clock stands.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use api::App;
use models::event::EventType;
use models::platform::{ClockStatus, TestClock};
use models::{Business, Mode, Result, Scope, Timestamp};
use operations::Context;
use store::{Clock, DueItem, Stored, keys};

use crate::Queues;
use crate::sweep::PAGE;

/// How long one invocation works; the function's time-out is 60 seconds. The next tick goes on.
const BUDGET: Duration = Duration::from_secs(45);
/// How long a lease holds without being renewed.
const LEASE_SECONDS: i64 = 6;
/// How long the items of a step may take without a single one of them moving on.
const PATIENCE: Duration = Duration::from_secs(40);
/// The index follows the table after a moment, so an empty answer is asked for again.
const SETTLE: Duration = Duration::from_millis(150);

/// Moves the clock of a business as far as one invocation gets.
pub(crate) async fn advance(app: &App, queues: &Queues, business: Business) -> Result<()> {
    let walk = Walk {
        app,
        queues,
        business,
        deadline: Instant::now() + BUDGET,
    };
    while walk.has_time() {
        let context = app.scheduled(
            Scope {
                business,
                mode: Mode::Test,
            },
            None,
        );
        let Some(clock) = context.test_clock().await? else {
            return Ok(());
        };
        if clock.status != ClockStatus::Advancing {
            return Ok(());
        }
        // Leases are about machines, so they go by the machine's clock.
        let now = Clock::Wall.now();
        if clock.leased_until.is_some_and(|until| until > now) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            continue;
        }
        return walk.from(clock).await;
    }
    Ok(())
}

struct Walk<'a> {
    app: &'a App,
    queues: &'a Queues,
    business: Business,
    deadline: Instant,
}

impl Walk<'_> {
    fn has_time(&self) -> bool {
        Instant::now() < self.deadline
    }

    fn context(&self, at: Timestamp) -> Context {
        self.app.scheduled(
            Scope {
                business: self.business,
                mode: Mode::Test,
            },
            Some(at),
        )
    }

    /// Steps from moment to moment at which something is due, until the target.
    async fn from(&self, mut clock: Stored<TestClock>) -> Result<()> {
        while let Some(target) = clock.target {
            let due = self.next_step(target).await?;
            let (Some(first), Some(last)) = (due.first(), due.last()) else {
                return self.arrive(clock).await;
            };
            tracing::debug!(from = %first.at, until = %last.at, items = due.len(), "a step of a test clock");
            let Some(moved) = self.move_to(&clock, last.at).await? else {
                return Ok(());
            };
            clock = moved;
            if !self.run(&mut clock, due).await? || !self.has_time() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What is due in the first minute in which something is.
    async fn next_step(&self, target: Timestamp) -> Result<Vec<DueItem>> {
        let partition = keys::due_test_partition(self.business);
        let mut due = self.app.table().due(&partition, target, None, PAGE).await?;
        if due.is_empty() {
            tokio::time::sleep(SETTLE).await;
            due = self.app.table().due(&partition, target, None, PAGE).await?;
        }
        let Some(first) = due.first().map(|item| item.at) else {
            return Ok(due);
        };
        let minute_end = Timestamp::from_seconds(
            first
                .seconds()
                .div_euclid(60)
                .saturating_add(1)
                .saturating_mul(60),
        );
        due.retain(|item| item.at < minute_end);
        Ok(due)
    }

    /// Sends the items of a step and waits until each has moved on. `false` says that they did not, or the lease is lost.
    async fn run(&self, clock: &mut Stored<TestClock>, due: Vec<DueItem>) -> Result<bool> {
        let Some(until) = due.last().map(|item| item.at) else {
            return Ok(true);
        };
        let partition = keys::due_test_partition(self.business);
        let mut waiting: BTreeSet<(Timestamp, String, String)> = due.iter().map(identity).collect();
        self.queues
            .send(due.iter().map(|item| item.message(true)).collect())
            .await?;
        let (mut moved_at, mut pause) = (Instant::now(), Duration::from_millis(5));
        let mut renewed_at = Instant::now();
        loop {
            tokio::time::sleep(pause).await;
            let still: BTreeSet<_> = self
                .app
                .table()
                .due(&partition, until, None, PAGE)
                .await?
                .iter()
                .map(identity)
                .collect();
            let left: BTreeSet<_> = waiting.intersection(&still).cloned().collect();
            if left.is_empty() {
                return Ok(true);
            }
            if left.len() < waiting.len() {
                (moved_at, pause) = (Instant::now(), Duration::from_millis(5));
            }
            waiting = left;
            if moved_at.elapsed() > PATIENCE {
                self.fail(clock).await?;
                return Ok(false);
            }
            if !self.has_time() {
                return Ok(false);
            }
            if renewed_at.elapsed() > Duration::from_secs(2) {
                let Some(renewed) = self.move_to(clock, until).await? else {
                    return Ok(false);
                };
                (*clock, renewed_at) = (renewed, Instant::now());
            }
            pause = (pause * 2).min(Duration::from_millis(200));
        }
    }

    /// Moves the clock and renews the lease. `None` says that somebody else has the clock now.
    async fn move_to(
        &self,
        stored: &Stored<TestClock>,
        at: Timestamp,
    ) -> Result<Option<Stored<TestClock>>> {
        let mut clock = (**stored).clone();
        clock.step(at);
        clock.leased_until = Some(Clock::Wall.now().plus_seconds(LEASE_SECONDS));
        if !self.write(stored, &clock, None).await? {
            return Ok(None);
        }
        self.context(at).test_clock().await
    }

    /// Everything due on the way has been done.
    async fn arrive(&self, stored: Stored<TestClock>) -> Result<()> {
        let mut clock = (*stored).clone();
        clock.arrive();
        self.write(&stored, &clock, Some(EventType::TestClockReady))
            .await?;
        Ok(())
    }

    /// Something due on the way cannot be done.
    async fn fail(&self, stored: &Stored<TestClock>) -> Result<()> {
        tracing::error!(business = %self.business, "what is due on the way of a test clock is not being done");
        let mut clock = (**stored).clone();
        clock.status = ClockStatus::InternalFailure;
        clock.leased_until = None;
        self.write(stored, &clock, None).await?;
        Ok(())
    }

    async fn write(
        &self,
        stored: &Stored<TestClock>,
        clock: &TestClock,
        event: Option<EventType>,
    ) -> Result<bool> {
        let context = self.context(clock.frozen_time);
        let mut writes = context.writes().await?;
        writes.update(stored, clock, event)?;
        context.write(&writes).await
    }
}

fn identity(item: &DueItem) -> (Timestamp, String, String) {
    (item.at, item.key.pk.clone(), item.key.sk.clone())
}
