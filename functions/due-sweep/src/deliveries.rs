//! The first deliveries of what was told on the way of a test clock: each has a record once its first attempt was made, or
//! was not made because the endpoint is left alone.

use std::collections::BTreeSet;

use api::App;
use models::ids::{self, Id};
use models::webhooks::{Audience, DeliveryId, Endpoint};
use models::{Result, Timestamp};
use operations::Context;
use store::{Key, Stored, keys};

/// Events read with one query.
const PAGE: u32 = 100;

/// What is to be delivered.
pub(crate) struct Deliveries {
    since: Timestamp,
    known: BTreeSet<Id<ids::Event>>,
    waiting: Vec<Key>,
    left: usize,
}

impl Deliveries {
    /// What happened from that moment on.
    pub(crate) const fn since(since: Timestamp) -> Self {
        Self {
            since,
            known: BTreeSet::new(),
            waiting: Vec::new(),
            left: usize::MAX,
        }
    }

    /// Looks for events that it does not know. `false` where there are none that anybody wants. One query, and one for a
    /// hundred events where there are endpoints.
    pub(crate) async fn look(&mut self, app: &App, context: &Context) -> Result<bool> {
        let mut endpoints = context.all_endpoints().await?;
        endpoints.retain(|endpoint| endpoint.takes_any());
        self.waiting.clear();
        if endpoints.is_empty() {
            return Ok(false);
        }
        let until = context.now().await?.plus_seconds(1);
        let mut after = None;
        loop {
            let page = context
                .events_between((self.since, until), after, PAGE)
                .await?;
            after = page.items.last().map(|event| event.id);
            for event in page
                .items
                .iter()
                .filter(|event| !self.known.contains(&event.id))
            {
                let audience = Audience {
                    only: event.only_endpoint,
                    except: event.except_endpoint,
                };
                let wanting = endpoints.iter().filter(|endpoint| {
                    endpoint.created <= event.created
                        && audience.includes(endpoint, event.event_type)
                });
                self.waiting
                    .extend(wanting.map(|endpoint| key(context, event.id, endpoint)));
            }
            self.known.extend(page.items.iter().map(|event| event.id));
            if page.next.is_none() {
                break;
            }
        }
        self.left = usize::MAX;
        Ok(self.left(app).await? > 0)
    }

    /// How many of them nobody has tried yet.
    pub(crate) async fn left(&self, app: &App) -> Result<usize> {
        let there = app.table().count(&self.waiting).await?;
        Ok(self.waiting.len().saturating_sub(there))
    }

    /// Whether these are fewer than before.
    pub(crate) fn moved_on(&mut self, left: usize) -> bool {
        left < std::mem::replace(&mut self.left, left)
    }
}

fn key(context: &Context, event: Id<ids::Event>, endpoint: &Stored<Endpoint>) -> Key {
    let id = DeliveryId {
        event,
        endpoint: endpoint.id,
    };
    keys::delivery(&context.scope(), id.endpoint, id.event)
}
