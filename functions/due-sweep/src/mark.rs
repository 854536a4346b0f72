//! How far the table's stream was read, for the worker that moves a test clock: it marks the clock, the relay hands the mark
//! on after all that was written before it, and here it is written down.
//!
//! A stream of several shards is read shard by shard, so there a mark may overtake a write of a moment ago. A delivery is
//! made for the moment of its event all the same.

use api::App;
use models::platform::{ClockStatus, StreamMark};
use models::{Business, Mode, Result};
use operations::Context;
use store::DueMessage;

use crate::advance;

/// Writes the mark of the clock down that came through the stream. Returns whose clock it is, where it is
/// on its way and nobody moves it.
pub(crate) async fn note(app: &App, due: &DueMessage) -> Result<Option<Business>> {
    let Some(scope) = due.key().scope().filter(|scope| scope.mode == Mode::Test) else {
        return Ok(None);
    };
    let context = app.scheduled(scope, None);
    let (clock, known) =
        futures::future::try_join(context.clock_record(), context.stream_mark()).await?;
    let Some(clock) = clock else {
        return Ok(None);
    };
    let left = clock.status == ClockStatus::Advancing && advance::is_left(&clock);
    let left = left.then_some(scope.business);
    let read = StreamMark { mark: clock.mark };
    let mut writes = context.writes().await?;
    match &known {
        Some(known) if known.mark >= read.mark => return Ok(left),
        Some(known) => writes.update(known, &read, None)?,
        None => drop(writes.create(&read, None)?),
    }
    // Where somebody else wrote it, it was the same one or a later one.
    context.write(&writes).await?;
    Ok(left)
}

/// Whether the stream was read up to that mark.
pub(crate) async fn reached(context: &Context, mark: u64) -> Result<bool> {
    let known = context.stream_mark().await?;
    Ok(known.is_some_and(|known| known.mark >= mark))
}
