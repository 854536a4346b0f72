//! What an endpoint missed, sent again: page by page, each event once.

use api::App;
use futures::StreamExt;
use futures::TryStreamExt;
use models::webhooks::{Delivery, DeliveryId, DeliveryStatus, Endpoint, EventRecord};
use models::{Error, Result, Timestamp};
use operations::Context;
use queue::Queue;
use store::{DeliveryMessage, DueMessage, Stored, keys};

/// Events looked at with one query.
const PAGE: u32 = 100;
/// Pages of one invocation; the next one goes on at once.
const PAGES: u32 = 20;
/// Deliveries that are written at the same time.
const AT_ONCE: usize = 8;

/// Goes on with a recovery until it is done, or has had its share of time.
///
/// A page costs a query, a read of its deliveries, 3 write units for each delivery that is begun again, and 1 for the place
/// reached. Where the process dies, the page is done again: what was sent is found pending or delivered.
pub(crate) async fn recover(app: &App, queue: &Queue, message: DueMessage) -> Result<()> {
    let key = message.key();
    let unknown = || Error::internal(format_args!("{} / {} is no recovery", key.pk, key.sk));
    let scope = key.scope().ok_or_else(unknown)?;
    let id = keys::endpoint_of(&key).ok_or_else(unknown)?;
    for page in 1..=PAGES {
        let context = app.scheduled(scope, message.at);
        let (stored, endpoint) =
            futures::future::try_join(context.recovery_now(id), context.find(id)).await?;
        let Some(stored) = stored.filter(|recovery| recovery.running) else {
            return Ok(());
        };
        let mut recovery = (*stored).clone();
        if let Some(endpoint) = endpoint.filter(|endpoint| endpoint.takes_any()) {
            let span = (recovery.since, recovery.until);
            let events = context.events_between(span, recovery.after, PAGE).await?;
            let messages = begin(app, &context, &endpoint, &events.items).await?;
            queue.send(&messages).await?;
            let count = u64::try_from(messages.len()).map_err(Error::internal)?;
            recovery.resent = recovery.resent.saturating_add(count);
            recovery.after = events.items.last().map(|event| event.id).or(recovery.after);
            recovery.running = events.next.is_some();
        } else {
            recovery.running = false;
        }
        let mut writes = context.writes().await?;
        if recovery.running && page == PAGES {
            writes.update_at_once(&stored, &recovery)?;
        } else {
            writes.update(&stored, &recovery, None)?;
        }
        // Where somebody else wrote it, somebody else goes on with it.
        if !context.write(&writes).await? || !recovery.running {
            return Ok(());
        }
    }
    Ok(())
}

/// Begins the deliveries of those events that the endpoint wants and has not taken.
async fn begin(
    app: &App,
    context: &Context,
    endpoint: &Endpoint,
    events: &[Stored<EventRecord>],
) -> Result<Vec<DeliveryMessage>> {
    let scope = context.scope();
    let ids: Vec<DeliveryId> = events
        .iter()
        .filter(|event| event.is_for(endpoint))
        .map(|event| DeliveryId {
            event: event.id,
            endpoint: endpoint.id,
        })
        .collect();
    let key = |id: &DeliveryId| keys::delivery(&scope, id.endpoint, id.event);
    let keys: Vec<_> = ids.iter().map(key).collect();
    let mut known = app.table().batch_get(&keys).await?;
    let now = context.now().await?;
    let clock = context.clock_now().await?;
    let mut missing = Vec::with_capacity(ids.len());
    for (id, key) in ids.into_iter().zip(&keys) {
        missing.push((id, known.take::<Delivery>(key)?));
    }
    let begun = futures::stream::iter(missing)
        .map(|(id, stored)| async move {
            let begins = again(context, stored, now).await?;
            Ok::<_, Error>(begins.then(|| DeliveryMessage::first(&scope, id, clock, None)))
        })
        .buffered(AT_ONCE)
        .try_collect::<Vec<_>>();
    Ok(begun.await?.into_iter().flatten().collect())
}

/// Whether a delivery is to be sent now: one that nobody began yet, or one that is begun again with this.
async fn again(
    context: &Context,
    stored: Option<Stored<Delivery>>,
    now: Timestamp,
) -> Result<bool> {
    let Some(stored) = stored else {
        return Ok(true);
    };
    match stored.status {
        DeliveryStatus::Delivered => Ok(false),
        DeliveryStatus::Pending if stored.wants_attempt(now) => Ok(true),
        DeliveryStatus::Pending
        | DeliveryStatus::Failed
        | DeliveryStatus::Exhausted
        | DeliveryStatus::Canceled => {
            let mut delivery = (*stored).clone();
            delivery.revive(now);
            let mut writes = context.writes().await?;
            writes.update(&stored, &delivery, None)?;
            context.write(&writes).await
        }
    }
}
