//! What a Lambda function is: bytes of an event in, bytes of an answer out.
//!
//! `main.rs` of every function is one call of [`run`]; the local process calls the same [`Invocation`] with the same bytes.

use std::future::Future;
use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use axum::Router;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{HOST, HeaderValue};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent, Service};
use models::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use store::Image;

use crate::app::App;
use crate::config::Config;

/// A function: takes an event as JSON and answers as JSON. An `Err` makes Lambda invoke it again where the trigger retries.
pub type Invocation =
    Arc<dyn Fn(Box<RawValue>) -> BoxFuture<'static, Result<Box<RawValue>, String>> + Send + Sync>;

/// A function that API Gateway invokes with payload 2.0.
pub fn http_function(router: Router) -> Invocation {
    Arc::new(move |event| {
        let router = router.clone();
        async move {
            let mut request: ApiGatewayV2httpRequest = parse(&event)?;
            // The conversion panics on characters that are illegal in a URI, and gateways pass them through.
            request.raw_query_string = request.raw_query_string.map(|query| encode_illegal(&query));
            request.raw_path = request.raw_path.map(|path| encode_illegal(&path));
            believe_the_gateway(&mut request);
            let event = LambdaEvent::new(
                LambdaRequest::ApiGatewayV2(request),
                lambda_runtime::Context::default(),
            );
            let answer = Adapter::from(router).call(event);
            let Ok(response) = answer.await;
            unparse(&response)
        }
        .boxed()
    })
}

/// Callers may say what they like of the host and the scheme, and the conversion panics on some of it; addresses of pages are made of
/// it, too. The gateway knows under which of its domains it was reached.
fn believe_the_gateway(request: &mut ApiGatewayV2httpRequest) {
    let domain = request.request_context.domain_name.clone();
    let domain = domain.filter(|domain| domain.parse::<http::uri::Authority>().is_ok());
    let domain = domain.and_then(|domain| HeaderValue::try_from(domain).ok());
    for name in ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"] {
        request.headers.remove(name);
    }
    match domain {
        Some(domain) => drop(request.headers.insert(HOST, domain)),
        None => drop(request.headers.remove(HOST)),
    }
}

/// One message of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// By which a batch's answer names it.
    pub id: String,
    /// What was sent.
    pub body: String,
}

/// A worker that shares reads and writes among the messages of a batch. `handle` returns the ids of those that failed and
/// shall come again: each by itself, however the others fare ([`attempt_due`](crate::attempt_due)).
pub fn sqs_batch_function<F, Fut>(handle: F) -> Invocation
where
    F: Fn(Vec<Message>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Vec<String>> + Send + 'static,
{
    use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
    let handle = Arc::new(handle);
    typed_function(move |event: SqsEvent| {
        let handle = Arc::clone(&handle);
        async move {
            let messages = event.records.into_iter().map(|record| Message {
                id: record.message_id.unwrap_or_default(),
                body: record.body.unwrap_or_default(),
            });
            let failed = handle(messages.collect()).await;
            let mut response = SqsBatchResponse::default();
            response.set_failures(failed);
            Ok(response)
        }
    })
}

/// Does the work of one message. Returns its id where that failed, for whatever reason, a panic included.
pub(crate) async fn attempt(id: String, work: impl Future<Output = Result<()>>) -> Option<String> {
    match std::panic::AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            let error = detail(&error);
            tracing::error!(message_id = id, error, "a message failed");
            Some(id)
        }
        Err(_) => {
            tracing::error!(message_id = id, "a message made its worker panic");
            Some(id)
        }
    }
}

/// One change that the stream of the table tells of.
#[derive(Debug)]
pub struct Change {
    /// The item before, where there was one.
    pub before: Option<Image>,
    /// The item after, where there is one.
    pub after: Option<Image>,
    /// Its place in the stream.
    pub sequence_number: String,
}

/// A worker of the table's stream. `handle` takes changes in order and returns the first one that failed, from which the
/// stream is read again.
pub fn stream_function<F, Fut>(handle: F) -> Invocation
where
    F: Fn(Vec<Change>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<String>>> + Send + 'static,
{
    use aws_lambda_events::dynamodb::Event;
    use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
    let handle = Arc::new(handle);
    typed_function(move |event: Event| {
        let handle = Arc::clone(&handle);
        async move {
            let change = |record: aws_lambda_events::dynamodb::EventRecord| {
                Ok(Change {
                    before: Image::read(record.change.old_image.into())?,
                    after: Image::read(record.change.new_image.into())?,
                    sequence_number: record.change.sequence_number.unwrap_or_default(),
                })
            };
            let changes = event
                .records
                .into_iter()
                .map(change)
                .collect::<Result<Vec<_>>>()?;
            let mut response = DynamoDbEventResponse::default();
            if let Some(failed) = handle(changes).await? {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = Some(failed);
                response.batch_item_failures.push(failure);
            }
            Ok(response)
        }
    })
}

/// A function of one event to one answer.
pub fn typed_function<E, A, F, Fut>(handle: F) -> Invocation
where
    E: DeserializeOwned + Send + 'static,
    A: Serialize,
    F: Fn(E) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<A>> + Send + 'static,
{
    let handle = Arc::new(handle);
    Arc::new(move |event| {
        let handle = Arc::clone(&handle);
        async move {
            let event: E = parse(&event)?;
            match handle(event).await {
                Ok(answer) => unparse(&answer),
                Err(error) => {
                    let detail = detail(&error);
                    tracing::error!(error = detail, "the event failed");
                    Err(detail)
                }
            }
        }
        .boxed()
    })
}

/// How a function of the product is built: what its `main.rs` runs and the local process calls.
pub type Build = fn(&Config) -> Result<Invocation>;

/// Runs a function under the Lambda runtime.
///
/// The connection to DynamoDB is opened before the first event: Lambda gives the CPU of a whole core to initialisation.
pub fn run(build: Build) -> std::result::Result<(), lambda_runtime::Error> {
    start(&async |config| {
        let function = build(config)?;
        App::new(config)?.table().warm().await;
        Ok(function)
    })
}

/// Runs a function that has no table under the Lambda runtime.
pub fn run_without_table(build: Build) -> std::result::Result<(), lambda_runtime::Error> {
    start(&async |config| build(config))
}

fn start(
    build: &impl AsyncFn(&Config) -> Result<Invocation>,
) -> std::result::Result<(), lambda_runtime::Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let config = Config::from_env().map_err(|error| detail(&error))?;
        let function = build(&config).await.map_err(|error| detail(&error))?;
        lambda_runtime::run(lambda_runtime::service_fn(
            move |event: LambdaEvent<Box<RawValue>>| {
                let answer = function(event.payload);
                async move { answer.await.map_err(lambda_runtime::Error::from) }
            },
        ))
        .await
    })
}

/// What the log may know of an error that no client sees.
fn detail(error: &Error) -> String {
    match error {
        Error::Internal(detail) | Error::Unavailable(detail) => detail.clone(),
        Error::Invalid(invalid) => format!("invalid: {:?}", invalid.fields),
        Error::NotFound { .. }
        | Error::MethodNotAllowed
        | Error::UnsupportedMedia { .. }
        | Error::PreconditionFailed
        | Error::AlreadyExists { .. }
        | Error::Conflict { .. }
        | Error::Declined { .. }
        | Error::Idempotency { .. }
        | Error::Unauthenticated
        | Error::Forbidden { .. }
        | Error::RateLimited { .. } => error.to_string(),
    }
}

fn parse<T: DeserializeOwned>(event: &RawValue) -> Result<T, String> {
    serde_json::from_str(event.get())
        .map_err(|error| format!("the event could not be read: {error}"))
}

fn unparse(answer: &impl Serialize) -> Result<Box<RawValue>, String> {
    serde_json::value::to_raw_value(answer)
        .map_err(|error| format!("the answer could not be written: {error}"))
}

/// Percent-encodes what may not stand in a URI and leaves everything else, encoded or not, as it is.
fn encode_illegal(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let legal = byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte);
        if legal {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(["%", &hex::encode_upper([byte])]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    use super::*;
    use crate::middleware::with_layers;
    use crate::reply::Reply;

    /// What API Gateway gets for a request of that path.
    async fn answer(path: &str) -> Value {
        answer_to(path, json!({ "host": "a.test" })).await
    }

    async fn answer_to(path: &str, headers: Value) -> Value {
        let file = async || Reply::file(&b"%PDF-1.7\n\xff\x00\xe2"[..], "application/pdf", "a.pdf");
        let view = async || crate::Done::of(&json!({ "name": "Łódź" })).unwrap();
        let host = async |headers: http::HeaderMap| {
            let host = headers
                .get(HOST)
                .map(|host| host.to_str().unwrap().to_owned());
            crate::Done::of(&json!({ "host": host, "headers": headers.len() })).unwrap()
        };
        let routes = Router::new()
            .route("/file", get(file))
            .route("/host", get(host))
            .route("/view", get(view));
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
            "requestContext": {
                "accountId": "0", "apiId": "a", "domainName": "a.test", "requestId": "r", "stage": "$default",
                "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "" },
            },
            "isBase64Encoded": false,
        });
        let event = RawValue::from_string(event.to_string()).unwrap();
        let answer = http_function(with_layers(
            routes,
            Arc::new(models::IdSource::system()),
            crate::Cors::default(),
        ))(event)
        .await
        .unwrap();
        serde_json::from_str(answer.get()).unwrap()
    }

    /// Links in mails begin with the host, and the conversion of the event panics on what is none.
    #[tokio::test]
    async fn host_and_scheme_are_the_gateway_s_whatever_the_caller_says() {
        for headers in [
            json!({ "host": "evil.test", "x-forwarded-proto": "javascript", "x-forwarded-host": "evil.test" }),
            json!({ "host": "a b", "x-forwarded-proto": "ht tp", "x-forwarded-port": "x" }),
            json!({ "host": "", "x-forwarded-proto": "" }),
            json!({}),
        ] {
            let answer = answer_to("/host", headers.clone()).await;
            assert_eq!(answer["statusCode"], 200, "{headers}");
            let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            assert_eq!(body["host"], "a.test", "{headers}");
        }
    }

    #[tokio::test]
    async fn a_file_travels_in_base64_and_has_the_headers_of_every_reply() {
        let answer = answer("/file").await;
        assert_eq!(answer["statusCode"], 200);
        assert_eq!(answer["isBase64Encoded"], true);
        let bytes = STANDARD.decode(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(bytes, b"%PDF-1.7\n\xff\x00\xe2");
        let headers = &answer["headers"];
        assert_eq!(headers["content-type"], "application/pdf");
        assert_eq!(headers["content-disposition"], "inline; filename=\"a.pdf\"");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
        let id = headers["request-id"].as_str().unwrap();
        assert!(id.starts_with("req_"), "{id}");
    }

    #[tokio::test]
    async fn json_travels_as_it_is() {
        let answer = answer("/view").await;
        assert_eq!(answer["isBase64Encoded"], false);
        assert_eq!(answer["body"], r#"{"name":"Łódź"}"#);
    }

    #[test]
    fn illegal_characters_are_encoded_and_encoded_ones_stay() {
        assert_eq!(
            encode_illegal("a=b c&d=\"x\"<y>&e=%20&f[g]=é"),
            "a=b%20c&d=%22x%22%3Cy%3E&e=%20&f[g]=%C3%A9"
        );
    }
}
