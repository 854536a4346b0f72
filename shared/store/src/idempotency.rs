//! Idempotency keys: the first run's answer is kept for 24 hours and given again.
//!
//! An answer that one commit produces is written in that very commit. An operation that needs more (a gateway lies between
//! its first and its last write) writes the key *begun* with its first effect and *done* with its answer; if it dies in
//! between, the lock runs out and the next call with the key finds what was begun and goes on from there.
//!
//! Nothing is kept of a call that was refused before it wrote anything: it may be corrected and sent again.

use aws_sdk_dynamodb::types::AttributeValue;
use models::{Error, Result};

use crate::item::{Item, attr, number, text};
use crate::keys;
use crate::revision::Revision;
use crate::session::{Session, stale};
use crate::table::Committed;
use crate::write::{Condition, Writes};

/// How long an answer is kept.
const KEEP_SECONDS: i64 = 86_400;
/// How long a run may take before another one may go on in its place: more than the time-out of a function.
const LOCK_SECONDS: i64 = 32;

/// A caller's key with what makes a second call the same call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// As the caller sent it.
    pub key: String,
    /// Method and path.
    pub route: String,
    /// SHA-256 of the canonical body.
    pub body_hash: String,
}

/// What a call was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte.
    pub body: String,
    /// The `Location` header.
    pub location: Option<String>,
    /// Whether it was kept from an earlier call.
    pub replayed: bool,
}

impl StoredResponse {
    /// The first answer of a call.
    pub const fn new(status: u16, body: String) -> Self {
        Self {
            status,
            body,
            location: None,
            replayed: false,
        }
    }

    /// The same with where the new record is.
    #[must_use]
    pub fn at(self, location: String) -> Self {
        Self {
            location: Some(location),
            ..self
        }
    }
}

/// Where this session stands with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    key: IdempotencyKey,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nobody has used the key, or its answer has expired.
    Fresh,
    /// Our record of the key is at this revision; `reference` names what was begun.
    Begun {
        revision: Revision,
        reference: String,
    },
}

enum Found {
    Nothing,
    Response(StoredResponse),
    Begun {
        revision: Revision,
        reference: String,
    },
}

impl Session {
    /// Takes up the caller's key. `Some` is the kept answer; otherwise the operation is to run.
    ///
    /// Errors where the key was used for something else or another call with it is under way.
    pub async fn claim(&self, key: IdempotencyKey) -> Result<Option<StoredResponse>> {
        let state = match self.find_key(&key).await? {
            Found::Response(answer) => return Ok(Some(answer)),
            Found::Nothing => State::Fresh,
            Found::Begun {
                revision,
                reference,
            } => State::Begun {
                revision,
                reference,
            },
        };
        *self.idempotency.lock().map_err(Error::internal)? = Some(Idempotency { key, state });
        Ok(None)
    }

    /// Whether the caller sent a key with the request.
    pub fn has_key(&self) -> bool {
        self.idempotency_key().is_some()
    }

    /// The caller's key.
    pub fn idempotency_key(&self) -> Option<String> {
        self.idempotency
            .lock()
            .ok()
            .and_then(|held| held.as_ref().map(|held| held.key.key.clone()))
    }

    /// What an earlier call with this key began and did not finish.
    pub fn resumed(&self) -> Option<String> {
        let held = self.idempotency.lock().ok()?;
        match held.as_ref().map(|held| &held.state) {
            Some(State::Begun { reference, .. }) => Some(reference.clone()),
            Some(State::Fresh) | None => None,
        }
    }

    /// Writes the first effect of an operation that takes several commits, and that the key has begun it.
    ///
    /// `false` says that a condition of `writes` did not hold. `reference` is what [`Session::resumed`] gives back.
    pub async fn begin(&self, writes: &Writes<'_>, reference: &str) -> Result<bool> {
        let Some(held) = self.held()? else {
            return self.write(writes).await;
        };
        let mut all = writes.clone();
        let revision = self.push_key(&mut all, &held, &Kept::Begun(reference))?;
        match self.commit(&all).await? {
            Committed::Done => {
                let state = State::Begun {
                    revision,
                    reference: reference.to_owned(),
                };
                *self.idempotency.lock().map_err(Error::internal)? = Some(Idempotency {
                    key: held.key,
                    state,
                });
                Ok(true)
            }
            Committed::Refused(index) if index < writes.actions.len() => Ok(false),
            Committed::Refused(_) => Err(in_use()),
        }
    }

    /// Writes the last effects of an operation together with its answer.
    ///
    /// `None` says that a condition of `writes` did not hold. The answer is the kept one where an equal call was faster.
    pub async fn answer(
        &self,
        writes: &Writes<'_>,
        answer: StoredResponse,
    ) -> Result<Option<StoredResponse>> {
        let Some(held) = self.held()? else {
            return Ok(self.write(writes).await?.then_some(answer));
        };
        let mut all = writes.clone();
        self.push_key(&mut all, &held, &Kept::Done(&answer))?;
        match self.commit(&all).await? {
            Committed::Done => Ok(Some(answer)),
            Committed::Refused(index) if index < writes.actions.len() => {
                // Another call with this key may have made the very record that stands in our way.
                match self.find_key(&held.key).await? {
                    Found::Response(answer) => Ok(Some(answer)),
                    Found::Nothing | Found::Begun { .. } => Ok(None),
                }
            }
            Committed::Refused(_) => match self.find_key(&held.key).await? {
                Found::Response(answer) => Ok(Some(answer)),
                Found::Nothing | Found::Begun { .. } => Err(in_use()),
            },
        }
    }

    /// As [`Session::answer`], with a 409 where somebody else changed the record meanwhile.
    pub async fn answer_or_conflict(
        &self,
        writes: &Writes<'_>,
        answer: StoredResponse,
    ) -> Result<StoredResponse> {
        self.answer(writes, answer).await?.ok_or_else(stale)
    }

    fn held(&self) -> Result<Option<Idempotency>> {
        Ok(self.idempotency.lock().map_err(Error::internal)?.clone())
    }

    async fn find_key(&self, key: &IdempotencyKey) -> Result<Found> {
        let Some(item) = self
            .table()
            .get(&keys::idempotency(&self.scope(), &key.key), true)
            .await?
        else {
            return Ok(Found::Nothing);
        };
        let now = self.wall().seconds();
        // Removal by TTL comes days late; whether a key is still held is decided here.
        if seconds(&item, "until") < now {
            return Ok(Found::Nothing);
        }
        if text(&item, "route") != Some(&key.route)
            || text(&item, "body_hash") != Some(&key.body_hash)
        {
            return Err(Error::Idempotency {
                code: "idempotency_key_reused",
                detail: "this Idempotency-Key was used with another request; use a new key",
            });
        }
        if let (Some(status), Some(body)) = (number(&item, "status"), text(&item, "body")) {
            return Ok(Found::Response(StoredResponse {
                status: u16::try_from(status).map_err(Error::internal)?,
                body: body.to_owned(),
                location: text(&item, "location").map(str::to_owned),
                replayed: true,
            }));
        }
        if seconds(&item, "locked_until") > now {
            return Err(in_use());
        }
        Ok(Found::Begun {
            revision: Revision::of(&item).unwrap_or(Revision::absent()),
            reference: text(&item, "reference").unwrap_or_default().to_owned(),
        })
    }

    /// Adds what is kept of a key to `writes`.
    fn push_key(
        &self,
        writes: &mut Writes<'_>,
        held: &Idempotency,
        kept: &Kept<'_>,
    ) -> Result<Revision> {
        let now = self.wall().seconds();
        let until = now.saturating_add(KEEP_SECONDS);
        let key = keys::idempotency(&self.scope(), &held.key.key);
        let string = |value: &str| AttributeValue::S(value.to_owned());
        let integer = |value: i64| AttributeValue::N(value.to_string());
        let mut item: Item = [
            (attr::PK, string(&key.pk)),
            (attr::SK, string(&key.sk)),
            (attr::TYPE, string("idem")),
            (attr::TTL, integer(until)),
            ("until", integer(until)),
            ("route", string(&held.key.route)),
            ("body_hash", string(&held.key.body_hash)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        match kept {
            Kept::Begun(reference) => {
                item.insert("reference".into(), string(reference));
                item.insert(
                    "locked_until".into(),
                    integer(now.saturating_add(LOCK_SECONDS)),
                );
            }
            Kept::Done(answer) => {
                item.insert("status".into(), integer(i64::from(answer.status)));
                item.insert("body".into(), string(&answer.body));
                if let Some(location) = &answer.location {
                    item.insert("location".into(), string(location));
                }
            }
        }
        let condition = match &held.state {
            State::Fresh => Condition::AbsentOrExpired(now),
            State::Begun { revision, .. } => Condition::Unchanged(revision.clone()),
        };
        writes.put(key, item, condition)
    }
}

enum Kept<'a> {
    Begun(&'a str),
    Done(&'a StoredResponse),
}

fn seconds(item: &Item, name: &str) -> i64 {
    number(item, name)
        .and_then(|value| i64::try_from(value).ok())
        .unwrap_or_default()
}

fn in_use() -> Error {
    Error::Idempotency {
        code: "idempotency_key_in_use",
        detail: "another request with this Idempotency-Key is under way; retry in a moment",
    }
}
