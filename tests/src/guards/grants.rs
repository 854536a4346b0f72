//! Every function may do what it does and nothing else: the local cloud refuses what the template does not grant, and what
//! nobody used after everything was done is granted for nothing.

use std::path::Path;

use serde_json::json;
use serde_json::value::RawValue;

use crate::stories::story::{Cloud, Receiver};

/// What only the work of a process that has died needs.
const AFTER_A_CRASH: &[&str] = &["billing-run: dynamodb:DeleteItem"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_grant_of_the_template_is_missing_and_none_is_in_vain() {
    let receiver = Receiver::start().await;
    let cloud = Cloud::start(None).await;
    cloud.subscribe("4242424242424242", &receiver).await;
    cloud.advance(20).await;

    let customers = cloud.get("/v3/customers").await;
    let customer = customers["data"][0]["id"].as_str().unwrap().to_owned();
    let now = json!({ "customer_id": customer, "plan_id": "plan_enterprise_pro" });
    cloud.post("/v3/subscriptions", &now, 201).await;
    let second = json!({ "customer_id": customer, "type": "card", "card": testkit::card(testkit::GOOD_CARD) });
    cloud.post("/v3/payment-methods", &second, 201).await;
    for list in ["subscriptions", "invoices", "payments", "payment-methods"] {
        cloud.get(&format!("/v3/{list}")).await;
        cloud
            .get(&format!("/v3/{list}?customer_id={customer}"))
            .await;
    }
    let payment = json!({ "amount": 100, "currency": "USD", "customer_id": customer });
    cloud.post("/v3/payments", &payment, 201).await;
    cloud
        .post(
            "/v3/api-keys",
            &json!({ "name": "Key", "mode": "test" }),
            201,
        )
        .await;
    for list in ["api-keys", "oauth-clients", "webhooks", "events"] {
        cloud.get(&format!("/v3/{list}")).await;
    }
    // More than ten calls a minute are counted.
    for list in ["customers", "payments", "webhooks", "api-keys", "messages"] {
        for _ in 0..12 {
            cloud.get(&format!("/v3/{list}")).await;
        }
    }
    deletions(&cloud, &customer).await;
    crate::stories::schedules::drive(&cloud).await;
    members(&cloud).await;
    fail_a_delivery(&cloud, &customer).await;
    cloud.delete(&format!("/v3/customers/{customer}")).await;
    receiver
        .wait_for(|got| got.iter().any(|event| event["type"] == "customer.deleted"))
        .await;

    // Two changes whose events drew the same id: the relay looks whose event is in the log.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let sample =
        std::fs::read_to_string(root.join("events/outbox-relay/customer_created.json")).unwrap();
    for change in [
        sample.clone(),
        sample.replace("0775313254125568", "0775313254125569"),
    ] {
        let event = RawValue::from_string(change).unwrap();
        cloud.functions.invoke("outbox-relay", event).await.unwrap();
    }
    let unused: Vec<String> = cloud
        .running
        .aws()
        .unused_grants()
        .iter()
        .map(|(function, grant)| format!("{function}: {grant}"))
        .filter(|grant| !AFTER_A_CRASH.iter().any(|known| grant.starts_with(known)))
        .collect();
    assert!(
        unused.is_empty(),
        "If you are here because this assertion failed: infra/template.yaml grants what no operation needs, or this test does \
         not drive the operation that needs it: {unused:#?}"
    );
    assert!(cloud.running.end().await);
}

/// What can be deleted, beside customers.
async fn deletions(cloud: &Cloud, customer: &str) {
    let card = testkit::card(testkit::GOOD_CARD);
    for (list, new) in [
        ("coupons", json!({ "name": "Welcome", "percent_off": 10 })),
        ("oauth-clients", json!({ "name": "Client" })),
        (
            "payment-methods",
            json!({ "customer_id": customer, "type": "card", "card": card }),
        ),
        (
            "webhooks",
            json!({ "url": "https://example.com/", "events": ["*"] }),
        ),
    ] {
        let made = cloud.post(&format!("/v3/{list}"), &new, 201).await;
        let id = made["id"].as_str().unwrap();
        cloud.delete(&format!("/v3/{list}/{id}")).await;
    }
}

/// A member of a call center, and what v3 shows of it.
async fn members(cloud: &Cloud) {
    let address = json!({ "address1": "1", "city": "C", "state": "UT", "zipcode": "84101", "phone": "8015555555" });
    let user = json!({
        "email": "m@example.com", "first_name": "M", "last_name": "N", "braintree_customer_id": "btid1",
        "address_attributes": address,
    });
    let body = json!({ "authentication_token": local::seed::member_token(), "user": user });
    cloud
        .post("/api/v1/create_call_center_member", &body, 200)
        .await;
    for path in ["members", "emails", "partners/partner_rs_3/enrollees"] {
        cloud.get(&format!("/v3/{path}")).await;
    }
}

/// An endpoint that nobody listens at: its deliveries are tried again, which is due on the test clock.
async fn fail_a_delivery(cloud: &Cloud, customer: &str) {
    let dead = json!({ "url": "http://127.0.0.1:9/hook", "events": ["customer.updated"] });
    let dead = cloud.post("/v3/webhooks", &dead, 201).await;
    let path = format!("/v3/webhooks/{}", dead["id"].as_str().unwrap());
    let deliveries = format!("{path}/deliveries");
    cloud
        .patch(
            &format!("/v3/customers/{customer}"),
            &json!({ "first_name": "John" }),
        )
        .await;
    cloud
        .until(&deliveries, |list| {
            list["deliveries"][0]["status"] == "failed"
        })
        .await;
    cloud.advance(1).await;
    cloud
        .until(&deliveries, |list| {
            list["deliveries"][0]["attempts"].as_u64() > Some(1)
        })
        .await;
    // What it missed is begun again.
    let recover = format!("{path}/recover");
    cloud
        .post(&recover, &json!({ "since": dead["created"] }), 202)
        .await;
    let recovered = cloud
        .until(&recover, |state| state["status"] == "finished")
        .await;
    assert_eq!(recovered["resent"], 1);
}
