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

#[tokio::test]
async fn a_charge_is_made_once_for_its_key() {
    let none = || ok(&json!({ "search": { "transactions": { "edges": [] } } }));
    let transaction = json!({ "id": "t_1", "status": "SUBMITTED_FOR_SETTLEMENT" });
    let (braintree, asked) = server(vec![
        none(),
        ok(&json!({ "chargePaymentMethod": { "transaction": transaction } })),
        ok(&json!({ "search": { "transactions": { "edges": [{ "node": transaction }] } } })),
    ])
    .await;
    let (card, done) = (
        vaulted(),
        Outcome::Succeeded {
            reference: "t_1".to_owned(),
            risk_score: 0,
        },
    );
    assert_eq!(braintree.charge(charge(&card)).await.unwrap(), done);
    assert_eq!(braintree.charge(charge(&card)).await.unwrap(), done);
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked[0]["variables"], json!({ "order": "pay_rs_1" }));
    let input = json!({ "paymentMethodId": card.token, "transaction": { "amount": "29.00", "orderId": "pay_rs_1" } });
    assert_eq!(asked[1]["variables"], json!({ "input": input }));
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_charge_is_refused_pending_or_unknown_as_its_status_says() {
    let none = || ok(&json!({ "search": { "transactions": { "edges": [] } } }));
    let card = vaulted();
    for (status, code) in [
        ("PROCESSOR_DECLINED", "card_declined"),
        ("GATEWAY_REJECTED", "card_declined"),
        ("FAILED", "card_declined"),
    ] {
        let transaction = json!({ "id": "t_1", "status": status });
        let (braintree, _) = server(vec![
            none(),
            ok(&json!({ "chargePaymentMethod": { "transaction": transaction } })),
        ])
        .await;
        match braintree.charge(charge(&card)).await.unwrap() {
            Outcome::Failed(failure) => assert_eq!(
                (failure.code.as_str(), failure.fault),
                (code, status == "FAILED")
            ),
            other @ (Outcome::Succeeded { .. } | Outcome::Pending) => panic!("{other:?}"),
        }
    }
    let (braintree, _) = server(vec![none(), error("VALIDATION")]).await;
    assert!(
        matches!(braintree.charge(charge(&card)).await.unwrap(), Outcome::Failed(failure) if failure.code == "91510")
    );
    let odd = json!({ "id": "t_1", "status": "SOMETHING_NEW" });
    let (braintree, _) = server(vec![
        none(),
        ok(&json!({ "chargePaymentMethod": { "transaction": odd } })),
    ])
    .await;
    assert!(braintree.charge(charge(&card)).await.is_err());
}

#[tokio::test]
async fn a_refund_is_made_once_for_its_key() {
    let made = json!({ "id": "r_1", "orderId": "re_rs_1", "status": "SETTLING" });
    let (braintree, asked) = server(vec![
        ok(&json!({ "node": { "refunds": [] } })),
        ok(&json!({ "refundTransaction": { "refund": made } })),
        ok(&json!({ "node": { "refunds": [made] } })),
    ])
    .await;
    let back = || Return {
        idempotency_key: "re_rs_1",
        reference: "t_1",
        amount: Money::new(105, "USD".parse().unwrap()),
    };
    assert_eq!(braintree.refund(back()).await.unwrap(), Ok(()));
    assert_eq!(braintree.refund(back()).await.unwrap(), Ok(()));
    let asked = asked.lock().unwrap().clone();
    let input =
        json!({ "transactionId": "t_1", "refund": { "amount": "1.05", "orderId": "re_rs_1" } });
    assert_eq!(asked[1]["variables"], json!({ "input": input }));
    assert_eq!(asked.len(), 3);
}
