//! Whether a request may have been done without our hearing of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

/// Watches the attempts that the SDK makes at a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct LostAnswer(Arc<AtomicBool>);

impl LostAnswer {
    /// Whether an attempt had no answer, or one that leaves open what was done (5xx). A refusal (4xx) does nothing.
    pub(crate) fn happened(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Intercept for LostAnswer {
    fn name(&self) -> &'static str {
        "LostAnswer"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let done = matches!(context.output_or_error(), Some(Ok(_)));
        let response = context.response();
        let refused = response.is_some_and(|response| response.status().is_client_error());
        if !done && !refused {
            self.0.store(true, Ordering::SeqCst);
        }
        Ok(())
    }
}
