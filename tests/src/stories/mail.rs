//! The real adapter of e-mail against an emulator of SES that is not ours.

use providers::email::{EmailMessage, Mailer, Ses, Settings};
use serde_json::json;

use crate::stories::ministack::Ministack;

/// Makes the sender one that SES knows, as an operator does once.
async fn verify(ministack: &Ministack, address: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{}/v2/email/identities", ministack.url))
        .header("content-type", "application/json")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=x",
        )
        .body(json!({ "EmailIdentity": address }).to_string());
    assert!(request.send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn the_real_adapter_sends_what_ses_takes() {
    let Some(ministack) = Ministack::find().await else {
        return;
    };
    let connection = ministack.connection();
    let ses = Mailer::Ses(Ses::new(Settings {
        region: connection.region.clone(),
        endpoint_url: connection.endpoint_url.clone(),
        credentials: connection.credentials.clone(),
        http_client: connection.http_client.clone(),
        from: "no-reply@example.com".to_owned(),
    }));
    let letter = EmailMessage {
        idempotency_key: "mail_rs_1",
        to: "ada@example.com",
        subject: "Welcome to Łódź & Co",
        text: "Choose your password here.",
    };
    let refused = ses.send(letter).await.unwrap().unwrap_err();
    assert_eq!(refused.code, "rejected", "the sender is not verified");
    verify(&ministack, "no-reply@example.com").await;
    let reference = ses.send(letter).await.unwrap().unwrap();
    assert!(!reference.is_empty());
    let sent = ministack.sent("ses/messages").await.unwrap().to_string();
    for part in ["ada@example.com", "Choose your password here."] {
        assert!(sent.contains(part), "{sent}");
    }
    // One that is not there says nothing about the mail.
    drop(ministack);
    assert!(ses.send(letter).await.is_err());
}
