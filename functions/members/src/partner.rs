//! The partner in a path: the key behind a token.

use api::Cx;
use models::ids::{self, Id};
use models::platform::{ApiKey, CredentialKind};
use models::{OrNotFound, Result};
use store::Stored;

/// The key of a partner. What is another kind of key is no partner. 1 read.
pub(crate) async fn partner<S>(cx: &Cx<S>, id: Id<ids::Partner>) -> Result<Stored<ApiKey>> {
    let key: Id<ids::ApiKey> = Id::new(id.number())?;
    let key = cx.find_now(key).await?;
    key.filter(|key| key.kind == CredentialKind::MemberToken)
        .or_not_found(id)
}
