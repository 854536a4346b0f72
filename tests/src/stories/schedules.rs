//! Payment schedules on the test clock: from the tier to the receipt, and what happens where nobody pays.

use serde_json::{Value, json};

use crate::stories::story::Cloud;

const BUSINESS: &str = "acct_rs_1000001";

/// What an answer was: its status, its headers, its body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Reply {
    /// The body as JSON, where the status is that.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// A caller of Reveknew.
struct Client<'a> {
    cloud: &'a Cloud,
    http: reqwest::Client,
    token: String,
}

impl<'a> Client<'a> {
    async fn of(cloud: &'a Cloud) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut client = Self {
            cloud,
            http,
            token: String::new(),
        };
        let (id, secret) = local::seed::enterprise_client();
        let form = format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&audience=https://services.reveknew.net"
        );
        let answer = client.form("/oauth/token", form).await.expect(200);
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut client.token);
        client
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> Reply {
        let answer = request.send().await.unwrap();
        Reply {
            status: answer.status().as_u16(),
            text: answer.text().await.unwrap(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.cloud.running.address())
    }

    async fn form(&self, path: &str, form: String) -> Reply {
        let request = self
            .http
            .post(self.url(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        self.sent(request).await
    }

    async fn page(&self, url: &str) -> Reply {
        self.sent(self.http.get(url)).await
    }

    async fn call(&self, method: http::Method, resource: &str, rest: &str, body: &Value) -> Reply {
        let url = self.url(&format!("/enterprise/v1/{resource}/{BUSINESS}{rest}"));
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if !body.is_null() {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        self.sent(request).await
    }

    async fn post(&self, resource: &str, rest: &str, body: Value) -> Value {
        let reply = self.call(http::Method::POST, resource, rest, &body).await;
        reply.expect(201)
    }

    async fn get(&self, resource: &str, rest: &str) -> Value {
        let reply = self
            .call(http::Method::GET, resource, rest, &Value::Null)
            .await;
        reply.expect(200)
    }

    async fn subscription(&self, id: &str) -> Value {
        self.get("subscriptions", &format!("/{id}")).await
    }

    /// A customer, a tier of 20.00 a month with two days of notice and one of grace, and a subscription from that day on.
    async fn subscribe(&self, start: &str) -> (String, Value) {
        let customer = json!({ "customerNum": "4515", "email": "JoeyEGosselin@jourrapide.com", "firstName": "Joey",
            "lastName": "Gosselin", "phoneNo": "(416) 555-1234" });
        let customer = self.post("customers", "", customer).await;
        let tier = json!({ "name": "Basic", "amount": 20, "billingPeriod": "MONTHLY", "graceDays": 1, "reminderDays": 2 });
        let tier = self.post("tiers", "", tier).await;
        let new = json!({ "customerId": customer["id"], "tierId": tier["id"], "startDate": start });
        let subscription = self.post("subscriptions", "", new).await;
        let id = subscription["id"].as_str().unwrap().to_owned();
        (id, subscription)
    }

    async fn pay(&self, url: &str, card: &str) -> Reply {
        let form = format!("number={card}&expiry=12/30&cvc=123");
        let request = self
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        self.sent(request).await
    }
}

/// Sets the test clock of the demo business to noon, New York time, of a day in the future.
async fn begin(cloud: &Cloud, at: &str) {
    cloud.advance_to(at.parse().unwrap()).await;
}

fn days(subscription: &Value) -> Vec<(&str, &str)> {
    let rows = subscription["schedules"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            (
                row["scheduledFor"].as_str().unwrap(),
                row["status"].as_str().unwrap(),
            )
        })
        .collect()
}

fn url(subscription: &Value, row: usize) -> String {
    subscription["schedules"][row]["shortenedUrl"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Uses everything that payment schedules need.
pub(crate) async fn drive(cloud: &Cloud) {
    let client = Client::of(cloud).await;
    let clock = cloud.get("/v3/test-clock").await;
    let today = &clock["frozen_time"].as_str().unwrap()[..10];
    let (id, subscription) = client.subscribe(today).await;
    let page = url(&subscription, 0);
    assert_eq!(client.pay(&page, "4242424242424242").await.status, 303);
    let customer = subscription["customerId"].as_str().unwrap();
    let list = client
        .get("subscriptions", &format!("/customer/{customer}"))
        .await;
    assert_eq!(list["subscriptions"][0]["id"], id.as_str());
    // A pause that ends by itself: the worker brings the rows along.
    let until: models::Timestamp = clock["frozen_time"].as_str().unwrap().parse().unwrap();
    let pause = json!({ "resumes_at": until.plus_days(10).to_string() });
    let path = format!("/v3/subscriptions/{id}/pause");
    assert_eq!(cloud.post(&path, &pause, 200).await["status"], "paused");
    assert_eq!(days(&client.subscription(&id).await)[1].1, "SUSPENDED");
    cloud.advance(15).await;
    assert_eq!(days(&client.subscription(&id).await)[1].1, "PENDING");
    cloud.advance(20).await;
    // Another message about it comes with the next morning.
    let rows = client.subscription(&id).await;
    let again = json!({ "id": rows["schedules"][1]["id"] });
    let rest = format!("/{id}/schedule");
    let sent = client
        .call(http::Method::PATCH, "subscriptions", &rest, &again)
        .await;
    assert_eq!(sent.status, 204, "{}", sent.text);
    cloud.advance(1).await;
    let inbound = json!({ "from": "+14165551234", "body": "STOP" });
    cloud.post("/v3/messages/inbound", &inbound, 201).await;
    let messages = cloud.get("/v3/messages?status=sent").await;
    let id = messages["data"][0]["id"].as_str().unwrap();
    cloud.get(&format!("/v3/messages/{id}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_reminded_pays_on_the_page_and_is_billed_again_a_month_later() {
    let cloud = Cloud::start(None).await;
    begin(&cloud, "2030-01-10T17:00:00Z").await;
    let client = Client::of(&cloud).await;
    let (id, subscription) = client.subscribe("2030-01-25").await;
    assert_eq!(days(&subscription), [("2030-01-25", "PENDING")]);
    assert_eq!(subscription["nextBillingDate"], "2030-01-25T17:00:00Z");

    cloud.advance(12).await;
    assert_eq!(cloud.get("/v3/messages").await["data"], json!([]));
    cloud.advance(1).await;
    let reminded = client.subscription(&id).await;
    assert_eq!(
        days(&reminded),
        [("2030-01-25", "ACTIVE"), ("2030-02-25", "PENDING")]
    );
    let messages = cloud.get("/v3/messages").await;
    let message = &messages["data"][0];
    assert_eq!(messages["data"].as_array().unwrap().len(), 1);
    let page = url(&reminded, 0);
    let text = format!(
        "Demo business: 20.00 USD for Basic is due on 2030-01-25. Pay: {page} Reply STOP to opt out."
    );
    assert_eq!(message["body"], text.as_str());
    assert_eq!(message["number"], "+14165551234");
    assert_eq!(
        (&message["status"], &message["sent_at"]),
        (&json!("sent"), &json!("2030-01-23T13:00:00Z"))
    );

    let open = client.page(&page).await;
    assert_eq!(open.status, 200);
    assert!(open.text.contains("20.00 USD") && open.text.contains("25 January 2030"));
    let declined = client.pay(&page, "4000000000000002").await;
    assert_eq!(declined.status, 303);
    let again = client.page(&page).await;
    assert!(
        again.text.contains("The last attempt was declined"),
        "{}",
        again.text
    );
    assert_eq!(client.pay(&page, "4242424242424242").await.status, 303);
    assert_eq!(client.pay(&page, "4242424242424242").await.status, 303);
    let paid = client.page(&page).await;
    assert!(paid.text.contains("Paid. Thank you!") && paid.text.contains("ending in 4242"));

    let billed = client.subscription(&id).await;
    assert_eq!(
        days(&billed),
        [("2030-01-25", "COMPLETED"), ("2030-02-25", "PENDING")]
    );
    assert_eq!(billed["lastBilledOn"], "2030-01-23T17:00:00Z");
    assert_eq!(billed["nextBillingDate"], "2030-02-25T17:00:00Z");
    let receipt =
        json!([{ "amount": 20, "receivedAt": "2030-01-23T17:00:00Z", "subscriptionId": id }]);
    assert_eq!(billed["receipts"], receipt);
    seen_through_v3(&cloud, &id, &billed).await;

    // The next month comes by itself, and is not billed by period.
    cloud.advance(32).await;
    let next = client.subscription(&id).await;
    assert_eq!(
        days(&next),
        [
            ("2030-01-25", "COMPLETED"),
            ("2030-02-25", "ACTIVE"),
            ("2030-03-25", "PENDING")
        ]
    );
    let invoices = cloud.get("/v3/invoices").await;
    assert_eq!(
        invoices["data"].as_array().unwrap().len(),
        1,
        "not owed yet"
    );
    assert!(cloud.running.end().await);
}

/// The same records in v3: subscription, plan, customer, invoice, payment, and the events of all.
async fn seen_through_v3(cloud: &Cloud, id: &str, billed: &Value) {
    let subscription = cloud.get(&format!("/v3/subscriptions/{id}")).await;
    assert_eq!(subscription["collection_method"], "payment_schedule");
    assert_eq!(subscription["plan_id"], billed["tierId"]);
    assert_eq!(subscription["status"], "active");
    assert_eq!(subscription["next_billing_date"], billed["nextBillingDate"]);
    let plan = cloud
        .get(&format!("/v3/plans/{}", billed["tierId"].as_str().unwrap()))
        .await;
    assert_eq!(
        (&plan["amount"], &plan["interval"]),
        (&json!(2000), &json!("month"))
    );
    assert_eq!(plan["tier"]["billing_period"], "monthly");
    let customer = cloud
        .get(&format!(
            "/v3/customers/{}",
            billed["customerId"].as_str().unwrap()
        ))
        .await;
    assert_eq!(customer["phone"], "(416) 555-1234");
    let invoices = cloud
        .get(&format!("/v3/invoices?subscription_id={id}"))
        .await;
    let invoice = &invoices["data"][0];
    assert_eq!(invoices["data"].as_array().unwrap().len(), 1);
    assert_eq!(invoice["billing_reason"], "payment_schedule");
    assert_eq!(
        (&invoice["status"], &invoice["due_date"]),
        (&json!("paid"), &json!("2030-01-25"))
    );
    assert_eq!(invoice["payment_ids"].as_array().unwrap().len(), 2);
    let payments = cloud.get("/v3/payments").await;
    let statuses: Vec<&Value> = payments["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payment| &payment["status"])
        .collect();
    assert_eq!(statuses, ["succeeded", "failed"]);
    let events = cloud
        .until("/v3/events?limit=100", |list| {
            list["data"]
                .as_array()
                .unwrap()
                .iter()
                .any(|event| event["type"] == "invoice.paid")
        })
        .await;
    let count = |kind: &str| {
        let events = events["data"].as_array().unwrap().iter();
        events.filter(|event| event["type"] == kind).count()
    };
    let counts = [
        "subscription.created",
        "schedule.reminder_sent",
        "invoice.finalized",
        "invoice.paid",
        "payment.succeeded",
        "payment.failed",
    ]
    .map(count);
    assert_eq!(counts, [1; 6]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unpaid_payment_is_suspended_after_its_grace_and_a_late_one_heals() {
    let cloud = Cloud::start(None).await;
    begin(&cloud, "2030-01-10T17:00:00Z").await;
    let client = Client::of(&cloud).await;
    let (id, _) = client.subscribe("2030-01-25").await;
    // The grace is the 26th: suspended from the 27th on.
    cloud.advance(16).await;
    let before = client.subscription(&id).await;
    assert_eq!(days(&before)[0], ("2030-01-25", "ACTIVE"));
    let open = cloud.get("/v3/invoices?status=open").await;
    assert_eq!(open["data"][0]["due_date"], "2030-01-25");
    cloud.advance(1).await;
    let after = client.subscription(&id).await;
    assert_eq!(days(&after)[0], ("2030-01-25", "SUSPENDED"));
    assert_eq!(after["status"], "SUSPENDED");
    let in_v3 = cloud.get(&format!("/v3/subscriptions/{id}")).await;
    assert_eq!(in_v3["status"], "past_due");
    let told = async |kind: &str| {
        let path = format!("/v3/events?type={kind}");
        let found = cloud
            .until(&path, |list| !list["data"].as_array().unwrap().is_empty())
            .await;
        found["data"][0]["data"].clone()
    };
    let expired = told("schedule.grace_expired").await;
    assert_eq!(expired["object"]["status"], "suspended");
    assert_eq!(
        expired["previous_attributes"],
        json!({ "status": "active" })
    );
    told("invoice.overdue").await;
    told("subscription.past_due").await;

    let page = url(&after, 0);
    let shown = client.page(&page).await;
    assert!(
        shown
            .text
            .contains("overdue: the last day for it was 26 January 2030")
    );
    assert_eq!(client.pay(&page, "4242424242424242").await.status, 303);
    let healed = client.subscription(&id).await;
    assert_eq!(
        days(&healed),
        [("2030-01-25", "COMPLETED"), ("2030-02-25", "PENDING")]
    );
    assert_eq!(healed["status"], "ACTIVE");
    assert!(cloud.running.end().await);
}
