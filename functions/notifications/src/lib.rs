//! Sends the text messages that are due: test mode through its sandbox, live mode through the configured provider.
//!
//! A message of the queue only says where to look. The record decides whether anything is to be sent, so one that comes twice,
//! late or out of order does no harm.

use api::{App, Config, Invocation};
use models::{Error, Mode, Result};
use providers::sms::{Sandbox, Settings, Sms, Sns};
use store::{DueMessage, keys};

/// The Lambda function. `SMS_PROVIDER` is `sns`, or absent where live mode sends none; `SMS_REGION` and `SMS_SENDER_ID` say
/// from where and in whose name.
pub fn function(config: &Config) -> Result<Invocation> {
    let live = match config.get("SMS_PROVIDER") {
        None | Some("none") => None,
        Some("sns") => Some(Sms::Sns(Sns::new(settings(config)))),
        Some(other) => {
            let detail = format!("SMS_PROVIDER is {other}, which is no provider of messages");
            return Err(Error::internal(detail));
        }
    };
    Ok(worker(App::new(config)?, Sandbox::new(), live))
}

fn settings(config: &Config) -> Settings {
    let connection = &config.connection;
    let region = config.get("SMS_REGION").unwrap_or(&connection.region);
    Settings {
        region: region.to_owned(),
        endpoint_url: connection.endpoint_url.clone(),
        credentials: connection.credentials.clone(),
        http_client: connection.http_client.clone(),
        sender_id: config.get("SMS_SENDER_ID").map(str::to_owned),
    }
}

/// The worker over a given application: with the sandbox of test mode, and the provider of live mode where there is one.
pub fn worker(app: App, sandbox: Sandbox, live: Option<Sms>) -> Invocation {
    let test = Some(Sms::Sandbox(sandbox));
    api::sqs_function(move |body| {
        let (app, test, live) = (app.clone(), test.clone(), live.clone());
        async move {
            let message: DueMessage = serde_json::from_str(&body).map_err(Error::internal)?;
            let key = message.key();
            let unknown = || Error::internal(format!("{} / {} is no message", key.pk, key.sk));
            let scope = key.scope().ok_or_else(unknown)?;
            let id = keys::record_id(&key).ok_or_else(unknown)?;
            let context = app.scheduled(scope, message.at);
            let now = context.now().await?;
            let sms = match scope.mode {
                Mode::Test => test,
                Mode::Live => live,
            };
            operations::send_message(&context, sms.as_ref(), id, now).await
        }
    })
}
