//! The secrets of a key: what is kept of them, and under what they are found.

use futures::future::try_join_all;
use models::platform::ApiKey;
use models::{Business, Result};
use store::{CredentialLookup, Session, Stored, Writes};

/// Adds a new key together with the entry under which its secret is found.
///
/// The key belongs to the mode that it opens, whatever the mode of the key that makes it.
pub(crate) fn add_key(writes: &mut Writes<'_>, business: Business, key: &ApiKey) -> Result<()> {
    let lookup = lookup(business, key);
    writes.create_in(&lookup.credential.scope, key, None)?;
    writes.create(&lookup, None)?;
    Ok(())
}

/// The entry under which the newest secret of a key is found.
pub(crate) fn lookup(business: Business, key: &ApiKey) -> CredentialLookup {
    CredentialLookup {
        hash: key.hash.clone(),
        credential: key.credential(business),
    }
}

/// The entries of all secrets of a key, without those that expired so long ago that they have been removed. One read each,
/// all at once; a key has at most eleven.
pub(crate) async fn lookups(
    session: &Session,
    key: &ApiKey,
) -> Result<Vec<Stored<CredentialLookup>>> {
    let hashes = std::iter::once(&key.hash).chain(&key.older);
    let found = try_join_all(hashes.map(|hash| session.credential_lookup(hash))).await?;
    Ok(found.into_iter().flatten().collect())
}
