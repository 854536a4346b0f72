//! `GET /v3/plans/{id}`

use api::input::Input;
use api::{BillingRead, Cx, Done, Path, Problem, Query, operation};
use models::ids::{self, Slug};
use models::{Error, View};
use views::rocketsavvy::Plan;

#[derive(Input)]
pub(crate) struct PlanVersion {
    /// An earlier version.
    #[input(range = 1..=999_999, example = 1)]
    version: Option<u32>,
}

/// Retrieve a plan
///
/// Retrieves a plan as it is now, or with an earlier version of its price.
#[operation(get, "/v3/plans/{id}", tag = "billing")]
pub(crate) async fn get_plan(
    cx: Cx<BillingRead>,
    Path(id): Path<Slug<ids::Plan>>,
    Query(query): Query<PlanVersion>,
) -> Result<Done<Plan>, Problem> {
    let plan = cx.require(&id).await?;
    match query.version.filter(|version| *version != plan.version) {
        None => Done::of(&Plan::of(&plan, cx.mode())?),
        Some(version) => {
            let earlier = cx
                .plan_version(&id, version)
                .await?
                .ok_or_else(|| Error::not_found("plan", format!("{id} version {version}")))?;
            Done::of(&Plan::of(&earlier.plan, cx.mode())?)
        }
    }
}
