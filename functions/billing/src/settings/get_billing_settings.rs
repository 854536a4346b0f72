//! `GET /v3/billing-settings`

use api::{BillingRead, Cx, Done, Problem, operation};
use models::View;
use views::rocketsavvy::BillingSettings;

/// Retrieve the billing settings
///
/// Retrieves the billing settings of the key's mode: the defaults, unless they were changed.
#[operation(get, "/v3/billing-settings", tag = "billing")]
pub(crate) async fn get_billing_settings(
    cx: Cx<BillingRead>,
) -> Result<Done<BillingSettings>, Problem> {
    let settings = cx.billing_settings().await?;
    Done::of(&BillingSettings::of(&settings, cx.mode())?)
}
