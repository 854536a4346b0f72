//! What the meters of a subscription counted in a period.

use models::Result;
use models::billing::{Reading, Subscription};
use models::time::Period;

use crate::Context;

/// The readings of all meters for a period, which takes no more usage from then on.
pub async fn read_meters(
    context: &Context,
    subscription: &Subscription,
    period: Period,
) -> Result<Vec<Reading>> {
    let metrics: Vec<String> = subscription
        .meters()
        .map(|(_, meter)| meter.metric_name.clone())
        .collect();
    close_meters(context, subscription, &metrics, period).await
}

/// The readings of some meters for a period, which takes no more usage of them from then on.
pub async fn close_meters(
    _context: &Context,
    _subscription: &Subscription,
    _metrics: &[String],
    _period: Period,
) -> Result<Vec<Reading>> {
    Ok(Vec::new())
}

/// The readings of some meters for a period as they are by now.
pub async fn live_meters(
    _context: &Context,
    _subscription: &Subscription,
    _metrics: &[String],
    _period: Period,
) -> Result<Vec<Reading>> {
    Ok(Vec::new())
}
