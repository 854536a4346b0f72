//! Amazon SES, version 2 of its API.
//!
//! SES knows no idempotency: asked twice, it sends twice. A mail is therefore written down before it is asked, and asked for
//! again only where nobody wrote down what it said.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_sesv2::error::{DisplayErrorContext, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use models::messaging::MessageFailure;
use models::{Error, Result};

use super::EmailMessage;

/// How SES is reached, and in whose name mail goes out.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The region in which the sender is verified.
    pub region: String,
    /// Where to connect instead of AWS.
    pub endpoint_url: Option<String>,
    /// Who we are.
    pub credentials: Credentials,
    /// The HTTP client.
    pub http_client: SharedHttpClient,
    /// The verified sender: `Savvi <no-reply@example.com>`.
    pub from: String,
}

/// Amazon SES.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    from: String,
}

impl Ses {
    /// A client.
    pub fn new(settings: Settings) -> Self {
        let mut config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region))
            .credentials_provider(settings.credentials)
            // A call that timed out may have sent the mail: whoever asks again decides that, not the client.
            .retry_config(RetryConfig::disabled())
            .http_client(settings.http_client);
        if let Some(url) = settings.endpoint_url {
            config = config.endpoint_url(url);
        }
        Self {
            client: Client::from_conf(config.build()),
            from: settings.from,
        }
    }

    pub(super) async fn send(
        &self,
        letter: EmailMessage<'_>,
    ) -> Result<std::result::Result<String, MessageFailure>> {
        let text = Body::builder().text(content(letter.text)?).build();
        let message = Message::builder()
            .subject(content(letter.subject)?)
            .body(text)
            .build();
        let call = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(letter.to).build())
            .content(EmailContent::builder().simple(message).build());
        match Box::pin(call.send()).await {
            Ok(output) => Ok(Ok(output.message_id().unwrap_or_default().to_owned())),
            Err(error) => refused(&error).map_or_else(
                || {
                    let detail = DisplayErrorContext(&error);
                    Err(Error::Unavailable(format!("SES: {detail}")))
                },
                |failure| Ok(Err(failure)),
            ),
        }
    }
}

fn content(text: &str) -> Result<Content> {
    Content::builder()
        .data(text)
        .charset("UTF-8")
        .build()
        .map_err(Error::internal)
}

/// Why SES never takes this mail; `None` for what may pass.
fn refused(error: &SdkError<SendEmailError>) -> Option<MessageFailure> {
    let error = error.as_service_error()?;
    let code = if error.is_bad_request_exception() {
        "invalid_address"
    } else if error.is_message_rejected() {
        "rejected"
    } else if error.is_mail_from_domain_not_verified_exception() {
        "sender_not_verified"
    } else if error.is_account_suspended_exception() {
        "account_suspended"
    } else {
        return None;
    };
    Some(MessageFailure {
        code: code.to_owned(),
        message: "The provider refused the mail.".to_owned(),
    })
}
