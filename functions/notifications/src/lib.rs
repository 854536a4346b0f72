//! Sends the text messages and the e-mails that are due: test mode through its sandboxes, live mode through the configured
//! providers.
//!
//! A message of the queue only says where to look. The record decides whether anything is to be sent, so one that comes twice,
//! late or out of order does no harm.

use api::{App, Config, Invocation};
use models::{Error, Result};
use store::{DueKind, DueMessage, keys};

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    Ok(worker(App::new(config)?))
}

/// The worker over a given application.
pub fn worker(app: App) -> Invocation {
    api::due_function(app.clone(), move |due| {
        let app = app.clone();
        async move { send(&app, due).await }
    })
}

async fn send(app: &App, due: DueMessage) -> Result<()> {
    let key = due.key();
    let unknown = || Error::internal(format!("{} / {} is no message", key.pk, key.sk));
    let scope = key.scope().ok_or_else(unknown)?;
    let context = app.scheduled(scope, due.at);
    let now = context.now().await?;
    match due.kind {
        DueKind::Email => {
            let id = keys::record_id(&key).ok_or_else(unknown)?;
            operations::send_email(&context, id, now).await
        }
        DueKind::Message => {
            let id = keys::record_id(&key).ok_or_else(unknown)?;
            operations::send_message(&context, id, now).await
        }
        DueKind::Delivery
        | DueKind::Invoice
        | DueKind::Payment
        | DueKind::Recovery
        | DueKind::Refund
        | DueKind::ScheduleRow
        | DueKind::Subscription
        | DueKind::TestClock => Err(unknown()),
    }
}
