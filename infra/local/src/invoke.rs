//! Functions as the local cloud calls them.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use serde_json::value::RawValue;

use crate::template::Template;

pub use api::Invocation;

/// The functions that run in this process, by the name of their crate.
#[derive(Clone, Default)]
pub struct Functions {
    deployed: Arc<BTreeMap<String, Deployed>>,
}

#[derive(Clone)]
struct Deployed {
    invocation: Invocation,
    timeout: Duration,
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_list()
            .entries(self.deployed.keys())
            .finish()
    }
}

/// Why an invocation has no reply.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    #[error("the function is not part of this process")]
    NotDeployed,
    #[error("{0}")]
    Failed(String),
    #[error("the function panicked")]
    Panicked,
    #[error("the function took longer than its {0:?}")]
    TimedOut(Duration),
}

impl Functions {
    /// Gives each function the time that the template allows it.
    pub fn new(
        template: &Template,
        invocations: impl IntoIterator<Item = (String, Invocation)>,
    ) -> Self {
        let deployed = invocations
            .into_iter()
            .map(|(name, invocation)| {
                let timeout = template
                    .function(&name)
                    .map_or(Duration::from_secs(3), |function| function.timeout);
                (
                    name,
                    Deployed {
                        invocation,
                        timeout,
                    },
                )
            })
            .collect();
        Self {
            deployed: Arc::new(deployed),
        }
    }

    /// The same functions, one of them inside another that decides what becomes of its invocations.
    #[must_use]
    pub fn wrapping(&self, name: &str, wrap: impl FnOnce(Invocation) -> Invocation) -> Self {
        let mut deployed = (*self.deployed).clone();
        if let Some(function) = deployed.get_mut(name) {
            function.invocation = wrap(Arc::clone(&function.invocation));
        }
        Self {
            deployed: Arc::new(deployed),
        }
    }

    /// Whether the function is there to be invoked.
    pub fn has(&self, name: &str) -> bool {
        self.deployed.contains_key(name)
    }

    /// Invokes a function. A panic in it is its failure and nobody else's, and it is dropped when its time is over.
    pub async fn invoke(
        &self,
        name: &str,
        payload: Box<RawValue>,
    ) -> Result<Box<RawValue>, InvokeError> {
        let function = self.deployed.get(name).ok_or(InvokeError::NotDeployed)?;
        // The call itself is inside, because a function may panic before it returns its future.
        let call = AssertUnwindSafe(async { (function.invocation)(payload).await }).catch_unwind();
        match tokio::time::timeout(function.timeout, call).await {
            Err(_elapsed) => Err(InvokeError::TimedOut(function.timeout)),
            Ok(Err(_panic)) => Err(InvokeError::Panicked),
            Ok(Ok(reply)) => reply.map_err(InvokeError::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use serde_json::value::to_raw_value;

    use super::*;

    const AMPLE: Duration = Duration::from_mins(1);

    async fn invoke(invocation: Invocation, timeout: Duration) -> Result<String, InvokeError> {
        let functions = Functions {
            deployed: Arc::new(BTreeMap::from([(
                "f".to_owned(),
                Deployed {
                    invocation,
                    timeout,
                },
            )])),
        };
        let reply = functions.invoke("f", to_raw_value("event").unwrap()).await;
        reply.map(|reply| reply.get().to_owned())
    }

    #[tokio::test]
    async fn a_function_has_only_its_time() {
        let time = Duration::from_millis(1);
        let error = invoke(Arc::new(|_| pending().boxed()), time)
            .await
            .unwrap_err();
        assert!(matches!(error, InvokeError::TimedOut(allowed) if allowed == time));
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_before_and_within_the_future() {
        let before: Invocation = Arc::new(|_| panic!("a bug"));
        let within: Invocation = Arc::new(|_| async { panic!("a bug") }.boxed());
        assert!(matches!(
            invoke(before, AMPLE).await,
            Err(InvokeError::Panicked)
        ));
        assert!(matches!(
            invoke(within, AMPLE).await,
            Err(InvokeError::Panicked)
        ));
        let echo: Invocation = Arc::new(|event| async { Ok(event) }.boxed());
        assert_eq!(invoke(echo, AMPLE).await.unwrap(), "\"event\"");
    }
}
