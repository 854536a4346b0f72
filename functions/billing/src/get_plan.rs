//! `GET /v3/plans/{id}`

use api::dialect::rocketsavvy::{Plan, Problems};
use api::input::{Fields, Input};
use api::{BillingRead, Cx, Path, Problem, Query, Reply};
use models::Error;
use models::ids::{self, Slug};

/// What the query says.
pub(crate) struct Filter {
    version: Option<u32>,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            version: fields.count("version", 1..=999_999).optional(),
        })
    }
}

/// Retrieve a plan
///
/// As it is, or as it was at an earlier version of its price. 1 read; 2 for an earlier version.
#[utoipa::path(
    get,
    path = "/v3/plans/{id}",
    tag = "billing",
    params(
        ("id" = String, Path, description = "The plan.", example = "plan_enterprise_pro"),
        ("version" = Option<u32>, Query, description = "An earlier version.", example = 1),
    ),
    responses((status = 200, description = "The plan.", body = Plan), Problems)
)]
pub(crate) async fn get_plan(
    cx: Cx<BillingRead>,
    Path(id): Path<Slug<ids::Plan>>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let plan = cx
        .plan(&id)
        .await?
        .ok_or_else(|| Error::not_found("plan", &id))?;
    match query.version.filter(|version| *version != plan.version) {
        None => Reply::ok(&Plan::of(&plan, cx.mode())?),
        Some(version) => {
            let earlier = cx
                .plan_version(&id, version)
                .await?
                .ok_or_else(|| Error::not_found("plan", format!("{id} version {version}")))?;
            Reply::ok(&Plan::of(&earlier.plan, cx.mode())?)
        }
    }
}
