//! What may be done to an invoice before it is final.

use super::{BillingReason, Invoice, InvoiceStatus};
use crate::billing::{AppliedRate, CollectionMethod, LineItem};
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// From when somebody lets a draft become final by itself until it does: time to look at it. One hour, as in Stripe.
const GRACE_SECONDS: i64 = 3600;

/// What becomes of a draft; what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftChanges {
    /// All its lines.
    pub lines: Option<Vec<LineItem>>,
    /// The tax rates of lines without rates of their own.
    pub rates: Option<Vec<AppliedRate>>,
    /// How it is collected.
    pub collection_method: Option<CollectionMethod>,
    /// Days until it is due.
    pub days_until_due: Option<u32>,
    /// Whether it becomes final by itself.
    pub auto_finalize: Option<bool>,
}

impl Invoice {
    /// Changes a draft and adds it up anew. Errors unless it is one, or where its sums leave the range.
    pub fn change(&mut self, changes: DraftChanges, now: Timestamp) -> Result<()> {
        self.refuse_unless_draft("changed, except for its metadata")?;
        if let Some(lines) = changes.lines {
            self.lines = lines;
        }
        if let Some(rates) = changes.rates {
            self.rates = rates;
        }
        self.collection_method = changes.collection_method.unwrap_or(self.collection_method);
        self.days_until_due = changes.days_until_due.unwrap_or(self.days_until_due);
        match changes.auto_finalize {
            Some(true) => self.finalize_soon(now),
            Some(false) => self.next_payment_attempt = None,
            None => {}
        }
        self.add_up()
    }

    /// Lets a draft become final by itself, one hour from now; it keeps the moment that it has.
    pub fn finalize_soon(&mut self, now: Timestamp) {
        self.next_payment_attempt
            .get_or_insert(now.plus_seconds(GRACE_SECONDS));
    }

    /// When a draft becomes final by itself.
    pub fn finalizes_at(&self) -> Option<Timestamp> {
        self.next_payment_attempt
            .filter(|_| self.status == InvoiceStatus::Draft)
    }

    /// Takes a draft away. Errors unless it is one that somebody wrote: what a subscription owes cannot be made not to have
    /// been billed, only be voided.
    pub fn delete(&mut self, now: Timestamp) -> Result<()> {
        self.refuse_unless_draft("deleted")?;
        if self.billing_reason != BillingReason::Manual {
            let detail = format!(
                "invoice {} bills a subscription: finalize and void it instead",
                self.id
            );
            return Err(Error::conflict("invoice_of_subscription", detail));
        }
        self.deleted = Some(now);
        Ok(())
    }

    /// Errors unless it is a draft.
    pub fn refuse_unless_draft(&self, what: &str) -> Result<()> {
        if self.status == InvoiceStatus::Draft {
            Ok(())
        } else {
            Err(self.wrong_status(what))
        }
    }
}
