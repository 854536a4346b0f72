//! One attempt to deliver one event to one endpoint: sign, post, write the outcome down.
//!
//! The messages of a batch are read for with one call, attempted at the same time, and fail one by one. If the process dies
//! between the post and the record, the message comes again and the endpoint receives the event twice, with the same
//! `webhook-id`.

mod attempt;
mod batch;
mod endpoints;
mod job;

use api::{App, Config, Invocation};
use models::Result;
use providers::webhook::Sender;

use crate::batch::Worker;

/// The Lambda function.
pub fn function(config: &Config) -> Result<Invocation> {
    Ok(worker(App::new(config)?, Sender::new(config.egress)?))
}

/// The same with an app and a sender that a test or a measurement holds in its hands.
pub fn worker(app: App, sender: Sender) -> Invocation {
    api::sqs_batch_function(move |messages| {
        let worker = Worker {
            app: app.clone(),
            sender: sender.clone(),
        };
        async move { worker.run(messages).await }
    })
}
