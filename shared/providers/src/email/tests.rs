//! SES against a client that keeps what it was asked.

use aws_sdk_sesv2::config::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use std::sync::{Arc, Mutex};

use super::*;

#[derive(Debug, Clone)]
struct Fake {
    status: u16,
    body: &'static str,
    error: &'static str,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl HttpConnector for Fake {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request
            .body()
            .bytes()
            .map(<[u8]>::to_vec)
            .unwrap_or_default();
        let sent = (request.uri().to_owned(), String::from_utf8(body).unwrap());
        self.asked.lock().unwrap().push(sent);
        let status = StatusCode::try_from(self.status).unwrap();
        let mut response = Response::new(status, SdkBody::from(self.body));
        response
            .headers_mut()
            .insert("content-type", "application/json");
        response
            .headers_mut()
            .insert("x-amzn-errortype", self.error);
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Fake {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

async fn send(
    status: u16,
    body: &'static str,
    error: &'static str,
) -> (
    Result<std::result::Result<String, MessageFailure>>,
    Vec<(String, String)>,
) {
    let fake = Fake {
        status,
        body,
        error,
        asked: Arc::default(),
    };
    let ses = Ses::new(Settings {
        region: "us-east-1".to_owned(),
        endpoint_url: None,
        credentials: Credentials::new("a", "b", None, None, "test"),
        http_client: SharedHttpClient::new(fake.clone()),
        from: "Savvi <no-reply@example.com>".to_owned(),
    });
    let letter = EmailMessage {
        idempotency_key: "mail_rs_1",
        to: "test@example.com",
        subject: "Welcome",
        text: "Hello Łukasz",
    };
    let answer = Mailer::Ses(ses).send(letter).await;
    let asked = fake.asked.lock().unwrap().clone();
    (answer, asked)
}

#[tokio::test]
async fn ses_is_asked_as_it_documents() {
    let (answer, asked) = send(200, r#"{"MessageId":"m-1"}"#, "").await;
    assert_eq!(answer.unwrap(), Ok("m-1".to_owned()));
    let (uri, body) = &asked[0];
    assert_eq!(
        uri,
        "https://email.us-east-1.amazonaws.com/v2/email/outbound-emails"
    );
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let text = |data: &str| serde_json::json!({ "Data": data, "Charset": "UTF-8" });
    let want = serde_json::json!({
        "FromEmailAddress": "Savvi <no-reply@example.com>", "Destination": { "ToAddresses": ["test@example.com"] },
        "Content": { "Simple": { "Subject": text("Welcome"), "Body": { "Text": text("Hello Łukasz") } } },
    });
    assert_eq!(body, want);
}

#[tokio::test]
async fn a_refusal_is_final_and_anything_else_may_pass() {
    for (status, error, code) in [
        (400, "BadRequestException", "invalid_address"),
        (400, "MessageRejected", "rejected"),
        (
            400,
            "MailFromDomainNotVerifiedException",
            "sender_not_verified",
        ),
        (400, "AccountSuspendedException", "account_suspended"),
    ] {
        let (answer, asked) = send(status, r#"{"message":"no"}"#, error).await;
        assert_eq!(answer.unwrap().unwrap_err().code, code);
        assert_eq!(asked.len(), 1);
    }
    for (status, error) in [
        (429, "TooManyRequestsException"),
        (500, "InternalFailure"),
        (503, ""),
    ] {
        let (answer, asked) = send(status, "{}", error).await;
        assert!(
            matches!(answer, Err(models::Error::Unavailable(_))),
            "{error}"
        );
        assert_eq!(asked.len(), 1, "it is not asked twice");
    }
}
