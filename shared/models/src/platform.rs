//! Businesses, their credentials and their test clock.

mod account;
mod credential;
mod scopes;
mod test_clock;

pub use account::Account;
pub use credential::{ApiKey, Credential, CredentialKind, OauthClient};
pub use scopes::{Access, Group, ScopeSet};
pub use test_clock::{ClockStatus, TestClock};
