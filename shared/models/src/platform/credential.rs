//! Keys and clients. Only hashes are kept: who reads the table learns no credential.

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::platform::ScopeSet;
use crate::tenant::{Business, Scope};
use crate::time::Timestamp;

choices! {
    /// For which door a credential is.
    pub enum CredentialKind {
        /// `Authorization: Bearer rs_…` of v3 and v2, and v2's `X-API-Key`.
        ApiKey = "api_key",
        /// The `authentication_token` of Savvi.
        MemberToken = "member_token",
        /// A token of Reveknew, which an OAuth client got for an hour.
        AccessToken = "access_token",
    }
}

/// What is found under the hash of a credential: whose it is and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// For which door it is.
    pub kind: CredentialKind,
    /// Whose it is.
    pub scope: Scope,
    /// What it may do.
    pub scopes: ScopeSet,
    /// The record that it belongs to, for logs and events.
    pub key_id: Id<ids::ApiKey>,
    /// The `client_id` that a token was given to: a client that is gone takes its tokens along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// From when on it is good no longer: expiry, revocation, or the end of a rotation's overlap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The origins whose pages may use it; any where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
}

impl Credential {
    /// It is good until `at` at the longest. An end that was set earlier stays.
    pub fn end(&mut self, at: Timestamp) {
        self.expires_at = Some(self.expires_at.map_or(at, |own| own.min(at)));
    }

    /// Whether it is still good at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }
}

/// What a new key is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// What its owner calls it.
    pub name: String,
    /// Which mode it opens.
    pub mode: crate::tenant::Mode,
    /// What it may do.
    pub scopes: ScopeSet,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// The origins whose pages may use it; any where it is empty.
    pub allowed_origins: Vec<String>,
}

/// What is kept of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretDigest {
    /// Its SHA-256, hexadecimal.
    pub hash: String,
    /// Its last four characters.
    pub last4: String,
}

/// Older secrets of one key that are good at the same time, at the most: revoking the key ends all of them in one write.
pub const MAX_OLDER_SECRETS: usize = 10;

/// A key of the API, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: Id<ids::ApiKey>,
    /// What its owner calls it.
    pub name: String,
    /// For which door it is.
    pub kind: CredentialKind,
    /// Which mode it opens.
    pub mode: crate::tenant::Mode,
    /// What it may do.
    pub scopes: ScopeSet,
    /// The last four characters of the newest secret.
    pub last4: String,
    /// The hash under which the newest secret is found.
    pub hash: String,
    /// The hashes of older secrets that may still be good; revoking the key revokes these too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older: Vec<String>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The origins whose pages may use it; any where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When the newest secret was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
}

impl ApiKey {
    /// A key whose first secret left `digest`.
    pub fn new(id: Id<ids::ApiKey>, new: NewApiKey, digest: SecretDigest, now: Timestamp) -> Self {
        Self {
            id,
            name: new.name,
            kind: CredentialKind::ApiKey,
            mode: new.mode,
            scopes: new.scopes,
            last4: digest.last4,
            hash: digest.hash,
            older: Vec::new(),
            expires_at: new.expires_at,
            allowed_origins: new.allowed_origins,
            revoked_at: None,
            rotated_at: None,
            created: now,
        }
    }

    /// What stands under the hash of its newest secret.
    pub fn credential(&self, business: Business) -> Credential {
        Credential {
            kind: self.kind,
            scope: Scope {
                business,
                mode: self.mode,
            },
            scopes: self.scopes,
            key_id: self.id,
            client_id: None,
            expires_at: self.expires_at,
            allowed_origins: self.allowed_origins.clone(),
        }
    }

    /// Gives it a new secret, which left `digest`. `good` are the hashes of older secrets that are still good; others need
    /// not be remembered. Errors where the key is over, and where too many secrets are good at once.
    pub fn rotate(
        &mut self,
        digest: SecretDigest,
        good: Vec<String>,
        now: Timestamp,
    ) -> Result<()> {
        if self.revoked_at.is_some() {
            let detail = "a revoked key cannot be rotated; create another one";
            return Err(Error::conflict("api_key_revoked", detail));
        }
        if self.expires_at.is_some_and(|at| at <= now) {
            let detail = "an expired key cannot be rotated; create another one";
            return Err(Error::conflict("api_key_expired", detail));
        }
        if good.len() >= MAX_OLDER_SECRETS {
            let detail = format!(
                "{MAX_OLDER_SECRETS} older secrets of this key are still good; wait until one expires, or rotate with overlap_hours 0, which ends them"
            );
            return Err(Error::conflict("too_many_secrets", detail));
        }
        self.older = good;
        self.older
            .push(std::mem::replace(&mut self.hash, digest.hash));
        self.last4 = digest.last4;
        self.rotated_at = Some(now);
        Ok(())
    }

    /// Ends it for good. `false` where that has been done before.
    pub fn revoke(&mut self, now: Timestamp) -> bool {
        let first = self.revoked_at.is_none();
        self.revoked_at.get_or_insert(now);
        first
    }
}

/// A client of the OAuth token route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthClient {
    /// Its id.
    pub id: Id<ids::OauthClient>,
    /// What its owner calls it.
    pub name: String,
    /// Which mode its tokens open.
    pub mode: crate::tenant::Mode,
    /// The `client_id` it presents.
    pub client_id: String,
    /// SHA-256 of the `client_secret`, hexadecimal.
    pub secret_hash: String,
    /// The `audience` that its tokens are for.
    pub audience: String,
    /// What its tokens may do.
    pub scopes: ScopeSet,
    /// When it was created.
    pub created: Timestamp,
    /// When it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::Mode;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + hour * 3_600)
    }

    fn digest(hash: &str) -> SecretDigest {
        SecretDigest {
            hash: hash.to_owned(),
            last4: hash.to_owned(),
        }
    }

    fn key(expires_at: Option<Timestamp>) -> ApiKey {
        let new = NewApiKey {
            name: "Server".to_owned(),
            mode: Mode::Test,
            scopes: ScopeSet::ALL,
            expires_at,
            allowed_origins: Vec::new(),
        };
        ApiKey::new(Id::new(1).unwrap(), new, digest("a"), at(0))
    }

    #[test]
    fn an_end_is_only_ever_moved_forward() {
        let mut credential = key(Some(at(5))).credential(Id::new(1).unwrap());
        credential.end(at(9));
        assert_eq!(credential.expires_at, Some(at(5)));
        credential.end(at(3));
        assert_eq!(credential.expires_at, Some(at(3)));
        assert!(credential.is_good(at(2)) && !credential.is_good(at(3)));
    }

    #[test]
    fn a_key_remembers_the_secrets_that_are_still_good() {
        let mut key = key(None);
        key.rotate(digest("b"), Vec::new(), at(1)).unwrap();
        key.rotate(digest("c"), vec!["a".to_owned()], at(2))
            .unwrap();
        assert_eq!(key.older, ["a", "b"]);
        assert_eq!((key.hash.as_str(), key.last4.as_str()), ("c", "c"));
        assert_eq!(key.rotated_at, Some(at(2)));
        let many = vec![String::new(); MAX_OLDER_SECRETS];
        assert!(key.rotate(digest("d"), many, at(3)).is_err());
        assert_eq!(key.hash, "c");
    }

    #[test]
    fn a_key_that_is_over_is_not_rotated() {
        assert!(
            key(Some(at(1)))
                .rotate(digest("b"), Vec::new(), at(1))
                .is_err()
        );
        let mut key = key(None);
        assert!(key.revoke(at(1)));
        assert!(!key.revoke(at(2)));
        assert_eq!(key.revoked_at, Some(at(1)));
        assert!(key.rotate(digest("b"), Vec::new(), at(3)).is_err());
    }
}
