//! One unit of work for one business: a request, or one item that was due.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use models::event::Actor;
use models::ids::{Id, Kind, Slug};
use models::{Error, IdSource, Mode, Result, Scope, Timestamp};
use tokio::sync::OnceCell;

use crate::idempotency::Idempotency;
use crate::item::{Record, Stored, decode};
use crate::keys::Key;
use crate::numbers::Expected;
use crate::table::{Committed, Table};
use crate::write::Writes;

/// Where the process takes its time from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    Wall,
    /// A clock that stands still: tests, and `local --clock`.
    Fixed(Timestamp),
}

impl Clock {
    /// The time now.
    pub fn now(self) -> Timestamp {
        match self {
            Self::Fixed(at) => at,
            Self::Wall => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the one place that reads the machine's clock"
                )]
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                let millis = since.map_or(0, |since| {
                    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
                });
                Timestamp::from_millis(millis)
            }
        }
    }
}

/// Who asked, for events and logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The credential, or the product itself.
    pub actor: Actor,
    /// The id of the request.
    pub request: Option<String>,
}

impl Origin {
    /// Scheduled work.
    pub fn system() -> Self {
        Self {
            actor: Actor::system(),
            request: None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct BusinessTime {
    pub(crate) at: Timestamp,
    /// Whether a test clock said so.
    clocked: bool,
}

/// Versions of records: those that one request saw, or those that the writes of another one must find.
#[derive(Debug, Clone, Default)]
pub struct Versions(Arc<Mutex<BTreeMap<Key, u64>>>);

impl Versions {
    fn note(&self, key: &Key, version: u64) -> Result<()> {
        let mut versions = self.0.lock().map_err(Error::internal)?;
        versions.insert(key.clone(), version);
        Ok(())
    }

    /// Errors where the record at that key was seen in another version.
    fn check(&self, key: &Key, version: u64) -> Result<()> {
        let versions = self.0.lock().map_err(Error::internal)?;
        match versions.get(key) {
            Some(seen) if *seen != version => Err(Error::PreconditionFailed),
            Some(_) | None => Ok(()),
        }
    }

    fn forget(&self) -> Result<()> {
        self.0.lock().map_err(Error::internal)?.clear();
        Ok(())
    }
}

/// One unit of work for one business, and the only way to its records.
#[derive(Debug)]
pub struct Session {
    table: Table,
    scope: Scope,
    via: Origin,
    clock: Clock,
    ids: Arc<IdSource>,
    now: OnceCell<BusinessTime>,
    pub(crate) idempotency: Mutex<Option<Idempotency>>,
    expected: Mutex<Option<Expected>>,
    noted: OnceLock<Versions>,
    required: OnceLock<Versions>,
}

impl Session {
    /// A session of a request.
    pub fn new(table: Table, scope: Scope, via: Origin, clock: Clock, ids: Arc<IdSource>) -> Self {
        Self {
            table,
            scope,
            via,
            clock,
            ids,
            now: OnceCell::new(),
            idempotency: Mutex::new(None),
            expected: Mutex::new(None),
            noted: OnceLock::new(),
            required: OnceLock::new(),
        }
    }

    /// Notes in `versions` what this session reads.
    pub fn note_versions(&self, versions: Versions) {
        self.noted.get_or_init(|| versions);
    }

    /// The next write of this session changes no record that was noted in `versions` in another version: that is
    /// [`Error::PreconditionFailed`]. What is written after it belongs to the same operation, which has begun and is not refused
    /// any more.
    pub fn require_versions(&self, versions: Versions) {
        self.required.get_or_init(|| versions);
    }

    /// Errors where a change must find another version of the record.
    pub(crate) fn check_version(&self, key: &Key, version: u64) -> Result<()> {
        match self.required.get() {
            Some(required) => required.check(key, version),
            None => Ok(()),
        }
    }

    /// A session of scheduled work whose time is given: the moment at which an item was due on its test clock.
    #[must_use]
    pub fn at(self, at: Timestamp) -> Self {
        Self {
            now: OnceCell::new_with(Some(BusinessTime { at, clocked: true })),
            ..self
        }
    }

    /// Whose data this is.
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// The mode of the credential.
    pub const fn mode(&self) -> Mode {
        self.scope.mode
    }

    /// Who asked.
    pub const fn via(&self) -> &Origin {
        &self.via
    }

    /// The table.
    pub(crate) const fn table(&self) -> &Table {
        &self.table
    }

    /// The time of the machine: for what concerns the caller rather than the business (expiry of keys and locks).
    pub fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    /// The business's time, in whole seconds: its test clock where it has one. One read in test mode, none in live mode.
    pub async fn now(&self) -> Result<Timestamp> {
        Ok(self.moment().await?.at.whole_second())
    }

    /// The business's time where a test clock gives it; `None` in real time. One read in test mode, none in live mode.
    pub async fn clock_now(&self) -> Result<Option<Timestamp>> {
        let moment = self.moment().await?;
        Ok(moment.clocked.then(|| moment.at.whole_second()))
    }

    pub(crate) async fn moment(&self) -> Result<BusinessTime> {
        let read = || async {
            let clock = match self.scope.mode {
                Mode::Live => None,
                Mode::Test => self.test_clock().await?,
            };
            Ok(clock.map_or(
                BusinessTime {
                    at: self.wall(),
                    clocked: false,
                },
                |clock| BusinessTime {
                    at: clock.frozen_time,
                    clocked: true,
                },
            ))
        };
        self.now.get_or_try_init(read).await.copied()
    }

    /// A new id.
    pub async fn mint<K: Kind>(&self) -> Result<Id<K>> {
        self.mint_at(self.moment().await?)
    }

    /// A new name for what its creator gave none.
    pub async fn mint_name<K: Kind>(&self) -> Result<Slug<K>> {
        let id: Id<K> = self.mint().await?;
        Ok(Slug::generated(id.number()))
    }

    pub(crate) fn mint_at<K: Kind>(&self, moment: BusinessTime) -> Result<Id<K>> {
        self.ids
            .mint(moment.at, moment.clocked.then_some(self.scope.business))
    }

    /// Says that this unit of work will soon want an invoice number, so that others who want one wait for it and all share a
    /// write. That holds until it has the number, says that it needs none, or ends.
    pub fn expect_number(&self, expected: bool) -> Result<()> {
        let expected = expected.then(|| self.table.expect_number());
        *self.expected.lock().map_err(Error::internal)? = expected;
        Ok(())
    }

    /// The next number of a counter.
    pub(crate) async fn next_number(&self, key: Key) -> Result<u64> {
        let expected = self.expected.lock().map_err(Error::internal)?.take();
        self.table.next_number(key, expected).await
    }

    /// Where chance comes from.
    pub fn ids(&self) -> &IdSource {
        &self.ids
    }

    /// A record by its key.
    pub(crate) async fn load<T: Record>(
        &self,
        key: &Key,
        consistent: bool,
    ) -> Result<Option<Stored<T>>> {
        let Some(item) = self.table.get(key, consistent).await? else {
            return Ok(None);
        };
        let stored: Stored<T> = decode(item)?;
        if let Some(noted) = self.noted.get() {
            noted.note(key, stored.version())?;
        }
        Ok(Some(stored))
    }

    /// Writes everything or nothing, whatever the idempotency key. `false` says that a condition did not hold: a record
    /// was changed since it was read, or one is there already.
    pub async fn write(&self, writes: &Writes<'_>) -> Result<bool> {
        Ok(matches!(self.commit(writes).await?, Committed::Done))
    }

    pub(crate) async fn commit(&self, writes: &Writes<'_>) -> Result<Committed> {
        let committed = self.table.commit(writes).await?;
        if let (Committed::Done, Some(required), false) =
            (&committed, self.required.get(), writes.is_empty())
        {
            required.forget()?;
        }
        Ok(committed)
    }
}

/// Somebody else changed the record between our read and our write.
pub fn stale() -> Error {
    Error::conflict(
        "version_conflict",
        "the record was changed by another request; read it again and retry",
    )
}
