//! A gateway that speaks as Braintree does and moves no money, so that live mode can be tried: `local gateway` runs it, and
//! `local --gateway-url` points the product at it.
//!
//! It knows every customer but those whose name begins with `missing`, and each has a card; that of a `declined` one is refused. It
//! takes its time, loses answers and refuses duplicates as it is told, and `GET /book` says what it was asked and what it took.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::reply::{Body, full};
use crate::serve::{Tasks, serve};
use crate::terminal::Terminal;
use crate::{Error, cloud};

/// A longer request is none of the product's.
const MAX_BYTES: usize = 256 * 1024;
/// For how long a second charge of an order and an amount is a duplicate.
const DUPLICATE: Duration = Duration::from_secs(30);
/// How long the end waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// How the gateway behaves.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Behavior {
    /// How long a charge or a refund takes.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub latency_ms: u64,
    /// Of so many charges and refunds, the answer to one is lost after it was made; 0 for none.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub lose_every: u64,
    /// For how long a charge is under way after it was answered, before it succeeds.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub pending_ms: u64,
    /// Forget `apiRequestKey`: a second charge takes the money again.
    #[arg(long)]
    pub forget_keys: bool,
    /// Refuse a second charge of an order and an amount for 30 seconds.
    #[arg(long)]
    pub refuse_duplicates: bool,
}

/// Runs a gateway for live mode that moves no money.
#[derive(Clone, Debug, clap::Args)]
pub struct Gateway {
    /// Port of the gateway.
    #[arg(long, default_value_t = 8788)]
    pub port: u16,
    /// How it behaves.
    #[command(flatten)]
    pub behavior: Behavior,
}

/// Runs the gateway until `stop` is done.
pub async fn run(
    gateway: &Gateway,
    terminal: &Terminal,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let running = Running::start(gateway.port, gateway.behavior.clone()).await?;
    terminal.print(&format!(
        "gateway: {0}/graphql, its book: {0}/book\nthe product: cargo run --release -p local -- --gateway-url {0}/graphql",
        running.url
    ));
    stop.await;
    running.end().await;
    Ok(())
}

/// A gateway that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it is.
    pub url: String,
    book: Arc<Mutex<Book>>,
    tasks: Tasks,
}

impl Running {
    /// Starts it at a port, or at a free one where that is 0.
    pub async fn start(port: u16, behavior: Behavior) -> Result<Self, Error> {
        let listener = cloud::listen(port).await?;
        let address = listener
            .local_addr()
            .map_err(|error| Error::Io("gateway", error))?;
        let (book, tasks) = (Arc::new(Mutex::new(Book::default())), Tasks::default());
        let (shared, how) = (Arc::clone(&book), Arc::new(behavior));
        let handler = move |request| {
            let (book, behavior) = (Arc::clone(&shared), Arc::clone(&how));
            async move { answer(&book, &behavior, request).await }
        };
        tasks.spawn(serve(listener, tasks.clone(), handler));
        Ok(Self {
            url: format!("http://{address}"),
            book,
            tasks,
        })
    }

    /// What it was asked and what it took.
    pub fn book(&self) -> Value {
        locked(&self.book).shown()
    }

    /// Ends it.
    pub async fn end(self) {
        self.tasks.end(PATIENCE).await;
    }
}

/// Money that was taken, or was to be.
#[derive(Debug)]
struct Transaction {
    order: String,
    amount: String,
    /// What becomes of it.
    status: &'static str,
    made: Instant,
    refunds: Vec<Refund>,
}

#[derive(Debug, Clone)]
struct Refund {
    order: String,
    amount: String,
}

#[derive(Debug, Default)]
struct Book {
    transactions: Vec<Transaction>,
    /// Charges and refunds that were asked for.
    asked: u64,
    /// How many of an order are under way.
    under_way: BTreeMap<String, u32>,
    /// How often one was asked for while the same was under way.
    overlaps: u64,
}

fn locked(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Book {
    fn shown(&self) -> Value {
        let transactions = self.transactions.iter().enumerate();
        let transactions: Vec<Value> = transactions
            .map(|(index, made)| {
                let refunds = made.refunds.iter();
                let refunds: Vec<Value> = refunds
                    .map(|refund| json!({ "order": refund.order, "amount": refund.amount }))
                    .collect();
                json!({
                    "id": name(index), "order": made.order, "amount": made.amount, "status": made.status, "refunds": refunds,
                })
            })
            .collect();
        json!({ "transactions": transactions, "asked": self.asked, "overlaps": self.overlaps })
    }

    /// A transaction as it is answered.
    fn transaction(&self, index: usize, behavior: &Behavior) -> Option<Value> {
        let made = self.transactions.get(index)?;
        let pending = made.made.elapsed() < Duration::from_millis(behavior.pending_ms);
        let status = match made.status {
            "SUBMITTED_FOR_SETTLEMENT" if pending => "AUTHORIZING",
            status => status,
        };
        Some(json!({ "id": name(index), "status": status }))
    }

    fn begin(&mut self, order: &str) {
        self.asked = self.asked.saturating_add(1);
        let under_way = self.under_way.entry(order.to_owned()).or_default();
        if *under_way > 0 {
            self.overlaps = self.overlaps.saturating_add(1);
        }
        *under_way = under_way.saturating_add(1);
    }

    fn end(&mut self, order: &str) {
        if let Some(under_way) = self.under_way.get_mut(order) {
            *under_way = under_way.saturating_sub(1);
        }
    }

    fn is_under_way(&self, order: &str) -> bool {
        self.under_way.get(order).is_some_and(|count| *count > 1)
    }

    /// Takes money, as far as the card and the duplicate check let it. Returns where it is in the book.
    fn charge(&mut self, charge: &Asked, behavior: &Behavior) -> usize {
        let mut same = self.transactions.iter().enumerate().filter(|(_, made)| {
            made.order == charge.order && made.status == "SUBMITTED_FOR_SETTLEMENT"
        });
        let first = same.next();
        if let Some((index, _)) = first.filter(|_| !behavior.forget_keys) {
            return index;
        }
        let again = first.is_some_and(|(_, made)| {
            made.amount == charge.amount && made.made.elapsed() < DUPLICATE
        });
        let status = if charge.of.contains("declined") {
            "PROCESSOR_DECLINED"
        } else if again && behavior.refuse_duplicates {
            "GATEWAY_REJECTED"
        } else {
            "SUBMITTED_FOR_SETTLEMENT"
        };
        self.transactions.push(Transaction {
            order: charge.order.clone(),
            amount: charge.amount.clone(),
            status,
            made: Instant::now(),
            refunds: Vec::new(),
        });
        self.transactions.len().saturating_sub(1)
    }

    /// Gives money back. Errors where there is no such transaction.
    fn refund(&mut self, refund: &Asked, behavior: &Behavior) -> Option<Value> {
        let index = index(&refund.of)?;
        let made = self.transactions.get_mut(index)?;
        let known = made.refunds.iter().any(|made| made.order == refund.order);
        if !known || behavior.forget_keys {
            made.refunds.push(Refund {
                order: refund.order.clone(),
                amount: refund.amount.clone(),
            });
        }
        Some(json!({ "id": format!("refund_{}", refund.order), "status": "SETTLING" }))
    }
}

fn name(index: usize) -> String {
    format!("transaction_{index}")
}

fn index(name: &str) -> Option<usize> {
    name.strip_prefix("transaction_")?.parse().ok()
}

/// A charge of a payment method, or a refund of a transaction.
struct Asked {
    order: String,
    amount: String,
    /// The payment method, or the transaction.
    of: String,
}

async fn answer(
    book: &Mutex<Book>,
    behavior: &Behavior,
    request: Request<Incoming>,
) -> Response<Body> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/book") => reply(StatusCode::OK, &locked(book).shown()),
        (&Method::POST, "/graphql") => {
            let known = request.headers().contains_key(AUTHORIZATION)
                && request.headers().contains_key("braintree-version");
            if !known {
                return reply(StatusCode::OK, &refused("AUTHENTICATION"));
            }
            let Ok(body) = Limited::new(request.into_body(), MAX_BYTES).collect().await else {
                return reply(StatusCode::BAD_REQUEST, &Value::Null);
            };
            let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
            graphql(book, behavior, &body).await
        }
        _ => reply(StatusCode::NOT_FOUND, &Value::Null),
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

async fn graphql(book: &Mutex<Book>, behavior: &Behavior, body: &Value) -> Response<Body> {
    let query = text(body, "/query");
    let operation = query.split(['(', '{']).next().unwrap_or_default().trim();
    let data = match operation {
        "query Translate" => {
            let id = text(body, "/variables/id");
            if id.starts_with("missing") {
                return reply(StatusCode::OK, &refused("NOT_FOUND"));
            }
            json!({ "idFromLegacyId": format!("customer_{id}") })
        }
        "query Vaulted" => {
            let id = text(body, "/variables/id").trim_start_matches("customer_");
            json!({ "node": { "defaultPaymentMethod": method_of(id) } })
        }
        "query Find" => {
            let (book, order) = (locked(book), text(body, "/variables/order"));
            let made = book.transactions.iter().enumerate();
            let made = made.filter(|(_, made)| made.order == order);
            let edges: Vec<Value> = made
                .filter_map(|(index, _)| book.transaction(index, behavior))
                .map(|node| json!({ "node": node }))
                .collect();
            let page = json!({ "hasNextPage": false, "endCursor": null });
            json!({ "search": { "transactions": { "edges": edges, "pageInfo": page } } })
        }
        "query Refunds" => {
            let book = locked(book);
            let made =
                index(text(body, "/variables/id")).and_then(|index| book.transactions.get(index));
            let refunds = made.into_iter().flat_map(|made| &made.refunds);
            let refunds: Vec<Value> = refunds
                .map(|refund| json!({ "id": format!("refund_{}", refund.order), "orderId": refund.order, "status": "SETTLING" }))
                .collect();
            json!({ "node": { "refunds": refunds } })
        }
        "mutation Charge" => {
            let asked = Asked {
                order: text(body, "/variables/input/transaction/orderId").to_owned(),
                amount: text(body, "/variables/input/transaction/amount").to_owned(),
                of: text(body, "/variables/input/paymentMethodId").to_owned(),
            };
            return moved(book, behavior, &asked, |book| {
                let index = book.charge(&asked, behavior);
                let transaction = book.transaction(index, behavior);
                Some(json!({ "chargePaymentMethod": { "transaction": transaction } }))
            })
            .await;
        }
        "mutation Refund" => {
            let asked = Asked {
                order: text(body, "/variables/input/refund/orderId").to_owned(),
                amount: text(body, "/variables/input/refund/amount").to_owned(),
                of: text(body, "/variables/input/transactionId").to_owned(),
            };
            return moved(book, behavior, &asked, |book| {
                let refund = book.refund(&asked, behavior)?;
                Some(json!({ "refundTransaction": { "refund": refund } }))
            })
            .await;
        }
        _ => return reply(StatusCode::OK, &refused("VALIDATION")),
    };
    reply(StatusCode::OK, &json!({ "data": data }))
}

/// The card of a customer.
fn method_of(customer: &str) -> Value {
    json!({
        "id": format!("method_of_{customer}"),
        "details": {
            "brandCode": "VISA", "last4": "1881", "expirationMonth": "12", "expirationYear": "2049",
            "uniqueNumberIdentifier": format!("card_of_{customer}"),
        },
    })
}

/// Money moves: after a while, unless the same is under way, and now and then nobody hears of it.
async fn moved(
    book: &Mutex<Book>,
    behavior: &Behavior,
    asked: &Asked,
    make: impl FnOnce(&mut Book) -> Option<Value>,
) -> Response<Body> {
    let busy = {
        let mut book = locked(book);
        book.begin(&asked.order);
        book.is_under_way(&asked.order)
    };
    if busy && !behavior.forget_keys {
        locked(book).end(&asked.order);
        return reply(StatusCode::OK, &refused("VALIDATION"));
    }
    tokio::time::sleep(Duration::from_millis(behavior.latency_ms)).await;
    let mut book = locked(book);
    let data = make(&mut book);
    book.end(&asked.order);
    let lost = book.asked.checked_rem(behavior.lose_every) == Some(0);
    match data {
        _ if lost => reply(StatusCode::GATEWAY_TIMEOUT, &Value::Null),
        Some(data) => reply(StatusCode::OK, &json!({ "data": data })),
        None => reply(StatusCode::OK, &refused("NOT_FOUND")),
    }
}

fn refused(class: &str) -> Value {
    let error = json!({ "message": "refused", "extensions": { "errorClass": class, "legacyCode": "91500" } });
    json!({ "data": null, "errors": [error] })
}

fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(full(body.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", kind);
    response
}
