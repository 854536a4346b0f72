//! Invoices that are finalised and paid by a process that dies at any of its calls: just after it, which is just before the
//! next one.

use models::Id;
use models::ids::Invoice;
use serde_json::{Value, json};
use testkit::{Answer, Call, Fault, GOOD_CARD, World};

use crate::generators::catalogue;

const DECLINES: &str = "4000000000000341";

/// What is done to which invoice.
#[derive(Clone)]
struct Step {
    path: String,
    action: &'static str,
    body: Value,
    /// The version that the caller names.
    version: Option<String>,
}

impl Step {
    async fn take(&self, api: &Call) -> Answer {
        let path = format!("{}/{}", self.path, self.action);
        let api = match &self.version {
            Some(version) => api.with_header("if-match", version),
            None => api.clone(),
        };
        api.post(&path, self.body.clone()).await
    }
}

async fn card(api: &Call, customer: &str, number: &str, default: bool) -> String {
    let card = testkit::card(number);
    let new = json!({ "customer_id": customer, "type": "card", "card": card, "default": default });
    let method = api.post("/v3/payment-methods", new).await;
    method.text_of("id").to_owned()
}

async fn buyer(world: &World, number: &str) -> (Call, String) {
    let api = world.call(catalogue::all());
    let customer = api.customer().await;
    api.card(&customer, number).await;
    (api, customer)
}

async fn draft(api: &Call, customer: &str, cents: i64) -> String {
    let line = json!({ "description": "Work", "unit_amount": cents });
    let new = json!({ "customer_id": customer, "auto_collection": true, "line_items": [line] });
    let invoice = api.post("/v3/invoices", new).await;
    format!("/v3/invoices/{}", invoice.text_of("id"))
}

/// A draft of 10.00 for a customer whose balance has 1.00, to be finalised.
async fn finalization(number: &'static str) -> (World, Step) {
    let world = World::new().await;
    let (api, customer) = buyer(&world, number).await;
    let gift = draft(&api, &customer, -100).await;
    api.post(&format!("{gift}/finalize"), json!({}))
        .await
        .expect(200);
    let path = draft(&api, &customer, 1000).await;
    let step = Step {
        path,
        action: "finalize",
        body: json!({}),
        version: None,
    };
    (world, step)
}

/// An invoice of 10.00 that the first card refused, to be paid in part with another.
async fn part(number: &'static str) -> (World, Step) {
    let world = World::new().await;
    let (api, customer) = buyer(&world, DECLINES).await;
    let path = draft(&api, &customer, 1000).await;
    api.post(&format!("{path}/finalize"), json!({}))
        .await
        .expect(200);
    let method = card(&api, &customer, number, false).await;
    let step = Step {
        path,
        action: "pay",
        body: json!({ "payment_method_id": method, "amount": 400 }),
        version: None,
    };
    (world, step)
}

/// The first invoice of a subscription that waits for its payment, to be paid with another card.
async fn first_payment() -> (World, Step) {
    let world = World::new().await;
    let (api, customer) = buyer(&world, DECLINES).await;
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 1000, "interval": "month" });
    api.plan(plan).await;
    let new = json!({ "customer_id": customer, "plan_id": "pro" });
    let subscription = api.post("/v3/subscriptions", new).await;
    let method = card(&api, &customer, GOOD_CARD, false).await;
    let step = Step {
        path: format!("/v3/invoices/{}", subscription.text_of("latest_invoice_id")),
        action: "pay",
        body: json!({ "payment_method_id": method }),
        version: None,
    };
    (world, step)
}

/// What the books say, without ids.
async fn books(api: &Call, path: &str) -> Value {
    let invoice = api.get(path).await.body;
    let payments = api.get("/v3/payments").await;
    let payments = payments.body["data"].as_array().unwrap().clone();
    let names = [
        "number",
        "status",
        "payment_status",
        "amount_paid",
        "amount_remaining",
        "balance_applied",
        "attempt_count",
        "next_payment_attempt",
    ];
    let subscriptions = api.get("/v3/subscriptions").await;
    json!({
        "invoice": names.map(|name| invoice[name].clone()),
        "payments": payments.iter().map(|p| (p["status"].clone(), p["amount"].clone())).collect::<Vec<_>>(),
        "subscription": subscriptions.body["data"][0]["status"],
    })
}

/// Dies at each call, and is called again with the same key half a minute later.
async fn resumes_everywhere(prepared: impl AsyncFn() -> (World, Step), status: u16) {
    let (world, step) = prepared().await;
    let keyed = world.call(catalogue::all()).idempotent("k");
    keyed.get("/v3/customers").await.expect(200);
    world.meter.fault(None);
    step.take(&keyed).await.expect(status);
    let calls = world.meter.calls();
    let want = books(&keyed, &step.path).await;
    let asked = world.sandbox.asked().len();
    for call in 0..calls {
        let fault = Fault::DieAfter(call);
        let (world, step) = prepared().await;
        let keyed = world.call(catalogue::all()).idempotent("k");
        keyed.get("/v3/customers").await.expect(200);
        world.meter.fault(Some(fault));
        drop(step.take(&keyed).await);
        world.meter.fault(None);
        let later = world.later(testkit::AFTER_A_CRASH);
        let keyed = later.call(catalogue::all()).idempotent("k");
        let answer = step.take(&keyed).await;
        answer.expect(status);
        assert_eq!(step.take(&keyed).await.text, answer.text, "{fault:?}");
        let mut found = books(&keyed, &step.path).await;
        // A number that was taken and not used is a gap.
        found["invoice"][0] = want["invoice"][0].clone();
        if step.action == "finalize" {
            // The schedule begins half a minute later where the attempt was made again.
            found["invoice"][7] = want["invoice"][7].clone();
        }
        assert_eq!(found, want, "{fault:?}");
        assert_eq!(world.sandbox.asked().len(), asked, "{fault:?}");
    }
}

/// Dies at each call, and nobody calls again: what was begun is looked after when it is due.
async fn is_looked_after_everywhere(prepared: impl AsyncFn() -> (World, Step)) {
    let (world, step) = prepared().await;
    let api = world.call(catalogue::all());
    api.get("/v3/customers").await.expect(200);
    let untouched = books(&api, &step.path).await;
    world.meter.fault(None);
    step.take(&api).await.expect(200);
    let calls = world.meter.calls();
    let want = books(&api, &step.path).await;
    let asked = world.sandbox.asked().len();
    let mut finished = 0;
    for call in 0..calls {
        let fault = Fault::DieAfter(call);
        let (world, step) = prepared().await;
        let api = world.call(catalogue::all());
        api.get("/v3/customers").await.expect(200);
        world.meter.fault(Some(fault));
        drop(step.take(&api).await);
        world.meter.fault(None);
        let at = "2026-01-15T12:02:00Z".parse().unwrap();
        let id: Id<Invoice> = step.path.rsplit('/').next().unwrap().parse().unwrap();
        let later = world.later(120);
        let context = later.app.scheduled(later.ours.test(), Some(at));
        operations::run_invoice(&context, id, at).await.unwrap();
        let found = books(&api, &step.path).await;
        if found == untouched {
            continue;
        }
        finished += 1;
        assert_eq!(found, want, "{fault:?}");
        assert_eq!(world.sandbox.asked().len(), asked, "{fault:?}");
    }
    assert!(
        finished * 2 > calls,
        "only {finished} of {calls} were finished"
    );
}

#[tokio::test]
async fn a_finalisation_that_dies_at_any_call_charges_once() {
    resumes_everywhere(async || finalization(GOOD_CARD).await, 200).await;
}

#[tokio::test]
async fn a_finalisation_that_nobody_repeats_is_collected_when_it_is_due() {
    is_looked_after_everywhere(async || finalization(GOOD_CARD).await).await;
}

#[tokio::test]
async fn a_payment_of_an_invoice_that_dies_at_any_call_is_taken_once() {
    resumes_everywhere(async || part(GOOD_CARD).await, 200).await;
}

#[tokio::test]
async fn a_refused_payment_of_an_invoice_that_dies_at_any_call_is_refused_once() {
    resumes_everywhere(async || part(DECLINES).await, 402).await;
}

#[tokio::test]
async fn a_first_payment_that_nobody_repeats_lets_the_subscription_begin_when_it_is_due() {
    is_looked_after_everywhere(first_payment).await;
}

/// What was begun with the right version is no longer that version, and is brought to its end all the same.
#[tokio::test]
async fn a_payment_that_names_a_version_and_dies_at_any_call_is_taken_once() {
    let prepared = async || {
        let (world, step) = part(GOOD_CARD).await;
        let invoice = world.call(catalogue::all()).get(&step.path).await;
        let version = invoice.headers["etag"].to_str().unwrap().to_owned();
        let version = Some(version);
        (world, Step { version, ..step })
    };
    resumes_everywhere(prepared, 200).await;
}
