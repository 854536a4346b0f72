//! `POST /enterprise/v1/tiers/{businessId}`

use api::input::{Fields, Input};
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use models::billing::{BillingPeriod, Charge, Plan, Price, TaxBehavior, TierPolicy, TierTerms};
use models::event::EventType;
use models::{Currency, Error, Metadata, Money, Result, View};
use rust_decimal::Decimal;
use views::reveknew::Tier;

/// A tier, with all fields.
#[derive(Debug, Input)]
#[input(rename_all = "camelCase", check = Self::has_an_amount)]
pub(crate) struct NewTier {
    #[input(chars = 1..=200, example = "Basic")]
    name: String,
    #[input(chars = 1..=500, example = "Enjoy new additional services")]
    description: Option<String>,
    /// Major units of the business's currency. Required where the policy is `TIER`.
    #[input(major, example = 10)]
    amount: Option<Decimal>,
    #[input(choice, example = "ONCE")]
    billing_period: BillingPeriod,
    /// Payments in all; 0, also if it is absent, for no end.
    #[input(range = 0..=1200, default, example = 0)]
    deductions: u32,
    /// Days after a payment's day until it is too late; 0 if it is absent.
    #[input(range = 0..=365, default, example = 0)]
    grace_days: u32,
    /// Who decides what is paid; `TIER` if it is absent.
    #[input(choice, default, example = "TIER")]
    policy: TierPolicy,
    /// Days before a payment's day on which the customer is reminded; 0 if it is absent.
    #[input(range = 0..=60, default, example = 2)]
    reminder_days: u32,
}

impl NewTier {
    fn has_an_amount(&self, fields: &mut Fields<'_>) {
        if self.policy == TierPolicy::Tier && self.amount.is_none() {
            let detail = "is required: customers of this policy pay what the tier says";
            fields.reject("amount", "required", detail);
        }
    }

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
            interval: self.billing_period.interval(),
            interval_count: 1,
            meters: Vec::new(),
            tax_behavior: before.map_or(TaxBehavior::Unspecified, |price| price.tax_behavior),
        };
        let terms = TierTerms {
            policy: self.policy,
            once: self.billing_period == BillingPeriod::Once,
            deductions: self.deductions,
            grace_days: self.grace_days,
            reminder_days: self.reminder_days,
            description: self.description,
        };
        Ok((price, terms))
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
/// Creates a tier, which is a plan in v3: what is paid, how often, and how customers are reminded. Amounts are major
/// units of the business's currency.
#[operation(post, "/enterprise/v1/tiers/{businessId}", tag = "tiers")]
pub(crate) async fn create_tier(
    cx: Cx<BillingWrite>,
    Json(body): Json<NewTier>,
) -> Result<Created<Tier>, Problem> {
    let account = cx.account().await?;
    let account = account.ok_or_else(|| Error::internal("a business without a record"))?;
    let (price, terms) = body.price(account.currency, None)?;
    let created = cx.now().await?;
    cx.insert_named(None, |id, writes| {
        let plan = Plan {
            id: id.clone(),
            version: 1,
            price: price.clone(),
            trial_period_days: 0,
            tier: Some(terms.clone()),
            metadata: Metadata::new(),
            created,
            deleted: None,
        };
        writes.create(&plan, Some(EventType::PlanCreated))?;
        Tier::of(&plan, ())
    })
    .await
}
