//! A batch of messages: read together, then each for itself, and at the end a word on each endpoint.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use api::{App, Message};
use futures::future::{join_all, try_join, try_join_all};
use models::webhooks::{Delivery, EventRecord};
use models::{Error, Result, Scope, Timestamp};
use operations::Context;
use providers::webhook::Sender;
use store::{BatchItems, Key, Stored};

use crate::attempt::{Outcome, carry_out};
use crate::endpoints::{self, EndpointBatch};
use crate::job::{Job, LoadedDelivery};

/// What attempts need.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    pub(crate) app: App,
    pub(crate) sender: Sender,
}

/// Whose time it is: a business and mode, and the moment that a test clock gave.
type ScopeAt = (Scope, Option<Timestamp>);

/// Its context, its time, and whether a test clock gives that.
type ScopeClock = (Arc<Context>, Timestamp, bool);

/// The jobs by endpoint.
type Groups = HashMap<(Key, ScopeAt), EndpointBatch>;

impl Worker {
    /// Handles a batch and returns the ids of the messages that failed.
    pub(crate) async fn run(&self, messages: Vec<Message>) -> Vec<String> {
        let (mut failed, mut jobs, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for message in &messages {
            match Job::read(message) {
                // A delivery that is asked for twice in a batch is made once.
                Ok(job) if seen.insert(job.delivery_key()) => jobs.push(job),
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(message_id = message.id, ?error, "a message cannot be read");
                    failed.push(message.id.clone());
                }
            }
        }
        let ids: Vec<String> = jobs.iter().map(|job| job.message_id.clone()).collect();
        match self.prepare(jobs).await {
            Ok((groups, unread)) => {
                let work = groups.iter().map(|group| self.attempt(group));
                failed.extend(join_all(work).await.into_iter().flatten());
                for (job, error) in unread {
                    let (id, key) = (job.message_id.clone(), job.delivery_key());
                    let unread = async { Err(error) };
                    failed.extend(api::attempt_due(&self.app, id, (&key, job.at), unread).await);
                }
            }
            Err(error) => {
                tracing::error!(?error, "a batch could not be read for and will come again");
                failed.extend(ids);
            }
        }
        failed
    }

    /// Reads what the jobs need, with one call, and sorts them by endpoint; apart from those with a record that cannot be read.
    async fn prepare(&self, jobs: Vec<Job>) -> Result<(Vec<EndpointBatch>, Vec<(Job, Error)>)> {
        let keys: HashSet<Key> = jobs
            .iter()
            .flat_map(|job| {
                let event = job.event.is_none().then(|| job.event_key());
                let keys = [job.delivery_key(), job.endpoint_key(), job.health_key()];
                keys.into_iter().chain(event)
            })
            .collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        let moments: HashSet<ScopeAt> = jobs.iter().map(|job| (job.scope, job.at)).collect();
        let clocks = moments.into_iter().map(|moment| async move {
            let context = Arc::new(self.app.scheduled(moment.0, moment.1));
            let now = context.now().await?;
            let clocked = context.clock_now().await?.is_some();
            Ok((moment, (context, now, clocked)))
        });
        let (mut read, clocks) =
            try_join(self.app.table().batch_get(&keys), try_join_all(clocks)).await?;
        let clocks: HashMap<ScopeAt, ScopeClock> = clocks.into_iter().collect();
        let mut groups = Groups::new();
        let mut unread = Vec::new();
        for job in jobs {
            let Some(clock) = clocks.get(&(job.scope, job.at)) else {
                continue;
            };
            match load(&mut groups, &mut read, clock, &job) {
                Ok((group, delivery, record)) => group.jobs.push(LoadedDelivery {
                    job,
                    delivery,
                    record,
                }),
                Err(error) => unread.push((job, error)),
            }
        }
        Ok((groups.into_values().collect(), unread))
    }

    /// Makes the attempts of one endpoint and takes note of how they went. Returns the messages that failed.
    async fn attempt(&self, group: &EndpointBatch) -> Vec<String> {
        let decisions = match group.decisions().await {
            Ok(decisions) => decisions,
            Err(error) => {
                tracing::error!(
                    ?error,
                    "what may be sent to an endpoint could not be decided"
                );
                let ids = group.jobs.iter().map(|known| known.job.message_id.clone());
                return ids.collect();
            }
        };
        let work = group
            .jobs
            .iter()
            .zip(decisions)
            .map(|(known, decision)| async move {
                let mut outcome = Outcome::Nothing;
                let id = known.job.message_id.clone();
                let work = async {
                    outcome = carry_out(&self.sender, group, known, decision).await?;
                    Ok(())
                };
                let due = (&known.job.delivery_key(), known.job.at);
                let failed = api::attempt_due(&self.app, id, due, work).await;
                (failed, outcome)
            });
        let (failed, outcomes): (Vec<_>, Vec<_>) = join_all(work).await.into_iter().unzip();
        if let Err(error) = endpoints::note(group, &outcomes).await {
            // The deliveries are booked; the next attempt says the same of the endpoint.
            tracing::error!(?error, "how an endpoint is doing could not be written");
        }
        failed.into_iter().flatten().collect()
    }
}

/// A job's group, delivery and event.
type Loaded<'g> = (
    &'g mut EndpointBatch,
    Option<Stored<Delivery>>,
    Option<Stored<EventRecord>>,
);

/// The group of a job, and the records of its delivery and of its event. An error where one of them cannot be read.
fn load<'g>(
    groups: &'g mut Groups,
    read: &mut BatchItems,
    clock: &ScopeClock,
    job: &Job,
) -> Result<Loaded<'g>> {
    let delivery = read.take(&job.delivery_key())?;
    let record = match job.event {
        Some(_) => None,
        None => read.get(&job.event_key())?,
    };
    let group = match groups.entry((job.endpoint_key(), (job.scope, job.at))) {
        Entry::Occupied(group) => group.into_mut(),
        Entry::Vacant(place) => place.insert(EndpointBatch {
            context: Arc::clone(&clock.0),
            endpoint: read.get(&job.endpoint_key())?,
            health: read.get(&job.health_key())?,
            now: clock.1,
            clocked: clock.2,
            jobs: Vec::new(),
        }),
    };
    Ok((group, delivery, record))
}
