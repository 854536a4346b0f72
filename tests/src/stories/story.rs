//! A subscription from its plan to the signed webhooks, through the very code that Lambda runs.

mod receiver;

use std::path::Path;
use std::time::{Duration, Instant};

use local::args::Args;
use local::cloud::{self, Aws, Settings};
use local::invoke::Functions;
use local::{Running, functions, seed};
use serde_json::{Value, json};

pub(crate) use receiver::{Receiver, SECRET};

/// A running local cloud with the demo business.
pub(crate) struct Cloud {
    pub(crate) functions: Functions,
    pub(crate) running: Running,
    client: reqwest::Client,
    key: String,
}

impl Cloud {
    pub(crate) async fn start(data: Option<&Path>) -> Self {
        Self::start_with(data, |aws| functions::wire(aws, None).unwrap()).await
    }

    /// The same with functions of the test's own.
    pub(crate) async fn start_with(
        data: Option<&Path>,
        wire: impl FnOnce(&Aws) -> Functions,
    ) -> Self {
        let api = cloud::listen(0).await.unwrap();
        let settings = Settings {
            data: data.map(Path::to_owned),
            parameters: seed::parameters(&Args::none()),
            ..Settings::default()
        };
        let aws = Aws::start(&settings).await.unwrap();
        let functions = wire(&aws);
        seed::business(&aws, None).await.unwrap();
        let running = aws.run(&functions, api).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            functions,
            running,
            client,
            key: seed::test_key(),
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder, status: u16) -> Value {
        let answer = request.bearer_auth(&self.key).send().await.unwrap();
        let found = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert_eq!(found, status, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        let url = format!("http://{}{path}", self.running.address());
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string());
        self.send(request, status).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send(
            self.client
                .get(format!("http://{}{path}", self.running.address())),
            200,
        )
        .await
    }

    /// What a `GET` sends as a file: its type, its disposition and its bytes.
    async fn file(&self, path: &str) -> (String, String, Vec<u8>) {
        let url = format!("http://{}{path}", self.running.address());
        let request = self.client.get(url).bearer_auth(&self.key);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let (kind, disposition) = (header("content-type"), header("content-disposition"));
        (kind, disposition, answer.bytes().await.unwrap().to_vec())
    }

    /// Asks until `good` is satisfied, for ten seconds at the most.
    pub(crate) async fn until(&self, path: &str, good: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.get(path).await;
            if good(&found) {
                return found;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{path} stays {found:#}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Advances the test clock and waits until it has arrived.
    pub(crate) async fn advance(&self, days: i64) {
        self.advance_hours(days * 24).await;
    }

    /// The same in hours.
    async fn advance_hours(&self, hours: i64) {
        let now = self.frozen_time().await;
        self.advance_to(now.plus_seconds(hours * 3600)).await;
    }

    /// The same to a moment, with as many calls as that takes.
    pub(crate) async fn advance_to(&self, at: models::Timestamp) {
        loop {
            let next = self.frozen_time().await.plus_days(700).min(at);
            let to = json!({ "to": next.to_string() });
            self.post("/v3/test-clock/advance", &to, 202).await;
            self.until("/v3/test-clock", |clock| clock["status"] == "ready")
                .await;
            if next == at {
                return;
            }
        }
    }

    async fn frozen_time(&self) -> models::Timestamp {
        let clock = self.get("/v3/test-clock").await;
        clock["frozen_time"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Value {
        let url = format!("http://{}{path}", self.running.address());
        let request = self
            .client
            .patch(url)
            .header("content-type", "application/json")
            .body(body.to_string());
        self.send(request, 200).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.running.address());
        self.send(self.client.delete(url), 200).await
    }

    /// A plan, a customer with that card, a webhook for everything and a subscription with a trial of 14 days.
    pub(crate) async fn subscribe(&self, card: &str, receiver: &Receiver) -> String {
        let plan = json!({
            "id": "plan_enterprise_pro", "name": "Enterprise Pro", "currency": "USD", "amount": 9999, "interval": "month",
        });
        self.post("/v3/plans", &plan, 201).await;
        let customer = self
            .post(
                "/v3/customers",
                &json!({ "email": "test@example.com" }),
                201,
            )
            .await;
        let customer = customer["id"].as_str().unwrap();
        let card = testkit::card(card);
        let method =
            json!({ "customer_id": customer, "type": "card", "card": card, "default": true });
        self.post("/v3/payment-methods", &method, 201).await;
        let webhook =
            json!({ "url": receiver.url, "events": ["*"], "secret": SECRET, "enabled": true });
        self.post("/v3/webhooks", &webhook, 201).await;
        let subscription = json!({
            "customer_id": customer, "plan_id": "plan_enterprise_pro", "billing_cycle": "monthly",
            "auto_collection": true, "trial_period_days": 14, "metadata": { "source": "website" },
        });
        let subscription = self.post("/v3/subscriptions", &subscription, 201).await;
        assert_eq!(subscription["status"], "trialing");
        subscription["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_days_of_a_trial_are_two_paid_invoices_and_every_event_once() {
    let begun = Instant::now();
    let receiver = Receiver::start().await;
    let cloud = Cloud::start(None).await;
    let subscription = cloud.subscribe("4242424242424242", &receiver).await;
    cloud.advance(60).await;

    let invoices = cloud.get("/v3/invoices").await;
    let invoices = invoices["data"].as_array().unwrap();
    assert_eq!(invoices.len(), 2, "{invoices:#?}");
    assert!(
        invoices
            .iter()
            .all(|invoice| invoice["status"] == "paid" && invoice["amount"] == 9999)
    );
    // Each carries the moment at which it was due, not that of the machine.
    for invoice in invoices {
        assert_eq!(invoice["created"], invoice["period_start"]);
    }
    let now = cloud
        .get(&format!("/v3/subscriptions/{subscription}"))
        .await;
    assert_eq!(now["status"], "active");
    assert_eq!(now["current_period_start"], invoices[0]["period_start"]);

    // customer, method, plan, subscription; twice finalized, succeeded, paid, updated; the clock twice.
    let events = cloud
        .until("/v3/events?limit=100", |list| {
            list["data"].as_array().unwrap().len() >= 14
        })
        .await;
    receiver
        .wait_for(|got| got.len() >= events["data"].as_array().unwrap().len() - 4)
        .await;
    let got = receiver.received();
    let mut ids: Vec<&str> = got
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), got.len(), "an event came twice");
    let count = |kind: &str| got.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(
        [
            count("subscription.created"),
            count("invoice.paid"),
            count("payment.succeeded"),
            count("payment.failed")
        ],
        [1, 2, 2, 0]
    );
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "the story took {:?}",
        begun.elapsed()
    );
    assert!(cloud.running.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_comes_out_of_the_gateway_as_the_pdf_that_the_function_made() {
    let receiver = Receiver::start().await;
    let cloud = Cloud::start(None).await;
    cloud.subscribe("4242424242424242", &receiver).await;
    cloud.advance(15).await;
    let invoices = cloud.get("/v3/invoices").await;
    let invoice = &invoices["data"][0];
    let path = format!("/v3/invoices/{}/pdf", invoice["id"].as_str().unwrap());
    let (kind, disposition, bytes) = cloud.file(&path).await;
    assert_eq!(kind, "application/pdf");
    let number = invoice["number"].as_str().unwrap();
    assert_eq!(disposition, format!("inline; filename=\"{number}.pdf\""));
    assert!(bytes.starts_with(b"%PDF-1.7") && bytes.ends_with(b"%%EOF"));
    assert!(cloud.running.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_declines_later_leaves_the_subscription_past_due() {
    let receiver = Receiver::start().await;
    let cloud = Cloud::start(None).await;
    let subscription = cloud.subscribe("4000000000000341", &receiver).await;
    cloud.advance(60).await;
    let now = cloud
        .get(&format!("/v3/subscriptions/{subscription}"))
        .await;
    assert_eq!(now["status"], "past_due");
    assert_eq!(
        cloud.get("/v3/invoices?status=paid").await["data"],
        json!([])
    );
    assert_eq!(
        cloud.get("/v3/invoices?status=open").await["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    receiver
        .wait_for(|got| {
            got.iter()
                .filter(|event| event["type"] == "payment.failed")
                .count()
                >= 8
        })
        .await;
    let got = receiver.received();
    let count = |kind: &str| got.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(
        [
            count("subscription.past_due"),
            count("invoice.paid"),
            count("payment.succeeded")
        ],
        [1, 0, 0]
    );
    assert!(cloud.running.end().await);
}

fn moment(text: &Value) -> models::Timestamp {
    text.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_was_refused_is_sent_again_and_then_no_more() {
    let receiver = Receiver::refusing(2).await;
    let cloud = Cloud::start(None).await;
    cloud.advance(1).await;
    let webhook = json!({ "url": receiver.url, "events": ["customer.created"], "secret": SECRET });
    let webhook = cloud.post("/v3/webhooks", &webhook, 201).await;
    let deliveries = format!(
        "/v3/webhooks/{}/deliveries",
        webhook["id"].as_str().unwrap()
    );
    cloud
        .post("/v3/customers", &json!({ "email": "a@example.com" }), 201)
        .await;

    let failed = cloud
        .until(&deliveries, |list| {
            list["deliveries"][0]["status"] == "failed"
        })
        .await;
    let delivery = &failed["deliveries"][0];
    assert_eq!(
        (&delivery["http_status"], &delivery["attempts"]),
        (&json!(500), &json!(1))
    );
    let at = |field: &str| moment(&delivery[field]).seconds();
    let wait = at("next_retry") - at("created");
    assert!(
        (4..=6).contains(&wait),
        "five seconds, a fifth up or down: {wait}"
    );

    // Five seconds and five minutes later, on the business's clock.
    cloud.advance(1).await;
    let done = cloud
        .until(&deliveries, |list| {
            list["deliveries"][0]["status"] == "delivered"
        })
        .await;
    assert_eq!(done["deliveries"][0]["attempts"], 3);
    let got = receiver.received();
    assert_eq!(got.len(), 3);
    assert!(
        got.iter().all(|event| event == &got[0]),
        "an event changed between attempts"
    );

    // The message comes once more, late.
    let event = got[0]["id"]
        .as_str()
        .unwrap()
        .trim_start_matches("evt_rs_")
        .parse::<u64>()
        .unwrap();
    let endpoint = webhook["id"]
        .as_str()
        .unwrap()
        .trim_start_matches("we_rs_")
        .parse::<u64>()
        .unwrap();
    let message = json!({
        "pk": format!("1000001#test#we#{endpoint:016}"), "sk": format!("del#{event:016}"), "entity_type": "del",
    });
    let batch = json!({ "Records": [{ "messageId": "late", "body": message.to_string() }] });
    let batch = serde_json::value::to_raw_value(&batch).unwrap();
    let answer = cloud
        .functions
        .invoke("webhook-delivery", batch)
        .await
        .unwrap();
    assert_eq!(answer.get(), r#"{"batchItemFailures":[]}"#);
    assert_eq!(receiver.received().len(), 3);
    assert!(cloud.running.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_gateway_is_asked_again_and_the_subscription_falls_behind_only_then() {
    let receiver = Receiver::start().await;
    let cloud = Cloud::start(None).await;
    let subscription = cloud.subscribe("4000000000000119", &receiver).await;
    // Twelve hours after the trial, four hours before the last of the nine attempts.
    cloud.advance_hours(14 * 24 + 12).await;
    let status = async || {
        cloud
            .get(&format!("/v3/subscriptions/{subscription}"))
            .await["status"]
            .clone()
    };
    assert_eq!(status().await, "active");
    let invoice = cloud.get("/v3/invoices").await["data"][0].clone();
    assert_eq!(
        (&invoice["status"], &invoice["attempt_count"]),
        (&json!("open"), &json!(8))
    );
    cloud.advance_hours(12).await;
    assert_eq!(status().await, "past_due");
    let invoice = cloud.get("/v3/invoices").await["data"][0].clone();
    assert_eq!(invoice["attempt_count"], 9);
    assert_eq!(invoice["last_payment_error"]["code"], "processing_error");
    // From here on the schedule of the business counts.
    assert_ne!(invoice["next_payment_attempt"], json!(null));
    assert_eq!(
        cloud.get("/v3/payments").await["data"]
            .as_array()
            .unwrap()
            .len(),
        9
    );
    assert!(cloud.running.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_host_and_scheme_a_caller_names_nothing_fails_and_links_are_ours() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let cloud = Cloud::start(None).await;
    let address = cloud.running.address();
    for headers in [
        "Host: evil.test\r\nX-Forwarded-Proto: javascript\r\nX-Forwarded-Host: evil.test",
        "Host: a%b\r\nX-Forwarded-Proto: ht tp\r\nX-Forwarded-Port: x",
        "Host: evil.test:99999\r\nX-Forwarded-Proto: \u{e9}",
        "Host:\r\nX-Forwarded-Proto:",
    ] {
        for path in [
            "/health",
            "/docs",
            "/m/AAAAAAAAAAAAAAAAAAAAAA",
            "/p/a",
            "/v3/customers",
            "/no/such",
        ] {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let status = answer.split(' ').nth(1).unwrap_or_default();
            assert!(
                status.starts_with(['2', '3', '4']),
                "{path} {headers}: {answer}"
            );
            assert!(!answer.contains("evil.test"), "{path} {headers}: {answer}");
        }
    }
    let user = json!({
        "email": "m@example.com", "first_name": "M", "last_name": "N", "braintree_customer_id": "btid1",
        "address_attributes": { "address1": "1", "city": "C", "state": "UT", "zipcode": "84101", "phone": "8015555555" },
    });
    let body = json!({ "authentication_token": seed::member_token(), "user": user });
    let made = cloud
        .client
        .post(format!("http://{address}/api/v1/create_call_center_member"))
        .header("host", "evil.test")
        .header("x-forwarded-proto", "gopher")
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(made.status().as_u16(), 200);
    let mails = cloud.get("/v3/emails").await;
    let text = mails["data"][0]["text"].as_str().unwrap();
    assert!(text.contains(&format!("http://{address}/m/")), "{text}");
}
