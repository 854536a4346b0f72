//! `POST /v3/plans`

use api::input::{Fields, Input};
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use models::billing::{Charge, Meter, Price, PricingModel, TaxBehavior};
use models::event::EventType;
use models::ids::{self, Slug};
use models::time::Interval;
use models::{Currency, Metadata, View};
use rust_decimal::Decimal;
use views::rocketsavvy::Plan;

use crate::plans::price::{ChargeFields, MAX_METERS, NewMeter, check_meters, reject};

/// A new plan.
#[derive(Debug, Input)]
#[input(check = Self::check)]
pub(crate) struct NewPlan {
    /// Its name in the API, 1 to 64 of `A-Z a-z 0-9 _ -`; generated if it is absent.
    #[input(example = "plan_enterprise_pro")]
    id: Option<Slug<ids::Plan>>,
    /// Its name on invoices.
    #[input(chars = 1..=200, example = "Enterprise Pro")]
    name: String,
    #[input(example = "USD")]
    currency: Currency,
    #[input(choice, example = "month")]
    interval: Interval,
    /// Three years in all at the most; 1 if it is absent.
    #[input(range = 1..=36, default = 1, example = 1)]
    interval_count: u32,
    #[input(range = 0..=730, default, example = 0)]
    trial_period_days: u32,
    /// Minor units for a period, a unit or a package. May be absent where tiers, a percentage or meters say what it costs.
    #[input(minor = 0, example = 9999)]
    amount: Option<i64>,
    #[input(flatten)]
    charge: ChargeFields,
    /// Metered components, billed when the period has ended.
    #[input(items = 0..=MAX_METERS, default, example = [])]
    meters: Vec<NewMeter>,
    /// Whether the amounts contain the tax; `unspecified` (the default): the tax rate says.
    #[input(choice, default, example = "unspecified")]
    tax_behavior: TaxBehavior,
    #[input(default, example = {})]
    metadata: Metadata,
}

impl NewPlan {
    fn model(&self) -> PricingModel {
        self.charge.pricing_model.unwrap_or_default()
    }

    fn check(&self, fields: &mut Fields<'_>) {
        let (amount, metered) = (self.amount.map(Decimal::from), !self.meters.is_empty());
        self.charge.check(fields, self.model(), amount, metered);
        let longest = match self.interval {
            Interval::Day | Interval::Week | Interval::Month => 36,
            Interval::Quarter => 12,
            Interval::Year => 3,
        };
        if self.interval_count > longest {
            let detail = format!("must be at most {longest} for this interval");
            fields.reject("interval_count", "out_of_range", detail);
        }
        reject(fields, check_meters(&self.meters));
    }

    fn price(self) -> Price {
        let (model, amount) = (self.model(), self.amount.map(Decimal::from));
        Price {
            name: self.name,
            currency: self.currency,
            charge: self.charge.apply(model, amount, &Charge::default()),
            interval: self.interval,
            interval_count: self.interval_count,
            meters: self.meters.into_iter().map(Meter::from).collect(),
            tax_behavior: self.tax_behavior,
        }
    }
}

/// Create a plan
///
/// Creates a plan: a price, and how often it is charged. You choose its id. The price may change later; a subscription
/// keeps the version that it began with.
#[operation(post, "/v3/plans", tag = "billing")]
pub(crate) async fn create_plan(
    cx: Cx<BillingWrite>,
    Json(mut body): Json<NewPlan>,
) -> Result<Created<Plan>, Problem> {
    let (chosen, metadata) = (body.id.take(), std::mem::take(&mut body.metadata));
    let trial_period_days = body.trial_period_days;
    let (price, created) = (body.price(), cx.now().await?);
    cx.insert_named(chosen, |id, writes| {
        let plan = models::billing::Plan {
            id: id.clone(),
            version: 1,
            trial_period_days,
            tier: None,
            metadata: metadata.clone(),
            price: price.clone(),
            created,
            deleted: None,
        };
        writes.create(&plan, Some(EventType::PlanCreated))?;
        Plan::of(&plan, cx.mode())
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_plan_is_created_and_its_name_is_taken_then() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/plans").await.expect(200);
        world.meter.take();
        let body = json!({
            "id": "plan_enterprise_pro", "name": "Enterprise Pro", "currency": "USD", "amount": 9999,
            "interval": "month", "interval_count": 1, "trial_period_days": 0, "pricing_model": "flat", "metadata": {},
        });
        let answer = api.post("/v3/plans", body.clone()).await;
        let mut want = body.clone();
        want["created"] = json!("2026-01-15T12:00:00Z");
        want["livemode"] = json!(false);
        want["version"] = json!(1);
        want["meters"] = json!([]);
        want["tax_behavior"] = json!("unspecified");
        assert_eq!(*answer.expect(201), want);
        // Two for the plan, and two to see that no deleted one had its name.
        assert_eq!(world.meter.take().write_tenths, 40);
        assert_eq!(
            api.post("/v3/plans", body.clone()).await.text_of("code"),
            "already_exists"
        );
        assert_eq!(api.get("/v3/plans/plan_enterprise_pro").await.body, want);
        let theirs = api.with_key(&world.theirs.test_key);
        assert_eq!(
            theirs.get("/v3/plans/plan_enterprise_pro").await.status,
            404
        );
        theirs.post("/v3/plans", body).await.expect(201);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let world = World::new().await;
        let body = json!({
            "id": "a b", "name": "", "currency": "USDT", "amount": 99.99, "interval": "fortnight",
            "interval_count": 0, "trial_period_days": -1, "pricing_model": "free", "metadata": [], "meters": [{}], "tiers": [],
        });
        let answer = world.call(crate::routes()).post("/v3/plans", body).await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            [
                "/id",
                "/name",
                "/currency",
                "/interval",
                "/interval_count",
                "/trial_period_days",
                "/amount",
                "/pricing_model",
                "/meters/0/metric_name",
                "/metadata",
            ]
        );
    }

    #[tokio::test]
    async fn tiers_packages_percentages_and_meters_are_kept_as_they_were_given() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let tiers = json!([{ "up_to": 100, "unit_amount": 50, "flat_amount": 0 }, { "up_to": null, "unit_amount": 0.25, "flat_amount": 500 }]);
        let body = json!({
            "id": "metered", "name": "Metered", "currency": "JPY", "interval": "month", "tax_behavior": "inclusive",
            "meters": [
                { "metric_name": "api_calls", "name": "API calls", "aggregation": "sum", "pricing_model": "graduated", "tiers": tiers },
                { "metric_name": "storage", "aggregation": "max", "amount": 0.0004, "included_units": 1000 },
                { "metric_name": "volume", "pricing_model": "percentage", "percentage": 2.9, "amount": 30 },
                { "metric_name": "sms", "pricing_model": "package", "package_size": 100, "amount": 500 },
            ],
        });
        let plan = api.post("/v3/plans", body.clone()).await;
        let meters = &plan.expect(201)["meters"];
        assert_eq!(meters[0]["tiers"], tiers);
        assert_eq!(meters[1]["amount"], json!(0.0004));
        assert_eq!(meters[1]["pricing_model"], "per_unit");
        assert_eq!(meters[2]["percentage"], json!(2.9));
        assert_eq!(meters[3]["package_size"], 100);
        let wrong = json!({
            "name": "Wrong", "currency": "USD", "interval": "month", "pricing_model": "volume",
            "tiers": [{ "up_to": 100, "unit_amount": -1 }, { "up_to": 50, "unit_amount": 1 }],
            "meters": [{ "metric_name": "a", "amount": 1 }, { "metric_name": "a", "amount": 1, "package_size": 5 }],
        });
        let refused = api.post("/v3/plans", wrong).await;
        refused.expect(400);
        let pointers = refused.pointers();
        for pointer in ["/tiers/0/unit_amount", "/meters/1/package_size"] {
            assert!(pointers.contains(&pointer), "{pointers:?}");
        }
    }
}
