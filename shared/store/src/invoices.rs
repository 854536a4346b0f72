//! Lists of invoices. A subscription knows those that it made; those that somebody wrote are in index `by_parent`.

use std::collections::{BTreeSet, VecDeque};

use futures::future::{try_join, try_join_all};
use models::billing::{Invoice, InvoicePage, Subscription};
use models::ids::{self, Id};
use models::page::{Page, PageRequest, Pages};
use models::{Error, Result, Scope};

use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range, Room, Span, keys_in};
use crate::session::Session;

/// Subscriptions of one customer whose lists are joined; with more, all invoices of the business are looked through.
const MANY_SUBSCRIPTIONS: u32 = 200;
/// Invoices that one request may look at where a filter leaves little: the page is then short, and its cursor goes on.
const MAX_LOOKED_AT: u32 = 1_000;
/// Records that DynamoDB reads at once.
const BATCH: usize = 100;

impl Record for InvoicePage {
    const TYPE: &'static str = "invs";

    fn key(&self, scope: &Scope) -> Key {
        keys::invoice_page(scope, self.subscription_id, self.page)
    }
}

/// Which invoices are asked for.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    customer: Option<Id<ids::Customer>>,
    subscription: Option<Id<ids::Subscription>>,
    status: Option<&'a str>,
}

impl Wanted<'_> {
    fn is(&self, invoice: &Invoice) -> bool {
        let of = |id| invoice.subscription_id == Some(id);
        self.customer.is_none_or(|id| invoice.customer_id == id)
            && self.subscription.is_none_or(of)
            && self
                .status
                .is_none_or(|name| invoice.status.as_str() == name)
    }

    fn filters(&self) -> Vec<Filter> {
        let customer = self.customer.map(|id| ("customer_id", id.to_string()));
        let status = self.status.map(|status| ("status", status.to_owned()));
        let filters = [customer, status].into_iter().flatten();
        filters
            .map(|(name, value)| Filter::Equals(name, value))
            .collect()
    }
}

/// Ids of invoices, oldest first, each once.
type Known = BTreeSet<Id<ids::Invoice>>;

impl Session {
    /// Invoices, newest first, of one customer, of one subscription or of all, in one status or in any.
    ///
    /// An invoice of a subscription is among those of its customer and of its subscription as soon as the subscription has
    /// moved on with it, which is the write after the invoice's own: where a run dies in between, once it was repeated.
    pub async fn invoices(
        &self,
        page: &PageRequest,
        customer: Option<Id<ids::Customer>>,
        subscription: Option<Id<ids::Subscription>>,
        status: Option<&str>,
    ) -> Result<Page<Stored<Invoice>>> {
        let wanted = Wanted {
            customer,
            subscription,
            status,
        };
        let known = match (customer, subscription) {
            (_, Some(subscription)) => Some(self.known_of_subscription(subscription).await?),
            (Some(customer), None) => self.known_of_customer(customer, page).await?,
            (None, None) => None,
        };
        if let Some(known) = known {
            return self.pick(page, &known, wanted).await;
        }
        let all = Range::newest_first(keys::list::<ids::Invoice>(&self.scope()));
        self.list_range(&all, page, &wanted.filters()).await
    }

    /// One page of the invoices with these ids.
    async fn pick(
        &self,
        page: &PageRequest,
        known: &Known,
        wanted: Wanted<'_>,
    ) -> Result<Page<Stored<Invoice>>> {
        let pk = keys::list::<ids::Invoice>(&self.scope());
        let limit = usize::try_from(page.limit).map_err(Error::internal)?;
        let most = usize::try_from(MAX_LOOKED_AT).map_err(Error::internal)?;
        let newest_first = known.iter().rev().map(|id| id.digits());
        let mut left: VecDeque<String> = newest_first
            .filter(|sk| page.after.as_ref().is_none_or(|after| sk < after))
            .collect();
        let mut found: Vec<Stored<Invoice>> = Vec::with_capacity(limit);
        let (mut looked_at, mut last) = (0_usize, None);
        let (mut room, mut full) = (Room::default(), false);
        // One more than wanted tells whether another page follows.
        let mut size = limit.saturating_add(1).min(BATCH);
        while !full && looked_at < most && !left.is_empty() {
            let chunk: Vec<String> = left.drain(..size.min(left.len())).collect();
            let chunk = keys_in(&pk, &chunk);
            let mut read = self.table().batch_get(&chunk).await?;
            looked_at = looked_at.saturating_add(chunk.len());
            for key in chunk {
                let bytes = read.bytes(&key);
                let invoice = read.take::<Invoice>(&key)?;
                if let Some(invoice) = invoice.filter(|invoice| wanted.is(invoice)) {
                    full = found.len() >= limit || !room.takes(bytes);
                    if full {
                        break;
                    }
                    found.push(invoice);
                }
                last = Some(key.sk);
            }
            size = BATCH;
        }
        let next = last.filter(|_| full || !left.is_empty());
        Ok(Page { items: found, next })
    }

    /// A page of earlier invoices of a subscription. It never changes.
    pub async fn invoice_page(
        &self,
        subscription: Id<ids::Subscription>,
        page: u32,
    ) -> Result<Option<Stored<InvoicePage>>> {
        let key = keys::invoice_page(&self.scope(), subscription, page);
        self.load(&key, true).await
    }

    /// The invoices of a subscription: those that it made. One that somebody wrote names none.
    async fn known_of_subscription(&self, id: Id<ids::Subscription>) -> Result<Known> {
        match self.find(id).await? {
            Some(subscription) => self.made_by(&subscription).await,
            None => Ok(Known::new()),
        }
    }

    /// The invoices of a customer; `None` where its subscriptions are too many to ask them all.
    async fn known_of_customer(
        &self,
        id: Id<ids::Customer>,
        page: &PageRequest,
    ) -> Result<Option<Known>> {
        let pk = keys::list::<ids::Subscription>(&self.scope());
        let parent = keys::of_customer::<ids::Subscription>(&self.scope(), id);
        let (subscriptions, mut known) = try_join(
            self.child_keys(&parent, &pk, None, MANY_SUBSCRIPTIONS),
            self.written_for(id, page),
        )
        .await?;
        if u32::try_from(subscriptions.len()).is_ok_and(|count| count >= MANY_SUBSCRIPTIONS) {
            return Ok(None);
        }
        for chunk in subscriptions.chunks(BATCH) {
            let read = self.read_all::<Subscription>(&pk, chunk).await?;
            let lists = read.iter().map(|subscription| self.made_by(subscription));
            known.extend(try_join_all(lists).await?.into_iter().flatten());
        }
        Ok(Some(known))
    }

    /// What a subscription made: what it carries, and the pages that it put aside.
    async fn made_by(&self, subscription: &Subscription) -> Result<Known> {
        let mut known: Known = subscription.carried_invoices().collect();
        let range = Range {
            pk: keys::children(&self.scope(), subscription.id),
            span: Span::Prefix(keys::INVOICE_PAGE_PREFIX.to_owned()),
            descending: false,
        };
        if subscription.invoice_pages == 0 {
            return Ok(known);
        }
        let mut pages = Pages::of(subscription.invoice_pages);
        while let Some(request) = pages.request() {
            let page = self.list_range::<InvoicePage>(&range, request, &[]);
            let archived = pages.turn(page.await?).into_iter();
            known.extend(archived.flat_map(|page| page.into_inner().invoices));
        }
        Ok(known)
    }

    /// What somebody wrote for a customer, as far as one request may look.
    async fn written_for(&self, id: Id<ids::Customer>, page: &PageRequest) -> Result<Known> {
        let pk = keys::list::<ids::Invoice>(&self.scope());
        let parent = keys::of_customer::<ids::Invoice>(&self.scope(), id);
        let most = MAX_LOOKED_AT.saturating_add(1);
        let keys = self
            .child_keys(&parent, &pk, page.after.as_deref(), most)
            .await?;
        let ids = keys.iter().filter_map(|sk| Id::new(sk.parse().ok()?).ok());
        Ok(ids.collect())
    }
}
