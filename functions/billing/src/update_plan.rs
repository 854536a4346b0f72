//! `PATCH /v3/plans/{id}`

use api::dialect::rocketsavvy::{Plan, Problems};
use api::input::{Fields, Input, MetadataChanges};
use api::{BillingWrite, Cx, Json, Path, Problem, Reply};
use models::billing::{Meter, Price, TaxBehavior};
use models::event::EventType;
use models::ids::{self, Slug};
use models::{Error, Invalid};
use utoipa::ToSchema;

use crate::price::{
    ChargeChanges, MeterSchema, TierSchema, check, check_meters, read_meters, reject,
};

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
    /// Minor units, for later subscriptions.
    #[schema(example = 10999)]
    amount: Option<i64>,
    pricing_model: Option<String>,
    #[schema(example = json!([]))]
    tiers: Option<Vec<TierSchema>>,
    package_size: Option<u64>,
    #[schema(value_type = Option<f64>)]
    percentage: Option<String>,
    #[schema(value_type = Option<f64>)]
    included_units: Option<String>,
    /// All metered components, for later subscriptions.
    #[schema(example = json!([]))]
    meters: Option<Vec<MeterSchema>>,
    tax_behavior: Option<String>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[schema(value_type = BTreeMap<String, Option<String>>, required = false, example = json!({}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    name: Option<String>,
    trial_period_days: Option<u32>,
    charge: ChargeChanges,
    meters: Option<Vec<Meter>>,
    tax_behavior: Option<TaxBehavior>,
    metadata: MetadataChanges,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let body = Self {
            name: fields.text("name", 1..=200).optional(),
            trial_period_days: fields.count("trial_period_days", 0..=730).optional(),
            charge: ChargeChanges::read(fields),
            meters: read_meters(fields).optional(),
            tax_behavior: fields.choice("tax_behavior", TaxBehavior::ALL).optional(),
            metadata: fields.metadata_changes(),
        };
        if let Some(meters) = &body.meters {
            reject(fields, check_meters(meters));
        }
        for fixed in ["currency", "interval", "interval_count"] {
            if fields.has(fixed) {
                fields.reject(fixed, "immutable", "cannot be changed: create another plan");
            }
        }
        Some(body)
    }
}

/// Update a plan
///
/// Another price is another version of the plan: it counts for subscriptions that begin or change from then on, and those that
/// run keep theirs. 1 read and 1 write unit; 4 write units with another price, whose predecessor is kept.
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
    let before = plan.price.clone();
    let price = Price {
        name: body.name.unwrap_or(before.name),
        charge: body.charge.apply(&before.charge),
        meters: body.meters.unwrap_or(before.meters),
        tax_behavior: body.tax_behavior.unwrap_or(before.tax_behavior),
        ..before
    };
    let mut invalid = Invalid::default();
    for (field, code, detail) in check(&price.charge) {
        invalid.push(format!("/{field}"), code, detail);
    }
    invalid.into_result()?;
    let replaced = plan.reprice(price, cx.now().await?);
    plan.trial_period_days = body.trial_period_days.unwrap_or(plan.trial_period_days);
    plan.metadata = body.metadata.apply(plan.metadata)?;
    let mut writes = cx.writes().await?;
    if plan != *stored {
        writes.update(&stored, &plan, Some(EventType::PlanUpdated))?;
    }
    if let Some(replaced) = replaced {
        writes.create(&replaced, None)?;
    }
    cx.changed(&writes, &Plan::of(&plan, cx.mode())?).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn another_price_is_another_version_and_the_old_one_is_kept() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 100, "interval": "month" });
        api.post("/v3/plans", plan).await.expect(201);
        let refused = api
            .patch("/v3/plans/pro", json!({ "currency": "EUR", "name": "New" }))
            .await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/currency"]);
        let refused = api
            .patch("/v3/plans/pro", json!({ "pricing_model": "package" }))
            .await;
        assert_eq!(refused.pointers(), ["/package_size"]);
        let repriced = json!({ "amount": 200, "metadata": { "a": "b" } });
        let changed = api.patch("/v3/plans/pro", repriced).await;
        assert_eq!(changed.expect(200)["amount"], 200);
        assert_eq!(changed.body["version"], 2);
        let old = api.get("/v3/plans/pro?version=1").await;
        assert_eq!(
            (&old.expect(200)["amount"], &old.body["version"]),
            (&json!(100), &json!(1))
        );
        assert_eq!(api.get("/v3/plans/pro?version=2").await.body, changed.body);
        api.get("/v3/plans/pro?version=3").await.expect(404);
        let same = api.patch("/v3/plans/pro", json!({ "amount": 200 })).await;
        assert_eq!(same.expect(200)["version"], 2);
    }
}
