//! Prices as they are read from a body: the same fields for a plan, its change, and its metered components.

use api::input::{Field, Fields};
use models::billing::{Aggregation, Charge, Meter, PricingModel, Tier};
use rust_decimal::Decimal;
use utoipa::ToSchema;

/// Tiers of a price at the most.
const MAX_TIERS: usize = 20;
/// Metered components of a plan at the most.
const MAX_METERS: usize = 10;

/// A tier. Amounts are minor units.
#[derive(Debug, ToSchema)]
#[schema(as = NewTier)]
#[expect(dead_code, reason = "the schema of the input; it is read into a tier")]
pub(crate) struct TierSchema {
    /// The last unit that belongs to it; `null` in the last tier.
    #[schema(example = 100)]
    up_to: Option<u64>,
    /// For each unit; may be a fraction of a minor unit.
    #[schema(value_type = f64, example = 50)]
    unit_amount: String,
    /// Once, where at least one unit falls into the tier.
    #[schema(example = 0)]
    flat_amount: Option<i64>,
}

/// A metered component.
#[derive(Debug, ToSchema)]
#[schema(as = NewMeter)]
#[expect(dead_code, reason = "the schema of the input; it is read into a meter")]
pub(crate) struct MeterSchema {
    /// What is counted: the `metric_name` of usage.
    #[schema(example = "api_calls")]
    metric_name: String,
    /// Its name on invoices; the metric's where it is absent.
    #[schema(example = "API calls")]
    name: Option<String>,
    /// `sum` (also where it is absent), `count`, `max`, `latest` or `unique`.
    #[schema(example = "sum")]
    aggregation: Option<String>,
    /// `per_unit` (also where it is absent), `flat`, `graduated`, `volume`, `package` or `percentage`.
    #[schema(example = "per_unit")]
    pricing_model: Option<String>,
    /// Minor units for a unit, a package or an event; may be a fraction of one.
    #[schema(value_type = Option<f64>, example = 0.25)]
    amount: Option<String>,
    #[schema(example = json!([]))]
    tiers: Option<Vec<TierSchema>>,
    #[schema(example = json!(null))]
    package_size: Option<u64>,
    #[schema(value_type = Option<f64>, example = json!(null))]
    percentage: Option<String>,
    #[schema(value_type = Option<f64>, example = 1000)]
    included_units: Option<String>,
}

/// One thing that is wrong with a price: field, code and words.
type Wrong = (&'static str, &'static str, String);

/// Says in the input what is wrong with a price.
pub(crate) fn reject(fields: &mut Fields<'_>, wrong: Vec<Wrong>) {
    for (name, code, detail) in wrong {
        fields.reject(name, code, detail);
    }
}

/// What a body says of a price; what it does not say stays as it is.
#[derive(Debug, Default)]
pub(crate) struct ChargeChanges {
    model: Option<PricingModel>,
    amount: Option<Decimal>,
    tiers: Option<Vec<Tier>>,
    package_size: Option<u64>,
    percentage: Option<Decimal>,
    included_units: Option<Decimal>,
}

impl ChargeChanges {
    /// The fields of a plan's own price: its amount is in whole minor units.
    pub(crate) fn read(fields: &mut Fields<'_>) -> Self {
        let amount = fields.minor("amount", 0).optional().map(Decimal::from);
        Self {
            amount,
            ..Self::read_rest(fields)
        }
    }

    fn read_rest(fields: &mut Fields<'_>) -> Self {
        let model = fields.choice("pricing_model", PricingModel::ALL).optional();
        let tiers = fields.objects("tiers", 0..=MAX_TIERS, read_tier).optional();
        let package_size = fields.integer("package_size", 1..=1_000_000_000).optional();
        let percentage = fields.percentage("percentage", false).optional();
        let included_units = fields.decimal("included_units").optional();
        if included_units.is_some_and(|units| units.is_sign_negative()) {
            fields.reject("included_units", "out_of_range", "must not be negative");
        }
        Self {
            model,
            amount: None,
            tiers,
            package_size: package_size.and_then(|size| u64::try_from(size).ok()),
            percentage,
            included_units,
        }
    }

    /// A new price. `metered` says that meters may be all that it costs.
    pub(crate) fn apply_new(self, fields: &mut Fields<'_>, metered: bool) -> Option<Charge> {
        let model = self.model.unwrap_or_default();
        let needs = !model.is_tiered() && model != PricingModel::Percentage && !metered;
        if needs && self.amount.is_none() && !fields.gives("amount") {
            fields.reject("amount", "required", "is required");
            return None;
        }
        let charge = self.apply(&Charge::default());
        reject(fields, check(&charge));
        Some(charge)
    }

    /// The price after the change.
    pub(crate) fn apply(self, before: &Charge) -> Charge {
        let model = self.model.unwrap_or(before.model);
        let same = model == before.model;
        // What belongs to the old model alone goes with it.
        let keep = |is_of_model: bool| same || is_of_model;
        Charge {
            model,
            amount: self.amount.unwrap_or(before.amount),
            tiers: self.tiers.unwrap_or_else(|| {
                if keep(model.is_tiered()) {
                    before.tiers.clone()
                } else {
                    Vec::new()
                }
            }),
            package_size: self
                .package_size
                .or_else(|| before.package_size.filter(|_| keep(false))),
            percentage: self
                .percentage
                .or_else(|| before.percentage.filter(|_| keep(false))),
            included_units: self.included_units.or(before.included_units),
        }
    }
}

fn read_tier(fields: &mut Fields<'_>) -> Option<Tier> {
    let up_to = fields.integer("up_to", 1..=1_000_000_000_000).optional();
    let unit_amount = fields.decimal("unit_amount").required(fields);
    let flat_amount = fields.minor("flat_amount", 0).optional().unwrap_or(0);
    if unit_amount.is_some_and(|amount| amount.is_sign_negative()) {
        fields.reject("unit_amount", "out_of_range", "must not be negative");
    }
    Some(Tier {
        up_to: up_to.and_then(|end| u64::try_from(end).ok()),
        unit_amount: unit_amount?,
        flat_amount: Decimal::from(flat_amount),
    })
}

/// The metered components.
pub(crate) fn read_meters(fields: &mut Fields<'_>) -> Field<Vec<Meter>> {
    fields.objects("meters", 0..=MAX_METERS, |fields| {
        let metric_name = fields.text("metric_name", 1..=64).required(fields);
        let name = fields.text("name", 1..=200).optional();
        let aggregation = fields.choice("aggregation", Aggregation::ALL).optional();
        let amount = fields.decimal("amount").optional();
        if amount.is_some_and(|amount| amount.is_sign_negative()) {
            fields.reject("amount", "out_of_range", "must not be negative");
        }
        let mut changes = ChargeChanges {
            amount,
            ..ChargeChanges::read_rest(fields)
        };
        changes.model = changes.model.or(Some(PricingModel::PerUnit));
        Some(Meter {
            metric_name: metric_name?,
            name,
            aggregation: aggregation.unwrap_or_default(),
            charge: changes.apply_new(fields, false)?,
        })
    })
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
pub(crate) fn check_meters(meters: &[Meter]) -> Vec<Wrong> {
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
