//! Sends the text messages and the e-mails that are due: test mode through its sandboxes, live mode through the configured
//! providers.
//!
//! A message of the queue only says where to look. The record decides whether anything is to be sent, so one that comes twice,
//! late or out of order does no harm.

use api::{App, Config, Invocation};
use models::{Error, Mode, Result};
use operations::Context;
use providers::email::{self, Mailer, Ses};
use providers::sms::{Sandbox, Settings, Sms, Sns};
use store::{DueMessage, keys};

/// The Lambda function. `SMS_PROVIDER` is `sns`, or absent where live mode sends none; `SMS_REGION` and `SMS_SENDER_ID` say
/// from where and in whose name. `EMAIL_PROVIDER` is `ses`, or absent; `EMAIL_REGION` and `EMAIL_FROM` likewise.
pub fn function(config: &Config) -> Result<Invocation> {
    let live = match config.get("SMS_PROVIDER") {
        None | Some("none") => None,
        Some("sns") => Some(Sms::Sns(Sns::new(settings(config)))),
        Some(other) => {
            let detail = format!("SMS_PROVIDER is {other}, which is no provider of messages");
            return Err(Error::internal(detail));
        }
    };
    let mail = match config.get("EMAIL_PROVIDER") {
        None | Some("none") => None,
        Some("ses") => Some(Mailer::Ses(Ses::new(mail_settings(config)?))),
        Some(other) => {
            let detail = format!("EMAIL_PROVIDER is {other}, which is no provider of e-mail");
            return Err(Error::internal(detail));
        }
    };
    let mail = (Sandbox::new(), mail);
    Ok(worker_with_mail(
        App::new(config)?,
        (Sandbox::new(), live),
        mail,
    ))
}

fn mail_settings(config: &Config) -> Result<email::Settings> {
    let connection = &config.connection;
    let region = config.get("EMAIL_REGION").unwrap_or(&connection.region);
    Ok(email::Settings {
        region: region.to_owned(),
        endpoint_url: connection.endpoint_url.clone(),
        credentials: connection.credentials.clone(),
        http_client: connection.http_client.clone(),
        from: config.require("EMAIL_FROM")?.to_owned(),
    })
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
    worker_with_mail(app, (sandbox, live), (Sandbox::new(), None))
}

/// The same with sandbox and provider of e-mail.
pub fn worker_with_mail(
    app: App,
    (sandbox, live): (Sandbox, Option<Sms>),
    (mail_sandbox, live_mail): (Sandbox, Option<Mailer>),
) -> Invocation {
    let test = Providers {
        sms: Some(Sms::Sandbox(sandbox)),
        mail: Some(Mailer::Sandbox(mail_sandbox)),
    };
    let live = Providers {
        sms: live,
        mail: live_mail,
    };
    api::sqs_function(move |body| {
        let (app, test, live) = (app.clone(), test.clone(), live.clone());
        async move {
            let message: DueMessage = serde_json::from_str(&body).map_err(Error::internal)?;
            let key = message.key();
            let unknown = || Error::internal(format!("{} / {} is no message", key.pk, key.sk));
            let scope = key.scope().ok_or_else(unknown)?;
            let context = app.scheduled(scope, message.at);
            let providers = match scope.mode {
                Mode::Test => test,
                Mode::Live => live,
            };
            providers.send(&context, &message).await
        }
    })
}

/// The providers of one mode.
#[derive(Debug, Clone)]
struct Providers {
    sms: Option<Sms>,
    mail: Option<Mailer>,
}

impl Providers {
    async fn send(&self, context: &Context, message: &DueMessage) -> Result<()> {
        let key = message.key();
        let unknown = || Error::internal(format!("{} / {} is no message", key.pk, key.sk));
        let now = context.now().await?;
        if message.entity_type == "mail" {
            let id = keys::record_id(&key).ok_or_else(unknown)?;
            return operations::send_email(context, self.mail.as_ref(), id, now).await;
        }
        let id = keys::record_id(&key).ok_or_else(unknown)?;
        operations::send_message(context, self.sms.as_ref(), id, now).await
    }
}
