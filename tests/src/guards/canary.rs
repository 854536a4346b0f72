//! Planted secrets: no card number, key or password in a store, a log, an event or an error.

use serde_json::{Value, json};
use testkit::{Call, World};

use crate::generators::catalogue;
use crate::guards::log::Log;

/// Runs of 13 to 19 digits that pass the check of card numbers. Ids have 15 and 16 digits and fail it nine times in ten, so
/// only numbers that begin like the planted ones count.
fn card_numbers(text: &str) -> Vec<String> {
    let runs = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| (13..=19).contains(&run.len()));
    let luhn = |run: &str| {
        let digits = run.bytes().rev().map(|byte| u32::from(byte - b'0'));
        let sum: u32 = digits
            .enumerate()
            .map(|(index, digit)| {
                if index % 2 == 1 {
                    digit * 2 % 10 + digit * 2 / 10
                } else {
                    digit
                }
            })
            .sum();
        sum.is_multiple_of(10)
    };
    let planted = |run: &str| run.starts_with("4242") || run.starts_with("40000000");
    runs.filter(|run| luhn(run) && planted(run))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn nothing_secret_is_stored_logged_or_answered() {
    assert_eq!(
        card_numbers("card 4242424242424242.").len(),
        1,
        "the search finds what it looks for"
    );
    let log = Log::default();
    let _guard = log.listen();
    let world = World::new().await;
    let routes = catalogue::all().merge(enterprise::routes());
    let api = world.call(axum::Router::from(routes).merge(enterprise::pages()));
    let mut secrets = vec![world.ours.test_key.clone()];
    let mut answers = plant(&api).await;
    let token = crate::guards::tenants::token(&api, &["*"]).await;
    let (page, shown) = plant_on_page(&api.with_key(&token)).await;
    answers.push_str(&shown);
    secrets.push(token);
    for (path, body, field) in [
        (
            "/v3/api-keys",
            json!({ "name": "Key", "mode": "test" }),
            "key",
        ),
        (
            "/v3/oauth-clients",
            json!({ "name": "Client" }),
            "client_secret",
        ),
    ] {
        secrets.push(api.post(path, body).await.text_of(field).to_owned());
    }

    let stored: String = world.dump().iter().map(Value::to_string).collect();
    let logged = log.text();
    assert!(logged.contains("request served"), "nothing was logged");
    assert!(
        !logged.contains(&page),
        "the key to a payment page in the log"
    );
    for (place, text) in [
        ("the table", &stored),
        ("the log", &logged),
        ("an answer", &answers),
    ] {
        assert_eq!(card_numbers(text), Vec::<String>::new(), "in {place}");
        assert!(!text.contains("\"737\""), "a CVC in {place}");
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {place}");
        }
    }
}

/// Sends card numbers where they belong and where they do not, and returns all that was answered.
async fn plant(api: &Call) -> String {
    let mut answers = String::new();
    let mut note = |answer: &testkit::Answer| answers.push_str(&answer.text);
    let customer = api
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await;
    for number in [
        "4242424242424242",
        "4000000000000002",
        "4000000000000341",
        "4242424242424241",
        "4242 4242 4242 4242",
    ] {
        let card = json!({ "number": number, "exp_month": 12, "exp_year": 2030, "cvc": "737" });
        let method = json!({ "customer_id": customer.body["id"], "type": "card", "card": card });
        note(&api.post("/v3/payment-methods", method).await);
        let payment = json!({
            "amount": 100, "currency": "USD", "description": "for the order",
            "payment_method": { "type": "card", "card": card },
        });
        note(
            &api.idempotent(&format!("k-{number}")[..6])
                .post("/v3/payments", payment)
                .await,
        );
        // In every place where it should not be.
        for path in [
            "/v3/customers",
            "/v3/plans",
            "/v3/subscriptions",
            "/v3/usage",
            "/v3/usage/batch",
            "/v3/webhooks",
        ] {
            note(&api.send(http::Method::POST, path, number).await);
            note(&api.post(path, Value::String(number.to_owned())).await);
        }
    }
    answers
}

/// Pays on a page, well and badly. Returns the secret of its address and all that was answered.
async fn plant_on_page(api: &Call) -> (String, String) {
    let path = |resource: &str| format!("/enterprise/v1/{resource}/acct_rs_1");
    let customer = json!({ "customerNum": "1", "firstName": "A", "phoneNo": "4165551234" });
    let customer = api.post(&path("customers"), customer).await;
    let tier = json!({ "name": "Basic", "amount": 20, "billingPeriod": "ONCE" });
    let tier = api.post(&path("tiers"), tier).await;
    let new = json!({ "customerId": customer.body["id"], "tierId": tier.body["id"] });
    let made = api.post(&path("subscriptions"), new).await;
    let url = made.expect(201)["schedules"][0]["shortenedUrl"].as_str();
    let secret = url.unwrap().rsplit('/').next().unwrap().to_owned();
    let (page, api) = (format!("/p/{secret}"), api.without_key());
    let mut answers = String::new();
    for number in ["4242424242424241", "4000000000000002", "4242424242424242"] {
        let form = format!("number={number}&expiry=12/30&cvc=737");
        answers.push_str(&api.form(&page, &form).await.text);
        answers.push_str(&api.get(&page).await.text);
    }
    assert!(answers.contains("Paid. Thank you!"));
    (secret, answers)
}
