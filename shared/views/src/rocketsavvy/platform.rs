//! Businesses, keys, clients and the test clock as v3 prints them.

use models::{Mode, Moment, Result, View, platform};
use serde::Serialize;
use utoipa::ToSchema;

/// A business.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Account {
    #[schema(example = "acct_rs_123456")]
    id: String,
    #[schema(example = "Acme Corporation")]
    name: String,
    #[schema(example = "owner@example.com")]
    email: String,
    #[schema(example = "CA")]
    country: String,
    #[schema(example = "CAD")]
    currency: &'static str,
    #[schema(example = "America/Toronto")]
    time_zone: String,
    /// The calls that each key may make, reads and writes apart; all keys together five times as many.
    rate_limit: RateLimit,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
}

/// A limit on calls.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct RateLimit {
    /// Calls a second, in the long run.
    #[schema(example = 100)]
    per_second: u32,
    /// Calls at once, after a pause.
    #[schema(example = 1000)]
    burst: u32,
}

impl View for Account {
    type Of = platform::Account;
    type At = ();

    fn of(account: &platform::Account, _at: ()) -> Result<Self> {
        Ok(Self {
            id: account.id.to_string(),
            name: account.name.clone(),
            email: account.email.clone(),
            country: account.country.clone(),
            currency: account.currency.code(),
            time_zone: account.time_zone.clone(),
            rate_limit: RateLimit {
                per_second: account.calls().per_second,
                burst: account.calls().burst,
            },
            created: account.created.to_string(),
        })
    }
}

/// A business that has just been made, with its first keys.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountWithKeys {
    #[serde(flatten)]
    account: Account,
    /// Shown in this answer and never again.
    api_keys: Vec<FirstKey>,
}

impl AccountWithKeys {
    /// The business without them.
    pub const fn account(&self) -> &Account {
        &self.account
    }
}

/// The first key of a business in one mode, with every scope.
#[derive(Clone, Serialize, ToSchema)]
pub struct FirstKey {
    /// `test` or `live`.
    #[schema(example = "test")]
    #[schema(inline)]
    mode: Mode,
    #[schema(example = "rs_test_key_…")]
    key: String,
}

impl std::fmt::Debug for FirstKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstKey")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl AccountWithKeys {
    /// The business and the secrets of its first keys as v3 prints them.
    pub fn of(account: &platform::Account, secrets: Vec<(Mode, String)>) -> Result<Self> {
        let key = |(mode, key): (Mode, String)| FirstKey { mode, key };
        Ok(Self {
            account: Account::of(account, ())?,
            api_keys: secrets.into_iter().map(key).collect(),
        })
    }
}

/// A key of the API.
#[derive(Clone, Serialize, ToSchema)]
pub struct ApiKey {
    #[schema(example = "key_rs_123456")]
    id: String,
    #[schema(example = "Billing server")]
    name: String,
    /// `api_key`, or `member_token` for the `authentication_token` of the members' API.
    #[schema(example = "api_key")]
    #[schema(inline)]
    kind: platform::CredentialKind,
    /// `test` or `live`.
    #[schema(example = "test")]
    #[schema(inline)]
    mode: Mode,
    #[schema(example = json!(["billing:write", "crm:read"]))]
    scopes: Vec<String>,
    /// The secret: shown in the answer that makes it, and `null` ever after.
    #[schema(example = "rs_test_key_…")]
    key: Option<String>,
    /// The last four characters of the secret.
    #[schema(example = "x7Qa")]
    last4: String,
    /// `active`, `expired` or `revoked`.
    #[schema(example = "active")]
    status: &'static str,
    #[schema(example = "2027-06-27T10:30:00Z")]
    expires_at: Option<String>,
    /// Origins of the pages that may use it; any where it is empty.
    #[schema(example = json!(["https://app.example.com"]))]
    allowed_origins: Vec<String>,
    #[schema(example = "2026-06-27T10:30:00Z")]
    revoked_at: Option<String>,
    /// When the secret was made that is the newest one now.
    #[schema(example = "2026-01-27T10:30:00Z")]
    rotated_at: Option<String>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl ApiKey {
    /// The same with its secret: for the one answer that shows it.
    pub fn with_secret(key: &platform::ApiKey, at: Moment, secret: String) -> Result<Self> {
        Ok(Self {
            key: Some(secret),
            ..Self::of(key, at)?
        })
    }
}

impl View for ApiKey {
    type Of = platform::ApiKey;
    type At = Moment;

    fn of(key: &platform::ApiKey, Moment { now, .. }: Moment) -> Result<Self> {
        let status = if key.revoked_at.is_some() {
            "revoked"
        } else if key.expires_at.is_some_and(|at| at <= now) {
            "expired"
        } else {
            "active"
        };
        Ok(Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            kind: key.kind,
            mode: key.mode,
            scopes: key.scopes.names(),
            key: None,
            last4: key.last4.clone(),
            status,
            expires_at: key.expires_at.map(|at| at.to_string()),
            allowed_origins: key.allowed_origins.clone(),
            revoked_at: key.revoked_at.map(|at| at.to_string()),
            rotated_at: key.rotated_at.map(|at| at.to_string()),
            created: key.created.to_string(),
        })
    }
}

impl models::ShownOnce for ApiKey {
    fn without_secret(&self) -> Self {
        Self {
            key: None,
            ..self.clone()
        }
    }
}

/// A client of the OAuth token route.
#[derive(Clone, Serialize, ToSchema)]
pub struct OauthClient {
    #[schema(example = "client_rs_123456")]
    id: String,
    #[schema(example = "Reveknew integration")]
    name: String,
    /// `test` or `live`.
    #[schema(example = "test")]
    #[schema(inline)]
    mode: Mode,
    #[schema(example = "b7c1e4f0a9d84c6f8e21d35a7f904b6c")]
    client_id: String,
    /// Shown in the answer that creates the client, and `null` ever after.
    #[schema(example = "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0")]
    client_secret: Option<String>,
    #[schema(example = "https://services.reveknew.net")]
    audience: String,
    #[schema(example = json!(["billing:write", "crm:write"]))]
    scopes: Vec<String>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
}

impl std::fmt::Debug for OauthClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OauthClient")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl OauthClient {
    /// The same with its secret: for the one answer that shows it.
    pub fn with_secret(client: &platform::OauthClient, secret: String) -> Result<Self> {
        Ok(Self {
            client_secret: Some(secret),
            ..Self::of(client, ())?
        })
    }
}

impl View for OauthClient {
    type Of = platform::OauthClient;
    type At = ();

    fn of(client: &platform::OauthClient, _at: ()) -> Result<Self> {
        Ok(Self {
            id: client.id.to_string(),
            name: client.name.clone(),
            mode: client.mode,
            client_id: client.client_id.clone(),
            client_secret: None,
            audience: client.audience.clone(),
            scopes: client.scopes.names(),
            created: client.created.to_string(),
        })
    }
}

impl models::ShownOnce for OauthClient {
    fn without_secret(&self) -> Self {
        Self {
            client_secret: None,
            ..self.clone()
        }
    }
}

/// The clock of a business in test mode.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TestClock {
    /// What the business takes for now; real time where it has no test clock.
    #[schema(example = "2027-01-31T00:00:00Z")]
    frozen_time: String,
    /// `ready`, `advancing` or `internal_failure`.
    #[schema(example = "ready")]
    #[schema(inline)]
    status: platform::ClockStatus,
    /// Where it is going.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2027-02-28T00:00:00Z")]
    target: Option<String>,
    /// Whether the time stands still. It does from the first advance until the clock is deleted.
    #[schema(example = true)]
    frozen: bool,
}

impl TestClock {
    /// Real time: the business has no test clock.
    pub fn real(now: models::Timestamp) -> Self {
        Self {
            frozen_time: now.to_string(),
            status: platform::ClockStatus::Ready,
            target: None,
            frozen: false,
        }
    }
}

impl View for TestClock {
    type Of = platform::TestClock;
    type At = ();

    fn of(clock: &platform::TestClock, _at: ()) -> Result<Self> {
        Ok(Self {
            frozen_time: clock.frozen_time.to_string(),
            status: clock.status,
            target: clock.target.map(|at| at.to_string()),
            frozen: true,
        })
    }
}
