//! The invoice of a bill: its lines from prices and usage, before anybody numbers or collects it.

use rust_decimal::Decimal;

use super::{Bill, Item, Subscription};
use crate::billing::{Basis, Fraction, LineItem, Meter, NewInvoice, Party};
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::time::Period;

/// What a meter counted in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The metric.
    pub metric_name: String,
    /// The aggregated quantity.
    pub quantity: Decimal,
    /// How many reports it came from.
    pub events: u64,
}

impl Subscription {
    /// The invoice of a bill. `readings` are the meters' of `bill.closes`. `None` where there is nothing to put on it.
    ///
    /// Lines that waited come first, then usage of the period that ended at the prices it was used at, then the periods
    /// that begin, at the prices from then on.
    pub fn invoice(&self, bill: &Bill, readings: &[Reading]) -> Result<Option<NewInvoice>> {
        let mut lines = self.pending_lines.clone();
        if let Some(period) = bill.closes {
            lines.extend(self.usage_lines(period, readings)?);
        }
        let next = self.with_scheduled()?;
        for period in &bill.base {
            for item in next.items.iter().filter(|item| item.is_charged()) {
                lines.push(next.item_line(item, *period, None)?);
            }
        }
        for line in &mut lines {
            if line.period == Some(bill.period) {
                line.period = None;
            }
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let discount = self
            .discount
            .as_ref()
            .filter(|discount| discount.applies(bill.period.start));
        Ok(Some(NewInvoice {
            customer_id: self.customer_id,
            subscription_id: Some(self.id),
            billing_reason: bill.reason,
            revision: bill.revision,
            currency: self.currency()?,
            lines,
            discount: discount.cloned(),
            rates: self.tax_rates.clone(),
            period: bill.period,
            collection_method: self.collection_method,
            days_until_due: self.days_until_due,
            seller: Party::default(),
            customer: Party::default(),
            footer: None,
            metadata: Metadata::new(),
        }))
    }

    /// The line of a plan for a period, or for a part of it.
    pub(super) fn item_line(
        &self,
        item: &Item,
        period: Period,
        fraction: Option<Fraction>,
    ) -> Result<LineItem> {
        let description = format!("{} ({})", item.price.name, self.dates(period)?);
        let basis = Basis {
            charge: item.price.charge.clone(),
            fraction,
            ..Basis::default()
        };
        let quantity = Decimal::from(item.quantity);
        let line = LineItem::new(description, quantity, basis, item.price.currency)?;
        Ok(item.mark(line, period))
    }

    /// The lines of what meters counted in a period; none for nothing.
    pub(super) fn usage_lines(
        &self,
        period: Period,
        readings: &[Reading],
    ) -> Result<Vec<LineItem>> {
        let mut lines = Vec::new();
        for (item, meter) in self.meters() {
            let reading = readings
                .iter()
                .find(|reading| reading.metric_name == meter.metric_name);
            if let Some(reading) = reading.filter(|reading| !reading.quantity.is_zero()) {
                lines.push(self.usage_line(item, meter, reading, period)?);
            }
        }
        Ok(lines)
    }

    fn usage_line(
        &self,
        item: &Item,
        meter: &Meter,
        reading: &Reading,
        period: Period,
    ) -> Result<LineItem> {
        let description = format!("{} ({})", meter.label(), self.dates(period)?);
        let credit = reading.quantity.is_sign_negative();
        let mut basis = Basis {
            charge: meter.charge.clone(),
            events: reading.events,
            credit,
            ..Basis::default()
        };
        // Corrections of what was billed already took back more than was used since: that was not free then.
        if credit {
            basis.charge.included_units = None;
        }
        let quantity = reading.quantity.abs();
        let line = LineItem::new(description, quantity, basis, item.price.currency)?;
        let mut line = item.mark(line, period);
        line.metric_name = Some(meter.metric_name.clone());
        Ok(line)
    }

    /// Both ends of a period as days of the business's calendar.
    fn dates(&self, period: Period) -> Result<String> {
        Ok(format!(
            "{} to {}",
            self.zone.date(period.start)?,
            self.zone.date(period.end)?
        ))
    }
}

/// Kilobytes of the lines that the first invoice of a backdated subscription has room for.
const MAX_BACK_KILOBYTES: usize = 150;
/// What a line has beside its plan's name and price, at the most: dates, amount, names of attributes.
const LINE_BYTES: usize = 400;

/// A 400 for the field at `pointer` where so many periods of these plans are too much for one invoice.
pub fn refuse_too_many_lines(items: &[Item], periods: u32, pointer: &'static str) -> Result<()> {
    let mut bytes = 0_usize;
    for item in items.iter().filter(|item| item.is_charged()) {
        let charge = serde_json::to_vec(&item.price.charge).map_err(Error::internal)?;
        let line = charge.len().saturating_add(item.price.name.len());
        bytes = bytes.saturating_add(line).saturating_add(LINE_BYTES);
    }
    let bytes = bytes.saturating_mul(usize::try_from(periods).map_err(Error::internal)?);
    if bytes <= MAX_BACK_KILOBYTES.saturating_mul(1000) {
        return Ok(());
    }
    let detail = format!(
        "is {periods} periods ago: with {} plans that is too much for one invoice",
        items.len()
    );
    Err(Error::invalid(pointer, "too_large", detail))
}

impl Item {
    /// Whether a period of it stands on an invoice: a plan of meters alone has no line in advance.
    pub(super) fn is_charged(&self) -> bool {
        !self.price.charge.is_free() || self.price.meters.is_empty()
    }

    /// Says of a line whose it is.
    pub(super) fn mark(&self, line: LineItem, period: Period) -> LineItem {
        LineItem {
            plan_id: Some(self.plan_id.clone()),
            period: Some(period),
            tax_behavior: self.price.tax_behavior,
            ..line
        }
    }
}
