//! Businesses, credentials and test clocks. What is not of one business is found here, and only here, by the whole table.

use models::ids::{self, Id};
use models::page::{Page, PageRequest};
use models::platform::{Account, ApiKey, Credential, OauthClient, StreamMark, TestClock};
use models::{Business, Error, Result, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::due::DueKind;
use crate::item::{Record, Stored, TOMBSTONE_DAYS, decode};
use crate::keys::{self, Key};
use crate::list::{Range, Span};
use crate::session::Session;
use crate::table::Table;

impl Record for Account {
    const TYPE: &'static str = "acct";

    fn key(&self, _scope: &Scope) -> Key {
        keys::account(self.id)
    }
}

impl Record for ApiKey {
    const TYPE: &'static str = "key";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }
}

impl Record for OauthClient {
    const TYPE: &'static str = "oauth";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Record for TestClock {
    const TYPE: &'static str = DueKind::TestClock.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::test_clock(scope.business)
    }
    // A clock that was deleted is not absent to the store: the next one takes its place.
}

impl Record for StreamMark {
    const TYPE: &'static str = "mark";

    fn key(&self, scope: &Scope) -> Key {
        keys::stream_mark(scope.business)
    }
}

/// What stands under the hash of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialLookup {
    /// SHA-256 of the secret, hexadecimal.
    pub hash: String,
    /// Whose it is.
    pub credential: Credential,
}

impl Record for CredentialLookup {
    const TYPE: &'static str = "cred";

    fn key(&self, _scope: &Scope) -> Key {
        keys::credential(&self.hash)
    }

    fn expires(&self) -> Option<Timestamp> {
        self.credential
            .expires_at
            .map(|at| at.plus_days(TOMBSTONE_DAYS))
    }
}

/// What stands under the `client_id` of an OAuth client: where its record is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthLookup {
    /// What the client presents.
    pub client_id: String,
    /// Whose it is.
    pub scope: Scope,
    /// Its record.
    pub id: Id<ids::OauthClient>,
    /// When it was deleted: nobody finds it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

impl Record for OauthLookup {
    const TYPE: &'static str = "client";

    fn key(&self, _scope: &Scope) -> Key {
        keys::oauth_client(&self.client_id)
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Table {
    /// The credential whose secret has this hash, whether it is still good or not. One read.
    pub async fn credential(&self, hash: &str) -> Result<Option<Credential>> {
        let Some(item) = self.get(&keys::credential(hash), false).await? else {
            return Ok(None);
        };
        Ok(Some(
            decode::<CredentialLookup>(item)?.into_inner().credential,
        ))
    }

    /// The client of that `client_id`, unless it was deleted. One consistent read.
    pub async fn oauth_lookup(&self, client_id: &str) -> Result<Option<OauthLookup>> {
        let Some(item) = self.get(&keys::oauth_client(client_id), true).await? else {
            return Ok(None);
        };
        Ok(Some(decode::<OauthLookup>(item)?.into_inner()))
    }

    /// A business as it was a moment ago. One read.
    pub async fn account(&self, id: Business) -> Result<Option<Account>> {
        let Some(item) = self.get(&keys::account(id), false).await? else {
            return Ok(None);
        };
        Ok(Some(decode::<Account>(item)?.into_inner()))
    }
}

impl Session {
    /// The business itself. One read, for what may be a moment old: its name and its calendar.
    pub async fn account(&self) -> Result<Option<Account>> {
        let key = keys::account(self.scope().business);
        Ok(self
            .load::<Account>(&key, false)
            .await?
            .map(Stored::into_inner))
    }

    /// The record of the business, to change it. One consistent read.
    pub async fn account_record(&self) -> Result<Option<Stored<Account>>> {
        self.load(&keys::account(self.scope().business), true).await
    }

    /// Every business of the installation, a page at a time: only the sweep and the operator ask.
    pub async fn accounts(&self, page: &PageRequest) -> Result<Page<Stored<Account>>> {
        let range = Range {
            pk: keys::ACCOUNTS.to_owned(),
            span: Span::All,
            descending: false,
        };
        self.list_range(&range, page, &[]).await
    }

    /// The record of the business's test clock, also of one that was deleted. One consistent read.
    pub async fn clock_record(&self) -> Result<Option<Stored<TestClock>>> {
        self.load(&keys::test_clock(self.scope().business), true)
            .await
    }

    /// How far the stream was read when the test clock asked. One consistent read.
    pub async fn stream_mark(&self) -> Result<Option<Stored<StreamMark>>> {
        self.load(&keys::stream_mark(self.scope().business), true)
            .await
    }

    /// The business's test clock, where it has one. One consistent read.
    pub async fn test_clock(&self) -> Result<Option<Stored<TestClock>>> {
        Ok(self
            .clock_record()
            .await?
            .filter(|clock| clock.deleted.is_none()))
    }

    /// The entry under which a secret is found.
    pub async fn credential_lookup(&self, hash: &str) -> Result<Option<Stored<CredentialLookup>>> {
        let stored: Option<Stored<CredentialLookup>> =
            self.load(&keys::credential(hash), true).await?;
        match stored {
            Some(stored) if stored.credential.scope.business != self.scope().business => {
                Err(Error::internal("a credential of another business"))
            }
            other => Ok(other),
        }
    }

    /// The entry under which an OAuth client is found. One read.
    pub async fn oauth_lookup(&self, client_id: &str) -> Result<Option<Stored<OauthLookup>>> {
        let stored: Option<Stored<OauthLookup>> =
            self.load(&keys::oauth_client(client_id), true).await?;
        match stored {
            Some(stored) if stored.scope != self.scope() => {
                Err(Error::internal("an OAuth client of another business"))
            }
            other => Ok(other),
        }
    }
}
