//! Names that only one record of a business can have: a guard in the same transaction as the record.

use models::{Error, Result, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Record, TOMBSTONE_DAYS};
use crate::keys::{self, Key};
use crate::session::Session;
use crate::write::Writes;

/// Who has a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniqueName {
    /// Of which kind the name is, e.g. `customer_num`.
    pub what: String,
    /// The name, folded.
    pub name: String,
    /// The id of the record that has it; what was given up is nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Timestamp>,
}

impl Record for UniqueName {
    const TYPE: &'static str = "uniq";

    fn key(&self, scope: &Scope) -> Key {
        keys::unique(scope, &self.what, &self.name)
    }

    fn expires(&self) -> Option<Timestamp> {
        self.released.map(|at| at.plus_days(TOMBSTONE_DAYS))
    }
}

impl Session {
    /// Adds to `writes` that `owner` has the name from now on: 1 read, and 1 item where it is new. An error where another
    /// record has it.
    pub async fn claim_name(
        &self,
        writes: &mut Writes<'_>,
        (what, name): (&'static str, &str),
        owner: &str,
    ) -> Result<()> {
        let folded = fold(name);
        let mine = UniqueName {
            what: what.to_owned(),
            name: folded.clone(),
            owner: Some(owner.to_owned()),
            released: None,
        };
        let key = keys::unique(&self.scope(), what, &folded);
        let Some(stored) = self.load::<UniqueName>(&key, true).await? else {
            writes.create(&mine, None)?;
            return Ok(());
        };
        match stored.owner.as_deref() {
            Some(other) if other == owner => Ok(()),
            Some(_) => Err(Error::AlreadyExists {
                what,
                id: name.to_owned(),
            }),
            None => writes.update(&stored, &mine, None),
        }
    }

    /// Who has a name. One consistent read.
    pub async fn owner_of(&self, (what, name): (&'static str, &str)) -> Result<Option<String>> {
        let key = keys::unique(&self.scope(), what, &fold(name));
        let stored = self.load::<UniqueName>(&key, true).await?;
        Ok(stored.and_then(|stored| stored.owner.clone()))
    }

    /// Adds to `writes` that the name of `owner` is another one from now on: 2 reads and 2 items where it is. An error where
    /// another record has the new one.
    pub async fn rename(
        &self,
        writes: &mut Writes<'_>,
        what: &'static str,
        (from, to): (Option<&str>, Option<&str>),
        owner: &str,
    ) -> Result<()> {
        if from.map(fold) == to.map(fold) {
            return Ok(());
        }
        if let Some(to) = to {
            self.claim_name(writes, (what, to), owner).await?;
        }
        if let Some(from) = from {
            self.release_name(writes, (what, from), owner).await?;
        }
        Ok(())
    }

    /// Adds to `writes` that `owner` gives the name up, where it has it: 1 read and 1 item.
    pub async fn release_name(
        &self,
        writes: &mut Writes<'_>,
        (what, name): (&'static str, &str),
        owner: &str,
    ) -> Result<()> {
        let key = keys::unique(&self.scope(), what, &fold(name));
        let Some(stored) = self.load::<UniqueName>(&key, true).await? else {
            return Ok(());
        };
        if stored.owner.as_deref() != Some(owner) {
            return Ok(());
        }
        let free = UniqueName {
            owner: None,
            released: Some(self.wall().whole_second()),
            ..(*stored).clone()
        };
        writes.update(&stored, &free, None)
    }
}

/// Case and white space around it do not make another name.
fn fold(name: &str) -> String {
    models::text::folded(name.trim())
}
