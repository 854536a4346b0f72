//! An invoice worked out again, as v3 prints it.

use models::{Result, billing};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::billing::{Tier, optional, tiers};
use super::invoices::{line_item_id, rate_ids};
use super::number;

/// How every exact amount becomes one in minor units.
const ROUNDING: &str = "half away from zero to 1 minor unit";

/// A part of a whole.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FractionView {
    /// Seconds or days that count.
    #[schema(example = 11)]
    part: i64,
    /// Those of the whole period.
    #[schema(example = 30)]
    whole: i64,
}

impl FractionView {
    const fn of(fraction: billing::Fraction) -> Self {
        Self {
            part: fraction.part,
            whole: fraction.whole,
        }
    }
}

/// What a line's amount follows from. Amounts are minor units and may be fractions of one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineInputs {
    /// `flat`, `per_unit`, `graduated`, `volume`, `package` or `percentage`.
    #[schema(example = "per_unit")]
    #[schema(inline)]
    pricing_model: billing::PricingModel,
    #[schema(value_type = f64, example = 3)]
    quantity: Box<RawValue>,
    /// For a period, a unit, a package or an event.
    #[schema(value_type = f64, example = 29_999)]
    amount: Box<RawValue>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<Tier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 100)]
    package_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>, example = 2.9)]
    percentage: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>, example = 1000)]
    included_units: Option<Box<RawValue>>,
    /// Reports of usage.
    #[schema(example = 0)]
    events: u64,
    /// The part of the period that it is for; `null` for all of it.
    fraction: Option<FractionView>,
    /// Whether it is given back.
    credit: bool,
    /// The line of an earlier invoice that a part is given back of; then `amount` is what that line came to. `null` for any other
    /// line.
    credited_item: Option<CreditedItem>,
}

/// A line of an earlier invoice that a part is given back of.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreditedItem {
    #[schema(example = "inv_rs_789012")]
    invoice_id: String,
    #[schema(example = "il_789012_1")]
    line_item_id: String,
    /// Minor units of it that had not been credited by then: no more is given back.
    #[schema(example = 9999)]
    left: i64,
}

impl CreditedItem {
    fn of(billed: billing::BilledLine) -> Self {
        Self {
            invoice_id: billed.invoice_id.to_string(),
            line_item_id: line_item_id(billed.invoice_id, billed.line),
            left: billed.left.minor(),
        }
    }
}

impl LineInputs {
    fn of(line: &billing::LineItem) -> Result<Self> {
        let basis = &line.basis;
        let charge = &basis.charge;
        Ok(Self {
            pricing_model: charge.model,
            quantity: number(line.quantity)?,
            amount: number(charge.amount)?,
            tiers: tiers(charge)?,
            package_size: charge.package_size,
            percentage: optional(charge.percentage)?,
            included_units: optional(charge.included_units)?,
            events: basis.events,
            fraction: basis.fraction.map(FractionView::of),
            credit: basis.credit,
            credited_item: basis.billed.map(CreditedItem::of),
        })
    }
}

/// One step of a price: `quantity × unit_amount + flat_amount`, or `quantity × unit_amount ÷ 100` for a percentage.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineStep {
    #[schema(value_type = f64, example = 3)]
    quantity: Box<RawValue>,
    /// Minor units, or percent.
    #[schema(value_type = f64, example = 29_999)]
    unit_amount: Box<RawValue>,
    #[schema(value_type = f64, example = 0)]
    flat_amount: Box<RawValue>,
    #[schema(value_type = f64, example = 89_997)]
    amount: Box<RawValue>,
}

impl LineStep {
    fn of(step: &billing::Step) -> Result<Self> {
        Ok(Self {
            quantity: number(step.quantity)?,
            unit_amount: number(step.unit_amount)?,
            flat_amount: number(step.flat_amount)?,
            amount: number(step.amount)?,
        })
    }
}

/// A line worked out again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineExplanation {
    #[schema(example = "il_789012_1")]
    id: String,
    #[schema(example = "Enterprise Pro (2025-06-20 to 2025-07-01)")]
    description: String,
    inputs: LineInputs,
    /// In the names of `inputs`.
    #[schema(example = "(amount × quantity) × 11 ÷ 30")]
    formula: String,
    /// What the price gives before fractions and signs: the sum of these.
    steps: Vec<LineStep>,
    /// Minor units before rounding.
    #[schema(value_type = f64, example = 32_998.9)]
    exact: Box<RawValue>,
    #[schema(example = "half away from zero to 1 minor unit")]
    rounding: &'static str,
    #[schema(example = 32_999)]
    amount: i64,
    /// What the coupon takes off this line: tax is on the rest.
    #[schema(example = 0)]
    discount_share: i64,
    /// The rates that it is taxed with.
    #[schema(example = json!(["txr_rs_123456"]))]
    tax_rate_ids: Vec<String>,
    /// Whether that is what the invoice says.
    #[schema(example = true)]
    matches: bool,
}

/// A discount worked out again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DiscountExplanation {
    #[schema(example = "coupon_welcome")]
    coupon_id: String,
    #[schema(value_type = Option<f64>, example = 25)]
    percent_off: Option<Box<RawValue>>,
    #[schema(example = json!(null))]
    amount_off: Option<i64>,
    /// The sum of the lines that it applies to: all but credits.
    #[schema(example = 32_999)]
    base: i64,
    #[schema(example = "base × percent_off ÷ 100")]
    formula: &'static str,
    /// How the lines' shares follow.
    #[schema(
        example = "round(amount × Σ lines up to this one ÷ base) − Σ shares before, over the lines that it reaches"
    )]
    shares: &'static str,
    #[schema(value_type = f64, example = 8249.75)]
    exact: Box<RawValue>,
    #[schema(example = "half away from zero to 1 minor unit")]
    rounding: &'static str,
    #[schema(example = 8250)]
    amount: i64,
    #[schema(example = true)]
    matches: bool,
}

/// What a rate is on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaxPart {
    /// The sum of lines less their shares of the discount, with the taxes that they contain.
    #[schema(value_type = f64, example = 24_749)]
    amount: Box<RawValue>,
    /// 100 and the percentages of the taxes that they contain.
    #[schema(value_type = f64, example = 100)]
    divisor: Box<RawValue>,
}

/// A tax worked out again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaxExplanation {
    #[schema(example = "txr_rs_123456")]
    tax_rate_id: String,
    #[schema(example = "VAT")]
    name: String,
    #[schema(value_type = f64, example = 20)]
    rate: Box<RawValue>,
    inclusive: bool,
    parts: Vec<TaxPart>,
    /// What it is computed on, without any tax, in minor units before rounding: Σ parts (amount × 100 ÷ divisor).
    #[schema(value_type = f64, example = 24_749)]
    base: Box<RawValue>,
    #[schema(example = "Σ parts (amount × rate ÷ divisor)")]
    formula: &'static str,
    #[schema(value_type = f64, example = 4949.8)]
    exact: Box<RawValue>,
    #[schema(example = "half away from zero to 1 minor unit")]
    rounding: &'static str,
    #[schema(example = 4950)]
    amount: i64,
    #[schema(example = true)]
    matches: bool,
}

/// A sum.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SumExplanation {
    #[schema(example = 29_699)]
    amount: i64,
    #[schema(example = "subtotal − discount + Σ taxes that are not inclusive")]
    formula: &'static str,
    /// Whether it is what the formula says; what happened (payments, credit notes, what the balance had) is held to its bounds.
    #[schema(example = true)]
    matches: bool,
}

impl SumExplanation {
    const fn of(sum: &billing::Sum) -> Self {
        Self {
            amount: sum.amount.minor(),
            formula: sum.formula,
            matches: sum.matches,
        }
    }
}

/// The sums.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SumsExplanation {
    subtotal: SumExplanation,
    discount: SumExplanation,
    tax: SumExplanation,
    total: SumExplanation,
    balance_applied: SumExplanation,
    amount_due: SumExplanation,
    credited: SumExplanation,
    credited_before_payment: SumExplanation,
    amount_paid: SumExplanation,
    amount_refunded: SumExplanation,
    amount_remaining: SumExplanation,
}

/// An invoice worked out again from its inputs. Amounts are minor units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoiceExplanation {
    #[schema(example = "inv_rs_789012")]
    invoice_id: String,
    #[schema(example = "INV-2025-000001")]
    number: Option<String>,
    #[schema(example = "USD")]
    currency: &'static str,
    /// Digits after the decimal point of one major unit.
    #[schema(example = 2)]
    minor_digits: u32,
    lines: Vec<LineExplanation>,
    discount: Option<DiscountExplanation>,
    taxes: Vec<TaxExplanation>,
    totals: SumsExplanation,
    /// Whether all of it comes out as the invoice says.
    #[schema(example = true)]
    matches: bool,
}

impl InvoiceExplanation {
    /// The invoice worked out again; `earlier` are those that it gives parts of lines back of. Errors where an amount leaves the
    /// range, which writing it has ruled out.
    pub fn of(invoice: &billing::Invoice, earlier: &[billing::Invoice]) -> Result<Self> {
        let explanation = invoice.explain(earlier)?;
        let lines = invoice.lines.iter().zip(&explanation.lines).enumerate();
        let lines = lines.map(|(index, (line, explained))| {
            let derivation = &explained.derivation;
            Ok(LineExplanation {
                id: line_item_id(invoice.id, index),
                description: line.description.clone(),
                inputs: LineInputs::of(line)?,
                formula: derivation.formula.clone(),
                steps: derivation
                    .steps
                    .iter()
                    .map(LineStep::of)
                    .collect::<Result<_>>()?,
                exact: number(derivation.exact)?,
                rounding: ROUNDING,
                amount: derivation.amount.minor(),
                discount_share: explained.discount_share.minor(),
                tax_rate_ids: rate_ids(&explained.rates),
                matches: explained.matches,
            })
        });
        Ok(Self {
            invoice_id: invoice.id.to_string(),
            number: invoice.number.clone(),
            currency: invoice.currency.code(),
            minor_digits: invoice.currency.exponent(),
            lines: lines.collect::<Result<_>>()?,
            discount: explanation.discount.as_ref().map(discount).transpose()?,
            taxes: explanation.taxes.iter().map(tax).collect::<Result<_>>()?,
            totals: sums(&explanation.sums),
            matches: explanation.matches(),
        })
    }
}

fn discount(explained: &billing::DiscountExplained) -> Result<DiscountExplanation> {
    let (percent_off, amount_off) = match explained.terms {
        billing::Terms::Percent(rate) => (Some(number(rate)?), None),
        billing::Terms::Amount(amount) => (None, Some(amount.minor())),
    };
    Ok(DiscountExplanation {
        coupon_id: explained.coupon_id.to_string(),
        percent_off,
        amount_off,
        base: explained.base.minor(),
        formula: explained.formula(),
        shares: "round(amount × Σ lines up to this one ÷ base) − Σ shares before, over the lines that it reaches",
        exact: number(explained.exact)?,
        rounding: ROUNDING,
        amount: explained.amount.minor(),
        matches: explained.matches,
    })
}

fn tax(explained: &billing::TaxExplained) -> Result<TaxExplanation> {
    let exact = &explained.exact;
    let part = |(divisor, amount): &(_, _)| {
        Ok(TaxPart {
            amount: number(*amount)?,
            divisor: number(*divisor)?,
        })
    };
    Ok(TaxExplanation {
        tax_rate_id: exact.rate.id.to_string(),
        name: exact.rate.name.clone(),
        rate: number(exact.rate.percentage)?,
        inclusive: exact.rate.inclusive,
        parts: exact.parts.iter().map(part).collect::<Result<_>>()?,
        base: number(exact.base)?,
        formula: "Σ parts (amount × rate ÷ divisor)",
        exact: number(exact.amount)?,
        rounding: ROUNDING,
        amount: explained.amount.minor(),
        matches: explained.matches,
    })
}

const fn sums(sums: &billing::Sums) -> SumsExplanation {
    SumsExplanation {
        subtotal: SumExplanation::of(&sums.subtotal),
        discount: SumExplanation::of(&sums.discount),
        tax: SumExplanation::of(&sums.tax),
        total: SumExplanation::of(&sums.total),
        balance_applied: SumExplanation::of(&sums.balance_applied),
        amount_due: SumExplanation::of(&sums.amount_due),
        credited: SumExplanation::of(&sums.credited),
        credited_before_payment: SumExplanation::of(&sums.credited_before_payment),
        amount_paid: SumExplanation::of(&sums.amount_paid),
        amount_refunded: SumExplanation::of(&sums.amount_refunded),
        amount_remaining: SumExplanation::of(&sums.amount_remaining),
    }
}
