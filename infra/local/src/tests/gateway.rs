//! The HTTP API, with functions that show what they were given.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Seen, World, stub, until};
use crate::reply::{Body, full};

pub(super) async fn send(request: Request<Body>) -> (u16, Bytes) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        response.into_body().collect().await.unwrap().to_bytes(),
    )
}

/// What the function was given for one request, written as it would be on the wire.
async fn event(request: &str, body: &[u8]) -> Value {
    let seen = Seen::default();
    let world = World::start([("worker", stub(&seen, |_| Ok(json!({ "statusCode": 204 }))))]).await;
    let (head, _) = raw(&world, request, body).await;
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
    seen.lock().unwrap().remove(0)
}

/// Head and body of the response to a request that is written by hand.
async fn raw(world: &World, request: &str, body: &[u8]) -> (String, String) {
    let mut stream = tokio::net::TcpStream::connect(world.address())
        .await
        .unwrap();
    let head = format!(
        "{request}\r\nHost: api.test\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The response to a function's reply.
async fn reply(reply: Value) -> (String, String) {
    let seen = Seen::default();
    let world = World::start([("worker", stub(&seen, move |_| Ok(reply.clone())))]).await;
    raw(&world, "GET /things/1 HTTP/1.1", b"").await
}

#[tokio::test]
async fn a_request_becomes_a_payload_of_format_two() {
    let request = "GET /things/a%2Fb?tag=1&tag=%322&q=a+b HTTP/1.1\r\nX-Twice: one\r\nX-Twice: two\r\nUser-Agent: curl\r\nCookie: a=1; b=2";
    let event = event(request, b"").await;
    let context = &event["requestContext"];
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "ANY /things/{id}");
    assert_eq!(event["rawPath"], "/things/a%2Fb");
    assert_eq!(event["rawQueryString"], "tag=1&tag=%322&q=a+b");
    assert_eq!(
        event["queryStringParameters"],
        json!({ "tag": "1,22", "q": "a b" })
    );
    assert_eq!(event["pathParameters"], json!({ "id": "a/b" }));
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["headers"]["x-twice"], "one,two");
    assert_eq!(event["headers"].get("cookie"), None);
    assert_eq!(event.get("body"), None);
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(
        context["http"],
        json!({ "method": "GET", "path": "/things/a%2Fb", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "curl" })
    );
    // Its own address, whatever the request says.
    let domain = context["domainName"].as_str().unwrap();
    assert!(domain.starts_with("127.0.0.1:"), "{domain}");
    assert_eq!(context["stage"], "$default");
    assert_eq!(context["time"], "01/Jan/2026:00:00:00 +0000");
    assert_eq!(context["timeEpoch"], super::NOW_MS);
    assert_eq!(context["routeKey"], event["routeKey"]);
    assert!(
        context["requestId"].is_string()
            && context["accountId"].is_string()
            && context["apiId"].is_string()
    );
}

#[tokio::test]
async fn a_query_stays_as_it_was_written() {
    let event = event("GET /things/1?filter[a]={x|y}&y=%20%zz HTTP/1.1", b"").await;
    assert_eq!(event["rawQueryString"], "filter[a]={x|y}&y=%20%zz");
}

#[tokio::test]
async fn bodies_are_text_or_base64() {
    for (content_type, body, expected, encoded) in [
        ("application/json", &b"{\"a\":1}"[..], "{\"a\":1}", false),
        ("application/vnd.x+json; charset=utf-8", b"{}", "{}", false),
        (
            "application/x-www-form-urlencoded",
            b"a=1&b=%20",
            "a=1&b=%20",
            false,
        ),
        ("text/xml", b"<a/>", "<a/>", false),
        ("application/octet-stream", b"abc", "YWJj", true),
        ("application/json", b"\xff", "/w==", true),
    ] {
        let event = event(
            &format!("POST /anything HTTP/1.1\r\nContent-Type: {content_type}"),
            body,
        )
        .await;
        assert_eq!(event["body"], expected, "{content_type}");
        assert_eq!(event["isBase64Encoded"], encoded, "{content_type}");
        assert_eq!(event["routeKey"], "$default");
        assert_eq!(event.get("pathParameters"), None);
    }
}

#[tokio::test]
async fn a_reply_becomes_a_response() {
    let (head, body) = reply(json!({
        "statusCode": 201,
        "headers": { "Location": "/things/1", "X-Number": 7 },
        "multiValueHeaders": { "x-many": ["a", "b"] },
        "cookies": ["s=1; Path=/", "t=2"],
        "body": "eyJhIjoxfQ==",
        "isBase64Encoded": true,
    }))
    .await;
    assert!(head.starts_with("HTTP/1.1 201 Created"), "{head}");
    for line in [
        "location: /things/1",
        "x-number: 7",
        "x-many: a",
        "x-many: b",
        "set-cookie: s=1; Path=/",
        "set-cookie: t=2",
        "content-length: 7",
    ] {
        assert!(
            head.to_lowercase().contains(&line.to_lowercase()),
            "{line} in {head}"
        );
    }
    assert!(head.contains("apigw-requestid: "));
    assert_eq!(body, r#"{"a":1}"#);
}

#[tokio::test]
async fn a_reply_in_base64_becomes_its_bytes() {
    let bytes: Vec<u8> = (0..=255).collect();
    let reply = json!({
        "statusCode": 200,
        "headers": { "content-type": "application/pdf" },
        "body": STANDARD.encode(&bytes),
        "isBase64Encoded": true,
    });
    let seen = Seen::default();
    let world = World::start([("worker", stub(&seen, move |_| Ok(reply.clone())))]).await;
    let request = Request::get(format!("http://{}/x", world.address()));
    let (status, body) = send(request.body(full(Vec::new())).unwrap()).await;
    assert_eq!((status, body.to_vec()), (200, bytes));
}

#[tokio::test]
async fn a_reply_whose_base64_is_none_is_an_internal_error() {
    let (head, _) =
        reply(json!({ "statusCode": 200, "body": "%PDF-1.7", "isBase64Encoded": true })).await;
    assert!(head.starts_with("HTTP/1.1 500"), "{head}");
}

#[tokio::test]
async fn a_reply_without_a_status_is_the_body() {
    let (head, body) = reply(json!({ "ok": true })).await;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.contains("content-type: application/json"));
    assert_eq!(body, r#"{"ok":true}"#);
}

#[tokio::test]
async fn a_failing_function_is_an_internal_error() {
    let seen = Seen::default();
    let failing = stub(&seen, |event| match event["rawPath"].as_str().unwrap() {
        "/error" => Err("secret".to_owned()),
        "/nonsense" => Ok(json!({ "statusCode": "many" })),
        _ => panic!("a bug in the function"),
    });
    let world = World::start([("worker", failing)]).await;
    for path in ["/error", "/nonsense", "/panic"] {
        let (head, body) = raw(&world, &format!("GET {path} HTTP/1.1"), b"").await;
        assert!(head.starts_with("HTTP/1.1 500"), "{head}");
        assert_eq!(body, r#"{"message":"Internal Server Error"}"#);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let seen = Seen::default();
    let world = World::start([("worker", stub(&seen, |_| Ok(json!({ "statusCode": 200 }))))]).await;
    for (size, expected) in [(10 * 1024 * 1024, 200), (10 * 1024 * 1024 + 1, 413)] {
        let request = Request::post(format!("http://{}/x", world.address()))
            .body(full(vec![b'x'; size]))
            .unwrap();
        assert_eq!(send(request).await.0, expected);
    }
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_function_finishes_even_if_its_client_does_not_wait() {
    let seen = Seen::default();
    let slow: crate::Invocation = {
        let seen = Arc::clone(&seen);
        Arc::new(move |_| {
            let seen = Arc::clone(&seen);
            Box::pin(async move {
                seen.lock().unwrap().push(json!("begun"));
                tokio::time::sleep(Duration::from_millis(50)).await;
                seen.lock().unwrap().push(json!("done"));
                Err("nobody listens".to_owned())
            })
        })
    };
    let world = World::start([("worker", slow)]).await;
    let mut stream = tokio::net::TcpStream::connect(world.address())
        .await
        .unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")
        .await
        .unwrap();
    until("the invocation", || seen.lock().unwrap().len() == 1).await;
    drop(stream);
    until("the end of it", || seen.lock().unwrap().len() == 2).await;
}
