//! What the deliveries of one endpoint have in common: whether it is left alone, what may be sent now, and when it is disabled.

use std::sync::Arc;

use models::event::EventType;
use models::ids::{self, Id};
use models::webhooks::{DisabledReason, Endpoint, Health, Retry, Tally};
use models::{Result, Timestamp};
use operations::Context;
use store::Stored;

use crate::attempt::{Outcome, SendDecision};
use crate::job::LoadedDelivery;

/// The jobs of one endpoint.
#[derive(Debug)]
pub(crate) struct EndpointBatch {
    pub(crate) context: Arc<Context>,
    pub(crate) endpoint: Option<Stored<Endpoint>>,
    pub(crate) health: Option<Stored<Health>>,
    pub(crate) now: Timestamp,
    /// Whether a test clock gives the time.
    pub(crate) clocked: bool,
    pub(crate) jobs: Vec<LoadedDelivery>,
}

impl EndpointBatch {
    /// The endpoint, if anything is sent to it.
    pub(crate) fn open_endpoint(&self) -> Option<&Stored<Endpoint>> {
        self.endpoint
            .as_ref()
            .filter(|endpoint| endpoint.takes_any())
    }

    /// When an attempt that fails is made again.
    pub(crate) const fn retry(&self, after: Option<i64>) -> Retry {
        Retry {
            after,
            exact: self.clocked,
        }
    }

    /// What each job may do now. Costs nothing, unless the endpoint has a rate limit or was silent: then a write unit.
    pub(crate) async fn decisions(&self) -> Result<Vec<SendDecision>> {
        let Some(endpoint) = self.open_endpoint() else {
            // Nothing is sent, whatever the limit.
            return Ok(vec![SendDecision::Now; self.jobs.len()]);
        };
        let health = self.health.as_ref();
        if let Some(until) = health.and_then(|health| health.open_until(self.now)) {
            return Ok(vec![SendDecision::Rest(until); self.jobs.len()]);
        }
        if let Some(silent) = health.filter(|health| health.is_half_open()) {
            return self.probe(silent).await;
        }
        match endpoint.rate_limit {
            None => Ok(vec![SendDecision::Now; self.jobs.len()]),
            Some(limit) => self.limited(endpoint.id, limit).await,
        }
    }

    /// One attempt finds out whether the endpoint is back: whoever writes that first makes it, and the others leave it alone.
    async fn probe(&self, silent: &Stored<Health>) -> Result<Vec<SendDecision>> {
        let mut health = (**silent).clone();
        health.rest(self.now);
        let until = health.open_until(self.now).unwrap_or(self.now);
        let mut writes = self.context.writes().await?;
        writes.update(silent, &health, None)?;
        let mut first = self.context.write(&writes).await?;
        let decisions = self.jobs.iter().map(|known| {
            let probes = first && known.wants_attempt(self.now);
            first &= !probes;
            if probes {
                SendDecision::Now
            } else {
                SendDecision::Rest(until)
            }
        });
        Ok(decisions.collect())
    }

    /// A turn for each attempt that has none yet.
    async fn limited(&self, id: Id<ids::Webhook>, limit: u32) -> Result<Vec<SendDecision>> {
        let wants = |known: &&LoadedDelivery| known.wants_attempt(self.now) && !known.has_turn();
        let wanted = self.jobs.iter().filter(wants).count();
        if wanted == 0 {
            return Ok(vec![SendDecision::Now; self.jobs.len()]);
        }
        let mut given = self
            .change(id, |health| health.take_turns(limit, wanted, self.now))
            .await?
            .into_iter();
        let decisions = self.jobs.iter().map(|known| {
            let wait = if wants(&known) { given.next() } else { None };
            wait.flatten().map_or(SendDecision::Now, SendDecision::At)
        });
        Ok(decisions.collect())
    }

    /// Changes what is known of the endpoint, and writes it where that makes a difference.
    async fn change<T>(
        &self,
        id: Id<ids::Webhook>,
        change: impl Fn(&mut Health) -> T,
    ) -> Result<T> {
        let mut stored = self.health.clone();
        let mut retry = store::Retry::of("the endpoint");
        loop {
            let before = stored.as_deref().cloned();
            let mut health = before.clone().unwrap_or_else(|| Health::new(id));
            let result = change(&mut health);
            if before.as_ref() == Some(&health) || (before.is_none() && health == Health::new(id)) {
                return Ok(result);
            }
            let mut writes = self.context.writes().await?;
            match &stored {
                Some(stored) => writes.update(stored, &health, None)?,
                None => drop(writes.create(&health, None)?),
            }
            if self.context.write(&writes).await? {
                return Ok(result);
            }
            stored = self.context.health_now(id).await?;
            retry.again().await?;
        }
    }
}

/// Takes note of how attempts went, and disables the endpoint that is gone or has failed for five days.
pub(crate) async fn note(group: &EndpointBatch, outcomes: &[Outcome]) -> Result<()> {
    let Some(endpoint) = group.open_endpoint() else {
        return Ok(());
    };
    let mut tally = Tally::default();
    let mut gone = false;
    for outcome in outcomes {
        match outcome {
            Outcome::Nothing => {}
            Outcome::Succeeded => tally.succeeded = tally.succeeded.saturating_add(1),
            Outcome::Refused => tally.refused = tally.refused.saturating_add(1),
            Outcome::Gone => gone = true,
            Outcome::Unanswered => tally.unanswered = tally.unanswered.saturating_add(1),
        }
    }
    if gone {
        return disable(&group.context, endpoint.id, DisabledReason::Gone).await;
    }
    let failed_for_long = group
        .change(endpoint.id, |health| {
            health.note(tally, group.now);
            health.has_failed_long_enough(endpoint.enabled_changed, group.now)
        })
        .await?;
    let failed = tally.succeeded == 0 && (tally.refused > 0 || tally.unanswered > 0);
    if failed && failed_for_long {
        disable(&group.context, endpoint.id, DisabledReason::Failing).await?;
    }
    Ok(())
}

/// Disables an endpoint, and tells the business.
async fn disable(context: &Context, id: Id<ids::Webhook>, reason: DisabledReason) -> Result<()> {
    let mut retry = store::Retry::of("the endpoint");
    loop {
        let stored = context.find_now(id).await?;
        let Some(stored) = stored.filter(|endpoint| endpoint.takes_any()) else {
            return Ok(());
        };
        let mut endpoint = (*stored).clone();
        endpoint.disable(reason, context.now().await?);
        let mut writes = context.writes().await?;
        writes.update(&stored, &endpoint, Some(EventType::EndpointDisabled))?;
        if context.write(&writes).await? {
            return Ok(());
        }
        retry.again().await?;
    }
}
