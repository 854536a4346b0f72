//! What is true of the books, whatever was done.

use std::collections::BTreeMap;

use models::Money;
use models::billing::{CreditNote, Invoice, InvoiceStatus, LineItem, Subscription};
use models::payments::PaymentStatus;
use serde_json::json;

use super::{GOOD, History, PAGE};

impl History<'_> {
    pub(super) async fn is_true(&self) {
        let invoices = self.invoices().await;
        let subscription = self.subscription().await;
        let notes = self.notes().await;
        self.nothing_is_given_back_twice(&invoices, &notes, &subscription);
        for invoice in &invoices {
            let explained = invoice.explain(&invoices).unwrap();
            assert!(explained.matches(), "{:#?}\n{invoice:#?}", self.told);
        }
        self.money_is_conserved(&invoices).await;
        // Nobody pays for a change that was dropped.
        let waits = subscription.pending_update.as_ref();
        let waits = waits.map(|update| update.invoice_id.number());
        for invoice in &invoices {
            let number = invoice.id.number();
            let dropped = self.meter.waited.contains(&number) && waits != Some(number);
            assert!(!dropped || !invoice.status.is_payable(), "{:#?}", self.told);
        }
        // Of what has ended nothing is charged by itself but the last bill.
        if subscription.status.is_over() {
            let open = invoices.iter();
            let mut others = open.filter(|one| subscription.final_invoice != Some(one.id));
            let none = others.all(|invoice| invoice.next_charge().is_none());
            assert!(none, "{:#?}", self.told);
        }
    }

    /// Once it has ended, all that was used was billed once.
    pub(super) async fn all_use_is_billed(&mut self) {
        if !self.subscription().await.status.is_over() {
            self.card(GOOD).await;
            let path = format!("/v3/subscriptions/{}/cancel", self.id);
            self.ask("POST", path, json!({})).await;
            let ended = self.subscription().await.status.is_over();
            assert!(ended, "{:#?}", self.told);
        }
        if self.meter.unsure.is_none() {
            let notes = self.notes().await;
            let billed = self.meter.billed(&self.invoices().await, &notes);
            assert_eq!(billed, self.meter.cost(), "{:#?}", self.told);
        }
        self.is_true().await;
    }

    /// Of each line: what credits gave back, billed and waiting, and credit notes, is no more than it charged.
    fn nothing_is_given_back_twice(
        &self,
        invoices: &[Invoice],
        notes: &[CreditNote],
        subscription: &Subscription,
    ) {
        let mut given: BTreeMap<(u64, usize), i64> = BTreeMap::new();
        // What waited for a payment that never came took back what it gave.
        let stand = |invoice: &&Invoice| {
            invoice.status != InvoiceStatus::Void && !self.meter.was_dropped(invoice, notes)
        };
        let billed = invoices
            .iter()
            .filter(stand)
            .flat_map(|invoice| &invoice.lines);
        // What is being billed, or is on the invoice of a change that waits, is counted there.
        let elsewhere = subscription.bill_now.is_some() || subscription.pending_update.is_some();
        let waiting: &[LineItem] = if elsewhere {
            &[]
        } else {
            &subscription.pending_lines
        };
        for line in billed.chain(waiting) {
            if let Some(of) = line.basis.billed {
                *given.entry((of.invoice_id.number(), of.line)).or_default() -= line.amount.minor();
            }
        }
        for invoice in invoices {
            let nets = invoice.totals().unwrap().taxable;
            for (place, net) in nets.iter().enumerate() {
                let back = given
                    .get(&(invoice.id.number(), place))
                    .copied()
                    .unwrap_or(0);
                let credited = invoice.credited.as_ref();
                let credited = credited.map_or(0, |credited| credited.lines[place].minor());
                let most = net.amount.minor().max(0);
                let context = || format!("{} line {place}: {:#?}", invoice.id, self.told);
                assert!(back <= most, "{}", context());
                assert!(credited <= most, "{}", context());
                // The invoice keeps count of just that: of its notes, and of what was given back and stands.
                let of_it = notes.iter().filter(|note| note.invoice_id == invoice.id);
                let lines = of_it.flat_map(|note| &note.lines);
                let lines = lines.filter(|line| line.line == place);
                let by_note: i64 = lines.map(|line| line.amount.minor()).sum();
                assert_eq!(back + by_note, credited, "{}", context());
            }
        }
    }

    async fn notes(&self) -> Vec<CreditNote> {
        let context = self.world.app.scheduled(self.world.ours.test(), None);
        let customer = Some(self.customer.parse().unwrap());
        let notes = context.credit_notes(&PAGE, None, customer).await.unwrap();
        notes
            .items
            .into_iter()
            .map(store::Stored::into_inner)
            .collect()
    }

    async fn money_is_conserved(&self, invoices: &[Invoice]) {
        let context = self.world.app.scheduled(self.world.ours.test(), None);
        let id = self.customer.parse().unwrap();
        let payments = context.payments(&PAGE, Some(id), None).await.unwrap();
        let (mut came_in, mut refunded) = (0, BTreeMap::new());
        for payment in &payments.items {
            if payment.status == PaymentStatus::Succeeded {
                came_in += payment.amount.minor();
            }
            let Some(invoice) = payment.invoice_id.map(models::ids::Id::number) else {
                assert_eq!(payment.status, PaymentStatus::Failed);
                continue;
            };
            *refunded.entry(invoice).or_insert(0) += payment.amount_refunded.minor();
        }
        let notes = self.notes().await;
        let given = notes.iter().map(|note| note.credit_amount.minor());
        let to_balance: i64 = given.sum();
        let (mut paid, mut used) = (0, 0);
        for invoice in invoices {
            let applied = invoice.balance_applied.map_or(0, Money::minor);
            paid += invoice.amount_paid.minor();
            came_in += invoice.out_of_band.map_or(0, Money::minor);
            used += applied;
            // What was given back of it, by card and by note, is no more than was paid of it.
            let credited = invoice.credited.as_ref();
            let after_payment = credited.map_or(0, |c| c.total.minor() - c.before_payment.minor());
            let promised = credited.and_then(|c| c.refunds);
            let promised = promised.map_or(0, Money::minor);
            let by_card = refunded.get(&invoice.id.number()).copied().unwrap_or(0);
            assert_eq!(by_card, invoice.amount_refunded().minor());
            let given = after_payment - promised + by_card.max(promised);
            let most = invoice.amount_paid.minor() + applied.max(0);
            assert!(given <= most.max(0), "{given} of {most}: {:#?}", self.told);
            if invoice.lines.iter().any(|line| line.amount.minor() < 0) {
                continue;
            }
            // With what later invoices gave back of it, it is no more than it charged.
            let unused = credited.and_then(|c| c.unused).map_or(0, Money::minor);
            let by_note = credited.map_or(0, |c| c.total.minor());
            let given = by_note + unused + (by_card - promised).max(0);
            let total = invoice.total().unwrap().minor();
            assert!(
                given <= total.max(0),
                "{given} of {total}: {:#?}",
                self.told
            );
        }
        let customer = context.find(id).await.unwrap().unwrap();
        let held = customer.credit("USD".parse().unwrap()).minor();
        assert_eq!(
            came_in + to_balance,
            paid + used + held,
            "{came_in} came in, {to_balance} by notes; {paid} paid, {used} used, {held} held: {:#?}",
            self.told
        );
    }
}
