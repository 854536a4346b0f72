//! `local listen` beside a running product.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::until;
use crate::args::Args;
use crate::caller::{Caller, rows, text};
use crate::cloud::{Aws, Running, Settings, listen};
use crate::listen::Listen;
use crate::reply::full;
use crate::serve::{Tasks, serve};
use crate::terminal::Terminal;
use crate::{Error, functions, seed};

/// The product with its demo business.
pub(super) struct Product {
    running: Running,
    pub(super) caller: Caller,
}

impl Product {
    pub(super) async fn start() -> Self {
        Self::start_for("").await
    }

    /// The product that admits the pages of these origins.
    pub(super) async fn start_for(origins: &str) -> Self {
        let args = Args {
            cors_origins: origins.to_owned(),
            ..Args::none()
        };
        let settings = Settings {
            parameters: seed::parameters(&args),
            ..Settings::default()
        };
        let aws = Aws::start(&settings).await.unwrap();
        let functions = functions::wire(&aws, None).unwrap();
        seed::business(&aws, None).await.unwrap();
        let running = aws.run(&functions, listen(0).await.unwrap()).unwrap();
        let caller = Caller::new(running.address().port()).unwrap();
        Self { running, caller }
    }

    pub(super) fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// Starts to listen, and waits until the endpoint is there.
    pub(super) async fn listen(&self, options: Listen) -> Listening {
        let terminal = Terminal::kept();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let lines = terminal.clone();
        let task = TaskTracker::new()
            .spawn(async move { crate::listen::listen(&options, &lines, stopped).await });
        let listening = Listening {
            terminal,
            stop,
            task,
        };
        listening.until_said("Listening to").await;
        listening
    }

    pub(super) fn options(&self) -> Listen {
        Listen {
            forward_to: None,
            events: vec!["customer.*".to_owned()],
            print_json: false,
            port: self.port(),
        }
    }

    fn forwarding(&self, target: &Target) -> Listen {
        Listen {
            forward_to: Some(format!("{}/hook", target.address)),
            ..self.options()
        }
    }

    async fn create_customer(&self) {
        let body = json!({ "email": "zoë@example.com" });
        self.caller.post("/v3/customers", &body).await.unwrap();
    }

    async fn endpoints(&self) -> Vec<String> {
        let list = self.caller.get("/v3/webhooks").await.unwrap();
        rows(&list, "/data").map(|row| text(row, "/id")).collect()
    }

    /// The only delivery to the only endpoint, once it has been tried.
    async fn delivery(&self) -> Value {
        let endpoints = self.endpoints().await;
        let path = format!("/v3/webhooks/{}/deliveries", endpoints[0]);
        for _ in 0..1_000 {
            let list = self.caller.get(&path).await.unwrap();
            let tried = rows(&list, "/deliveries").find(|row| !row["http_status"].is_null());
            if let Some(delivery) = tried {
                return delivery.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("nothing was delivered");
    }
}

/// A listener in the background.
pub(super) struct Listening {
    pub(super) terminal: Terminal,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

impl Listening {
    pub(super) async fn until_said(&self, part: &str) {
        until(part, || {
            self.terminal.lines().iter().any(|line| line.contains(part))
        })
        .await;
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// The headers and bodies of requests.
type Received = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

/// A server under development.
struct Target {
    address: SocketAddr,
    received: Received,
}

impl Target {
    /// Answers with the status as soon as so many requests are there at once.
    async fn answering(status: StatusCode, at_once: usize) -> Self {
        let listener = listen(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let received: Received = Arc::default();
        let sink = Arc::clone(&received);
        let barrier = Arc::new(Barrier::new(at_once));
        Tasks::default().spawn(serve(listener, Tasks::default(), move |request| {
            let sink = Arc::clone(&sink);
            let barrier = Arc::clone(&barrier);
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes().to_vec();
                barrier.wait().await;
                sink.lock().unwrap().push((parts.headers, body));
                let mut response = Response::new(full("seen"));
                *response.status_mut() = status;
                response
            }
        }));
        Self { address, received }
    }

    fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }
}

/// The signature that a message should have.
fn signature(secret: &str, id: &str, timestamp_seconds: i64, body: &str) -> String {
    providers::webhook::sign(&[secret], id, timestamp_seconds, body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_savvy_sends_is_forwarded_as_it_is_and_the_endpoint_is_gone_afterwards() {
    let product = Product::start().await;
    let target = Target::answering(StatusCode::NO_CONTENT, 1).await;
    let listening = product.listen(product.forwarding(&target)).await;
    product.create_customer().await;
    until("the delivery", || target.count() == 1).await;
    let (headers, body) = target.received.lock().unwrap()[0].clone();
    let header = |name: &str| headers[name].to_str().unwrap();
    let greeting = listening.terminal.lines()[0].clone();
    let secret = greeting
        .split_whitespace()
        .find(|word| word.starts_with("whsec_"));
    let want = signature(
        secret.unwrap(),
        header("webhook-id"),
        header("webhook-timestamp").parse().unwrap(),
        &String::from_utf8(body).unwrap(),
    );
    assert_eq!(header("webhook-signature"), want);
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("host"), target.address.to_string());
    listening.until_said("<-- [204]").await;
    let sent = format!("--> customer.created  {}", header("webhook-id"));
    listening.until_said(&sent).await;
    let delivery = product.delivery().await;
    assert_eq!(
        (&delivery["status"], &delivery["http_status"]),
        (&json!("delivered"), &json!(204))
    );
    let terminal = listening.terminal.clone();
    listening.end().await;
    assert!(
        terminal
            .lines()
            .last()
            .unwrap()
            .starts_with("Deleted we_rs_")
    );
    assert!(product.endpoints().await.is_empty());
    assert!(product.running.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_fails_is_a_delivery_that_failed() {
    let product = Product::start().await;
    let target = Target::answering(StatusCode::INTERNAL_SERVER_ERROR, 1).await;
    let listening = product.listen(product.forwarding(&target)).await;
    product.create_customer().await;
    let delivery = product.delivery().await;
    assert_eq!(
        (&delivery["status"], &delivery["http_status"]),
        (&json!("failed"), &json!(500))
    );
    listening.until_said("<-- [500]").await;
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_is_not_there_is_502_and_the_reason_is_said() {
    let product = Product::start().await;
    let closed = listen(0).await.unwrap().local_addr().unwrap();
    let options = Listen {
        forward_to: Some(closed.port().to_string()),
        ..product.options()
    };
    let listening = product.listen(options).await;
    product.create_customer().await;
    let delivery = product.delivery().await;
    assert_eq!(
        (&delivery["status"], &delivery["http_status"]),
        (&json!("failed"), &json!(502))
    );
    listening.until_said("cannot be reached: ").await;
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_answer_holds_nothing_else_up() {
    let product = Product::start().await;
    let target = Target::answering(StatusCode::OK, 3).await;
    let listening = product.listen(product.forwarding(&target)).await;
    // None of them is answered before all are there.
    for _ in 0..3 {
        product.create_customer().await;
    }
    until("all deliveries", || target.count() == 3).await;
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_target_bodies_are_printed_and_answered_with_200() {
    let product = Product::start().await;
    let options = Listen {
        print_json: true,
        ..product.options()
    };
    let listening = product.listen(options).await;
    product.create_customer().await;
    let delivery = product.delivery().await;
    assert_eq!(
        (&delivery["status"], &delivery["http_status"]),
        (&json!("delivered"), &json!(200))
    );
    let lines = listening.terminal.lines();
    let events: Vec<Value> = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "customer.created");
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_somebody_took_away_is_put_back() {
    let product = Product::start().await;
    let listening = product.listen(product.options()).await;
    let before = product.endpoints().await;
    let path = format!("/v3/webhooks/{}", before[0]);
    product.caller.delete(&path).await.unwrap();
    listening
        .until_said("The endpoint was gone. Listening again")
        .await;
    let after = product.endpoints().await;
    assert_eq!(after.len(), 1);
    assert_ne!(after, before);
    listening.end().await;
    assert!(product.endpoints().await.is_empty());
}

#[tokio::test]
async fn without_a_process_the_command_that_starts_one_is_named() {
    let options = Listen {
        forward_to: None,
        events: vec!["*".to_owned()],
        print_json: false,
        port: listen(0).await.unwrap().local_addr().unwrap().port(),
    };
    let stop = std::future::pending();
    let error = crate::listen::listen(&options, &Terminal::kept(), stop).await;
    let text = error.unwrap_err().to_string();
    let command = format!("cargo run -p local -- --port {}", options.port);
    assert!(text.contains(&command), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_matches_nothing_is_refused_by_name() {
    let product = Product::start().await;
    let options = Listen {
        events: vec!["invoice.payed".to_owned()],
        ..product.options()
    };
    let stop = std::future::pending();
    let error = crate::listen::listen(&options, &Terminal::kept(), stop).await;
    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("/events") && text.contains("invoice.payed"),
        "{text}"
    );
}
