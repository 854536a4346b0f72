//! `GET /v3/billing-settings`

use api::dialect::rocketsavvy::BillingSettings;
use api::{BillingRead, Cx, Done, Problem, operation};

/// Retrieve the billing settings
///
/// The defaults where nobody has changed anything. Each mode has its own. 1 read.
#[operation(get, "/v3/billing-settings", tag = "billing")]
pub(crate) async fn get_billing_settings(
    cx: Cx<BillingRead>,
) -> Result<Done<BillingSettings>, Problem> {
    let settings = cx.billing_settings().await?;
    Done::of(&BillingSettings::of(&settings, cx.mode()))
}
