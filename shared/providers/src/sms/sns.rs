//! Amazon SNS, `Publish` to a telephone number.
//!
//! SNS knows no idempotency of text messages: asked twice, it sends twice. A message is therefore written down before it is
//! asked, and asked for again only where nobody wrote down what it said.

use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_sns::error::{DisplayErrorContext, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use models::messaging::MessageFailure;
use models::{Error, Result};

use super::Text;

/// How long SNS may take. Half of what the function has.
const PATIENCE: Duration = Duration::from_secs(15);

/// How SNS is reached, and in whose name messages go out.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The region whose sender numbers and spending limit count.
    pub region: String,
    /// Where to connect instead of AWS.
    pub endpoint_url: Option<String>,
    /// Who we are.
    pub credentials: Credentials,
    /// The HTTP client.
    pub http_client: SharedHttpClient,
    /// The name that receivers see, in countries where there is such a thing: 1 to 11 letters and digits.
    pub sender_id: Option<String>,
}

/// Amazon SNS.
#[derive(Debug, Clone)]
pub struct Sns {
    client: Client,
    sender_id: Option<String>,
}

impl Sns {
    /// A client.
    pub fn new(settings: Settings) -> Self {
        let mut config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region))
            .credentials_provider(settings.credentials)
            // A call that timed out may have sent the message: whoever asks again decides that, not the client.
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
            .http_client(settings.http_client);
        if let Some(url) = settings.endpoint_url {
            config = config.endpoint_url(url);
        }
        Self {
            client: Client::from_conf(config.build()),
            sender_id: settings.sender_id,
        }
    }

    pub(super) async fn send(
        &self,
        text: Text<'_>,
    ) -> Result<std::result::Result<String, MessageFailure>> {
        let mut call = self
            .client
            .publish()
            .phone_number(text.number)
            .message(text.body)
            // Reminders of payments are transactional: carriers are chosen for certainty, not for cost.
            .message_attributes("AWS.SNS.SMS.SMSType", attribute("Transactional")?);
        if let Some(sender) = &self.sender_id {
            call = call.message_attributes("AWS.SNS.SMS.SenderID", attribute(sender)?);
        }
        match Box::pin(call.send()).await {
            Ok(output) => Ok(Ok(output.message_id().unwrap_or_default().to_owned())),
            Err(error) => refused(&error).map_or_else(
                || {
                    let detail = DisplayErrorContext(&error);
                    Err(Error::Unavailable(format!("SNS: {detail}")))
                },
                |failure| Ok(Err(failure)),
            ),
        }
    }
}

fn attribute(text: &str) -> Result<MessageAttributeValue> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(text)
        .build()
        .map_err(Error::internal)
}

/// Why SNS never takes this message; `None` for what may pass.
fn refused(error: &SdkError<PublishError>) -> Option<MessageFailure> {
    let error = error.as_service_error()?;
    let code = if error.is_invalid_parameter_exception()
        || error.is_invalid_parameter_value_exception()
        || error.is_validation_exception()
    {
        "invalid_number"
    } else if error.is_authorization_error_exception() {
        "not_authorized"
    } else {
        return None;
    };
    Some(MessageFailure {
        code: code.to_owned(),
        message: "The provider refused the message.".to_owned(),
    })
}
