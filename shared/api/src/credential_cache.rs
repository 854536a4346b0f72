//! Credentials that were seen lately, so that a warm function does not read them again.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use models::platform::Credential;

/// A revoked credential is refused everywhere after this time at the latest.
const REMEMBER: Duration = Duration::from_secs(30);
/// So long it is known that a credential was good, whatever it is now.
const GOOD: Duration = Duration::from_hours(1);
/// Credentials remembered at once; one process rarely sees so many in half a minute.
const REMEMBERED: usize = 4096;

/// Credentials seen lately, by hash.
#[derive(Debug, Default)]
pub(crate) struct CredentialCache(Mutex<HashMap<String, (Credential, Instant)>>);

impl CredentialCache {
    pub(crate) fn get(&self, hash: &str) -> Option<Credential> {
        let seen = self.0.lock().ok()?;
        seen.get(hash)
            .filter(|(_, at)| at.elapsed() < REMEMBER)
            .map(|(credential, _)| credential.clone())
    }

    /// Whether the credential was good here within the hour.
    pub(crate) fn was_good(&self, hash: &str) -> bool {
        self.0.lock().is_ok_and(|seen| {
            let seen = seen.get(hash);
            seen.is_some_and(|(_, at)| at.elapsed() < GOOD)
        })
    }

    pub(crate) fn put(&self, hash: &str, credential: &Credential) {
        if let Ok(mut seen) = self.0.lock() {
            if seen.len() >= REMEMBERED {
                seen.retain(|_, (_, at)| at.elapsed() < REMEMBER);
            }
            if seen.len() < REMEMBERED {
                seen.insert(hash.to_owned(), (credential.clone(), Instant::now()));
            }
        }
    }

    pub(crate) fn forget(&self, hash: &str) {
        if let Ok(mut seen) = self.0.lock() {
            seen.remove(hash);
        }
    }
}
