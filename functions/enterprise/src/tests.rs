//! The operations over an embedded table: every example of the document, who may do what, and what happens where a process dies.

mod access;
mod budgets;
mod crashes;
mod examples;
mod limits;
mod pages;
mod rules;

use api::{App, Invocation};
use http::Method;
use models::{Mode, Scope, Timestamp};
use serde_json::{Value, json};
use store::keys;
use testkit::{Answer, Call, World, deliver};
use utoipa_axum::router::OpenApiRouter;

/// The business of a world.
const BUSINESS: &str = "acct_rs_1";

/// A world with a client of Reveknew.
struct Shop {
    world: World,
    api: Call,
    client: (String, String),
}

fn routes() -> axum::Router<App> {
    let routes: OpenApiRouter<App> = crate::routes()
        .merge(billing::routes())
        .merge(communications::routes())
        .merge(crm::routes())
        .merge(payments::routes())
        .merge(platform::routes());
    axum::Router::from(routes).merge(crate::pages())
}

impl Shop {
    async fn at(now: &str) -> Self {
        let world = World::at(now).await;
        let v3 = world.call(routes());
        let made = v3.post("/v3/oauth-clients", json!({ "name": "A" })).await;
        let client = (
            made.text_of("client_id").to_owned(),
            made.text_of("client_secret").to_owned(),
        );
        let mut shop = Self {
            api: v3,
            world,
            client,
        };
        let token = shop.token().await;
        shop.api = shop.api.with_key(&token);
        shop
    }

    fn form(&self) -> String {
        let (id, secret) = &self.client;
        format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&audience=https://services.reveknew.net"
        )
    }

    async fn token(&self) -> String {
        let answer = self
            .api
            .without_key()
            .form("/oauth/token", &self.form())
            .await;
        answer.expect(200);
        answer.text_of("access_token").to_owned()
    }

    /// A caller of v3 in the same world.
    fn v3(&self) -> Call {
        self.world.call(routes())
    }

    /// The same shop that many seconds later.
    fn later(self, seconds: i64) -> Self {
        let world = self.world.later(seconds);
        let api = world.call(routes());
        Self { world, api, ..self }
    }

    async fn call(&self, method: Method, resource: &str, rest: &str, body: Value) -> Answer {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let path = format!("/enterprise/v1/{resource}/{BUSINESS}{rest}");
        self.api.send(method, &path, &text).await
    }

    async fn post(&self, resource: &str, rest: &str, body: Value) -> Value {
        let answer = self.call(Method::POST, resource, rest, body).await;
        answer.expect(201).clone()
    }

    async fn get(&self, resource: &str, rest: &str) -> Value {
        let answer = self.call(Method::GET, resource, rest, Value::Null).await;
        answer.expect(200).clone()
    }

    async fn customer(&self) -> String {
        let customer =
            json!({ "customerNum": "4515", "firstName": "Joey", "phoneNo": "416 555 1234" });
        let customer = self.post("customers", "", customer).await;
        customer["id"].as_str().unwrap().to_owned()
    }

    async fn tier(&self, terms: Value) -> String {
        let mut tier = json!({ "name": "Basic", "amount": 20, "billingPeriod": "MONTHLY", "graceDays": 1, "reminderDays": 2 });
        for (name, value) in terms.as_object().unwrap() {
            tier[name] = value.clone();
        }
        let tier = self.post("tiers", "", tier).await;
        tier["id"].as_str().unwrap().to_owned()
    }

    /// A customer and a subscription to a tier with those terms.
    async fn subscribe(&self, terms: Value, more: Value) -> Value {
        let mut new =
            json!({ "customerId": self.customer().await, "tierId": self.tier(terms).await });
        for (name, value) in more.as_object().unwrap() {
            new[name] = value.clone();
        }
        self.post("subscriptions", "", new).await
    }

    async fn subscription(&self, id: &Value) -> Value {
        self.get("subscriptions", &format!("/{}", id.as_str().unwrap()))
            .await
    }

    async fn pay(&self, url: &Value) -> Answer {
        let api = self.api.without_key();
        let form = "number=4242+4242+4242+4242&expiry=12/30&cvc=737";
        api.form(path(url), form).await
    }

    fn scope(&self) -> Scope {
        self.world.ours.test()
    }

    fn workers(&self) -> (Invocation, Invocation) {
        let app = self.world.app.clone();
        (billing_run::worker(app.clone()), notifications::worker(app))
    }

    /// Does everything that falls due until then, each at its moment.
    async fn run(&self, until: &str) {
        let until: Timestamp = until.parse().unwrap();
        let (rows, messages) = self.workers();
        let partition = keys::due_test_partition(self.world.ours.business);
        for _ in 0..100 {
            let table = self.world.app.table();
            let due = table.due(&partition, until, None, 100).await.unwrap();
            let Some(item) = due.first() else { return };
            let worker = match item.entity_type.as_str() {
                "msg" => &messages,
                _ => &rows,
            };
            let body = serde_json::to_string(&item.message(true).unwrap()).unwrap();
            assert_eq!(deliver(worker, &[body]).await, Vec::<String>::new());
        }
        panic!("something does not move on");
    }
}

/// The path of a URL.
fn path(url: &Value) -> &str {
    let url = url.as_str().unwrap();
    url.get(url.find("/p/").unwrap()..).unwrap()
}

fn statuses(subscription: &Value) -> Vec<&str> {
    let rows = subscription["schedules"].as_array().unwrap();
    rows.iter()
        .map(|row| row["status"].as_str().unwrap())
        .collect()
}

/// The live mode of our business.
fn live(world: &World) -> Scope {
    Scope {
        business: world.ours.business,
        mode: Mode::Live,
    }
}
