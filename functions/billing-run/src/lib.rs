//! Does what is due: bills and ends subscriptions, steps through payment schedules, collects invoices again, and asks the gateway about payments and refunds
//! whose outcome nobody wrote down.
//!
//! A message only says where to look. The item decides whether anything is due, so a message that comes twice, late or out
//! of order does no harm.

use api::{App, Config, Invocation};
use models::ids::Id;
use models::{Error, Result};
use operations::Context;
use store::{DueKind, DueMessage, keys};

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    let app = App::new(config)?;
    Ok(worker(app))
}

/// The worker over a given application.
pub fn worker(app: App) -> Invocation {
    api::due_function(app.clone(), move |message| {
        let app = app.clone();
        async move { run(&app, message).await }
    })
}

/// Gives one due item its turn.
async fn run(app: &App, message: DueMessage) -> Result<()> {
    let key = message.key();
    let scope = key
        .scope()
        .ok_or_else(|| Error::internal(format_args!("{} belongs to no business", key.pk)))?;
    let context = app.scheduled(scope, message.at);
    let now = context.now().await?;
    match message.kind {
        DueKind::Subscription => operations::run_subscription(&context, id(&key)?, now).await,
        DueKind::Invoice => operations::run_invoice(&context, id(&key)?, now).await,
        DueKind::Payment => resolve_payment(&context, id(&key)?).await,
        DueKind::ScheduleRow => run_schedule(&context, &key, now).await,
        DueKind::Refund => resolve_refund(&context, &key).await,
        DueKind::Delivery
        | DueKind::Email
        | DueKind::Message
        | DueKind::Recovery
        | DueKind::TestClock => Err(Error::internal(format_args!(
            "{:?} is not for this worker",
            message.kind
        ))),
    }
}

async fn run_schedule(context: &Context, key: &store::Key, now: models::Timestamp) -> Result<()> {
    let unknown = || Error::internal(format_args!("{} is no place in a schedule", key.sk));
    let (subscription, slot) = keys::schedule_parts(key).ok_or_else(unknown)?;
    operations::run_schedule(context, subscription, slot, now).await
}

async fn resolve_payment(context: &Context, id: Id<models::ids::Payment>) -> Result<()> {
    if let Some(stored) = context.find_now(id).await? {
        operations::resolve_payment(context, stored).await?;
    }
    Ok(())
}

async fn resolve_refund(context: &Context, key: &store::Key) -> Result<()> {
    if let Some(stored) = context.refund_at(key).await? {
        operations::resolve_refund(context, stored).await?;
    }
    Ok(())
}

fn id<K: models::ids::Kind>(key: &store::Key) -> Result<Id<K>> {
    keys::record_id(key).ok_or_else(|| Error::internal(format_args!("{} is no id", key.sk)))
}
