//! The billing run as AWS drives it: the schedule's function, a queue, and a worker with batches of ten.

use api::Invocation;
use models::billing::{Invoice, InvoiceStatus};
use models::page::PageRequest;
use models::payments::{Payment, PaymentStatus};
use models::{Id, Result, Timestamp, ids};
use testkit::{World, deliver};

/// Messages that Lambda hands over at once.
pub(super) const BATCH: usize = 10;

/// One tick of the schedule.
pub(crate) async fn tick(world: &World) -> std::result::Result<(), String> {
    let sweep = due_sweep::function(&world.config).unwrap();
    let event = serde_json::value::to_raw_value(&serde_json::json!({})).unwrap();
    sweep(event).await.map(drop)
}

pub(in crate::histories) fn worker(world: &World) -> Invocation {
    billing_run::worker(world.app.clone())
}

/// Hands all messages to one worker, batch by batch, the failed ones again.
pub(in crate::histories) async fn handle_all(world: &World) {
    let worker = worker(world);
    for _ in 0..1_000 {
        let batch = world.inbox.take(BATCH);
        if batch.is_empty() {
            return;
        }
        world.inbox.put(deliver(&worker, &batch).await);
    }
    panic!("messages fail again and again");
}

/// Ticks until nothing is due any more.
pub(crate) async fn drain(world: &World) {
    for _ in 0..20 {
        tick(world).await.unwrap();
        if world.inbox.is_empty() {
            return;
        }
        handle_all(world).await;
    }
    panic!("something stays due");
}

/// What the books say.
pub(super) struct Books {
    /// Newest first.
    pub(super) invoices: Vec<Invoice>,
    /// Newest first.
    pub(super) payments: Vec<Payment>,
}

impl Books {
    pub(super) async fn of(world: &World) -> Self {
        let context = world.app.scheduled(world.ours.test(), None);
        let (mut invoices, mut payments) = (Vec::new(), Vec::new());
        let mut page = first_page(100);
        loop {
            let found = context.invoices(&page, None, None, None).await.unwrap();
            invoices.extend(found.items.iter().map(|stored| (**stored).clone()));
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
        loop {
            let found = context.payments(&page, None, None).await.unwrap();
            payments.extend(found.items.iter().map(|stored| (**stored).clone()));
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
        Self { invoices, payments }
    }

    /// Each invoice is paid by one payment of its own, the gateway was asked for each payment under one key, and no number
    /// is there twice.
    #[track_caller]
    pub(super) fn paid_once(&self, world: &World) {
        for invoice in &self.invoices {
            assert_eq!(invoice.status, InvoiceStatus::Paid, "{invoice:?}");
            assert_eq!(invoice.attempt_count, 1, "{invoice:?}");
            assert_eq!(invoice.amount_paid, invoice.total().unwrap());
            let paying = |payment: &&Payment| payment.invoice_id == Some(invoice.id);
            let payments: Vec<&Payment> = self.payments.iter().filter(paying).collect();
            let [payment] = payments.as_slice() else {
                panic!("{} has {} payments", invoice.id, payments.len());
            };
            assert_eq!(payment.status, PaymentStatus::Succeeded);
            assert_eq!(payment.amount, invoice.amount_paid);
        }
        assert_eq!(self.payments.len(), self.invoices.len());
        assert_eq!(world.sandbox.asked().len(), self.payments.len());
        let mut numbers = self.numbers();
        numbers.dedup();
        assert_eq!(
            numbers.len(),
            self.invoices.len(),
            "a number is there twice"
        );
    }

    /// The numbers of all invoices, in order.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let number = |invoice: &Invoice| {
            let number = invoice.number.as_deref().unwrap();
            number.rsplit('-').next().unwrap().parse().unwrap()
        };
        let mut numbers: Vec<u64> = self.invoices.iter().map(number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The starts of the periods that a subscription was billed for, in the order of the invoices' numbers.
    pub(super) fn billed(&self, id: Id<ids::Subscription>) -> Vec<Timestamp> {
        let mut of: Vec<&Invoice> = self
            .invoices
            .iter()
            .filter(|invoice| invoice.subscription_id == Some(id))
            .collect();
        of.sort_by_key(|invoice| invoice.number.clone());
        of.iter().map(|invoice| invoice.period.start).collect()
    }
}

/// The first page of that size.
pub(super) const fn first_page(limit: u32) -> PageRequest {
    PageRequest { limit, after: None }
}

/// Whether a worker's message was done; for those that run one alone.
pub(super) async fn run_alone(world: &World, id: Id<ids::Subscription>) -> Result<()> {
    let context = world.app.scheduled(world.ours.test(), None);
    let now = context.now().await?;
    operations::run_subscription(&context, id, now).await
}
