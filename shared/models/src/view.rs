//! Records as callers see them.

use crate::{Mode, Result, Timestamp};

/// A record as a dialect prints it.
pub trait View: Sized {
    /// The record.
    type Of;
    /// What the view depends on beside the record: nothing, the mode, or the moment.
    type At: From<Moment>;

    /// The view of a record.
    fn of(record: &Self::Of, at: Self::At) -> Result<Self>;
}

/// When a record is looked at, and in which mode.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The mode of the business.
    pub mode: Mode,
    /// The time of the business.
    pub now: Timestamp,
}

impl Moment {
    /// That moment of a business.
    pub const fn at(now: Timestamp, mode: Mode) -> Self {
        Self { mode, now }
    }
}

impl From<Moment> for Mode {
    fn from(moment: Moment) -> Self {
        moment.mode
    }
}

impl From<Moment> for () {
    fn from(_: Moment) -> Self {}
}

/// A view with a secret that is shown in one answer only.
pub trait ShownOnce: serde::Serialize {
    /// The same without the secret: what an idempotency key keeps of the answer.
    #[must_use]
    fn without_secret(&self) -> Self;
}
