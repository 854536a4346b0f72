//! Workers of what is due: an item whose worker fails is put off, and its message is done with.
//!
//! The due index is what tries again: after a minute, and longer each time. The message would only be sent again by the queue
//! until it is a dead letter, while the sweep sends others for the same item. Where a test clock passes the item's time, the
//! message comes again instead: the clock waits for the item where it is, and fails if it is not done.

use std::future::Future;
use std::sync::Arc;

use futures::future::join_all;
use models::{Mode, Result, Timestamp};
use store::{DueMessage, Key};

use crate::app::App;
use crate::run::{Invocation, Message, attempt, sqs_batch_function};

/// Failures in a row from which on somebody has to look: less than that may be a moment of DynamoDB or of a gateway.
const ALARMING_FAILURES: u64 = 3;

/// A worker that gives each due item its turn, whose message asks for it.
pub fn due_function<F, Fut>(app: App, handle: F) -> Invocation
where
    F: Fn(DueMessage) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    let handle = Arc::new(handle);
    sqs_batch_function(move |messages| {
        let (app, handle) = (app.clone(), Arc::clone(&handle));
        async move {
            let work = messages
                .into_iter()
                .map(|message| turn(&app, &*handle, message));
            join_all(work).await.into_iter().flatten().collect()
        }
    })
}

async fn turn<Fut>(
    app: &App,
    handle: &impl Fn(DueMessage) -> Fut,
    message: Message,
) -> Option<String>
where
    Fut: Future<Output = Result<()>>,
{
    match serde_json::from_str::<DueMessage>(&message.body) {
        Ok(due) => {
            let (key, at) = (due.key(), due.at);
            attempt_due(app, message.id, (&key, at), handle(due)).await
        }
        Err(error) => {
            tracing::error!(message_id = message.id, %error, "a message cannot be read");
            Some(message.id)
        }
    }
}

/// Does the work of an item that is due. Where that fails the item is put off; `at` is the moment on the test clock that passes its
/// time. Returns the message's id where the message has to come again, because there is nothing to put off, or no way to.
pub async fn attempt_due(
    app: &App,
    message_id: String,
    (key, at): (&Key, Option<Timestamp>),
    work: impl Future<Output = Result<()>>,
) -> Option<String> {
    let message_id = attempt(message_id, work).await?;
    match put_off(app, key, at).await {
        Ok(true) => None,
        Ok(false) => Some(message_id),
        Err(error) => {
            tracing::error!(message_id, ?error, "an item could not be put off");
            Some(message_id)
        }
    }
}

/// Puts an item off. `false` where it is not due, or a test clock waits for it.
async fn put_off(app: &App, key: &Key, at: Option<Timestamp>) -> Result<bool> {
    let clocked = match (at, key.scope()) {
        (Some(_), _) => true,
        (None, Some(scope)) if scope.mode == Mode::Test => {
            app.scheduled(scope, None).test_clock().await?.is_some()
        }
        (None, _) => false,
    };
    if clocked {
        return Ok(false);
    }
    let Some(put_off) = app.table().put_off(key, app.clock().now()).await? else {
        return Ok(false);
    };
    let (failures, until) = (put_off.failures, put_off.until);
    if failures >= ALARMING_FAILURES {
        tracing::error!(
            alarm = "due_work", pk = key.pk, sk = key.sk, failures, %until,
            "what is due keeps failing and was put off"
        );
    } else {
        tracing::warn!(
            pk = key.pk, sk = key.sk, failures, %until, "what is due failed and was put off"
        );
    }
    Ok(true)
}
