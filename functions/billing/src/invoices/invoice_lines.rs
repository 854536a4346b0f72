//! The lines of an invoice that somebody writes, as a new one and a changed one read and check them.

use api::input::Input;
use api::{BillingWrite, Cx, Problem};
use models::billing::{AppliedRate, Basis, Charge, LineItem, PricingModel, TaxRate, Terms, Totals};
use models::ids::{self, Id};
use models::money::{Currency, MAX_MINOR};
use models::{Error, Invalid, Result};
use rust_decimal::Decimal;
use store::Stored;

use crate::subscriptions::terms::tax_rate_ids;

/// Lines at the most.
pub(crate) const MAX_LINES: usize = 100;
/// Different tax rates of its own lines at the most.
const MAX_RATES: usize = 20;
/// Characters of a description at the most: an invoice of 100 lines has to fit into one event.
const MAX_DESCRIPTION: usize = 200;

/// A line of an invoice.
#[derive(Debug, Clone, Input)]
#[input(name = "NewLineItem")]
pub(crate) struct NewLine {
    #[input(chars = 1..=MAX_DESCRIPTION, example = "Consulting, 12 June")]
    description: String,
    /// Above 0; 1 if it is absent. May be a fraction.
    #[input(above_zero, default = Decimal::ONE, example = 2.5)]
    quantity: Decimal,
    /// Minor units for each; may be a fraction of one, and below 0 for what is given back, to which no coupon applies.
    #[input(example = 12000)]
    unit_amount: Decimal,
    /// Its own tax rates; those of the invoice if it is absent, none where it is empty.
    #[input(by = tax_rate_ids)]
    tax_rate_ids: Option<Vec<Id<ids::TaxRate>>>,
}

/// The lines with their amounts and tax rates. Every rate that does not exist or is not active any more, and every amount
/// that is too large, is named. At most one `BatchGetItem`.
pub(crate) async fn agreed(
    cx: &Cx<BillingWrite>,
    lines: &[NewLine],
    currency: Currency,
) -> Result<Vec<LineItem>, Problem> {
    let found = own_rates(cx, lines).await?;
    let mut invalid = Invalid::default();
    let mut agreed = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let rates = line.tax_rate_ids.as_deref().map(|ids| {
            let pointer = format!("/line_items/{index}/tax_rate_ids");
            applied(ids, &found, &pointer, &mut invalid)
        });
        if let Ok(item) = line.item(currency) {
            agreed.push(LineItem { rates, ..item });
        } else {
            let pointer = format!("/line_items/{index}/unit_amount");
            invalid.push(pointer, "out_of_range", "makes an amount that is too large");
        }
    }
    invalid.into_result()?;
    Ok(agreed)
}

impl NewLine {
    /// Errors where its amount leaves the range.
    fn item(&self, currency: Currency) -> Result<LineItem> {
        let charge = Charge {
            model: PricingModel::PerUnit,
            amount: self.unit_amount,
            ..Charge::default()
        };
        let basis = Basis {
            charge,
            ..Basis::default()
        };
        LineItem::new(self.description.clone(), self.quantity, basis, currency)
    }
}

/// The tax rates that lines name.
async fn own_rates(
    cx: &Cx<BillingWrite>,
    lines: &[NewLine],
) -> Result<Vec<Stored<TaxRate>>, Problem> {
    let mut ids: Vec<Id<ids::TaxRate>> = Vec::new();
    for id in lines
        .iter()
        .filter_map(|line| line.tax_rate_ids.as_ref())
        .flatten()
    {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    if ids.len() > MAX_RATES {
        let detail = format!("must name at most {MAX_RATES} different tax rates");
        return Err(Error::invalid("/line_items", "too_many", detail).into());
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(cx.tax_rates_by_ids(&ids).await?)
}

fn applied(
    ids: &[Id<ids::TaxRate>],
    found: &[Stored<TaxRate>],
    pointer: &str,
    invalid: &mut Invalid,
) -> Vec<AppliedRate> {
    let mut rates: Vec<AppliedRate> = Vec::with_capacity(ids.len());
    for id in ids {
        if rates.iter().any(|other| other.id == *id) {
            invalid.push(pointer, "duplicate", format!("name {id} twice"));
        }
        match found.iter().find(|rate| rate.id == *id) {
            None => invalid.push(pointer, "not_found", format!("no such tax rate: {id}")),
            Some(rate) => {
                if !rate.active {
                    let detail = format!("name {id}, which is not active");
                    invalid.push(pointer, "inactive", detail);
                }
                rates.push(AppliedRate::from(&**rate));
            }
        }
    }
    rates
}

/// Errors where the lines come to more than an invoice can be of.
pub(crate) fn refuse_too_large(
    currency: Currency,
    lines: &[LineItem],
    discount: Option<Terms>,
    rates: &[AppliedRate],
) -> Result<()> {
    let gross: i64 = lines.iter().map(|line| line.amount.minor().abs()).sum();
    let total = Totals::of(currency, lines, discount, rates).map(|totals| totals.total.minor());
    let fits = |total: i64| total.abs() <= MAX_MINOR && gross <= MAX_MINOR;
    if total.is_ok_and(fits) {
        return Ok(());
    }
    let detail = "come to an amount that is too large";
    Err(Error::invalid("/line_items", "out_of_range", detail))
}
