//! `POST /v3/plans`

use api::dialect::rocketsavvy::{Plan, Problems};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Problem, Reply};
use models::billing::{Price, PricingModel};
use models::event::EventType;
use models::ids::{self, Id, Slug};
use models::time::Interval;
use models::{Error, Metadata, Money};
use utoipa::ToSchema;

/// A new plan.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a plan")]
pub(crate) struct NewPlan {
    /// Its name in the API, 1 to 64 of `A-Z a-z 0-9 _ -`; generated where it is absent.
    #[schema(example = "plan_enterprise_pro")]
    id: Option<String>,
    /// Its name on invoices.
    #[schema(example = "Enterprise Pro")]
    name: String,
    #[schema(example = "USD")]
    currency: String,
    /// Minor units for a period, or for a unit in a period.
    #[schema(example = 9999)]
    amount: i64,
    /// `day`, `week`, `month`, `quarter` or `year`.
    #[schema(example = "month")]
    interval: String,
    /// 1 to 36, three years in all at the most.
    #[schema(example = 1)]
    interval_count: Option<u32>,
    /// 0 to 730.
    #[schema(example = 0)]
    trial_period_days: Option<u32>,
    /// `flat` or `per_unit`.
    #[schema(example = "flat")]
    pricing_model: Option<String>,
    #[schema(value_type = BTreeMap<String, String>, required = false, example = json!({}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    id: Option<Slug<ids::Plan>>,
    price: Price,
    trial_period_days: u32,
    metadata: Metadata,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let id = fields.slug("id").optional();
        let name = fields.text("name", 1..=200).required(fields);
        let currency = fields.currency("currency").required(fields);
        let amount = fields.minor("amount", 0).required(fields);
        let interval = fields.choice("interval", Interval::ALL).required(fields);
        let interval_count = fields
            .count("interval_count", 1..=36)
            .optional()
            .unwrap_or(1);
        let trial_period_days = fields
            .count("trial_period_days", 0..=730)
            .optional()
            .unwrap_or(0);
        let model = fields
            .choice("pricing_model", PricingModel::ALL)
            .optional()
            .unwrap_or(PricingModel::Flat);
        let metadata = fields.metadata().optional().unwrap_or_default();
        for name in ["tiers", "meters"] {
            fields.unsupported(name, "is not supported: a plan is flat or per unit");
        }
        let longest = match interval? {
            Interval::Day | Interval::Week | Interval::Month => 36,
            Interval::Quarter => 12,
            Interval::Year => 3,
        };
        if interval_count > longest {
            fields.reject(
                "interval_count",
                "out_of_range",
                format!("must be at most {longest} for this interval"),
            );
        }
        let price = Price {
            name: name?,
            amount: Money::new(amount?, currency?),
            interval: interval?,
            interval_count,
            pricing_model: model,
        };
        Some(Self {
            id,
            price,
            trial_period_days,
            metadata,
        })
    }
}

/// Create a plan
///
/// A price is for good: to change it, create another plan. 1 write unit.
#[utoipa::path(
    post,
    path = "/v3/plans",
    tag = "billing",
    request_body = NewPlan,
    responses((status = 201, description = "The plan.", body = Plan), Problems)
)]
pub(crate) async fn create_plan(
    cx: Cx<BillingWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let id = match body.id {
        Some(id) => id,
        None => Slug::generated(cx.mint::<ids::Plan>().await.map(Id::number)?),
    };
    let plan = models::billing::Plan {
        id: id.clone(),
        price: body.price,
        trial_period_days: body.trial_period_days,
        metadata: body.metadata,
        created: cx.now().await?,
        deleted: None,
    };
    let mut writes = cx.writes().await?;
    writes.create(&plan, Some(EventType::PlanCreated))?;
    let reply = cx
        .created(&writes, &Plan::of(&plan, cx.mode()), &id)
        .await?;
    Ok(reply.ok_or_else(|| Error::AlreadyExists {
        what: "plan",
        id: id.to_string(),
    })?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_plan_is_created_for_one_write_unit_and_its_name_is_taken_then() {
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
        assert_eq!(*answer.expect(201), want);
        assert_eq!(world.meter.take().write_tenths, 10);
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
                "/amount",
                "/interval",
                "/interval_count",
                "/trial_period_days",
                "/pricing_model",
                "/metadata",
                "/meters",
            ]
        );
    }
}
