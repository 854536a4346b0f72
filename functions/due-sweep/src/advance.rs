//! Walking a test clock through time: from moment to moment at which something is due, in order, so that equal histories give
//! equal events at equal times. What is due at one moment is done one after another, unless that is a lot; the clock goes on
//! when all of it has moved on, what it began is done, and what is told of it has been delivered or refused once.
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
use store::{Clock, DueItem, Key, Stored, keys};

use crate::deliveries::Deliveries;
use crate::sweep::PAGE;
use crate::{Queues, mark};

/// How long one invocation works; the function's time-out is 60 seconds. The next tick goes on.
const BUDGET: Duration = Duration::from_secs(45);
/// How long a lease holds without being renewed.
const LEASE_SECONDS: i64 = 6;
/// How long the items of a step may take without a single one of them moving on.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long what was begun may be under way, or told, without anything of it coming to its end: whoever began it has died
/// then, and the clock comes to the moment at which somebody else takes it up.
const UNDER_WAY: Duration = Duration::from_secs(20);
/// What was told before the clock was sent on its way may be for nobody: there are endpoints that came later.
const TOLD_BEFORE: Duration = Duration::from_secs(2);
/// What is begun says so by being due again so long after.
const BEGUN_MILLIS: i64 = 120_000;
/// Items of one moment that are done one after another; more are done together.
const IN_ORDER: usize = 25;
/// The first and the longest pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));
/// The index follows the table after a moment, so an empty answer is asked for again.
const SETTLE: Duration = Duration::from_millis(150);

/// Moves the clock of a business as far as one invocation gets.
pub(crate) async fn advance(app: &App, queues: &Queues, business: Business) -> Result<()> {
    let walk = Walk::of(app, queues, business);
    while walk.has_time() {
        let Some(clock) = walk.advancing().await? else {
            return Ok(());
        };
        if is_left(&clock) {
            return walk.from(clock).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

/// The same where nobody else moves it at this moment; does not wait for whoever does.
pub(crate) async fn take_up(app: &App, queues: &Queues, business: Business) -> Result<()> {
    let walk = Walk::of(app, queues, business);
    match walk.advancing().await? {
        Some(clock) if is_left(&clock) => walk.from(clock).await,
        Some(_) | None => Ok(()),
    }
}

/// Whether nobody moves a clock. Leases are about machines, so they go by the machine's clock.
pub(crate) fn is_left(clock: &TestClock) -> bool {
    let now = Clock::Wall.now();
    clock.leased_until.is_none_or(|until| until <= now)
}

/// Has another invocation take a clock up: its write comes back through the stream of the table. Where somebody else wrote first,
/// that one has it. 1 write unit.
pub(crate) async fn hand_on(context: &Context, stored: &Stored<TestClock>) -> Result<()> {
    let mut writes = context.writes().await?;
    writes.update_at_once(stored, stored)?;
    context.write(&writes).await?;
    Ok(())
}

struct Walk<'a> {
    app: &'a App,
    queues: &'a Queues,
    business: Business,
    deadline: Instant,
}

impl<'a> Walk<'a> {
    fn of(app: &'a App, queues: &'a Queues, business: Business) -> Self {
        Self {
            app,
            queues,
            business,
            deadline: Instant::now() + BUDGET,
        }
    }

    /// The clock, where it is on its way.
    async fn advancing(&self) -> Result<Option<Stored<TestClock>>> {
        let scope = Scope {
            business: self.business,
            mode: Mode::Test,
        };
        let clock = self.app.scheduled(scope, None).test_clock().await?;
        Ok(clock.filter(|clock| clock.status == ClockStatus::Advancing))
    }

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
    async fn from(&self, clock: Stored<TestClock>) -> Result<()> {
        let since = clock.frozen_time;
        let Some(mut clock) = self.told(clock, since, TOLD_BEFORE).await? else {
            return Ok(());
        };
        while let Some(target) = clock.target {
            let due = self.next_step(target).await?;
            let Some(first) = due.first() else {
                return self.arrive(clock).await;
            };
            tracing::debug!(at = %first.at, items = due.len(), "a step of a test clock");
            let Some(moved) = self.move_to(&clock, first.at).await? else {
                return Ok(());
            };
            clock = moved;
            let together = if due.len() > IN_ORDER { due.len() } else { 1 };
            for part in due.chunks(together) {
                if !self.run(&mut clock, part).await? || !self.has_time() {
                    return Ok(());
                }
            }
            match self.told(clock, first.at, UNDER_WAY).await? {
                Some(told) => clock = told,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// What is due at the first moment at which something is.
    async fn next_step(&self, target: Timestamp) -> Result<Vec<DueItem>> {
        let partition = keys::due_test_partition(self.business);
        let mut due = self.app.table().due(&partition, target, None, PAGE).await?;
        if due.is_empty() {
            tokio::time::sleep(SETTLE).await;
            due = self.app.table().due(&partition, target, None, PAGE).await?;
        }
        let first = due.first().map(|item| item.at);
        due.retain(|item| Some(item.at) == first);
        Ok(due)
    }

    /// Sends items of a step and waits until each has moved on, and what was begun with it is done. `false` says that they did
    /// not move on, or the lease is lost.
    async fn run(&self, clock: &mut Stored<TestClock>, due: &[DueItem]) -> Result<bool> {
        let Some(until) = due.last().map(|item| item.at) else {
            return Ok(true);
        };
        let partition = keys::due_test_partition(self.business);
        let mut waiting: BTreeSet<(Timestamp, String, String)> = due.iter().map(identity).collect();
        self.queues.send_due(due, true).await?;
        let mut watch = Watch::new();
        let mut under_way = usize::MAX;
        let mut again = false;
        loop {
            watch.pause().await;
            let still: BTreeSet<_> = self
                .app
                .table()
                .due(&partition, until, None, PAGE)
                .await?
                .iter()
                .map(identity)
                .collect();
            let left: BTreeSet<_> = waiting.intersection(&still).cloned().collect();
            let begun = if left.is_empty() {
                self.under_way(due).await?
            } else {
                usize::MAX
            };
            if left.is_empty() && (begun == 0 || watch.without_progress() > UNDER_WAY) {
                return Ok(true);
            }
            if left.len() < waiting.len() || begun < under_way {
                watch.progress();
            }
            // Whoever had it has died: the queue would bring it again after minutes, and doing it twice does it once.
            if !again && watch.without_progress() > UNDER_WAY {
                let waiting = due.iter().filter(|item| left.contains(&identity(item)));
                self.queues.send_due(waiting, true).await?;
                again = true;
            }
            (waiting, under_way) = (left, begun);
            if watch.without_progress() > PATIENCE {
                self.fail(clock).await?;
                return Ok(false);
            }
            if !self.has_time() || !self.renew(clock, &mut watch).await? {
                return Ok(false);
            }
        }
    }

    /// How many of these items were begun and are not done: an attempt at an invoice, a bill, a message on its way out.
    async fn under_way(&self, due: &[DueItem]) -> Result<usize> {
        let keys: Vec<Key> = due.iter().map(|item| item.key.clone()).collect();
        let moments = self.app.table().due_moments(&keys).await?;
        let begun = due.iter().filter(|item| {
            let again = moments.get(&item.key);
            again.is_some_and(|at| at.millis() == item.at.millis().saturating_add(BEGUN_MILLIS))
        });
        Ok(begun.count())
    }

    /// Waits until the events since that moment are on the bus and have been delivered or refused once, and those that this
    /// made, too. `None` says that the lease is lost, or the time is over.
    async fn told(
        &self,
        mut clock: Stored<TestClock>,
        since: Timestamp,
        patience: Duration,
    ) -> Result<Option<Stored<TestClock>>> {
        let mut deliveries = Deliveries::since(since);
        loop {
            let Some(marked) = self.mark(&clock).await? else {
                return Ok(None);
            };
            clock = marked;
            let context = self.context(clock.frozen_time);
            let mut watch = Watch::new();
            while !mark::reached(&context, clock.mark).await? {
                if watch.without_progress() > UNDER_WAY {
                    tracing::warn!(business = %self.business, "the stream of the table is not being read");
                    break;
                }
                if !self.has_time() || !self.renew(&mut clock, &mut watch).await? {
                    return Ok(None);
                }
                watch.pause().await;
            }
            if !deliveries.look(self.app, &context).await? {
                return Ok(Some(clock));
            }
            let mut watch = Watch::new();
            while let left @ 1.. = deliveries.left(self.app).await? {
                if watch.without_progress() > patience {
                    tracing::warn!(business = %self.business, left, "events are not being delivered");
                    return Ok(Some(clock));
                }
                if deliveries.moved_on(left) {
                    watch.progress();
                }
                if !self.has_time() || !self.renew(&mut clock, &mut watch).await? {
                    return Ok(None);
                }
                watch.pause().await;
            }
        }
    }

    /// Marks the clock: the mark comes through the stream after all that was written before.
    async fn mark(&self, stored: &Stored<TestClock>) -> Result<Option<Stored<TestClock>>> {
        let mut clock = (**stored).clone();
        clock.mark = clock.mark.saturating_add(1);
        clock.leased_until = Some(Clock::Wall.now().plus_seconds(LEASE_SECONDS));
        let context = self.context(clock.frozen_time);
        let mut writes = context.writes().await?;
        writes.update_at_once(stored, &clock)?;
        if !context.write(&writes).await? {
            return Ok(None);
        }
        self.context(clock.frozen_time).test_clock().await
    }

    /// Renews the lease where it is time to. `false` says that somebody else has the clock now.
    async fn renew(&self, clock: &mut Stored<TestClock>, watch: &mut Watch) -> Result<bool> {
        if watch.renewed_at.elapsed() <= Duration::from_secs(2) {
            return Ok(true);
        }
        let Some(renewed) = self.move_to(clock, clock.frozen_time).await? else {
            return Ok(false);
        };
        (*clock, watch.renewed_at) = (renewed, Instant::now());
        Ok(true)
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

/// How long somebody has been looking.
struct Watch {
    moved_at: Instant,
    renewed_at: Instant,
    pause: Duration,
}

impl Watch {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            moved_at: now,
            renewed_at: now,
            pause: PAUSES.0,
        }
    }

    fn progress(&mut self) {
        (self.moved_at, self.pause) = (Instant::now(), PAUSES.0);
    }

    fn without_progress(&self) -> Duration {
        self.moved_at.elapsed()
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSES.1);
    }
}
