//! Keys of billing: plans, usage, invoices, schedules, payments.
//!
//! | access pattern | key | operation |
//! |---|---|---|
//! | an earlier price of a plan | `<b>#<m>#plan#<slug>` / `<version, 6 digits>` | `GetItem` |
//! | tax rates of an invoice | `<b>#<m>#txr` / `<id, 16 digits>` | `BatchGetItem` |
//! | what a business decided about its billing | `<b>#<m>#settings` / `billing` | `GetItem` |
//! | refunds of a payment | `<b>#<m>#pay#<id>` / `refund#<id>` | `Query` |
//! | the newest pages of a metric's log of usage | `<b>#<m>#sub#<id>` / `usage#<metric>#<seq, 10 digits>` | `Query` backwards |
//! | one page of it, written if nobody else was faster | the same | `GetItem`, conditional `PutItem` |
//! | all metrics of a subscription | the same: the newest page below `usage#<metric>#`, metric by metric | one `Query` each |
//! | earlier invoices of a subscription | `<b>#<m>#sub#<id>` / `invoices#<page, 6 digits>` | `Query` by prefix, then `BatchGetItem` |
//! | payments of a schedule, in the order in which they were made for | `<b>#<m>#sub#<id>` / `schedule#<date>#<n, 3 digits>` | `Query` by prefix |
//! | one of them by its id, which tells its day | `<b>#<m>#sub#<id>` / `schedule#<date>#` | `Query` by prefix |
//! | one of them by the secret in the address of its page | index `by_parent`: `page#<hash>` / its own sort key | `Query`, then `GetItem` |
//! | the last invoice or credit note number of a year | `<b>#<m>#counter` / `invoice#<year>`, `credit_note#<year>` | `UpdateItem ADD` |
//! | credit notes of an invoice | index `by_parent`: `<b>#<m>#inv#<id>#cn` / `<id>` | `Query`, then `BatchGetItem` |

use models::billing::Slot;
use models::ids::{self, Id, Kind, Slug};
use models::{Date, Scope};

use super::{Key, children, list, root};

/// A plan as it was at an earlier version.
pub fn plan_version(scope: &Scope, plan: &Slug<ids::Plan>, version: u32) -> Key {
    Key::new(
        format!("{}#{plan}", list::<ids::Plan>(scope)),
        format!("{version:06}"),
    )
}

/// A refund, under its payment.
pub fn refund(scope: &Scope, payment: Id<ids::Payment>, id: Id<ids::Refund>) -> Key {
    Key::new(
        children(scope, payment),
        format!("{REFUND_PREFIX}{}", id.digits()),
    )
}

/// What the sort keys of refunds begin with.
pub const REFUND_PREFIX: &str = "refund#";

/// A page of the log of one metric's usage, under its subscription. No metric's name has a `#`.
pub fn usage_page(
    scope: &Scope,
    subscription: Id<ids::Subscription>,
    metric: &str,
    seq: u64,
) -> Key {
    Key::new(
        children(scope, subscription),
        format!("{}{seq:010}", usage_log(metric)),
    )
}

/// What the sort keys of a metric's log begin with: below all of its pages, and above those of the metric before it.
pub fn usage_log(metric: &str) -> String {
    format!("{USAGE_PREFIX}{metric}#")
}

/// Above all usage: a metric's name consists of characters below `~`.
pub const USAGE_END: &str = "usage#~";

/// What the sort keys of usage begin with.
pub const USAGE_PREFIX: &str = "usage#";

/// Ids of invoices that a subscription no longer carries itself.
pub fn invoice_page(scope: &Scope, subscription: Id<ids::Subscription>, page: u32) -> Key {
    Key::new(
        children(scope, subscription),
        format!("{INVOICE_PAGE_PREFIX}{page:06}"),
    )
}

/// What the sort keys of those pages begin with.
pub const INVOICE_PAGE_PREFIX: &str = "invoices#";

/// A payment of a schedule, under its subscription, at the place that it was made for.
pub fn schedule_row(scope: &Scope, subscription: Id<ids::Subscription>, slot: Slot) -> Key {
    Key::new(
        children(scope, subscription),
        format!("{}{:03}", schedule_day(slot.date), slot.n),
    )
}

/// What the sort keys of the rows that were made for a day begin with.
pub fn schedule_day(date: Date) -> String {
    format!("{SCHEDULE_PREFIX}{date}#")
}

/// What the sort keys of rows begin with.
pub const SCHEDULE_PREFIX: &str = "schedule#";

/// The subscription and the place of a row's key.
pub fn schedule_parts(key: &Key) -> Option<(Id<ids::Subscription>, Slot)> {
    let subscription = key.pk.rsplit('#').next()?.parse().ok()?;
    let (date, n) = key.sk.strip_prefix(SCHEDULE_PREFIX)?.split_once('#')?;
    let slot = Slot {
        date: date.parse().ok()?,
        n: n.parse().ok()?,
    };
    Some((Id::new(subscription).ok()?, slot))
}

/// The partition of index `by_parent` in which the row of a payment page is. It belongs to no business: who opens the page
/// knows none.
pub fn payment_page(hash: &str) -> String {
    format!("page#{hash}")
}

/// The counter that gives invoices of a year their numbers.
pub fn invoice_counter(scope: &Scope, year: i16) -> Key {
    Key::new(
        format!("{}#counter", root(scope)),
        format!("invoice#{year}"),
    )
}

/// The counter that gives credit notes of a year their numbers.
pub fn credit_note_counter(scope: &Scope, year: i16) -> Key {
    Key::new(
        format!("{}#counter", root(scope)),
        format!("credit_note#{year}"),
    )
}

/// What a business decided about its billing.
pub fn billing_settings(scope: &Scope) -> Key {
    Key::new(format!("{}#settings", root(scope)), "billing")
}

/// The partition of index `by_parent` in which an invoice's credit notes are.
pub fn credit_notes_of(scope: &Scope, invoice: Id<ids::Invoice>) -> String {
    format!("{}#{}", children(scope, invoice), ids::CreditNote::KEY)
}
