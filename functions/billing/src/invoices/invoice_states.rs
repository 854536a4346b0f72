//! What may be done to an invoice in each of its states, and what may not.

use models::Money;
use models::ids::{self, Id};
use operations::{InvoiceCharge, begin_attempt};
use serde_json::{Value, json};
use testkit::{Call, World};

use crate::invoices::invoice_testing::{GOOD, act, buyer, customer, draft, open, told};

/// An attempt at the invoice begins, and whoever makes it dies.
pub(crate) async fn begin(world: &World, path: &str, cents: i64) {
    let context = world.app.scheduled(world.ours.test(), None);
    let id: Id<ids::Invoice> = path.rsplit('/').next().unwrap().parse().unwrap();
    let stored = context.find_now(id).await.unwrap().unwrap();
    let customer = context.find_now(stored.customer_id).await;
    let method = customer.unwrap().unwrap().default_payment_method.unwrap();
    let method = context.find_now(method).await.unwrap().unwrap();
    let amount = Money::new(cents, stored.currency);
    let charge = InvoiceCharge::of(method.into_inner(), amount, true);
    let begun = begin_attempt(&context, &stored, &charge).await.unwrap();
    assert!(begun.is_some());
}

/// An invoice in that state.
async fn invoice_that_is(world: &World, api: &Call, customer: &str, state: &str) -> String {
    if state == "draft" {
        return draft(api, customer, 1000, json!({})).await;
    }
    let path = open(api, customer, 1000, json!({})).await;
    match state {
        "open" => {}
        "partially_paid" => drop(act(api, &path, "pay", json!({ "amount": 400 })).await),
        "processing" => begin(world, &path, 1000).await,
        "paid" => drop(act(api, &path, "pay", json!({})).await),
        other => drop(act(api, &path, other, json!({})).await),
    }
    path
}

async fn doing(api: &Call, path: &str, action: &str) -> testkit::Answer {
    match action {
        "change" => api.patch(path, json!({ "days_until_due": 3 })).await,
        "tag" => api.patch(path, json!({ "metadata": { "a": "b" } })).await,
        "delete" => api.delete(path).await,
        "receive" => act(api, path, "pay", json!({ "paid_out_of_band": true })).await,
        action => act(api, path, action, json!({})).await,
    }
}

/// What each action makes of each state, or why it is refused.
const TABLE: &[(&str, &[(&str, &str)])] = &[
    (
        "draft",
        &[
            ("change", "draft"),
            ("tag", "draft"),
            ("delete", "deleted"),
            ("finalize", "open"),
            ("pay", "invalid_invoice_status"),
            ("receive", "invalid_invoice_status"),
            ("void", "invalid_invoice_status"),
            ("uncollectible", "invalid_invoice_status"),
        ],
    ),
    (
        "open",
        &[
            ("change", "invalid_invoice_status"),
            ("tag", "open"),
            ("delete", "invalid_invoice_status"),
            ("finalize", "invalid_invoice_status"),
            ("pay", "paid"),
            ("receive", "paid"),
            ("void", "void"),
            ("uncollectible", "uncollectible"),
        ],
    ),
    (
        "partially_paid",
        &[
            ("change", "invalid_invoice_status"),
            ("tag", "open"),
            ("delete", "invalid_invoice_status"),
            ("finalize", "invalid_invoice_status"),
            ("pay", "paid"),
            ("receive", "paid"),
            ("void", "invoice_partially_paid"),
            ("uncollectible", "uncollectible"),
        ],
    ),
    (
        "processing",
        &[
            ("change", "invalid_invoice_status"),
            ("tag", "open"),
            ("delete", "invalid_invoice_status"),
            ("finalize", "invalid_invoice_status"),
            ("pay", "payment_processing"),
            ("receive", "payment_processing"),
            ("void", "payment_processing"),
            ("uncollectible", "payment_processing"),
        ],
    ),
    (
        "uncollectible",
        &[
            ("change", "invalid_invoice_status"),
            ("tag", "uncollectible"),
            ("delete", "invalid_invoice_status"),
            ("finalize", "invalid_invoice_status"),
            ("pay", "paid"),
            ("receive", "paid"),
            ("void", "void"),
            ("uncollectible", "invalid_invoice_status"),
        ],
    ),
    (
        "paid",
        &[
            ("change", "invalid_invoice_status"),
            ("tag", "paid"),
            ("delete", "invalid_invoice_status"),
            ("finalize", "invalid_invoice_status"),
            ("pay", "invalid_invoice_status"),
            ("receive", "invalid_invoice_status"),
            ("void", "invalid_invoice_status"),
            ("uncollectible", "invalid_invoice_status"),
        ],
    ),
    (
        "void",
        &[
            ("change", "invalid_invoice_status"),
            ("tag", "void"),
            ("delete", "invalid_invoice_status"),
            ("finalize", "invalid_invoice_status"),
            ("pay", "invalid_invoice_status"),
            ("receive", "invalid_invoice_status"),
            ("void", "invalid_invoice_status"),
            ("uncollectible", "invalid_invoice_status"),
        ],
    ),
];

#[tokio::test]
async fn each_state_allows_what_the_table_says_and_a_refusal_changes_nothing() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    for (state, actions) in TABLE {
        for (action, want) in *actions {
            let path = invoice_that_is(&world, &api, &customer, state).await;
            let before = api.get(&path).await.body;
            let answer = doing(&api, &path, action).await;
            let now = api.get(&path).await.body;
            if answer.status.as_u16() == 409 {
                assert_eq!(answer.text_of("code"), *want, "{action} of one {state}");
                assert_eq!(now, before, "{action} of one {state}");
                continue;
            }
            answer.expect(200);
            if *want == "deleted" {
                assert_eq!(answer.body["deleted"], true);
                continue;
            }
            assert_eq!(answer.body["status"], *want, "{action} of one {state}");
            assert_eq!(now, answer.body, "{action} of one {state}");
        }
    }
}

#[tokio::test]
async fn each_action_tells_one_event() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    let cases: &[(&str, &str, &[&str])] = &[
        ("draft", "tag", &["2 invoice.updated"]),
        ("draft", "finalize", &["2 invoice.finalized"]),
        ("open", "tag", &["3 invoice.updated"]),
        ("open", "pay", &["3 invoice.paid"]),
        ("open", "receive", &["3 invoice.paid"]),
        ("open", "void", &["3 invoice.voided"]),
        ("open", "uncollectible", &["3 invoice.uncollectible"]),
        ("partially_paid", "tag", &["4 invoice.updated"]),
        ("partially_paid", "pay", &["4 invoice.paid"]),
        ("uncollectible", "pay", &["4 invoice.paid"]),
        ("uncollectible", "void", &["4 invoice.voided"]),
    ];
    for (state, action, want) in cases {
        let path = invoice_that_is(&world, &api, &customer, state).await;
        doing(&api, &path, action).await.expect(200);
        let id = path.rsplit('/').next().unwrap();
        assert_eq!(told(&world, id), *want, "{action} of one {state}");
    }
}

#[tokio::test]
async fn what_the_balance_paid_comes_back_with_the_voiding() {
    use crate::invoices::invoice_testing::{credit, give};
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    give(&api, &customer, 700).await;
    let path = open(&api, &customer, 1000, json!({})).await;
    assert_eq!(credit(&world, &customer).await, 0);
    act(&api, &path, "uncollectible", json!({}))
        .await
        .expect(200);
    let keyed = api.idempotent("k");
    let void = act(&keyed, &path, "void", json!({})).await;
    assert_eq!(void.expect(200)["status"], "void");
    let sums = ["balance_applied", "amount_due", "amount_remaining", "total"];
    let sums: Vec<Value> = sums.iter().map(|name| void.body[*name].clone()).collect();
    assert_eq!(json!(sums), json!([0, 1000, 0, 1000]));
    assert_eq!(credit(&world, &customer).await, 700);
    assert_eq!(act(&keyed, &path, "void", json!({})).await.text, void.text);
    assert_eq!(credit(&world, &customer).await, 700);
    act(&api, &path, "void", json!({})).await.expect(409);
    assert_eq!(credit(&world, &customer).await, 700);
}

#[tokio::test]
async fn somebody_elses_invoice_does_not_exist() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let path = draft(&api, &customer, 1000, json!({})).await;
    let before = api.get(&path).await.body;
    let reader = api.with_key(&world.key_with(&["billing:read"]).await);
    for action in [
        "change",
        "tag",
        "delete",
        "finalize",
        "pay",
        "receive",
        "void",
        "uncollectible",
    ] {
        for (key, status) in [(&world.theirs.test_key, 404), (&world.ours.live_key, 404)] {
            let answer = doing(&api.with_key(key), &path, action).await;
            answer.expect(status);
        }
        doing(&reader, &path, action).await.expect(403);
    }
    assert_eq!(api.get(&path).await.body, before);
}

#[tokio::test]
async fn each_action_costs_what_it_says() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    // A read of the test clock is among them.
    for (state, action, write_tenths) in [
        ("draft", "change", 10),
        ("draft", "tag", 10),
        ("draft", "delete", 50),
        ("open", "void", 20),
        ("open", "uncollectible", 20),
    ] {
        let path = invoice_that_is(&world, &api, &customer, state).await;
        world.meter.take();
        doing(&api, &path, action).await.expect(200);
        let units = world.meter.take();
        let spent = (units.read_tenths, units.write_tenths);
        assert_eq!(spent, (20, write_tenths), "{action} of one {state}");
    }
}
