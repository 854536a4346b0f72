//! The providers of both modes: the sandboxes, and what the settings of a function say.

use models::{Error, Result};
use operations::Providers;
use providers::Sandboxes;
use providers::braintree::{self, Braintree};
use providers::email::{self, Mailer, Ses};
use providers::gateway::Gateway;
use providers::sms::{self, Sms, Sns};
use providers::vault::{self, Vault};

use crate::config::Config;

/// Those of test mode.
pub(crate) fn test(sandboxes: &Sandboxes) -> Providers {
    Providers {
        gateway: Some(Gateway::Sandbox(sandboxes.gateway.clone())),
        vault: Some(Vault::Sandbox(vault::Sandbox)),
        sms: Some(Sms::Sandbox(sandboxes.sms.clone())),
        mailer: Some(Mailer::Sandbox(sandboxes.mail.clone())),
    }
}

/// Those of live mode, as far as they are configured.
pub(crate) fn live(config: &Config) -> Result<Providers> {
    let braintree = braintree(config)?;
    Ok(Providers {
        gateway: braintree.clone().map(Gateway::Braintree),
        vault: braintree.map(Vault::Braintree),
        sms: sms(config)?,
        mailer: mailer(config)?,
    })
}

/// `BRAINTREE_PUBLIC_KEY` and `BRAINTREE_PRIVATE_KEY` are the keys. `BRAINTREE_URL` is that of Braintree's own sandbox, or
/// absent.
fn braintree(config: &Config) -> Result<Option<Braintree>> {
    let keys = (
        config.get("BRAINTREE_PUBLIC_KEY"),
        config.get("BRAINTREE_PRIVATE_KEY"),
    );
    let (Some(public_key), Some(private_key)) = keys else {
        return Ok(None);
    };
    let url = config.get("BRAINTREE_URL").unwrap_or(braintree::LIVE_URL);
    let settings = braintree::Settings {
        url: url.to_owned(),
        public_key: public_key.to_owned(),
        private_key: private_key.to_owned().into(),
    };
    Braintree::new(&settings).map(Some)
}

/// `SMS_PROVIDER` is `sns`, or absent where live mode sends no text messages; `SMS_REGION` and `SMS_SENDER_ID` say from where and
/// in whose name.
fn sms(config: &Config) -> Result<Option<Sms>> {
    let connection = &config.connection;
    match config.get("SMS_PROVIDER") {
        None | Some("none") => Ok(None),
        Some("sns") => Ok(Some(Sms::Sns(Sns::new(sms::Settings {
            region: config
                .get("SMS_REGION")
                .unwrap_or(&connection.region)
                .to_owned(),
            endpoint_url: connection.endpoint_url.clone(),
            credentials: connection.credentials.clone(),
            http_client: connection.http_client.clone(),
            sender_id: config.get("SMS_SENDER_ID").map(str::to_owned),
        })))),
        Some(other) => Err(unknown("SMS_PROVIDER", other)),
    }
}

/// `EMAIL_PROVIDER` is `ses`, or absent where live mode sends no e-mails; `EMAIL_REGION` and `EMAIL_FROM` likewise.
fn mailer(config: &Config) -> Result<Option<Mailer>> {
    let connection = &config.connection;
    match config.get("EMAIL_PROVIDER") {
        None | Some("none") => Ok(None),
        Some("ses") => Ok(Some(Mailer::Ses(Ses::new(email::Settings {
            region: config
                .get("EMAIL_REGION")
                .unwrap_or(&connection.region)
                .to_owned(),
            endpoint_url: connection.endpoint_url.clone(),
            credentials: connection.credentials.clone(),
            http_client: connection.http_client.clone(),
            from: config.require("EMAIL_FROM")?.to_owned(),
        })))),
        Some(other) => Err(unknown("EMAIL_PROVIDER", other)),
    }
}

fn unknown(setting: &str, name: &str) -> Error {
    Error::internal(format_args!("{setting} is {name}, which is no provider"))
}
