//! The examples of Reveknew's document, with the values that its reference prints.

use super::*;

/// The day on which a payment of the story is due.
const DAY: &str = "2022-04-30T10:30:18Z";

/// The exchanges of every operation of Reveknew.
pub(crate) async fn exchanges() -> BTreeMap<String, Exchange> {
    let world = World::at(DAY).await;
    let dialects = catalogue::enterprise().into_iter();
    let routes = dialects.fold(catalogue::all(), |all, (_, routes)| all.merge(routes));
    let v3 = world.call(routes);
    let client = v3
        .post("/v3/oauth-clients", json!({ "name": "Shop" }))
        .await;
    let secret = format!(
        "client_id={}&client_secret={}",
        client.text_of("client_id"),
        client.text_of("client_secret")
    );
    let api = v3.without_key();
    let form =
        format!("grant_type=client_credentials&audience=https://services.reveknew.net&{secret}");
    let token = api.form("/oauth/token", &form).await;
    let mut recorder = Recorder {
        api: api.with_key(token.text_of("access_token")),
        kept: BTreeMap::new(),
    };
    recorder.keep("create_token", Value::Null, &token);
    let business = world.ours.business.to_string();
    let customer = customer(&mut recorder, &business).await;
    let tier = tier(&mut recorder, &business).await;
    subscription(&mut recorder, &business, (&customer, &tier)).await;
    rows(&mut recorder, &business, (&customer, &tier)).await;
    let form = format!("token={}&{secret}", token.text_of("access_token"));
    let revoked = api.form("/oauth/revoke", &form).await;
    recorder.keep("revoke_token", Value::Null, &revoked);
    recorder.kept
}

async fn customer(recorder: &mut Recorder, business: &str) -> Value {
    let path = format!("/enterprise/v1/customers/{business}");
    let mut joey = json!({
        "customerNum": "4515", "email": "JoeyEGosselin@jourrapide.com", "firstName": "Joey", "lastName": "Gosselin",
        "phoneNo": "0222740128",
    });
    let made = recorder.post("create_customer", &path, joey.clone()).await;
    joey["id"] = made["id"].clone();
    joey["phoneNo"] = json!("0515872451");
    recorder
        .send("update_customer", Method::PUT, &path, joey)
        .await;
    let one = format!("{path}/id/{}", made["id"].as_str().unwrap());
    recorder.get("get_customer", &one).await;
    made["id"].clone()
}

async fn tier(recorder: &mut Recorder, business: &str) -> Value {
    let path = format!("/enterprise/v1/tiers/{business}");
    let mut tier = json!({
        "amount": 10, "billingPeriod": "MONTHLY", "deductions": 0, "description": "Enjoy new additional services",
        "graceDays": 1, "name": "Basic", "policy": "TIER", "reminderDays": 2,
    });
    let made = recorder.post("create_tier", &path, tier.clone()).await;
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    recorder.get("get_tier", &one).await;
    tier["amount"] = json!(48);
    tier["name"] = json!("Premium");
    recorder.send("update_tier", Method::PUT, &one, tier).await;
    made["id"].clone()
}

/// A subscription, its first payment, and its end.
async fn subscription(recorder: &mut Recorder, business: &str, (customer, tier): (&Value, &Value)) {
    let path = format!("/enterprise/v1/subscriptions/{business}");
    let new = json!({ "customerId": customer, "tierId": tier, "startDate": "2022-04-30" });
    let made = recorder.post("create_subscription", &path, new).await;
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    recorder.get("get_subscription", &one).await;
    let row = made["schedules"][0]["id"].clone();
    let first = format!("{one}/{}", row.as_str().unwrap());
    recorder.get("get_schedule", &first).await;
    let list = format!("{path}/customer/{}", customer.as_str().unwrap());
    recorder.get("list_customer_subscriptions", &list).await;
    let schedule = format!("{one}/schedule");
    let change = json!({ "id": row, "amount": 42, "date": "2022-05-01" });
    recorder
        .send("update_schedule", Method::PUT, &schedule, change.clone())
        .await;
    recorder
        .send("resend_reminder", Method::PATCH, &schedule, change)
        .await;
    for verb in ["pause", "cancel"] {
        let operation = format!("{verb}_subscription");
        let path = format!("{one}/{verb}");
        recorder
            .send(&operation, Method::PATCH, &path, Value::Null)
            .await;
    }
}

/// Payments that are made by hand.
async fn rows(recorder: &mut Recorder, business: &str, (customer, tier): (&Value, &Value)) {
    let path = format!("/enterprise/v1/subscriptions/{business}");
    let new = json!({ "customerId": customer, "tierId": tier, "startDate": "2022-04-30" });
    let made = recorder.post("create_subscription", &path, new).await;
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let dated =
        json!([{ "date": "2022-06-30", "amount": 20 }, { "date": "2022-05-31", "amount": 25 }]);
    recorder
        .post("schedule_by_date", &format!("{one}/schedule/date"), dated)
        .await;
    let ordered = json!([{ "amount": 27, "order": 0 }]);
    recorder
        .post(
            "schedule_by_order",
            &format!("{one}/schedule/order"),
            ordered,
        )
        .await;
}
