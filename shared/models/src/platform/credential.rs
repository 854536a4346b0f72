//! Keys and clients. Only hashes are kept: who reads the table learns no credential.

use serde::{Deserialize, Serialize};

use crate::ids::{self, Id};
use crate::platform::ScopeSet;
use crate::tenant::Scope;
use crate::time::Timestamp;

/// For which door a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// `Authorization: Bearer rs_…` of v3 and v2, and v2's `X-API-Key`.
    ApiKey,
    /// The `authentication_token` of Savvi.
    MemberToken,
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
    /// From when on it is good no longer: expiry, revocation, or the end of a rotation's overlap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

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
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When the newest secret was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
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
