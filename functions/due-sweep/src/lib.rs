//! Moves what is due to the queue of its kind, and walks test clocks through time.
//!
//! Three triggers: the schedule of every minute sweeps all that is due in real time and hands on test clocks that stopped
//! half-way; the event `test_clock.advancing` starts one clock at once; and a write that cannot wait for the next minute has its
//! item sent on at once, or says of a test clock how far the stream was read, or that nobody moves it.
//!
//! A worker moves an item's due time on in the same write with which it acts, or puts the item off where it fails. Until then the
//! item is due, and a sweep knows by what it wrote down that its message is on the way. What a sweep cannot do of one business or
//! of one part of the index is logged, and the others go on.

mod advance;
mod choose;
mod deliveries;
mod mark;
mod sweep;

use std::sync::atomic::{AtomicUsize, Ordering};

use api::{App, Config, Invocation};
use futures::future::{join, join_all};
use models::page::Pages;
use models::platform::ClockStatus;
use models::{Business, Error, Mode, Result, Scope};
use queue::Queue;
use serde_json::Value;
use store::{DueItem, DueKind, DueMessage};

/// Businesses looked up with one query.
const ACCOUNTS_PAGE: u32 = 100;
/// Test clocks that one tick hands on, so that walks do not take all invocations that the account may have at once. The others
/// have their turn when these move or have arrived.
const MOST_HANDED_ON: usize = 5;

/// Where due work goes.
#[derive(Debug, Clone)]
pub(crate) struct Queues {
    billing: Queue,
    notifications: Queue,
    webhook_delivery: Queue,
    webhook_fanout: Queue,
}

impl Queues {
    /// Sends each item to the queue of its kind. One that nobody has a worker for waits, and the others go on.
    pub(crate) async fn send_due(
        &self,
        items: impl IntoIterator<Item = &DueItem>,
        clocked: bool,
    ) -> Result<()> {
        let messages = items.into_iter().filter_map(|item| {
            let message = item.message(clocked);
            let unknown = |error| tracing::error!(%error, key = %item.key.sk, "an item of no known kind is due");
            message.map_err(unknown).ok()
        });
        self.send(messages.collect()).await
    }

    /// Sends each message to the queue of its kind.
    async fn send(&self, messages: Vec<DueMessage>) -> Result<()> {
        let (mut billing, mut texts) = (Vec::new(), Vec::new());
        let (mut deliveries, mut recoveries) = (Vec::new(), Vec::new());
        for message in messages {
            match message.kind {
                DueKind::Delivery => deliveries.push(message),
                DueKind::Message | DueKind::Email => texts.push(message),
                DueKind::Recovery => recoveries.push(message),
                DueKind::Subscription
                | DueKind::Invoice
                | DueKind::ScheduleRow
                | DueKind::Payment
                | DueKind::Refund => billing.push(message),
                DueKind::TestClock => return Err(Error::internal("a test clock is never due")),
            }
        }
        self.notifications.send(&texts).await?;
        self.webhook_delivery.send(&deliveries).await?;
        self.webhook_fanout.send(&recoveries).await?;
        self.billing.send(&billing).await
    }
}

/// The business whose test clock was told to advance; `None` for the schedule, whose detail is the text `{}`.
fn clock_of(trigger: &Value) -> Option<Business> {
    let account = trigger.get("detail")?.get("account")?;
    account.as_str()?.parse().ok()
}

/// The item whose write wants its work begun at once.
fn due_of(trigger: &Value) -> Result<Option<DueMessage>> {
    let due = trigger.get("detail").and_then(|detail| detail.get("due"));
    due.map(|due| serde_json::from_value(due.clone()).map_err(Error::internal))
        .transpose()
}

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    let queues = Queues {
        billing: Queue::new(&config.connection, config.require("BILLING_QUEUE_URL")?),
        notifications: Queue::new(
            &config.connection,
            config.require("NOTIFICATIONS_QUEUE_URL")?,
        ),
        webhook_delivery: Queue::new(
            &config.connection,
            config.require("WEBHOOK_DELIVERY_QUEUE_URL")?,
        ),
        webhook_fanout: Queue::new(
            &config.connection,
            config.require("WEBHOOK_FANOUT_QUEUE_URL")?,
        ),
    };
    let app = App::new(config)?;
    Ok(api::typed_function(move |trigger: Value| {
        let (app, queues) = (app.clone(), queues.clone());
        async move {
            if let Some(due) = due_of(&trigger)? {
                if due.kind == DueKind::TestClock {
                    let Some(business) = mark::note(&app, &due).await? else {
                        return Ok(());
                    };
                    return advance::take_up(&app, &queues, business).await;
                }
                return queues.send(vec![due]).await;
            }
            match clock_of(&trigger) {
                Some(business) => advance::advance(&app, &queues, business).await,
                None => tick(&app, &queues).await,
            }
        }
    }))
}

/// One minute has passed.
async fn tick(app: &App, queues: &Queues) -> Result<()> {
    let (_live, test) = join(sweep::live(app, queues), test_modes(app, queues)).await;
    test
}

/// The test modes of all businesses, side by side. One that fails does not stop the others.
async fn test_modes(app: &App, queues: &Queues) -> Result<()> {
    let session = sweep::installation(app)?;
    let handed_on = AtomicUsize::new(0);
    let mut pages = Pages::of(ACCOUNTS_PAGE);
    while let Some(request) = pages.request() {
        let page = session.accounts(request).await?;
        let businesses = pages.turn(page).into_iter().map(|account| account.id);
        let modes = businesses.map(async |business| {
            if let Err(error) = test_mode(app, queues, business, &handed_on).await {
                tracing::error!(
                    alarm = "due_work", %business, ?error,
                    "the test mode of a business could not be swept"
                );
            }
        });
        join_all(modes).await;
    }
    Ok(())
}

/// The test mode of one business: in real time, or where its clock stands. A clock that should move and does not is handed to an
/// invocation of its own, because walking takes a while and the next business waits.
async fn test_mode(
    app: &App,
    queues: &Queues,
    business: Business,
    handed_on: &AtomicUsize,
) -> Result<()> {
    let scope = Scope {
        business,
        mode: Mode::Test,
    };
    let context = app.scheduled(scope, None);
    match context.test_clock().await? {
        None => sweep::test(app, queues, business, app.clock().now(), false).await,
        Some(clock) if clock.status == ClockStatus::Advancing => {
            if advance::is_left(&clock)
                && handed_on.fetch_add(1, Ordering::Relaxed) < MOST_HANDED_ON
            {
                advance::hand_on(&context, &clock).await?;
            }
            Ok(())
        }
        Some(clock) => sweep::test(app, queues, business, clock.frozen_time, true).await,
    }
}
