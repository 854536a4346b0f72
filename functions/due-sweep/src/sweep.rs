//! Reading a partition of the due index and sending what it holds.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use api::App;
use futures::future::join_all;
use models::{Business, Id, Mode, Result, Scope, Timestamp};
use operations::Context;
use store::keys::{self, DUE_SHARDS};
use store::{DueItem, SentItems, Stored};

use crate::Queues;
use crate::choose::choose;

/// Items read with one query.
pub(crate) const PAGE: i32 = 500;
/// Items that one sweep reads of a partition. Where there are more, the next one goes on behind them.
const MOST_READ: usize = 8_000;
/// Items that are sent one after another before it looks at the time.
const SENT_TOGETHER: usize = 200;
/// How long a sweep sends; the function's time-out is 60 seconds.
const BUDGET: Duration = Duration::from_secs(40);

/// All that is due in live mode, shard by shard. A shard that fails does not stop the others.
pub(crate) async fn live(app: &App, queues: &Queues) {
    let now = app.clock().now();
    let shards = (0..DUE_SHARDS).map(|shard| async move {
        let partition = keys::due_shard(shard);
        if let Err(error) = sweep(app, queues, &partition, now, false).await {
            tracing::error!(
                alarm = "due_work",
                partition,
                ?error,
                "a part of the due index could not be swept"
            );
        }
    });
    join_all(shards).await;
}

/// All that is due in the test mode of a business.
pub(crate) async fn test(
    app: &App,
    queues: &Queues,
    business: Business,
    until: Timestamp,
    clocked: bool,
) -> Result<()> {
    let partition = keys::due_test_partition(business);
    sweep(app, queues, &partition, until, clocked).await
}

/// Sends what is due in a partition and not on its way.
///
/// What is sent is written down before: of two sweeps at once one writes first, and the other leaves the partition to it. Who
/// dies in between has sent nothing, and a sweep a quarter of an hour later sends it.
async fn sweep(
    app: &App,
    queues: &Queues,
    partition: &str,
    until: Timestamp,
    clocked: bool,
) -> Result<()> {
    let begun = Instant::now();
    let first = app.table().due(partition, until, None, PAGE).await?;
    if first.is_empty() {
        return Ok(());
    }
    let context = installation(app)?;
    let stored = context.sent_items(partition).await?;
    let before = stored.as_deref().cloned();
    let mut sent = before.clone().unwrap_or_else(|| SentItems::none(partition));
    let read = read(app, partition, until, first, sent.resume.take()).await?;
    let now = app.clock().now();
    sent.keep(&read.items, read.all, now);
    let chosen = choose(&read.items, &sent, now);
    sent.resume = read.resume;
    if chosen.items.is_empty() && Some(&sent.resume) == before.as_ref().map(|sent| &sent.resume) {
        return Ok(());
    }
    sent.send(chosen.items.iter().copied(), now);
    let Some(written) = write(&context, stored, &sent).await? else {
        tracing::info!(partition, "another sweep is at this part of the due index");
        return Ok(());
    };
    if chosen.again > 0 {
        let first = chosen.items.len().saturating_sub(chosen.again);
        let first = chosen.items.get(first).map(|item| item.key.sk.as_str());
        tracing::error!(
            alarm = "due_work",
            partition,
            items = chosen.again,
            first,
            "what was sent before is still due and is sent again"
        );
    }
    let (unsent, result) = send(queues, &chosen.items, clocked, begun).await;
    if !unsent.is_empty() {
        // The next sweep sends them, perhaps some for the second time.
        sent.take_back(unsent.iter().copied());
        write(&context, Some(written), &sent).await?;
    }
    result
}

/// Sends items as long as there is time. Returns those of which it is not known that they were sent.
async fn send<'i>(
    queues: &Queues,
    mut items: &'i [&'i DueItem],
    clocked: bool,
    begun: Instant,
) -> (&'i [&'i DueItem], Result<()>) {
    while !items.is_empty() && begun.elapsed() < BUDGET {
        let (now, later) = items.split_at(items.len().min(SENT_TOGETHER));
        if let Err(error) = queues.send_due(now.iter().copied(), clocked).await {
            return (items, Err(error));
        }
        items = later;
    }
    (items, Ok(()))
}

/// Writes down what was sent. `None` where another sweep wrote first.
async fn write(
    context: &Context,
    stored: Option<Stored<SentItems>>,
    sent: &SentItems,
) -> Result<Option<Stored<SentItems>>> {
    let mut writes = context.writes().await?;
    let written = match stored {
        Some(stored) => writes.advance(&stored, sent)?,
        None => writes.create(sent, None)?,
    };
    Ok(context.write(&writes).await?.then_some(written))
}

/// What is due in a partition.
struct Read {
    /// Oldest first, but for what became due last.
    items: Vec<DueItem>,
    /// Whether that is all.
    all: bool,
    /// After which item the next sweep goes on.
    resume: Option<DueItem>,
}

/// Reads on after the first page. A backlog that is longer than a sweep reads is read in turns, so that each item has its turn,
/// however many are before it; and what became due last is looked at each time, because it is what others than the author of
/// the backlog wait for.
async fn read(
    app: &App,
    partition: &str,
    until: Timestamp,
    first: Vec<DueItem>,
    resume: Option<DueItem>,
) -> Result<Read> {
    let mut read = Read {
        all: resume.is_none(),
        items: first,
        resume: None,
    };
    if !is_full(&read.items) {
        read.all = true;
        return Ok(read);
    }
    let mut after = resume.or_else(|| read.items.last().cloned());
    loop {
        let page = app
            .table()
            .due(partition, until, after.as_ref(), PAGE)
            .await?;
        let full = is_full(&page);
        after = page.last().cloned().or(after);
        read.items.extend(page);
        if !full {
            break;
        }
        if read.items.len() >= MOST_READ {
            read.all = false;
            read.resume = after;
            let last = app.table().due_last(partition, until, PAGE).await?;
            read.items.extend(last.into_iter().rev());
            break;
        }
    }
    // What was found twice is one item.
    let mut seen = HashSet::new();
    let identity = |item: &DueItem| (item.at, item.key.clone());
    read.items.retain(|item| seen.insert(identity(item)));
    Ok(read)
}

fn is_full(page: &[DueItem]) -> bool {
    i32::try_from(page.len()).is_ok_and(|count| count >= PAGE)
}

/// What belongs to no business: the list of them, and what was sent.
pub(crate) fn installation(app: &App) -> Result<Context> {
    let scope = Scope {
        business: Id::new(0)?,
        mode: Mode::Live,
    };
    Ok(app.scheduled(scope, None))
}
