//! Which log of usage a query is about.

use api::input::{Fields, Input};
use models::ids::{self, Id};

use crate::usage_report::metric_name;

/// The metric of a subscription that a query names.
pub(crate) struct LogQuery {
    pub(crate) subscription_id: Id<ids::Subscription>,
    pub(crate) metric_name: String,
}

impl Input for LogQuery {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let subscription_id = fields.id("subscription_id").required(fields);
        let metric_name = metric_name(fields);
        Some(Self {
            subscription_id: subscription_id?,
            metric_name: metric_name?,
        })
    }
}
