//! `GET /enterprise/v1/tiers/{businessId}/{tierId}`

use api::{BillingRead, Cx, Done, NestedPath, Problem, operation};
use models::ids::{self, Slug};
use models::{Error, View};
use views::reveknew::Tier;

/// Retrieve a tier
///
/// Retrieves a tier by its id.
#[operation(get, "/enterprise/v1/tiers/{businessId}/{tierId}", tag = "tiers")]
pub(crate) async fn get_tier(
    cx: Cx<BillingRead>,
    NestedPath(id): NestedPath<Slug<ids::Plan>>,
) -> Result<Done<Tier>, Problem> {
    let plan = cx
        .find(&id)
        .await?
        .ok_or_else(|| Error::not_found("tier", id))?;
    Done::of(&Tier::of(&plan, ())?)
}
