//! Writing events into the log and the feed.

use std::collections::BTreeMap;

use api::App;
use futures::StreamExt;
use futures::future::join_all;
use models::{Mode, Result, Scope};
use store::Logged;

use crate::record::Emitted;
use crate::{AT_ONCE, Place};

/// Writes the events of every place, and returns them place by place: `None` where one of them is not in log and feed.
///
/// One write unit for each event, and one for all events of a business and mode together, which is their page of the feed.
pub(crate) async fn log(app: &App, places: &[Place]) -> Vec<Option<Vec<Logged>>> {
    let mut businesses: BTreeMap<(u64, bool), (Scope, Vec<usize>)> = BTreeMap::new();
    for (index, place) in places.iter().enumerate() {
        let scope = place.told.scope;
        let name = (scope.business.number(), scope.mode == Mode::Live);
        let (_, indices) = businesses.entry(name).or_insert((scope, Vec::new()));
        indices.push(index);
    }
    let work = businesses
        .into_values()
        .map(|(scope, indices)| of_business(app, scope, places, indices));
    let mut logged: Vec<Option<Vec<Logged>>> = vec![None; places.len()];
    for (index, events) in join_all(work).await.into_iter().flatten() {
        if let Some(place) = logged.get_mut(index) {
            *place = Some(events);
        }
    }
    logged
}

/// Writes the events of one business, up to the first that fails; none is written where the feed does not take them.
async fn of_business(
    app: &App,
    scope: Scope,
    places: &[Place],
    indices: Vec<usize>,
) -> Vec<(usize, Vec<Logged>)> {
    let written = write(app, scope, places, indices).await;
    written.unwrap_or_else(|error| {
        tracing::error!(business = %scope.business, ?error, "events could not be logged");
        Vec::new()
    })
}

async fn write(
    app: &App,
    scope: Scope,
    places: &[Place],
    indices: Vec<usize>,
) -> Result<Vec<(usize, Vec<Logged>)>> {
    let of = |index: &usize| places.get(*index).map(|place| &place.told.events);
    let Some(first) = indices.iter().filter_map(of).flatten().next() else {
        // Only work that begins at once: nothing is to be written.
        return Ok(indices
            .into_iter()
            .map(|index| (index, Vec::new()))
            .collect());
    };
    let session = app.scheduled(scope, Some(first.created));
    // The place of an event in the feed is safe if the feed was known before the event was written.
    let head = session.feed_head().await?;
    let mut written: Vec<(usize, Vec<Logged>)> = Vec::with_capacity(indices.len());
    let mut results = futures::stream::iter(indices)
        .map(|index| async move {
            let logged = match places.get(index) {
                Some(place) => of_place(app, &place.told).await,
                None => Ok(Vec::new()),
            };
            (index, logged)
        })
        .buffered(AT_ONCE);
    while let Some((index, result)) = results.next().await {
        match result {
            Ok(logged) => written.push((index, logged)),
            Err(error) => {
                tracing::error!(?error, "an event could not be logged");
                break;
            }
        }
    }
    let all = written.iter().flat_map(|(_, logged)| logged.clone());
    session.add_to_feed(head, &all.collect::<Vec<_>>()).await?;
    Ok(written)
}

/// Events of one change, one after the other.
async fn of_place(app: &App, told: &Emitted) -> Result<Vec<Logged>> {
    let mut logged = Vec::with_capacity(told.events.len());
    for record in &told.events {
        let session = app.scheduled(told.scope, Some(record.created));
        logged.push(session.log_event(record.clone()).await?);
    }
    Ok(logged)
}
