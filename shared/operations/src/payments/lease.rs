//! Who asks the gateway: one worker at a time. A gateway that looks and then charges would take the money twice, and one that knows
//! duplicates would refuse the second, which is no refusal of the card.

use std::ops::Deref;
use std::time::Duration;

use models::payments::Lease;
use models::{Error, Result};
use store::{Record, Retry, Stored};

use crate::Context;

/// What a gateway is asked about: by the worker that has just written it with a lease of its own, or by one that found it.
#[derive(Debug)]
pub struct Ask<T> {
    stored: Stored<T>,
    mine: bool,
}

impl<T> Ask<T> {
    /// Of the worker that wrote it.
    pub(crate) const fn begun(stored: Stored<T>) -> Self {
        Self { stored, mine: true }
    }
}

impl<T> From<Stored<T>> for Ask<T> {
    fn from(stored: Stored<T>) -> Self {
        Self {
            stored,
            mine: false,
        }
    }
}

impl<T> Deref for Ask<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.stored
    }
}

/// What came of asking.
#[derive(Debug)]
pub struct Resolved<T> {
    /// The payment, or the refund, as it is afterwards.
    pub record: T,
    /// Another worker asks at this moment, so nothing was asked here.
    pub elsewhere: bool,
}

impl<T> Resolved<T> {
    pub(crate) const fn here(record: T) -> Self {
        Self {
            record,
            elsewhere: false,
        }
    }

    /// The record. A 409 where another worker asks: its outcome is known in a moment.
    pub fn settled(self) -> Result<T> {
        if self.elsewhere {
            let detail = "the gateway is being asked about this; retry in a moment";
            return Err(Error::conflict("payment_processing", detail));
        }
        Ok(self.record)
    }
}

/// A record with a lease.
pub(crate) trait Leased: Record + Clone {
    /// What it is called where it changes too often.
    const NAME: &'static str;

    fn lease(&mut self) -> &mut Option<Lease>;

    /// Whether the gateway still has to answer.
    fn is_open(&self) -> bool;

    /// The record as it is now.
    fn reload(&self, context: &Context) -> impl Future<Output = Result<Stored<Self>>> + Send;
}

/// Whether this worker may ask.
pub(crate) enum Turn<T> {
    /// It may, and nobody else; so long ago somebody may have asked before.
    Mine(Stored<T>, Option<Duration>),
    /// There is nothing to ask, or another worker asks.
    Over(Resolved<T>),
}

/// Takes the lease, which costs a write unit where the worker has not written the record itself.
pub(crate) async fn take_lease<T: Leased>(context: &Context, ask: Ask<T>) -> Result<Turn<T>> {
    let Ask { mut stored, mine } = ask;
    if mine {
        return Ok(Turn::Mine(stored, None));
    }
    let mut retry = Retry::of(T::NAME);
    loop {
        let mut record = (*stored).clone();
        if !record.is_open() {
            return Ok(Turn::Over(Resolved::here(record)));
        }
        let wall = context.wall();
        let Some(lease) = Lease::next(*record.lease(), wall) else {
            let elsewhere = true;
            return Ok(Turn::Over(Resolved { record, elsewhere }));
        };
        *record.lease() = Some(lease);
        let mut writes = context.writes().await?;
        let leased = writes.advance(&stored, &record)?;
        if context.write(&writes).await? {
            return Ok(Turn::Mine(leased, Some(lease.age(wall))));
        }
        retry.again().await?;
        stored = record.reload(context).await?;
    }
}

/// What the gateway answers while the lease lasts. Afterwards somebody else may ask, so that a late answer is none.
pub(crate) async fn in_time<T>(
    context: &Context,
    lease: Option<Lease>,
    asked: impl Future<Output = Result<T>>,
) -> Result<T> {
    let rest = lease.map(|lease| lease.rest(context.wall()));
    let late = |_elapsed| Error::Unavailable("the gateway did not answer in time".to_owned());
    tokio::time::timeout(rest.unwrap_or_default(), asked)
        .await
        .map_err(late)?
}
