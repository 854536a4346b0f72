//! `PATCH /v3/plans/{id}`

use api::dialect::rocketsavvy::{Plan, Problems};
use api::input::{Fields, Input, Patch};
use api::{BillingWrite, Cx, Json, Path, Problem, Reply};
use models::event::EventType;
use models::ids::{self, Slug};
use models::{Error, Metadata};
use utoipa::ToSchema;

/// What may be changed of a plan.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a patch")]
pub(crate) struct PlanChanges {
    /// The name on later subscriptions' invoices.
    #[schema(example = "Enterprise Pro")]
    name: Option<String>,
    /// For later subscriptions.
    #[schema(example = 14)]
    trial_period_days: Option<u32>,
    #[schema(value_type = BTreeMap<String, String>, required = false, example = json!({}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    name: Option<String>,
    trial_period_days: Option<u32>,
    metadata: Patch<Metadata>,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let body = Self {
            name: fields.text("name", 1..=200).optional(),
            trial_period_days: fields.count("trial_period_days", 0..=730).optional(),
            metadata: fields.metadata().patch(),
        };
        for fixed in [
            "amount",
            "currency",
            "interval",
            "interval_count",
            "pricing_model",
        ] {
            if fields.has(fixed) {
                fields.reject(fixed, "immutable", "cannot be changed: create another plan");
            }
        }
        Some(body)
    }
}

/// Update a plan
///
/// Its price is for good; running subscriptions keep the name they started with. 1 read and 1 write unit.
#[utoipa::path(
    patch,
    path = "/v3/plans/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The plan.", example = "plan_enterprise_pro")),
    request_body = PlanChanges,
    responses((status = 200, description = "The plan.", body = Plan), Problems)
)]
pub(crate) async fn update_plan(
    cx: Cx<BillingWrite>,
    Path(id): Path<Slug<ids::Plan>>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let stored = cx
        .plan_now(&id)
        .await?
        .ok_or_else(|| Error::not_found("plan", id))?;
    let mut plan = (*stored).clone();
    if let Some(name) = body.name {
        plan.price.name = name;
    }
    plan.trial_period_days = body.trial_period_days.unwrap_or(plan.trial_period_days);
    plan.metadata = body.metadata.apply_or_default(plan.metadata);
    let mut writes = cx.writes().await?;
    if plan != *stored {
        writes.update(&stored, &plan, Some(EventType::PlanUpdated))?;
    }
    cx.changed(&writes, &Plan::of(&plan, cx.mode())).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn the_price_of_a_plan_is_for_good() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 100, "interval": "month" });
        api.post("/v3/plans", plan).await.expect(201);
        let refused = api
            .patch("/v3/plans/pro", json!({ "amount": 200, "name": "New" }))
            .await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/amount"]);
        let changed = api
            .patch(
                "/v3/plans/pro",
                json!({ "name": "New", "metadata": { "a": "b" } }),
            )
            .await;
        assert_eq!(
            (changed.text_of("name"), &changed.expect(200)["amount"]),
            ("New", &json!(100))
        );
        assert_eq!(api.patch("/v3/plans/none", json!({})).await.status, 404);
    }
}
