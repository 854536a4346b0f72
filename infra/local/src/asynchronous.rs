//! Asynchronous invocations: events of rules and schedules, kept until their function has succeeded or failed for good.
//!
//! Each function that can be invoked so has a hidden queue, as it has in Lambda. An event therefore survives a kill like any
//! other message.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::invoke::{Functions, InvokeError};
use crate::queues::{Message, Outgoing, QueueError, Queues};
use crate::serve::Tasks;
use crate::sources::Intake;
use crate::template::{Function, Queue, Target, Template};

/// Lambda waits a minute before the first retry and two before the second.
const RETRY_MS: i64 = 60_000;
const RETENTION_MS: i64 = 21_600_000;

/// The hidden queue of a function. The tilde keeps it apart from queues of the template, whose names cannot have one.
pub fn queue_name(function: &str) -> String {
    format!("~async-{function}")
}

/// The hidden queues that the template calls for.
pub fn queues(template: &Template) -> Vec<Queue> {
    template
        .functions
        .iter()
        .filter(|function| is_target(template, function))
        .map(|function| Queue {
            name: queue_name(&function.name),
            // Longer than an invocation can take, so that it never runs twice at a time.
            visibility_ms: i64::try_from(function.timeout.as_millis())
                .unwrap_or(0)
                .saturating_add(30_000),
            delay_ms: 0,
            retention_ms: RETENTION_MS,
            redrive: None,
        })
        .collect()
}

fn is_target(template: &Template, function: &Function) -> bool {
    let of_rule = |target: &Target| *target == Target::Function(function.name.clone());
    !function.schedules.is_empty()
        || template
            .rules
            .iter()
            .any(|rule| rule.targets.iter().any(of_rule))
}

/// One function's asynchronous invocations.
#[derive(Debug)]
pub(crate) struct Asynchronous {
    pub(crate) queues: Arc<Queues>,
    pub(crate) functions: Functions,
    pub(crate) function: String,
    pub(crate) retries: i64,
    pub(crate) on_failure_queue: Option<String>,
}

impl Asynchronous {
    pub(crate) async fn run(self, tasks: Tasks) {
        let this = Arc::new(self);
        let queues = Arc::clone(&this.queues);
        let queue = queue_name(&this.function);
        let intake = Intake {
            queues: &queues,
            queue: &queue,
            batch_size: 1,
            window: Duration::ZERO,
            tasks: &tasks,
        };
        intake.poll(|messages| {
            let this = Arc::clone(&this);
            async move {
                for message in messages {
                    if let Err(error) = this.invoke(&message).await {
                        tracing::error!(function = this.function, %error, "an asynchronous invocation could not be settled");
                    }
                }
            }
        })
        .await;
    }

    async fn invoke(&self, message: &Message) -> Result<(), QueueError> {
        let queue = queue_name(&self.function);
        let result = match RawValue::from_string(message.body.clone()) {
            Ok(payload) => self.functions.invoke(&self.function, payload).await,
            Err(error) => Err(InvokeError::Failed(error.to_string())),
        };
        if let Err(error) = result {
            tracing::warn!(function = self.function, %error, attempt = message.receives, "an asynchronous invocation failed");
            if message.receives <= self.retries {
                let after_ms = RETRY_MS.saturating_mul(message.receives);
                return self
                    .queues
                    .change_visibility(&queue, &message.receipt, after_ms);
            }
            if let Some(on_failure) = &self.on_failure_queue {
                self.queues.send(&[Outgoing {
                    queue: on_failure.clone(),
                    body: self.given_up(message, &error).to_string(),
                    attributes: None,
                    delay_ms: None,
                }])?;
            }
        }
        self.queues.delete(&queue, &[&message.receipt]).map(drop)
    }

    /// What Lambda tells the destination of failures.
    fn given_up(&self, message: &Message, error: &InvokeError) -> Value {
        json!({
            "version": "1.0",
            "timestamp": self.queues.clock().now().to_string(),
            "requestContext": {
                "requestId": message.message_id,
                "functionArn": crate::template::arn("lambda", &format!("function:{}", self.function)),
                "condition": "RetriesExhausted",
                "approximateInvokeCount": message.receives,
            },
            "requestPayload": serde_json::from_str::<Value>(&message.body).unwrap_or_default(),
            "responseContext": { "statusCode": 200, "functionError": "Unhandled" },
            "responsePayload": { "errorMessage": error.to_string() },
        })
    }
}
