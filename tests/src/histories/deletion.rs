//! A customer is deleted while others write what names it: nothing lives on that would be billed.

use futures::future::join_all;
use models::page::PageRequest;
use models::{Id, ids};
use serde_json::json;
use store::Origin;
use testkit::{Answer, Call, World, card};

use crate::generators::catalogue;
use crate::histories::billing_run::drain;

/// Callers at once, of each kind.
const MANY: u64 = 8;
const DAY: i64 = 86_400;

async fn shop(world: &World) -> Call {
    let api = world.call(catalogue::all());
    let plan = json!({ "id": "plan_pro", "name": "Pro", "amount": 9_900, "currency": "USD", "interval": "month" });
    api.post("/v3/plans", plan).await.expect(201);
    api
}

async fn customer(api: &Call) -> String {
    let customer = api
        .post("/v3/customers", json!({ "email": "ada@example.com" }))
        .await;
    customer.expect(201);
    let id = customer.text_of("id").to_owned();
    let method = json!({ "customer_id": id, "type": "card", "card": card(testkit::GOOD_CARD) });
    api.post("/v3/payment-methods", method).await.expect(201);
    id
}

/// What was created, of answers that are 201, or say that there is no such customer.
fn created(answers: Vec<Answer>) -> Vec<String> {
    let made = answers.into_iter().filter_map(|answer| {
        if answer.status == 201 {
            return Some(answer.text_of("id").to_owned());
        }
        let refused = answer.status == 404 || answer.pointers() == ["/customer_id"];
        assert!(refused, "{}", answer.text);
        None
    });
    made.collect()
}

#[tokio::test]
async fn who_is_deleted_while_others_subscribe_is_billed_no_more() {
    let world = World::new().await;
    let api = shop(&world).await;
    let mut survived = 0;
    for round in 0..4 {
        let id = customer(&api).await;
        let path = format!("/v3/customers/{id}");
        let subscription = json!({ "customer_id": id, "plan_id": "plan_pro" });
        let invoice = json!({
            "customer_id": id, "line_items": [{ "description": "Work", "quantity": 1, "unit_amount": 500 }], "auto_finalize": true,
        });
        let method = json!({ "customer_id": id, "type": "card", "card": card(testkit::GOOD_CARD) });
        let delete = async {
            // Later in each round.
            tokio::time::sleep(std::time::Duration::from_millis(400 * round)).await;
            api.delete(&path).await
        };
        let send = |path: &'static str, body: &serde_json::Value| {
            join_all((0..MANY).map(|number| {
                let caller = world.process(100 + number).call(catalogue::all());
                let body = body.clone();
                async move { caller.post(path, body).await }
            }))
        };
        let (deleted, subscriptions, invoices, methods) = tokio::join!(
            delete,
            send("/v3/subscriptions", &subscription),
            send("/v3/invoices", &invoice),
            send("/v3/payment-methods", &method),
        );
        deleted.expect(200);
        survived += created(subscriptions).len();
        drop((created(invoices), created(methods)));
    }
    assert!(survived > 0, "no subscription came before a deletion");
    let asked = world.sandbox.asked().len();
    // Two renewals later nobody was charged, and nothing is due.
    drain(&world.later(40 * DAY)).await;
    let later = world.later(80 * DAY);
    drain(&later).await;
    assert_eq!(later.sandbox.asked().len(), asked);
    let context = later.app.scheduled(later.ours.test(), None);
    let mut request = PageRequest {
        limit: 100,
        after: None,
    };
    loop {
        let page = context.subscriptions(&request, None, None).await.unwrap();
        for subscription in page.items {
            assert!(subscription.status.is_over(), "{subscription:?}");
        }
        request.after = page.next;
        if request.after.is_none() {
            break;
        }
    }
}

/// What the index did not show to whoever deleted the customer ends when it would be billed.
#[tokio::test]
async fn a_renewal_without_a_customer_ends_its_subscription() {
    let world = World::new().await;
    let api = shop(&world).await;
    let id = customer(&api).await;
    let made = json!({ "customer_id": id, "plan_id": "plan_pro" });
    let made = api.post("/v3/subscriptions", made).await;
    made.expect(201);
    let context = world.app.context(world.ours.test(), Origin::system());
    let customer: Id<ids::Customer> = id.parse().unwrap();
    let stored = context.find_now(customer).await.unwrap().unwrap();
    let mut gone = (*stored).clone();
    gone.deleted = Some(context.wall());
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &gone, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    let asked = world.sandbox.asked().len();
    let later = world.later(32 * DAY);
    drain(&later).await;
    assert_eq!(later.sandbox.asked().len(), asked);
    let path = format!("/v3/subscriptions/{}", made.text_of("id"));
    let found = later.call(catalogue::all()).get(&path).await;
    assert_eq!(found.expect(200)["status"], "canceled");
}
