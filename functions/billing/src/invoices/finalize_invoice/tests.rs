use models::Timestamp;
use models::billing::{PauseBehavior, PauseCollection};
use models::ids::{self, Id};
use serde_json::{Value, json};
use testkit::{Call, World};

use crate::invoices::invoice_testing::{
    DECLINES, GOOD, act, buyer, customer, draft, finalize, give, payments, told,
};

#[tokio::test]
async fn a_sent_invoice_is_open_until_its_due_date() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let path = draft(&api, &customer, 1000, json!({})).await;
    let mut want = api.get(&path).await.body;
    world.meter.take();
    let invoice = finalize(&api, &path).await;
    let units = world.meter.take();
    assert!(
        units.read_tenths <= 50 && units.write_tenths <= 30,
        "{units:?}"
    );
    want["number"] = json!("INV-2026-000001");
    want["status"] = json!("open");
    want["due_date"] = json!("2026-02-14");
    want["finalized_at"] = json!("2026-01-15T12:00:00Z");
    assert_eq!(invoice, want);
    assert!(payments(&api).await.is_empty());
}

#[tokio::test]
async fn seller_and_customer_are_those_of_the_moment_of_issue() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let path = draft(&api, &customer, 1000, json!({})).await;
    let own = draft(&api, &customer, 1000, json!({ "footer": "Own" })).await;
    let change = json!({ "company": { "name": "Initrode" } });
    let customer_path = format!("/v3/customers/{customer}");
    api.patch(&customer_path, change).await.expect(200);
    let seller = json!({ "name": "Acme Ltd", "address_lines": ["1 High Street"], "tax_id": "GB1", "email": "b@example.com" });
    let settings = json!({ "seller": seller, "invoice_footer": "Thank you." });
    api.patch("/v3/billing-settings", settings)
        .await
        .expect(200);
    assert_eq!(api.get(&path).await.body["customer"]["name"], "Initech");
    let invoice = finalize(&api, &path).await;
    assert_eq!(invoice["customer"]["name"], "Initrode");
    assert_eq!(invoice["seller"], seller);
    assert_eq!(invoice["footer"], "Thank you.");
    assert_eq!(finalize(&api, &own).await["footer"], "Own");
    // Later changes never reach it.
    let later = json!({ "company": { "name": "Contoso" } });
    api.patch(&customer_path, later).await.expect(200);
    assert_eq!(api.get(&path).await.body, invoice);
}

#[tokio::test]
async fn one_that_is_charged_is_paid_at_once_or_says_why_not() {
    let world = World::new().await;
    let automatic = json!({ "auto_collection": true });
    let (api, customer) = buyer(&world, GOOD).await;
    let path = draft(&api, &customer, 1000, automatic.clone()).await;
    world.meter.take();
    let keyed = api.idempotent("k");
    let answer = act(&keyed, &path, "finalize", json!({})).await;
    assert_eq!(answer.expect(200)["status"], "paid");
    assert_eq!(answer.body["payment_method"], "card_ending_4242");
    assert_eq!(told(&world, answer.text_of("id")), ["3 invoice.paid"]);
    let again = act(&keyed, &path, "finalize", json!({})).await;
    assert_eq!(again.text, answer.text);
    assert_eq!(world.sandbox.asked().len(), 1);

    let (api, customer) = buyer(&world, DECLINES).await;
    let path = draft(&api, &customer, 1000, automatic.clone()).await;
    let open = finalize(&api, &path).await;
    assert_eq!(open["status"], "open");
    assert_eq!(open["payment_status"], "failed");
    assert_eq!(open["last_payment_error"]["code"], "card_declined");
    assert_eq!(open["next_payment_attempt"], "2026-01-18T12:00:00Z");

    let (api, customer) = crate::invoices::invoice_testing::customer(&world).await;
    let path = draft(&api, &customer, 1000, automatic).await;
    let open = finalize(&api, &path).await;
    assert_eq!(open["last_payment_error"]["code"], "no_payment_method");
    assert_eq!(
        told(&world, open["id"].as_str().unwrap()),
        ["3 invoice.payment_failed"]
    );
}

#[tokio::test]
async fn sixty_four_finalisations_at_once_take_sixty_four_numbers_in_a_row() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let drafts = (0..64).map(|_| draft(&api, &customer, 30, json!({})));
    let paths = futures::future::join_all(drafts).await;
    let finals = paths.iter().map(|path| finalize(&api, path));
    let invoices = futures::future::join_all(finals).await;
    let mut numbers: Vec<&str> = invoices
        .iter()
        .map(|invoice| invoice["number"].as_str().unwrap())
        .collect();
    numbers.sort_unstable();
    let want: Vec<String> = (1..=64).map(|n| format!("INV-2026-{n:06}")).collect();
    assert_eq!(numbers, want);
    let next = draft(&api, &customer, 30, json!({})).await;
    assert_eq!(finalize(&api, &next).await["number"], "INV-2026-000065");
}

#[tokio::test]
async fn drafts_that_become_final_at_once_share_the_balance_and_leave_no_gap() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    give(&api, &customer, 100).await;
    let drafts = (0..8).map(|_| draft(&api, &customer, 30, json!({})));
    let paths = futures::future::join_all(drafts).await;
    let finals = paths.iter().map(|path| finalize(&api, path));
    let invoices = futures::future::join_all(finals).await;
    let used = |invoice: &Value| invoice["balance_applied"].as_i64().unwrap();
    let mut used: Vec<i64> = invoices.iter().map(used).collect();
    used.sort_unstable();
    assert_eq!(used, [0, 0, 0, 0, 10, 30, 30, 30]);
    assert_eq!(
        crate::invoices::invoice_testing::credit(&world, &customer).await,
        0
    );
    let mut numbers: Vec<&str> = invoices
        .iter()
        .map(|invoice| invoice["number"].as_str().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(
        (numbers[0], numbers[7]),
        ("INV-2026-000002", "INV-2026-000009")
    );
}

#[tokio::test]
async fn sixteen_finalisations_of_one_draft_charge_it_once() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    let path = draft(&api, &customer, 1000, json!({ "auto_collection": true })).await;
    let calls = (0..16).map(|_| act(&api, &path, "finalize", json!({})));
    let answers = futures::future::join_all(calls).await;
    let good = |answer: &&testkit::Answer| answer.status.as_u16() == 200;
    assert_eq!(answers.iter().filter(good).count(), 1);
    assert_eq!(world.sandbox.asked().len(), 1);
    assert_eq!(payments(&api).await.len(), 1);
    assert_eq!(api.get(&path).await.body["status"], "paid");
}

/// A subscription whose collection is paused, and the invoice of its first period.
async fn kept(world: &World, api: &Call, customer: &str) -> (String, Value) {
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 1000, "interval": "month" });
    api.post("/v3/plans", plan).await.expect(201);
    let new = json!({ "customer_id": customer, "plan_id": "pro", "trial_period_days": 14 });
    let subscription = api.post("/v3/subscriptions", new).await;
    let path = format!("/v3/subscriptions/{}", subscription.text_of("id"));
    let id: Id<ids::Subscription> = subscription.text_of("id").parse().unwrap();
    let at: Timestamp = "2026-01-29T12:00:00Z".parse().unwrap();
    let context = world.app.scheduled(world.ours.test(), Some(at));
    let stored = context.find_now(id).await.unwrap().unwrap();
    let mut paused = (*stored).clone();
    let behavior = PauseBehavior::KeepAsDraft;
    paused
        .pause_collection(PauseCollection {
            behavior,
            resumes_at: None,
        })
        .unwrap();
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &paused, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    operations::run_subscription(&context, id, at)
        .await
        .unwrap();
    let list = api.get("/v3/invoices").await;
    (path, list.body["data"][0].clone())
}

#[tokio::test]
async fn a_draft_that_a_paused_collection_kept_is_finalised_and_not_deleted() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, DECLINES).await;
    let (subscription, invoice) = kept(&world, &api, &customer).await;
    assert_eq!(invoice["status"], "draft");
    assert_eq!(invoice["auto_finalize_at"], json!(null));
    let path = format!("/v3/invoices/{}", invoice["id"].as_str().unwrap());
    let refused = api.delete(&path).await;
    assert_eq!(refused.text_of("code"), "invoice_of_subscription");
    let open = finalize(&api, &path).await;
    assert_eq!(open["status"], "open");
    assert_eq!(open["billing_reason"], "subscription_cycle");
    assert_eq!(api.get(&subscription).await.body["status"], "past_due");
    let good = crate::invoices::invoice_testing::card(&api, &customer, GOOD, false).await;
    let paid = act(&api, &path, "pay", json!({ "payment_method_id": good })).await;
    assert_eq!(paid.expect(200)["status"], "paid");
    assert_eq!(api.get(&subscription).await.body["status"], "active");
}
