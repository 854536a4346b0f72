//! What is shown once.

/// A view with a secret that is shown in one answer only.
pub trait ShownOnce: serde::Serialize {
    /// The same without the secret: what an idempotency key keeps of the answer.
    #[must_use]
    fn without_secret(&self) -> Self;
}
