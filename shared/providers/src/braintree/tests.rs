//! Against a server that checks what it is asked, and answers as Braintree does.

use std::sync::{Arc, Mutex};

use models::Money;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

type Asked = Arc<Mutex<Vec<Value>>>;

/// A server that gives these answers one after the other, and keeps what it was asked.
async fn server(answers: Vec<(u16, String)>) -> (Braintree, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    let serve = async move {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            let request = loop {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).await.unwrap();
                text.extend_from_slice(&buffer[..read]);
                let request = String::from_utf8_lossy(&text).into_owned();
                let (head, body) = request.split_once("\r\n\r\n").unwrap_or((&request, ""));
                let length = head.to_lowercase();
                let length = length
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
                if length.is_some_and(|length| body.len() >= length) {
                    break request;
                }
            };
            let (head, sent) = request.split_once("\r\n\r\n").unwrap();
            let head = head.to_lowercase();
            // What Braintree demands of every request.
            assert!(head.starts_with("post /graphql http/1.1\r\n"), "{head}");
            assert!(head.contains("\r\nbraintree-version: 2019-01-01"), "{head}");
            assert!(
                head.contains("\r\ncontent-type: application/json"),
                "{head}"
            );
            let authorization = format!(
                "authorization: basic {}",
                STANDARD.encode("public:private").to_lowercase()
            );
            assert!(head.contains(&authorization), "{head}");
            kept.lock()
                .unwrap()
                .push(serde_json::from_str(sent).unwrap());
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    };
    #[expect(clippy::disallowed_methods, reason = "the server of a test")]
    drop(tokio::spawn(serve));
    let settings = Settings {
        url,
        public_key: "public".to_owned(),
        private_key: SecretString::from("private"),
    };
    (Braintree::new(&settings).unwrap(), asked)
}

fn ok(data: &Value) -> (u16, String) {
    (
        200,
        json!({ "data": data, "extensions": { "requestId": "x" } }).to_string(),
    )
}

fn error(class: &str) -> (u16, String) {
    let error =
        json!({ "message": "no", "extensions": { "errorClass": class, "legacyCode": "91510" } });
    (200, json!({ "data": null, "errors": [error] }).to_string())
}

fn vaulted() -> Card {
    Card {
        brand: "visa".to_owned(),
        last4: "1881".to_owned(),
        exp_month: 12,
        exp_year: 2030,
        fingerprint: "abc".to_owned(),
        token: "cGF5bWVudG1ldGhvZF8x".to_owned(),
    }
}

fn charge(card: &Card) -> Charge<'_> {
    Charge {
        idempotency_key: "pay_rs_1",
        card,
        amount: Money::new(2900, "USD".parse().unwrap()),
        asked: None,
    }
}

#[tokio::test]
async fn a_customer_s_default_card_is_found_by_the_library_s_id() {
    let details = json!({ "brandCode": "VISA", "last4": "1881", "expirationMonth": "12", "expirationYear": "2030", "uniqueNumberIdentifier": "abc" });
    let method = json!({ "id": "cGF5bWVudG1ldGhvZF8x", "details": details });
    let (braintree, asked) = server(vec![
        ok(&json!({ "idFromLegacyId": "Y3VzdG9tZXJfMQ" })),
        ok(&json!({ "node": { "defaultPaymentMethod": method } })),
    ])
    .await;
    assert_eq!(braintree.card_of("btid123").await.unwrap(), Some(vaulted()));
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked[0]["variables"], json!({ "id": "btid123" }));
    assert_eq!(asked[1]["variables"], json!({ "id": "Y3VzdG9tZXJfMQ" }));
    // The caller's text is a variable, never part of a query.
    assert!(!asked[0]["query"].as_str().unwrap().contains("btid123"));
}

#[tokio::test]
async fn who_is_not_there_or_has_no_card_has_none() {
    let id = || ok(&json!({ "idFromLegacyId": "a" }));
    for answers in [
        vec![error("NOT_FOUND")],
        vec![error("VALIDATION")],
        vec![id(), ok(&json!({ "node": null }))],
        vec![id(), error("NOT_FOUND")],
        vec![
            id(),
            ok(&json!({ "node": { "defaultPaymentMethod": { "id": "x", "details": {} } } })),
        ],
    ] {
        let (braintree, _) = server(answers).await;
        assert_eq!(braintree.card_of("btid123").await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_cannot_be_understood_says_nothing_about_the_customer() {
    let long = "x".repeat(300 * 1024);
    for answer in [
        (500, String::new()),
        (401, "{}".to_owned()),
        (302, String::new()),
        (200, "<html>".to_owned()),
        (200, "[]".to_owned()),
        (200, "{\"data\":1}".to_owned()),
        (200, long),
        error("AUTHENTICATION"),
        error("RESOURCE_LIMIT"),
        error("INTERNAL"),
    ] {
        let (braintree, _) = server(vec![answer]).await;
        assert!(matches!(
            braintree.card_of("a").await,
            Err(Error::Unavailable(_))
        ));
    }
    // Nobody listens.
    let settings = Settings {
        url: "http://127.0.0.1:9/graphql".to_owned(),
        public_key: "public".to_owned(),
        private_key: SecretString::from("private"),
    };
    let nobody = Braintree::new(&settings).unwrap();
    assert!(matches!(
        nobody.card_of("a").await,
        Err(Error::Unavailable(_))
    ));
    assert!(!format!("{nobody:?}{settings:?}").contains("private\""));
}

/// What a search finds, on its last page.
fn found(statuses: &[&str]) -> (u16, String) {
    page(statuses, None)
}

fn page(statuses: &[&str], next: Option<&str>) -> (u16, String) {
    let nodes = statuses.iter().enumerate();
    let edges: Vec<Value> = nodes
        .map(|(index, status)| json!({ "node": { "id": format!("t_{index}"), "status": status } }))
        .collect();
    let info = json!({ "hasNextPage": next.is_some(), "endCursor": next });
    ok(&json!({ "search": { "transactions": { "edges": edges, "pageInfo": info } } }))
}

fn charged(status: &str) -> (u16, String) {
    let transaction = json!({ "id": "t_new", "status": status });
    ok(&json!({ "chargePaymentMethod": { "transaction": transaction } }))
}

fn succeeded(reference: &str) -> Outcome {
    Outcome::Succeeded {
        reference: reference.to_owned(),
        risk_score: 0,
    }
}

/// Asked again so long after somebody else.
fn again(card: &Card, seconds: u64) -> Charge<'_> {
    Charge {
        asked: Some(Duration::from_secs(seconds)),
        ..charge(card)
    }
}

#[tokio::test]
async fn a_charge_is_made_once_for_its_key() {
    let done = "SUBMITTED_FOR_SETTLEMENT";
    let (braintree, asked) = server(vec![charged(done), found(&[done])]).await;
    let card = vaulted();
    let first = braintree.charge(charge(&card)).await.unwrap();
    assert_eq!(first, succeeded("t_new"));
    let second = braintree.charge(again(&card, 40)).await.unwrap();
    assert_eq!(second, succeeded("t_0"));
    let asked = asked.lock().unwrap().clone();
    let input = json!({
        "apiRequestKey": "pay_rs_1", "paymentMethodId": card.token,
        "transaction": { "amount": "29.00", "orderId": "pay_rs_1" },
    });
    assert_eq!(asked[0]["variables"], json!({ "input": input }));
    assert_eq!(
        asked[1]["variables"],
        json!({ "order": "pay_rs_1", "after": null })
    );
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_charge_is_refused_pending_or_unknown_as_its_status_says() {
    let card = vaulted();
    for (status, code) in [
        ("PROCESSOR_DECLINED", "card_declined"),
        ("GATEWAY_REJECTED", "card_declined"),
        ("FAILED", "card_declined"),
        ("VOIDED", "voided"),
    ] {
        let (braintree, _) = server(vec![charged(status), found(&[])]).await;
        match braintree.charge(charge(&card)).await.unwrap() {
            Outcome::Failed(failure) => assert_eq!(
                (failure.code.as_str(), failure.fault),
                (code, status == "FAILED")
            ),
            other @ (Outcome::Succeeded { .. } | Outcome::Pending) => panic!("{other:?}"),
        }
    }
    let (braintree, _) = server(vec![charged("AUTHORIZING")]).await;
    let pending = braintree.charge(charge(&card)).await.unwrap();
    assert_eq!(pending, Outcome::Pending);
    let (braintree, _) = server(vec![charged("SOMETHING_NEW")]).await;
    assert!(braintree.charge(charge(&card)).await.is_err());
}

/// A duplicate is refused like a card. Booked as a refusal, the money would be taken twice in the end.
#[tokio::test]
async fn a_refusal_counts_only_where_no_money_moved() {
    let card = vaulted();
    let done = "SETTLING";
    for (answers, outcome) in [
        (
            vec![
                charged("GATEWAY_REJECTED"),
                found(&["GATEWAY_REJECTED", done]),
            ],
            succeeded("t_1"),
        ),
        (
            vec![
                charged("GATEWAY_REJECTED"),
                page(&["GATEWAY_REJECTED"], Some("next")),
                found(&[done, "PROCESSOR_DECLINED"]),
            ],
            succeeded("t_0"),
        ),
        (
            vec![
                charged("GATEWAY_REJECTED"),
                found(&["AUTHORIZING", "GATEWAY_REJECTED"]),
            ],
            Outcome::Pending,
        ),
        (vec![error("VALIDATION"), found(&[done])], succeeded("t_0")),
    ] {
        let count = answers.len();
        let (braintree, asked) = server(answers).await;
        let found = braintree.charge(charge(&card)).await.unwrap();
        assert_eq!(found, outcome);
        assert_eq!(asked.lock().unwrap().len(), count);
    }
}

/// A key that is in flight is answered like wrong input.
#[tokio::test]
async fn wrong_input_may_be_an_attempt_that_is_under_way() {
    let card = vaulted();
    let first = vec![error("VALIDATION"), found(&[])];
    let repeated = || vec![found(&[]), error("VALIDATION"), found(&[])];
    for (answers, asked, refused) in [
        (first, None, true),
        (repeated(), Some(40), false),
        (repeated(), Some(601), true),
    ] {
        let (braintree, _) = server(answers).await;
        let charge = Charge {
            asked: asked.map(Duration::from_secs),
            ..charge(&card)
        };
        match braintree.charge(charge).await {
            Ok(Outcome::Failed(failure)) => assert!(refused && failure.code == "91510"),
            Err(Error::Unavailable(_)) => assert!(!refused),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_refund_is_made_once_for_its_key() {
    let made = json!({ "id": "r_1", "orderId": "re_rs_1", "status": "SETTLING" });
    let declined = json!({ "id": "r_0", "orderId": "re_rs_1", "status": "PROCESSOR_DECLINED" });
    let (braintree, asked) = server(vec![
        ok(&json!({ "refundTransaction": { "refund": made } })),
        ok(&json!({ "node": { "refunds": [made, declined] } })),
        error("VALIDATION"),
        ok(&json!({ "node": { "refunds": [made] } })),
        error("VALIDATION"),
        ok(&json!({ "node": { "refunds": [] } })),
    ])
    .await;
    let back = |asked| Return {
        idempotency_key: "re_rs_1",
        reference: "t_1",
        amount: Money::new(105, "USD".parse().unwrap()),
        asked,
    };
    let later = Some(Duration::from_secs(40));
    assert_eq!(braintree.refund(back(None)).await.unwrap(), Ok(()));
    assert_eq!(braintree.refund(back(later)).await.unwrap(), Ok(()));
    assert_eq!(braintree.refund(back(None)).await.unwrap(), Ok(()));
    let refused = braintree.refund(back(None)).await.unwrap().unwrap_err();
    assert_eq!(refused.code, "91510");
    let asked = asked.lock().unwrap().clone();
    let input = json!({
        "apiRequestKey": "re_rs_1", "transactionId": "t_1",
        "refund": { "amount": "1.05", "orderId": "re_rs_1" },
    });
    assert_eq!(asked[0]["variables"], json!({ "input": input }));
    assert_eq!(asked.len(), 6);
}

#[tokio::test]
async fn money_that_may_be_on_a_page_that_was_not_read_is_unknown() {
    let card = vaulted();
    let full = |status: &str| {
        let pages = (0..MAX_PAGES).map(|_| page(&[status], Some("next")));
        pages.collect::<Vec<_>>()
    };
    for status in ["PROCESSOR_DECLINED", "AUTHORIZED"] {
        let (braintree, asked) = server(full(status)).await;
        let unknown = braintree.charge(again(&card, 1)).await;
        assert!(matches!(unknown, Err(Error::Unavailable(_))), "{unknown:?}");
        assert_eq!(asked.lock().unwrap().len(), MAX_PAGES);
    }
    let (braintree, _) = server(full("SETTLED")).await;
    let made = braintree.charge(again(&card, 1)).await.unwrap();
    assert_eq!(made, succeeded("t_0"));
}
