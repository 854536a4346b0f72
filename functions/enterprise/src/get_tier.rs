//! `GET /enterprise/v1/tiers/{businessId}/{tierId}`

use api::dialect::reveknew::{Errors, Tier};
use api::{Below, BillingRead, Cx, Problem, Reply};
use models::Error;
use models::ids::{self, Slug};

/// Retrieve a tier
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/enterprise/v1/tiers/{businessId}/{tierId}",
    tag = "tiers",
    params(
        ("businessId" = String, Path, description = "The business.", example = "acct_rs_1000001"),
        ("tierId" = String, Path, description = "The tier.", example = "plan_123456")
    ),
    responses((status = 200, description = "The tier.", body = Tier), Errors)
)]
pub(crate) async fn get_tier(
    cx: Cx<BillingRead>,
    Below(id): Below<Slug<ids::Plan>>,
) -> Result<Reply, Problem> {
    let plan = cx
        .plan(&id)
        .await?
        .ok_or_else(|| Error::not_found("tier", id))?;
    Reply::ok(&Tier::of(&plan)?)
}
