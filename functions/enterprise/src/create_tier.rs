//! `POST /enterprise/v1/tiers/{businessId}`

use api::dialect::reveknew::{Errors, Tier};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Problem, Reply};
use models::billing::{BillingPeriod, Charge, Plan, Price, TaxBehavior, TierPolicy, TierTerms};
use models::event::EventType;
use models::ids::{self, Id, Slug};
use models::{Currency, Error, Metadata, Money, Result};
use rust_decimal::Decimal;
use utoipa::ToSchema;

/// A tier as it is to be.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the schema of the input; it is read into a tier")]
pub(crate) struct NewTier {
    #[schema(example = "Basic")]
    name: String,
    #[schema(example = "Enjoy new additional services")]
    description: Option<String>,
    /// Major units of the business's currency. Required where the policy is `TIER`.
    #[schema(value_type = Option<f64>, example = 10)]
    amount: Option<String>,
    /// `ONCE`, `DAILY`, `WEEKLY`, `MONTHLY`, `QUARTERLY` or `YEARLY`.
    #[schema(example = "ONCE")]
    billing_period: String,
    /// Payments in all, 0 to 1200; 0, also where it is absent, for no end.
    #[schema(example = 0)]
    deductions: Option<u32>,
    /// Days after a payment's day until it is too late, 0 to 365; 0 where it is absent.
    #[schema(example = 0)]
    grace_days: Option<u32>,
    /// `TIER` (also where it is absent), `SUBSCRIPTION` or `SCHEDULE`.
    #[schema(example = "TIER")]
    policy: Option<String>,
    /// Days before a payment's day on which the customer is reminded, 0 to 60; 0 where it is absent.
    #[schema(example = 2)]
    reminder_days: Option<u32>,
}

/// What the body says.
pub(crate) struct Body {
    name: String,
    amount: Option<Decimal>,
    period: BillingPeriod,
    terms: TierTerms,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.text("name", 1..=200).required(fields);
        let description = fields.text("description", 1..=500).optional();
        let amount = fields.major("amount").optional();
        let period = fields
            .choice("billingPeriod", BillingPeriod::ALL)
            .required(fields);
        let deductions = fields.count("deductions", 0..=1200).optional();
        let grace_days = fields.count("graceDays", 0..=365).optional();
        let policy = fields.choice("policy", TierPolicy::ALL).optional();
        let reminder_days = fields.count("reminderDays", 0..=60).optional();
        let policy = policy.unwrap_or_default();
        if policy == TierPolicy::Tier && amount.is_none() && !fields.gives("amount") {
            let detail = "is required: customers of this policy pay what the tier says";
            fields.reject("amount", "required", detail);
        }
        Some(Self {
            name: name?,
            amount,
            period: period?,
            terms: TierTerms {
                policy,
                once: period? == BillingPeriod::Once,
                deductions: deductions.unwrap_or(0),
                grace_days: grace_days.unwrap_or(0),
                reminder_days: reminder_days.unwrap_or(0),
                description,
            },
        })
    }
}

impl Body {
    /// The price in that currency, and the terms. `before` is the price until now, where there is one.
    pub(crate) fn price(
        self,
        currency: Currency,
        before: Option<&Price>,
    ) -> Result<(Price, TierTerms)> {
        let amount = money(self.amount.unwrap_or_default(), currency, "/amount")?;
        let charge = Charge {
            amount: amount.decimal(),
            ..before.map(|price| price.charge.clone()).unwrap_or_default()
        };
        let price = Price {
            name: self.name,
            currency,
            charge,
            interval: self.period.interval(),
            interval_count: 1,
            meters: Vec::new(),
            tax_behavior: before.map_or(TaxBehavior::Unspecified, |price| price.tax_behavior),
        };
        Ok((price, self.terms))
    }
}

/// An amount of major units in that currency. An error that names the field where it has too many digits for it.
pub(crate) fn money(major: Decimal, currency: Currency, pointer: &str) -> Result<Money> {
    Money::from_major(major, currency).ok_or_else(|| {
        let digits = currency.exponent();
        let detail = format!("must have at most {digits} digits after the decimal point");
        Error::invalid(pointer, "too_precise", detail)
    })
}

/// Create a tier
///
/// It is a plan in v3. 1 read and 1 write unit.
#[utoipa::path(
    post,
    path = "/enterprise/v1/tiers/{businessId}",
    tag = "tiers",
    params(("businessId" = String, Path, description = "The business.", example = "acct_rs_1000001")),
    request_body = NewTier,
    responses((status = 201, description = "The tier.", body = Tier), Errors)
)]
pub(crate) async fn create_tier(
    cx: Cx<BillingWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let account = cx.account().await?;
    let account = account.ok_or_else(|| Error::internal("a business without a record"))?;
    let (price, terms) = body.price(account.currency, None)?;
    let id: Slug<ids::Plan> = Slug::generated(cx.mint::<ids::Plan>().await.map(Id::number)?);
    let plan = Plan {
        id: id.clone(),
        version: 1,
        price,
        trial_period_days: 0,
        tier: Some(terms),
        metadata: Metadata::new(),
        created: cx.now().await?,
        deleted: None,
    };
    let mut writes = cx.writes().await?;
    writes.create(&plan, Some(EventType::PlanCreated))?;
    let reply = cx.created(&writes, &Tier::of(&plan)?, &id).await?;
    Ok(reply.ok_or_else(|| Error::Unavailable("no free id was found".to_owned()))?)
}
