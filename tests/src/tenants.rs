//! Every route against callers who may not use it: nobody, another scope, another business, the other mode.

use http::Method;
use serde_json::{Value, json};
use testkit::{Call, World};

use crate::catalogue::{self, Operation};
use crate::examples;

/// Ids of records of one of each kind, by the prefix in the examples.
async fn records(world: &World, api: &Call) -> Vec<(&'static str, String)> {
    let id = |answer: &testkit::Answer| answer.text_of("id").to_owned();
    let customer = id(&api
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await);
    let plan = json!({ "id": "plan_enterprise_pro", "name": "Pro", "currency": "USD", "amount": 9999, "interval": "month" });
    api.post("/v3/plans", plan).await.expect(201);
    let card =
        json!({ "number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123" });
    let method = json!({ "customer_id": customer, "type": "card", "card": card, "default": true });
    let method = id(&api.post("/v3/payment-methods", method).await);
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
    let member = member(world, api).await;
    let coupon = json!({ "id": "coupon_welcome", "name": "Welcome", "percent_off": 10 });
    let coupon = id(&api.post("/v3/coupons", coupon).await);
    let rate = json!({ "display_name": "VAT", "percentage": 20 });
    let rate = id(&api.post("/v3/tax-rates", rate).await);
    vec![
        ("cust_rs_", customer),
        ("pm_rs_", method),
        ("pay_rs_", payment),
        ("sub_rs_", subscription_id),
        ("usage_rs_", usage),
        ("inv_rs_", invoice),
        ("cn_rs_", note),
        ("we_rs_", webhook),
        ("del_rs_", delivery),
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

#[tokio::test]
async fn another_business_and_the_other_mode_find_nothing() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let records = records(&world, &api).await;
    let document = catalogue::document();
    for stranger in [
        api.with_key(&world.theirs.test_key),
        api.with_key(&world.ours.live_key),
    ] {
        for operation in catalogue::operations()
            .into_iter()
            .filter(|operation| operation.path.contains('{'))
        {
            if !operation.takes_a_key() {
                continue;
            }
            let example = operation.example_path();
            let Some((prefix, id)) = records.iter().find(|(prefix, _)| example.contains(prefix))
            else {
                continue;
            };
            let start = example.find(prefix).unwrap();
            let end = example[start..]
                .find('/')
                .map_or(example.len(), |length| start + length);
            let path = format!("{}{id}{}", &example[..start], &example[end..]);
            let schema =
                operation.description["requestBody"]["content"]["application/json"].get("schema");
            let body = schema.map_or(Value::Null, |schema| catalogue::example(&document, schema));
            let query = operation.example_query();
            let path = format!("{path}?{query}");
            let answer = send(&stranger, &operation, &path, &body).await;
            answer.expect(404);
            let absent = format!(
                "{}{prefix}424242{}?{query}",
                &example[..start],
                &example[end..]
            );
            let unknown = send(&stranger, &operation, &absent, &body).await;
            unknown.expect(404);
            let told =
                |answer: &testkit::Answer, id: &str| answer.text_of("detail").replace(id, "");
            assert_eq!(
                told(&answer, id),
                told(&unknown, &format!("{prefix}424242")),
                "{}",
                operation.id
            );
        }
        for list in [
            "customers",
            "coupons",
            "credit-notes",
            "plans",
            "subscriptions",
            "tax-rates",
            "invoices",
            "payments",
            "payment-methods",
            "webhooks",
            "oauth-clients",
            "members",
            "emails",
        ] {
            let answer = stranger.get(&format!("/v3/{list}")).await;
            assert_eq!(answer.expect(200)["data"], json!([]), "{list}");
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
    let mut count = 0;
    for operation in catalogue::enterprise_operations() {
        if operation.is_oauth() {
            continue;
        }
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
        count += 1;
    }
    assert_eq!(world.dump().len(), before);
    assert!(count >= 15, "only {count} routes were found");
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
