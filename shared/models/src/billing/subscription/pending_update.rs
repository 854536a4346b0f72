//! What becomes of a new subscription, and of a change, whose payment is not made.
//!
//! # Determinations
//! - What only a payment makes true is written down first, with what was there before: whoever finds it after a crash asks for
//!   the same payment, and finishes it either way.
//! - A change that waits for its payment has its credits already: nobody else can credit those lines meanwhile. They go back
//!   where it is dropped.

use serde::{Deserialize, Serialize};

use super::{Bill, INCOMPLETE_SECONDS, Outcome, Subscription};
use crate::billing::{LineItem, NewInvoice};
use crate::choices;
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::time::Timestamp;

choices! {
    /// What becomes of a new subscription, and of a change, where the invoice that is made at once is not paid. Stripe's.
    #[derive(Default)]
    pub enum PaymentBehavior {
        /// A new one is `incomplete`; a change takes place, and it is `past_due`.
        #[default]
        AllowIncomplete = "allow_incomplete",
        /// The same, and nothing is charged: the invoice waits for somebody who pays it.
        DefaultIncomplete = "default_incomplete",
        /// It does not come about, and a change does not take place.
        ErrorIfIncomplete = "error_if_incomplete",
        /// A change takes place when its invoice is paid, within 23 hours.
        PendingIfIncomplete = "pending_if_incomplete",
    }
}

impl PaymentBehavior {
    /// For what storage leaves out.
    pub fn is_default(&self) -> bool {
        *self == Self::AllowIncomplete
    }

    /// Whether it takes place with its payment only.
    pub const fn wants_payment(self) -> bool {
        matches!(self, Self::ErrorIfIncomplete | Self::PendingIfIncomplete)
    }
}

/// A change that takes place when its invoice is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingUpdate {
    /// The subscription as it is then.
    pub after: Box<Subscription>,
    /// The invoice.
    pub invoice_id: Id<ids::Invoice>,
    /// When the invoice is void, and the change dropped.
    pub expires_at: Timestamp,
}

impl Subscription {
    /// Says how what is billed at once goes on without its payment. `before` is what it was before a change.
    pub fn expect_payment(&mut self, behavior: PaymentBehavior, before: Option<&Self>) {
        if self.bill_now.is_some() {
            self.payment_behavior = behavior;
            if behavior.wants_payment() {
                self.before_update = before.cloned().map(Box::new);
            }
        }
    }

    /// Whether that bill makes it true only where it is paid.
    pub fn wants_payment(&self) -> bool {
        self.bill_now.is_some() && self.payment_behavior.wants_payment()
    }

    /// What it was before a change that was not paid. Where it stands may have changed meanwhile, with an earlier invoice.
    pub fn reverted(&self) -> Option<Self> {
        let mut before = self.before_update.as_deref().cloned()?;
        before.stand(self.standing());
        Some(before)
    }

    /// What it was before a change that waits for its payment from now on. The lines that waited are on that invoice.
    pub fn pending(
        &self,
        bill: &Bill,
        new: &NewInvoice,
        invoice_id: Id<ids::Invoice>,
        now: Timestamp,
    ) -> Result<Self> {
        let mut before = self
            .reverted()
            .ok_or_else(|| Error::internal("a change that waits without what was there before"))?;
        let paid = Outcome {
            invoice: Some(invoice_id),
            paid: true,
            refused: false,
        };
        let mut after = self.clone();
        after.before_update = None;
        after.billed(bill, paid, Some(new))?;
        let ends = before.resumes_at.into_iter().chain([before.period.end]);
        let expires_at = now.plus_seconds(INCOMPLETE_SECONDS);
        let expires_at = ends.fold(expires_at, Timestamp::min);
        before.take_in(invoice_id);
        before.pending_update = Some(PendingUpdate {
            after: Box::new(after),
            invoice_id,
            expires_at,
        });
        Ok(before)
    }

    /// Whether a change waits for that invoice.
    pub fn awaits(&self, invoice: Id<ids::Invoice>) -> bool {
        self.pending_update
            .as_ref()
            .is_some_and(|update| update.invoice_id == invoice)
    }

    /// An invoice of it was paid: a change that waited for it takes place, and it is healed by its newest one. Returns whether
    /// that changed anything.
    pub fn invoice_paid(&mut self, invoice: Id<ids::Invoice>) -> bool {
        if !self.awaits(invoice) {
            return self.latest_invoice == Some(invoice) && self.paid();
        }
        if !self.status.is_over() {
            self.apply_update();
        }
        !self.status.is_over()
    }

    /// The change that waited takes place. What else was changed meanwhile stays.
    fn apply_update(&mut self) {
        let Some(update) = self.pending_update.take() else {
            return;
        };
        let after = *update.after;
        self.items = after.items;
        self.billing_cycle = after.billing_cycle;
        self.anchor = after.anchor;
        self.period = after.period;
        self.period_index = after.period_index;
        self.charged = after.charged;
        self.prorated_until = after.prorated_until;
        self.discount = after.discount;
        self.pending_lines = after.pending_lines;
        self.scheduled = after.scheduled;
        self.revision = after.revision;
        self.paid();
    }

    /// A 409 while a change waits for its payment.
    pub fn refuse_while_pending(&self) -> Result<()> {
        let Some(update) = &self.pending_update else {
            return Ok(());
        };
        let detail = format!(
            "a change of subscription {} waits for the payment of {}: pay that, or void it to drop the change",
            self.id, update.invoice_id
        );
        Err(Error::conflict("update_pending", detail))
    }
}

/// What lines give back: of which invoice, which line, and how much, below zero.
pub fn given_back(
    lines: &[LineItem],
) -> impl Iterator<Item = (Id<ids::Invoice>, usize, crate::money::Money)> {
    lines.iter().filter_map(|line| {
        let billed = line.basis.billed.as_ref()?;
        Some((billed.invoice_id, billed.line, line.amount))
    })
}
