//! `PATCH /v3/plans/{id}`

use api::input::{Change, Fields, Input, MetadataChanges};
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::billing::{Meter, Price, TaxBehavior};
use models::event::EventType;
use models::ids::{self, Slug};
use models::{Invalid, View};
use rust_decimal::Decimal;
use views::rocketsavvy::Plan;

use crate::plans::price::{ChargeFields, MAX_METERS, NewMeter, check, check_meters, reject};

/// What may be changed of a plan. A new price is for later subscriptions.
#[derive(Debug, Input)]
#[input(check = Self::check, fixed("currency", "interval", "interval_count" => "cannot be changed: create another plan"))]
pub(crate) struct PlanChanges {
    /// The name on later subscriptions' invoices.
    #[input(chars = 1..=200, example = "Enterprise Pro")]
    name: Change<String>,
    /// For later subscriptions.
    #[input(range = 0..=730, example = 14)]
    trial_period_days: Change<u32>,
    /// Minor units.
    #[input(minor = 0, example = 10999)]
    amount: Change<i64>,
    #[input(flatten)]
    charge: ChargeFields,
    /// All metered components.
    #[input(items = 0..=MAX_METERS, example = [])]
    meters: Change<Vec<NewMeter>>,
    /// Whether the amounts contain the tax.
    #[input(choice, example = "unspecified")]
    tax_behavior: Change<TaxBehavior>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[input(example = {})]
    metadata: MetadataChanges,
}

impl PlanChanges {
    fn check(&self, fields: &mut Fields<'_>) {
        if let Some(meters) = &self.meters {
            reject(fields, check_meters(meters));
        }
    }
}

/// Update a plan
///
/// Changes the fields that are given. Another price is a new version of the plan: subscriptions that begin or change
/// from then on have it, those that run keep theirs.
#[operation(patch, "/v3/plans/{id}", tag = "billing")]
pub(crate) async fn update_plan(
    cx: Cx<BillingWrite>,
    Path(id): Path<Slug<ids::Plan>>,
    Json(body): Json<PlanChanges>,
) -> Result<Done<Plan>, Problem> {
    let stored = cx.require_now(&id).await?;
    let mut plan = (*stored).clone();
    let before = plan.price.clone();
    let model = body.charge.pricing_model.unwrap_or(before.charge.model);
    let amount = body.amount.map(Decimal::from);
    let meters = body.meters.map(|new| new.into_iter().map(Meter::from));
    let price = Price {
        name: body.name.unwrap_or(before.name),
        charge: body.charge.apply(model, amount, &before.charge),
        meters: meters.map_or(before.meters, Iterator::collect),
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
    cx.done(&writes, &Plan::of(&plan, cx.mode())?).await
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
