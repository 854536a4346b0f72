//! What follows from a renewal that cannot be collected, to its end.

use models::ids::{self, Id};
use serde_json::{Value, json};
use testkit::{Call, GOOD_CARD, World};

use crate::generators::catalogue;

struct Debtor {
    world: World,
    api: Call,
    customer: String,
    id: String,
}

impl Debtor {
    /// A customer whose first month was paid, and whose card refuses from then on.
    async fn with_card(number: &str) -> Self {
        let world = World::new().await;
        let api = world.call(catalogue::all());
        let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
        api.plan(plan).await;
        let customer = api.customer().await;
        let debtor = Self {
            world,
            api,
            customer,
            id: String::new(),
        };
        debtor.attach(GOOD_CARD).await;
        let subscription = debtor.api.subscription(&debtor.customer, "pro").await;
        let id = subscription["id"].as_str().unwrap().to_owned();
        let debtor = Self { id, ..debtor };
        debtor.attach(number).await;
        debtor
    }

    async fn attach(&self, number: &str) {
        self.api.card(&self.customer, number).await;
    }

    /// Does all that comes due to subscription and invoices until that moment, in order.
    async fn until(&self, end: &str) {
        let end: models::Timestamp = end.parse().unwrap();
        loop {
            let context = self.world.app.scheduled(self.world.ours.test(), Some(end));
            let mut next = context
                .find_now(self.id.parse::<Id<ids::Subscription>>().unwrap())
                .await
                .unwrap()
                .unwrap()
                .due()
                .map(|at| (at, None));
            for invoice in self.invoices().await {
                let id = invoice["id"].as_str().unwrap().parse().unwrap();
                let due = context
                    .find_now::<Id<ids::Invoice>>(id)
                    .await
                    .unwrap()
                    .unwrap()
                    .due();
                if let Some(at) = due.filter(|at| next.is_none_or(|(next, _)| *at < next)) {
                    next = Some((at, Some(id)));
                }
            }
            let Some((at, what)) = next.filter(|(at, _)| *at <= end) else {
                return;
            };
            let context = self.world.app.scheduled(self.world.ours.test(), Some(at));
            match what {
                Some(id) => operations::run_invoice(&context, id, at).await.unwrap(),
                None => operations::run_subscription(&context, self.id.parse().unwrap(), at)
                    .await
                    .unwrap(),
            }
        }
    }

    async fn invoices(&self) -> Vec<Value> {
        let list = self.api.get("/v3/invoices?limit=100").await;
        list.body["data"].as_array().unwrap().clone()
    }

    async fn status(&self) -> Value {
        let path = format!("/v3/subscriptions/{}", self.id);
        self.api.get(&path).await.body["status"].clone()
    }

    async fn settings(&self, changes: Value) {
        self.api
            .patch("/v3/billing-settings", changes)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn the_schedule_of_the_business_ends_in_a_cancellation() {
    let debtor = Debtor::with_card("4000000000000341").await;
    debtor.settings(json!({ "retry_days": [3, 5] })).await;
    debtor.until("2026-02-15T12:00:00Z").await;
    assert_eq!(debtor.status().await, "past_due");
    let invoice = &debtor.invoices().await[0];
    assert_eq!(invoice["next_payment_attempt"], "2026-02-18T12:00:00Z");
    assert_eq!(
        invoice["last_payment_error"],
        json!({ "code": "card_declined", "message": "The card was declined.", "advice": "retry_later" })
    );
    debtor.until("2026-02-22T12:00:00Z").await;
    assert_eq!(debtor.status().await, "past_due");
    debtor.until("2026-02-23T12:00:00Z").await;
    assert_eq!(debtor.status().await, "canceled");
    let invoice = &debtor.invoices().await[0];
    assert_eq!(
        (&invoice["status"], &invoice["attempt_count"]),
        (&json!("open"), &json!(3))
    );
    debtor.until("2026-12-01T00:00:00Z").await;
    assert_eq!(debtor.invoices().await.len(), 2);
}

#[tokio::test]
async fn a_business_that_does_not_retry_ends_it_with_the_first_refusal() {
    let debtor = Debtor::with_card("4000000000000341").await;
    debtor.settings(json!({ "retry_days": [] })).await;
    debtor.until("2026-02-15T12:00:00Z").await;
    assert_eq!(debtor.status().await, "canceled");
    let invoice = &debtor.invoices().await[0];
    assert_eq!(
        (&invoice["status"], &invoice["next_payment_attempt"]),
        (&json!("open"), &json!(null))
    );
}

#[tokio::test]
async fn an_unpaid_subscription_is_billed_and_not_charged() {
    let debtor = Debtor::with_card("4000000000000341").await;
    debtor
        .settings(json!({ "retry_days": [1], "after_retries": "unpaid" }))
        .await;
    debtor.until("2026-02-16T12:00:00Z").await;
    assert_eq!(debtor.status().await, "unpaid");
    let asked = debtor.world.sandbox.asked().len();
    debtor.until("2026-04-16T12:00:00Z").await;
    assert_eq!(debtor.world.sandbox.asked().len(), asked);
    let invoices = debtor.invoices().await;
    assert_eq!(invoices.len(), 4);
    assert_eq!(
        (&invoices[0]["status"], &invoices[0]["attempt_count"]),
        (&json!("open"), &json!(0))
    );
}

#[tokio::test]
async fn a_new_card_heals_at_the_next_attempt() {
    let debtor = Debtor::with_card("4000000000000341").await;
    debtor.until("2026-02-15T12:00:00Z").await;
    assert_eq!(debtor.status().await, "past_due");
    debtor.attach(GOOD_CARD).await;
    debtor.until("2026-02-18T12:00:00Z").await;
    assert_eq!(debtor.status().await, "active");
    let invoice = &debtor.invoices().await[0];
    assert_eq!(
        (&invoice["status"], &invoice["attempt_count"]),
        (&json!("paid"), &json!(2))
    );
}

#[tokio::test]
async fn a_payment_under_way_is_neither_repeated_nor_dunned() {
    let debtor = Debtor::with_card(GOOD_CARD).await;
    debtor.world.sandbox.set_slow(true);
    debtor.until("2026-02-16T12:00:00Z").await;
    assert_eq!(debtor.status().await, "active");
    let invoice = &debtor.invoices().await[0];
    assert_eq!(
        (&invoice["payment_status"], &invoice["attempt_count"]),
        (&json!("processing"), &json!(0))
    );
    let payments = debtor.api.get("/v3/payments").await;
    assert_eq!(payments.body["data"].as_array().unwrap().len(), 2);
    debtor.world.sandbox.set_slow(false);
    debtor.until("2026-02-17T12:00:00Z").await;
    let invoice = &debtor.invoices().await[0];
    assert_eq!(
        (&invoice["status"], &invoice["attempt_count"]),
        (&json!("paid"), &json!(1))
    );
    let payments = debtor.api.get("/v3/payments").await;
    assert_eq!(payments.body["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_sent_invoice_falls_overdue_and_the_subscription_behind() {
    let debtor = Debtor::with_card(GOOD_CARD).await;
    let sent = json!({ "collection_method": "send_invoice", "days_until_due": 10 });
    let path = format!("/v3/subscriptions/{}", debtor.id);
    debtor.api.patch(&path, sent).await.expect(200);
    debtor.until("2026-02-15T12:00:00Z").await;
    assert_eq!(debtor.status().await, "active");
    assert_eq!(debtor.invoices().await[0]["due_date"], "2026-02-25");
    debtor.until("2026-02-25T23:59:59Z").await;
    assert_eq!(debtor.status().await, "active");
    debtor.until("2026-02-26T00:00:00Z").await;
    assert_eq!(debtor.status().await, "past_due");
    assert_eq!(debtor.invoices().await[0]["overdue"], true);
}
