//! Reading the due index and sending what it holds.

use api::App;
use futures::future::try_join_all;
use models::{Business, Result, Timestamp};
use store::keys::{self, DUE_SHARDS};

use crate::Queues;

/// Items read with one query.
pub(crate) const PAGE: i32 = 500;
/// Items that one sweep takes from a partition. What is left is taken a minute later.
const MAX_ITEMS: usize = 10_000;

/// All that is due in live mode, shard by shard.
pub(crate) async fn live(app: &App, queues: &Queues) -> Result<()> {
    let now = app.clock().now();
    let shards = (0..DUE_SHARDS).map(|shard| async move {
        partition(app, queues, &keys::due_shard(shard), now, false).await
    });
    try_join_all(shards).await?;
    Ok(())
}

/// All that is due in the test mode of a business.
pub(crate) async fn test(
    app: &App,
    queues: &Queues,
    business: Business,
    until: Timestamp,
    clocked: bool,
) -> Result<()> {
    partition(
        app,
        queues,
        &keys::due_test_partition(business),
        until,
        clocked,
    )
    .await
}

async fn partition(
    app: &App,
    queues: &Queues,
    partition: &str,
    until: Timestamp,
    clocked: bool,
) -> Result<()> {
    let mut after = None;
    let mut taken = 0;
    while taken < MAX_ITEMS {
        let items = app
            .table()
            .due(partition, until, after.as_ref(), PAGE)
            .await?;
        let full = i32::try_from(items.len()).is_ok_and(|count| count >= PAGE);
        taken = taken.saturating_add(items.len());
        queues.send_due(&items, clocked).await?;
        after = items.into_iter().last();
        if !full {
            break;
        }
    }
    Ok(())
}
