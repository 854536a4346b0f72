//! Every route against callers who may not use it: nobody, another scope, another business, the other mode.

use http::Method;
use serde_json::{Value, json};
use testkit::{Call, GOOD_CARD, World};

use crate::generators::catalogue::{self, Operation};
use crate::generators::examples;

/// Ids of records of one of each kind, by the prefix in the examples.
async fn records(world: &World, api: &Call) -> Vec<(&'static str, String)> {
    let id = |answer: &testkit::Answer| answer.text_of("id").to_owned();
    let customer = api.customer().await;
    let plan = json!({ "id": "plan_enterprise_pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
    api.plan(plan).await;
    let method = api.card(&customer, GOOD_CARD).await;
    let payment = json!({ "amount": 100, "currency": "USD", "payment_method_id": method, "customer_id": customer });
    let payment = id(&api.post("/v3/payments", payment).await);
    let subscription = json!({ "customer_id": customer, "plan_id": "plan_enterprise_pro" });
    let subscription = api.post("/v3/subscriptions", subscription).await;
    let invoice = subscription.text_of("latest_invoice_id").to_owned();
    let subscription_id = id(&subscription);
    let usage =
        json!({ "subscription_id": subscription_id, "metric_name": "api_calls", "quantity": 1 });
    let usage = id(&api.post("/v3/usage", usage).await);
    let note = json!({ "invoice_id": invoice, "amount": 100 });
    let note = id(&api.post("/v3/credit-notes", note).await);
    let webhook = json!({ "url": "https://your-app.com/hook", "events": ["*"] });
    let webhook = id(&api.post("/v3/webhooks", webhook).await);
    let delivery = examples::delivery(world, &webhook).await.to_string();
    let key = json!({ "name": "Another", "mode": "test", "scopes": ["*"] });
    let key = id(&api.post("/v3/api-keys", key).await);
    let client = id(&api
        .post("/v3/oauth-clients", json!({ "name": "Client" }))
        .await);
    let partner = id(&api.post("/v3/partners", json!({ "name": "Partner" })).await);
    let events = api.get("/v3/events").await;
    let event = events.expect(200)["data"][0]["id"].as_str().unwrap();
    let event = event.to_owned();
    let message = json!({ "from": "+14165551234", "body": "Hello" });
    api.post("/v3/messages/inbound", message).await.expect(201);
    let messages = api.get("/v3/messages").await;
    let message = messages.expect(200)["data"][0]["id"].as_str().unwrap();
    let message = message.to_owned();
    let member = member(world, api).await;
    let coupon = json!({ "id": "coupon_welcome", "name": "Welcome", "percent_off": 10 });
    let coupon = id(&api.post("/v3/coupons", coupon).await);
    let rate = json!({ "display_name": "VAT", "percentage": 20 });
    let rate = id(&api.post("/v3/tax-rates", rate).await);
    vec![
        ("cust_rs_", customer),
        ("plan_", "plan_enterprise_pro".to_owned()),
        ("pm_rs_", method),
        ("pay_rs_", payment),
        ("sub_rs_", subscription_id),
        ("usage_rs_", usage),
        ("inv_rs_", invoice),
        ("cn_rs_", note),
        ("we_rs_", webhook),
        ("del_rs_", delivery),
        ("evt_rs_", event),
        ("msg_rs_", message),
        ("key_rs_", key),
        ("client_rs_", client),
        ("coupon_", coupon),
        ("mbr_rs_", member),
        ("partner_rs_", partner),
        ("txr_rs_", rate),
    ]
}

/// A member that a partner of ours enrolled.
async fn member(world: &World, api: &Call) -> String {
    let token = world.partner("Savvi", 77).await;
    let address = json!({ "address1": "1", "city": "C", "state": "UT", "zipcode": "84101", "phone": "8015555555" });
    let user = json!({ "email": "m@example.com", "first_name": "M", "last_name": "N", "address_attributes": address });
    let body = json!({ "authentication_token": token, "user": user });
    let savvi = world.call(members::savvi());
    let made = savvi.post("/api/v1/create_wholesale_member", body).await;
    made.expect(200);
    let members = api.get("/v3/members").await;
    members.body["data"][0]["id"].as_str().unwrap().to_owned()
}

async fn send(api: &Call, operation: &Operation, path: &str, body: &Value) -> testkit::Answer {
    let method: Method = operation.method.parse().unwrap();
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    api.send(method, path, &text).await
}

#[tokio::test]
async fn nobody_gets_anything_and_a_missing_scope_is_named() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let before = world.dump().len();
    for operation in catalogue::operations()
        .into_iter()
        .filter(Operation::takes_a_key)
    {
        let path = operation.example_path();
        for stranger in [
            api.without_key(),
            api.with_key("rs_test_key_unknown"),
            api.with_key(world.operator_key()),
        ] {
            let answer = send(&stranger, &operation, &path, &json!({})).await;
            answer.expect(401);
            assert_eq!(
                answer.text_of("code"),
                "unauthenticated",
                "{}",
                operation.id
            );
        }
    }
    // Any group but the route's own: the reply names what is missing.
    let reader = api.with_key(&world.key_with(&["analytics:read"]).await);
    for operation in catalogue::operations()
        .into_iter()
        .filter(Operation::takes_a_key)
    {
        let answer = send(&reader, &operation, &operation.example_path(), &json!({})).await;
        answer.expect(403);
        let access = if operation.method == "GET" {
            "read"
        } else {
            "write"
        };
        let scope = format!("{}:{access}", operation.function);
        assert!(
            answer.text_of("detail").contains(&scope),
            "{}: {}",
            operation.id,
            answer.text
        );
    }
    assert_eq!(
        world.dump().len(),
        before + 2,
        "the reader's key is two items"
    );
}

/// Routes with an id in their path that have no record of another business, and why.
const WITHOUT_FOREIGN_RECORD: &[(&str, &str)] = &[
    (
        "get_account",
        "only the operator may call it, and the operator reads every account",
    ),
    (
        "update_account",
        "only the operator may call it, and the operator changes every account",
    ),
];

/// Lists that show a stranger something of its own, and how many of it.
const NOT_EMPTY_FOR_STRANGERS: &[(&str, usize)] = &[("list_api_keys", 1)];

/// Whether it is a list of the whole business.
fn is_list(operation: &Operation) -> bool {
    let answer = &operation.description["responses"]["200"]["content"]["application/json"];
    let schema = answer["schema"]["$ref"].as_str().unwrap_or_default();
    operation.method == "GET"
        && !operation.path.contains('{')
        && schema.starts_with("#/components/schemas/List_")
}

/// A path with its one id, cut out of the example of an operation.
struct Template<'a> {
    prefix: &'static str,
    /// The id of a record of ours.
    id: &'a str,
    before: String,
    after: String,
}

impl<'a> Template<'a> {
    fn of(operation: &Operation, records: &'a [(&'static str, String)]) -> Self {
        let example = operation.example_path();
        let record = records
            .iter()
            .find(|(prefix, _)| example.contains(&format!("/{prefix}")));
        let Some((prefix, id)) = record else {
            panic!(
                "If you are here because of this panic: no test knows a record for {} {}. Make one in `records`, \
                 so that it is tried with the keys of another business and of the other mode.",
                operation.method, operation.path
            );
        };
        let start = example.find(&format!("/{prefix}")).unwrap() + 1;
        let end = example[start..]
            .find('/')
            .map_or(example.len(), |length| start + length);
        Self {
            prefix,
            id,
            before: example[..start].to_owned(),
            after: format!("{}?{}", &example[end..], operation.example_query()),
        }
    }

    fn with(&self, id: &str) -> String {
        format!("{}{id}{}", self.before, self.after)
    }
}

#[tokio::test]
async fn another_business_and_the_other_mode_find_nothing() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let records = records(&world, &api).await;
    let document = catalogue::document();
    let (with_id, others): (Vec<Operation>, Vec<Operation>) = catalogue::operations()
        .into_iter()
        .filter(|operation| operation.path.contains('{'))
        .partition(Operation::takes_a_key);
    let others: Vec<&str> = others.iter().map(|other| other.id.as_str()).collect();
    let excepted: Vec<&str> = WITHOUT_FOREIGN_RECORD.iter().map(|(id, _)| *id).collect();
    assert_eq!(others, excepted);
    for stranger in [
        api.with_key(&world.theirs.test_key),
        api.with_key(&world.ours.live_key),
    ] {
        for operation in &with_id {
            let template = Template::of(operation, &records);
            let schema =
                operation.description["requestBody"]["content"]["application/json"].get("schema");
            let body = schema.map_or(Value::Null, |schema| catalogue::example(&document, schema));
            let answer = send(&stranger, operation, &template.with(template.id), &body).await;
            answer.expect(404);
            let absent = format!("{}424242", template.prefix);
            let unknown = send(&stranger, operation, &template.with(&absent), &body).await;
            unknown.expect(404);
            let told =
                |answer: &testkit::Answer, id: &str| answer.text_of("detail").replace(id, "");
            assert_eq!(
                told(&answer, template.id),
                told(&unknown, &absent),
                "{}",
                operation.id
            );
        }
    }
}

/// A list shows the owner's records to the owner, and nobody else's to anybody else.
#[tokio::test]
async fn lists_show_nothing_to_another_business_and_to_the_other_mode() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let records = records(&world, &api).await;
    let subscription = records.iter().find(|(prefix, _)| *prefix == "sub_rs_");
    let subscription = &subscription.unwrap().1;
    let lists = catalogue::operations().into_iter().filter(is_list);
    for operation in lists {
        let id = &operation.id;
        // The log of usage is that of one subscription, so to others it does not exist.
        let of_subscription = id == "list_usage";
        let path = if of_subscription {
            let query = format!("subscription_id={subscription}&metric_name=api_calls");
            format!("{}?{query}", operation.path)
        } else {
            operation.path.clone()
        };
        let owner = api.get(&path).await;
        let shown = owner.expect(200)["data"].as_array().unwrap().len();
        assert!(
            shown > 0,
            "If you are here because this assertion failed: {id} shows its owner nothing, so nothing is proven of \
             strangers. Make a record of it in `records`."
        );
        let own = NOT_EMPTY_FOR_STRANGERS.iter().find(|(list, _)| list == id);
        let own = own.map_or(0, |(_, count)| *count);
        for stranger in [
            api.with_key(&world.theirs.test_key),
            api.with_key(&world.ours.live_key),
        ] {
            let answer = stranger.get(&path).await;
            if of_subscription {
                answer.expect(404);
                continue;
            }
            let seen = answer.expect(200)["data"].as_array().unwrap();
            assert_eq!(seen.len(), own, "{id}: {}", answer.text);
            for (_, record) in &records {
                let quoted = format!("\"{record}\"");
                assert!(!answer.text.contains(&quoted), "{id} shows {record}");
            }
        }
    }
}

/// A client of Reveknew of the caller's business and mode, and a token of it.
pub(crate) async fn token(api: &Call, scopes: &[&str]) -> String {
    let client = json!({ "name": "Client", "scopes": scopes });
    let client = api.post("/v3/oauth-clients", client).await;
    client.expect(201);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&audience=https://services.reveknew.net",
        client.text_of("client_id"),
        client.text_of("client_secret")
    );
    let answer = api.without_key().form("/oauth/token", &form).await;
    answer.expect(200);
    answer.text_of("access_token").to_owned()
}

#[tokio::test]
async fn every_route_of_reveknew_is_closed_to_strangers_and_to_other_businesses() {
    let world = World::new().await;
    let api = world.call(catalogue::all().merge(enterprise::routes()));
    let ours = api.with_key(&token(&api, &["*"]).await);
    let theirs = api.with_key(&world.theirs.test_key);
    let theirs = api.with_key(&token(&theirs, &["*"]).await);
    let reader = api.with_key(&token(&api, &["analytics:read"]).await);
    let before = world.dump().len();
    let (with_token, others): (Vec<Operation>, Vec<Operation>) = catalogue::enterprise_operations()
        .into_iter()
        .partition(|operation| operation.path.contains("{businessId}"));
    assert!(
        others.iter().all(Operation::is_oauth),
        "a route without a business in its path is tried nowhere: {others:?}"
    );
    for operation in with_token {
        let at = |business: &str| {
            operation
                .example_path()
                .replace("acct_rs_1000001", business)
        };
        let id = &operation.id;
        for stranger in [
            api.without_key(),
            api.with_key("abd90df5f27a7b170cd775abf89d632b350b7c1c9d53e08b340cd9832ce52c2c"),
            api.with_key(&world.ours.test_key),
        ] {
            let answer = send(&stranger, &operation, &at("acct_rs_1"), &json!({})).await;
            assert_eq!(answer.expect(401)["code"], "unauthorized", "{id}");
        }
        // Whether the other business exists is not told.
        let foreign = send(&theirs, &operation, &at("acct_rs_1"), &json!({})).await;
        let unknown = send(&theirs, &operation, &at("acct_rs_424242"), &json!({})).await;
        assert_eq!(foreign.expect(403), unknown.expect(403), "{id}");
        let malformed = send(&ours, &operation, &at("53e08b340cd983"), &json!({})).await;
        assert_eq!(malformed.expect(404)["code"], "not_found", "{id}");
        let refused = send(&reader, &operation, &at("acct_rs_1"), &json!({})).await;
        assert_eq!(refused.expect(403)["code"], "missing_scope", "{id}");
        let absent = send(&ours, &operation, &at("acct_rs_1"), &json!({})).await;
        assert!(
            matches!(absent.status.as_u16(), 400 | 404),
            "{id}: {}",
            absent.text
        );
    }
    assert_eq!(world.dump().len(), before);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_everywhere() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let body = json!({ "description": "x".repeat(300 * 1024) });
    for operation in catalogue::operations()
        .into_iter()
        .filter(|operation| operation.method == "POST")
    {
        let answer = send(&api, &operation, &operation.example_path(), &body).await;
        answer.expect(413);
        assert_eq!(answer.text_of("code"), "body_too_large", "{}", operation.id);
    }
}

#[tokio::test]
async fn odd_bodies_are_bad_requests_and_never_faults() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let digits = format!("{{\"amount\":{}}}", "9".repeat(100_000));
    let odd = [
        "[]",
        "1",
        "\"x\"",
        "{",
        "{\"a\":}",
        "\u{0}",
        "nul",
        &deep,
        &digits,
        "{\"metadata\":{\"a\":{\"b\":1}}}",
    ];
    for operation in catalogue::operations()
        .into_iter()
        .filter(|operation| operation.method != "GET")
    {
        for body in odd {
            let answer = api
                .send(
                    operation.method.parse().unwrap(),
                    &operation.example_path(),
                    body,
                )
                .await;
            assert!(
                !answer.status.is_server_error(),
                "{} {}: {}",
                operation.id,
                &body[..body.len().min(40)],
                answer.text
            );
        }
    }
}
