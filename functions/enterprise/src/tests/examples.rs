//! Every example of the document as it prints it, with ids and addresses of ours.

use http::Method;
use serde_json::{Value, json};

use super::Shop;

/// The printed value with the values of ours in those fields.
fn with(printed: &str, ours: &Value, fields: &[&str]) -> Value {
    let mut want: Value = serde_json::from_str(printed).unwrap();
    for field in fields {
        want[*field] = ours[*field].clone();
    }
    want
}

#[tokio::test]
async fn customers_are_created_updated_and_found_as_printed() {
    let shop = Shop::at("2022-01-25T07:36:17Z").await;
    let printed = r#"{
    "customerNum" : "4515",
    "email" : "JoeyEGosselin@jourrapide.com",
    "firstName" : "Joey",
    "lastName" : "Gosselin",
    "phoneNo" : "0222740128"
  }"#;
    let path = "/enterprise/v1/customers/acct_rs_1";
    let made = shop.api.send(Method::POST, path, printed).await;
    let body = made.expect(201).clone();
    assert_eq!(body, with(printed, &body, &["id"]));
    let found = format!("{path}/id/{}", made.text_of("id"));
    assert_eq!(made.headers["location"], found.as_str());
    assert!(made.headers.contains_key("request-id"));

    let printed = r#"{
    "customerNum" : "77014",
    "email" : "ChristinaRPerrin@jourrapide.com",
    "firstName" : "Christina",
    "id" : "f6867d4c-8a72-11ec-a8a3-0242ac120002",
    "lastName" : "Perrin",
    "phoneNo" : "0515872451"
  }"#;
    let changed = printed.replace("f6867d4c-8a72-11ec-a8a3-0242ac120002", made.text_of("id"));
    let changed = shop.api.send(Method::PUT, path, &changed).await;
    assert_eq!(*changed.expect(200), with(printed, &body, &["id"]));

    // The number that was given up is free, and shows as printed for another customer.
    let printed = r#"{
    "customerNum": "7784",
    "email": "KimBlake@centme.com",
    "firstName": "Kim",
    "id": "d17ecab2-8a63-11bn-a8a3-8942ac120002",
    "lastName": "Blake",
    "phoneNo": "0552740129"
  }"#;
    let mut kim: Value = serde_json::from_str(printed).unwrap();
    kim["customerNum"] = json!("4515");
    let kim = shop.post("customers", "", kim).await;
    let mut renamed: Value = with(printed, &kim, &["id"]);
    let put = shop
        .call(Method::PUT, "customers", "", renamed.clone())
        .await;
    put.expect(200);
    let rest = format!("/id/{}", kim["id"].as_str().unwrap());
    assert_eq!(shop.get("customers", &rest).await, renamed);
    renamed["customerNum"] = json!(" 77014");
    let taken = shop.call(Method::PUT, "customers", "", renamed).await;
    taken.expect(409);
    assert_eq!(taken.text_of("code"), "already_exists");
}

#[tokio::test]
async fn tiers_are_created_updated_and_found_as_printed() {
    let shop = Shop::at("2022-01-25T07:36:17Z").await;
    let path = "/enterprise/v1/tiers/acct_rs_1";
    let printed = r#"{
    "amount": 10,
    "billingPeriod": "ONCE",
    "deductions": 0,
    "graceDays": 0,
    "name": "Basic",
    "policy": "TIER",
    "reminderDays": 2
  }"#;
    let made = shop.api.send(Method::POST, path, printed).await;
    let body = made.expect(201).clone();
    assert_eq!(body, with(printed, &body, &["id"]));
    let one = format!("{path}/{}", made.text_of("id"));
    assert_eq!(made.headers["location"], one.as_str());
    assert_eq!(*shop.api.get(&one).await.expect(200), body);

    let printed = r#"{
    "amount": 48,
    "billingPeriod": "ONCE",
    "deductions": 0,
    "description": "Enjoy new additional services",
    "graceDays": 0,
    "id": "6325a978-8a73-11ec-a8a3-0242ac120002",
    "name": "Premium",
    "policy": "TIER",
    "reminderDays": 2
 }"#;
    let ours = printed.replace("6325a978-8a73-11ec-a8a3-0242ac120002", made.text_of("id"));
    let changed = shop.api.send(Method::PUT, &one, &ours).await;
    assert_eq!(*changed.expect(200), with(printed, &body, &["id"]));
    let other = shop.api.send(Method::PUT, &one, printed).await;
    other.expect(400);
    assert_eq!(other.body["errors"][0]["field"], "id");
    let plan = shop
        .v3()
        .get(&format!("/v3/plans/{}", made.text_of("id")))
        .await;
    assert_eq!(plan.expect(200)["amount"], 4800);
    assert_eq!(plan.body["version"], 2);
}

#[tokio::test]
async fn a_subscription_is_created_and_found_as_printed() {
    let shop = Shop::at("2022-01-25T07:36:17Z").await;
    // As printed for a tier of the policies TIER and SCHEDULE. The printed answer begins a month before the printed request
    // says; all else is the same.
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2022-02-25" }))
        .await;
    let printed = r#"{
  "id": "83fe46e6-445d-4137-b255-daba5c3c8433",
  "amount": 20,
  "customerId": "97f9a74a-9648-11ec-b909-0242ac120002",
  "nextBillingDate": "2022-02-25T07:36:17Z",
  "schedules": [
    {
      "amount": 20,
      "graceDate": "2022-02-26",
      "reminderDate": "2022-02-23",
      "scheduledFor": "2022-02-25",
      "shortenedUrl": "https://rvkn.app/83fe46e6",
      "status": "PENDING"
    }
  ],
  "startDate": "2022-01-25",
  "status": "ACTIVE",
  "tierId": "1b744e0a-8495-4a7d-ba7b-08e330b2ef6f"
}"#;
    let mut want = with(printed, &made, &["id", "customerId", "startDate", "tierId"]);
    for field in ["shortenedUrl", "id", "subscriptionId"] {
        want["schedules"][0][field] = made["schedules"][0][field].clone();
    }
    assert_eq!(made, want);
    assert_eq!(made["startDate"], "2022-02-25");
    assert_eq!(shop.subscription(&made["id"]).await, made);
}

#[tokio::test]
async fn a_subscription_that_was_paid_once_is_found_as_printed() {
    let shop = Shop::at("2022-01-25T07:36:17Z").await;
    // Paid on its first day, which is the day on which it was made.
    let made = shop.subscribe(json!({}), json!({})).await;
    shop.pay(&made["schedules"][0]["shortenedUrl"])
        .await
        .expect(303);
    let printed = r#"{
  "amount": 20,
  "customerId": "97f9a74a-9648-11ec-b909-0242ac120002",
  "lastBilledOn": "2022-01-25T07:36:17Z",
  "nextBillingDate": "2022-02-25T07:36:17Z",
  "receipts": [
    {
      "amount": 20,
      "receivedAt": "2022-01-25T07:36:17Z",
      "subscriptionId": "83fe46e6-445d-4137-b255-daba5c3c8433"
    }
  ],
  "schedules": [
    {
      "amount": 20,
      "graceDate": "2022-01-26",
      "reminderDate": "2022-01-23",
      "scheduledFor": "2022-01-25",
      "shortenedUrl": "https://rvkn.app/daba5c3c8433",
      "status": "COMPLETED",
      "subscriptionId": "83fe46e6-445d-4137-b255-daba5c3c8433"
    },
    {
      "amount": 20,
      "graceDate": "2022-02-26",
      "reminderDate": "2022-02-23",
      "scheduledFor": "2022-02-25",
      "shortenedUrl": "https://rvkn.app/83fe46e6",
      "status": "PENDING",
      "subscriptionId": "83fe46e6-445d-4137-b255-daba5c3c8433"
    }
  ],
  "startDate": "2022-01-25",
  "status": "ACTIVE",
  "tierId": "1b744e0a-8495-4a7d-ba7b-08e330b2ef6f",
  "id": "83fe46e6-445d-4137-b255-daba5c3c8433"
}"#;
    let found = shop.subscription(&made["id"]).await;
    let mut want = with(printed, &found, &["id", "customerId", "tierId"]);
    want["receipts"][0]["subscriptionId"] = found["id"].clone();
    for row in [0, 1] {
        for field in ["shortenedUrl", "id", "subscriptionId"] {
            want["schedules"][row][field] = found["schedules"][row][field].clone();
        }
    }
    assert_eq!(found, want);
}

#[tokio::test]
async fn each_policy_takes_its_amount_from_where_the_document_says() {
    let shop = Shop::at("2022-01-25T07:36:17Z").await;
    let customer = shop.customer().await;
    let subscribe = async |policy: &str, more: Value| {
        let tier = shop.tier(json!({ "policy": policy, "amount": 10 })).await;
        let mut new = json!({ "customerId": customer, "tierId": tier, "startDate": "2022-02-25" });
        for (name, value) in more.as_object().unwrap() {
            new[name] = value.clone();
        }
        shop.call(Method::POST, "subscriptions", "", new).await
    };
    // The printed body of the policy SUBSCRIPTION.
    let own = subscribe("SUBSCRIPTION", json!({ "amount": 20 })).await;
    assert_eq!(own.expect(201)["schedules"][0]["amount"], 20);
    let none = subscribe("SUBSCRIPTION", json!({})).await;
    none.expect(400);
    assert_eq!(none.body["errors"][0]["field"], "amount");
    let tier = subscribe("TIER", json!({ "amount": 20 })).await;
    assert_eq!(tier.expect(201)["amount"], 10);
    let rows = subscribe("SCHEDULE", json!({})).await;
    assert_eq!(rows.expect(201)["schedules"], json!([]));
    assert_eq!(rows.body["startDate"], "2022-01-25");
    assert_eq!(rows.body["nextBillingDate"], json!(null));
}

#[tokio::test]
async fn a_suspended_payment_is_found_as_printed() {
    let shop = Shop::at("2022-03-01T12:00:00Z").await;
    let terms = json!({ "amount": 50, "reminderDays": 1 });
    let made = shop
        .subscribe(terms, json!({ "startDate": "2022-03-27" }))
        .await;
    shop.run("2022-03-29T05:00:00Z").await;
    let printed = r#"{
  "id": "951a9cb4-9a26-11ec-b909-0242ac120002",
  "subscriptionId": "a0436d32-9a26-11ec-b909-e08a7c183209",
  "scheduledFor": "2022-03-27",
  "reminderDate": "2022-03-26",
  "graceDate": "2022-03-28",
  "amount": 50,
  "status": "SUSPENDED",
  "shortenedUrl": "https://rvkn.app/e08a7c183209"
}"#;
    let row = &made["schedules"][0];
    let (id, subscription) = (row["id"].as_str().unwrap(), made["id"].as_str().unwrap());
    let found = shop
        .get("subscriptions", &format!("/{subscription}/{id}"))
        .await;
    assert_eq!(
        found,
        with(printed, row, &["id", "subscriptionId", "shortenedUrl"])
    );
}

#[tokio::test]
async fn a_payment_is_updated_and_announced_again_as_printed() {
    let shop = Shop::at("2022-08-01T12:00:00Z").await;
    let terms = json!({ "reminderDays": 1 });
    let made = shop
        .subscribe(terms, json!({ "startDate": "2022-08-16" }))
        .await;
    shop.run("2022-08-16T13:00:00Z").await;
    let shop = shop.later(15 * 86_400 + 3600);
    let token = shop.token().await;
    let shop = Shop {
        api: shop.api.with_key(&token),
        ..shop
    };
    let row = &made["schedules"][0];
    let rest = format!("/{}/schedule", made["id"].as_str().unwrap());
    let printed = r#"{
  "id": "b546a9cb4-9a26-11ec-b909-0242ac5562b9",
  "amount": 42,
  "date": "2022-08-17"
}"#;
    let body = with(printed, row, &["id"]);
    let changed = shop.call(Method::PUT, "subscriptions", &rest, body).await;
    let printed = r#"{
  "id": "b546a9cb4-9a26-11ec-b909-0242ac5562b9",
  "subscriptionId": "c0e32-9a26-11ec-b909-e08a7c1955",
  "scheduledFor": "2022-08-17",
  "reminderDate": "2022-03-16",
  "graceDate": "2022-03-18",
  "amount": "42",
  "status": "ACTIVE",
  "shortenedUrl": "https://rvkn.app/0242ac5562b9"
}"#;
    let mut want = with(printed, row, &["id", "subscriptionId", "shortenedUrl"]);
    // The document's own reminder and grace are of another month, and its amount is a text.
    want["reminderDate"] = json!("2022-08-16");
    want["graceDate"] = json!("2022-08-18");
    want["amount"] = json!(42);
    assert_eq!(*changed.expect(200), want);

    let printed = r#"{
    "amount": 64,
    "date": "2017-07-25",
    "id": "3993cf04-8a73-11ec-a8a3-0242ac120002"
  }"#;
    let body = with(printed, row, &["id"]);
    let sent = shop.call(Method::PATCH, "subscriptions", &rest, body).await;
    sent.expect(204);
    assert_eq!(sent.text, "");
    shop.run("2022-08-16T13:00:00Z").await;
    let messages = shop.v3().get("/v3/messages?status=sent").await;
    let texts: Vec<&str> = messages.expect(200)["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["body"].as_str().unwrap())
        .collect();
    assert_eq!(texts.len(), 2);
    assert!(
        texts
            .iter()
            .any(|text| text.contains("42.00 USD for Basic is due on 2022-08-17")),
        "{texts:?}"
    );
}

#[tokio::test]
async fn payments_are_scheduled_by_date_and_by_order_as_printed_and_listed_by_customer() {
    let shop = Shop::at("2022-04-30T10:30:18Z").await;
    let terms = json!({ "policy": "SCHEDULE", "amount": 10 });
    let first = shop.subscribe(terms, json!({})).await;
    let printed = r#"[
  {
     "date": "2022-04-30",
     "amount": 30
  },
  {
     "date": "2022-06-30",
     "amount": 20
  },
  {
     "date": "2022-05-30",
     "amount": 25
  }
]"#;
    let id = first["id"].as_str().unwrap();
    let path = format!("/enterprise/v1/subscriptions/acct_rs_1/{id}");
    let rows = shop
        .api
        .send(Method::POST, &format!("{path}/schedule/date"), printed)
        .await;
    assert_eq!(rows.expect(201).as_array().unwrap().len(), 3);
    assert_eq!(rows.headers["location"], path.as_str());

    let second = json!({ "customerId": first["customerId"], "tierId": first["tierId"] });
    let second = shop.post("subscriptions", "", second).await;
    let ordered = r#"{
    "amount": 27,
    "order": 0
  }"#;
    let path = format!(
        "/enterprise/v1/subscriptions/acct_rs_1/{}/schedule/order",
        second["id"].as_str().unwrap()
    );
    let row = shop.api.send(Method::POST, &path, ordered).await;
    assert_eq!(row.expect(201)[0]["amount"], 27);
    assert_eq!(row.body[0]["scheduledFor"], "2022-04-30");
    let more = json!([{ "amount": "25", "order": 1 }, { "amount": 20.5, "order": 0 }]);
    let more = shop.api.send(Method::POST, &path, &more.to_string()).await;
    assert_eq!(more.expect(201)[0]["amount"], 20.5);
    assert_eq!(more.body[1]["scheduledFor"], "2022-05-30");

    let customer = first["customerId"].as_str().unwrap();
    let list = shop
        .get("subscriptions", &format!("/customer/{customer}"))
        .await;
    let view = |made: &Value, schedules: Value| {
        json!({
            "id": made["id"], "amount": 10, "nextBillingDate": "2022-04-30T10:30:18Z", "schedules": schedules,
            "startDate": "2022-04-30", "status": "ACTIVE", "tierId": made["tierId"],
        })
    };
    let want = json!({
        "customerId": customer,
        "subscriptions": [
            view(&first, json!([
                { "date": "2022-04-30", "amount": 30 }, { "date": "2022-05-30", "amount": 25 }, { "date": "2022-06-30", "amount": 20 },
            ])),
            view(&second, json!([{ "date": "2022-04-30", "amount": 20.5 }, { "date": "2022-05-30", "amount": 25 }])),
        ],
    });
    assert_eq!(list, want);
}

#[tokio::test]
async fn a_subscription_is_paused_and_cancelled_without_a_body() {
    let shop = Shop::at("2022-01-25T07:36:17Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    let id = made["id"].as_str().unwrap();
    for (verb, status, rows) in [
        ("pause", "PAUSED", "SUSPENDED"),
        ("cancel", "CANCELLED", "CANCELLED"),
    ] {
        let rest = format!("/{id}/{verb}");
        let done = shop
            .call(Method::PATCH, "subscriptions", &rest, Value::Null)
            .await;
        done.expect(204);
        assert!(!done.headers.contains_key("content-type"));
        let now = shop.subscription(&made["id"]).await;
        assert_eq!(
            (now["status"].as_str(), super::statuses(&now)),
            (Some(status), vec![rows, rows])
        );
        assert_eq!(now["nextBillingDate"], json!(null));
        let again = shop
            .call(Method::PATCH, "subscriptions", &rest, Value::Null)
            .await;
        again.expect(409);
    }
}
