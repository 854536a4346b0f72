//! A business in New York with monthly plans, and one customer who pays with a good card.

use models::Timestamp;
use models::ids::{self, Id};
use serde_json::{Value, json};
use testkit::{Answer, Call, World};

use crate::generators::catalogue;

/// Flat monthly plans and what they cost, in minor units of USD.
const FLAT: &[(&str, u32)] = &[
    ("a", 3_000),
    ("b", 6_000),
    ("c", 9_000),
    ("thirty_one", 3_100),
    ("one_twenty", 12_000),
];

pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) customer: String,
    /// The subscription that was made last.
    pub(crate) id: String,
}

impl Shop {
    pub(crate) async fn at(now: &str) -> Self {
        let world = World::at(now).await;
        let api = world.call(catalogue::all());
        let plan = |id: &str, amount: u32| json!({ "id": id, "name": id, "currency": "USD", "amount": amount, "interval": "month" });
        for (id, amount) in FLAT {
            api.plan(plan(id, *amount)).await;
        }
        let mut seats = plan("seats", 3_100);
        seats["pricing_model"] = json!("per_unit");
        api.plan(seats).await;
        for (id, price) in [("calls_10", 10), ("calls_20", 20)] {
            let mut metered = plan(id, 0);
            metered["meters"] = json!([
                { "metric_name": "calls", "pricing_model": "per_unit", "amount": price },
                { "metric_name": "mails", "pricing_model": "per_unit", "amount": 1 },
            ]);
            api.plan(metered).await;
        }
        let shop = Self {
            customer: api.customer().await,
            world,
            id: String::new(),
        };
        shop.pay_with(testkit::GOOD_CARD).await;
        shop
    }

    pub(crate) fn api(&self) -> Call {
        self.world.call(catalogue::all())
    }

    /// From now on the customer pays with that card.
    pub(crate) async fn pay_with(&self, number: &str) {
        let card = json!({ "number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123" });
        let method =
            json!({ "customer_id": self.customer, "type": "card", "card": card, "default": true });
        let attached = self.api().post("/v3/payment-methods", method).await;
        attached.expect(201);
    }

    /// A subscription with these fields beside the customer.
    pub(crate) async fn subscribe(&mut self, mut fields: Value) {
        fields["customer_id"] = json!(self.customer);
        let made = self.api().post("/v3/subscriptions", fields).await;
        made.expect(201);
        self.id = made.text_of("id").to_owned();
    }

    pub(crate) async fn change(&self, change: Value) -> Value {
        let path = format!("/v3/subscriptions/{}", self.id);
        self.api().patch(&path, change).await.expect(200).clone()
    }

    /// `cancel`, `pause` or `resume`.
    pub(crate) async fn act(&self, action: &str, fields: Value) -> Answer {
        let path = format!("/v3/subscriptions/{}/{action}", self.id);
        self.api().post(&path, fields).await
    }

    pub(crate) async fn cancel(&self, fields: Value) {
        self.act("cancel", fields).await.expect(200);
    }

    pub(crate) async fn used(&self, metric: &str, quantity: u32) {
        let report =
            json!({ "subscription_id": self.id, "metric_name": metric, "quantity": quantity });
        self.api().post("/v3/usage", report).await.expect(201);
    }

    /// The same, of a time that many seconds from now. Returns the id of the record.
    pub(crate) async fn used_in(&self, seconds: i64, fields: Value) -> String {
        let made = self.report_in(seconds, fields).await;
        made.expect(201);
        made.text_of("id").to_owned()
    }

    pub(crate) async fn report_in(&self, seconds: i64, mut fields: Value) -> Answer {
        let at = self.world.config.clock.now().plus_seconds(seconds);
        fields["subscription_id"] = json!(self.id);
        fields["timestamp"] = json!(at.to_string());
        self.api().post("/v3/usage", fields).await
    }

    /// Time goes on, and all that comes due is done when it is due.
    pub(crate) async fn to(&mut self, moment: &str) {
        let moment: Timestamp = moment.parse().unwrap();
        loop {
            let due = self.next_due().await.filter(|due| *due <= moment);
            let at = due.unwrap_or(moment).max(self.world.config.clock.now());
            let seconds = at.seconds() - self.world.config.clock.now().seconds();
            self.world = self.world.later(seconds);
            if due.is_none() {
                return;
            }
            let context = self.world.app.scheduled(self.world.ours.test(), Some(at));
            for id in self.ids("subscriptions").await {
                let id = id.parse().unwrap();
                operations::run_subscription(&context, id, at)
                    .await
                    .unwrap();
            }
            for id in self.ids("invoices").await {
                let id = id.parse().unwrap();
                operations::run_invoice(&context, id, at).await.unwrap();
            }
        }
    }

    async fn next_due(&self) -> Option<Timestamp> {
        let context = self.world.app.scheduled(self.world.ours.test(), None);
        let mut dues = Vec::new();
        for id in self.ids("subscriptions").await {
            let found = context
                .find_now(id.parse::<Id<ids::Subscription>>().unwrap())
                .await
                .unwrap();
            dues.extend(found.unwrap().due());
        }
        for id in self.ids("invoices").await {
            dues.extend(
                context
                    .find_now(id.parse::<Id<ids::Invoice>>().unwrap())
                    .await
                    .unwrap()
                    .unwrap()
                    .due(),
            );
        }
        dues.into_iter().min()
    }

    async fn ids(&self, of: &str) -> Vec<String> {
        let list = self.list(&format!("/v3/{of}?limit=100")).await;
        list.iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let list = self.api().get(path).await;
        list.expect(200)["data"].as_array().unwrap().clone()
    }

    pub(crate) async fn status(&self) -> String {
        let path = format!("/v3/subscriptions/{}", self.id);
        self.api().get(&path).await.text_of("status").to_owned()
    }

    /// All invoices, the oldest first.
    pub(crate) async fn invoices(&self) -> Vec<Value> {
        let mut invoices = self.list("/v3/invoices?limit=100").await;
        invoices.reverse();
        invoices
    }

    /// The totals of all invoices, in the order in which they were numbered.
    pub(crate) async fn totals(&self) -> Vec<i64> {
        let mut invoices = self.invoices().await;
        invoices.sort_by_key(|invoice| invoice["number"].to_string());
        let totals = invoices.iter();
        totals
            .map(|invoice| invoice["total"].as_i64().unwrap())
            .collect()
    }

    /// What the customer's balance holds.
    pub(crate) async fn balance(&self) -> i64 {
        let path = format!("/v3/customers/{}", self.customer);
        let customer = self.api().get(&path).await;
        customer.expect(200)["credit_balance"]["USD"]
            .as_i64()
            .unwrap_or(0)
    }

    /// Every amount of every invoice follows from what was billed.
    pub(crate) async fn explains(&self) {
        for invoice in self.invoices().await {
            let path = format!("/v3/invoices/{}/explain", invoice["id"].as_str().unwrap());
            let explained = self.api().get(&path).await;
            assert_eq!(explained.expect(200)["matches"], true, "{}", explained.text);
        }
    }
}
