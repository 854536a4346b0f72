//! The feed: every event of a business in the order in which it was logged, numbered without gaps.
//!
//! A page holds the ids of 80 events and is written once for all events that one invocation of the relay logs, on condition
//! that nobody else wrote it meanwhile. An event is in the feed exactly once, because whoever adds it first knows the newest
//! page (the *head*), then writes the event's record, then adds it:
//! - Who wrote the record looks for the event in the pages from that head on: only after it can somebody else have added it.
//! - Who finds the record there already looks further back, as far as the stream can repeat a change.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use models::ids::{self, Id};
use models::page::PageRequest;
use models::webhooks::{EventRecord, FEED_PAGE, FeedPage};
use models::{Error, Result, Scope};

use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Range, Room, Span};
use crate::retry::Retry;
use crate::session::Session;

/// Businesses whose newest page one process remembers.
const REMEMBERED: usize = 1024;
/// How far back a stream can repeat a change: 24 hours, and some more for clocks that differ.
const STREAM_SECONDS: i64 = 26 * 3600;
/// Pages read at once.
const PAGES: u32 = 25;

impl Record for FeedPage {
    const TYPE: &'static str = "feed";

    fn key(&self, scope: &Scope) -> Key {
        keys::feed_page(scope, self.page)
    }
}

/// The newest page of a feed, as somebody knew it.
#[derive(Debug, Clone)]
pub struct FeedHead(Option<Stored<FeedPage>>);

impl FeedHead {
    fn page(&self) -> u64 {
        self.0.as_ref().map_or(0, |stored| stored.page)
    }
}

/// The newest pages that this process knows. Others may have gone on since: a condition tells.
#[derive(Debug, Default)]
pub(crate) struct FeedHeads(Mutex<HashMap<Scope, FeedHead>>);

/// An event that is in the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its record.
    pub record: EventRecord,
    /// Whether it was there before: somebody else may have added it to the feed already.
    pub repeated: bool,
}

/// Events that follow each other in the feed.
#[derive(Debug, Clone)]
pub struct FeedSlice {
    /// Each with its position.
    pub events: Vec<(u64, Stored<EventRecord>)>,
    /// Whether the feed goes on after them now.
    pub has_more: bool,
}

impl Session {
    /// The newest page. One consistent query where this process does not know one.
    pub async fn feed_head(&self) -> Result<FeedHead> {
        let known = self.table().feed_heads.0.lock();
        if let Some(head) = known.map_err(Error::internal)?.get(&self.scope()) {
            return Ok(head.clone());
        }
        self.newest_page().await
    }

    async fn newest_page(&self) -> Result<FeedHead> {
        let newest = self.feed_pages_before(None, 1).await?.into_iter().next();
        Ok(FeedHead(newest))
    }

    /// Adds events to the feed, in that order. `head` was known before any of their records was written. One write unit for
    /// each page that is begun or goes on.
    pub async fn add_to_feed(&self, mut head: FeedHead, logged: &[Logged]) -> Result<()> {
        let from = head.page();
        let mut missing: Vec<Id<ids::Event>> = Vec::with_capacity(logged.len());
        for event in logged {
            let there = event.repeated && self.feed_has(event.record.id).await?;
            if !there && !missing.contains(&event.record.id) {
                missing.push(event.record.id);
            }
        }
        let mut retry = Retry::of("the feed of events");
        loop {
            missing.retain(|id| !head.0.as_ref().is_some_and(|page| page.has(*id)));
            if missing.is_empty() {
                return self.remember(head);
            }
            if let Some((next, count)) = self.add_to_page(&head, &missing).await? {
                missing.drain(..count);
                head = next;
            } else {
                // Somebody else was faster: what they added is in the pages from the first head on.
                let added = self.feed_ids_from(from).await?;
                missing.retain(|id| !added.contains(&id.number()));
                head = self.newest_page().await?;
                retry.again().await?;
            }
        }
    }

    /// Adds as much as fits on one page; `None` where somebody else wrote it meanwhile.
    async fn add_to_page(
        &self,
        head: &FeedHead,
        missing: &[Id<ids::Event>],
    ) -> Result<Option<(FeedHead, usize)>> {
        let mut writes = self.writes().await?;
        let now = self.wall();
        let (next, count) = match &head.0 {
            Some(stored) if !stored.is_full() => {
                let mut page = (**stored).clone();
                let count = page.fill(missing, now);
                (writes.advance(stored, &page)?, count)
            }
            Some(_) | None => {
                let number = head
                    .0
                    .as_ref()
                    .map_or(0, |full| full.page.saturating_add(1));
                let mut page = FeedPage::new(number, now);
                let count = page.fill(missing, now);
                (writes.create(&page, None)?, count)
            }
        };
        let written = self.write(&writes).await?;
        Ok(written.then_some((FeedHead(Some(next)), count)))
    }

    fn remember(&self, head: FeedHead) -> Result<()> {
        let mut known = self.table().feed_heads.0.lock().map_err(Error::internal)?;
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(self.scope(), head);
        Ok(())
    }

    /// Whether the event is on a page that was written since the stream can have told of it first.
    async fn feed_has(&self, id: Id<ids::Event>) -> Result<bool> {
        let oldest = self.wall().plus_seconds(-STREAM_SECONDS);
        let mut before = None;
        loop {
            let pages = self.feed_pages_before(before, PAGES).await?;
            for page in &pages {
                if page.has(id) {
                    return Ok(true);
                }
                if page.at < oldest {
                    return Ok(false);
                }
            }
            match pages.last() {
                Some(last) if last.page > 0 => before = Some(last.page),
                Some(_) | None => return Ok(false),
            }
        }
    }

    async fn feed_ids_from(&self, page: u64) -> Result<BTreeSet<u64>> {
        let mut found = BTreeSet::new();
        let mut next = page;
        loop {
            let pages = self.feed_pages_from(next, PAGES).await?;
            found.extend(pages.iter().flat_map(|page| page.ids.iter().copied()));
            match pages.last() {
                Some(last) if last.is_full() => next = last.page.saturating_add(1),
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// Pages before that one, newest first; from the newest where there is none.
    async fn feed_pages_before(
        &self,
        page: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Stored<FeedPage>>> {
        let scope = self.scope();
        let range = Range {
            pk: keys::feed(&scope),
            span: Span::All,
            descending: true,
        };
        let request = PageRequest {
            limit,
            after: page.map(|page| keys::feed_page(&scope, page).sk),
        };
        Ok(self.list_range_now(&range, &request).await?.items)
    }

    /// Pages from that one on, in order.
    async fn feed_pages_from(&self, page: u64, limit: u32) -> Result<Vec<Stored<FeedPage>>> {
        let scope = self.scope();
        let range = Range {
            pk: keys::feed(&scope),
            span: Span::Between(keys::feed_page(&scope, page).sk, keys::FEED_END.to_owned()),
            descending: false,
        };
        let request = PageRequest { limit, after: None };
        Ok(self.list_range_now(&range, &request).await?.items)
    }

    /// Up to `limit` events after `position`, oldest first, and no more than a megabyte of them. They follow each other without a
    /// gap. One consistent query and one read of the events.
    pub async fn events_after(&self, position: u64, limit: u32) -> Result<FeedSlice> {
        let (first, _) = FeedPage::place(position.saturating_add(1));
        let pages = u64::from(limit).div_euclid(FEED_PAGE).saturating_add(2);
        let pages = u32::try_from(pages).map_err(Error::internal)?;
        let mut wanted = Vec::new();
        for page in self.feed_pages_from(first, pages).await? {
            wanted.extend(page.after(position)?);
        }
        let known = wanted.len();
        wanted.truncate(usize::try_from(limit).map_err(Error::internal)?);
        let ids: Vec<Id<ids::Event>> = wanted.iter().map(|(_, id)| *id).collect();
        let read = self.events_by_id(&ids).await?;
        // A record is written before the feed knows of it, but another replica may not have it yet: then the feed ends here
        // for now, rather than have a gap.
        let there = wanted.into_iter().zip(read);
        let mut room = Room::default();
        let there = there.map_while(|((position, _), event)| {
            let fits = |event: &Stored<EventRecord>| room.takes(event.data.len());
            Some((position, event.filter(fits)?))
        });
        let events: Vec<_> = there.collect();
        let has_more = events.len() < known;
        Ok(FeedSlice { events, has_more })
    }
}
