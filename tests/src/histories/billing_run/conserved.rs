//! Money is conserved: what came in is what invoices say was paid, and what the balances of customers hold.

use models::Money;
use models::billing::InvoiceStatus;
use models::payments::PaymentStatus;
use serde_json::{Value, json};
use testkit::{Call, World};

use super::START;
use super::driver::{Books, drain, handle_all, tick};
use crate::generators::catalogue;
use crate::histories::chance::{Chance, seeds};

/// Stories that are tried.
const SEEDS: u64 = 3;
const STEPS: u64 = 12;
/// What renews, in minor units of USD.
const PLANS: &[(&str, u32, &str)] = &[
    ("small", 333, "day"),
    ("large", 10_007, "day"),
    ("week", 2_999, "week"),
    ("month", 9_999, "month"),
];
/// Twice as many that pay as that do not.
const CARDS: &[&str] = &[
    "4242424242424242",
    "4242424242424242",
    "4242424242424242",
    "4000000000000341",
    "4000000000000119",
];

struct Story {
    chance: Chance,
    world: World,
    customers: Vec<String>,
    subscriptions: Vec<String>,
    processes: u64,
}

impl Story {
    async fn begin(seed: u64) -> Self {
        let world = World::at(START).await;
        let api = world.call(catalogue::all());
        for (id, amount, interval) in PLANS {
            let plan = json!({ "id": id, "name": id, "currency": "USD", "amount": amount,
                "interval": interval, "pricing_model": "per_unit" });
            api.plan(plan).await;
        }
        let mut story = Self {
            chance: Chance::seeded(seed),
            world,
            customers: Vec::new(),
            subscriptions: Vec::new(),
            processes: 0,
        };
        for _ in 0..3 {
            let customer = json!({ "email": "a@example.com" });
            let customer = api.post("/v3/customers", customer).await;
            let customer = customer.text_of("id").to_owned();
            attach(&api, &customer, CARDS[0]).await;
            let plan = story.chance.one_of(PLANS).0;
            let trial = story.chance.below(3);
            let new =
                json!({ "customer_id": customer, "plan_id": plan, "trial_period_days": trial });
            let subscription = api.post("/v3/subscriptions", new).await;
            story
                .subscriptions
                .push(subscription.text_of("id").to_owned());
            story.customers.push(customer);
        }
        story
    }

    /// Time passes, somebody does something, and bills are run in a process that may die.
    async fn step(&mut self) {
        let hours = self.chance.below(60);
        self.world = self.world.later(i64::try_from(hours * 3_600).unwrap());
        let api = self.world.call(catalogue::all());
        match self.chance.below(4) {
            0 => {
                let card = *self.chance.one_of(CARDS);
                let customer = self.chance.one_of(&self.customers).clone();
                attach(&api, &customer, card).await;
            }
            1 | 2 => self.change(&api).await,
            _ => self.refund(&api).await,
        }
        self.processes += 1;
        let process = self.world.process(100 + self.processes);
        process.meter.fault(self.chance.fault(120));
        drop(tick(&process).await);
        drop(tick(&process).await);
        let worker = super::worker(&process);
        let batch = process.inbox.take(super::BATCH);
        testkit::deliver(&worker, &batch).await;
        self.world.inbox.put(batch);
        handle_all(&self.world).await;
        drain(&self.world).await;
    }

    /// Another plan, now or later, prorated or not.
    async fn change(&mut self, api: &Call) {
        let id = self.chance.one_of(&self.subscriptions).clone();
        let proration = *self
            .chance
            .one_of(&["create_prorations", "always_invoice", "none"]);
        let change = json!({
            "plan_id": self.chance.one_of(PLANS).0,
            "quantity": 1 + self.chance.below(3),
            "proration_behavior": proration,
        });
        let path = format!("/v3/subscriptions/{id}");
        let answer = api.patch(&path, change).await;
        // What is over cannot be changed.
        let status = answer.status.as_u16();
        assert!(matches!(status, 200 | 402 | 409), "{}", answer.text);
    }

    /// A part of a payment is given back.
    async fn refund(&mut self, api: &Call) {
        let payments = api.get("/v3/payments?limit=100").await.body["data"].clone();
        let paid: Vec<&Value> = payments
            .as_array()
            .unwrap()
            .iter()
            .filter(|payment| payment["status"] == "succeeded")
            .collect();
        if paid.is_empty() {
            return;
        }
        let id = self.chance.one_of(&paid)["id"].as_str().unwrap();
        let refund = json!({ "amount": 1 + self.chance.below(500) });
        let path = format!("/v3/payments/{id}/refunds");
        let answer = api.post(&path, refund).await;
        // There may not be so much left of it.
        let status = answer.status.as_u16();
        assert!(matches!(status, 201 | 400 | 409), "{}", answer.text);
    }

    async fn is_conserved(&self) {
        let books = Books::of(&self.world).await;
        let usd = "USD".parse().unwrap();
        let sum = |amounts: &mut dyn Iterator<Item = Money>| {
            amounts.fold(Money::zero(usd), |sum, amount| sum.plus(amount).unwrap())
        };
        let applied = |invoice: &models::billing::Invoice| {
            invoice.balance_applied.unwrap_or(Money::zero(usd))
        };
        for invoice in &books.invoices {
            let settled = applied(invoice).plus(invoice.amount_paid).unwrap();
            let left = invoice.amount_remaining().unwrap();
            match invoice.status {
                InvoiceStatus::Paid | InvoiceStatus::Open => {
                    assert_eq!(settled.plus(left).unwrap(), invoice.total().unwrap());
                }
                InvoiceStatus::Draft | InvoiceStatus::Void | InvoiceStatus::Uncollectible => {}
            }
        }
        let came_in = books
            .payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded);
        let came_in = sum(&mut came_in.map(|payment| payment.amount));
        let paid = sum(&mut books.invoices.iter().map(|invoice| invoice.amount_paid));
        let taken = sum(&mut books.invoices.iter().map(applied));
        let mut held = Money::zero(usd);
        let context = self.world.app.scheduled(self.world.ours.test(), None);
        for id in &self.customers {
            let customer = context
                .find(id.parse::<models::Id<models::ids::Customer>>().unwrap())
                .await
                .unwrap()
                .unwrap();
            held = held.plus(customer.credit(usd)).unwrap();
        }
        // What the balances hold came from credits, which are negative uses, and from what was paid too much.
        let owed = paid.plus(taken).unwrap().plus(held).unwrap();
        assert_eq!(
            came_in, owed,
            "{paid:?} paid, {taken:?} used, {held:?} held"
        );
        assert_eq!(self.world.sandbox.asked().len(), self.asked(&books));
    }

    /// Keys under which the gateway was asked: those of payments and those of refunds.
    fn asked(&self, books: &Books) -> usize {
        let refunds = self.world.dump();
        let refunds = refunds.iter().filter(|item| item["et"]["S"] == "refund");
        books.payments.len() + refunds.count()
    }
}

async fn attach(api: &Call, customer: &str, number: &str) {
    let card = testkit::card(number);
    let method = json!({ "customer_id": customer, "type": "card", "card": card, "default": true });
    api.post("/v3/payment-methods", method).await.expect(201);
}

#[tokio::test]
async fn whatever_happens_money_is_conserved() {
    for seed in seeds(SEEDS) {
        println!("SAVVY_SEED={seed}");
        let mut story = Story::begin(seed).await;
        for _ in 0..STEPS {
            story.step().await;
            story.is_conserved().await;
        }
    }
}
