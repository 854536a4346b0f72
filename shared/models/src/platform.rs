//! Businesses, their credentials and their test clock.

mod account;
mod credential;
mod rate_limit;
mod scopes;
mod test_clock;

pub use account::Account;
pub use credential::{
    ApiKey, Credential, CredentialKind, MAX_OLDER_SECRETS, NewApiKey, OauthClient, SecretDigest,
};
pub use rate_limit::{Bucket, RateLimit};
pub use scopes::{Access, Group, ScopeSet};
pub use test_clock::{ClockStatus, StreamMark, TestClock};
