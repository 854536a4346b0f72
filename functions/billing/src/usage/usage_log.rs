//! Which log of usage a query is about.

use api::input::Input;
use models::ids::{self, Id};

use crate::usage::usage_report::{METRIC_NAME, metric_name};

/// The metric of a subscription that a query names.
#[derive(Input)]
pub(crate) struct UsageLog {
    /// Whose usage.
    #[input(example = "sub_rs_123456")]
    pub(crate) subscription_id: Id<ids::Subscription>,
    /// Of which metric.
    #[input(chars = 1..=64, pattern = METRIC_NAME, then = metric_name, example = "api_calls")]
    pub(crate) metric_name: String,
}
