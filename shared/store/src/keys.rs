//! Every key of the table.
//!
//! `<b>` is the number of the business and `<m>` its mode: the first half of every key that a business's request can reach.
//!
//! | access pattern | key | operation |
//! |---|---|---|
//! | a record by id | `<b>#<m>#<kind>` / `<id, 16 digits>` | `GetItem` |
//! | a list of records, newest first | `<b>#<m>#<kind>` | `Query` backwards |
//! | a plan by name | `<b>#<m>#plan` / `<slug>` | `GetItem`, `Query` |
//! | an earlier price of a plan | `<b>#<m>#plan#<slug>` / `<version, 6 digits>` | `GetItem` |
//! | a plan or a coupon by name | `<b>#<m>#plan`, `<b>#<m>#coupon` / `<slug>` | `GetItem`, `Query` |
//! | tax rates of an invoice | `<b>#<m>#txr` / `<id, 16 digits>` | `BatchGetItem` |
//! | what a business decided about its billing | `<b>#<m>#settings` / `billing` | `GetItem` |
//! | refunds of a payment | `<b>#<m>#pay#<id>` / `refund#<id>` | `Query` |
//! | the newest pages of a metric's log of usage | `<b>#<m>#sub#<id>` / `usage#<metric>#<seq, 10 digits>` | `Query` backwards |
//! | one page of it, written if nobody else was faster | the same | `GetItem`, conditional `PutItem` |
//! | all metrics of a subscription | the same: the newest page below `usage#<metric>#`, metric by metric | one `Query` each |
//! | earlier invoices of a subscription | `<b>#<m>#sub#<id>` / `invoices#<page, 6 digits>` | `Query` by prefix, then `BatchGetItem` |
//! | what is known of an endpoint beside its settings | `<b>#<m>#we#<id>` / `health`, `recovery` | `BatchGetItem`, `GetItem` |
//! | events in the order in which they were logged | `<b>#<m>#feed` / `<page, 10 digits>` | `Query`, then `BatchGetItem` |
//! | payments of a schedule, in the order in which they were made for | `<b>#<m>#sub#<id>` / `schedule#<date>#<n, 3 digits>` | `Query` by prefix |
//! | one of them by its id, which tells its day | `<b>#<m>#sub#<id>` / `schedule#<date>#` | `Query` by prefix |
//! | one of them by the secret in the address of its page | index `by_parent`: `page#<hash>` / its own sort key | `Query`, then `GetItem` |
//! | whether a number wants messages | `<b>#<m>#consent` / `<number>` | `GetItem` |
//! | who has a name that only one can have | `<b>#<m>#uniq#<bucket>` / `<what>#<name>` | `GetItem`, conditional `PutItem` |
//! | a member by its e-mail address or user name | the same, then its record | `GetItem` twice |
//! | members of a partner | index `by_parent`: `<b>#<m>#partner#<id>#member` / `<id>` | `Query`, then `BatchGetItem` |
//! | what a partner earned in a month | index `by_parent`: `<b>#<m>#partner#<id>#com#<month>` / `<id>` | `Query`, then `BatchGetItem` |
//! | what a business decided about its members | `<b>#<m>#settings` / `members` | `GetItem` |
//! | the way to a new password | `pwlink#<hash>` / `link` | `GetItem` |
//! | deliveries of an endpoint | `<b>#<m>#we#<id>` / `del#<event id>` | `Query` backwards |
//! | the last invoice or credit note number of a year | `<b>#<m>#counter` / `invoice#<year>`, `credit_note#<year>` | `UpdateItem ADD` |
//! | records of a customer | index `by_parent`: `<b>#<m>#cust#<id>#<kind>` / `<id>` | `Query`, then `BatchGetItem` |
//! | customers of an e-mail address | index `by_parent`: `<b>#<m>#cust#email#<hash>` / `<id>` | `Query`, then `BatchGetItem` |
//! | credit notes of an invoice | index `by_parent`: `<b>#<m>#inv#<id>#cn` / `<id>` | `Query`, then `BatchGetItem` |
//! | what is due | index `by_due`: `due#<shard>` or `due#<b>#test` / `<time>#<type>#<key>` | `Query` |
//! | an idempotency key | `<b>#<m>#idem#<hash>` / `idem` | `GetItem`, written with its effect |
//! | a test clock | `<b>#test#clock` / `clock` | `GetItem` |
//! | a credential | `cred#<hash>` / `cred` | `GetItem` |
//! | an OAuth client by its `client_id` | `oauth#<client_id>` / `client` | `GetItem` |
//! | the businesses of the installation | `acct` / `<id, 16 digits>` | `GetItem`, `Query` |
//!
//! An invoice that a subscription made is not in `by_parent`: the subscription knows it. An index would cost a write unit for
//! each renewal.
//!
//! An idempotency record has one sort key for all routes: a key that comes back on another route must be refused, so it must
//! be found.

use models::billing::Slot;
use models::ids::{self, Id, Kind, Slug};
use models::text::folded;
use models::{Date, Mode, Scope, Timestamp};
use sha2::{Digest, Sha256};

/// Shards of the due index: each takes 1,000 writes a second.
pub const DUE_SHARDS: u64 = 16;

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    /// The business and mode that a key belongs to; `None` for what belongs to the installation.
    pub fn scope(&self) -> Option<Scope> {
        let mut parts = self.pk.split('#');
        let business = parts
            .next()?
            .parse()
            .ok()
            .and_then(|number| Id::new(number).ok())?;
        let mode = match parts.next()? {
            "live" => Mode::Live,
            "test" => Mode::Test,
            _ => return None,
        };
        Some(Scope { business, mode })
    }
}

fn root(scope: &Scope) -> String {
    format!("{}#{}", scope.business.number(), scope.mode.as_str())
}

/// The partition in which all records of a kind are.
pub fn list<K: Kind>(scope: &Scope) -> String {
    format!("{}#{}", root(scope), K::KEY)
}

/// A record by its id.
pub fn record<K: Kind>(scope: &Scope, id: Id<K>) -> Key {
    Key::new(list::<K>(scope), id.digits())
}

/// A record by the name that somebody chose.
pub fn named<K: Kind>(scope: &Scope, slug: &Slug<K>) -> Key {
    Key::new(list::<K>(scope), slug.as_str())
}

/// A plan as it was at an earlier version.
pub fn plan_version(scope: &Scope, plan: &Slug<ids::Plan>, version: u32) -> Key {
    Key::new(
        format!("{}#{plan}", list::<ids::Plan>(scope)),
        format!("{version:06}"),
    )
}

/// The partition in which the children of a record are.
pub fn children<K: Kind>(scope: &Scope, id: Id<K>) -> String {
    format!("{}#{}", list::<K>(scope), id.digits())
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

/// Whether a number wants messages.
pub fn consent(scope: &Scope, number: &str) -> Key {
    Key::new(format!("{}#consent", root(scope)), number)
}

/// A name that only one record of the business can have. Names spread over 256 partitions.
pub fn unique(scope: &Scope, what: &str, name: &str) -> Key {
    let bucket: String = sha256(name).chars().take(2).collect();
    Key::new(
        format!("{}#uniq#{bucket}", root(scope)),
        format!("{what}#{name}"),
    )
}

/// A delivery, under its endpoint: one for each event, so a delivery that is begun twice is one record.
pub fn delivery(scope: &Scope, endpoint: Id<ids::Webhook>, event: Id<ids::Event>) -> Key {
    Key::new(
        children(scope, endpoint),
        format!("{DELIVERY_PREFIX}{}", event.digits()),
    )
}

/// The endpoint and the event of a delivery's key.
pub fn delivery_parts(key: &Key) -> Option<(Id<ids::Webhook>, Id<ids::Event>)> {
    let event = key.sk.strip_prefix(DELIVERY_PREFIX)?.parse().ok()?;
    Some((endpoint_of(key)?, Id::new(event).ok()?))
}

/// How an endpoint is doing.
pub fn health(scope: &Scope, endpoint: Id<ids::Webhook>) -> Key {
    Key::new(children(scope, endpoint), "health")
}

/// What is sent again to an endpoint.
pub fn recovery(scope: &Scope, endpoint: Id<ids::Webhook>) -> Key {
    Key::new(children(scope, endpoint), "recovery")
}

/// The endpoint in the key of what is below it.
pub fn endpoint_of(key: &Key) -> Option<Id<ids::Webhook>> {
    Id::new(key.pk.rsplit('#').next()?.parse().ok()?).ok()
}

/// The partition of the feed of events.
pub fn feed(scope: &Scope) -> String {
    format!("{}#feed", root(scope))
}

/// A page of the feed.
pub fn feed_page(scope: &Scope, page: u64) -> Key {
    Key::new(feed(scope), format!("{page:010}"))
}

/// Above all pages of a feed.
pub const FEED_END: &str = "9999999999";

/// The id in the key of a record.
pub fn record_id<K: Kind>(key: &Key) -> Option<Id<K>> {
    Id::new(key.sk.parse().ok()?).ok()
}

/// What the sort keys of deliveries begin with.
pub const DELIVERY_PREFIX: &str = "del#";

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

/// An idempotency key of a caller. Hashed, because callers put anything into it.
pub fn idempotency(scope: &Scope, key: &str) -> Key {
    Key::new(format!("{}#idem#{}", root(scope), sha256(key)), "idem")
}

/// What a business decided about its billing.
pub fn billing_settings(scope: &Scope) -> Key {
    Key::new(format!("{}#settings", root(scope)), "billing")
}

/// What a business decided about its members.
pub fn member_settings(scope: &Scope) -> Key {
    Key::new(format!("{}#settings", root(scope)), "members")
}

/// The partition of index `by_parent` in which a partner's members are.
pub fn members_of(scope: &Scope, partner: Id<ids::Partner>) -> String {
    format!("{}#{}", children(scope, partner), ids::Member::KEY)
}

/// The partition of index `by_parent` in which is what a partner earned in a month (`2026-01`).
pub fn commissions_of(scope: &Scope, partner: Id<ids::Partner>, month: &str) -> String {
    format!(
        "{}#{}#{month}",
        children(scope, partner),
        ids::Commission::KEY
    )
}

/// The way to a new password, by the hash of its secret. It belongs to no business: who opens it knows none.
pub fn password_link(hash: &str) -> Key {
    Key::new(format!("pwlink#{hash}"), "link")
}

/// The test clock of a business.
pub fn test_clock(business: models::Business) -> Key {
    Key::new(test_clock_partition(business), "clock")
}

/// How far the stream was read when its test clock asked.
pub fn stream_mark(business: models::Business) -> Key {
    Key::new(test_clock_partition(business), "mark")
}

fn test_clock_partition(business: models::Business) -> String {
    let scope = Scope {
        business,
        mode: Mode::Test,
    };
    format!("{}#clock", root(&scope))
}

/// A credential by the SHA-256 of its secret.
pub fn credential(hash: &str) -> Key {
    Key::new(format!("cred#{hash}"), "cred")
}

/// An OAuth client by the id that it presents.
pub fn oauth_client(client_id: &str) -> Key {
    Key::new(format!("oauth#{client_id}"), "client")
}

/// The partition of all businesses.
pub const ACCOUNTS: &str = "acct";

/// A business.
pub fn account(id: models::Business) -> Key {
    Key::new(ACCOUNTS, id.digits())
}

/// The partition of index `by_parent` in which a customer's records of kind `K` are.
pub fn of_customer<K: Kind>(scope: &Scope, customer: Id<ids::Customer>) -> String {
    format!("{}#{}", children(scope, customer), K::KEY)
}

/// The partition of index `by_parent` in which the customers of an e-mail address are.
pub fn customers_of_email(scope: &Scope, email: &str) -> String {
    format!(
        "{}#email#{}",
        list::<ids::Customer>(scope),
        sha256(&folded(email))
    )
}

/// The partition of index `by_parent` in which an invoice's credit notes are.
pub fn credit_notes_of(scope: &Scope, invoice: Id<ids::Invoice>) -> String {
    format!("{}#{}", children(scope, invoice), ids::CreditNote::KEY)
}

/// The partition of index `by_due` that an item waits in. Test mode has one of its own for each business, which its test
/// clock walks through; live items spread over the shards by their key.
pub fn due_partition(key: &Key) -> String {
    match key.scope() {
        Some(scope) if scope.mode == Mode::Test => due_test_partition(scope.business),
        Some(_) | None => {
            let digest = Sha256::digest(format!("{}/{}", key.pk, key.sk));
            let shard = digest
                .first()
                .map_or(0, |byte| u64::from(*byte) % DUE_SHARDS);
            due_shard(shard)
        }
    }
}

/// One of the shards of index `by_due`.
pub fn due_shard(shard: u64) -> String {
    format!("due#{shard:02}")
}

/// The partition of index `by_due` of a business in test mode.
pub fn due_test_partition(business: models::Business) -> String {
    format!("due#{}#test", business.number())
}

/// The sort key of index `by_due`.
pub fn due_sort(at: Timestamp, entity_type: &str, key: &Key) -> String {
    format!("{}#{entity_type}#{}", at.key(), key.sk)
}

/// Everything that was due at or before `at` sorts before this.
pub fn due_until(at: Timestamp) -> String {
    format!("{}#~", at.key())
}

/// SHA-256 in hexadecimal.
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(mode: Mode) -> Scope {
        Scope {
            business: Id::new(7).unwrap(),
            mode,
        }
    }

    fn slot() -> Slot {
        Slot {
            date: "2026-01-31".parse().unwrap(),
            n: 2,
        }
    }

    #[test]
    fn a_row_s_key_tells_its_place() {
        let key = schedule_row(&scope(Mode::Test), Id::new(1).unwrap(), slot());
        assert_eq!(schedule_parts(&key), Some((Id::new(1).unwrap(), slot())));
        assert_eq!(schedule_parts(&credential("ab")), None);
    }

    #[test]
    fn what_belongs_to_a_test_clock_is_beside_it() {
        let business = scope(Mode::Test).business;
        let (clock, mark) = (test_clock(business), stream_mark(business));
        assert_eq!(
            (clock.pk, mark.pk.as_str()),
            (mark.pk.clone(), "7#test#clock")
        );
        assert_eq!(mark.sk, "mark");
    }

    #[test]
    fn keys_are_what_they_were() {
        let live = scope(Mode::Live);
        let show = |key: Key| format!("{} / {}", key.pk, key.sk);
        let got = [
            show(record::<ids::Customer>(&live, Id::new(42).unwrap())),
            show(named::<ids::Plan>(&live, &"pro".parse().unwrap())),
            show(named::<ids::Coupon>(&live, &"welcome".parse().unwrap())),
            show(record::<ids::TaxRate>(&live, Id::new(42).unwrap())),
            show(billing_settings(&live)),
            show(refund(&live, Id::new(1).unwrap(), Id::new(2).unwrap())),
            show(usage_page(&live, Id::new(1).unwrap(), "api_calls", 12)),
            show(invoice_page(&live, Id::new(1).unwrap(), 2)),
            show(delivery(&live, Id::new(1).unwrap(), Id::new(2).unwrap())),
            show(health(&live, Id::new(1).unwrap())),
            show(recovery(&live, Id::new(1).unwrap())),
            show(feed_page(&live, 3)),
            show(schedule_row(&live, Id::new(1).unwrap(), slot())),
            payment_page("ab"),
            show(consent(&live, "+14165551234")),
            show(unique(&live, "customer_num", "4515")),
            show(invoice_counter(&live, 2026)),
            show(credit_note_counter(&live, 2026)),
            show(plan_version(&live, &"pro".parse().unwrap(), 2)),
            show(idempotency(&live, "k")),
            show(member_settings(&live)),
            members_of(&live, Id::new(42).unwrap()),
            commissions_of(&live, Id::new(42).unwrap(), "2026-01"),
            show(password_link("ab")),
            show(test_clock(live.business)),
            show(credential("ab")),
            show(oauth_client("ab")),
            show(account(live.business)),
            show(record::<ids::CreditNote>(&live, Id::new(42).unwrap())),
            of_customer::<ids::Invoice>(&live, Id::new(42).unwrap()),
            credit_notes_of(&live, Id::new(42).unwrap()),
        ];
        let want = [
            "7#live#cust / 0000000000000042",
            "7#live#plan / pro",
            "7#live#coupon / welcome",
            "7#live#txr / 0000000000000042",
            "7#live#settings / billing",
            "7#live#pay#0000000000000001 / refund#0000000000000002",
            "7#live#sub#0000000000000001 / usage#api_calls#0000000012",
            "7#live#sub#0000000000000001 / invoices#000002",
            "7#live#we#0000000000000001 / del#0000000000000002",
            "7#live#we#0000000000000001 / health",
            "7#live#we#0000000000000001 / recovery",
            "7#live#feed / 0000000003",
            "7#live#sub#0000000000000001 / schedule#2026-01-31#002",
            "page#ab",
            "7#live#consent / +14165551234",
            "7#live#uniq#13 / customer_num#4515",
            "7#live#counter / invoice#2026",
            "7#live#counter / credit_note#2026",
            "7#live#plan#pro / 000002",
            "7#live#idem#8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a / idem",
            "7#live#settings / members",
            "7#live#partner#0000000000000042#member",
            "7#live#partner#0000000000000042#com#2026-01",
            "pwlink#ab / link",
            "7#test#clock / clock",
            "cred#ab / cred",
            "oauth#ab / client",
            "acct / 0000000000000007",
            "7#live#cn / 0000000000000042",
            "7#live#cust#0000000000000042#inv",
            "7#live#inv#0000000000000042#cn",
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn the_logs_of_metrics_follow_each_other_whatever_their_names() {
        let id = Id::new(1).unwrap();
        let page = |metric, seq| usage_page(&scope(Mode::Live), id, metric, seq).sk;
        for (first, second) in [("a", "a b"), ("a", "a-b"), ("a", "aa"), ("Zz", "z")] {
            let (low, high) = if usage_log(first) < usage_log(second) {
                (first, second)
            } else {
                (second, first)
            };
            assert!(page(low, 9_999_999_999) < usage_log(high), "{low} {high}");
            assert!(page(high, 9_999_999_999).as_str() < USAGE_END);
        }
        assert!(page("a", 9) < page("a", 10));
    }

    #[test]
    fn due_keys_sort_by_time_and_test_mode_has_its_own_partition() {
        let key = record::<ids::Subscription>(&scope(Mode::Live), Id::new(1).unwrap());
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(
            due_sort(at, "sub", &key),
            "01767225600000#sub#0000000000000001"
        );
        assert!(due_sort(at, "sub", &key) < due_until(at));
        assert!(due_sort(at.plus_seconds(1), "sub", &key) > due_until(at));
        assert!(due_partition(&key).starts_with("due#"));
        let key = record::<ids::Subscription>(&scope(Mode::Test), Id::new(1).unwrap());
        assert_eq!(due_partition(&key), "due#7#test");
    }

    #[test]
    fn live_items_spread_evenly_over_the_shards() {
        let mut counts = [0_u32; 16];
        for n in 0..10_000 {
            let key = record::<ids::Subscription>(&scope(Mode::Live), Id::new(n).unwrap());
            let shard: usize = due_partition(&key)
                .trim_start_matches("due#")
                .parse()
                .unwrap();
            counts[shard] += 1;
        }
        let (most, mean) = (*counts.iter().max().unwrap(), 625);
        assert!(most * 2 <= mean * 3, "{counts:?}");
    }

    #[test]
    fn a_key_knows_whose_it_is() {
        let test = scope(Mode::Test);
        assert_eq!(
            record::<ids::Customer>(&test, Id::new(1).unwrap()).scope(),
            Some(test)
        );
        assert_eq!(credential("ab").scope(), None);
        assert_eq!(account(test.business).scope(), None);
    }
}
