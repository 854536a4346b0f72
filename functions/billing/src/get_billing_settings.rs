//! `GET /v3/billing-settings`

use api::dialect::rocketsavvy::{BillingSettings, Problems};
use api::{BillingRead, Cx, Problem, Reply};

/// Retrieve the billing settings
///
/// The defaults where nobody has changed anything. Each mode has its own. 1 read.
#[utoipa::path(
    get,
    path = "/v3/billing-settings",
    tag = "billing",
    responses((status = 200, description = "The settings.", body = BillingSettings), Problems)
)]
pub(crate) async fn get_billing_settings(cx: Cx<BillingRead>) -> Result<Reply, Problem> {
    let settings = cx.billing_settings().await?;
    Reply::ok(&BillingSettings::of(&settings, cx.mode()))
}
