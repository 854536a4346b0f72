//! A gateway that takes its time, loses answers and refuses duplicates, and many workers at once: money is taken once, and what
//! was taken is booked as taken.

use std::time::Duration;

use futures::future::join_all;
use http::Method;
use local::braintree::{Behavior, Running};
use models::page::PageRequest;
use models::payments::{Card, LEASE_SECONDS, PaymentMethod};
use models::{Id, Metadata, Mode, Scope, ids};
use serde_json::{Value, json};
use store::Origin;
use testkit::{AFTER_A_CRASH, Answer, Call, World};

use crate::generators::catalogue;

/// Callers and workers at once.
const MANY: u64 = 64;
const DAY: i64 = 86_400;

/// A business in live mode, whose gateway this is.
struct Shop {
    gateway: Running,
    world: World,
}

impl Shop {
    async fn new(behavior: Behavior) -> Self {
        let gateway = Running::start(0, behavior).await.unwrap();
        let world = World::new().await;
        let world = configured(&world, &gateway);
        Self { gateway, world }
    }

    /// The same so many seconds later, seen by another process.
    fn later(&self, seconds: i64) -> World {
        configured(&self.world.later(seconds), &self.gateway)
    }

    /// A customer with a card in the vault.
    async fn customer(&self) -> (String, String) {
        let api = live(&self.world);
        let profile = json!({ "email": "ada@example.com" });
        let customer = api.post("/v3/customers", profile).await;
        customer.expect(201);
        let customer_id: Id<ids::Customer> = customer.text_of("id").parse().unwrap();
        let context = self.world.app.scheduled(scope(&self.world), None);
        let stored = context.find_now(customer_id).await.unwrap().unwrap();
        let method = PaymentMethod {
            id: context.mint().await.unwrap(),
            customer_id,
            card: vaulted(),
            metadata: Metadata::new(),
            created: context.wall(),
            deleted: None,
        };
        let mut customer = (*stored).clone();
        customer.default_payment_method = Some(method.id);
        let mut writes = context.writes().await.unwrap();
        writes.create(&method, None).unwrap();
        writes.update(&stored, &customer, None).unwrap();
        assert!(context.write(&writes).await.unwrap());
        (customer_id.to_string(), method.id.to_string())
    }

    /// A subscription whose first month is paid.
    async fn subscription(&self) -> String {
        let api = live(&self.world);
        let plan = json!({ "id": "plan_pro", "name": "Pro", "amount": 9_900, "currency": "USD", "interval": "month" });
        api.post("/v3/plans", plan).await.expect(201);
        let (customer, _) = self.customer().await;
        let body = json!({ "customer_id": customer, "plan_id": "plan_pro" });
        let made = api.post("/v3/subscriptions", body).await;
        assert_eq!(made.expect(201)["status"], "active");
        made.text_of("id").to_owned()
    }

    /// The money that was taken, by order: each once.
    #[track_caller]
    fn taken(&self) -> usize {
        let book = self.gateway.book();
        assert_eq!(book["overlaps"], 0, "{book:#}");
        let made = book["transactions"].as_array().unwrap();
        let mut orders: Vec<&str> = made
            .iter()
            .map(|made| made["order"].as_str().unwrap())
            .collect();
        orders.sort_unstable();
        orders.dedup();
        assert_eq!(orders.len(), made.len(), "{book:#}");
        made.len()
    }
}

fn scope(world: &World) -> Scope {
    Scope {
        business: world.ours.business,
        mode: Mode::Live,
    }
}

fn configured(world: &World, gateway: &Running) -> World {
    world
        .with_variable("BRAINTREE_URL", &format!("{}/graphql", gateway.url))
        .with_variable("BRAINTREE_PUBLIC_KEY", "public")
        .with_variable("BRAINTREE_PRIVATE_KEY", "private")
}

fn live(world: &World) -> Call {
    world.call(catalogue::all()).with_key(&world.ours.live_key)
}

fn vaulted() -> Card {
    Card {
        brand: "visa".to_owned(),
        last4: "1881".to_owned(),
        exp_month: 12,
        exp_year: 2049,
        fingerprint: "card_of_ada".to_owned(),
        token: "method_of_ada".to_owned(),
    }
}

/// One that would take the money as often as it is asked, one that refuses the second, and one that knows keys as the real one does.
fn gateways() -> [Behavior; 3] {
    let slow = Behavior {
        latency_ms: 400,
        ..Behavior::default()
    };
    [
        Behavior {
            forget_keys: true,
            ..slow.clone()
        },
        Behavior {
            forget_keys: true,
            refuse_duplicates: true,
            ..slow.clone()
        },
        slow,
    ]
}

const fn first_page() -> PageRequest {
    PageRequest {
        limit: 10,
        after: None,
    }
}

async fn invoices(world: &World) -> Vec<Value> {
    let listed = live(world).get("/v3/invoices?limit=100").await;
    listed.expect(200)["data"].as_array().unwrap().clone()
}

async fn payments(world: &World) -> Vec<Value> {
    let listed = live(world).get("/v3/payments?limit=100").await;
    listed.expect(200)["data"].as_array().unwrap().clone()
}

/// One caller or worker of many.
async fn touch(world: &World, subscription: &str, number: u64) {
    let api = live(world);
    let path = format!("/v3/subscriptions/{subscription}");
    // Some come while the others are charging.
    tokio::time::sleep(Duration::from_millis(number * 10)).await;
    match number % 4 {
        0 | 1 => {
            let context = world.app.scheduled(scope(world), None);
            let now = context.now().await.unwrap();
            let id: Id<ids::Subscription> = subscription.parse().unwrap();
            let done = operations::run_subscription(&context, id, now).await;
            if let Err(error) = done {
                assert!(matches!(error, models::Error::Conflict { .. }), "{error:?}");
            }
            for invoice in invoices(world).await {
                let id = invoice["id"].as_str().unwrap().parse().unwrap();
                let done = operations::run_invoice(&context, id, now).await;
                if let Err(error) = done {
                    assert!(matches!(error, models::Error::Conflict { .. }), "{error:?}");
                }
            }
        }
        2 => {
            let note = json!({ "metadata": { "touched": number.to_string() } });
            let answer = api.patch(&path, note).await;
            assert!(
                matches!(answer.status.as_u16(), 200 | 409),
                "{}",
                answer.text
            );
        }
        _ => {
            let invoices = invoices(world).await;
            let newest = invoices[0]["id"].as_str().unwrap();
            let answer = api
                .post(&format!("/v3/invoices/{newest}/pay"), json!({}))
                .await;
            assert!(
                matches!(answer.status.as_u16(), 200 | 409),
                "{}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn a_renewal_that_many_work_at_takes_the_money_once() {
    for behavior in gateways() {
        let shop = Shop::new(behavior).await;
        let subscription = shop.subscription().await;
        assert_eq!(shop.taken(), 1);
        let later = shop.later(31 * DAY);
        let work = (0..MANY).map(|number| touch(&later, &subscription, number));
        join_all(work).await;
        assert_eq!(shop.taken(), 2);
        // What one of them left to another is done when its lease is over.
        let after = shop.later(31 * DAY + 600);
        touch(&after, &subscription, 0).await;
        assert_eq!(shop.taken(), 2);
        let invoices = invoices(&after).await;
        assert_eq!(invoices.len(), 2);
        for invoice in &invoices {
            assert_eq!(invoice["status"], "paid", "{invoice:#}");
            assert_eq!(invoice["amount_paid"], 9_900);
        }
        let path = format!("/v3/subscriptions/{subscription}");
        assert_eq!(live(&after).get(&path).await.body["status"], "active");
        for payment in payments(&after).await {
            assert_eq!(payment["status"], "succeeded", "{payment:#}");
        }
    }
}

fn statuses(answers: &[Answer], allowed: &[u16]) -> usize {
    for answer in answers {
        assert!(allowed.contains(&answer.status.as_u16()), "{}", answer.text);
    }
    let first = |answer: &&Answer| answer.status.as_u16() == allowed[0];
    answers.iter().filter(first).count()
}

#[tokio::test]
async fn one_key_sent_by_many_takes_and_gives_back_the_money_once() {
    for behavior in gateways() {
        let shop = Shop::new(behavior).await;
        let (_, method) = shop.customer().await;
        let world = &shop.world;
        let body = json!({ "amount": 4_200, "currency": "USD", "payment_method_id": method });
        let send = || async {
            live(world)
                .idempotent("k")
                .post("/v3/payments", body.clone())
                .await
        };
        let answers = join_all((0..MANY).map(|_| send())).await;
        assert!(statuses(&answers, &[201, 409]) >= 1);
        assert_eq!(shop.taken(), 1);
        let payment = send().await;
        assert_eq!(payment.expect(201)["status"], "succeeded");
        let path = format!("/v3/payments/{}/refunds", payment.text_of("id"));
        let back = || async {
            live(world)
                .idempotent("r")
                .post(&path, json!({ "amount": 1_000 }))
                .await
        };
        let answers = join_all((0..MANY).map(|_| back())).await;
        assert!(statuses(&answers, &[201, 409]) >= 1);
        assert_eq!(back().await.expect(201)["status"], "succeeded");
        let book = shop.gateway.book();
        let refunds = book["transactions"][0]["refunds"].as_array().unwrap();
        assert_eq!((refunds.len(), shop.taken()), (1, 1), "{book:#}");
    }
}

/// The money moved, and nobody heard of it: whoever comes first does not know, and whoever asks next finds it.
#[tokio::test]
async fn an_answer_that_is_lost_is_found_and_the_money_taken_once() {
    for forget_keys in [true, false] {
        let behavior = Behavior {
            lose_every: 1,
            forget_keys,
            ..Behavior::default()
        };
        let shop = Shop::new(behavior).await;
        let (_, method) = shop.customer().await;
        let body = json!({ "amount": 4_200, "currency": "USD", "payment_method_id": method });
        let pay = async |world: &World| {
            let api = live(world).idempotent("k");
            api.post("/v3/payments", body.clone()).await
        };
        pay(&shop.world).await.expect(503);
        // Another worker may be asking still.
        let early = shop.later(LEASE_SECONDS - 1);
        let context = early.app.scheduled(scope(&early), None);
        let listed = context.payments(&first_page(), None, None).await.unwrap();
        let stored = listed.items.into_iter().next().unwrap();
        let resolved = operations::resolve_payment(&context, stored).await.unwrap();
        assert!(resolved.elsewhere);
        assert!(resolved.settled().is_err());
        let later = shop.later(AFTER_A_CRASH);
        let paid = pay(&later).await;
        assert_eq!(paid.expect(201)["status"], "succeeded");
        let path = format!("/v3/payments/{}/refunds", paid.text_of("id"));
        let back = async |world: &World| {
            let api = live(world).idempotent("r");
            api.post(&path, json!({})).await
        };
        back(&later).await.expect(503);
        let refund = back(&shop.later(2 * AFTER_A_CRASH)).await;
        assert_eq!(refund.expect(201)["status"], "succeeded");
        let book = shop.gateway.book();
        let refunds = book["transactions"][0]["refunds"].as_array().unwrap();
        assert_eq!((refunds.len(), shop.taken()), (1, 1), "{book:#}");
    }
}

/// A charge that is under way for a while is asked about until it succeeds, and never made a second time.
#[tokio::test]
async fn a_success_that_comes_late_is_booked_when_it_is_there() {
    let behavior = Behavior {
        pending_ms: 500,
        ..Behavior::default()
    };
    let shop = Shop::new(behavior).await;
    let (_, method) = shop.customer().await;
    let body = json!({ "amount": 4_200, "currency": "USD", "payment_method_id": method });
    let pending = live(&shop.world).post("/v3/payments", body).await;
    assert_eq!(pending.expect(201)["status"], "processing");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let later = shop.later(180);
    let context = later.app.context(scope(&later), Origin::system());
    let id: Id<ids::Payment> = pending.text_of("id").parse().unwrap();
    let stored = context.find_now(id).await.unwrap().unwrap();
    let resolved = operations::resolve_payment(&context, stored).await.unwrap();
    assert!(!resolved.elsewhere);
    let path = format!("/v3/payments/{id}");
    let found = live(&later).send(Method::GET, &path, "").await;
    assert_eq!(found.expect(200)["status"], "succeeded");
    assert_eq!(shop.taken(), 1);
}
