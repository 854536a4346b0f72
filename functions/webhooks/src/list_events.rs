//! `GET /v3/events`
//!
//! # Determinations
//! - The log newest first is what people look at; it is in the order of the business's time, so an event that is logged late
//!   takes its place among older ones. The feed (`order=asc`) is what machines follow: it is in the order in which events
//!   were logged, and what was read of it never changes.
//! - A cursor of the feed is good for ever, so it is there on every page: whoever has read everything asks again with it.

use api::List;
use api::input::{Fields, Input, Window};
use api::{Cx, Listed, PageQuery, Paging, Problem, Query, WebhooksRead, operation};
use models::event::EventType;
use models::page::Page;
use models::webhooks::EventFilter;
use models::{Error, Result, View};
use store::EventQuery;
use views::rocketsavvy::Event;

use crate::{access, event_type};

/// The last position that anybody can ask for.
const LAST_POSITION: i64 = 100_000_000_000;

/// In which order events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// As they happened, newest first.
    NewestFirst,
    /// As they were logged.
    Feed,
}

const ORDERS: &[(&str, Order)] = &[("desc", Order::NewestFirst), ("asc", Order::Feed)];

#[derive(Input)]
#[input(check = Self::check)]
pub(crate) struct EventListFilter {
    /// Events of this type, or of a family like `invoice.*`.
    #[input(chars = 1..=100, then = event_type::known, rename = "type", example = "invoice.paid")]
    types: Option<EventFilter>,
    /// Events of this object only.
    #[input(chars = 1..=100, numbers = "id", example = "inv_rs_789012")]
    object_id: Option<String>,
    #[input(flatten)]
    created: Window,
    /// `desc` (newest first, the default) or `asc` (the feed).
    #[input(choice = ORDERS, default = Order::NewestFirst)]
    order: Order,
    /// With `order=asc`, in place of a cursor: events after this position; 0 is the beginning.
    #[input(range = 0..=LAST_POSITION)]
    after_position: Option<i64>,
    #[input(flatten)]
    page: PageQuery,
}

impl EventListFilter {
    fn check(&self, fields: &mut Fields<'_>) {
        let feed = self.order == Order::Feed && !fields.gives("cursor");
        if self.after_position.is_some() && !feed {
            let detail = "goes with order=asc, in place of a cursor";
            fields.reject("after_position", "not_allowed", detail);
        }
    }

    fn wanted<'a>(&'a self, types: Option<&'a [EventType]>) -> EventQuery<'a> {
        EventQuery {
            types,
            object: self.object_id.as_deref(),
            since: self.created.since,
            until: self.created.until,
        }
    }
}

/// List events
///
/// Lists the events of records that the key may read, newest first: `invoice.paid` takes `billing:read`. Asking for a type that
/// the key may not read is 403. An event appears within seconds of what it reports. With a filter, or with a key that
/// may not read every group, a page may be short, or empty, although `has_more` is true.
///
/// With `order=asc` this is the **feed**: all events in the order in which they were logged, for a consumer that must
/// not miss any. Each event has a `position`, counted from 1 without gaps, and nothing is ever added before what was
/// read. `next_cursor` is there on every page, also on an empty one, and `has_more` says whether more is there now:
/// keep the cursor, or the last position, together with what you made of the events, and continue from there. Where
/// events are left out, positions jump and a page may be empty although `has_more` is true; the cursor counts what was left out as
/// read.
#[operation(get, "/v3/events", tag = "webhooks")]
pub(crate) async fn list_events(
    cx: Cx<WebhooksRead>,
    Query(query): Query<EventListFilter>,
) -> Result<Listed<Event>, Problem> {
    let paging = cx.page(&query.page)?;
    let types = access::readable(cx.scopes(), query.types.as_ref())?;
    let wanted = query.wanted(types.as_deref());
    let list = match query.order {
        Order::NewestFirst => newest(&cx, &query, &wanted, &paging).await?,
        Order::Feed => feed(&cx, &query, &wanted, &paging).await?,
    };
    Listed::of(&list)
}

async fn newest(
    cx: &Cx<WebhooksRead>,
    query: &EventListFilter,
    wanted: &EventQuery<'_>,
    paging: &Paging,
) -> Result<List<Event>> {
    let page = if query.created.is_empty() {
        Page {
            items: Vec::new(),
            next: None,
        }
    } else {
        cx.events(&paging.request, wanted).await?
    };
    paging.views(page, |event| Event::of(&event, cx.mode()))
}

async fn feed(
    cx: &Cx<WebhooksRead>,
    query: &EventListFilter,
    wanted: &EventQuery<'_>,
    paging: &Paging,
) -> Result<List<Event>> {
    let after = match &paging.request.after {
        Some(text) => position(text)?,
        None => query
            .after_position
            .and_then(|position| u64::try_from(position).ok())
            .unwrap_or(0),
    };
    let read = cx.events_after(after, paging.request.limit).await?;
    let last = read.events.last().map_or(after, |(position, _)| *position);
    let events = read.events.iter().filter(|(_, event)| wanted.has(event));
    let events = events
        .map(|(position, event)| Ok(Event::of(event, cx.mode())?.at_position(*position)))
        .collect::<Result<_>>()?;
    Ok(paging.endless(events, &last.to_string(), read.has_more))
}

/// The position in a cursor. A cursor that somebody put together must not be our fault.
fn position(text: &str) -> Result<u64> {
    let position: Option<i64> = text.parse().ok();
    position
        .filter(|position| *position <= LAST_POSITION)
        .and_then(|position| u64::try_from(position).ok())
        .ok_or_else(|| {
            Error::invalid(
                "?cursor",
                "invalid_cursor",
                "is not a cursor of this list with these filters",
            )
        })
}

#[cfg(test)]
mod tests;
