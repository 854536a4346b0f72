//! Prices as they are read from a body: the same fields for a plan, its change, and its metered components.

use api::input::{Fields, Input};
use models::billing::{Aggregation, Charge, Meter, PricingModel, Tier};
use rust_decimal::Decimal;

use crate::usage::usage_report::{METRIC_NAME, metric_name};

/// Tiers of a price at the most.
const MAX_TIERS: usize = 20;
/// Metered components of a plan at the most.
pub(crate) const MAX_METERS: usize = 10;

/// A tier. Amounts are minor units.
#[derive(Debug, Clone, Input)]
pub(crate) struct NewTier {
    /// The last unit that belongs to it; `null` in the last tier.
    #[input(range = 1..=1_000_000_000_000, example = 100)]
    up_to: Option<i64>,
    /// For each unit; may be a fraction of a minor unit.
    #[input(quantity, example = 50)]
    unit_amount: Decimal,
    /// Once, where at least one unit falls into the tier.
    #[input(minor = 0, default, example = 0)]
    flat_amount: i64,
}

impl From<NewTier> for Tier {
    fn from(new: NewTier) -> Self {
        Self {
            up_to: new.up_to.and_then(|end| u64::try_from(end).ok()),
            unit_amount: new.unit_amount,
            flat_amount: Decimal::from(new.flat_amount),
        }
    }
}

/// A metered component.
#[derive(Debug, Clone, Input)]
#[input(check = Self::check)]
pub(crate) struct NewMeter {
    /// What is counted: the `metric_name` of usage.
    #[input(chars = 1..=64, pattern = METRIC_NAME, then = metric_name, example = "api_calls")]
    metric_name: String,
    /// Its name on invoices; the metric's if it is absent.
    #[input(chars = 1..=200, example = "API calls")]
    name: Option<String>,
    /// How the quantities of a period become one; `sum` if it is absent.
    #[input(choice, default, example = "sum")]
    aggregation: Aggregation,
    /// Minor units for a unit, a package or an event; may be a fraction of one.
    #[input(quantity, example = 0.25)]
    amount: Option<Decimal>,
    #[input(flatten)]
    charge: ChargeFields,
}

impl NewMeter {
    /// By the unit where nothing else is said.
    fn model(&self) -> PricingModel {
        self.charge.pricing_model.unwrap_or(PricingModel::PerUnit)
    }

    fn check(&self, fields: &mut Fields<'_>) {
        self.charge.check(fields, self.model(), self.amount, false);
    }
}

impl From<NewMeter> for Meter {
    fn from(new: NewMeter) -> Self {
        let (model, amount) = (new.model(), new.amount);
        Self {
            charge: new.charge.apply(model, amount, &Charge::default()),
            metric_name: new.metric_name,
            name: new.name,
            aggregation: new.aggregation,
        }
    }
}

/// One thing that is wrong with a price: field, code and words.
type Wrong = (&'static str, &'static str, String);

/// Says in the input what is wrong with a price.
pub(crate) fn reject(fields: &mut Fields<'_>, wrong: Vec<Wrong>) {
    for (name, code, detail) in wrong {
        fields.reject(name, code, detail);
    }
}

/// What a body says of a price beside its amount; what it does not say stays as it is.
#[derive(Debug, Clone, Input)]
pub(crate) struct ChargeFields {
    /// How the quantity becomes an amount: `flat` if it is absent, `per_unit` for a meter.
    #[input(choice, example = "per_unit")]
    pub(crate) pricing_model: Option<PricingModel>,
    /// The tiers of a graduated or volume price, in rising order, the last one without `up_to`.
    #[input(items = 0..=MAX_TIERS, example = [])]
    tiers: Option<Vec<NewTier>>,
    /// Units in a package.
    #[input(range = 1..=1_000_000_000, example = null)]
    package_size: Option<i64>,
    /// Percent of the quantity, which then counts minor units.
    #[input(percentage = false, example = null)]
    percentage: Option<Decimal>,
    /// Units of each period that cost nothing.
    #[input(quantity, example = null)]
    included_units: Option<Decimal>,
}

impl ChargeFields {
    /// Says what is wrong with a new price. `metered` says that meters may be all that it costs.
    pub(crate) fn check(
        &self,
        fields: &mut Fields<'_>,
        model: PricingModel,
        amount: Option<Decimal>,
        metered: bool,
    ) {
        let needs = !model.is_tiered() && model != PricingModel::Percentage && !metered;
        if needs && amount.is_none() {
            fields.reject("amount", "required", "is required");
            return;
        }
        let charge = self.clone().apply(model, amount, &Charge::default());
        reject(fields, check(&charge));
    }

    /// The price after the change.
    pub(crate) fn apply(
        self,
        model: PricingModel,
        amount: Option<Decimal>,
        before: &Charge,
    ) -> Charge {
        let same = model == before.model;
        // What belongs to the old model alone goes with it.
        let keep = |is_of_model: bool| same || is_of_model;
        let tiers = self.tiers.map(|tiers| tiers.into_iter().map(Tier::from));
        let kept = before.tiers.iter().filter(|_| keep(model.is_tiered()));
        let package_size = self.package_size.and_then(|size| u64::try_from(size).ok());
        let of_before = before.package_size.filter(|_| keep(false));
        Charge {
            model,
            amount: amount.unwrap_or(before.amount),
            tiers: tiers.map_or_else(|| kept.cloned().collect(), Iterator::collect),
            package_size: package_size.or(of_before),
            percentage: self
                .percentage
                .or_else(|| before.percentage.filter(|_| keep(false))),
            included_units: self.included_units.or(before.included_units),
        }
    }
}

/// What does not fit together in a price.
pub(crate) fn check(charge: &Charge) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let model = charge.model;
    let mut needs = |field, is_of_model: bool, there: bool| match (is_of_model, there) {
        (true, false) => wrong.push((
            field,
            "required",
            "is required by the pricing_model".to_owned(),
        )),
        (false, true) => wrong.push((
            field,
            "not_of_model",
            "is not of this pricing_model".to_owned(),
        )),
        (true, true) | (false, false) => {}
    };
    needs("tiers", model.is_tiered(), !charge.tiers.is_empty());
    needs(
        "package_size",
        model == PricingModel::Package,
        charge.package_size.is_some(),
    );
    needs(
        "percentage",
        model == PricingModel::Percentage,
        charge.percentage.is_some(),
    );
    if model == PricingModel::Flat && charge.included_units.is_some() {
        needs("included_units", false, true);
    }
    let ends: Vec<Option<u64>> = charge.tiers.iter().map(|tier| tier.up_to).collect();
    if let Some((last, others)) = ends.split_last() {
        let rising = others.iter().zip(others.iter().skip(1)).all(|(a, b)| a < b);
        if last.is_some() || !rising || others.iter().any(Option::is_none) {
            let detail = "must rise in up_to, and the last one must have none";
            wrong.push(("tiers", "not_rising", detail.to_owned()));
        }
    }
    wrong
}

/// What does not fit together in the meters of one plan.
pub(crate) fn check_meters(meters: &[NewMeter]) -> Vec<Wrong> {
    let twice = meters.iter().enumerate().any(|(index, meter)| {
        let mut earlier = meters.iter().take(index);
        earlier.any(|other| other.metric_name == meter.metric_name)
    });
    if twice {
        let detail = "must not count one metric twice";
        return vec![("meters", "duplicate_metric", detail.to_owned())];
    }
    Vec::new()
}
