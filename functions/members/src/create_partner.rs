//! `POST /v3/partners`

use api::input::Input;
use api::{Created, Cx, Json, MembersWrite, Problem, operation, secrets};
use models::ids::{self, Id};
use models::platform::{ApiKey, CredentialKind, NewApiKey, ScopeSet};
use models::{Error, Result};
use store::CredentialLookup;
use views::rocketsavvy::Partner;

/// A new partner.
#[derive(Debug, Input)]
pub(crate) struct NewPartner {
    /// What members read: `User … created by <name>`.
    #[input(chars = 1..=100, example = "Acme Wholesale")]
    name: String,
}

/// Create a partner
///
/// Creates a partner, who enrolls members with the `authentication_token` of this answer. The token is shown in this
/// answer only, opens nothing but the members' API, and has the mode of the calling key; it ends when that key expires.
#[operation(post, "/v3/partners", tag = "members")]
pub(crate) async fn create_partner(
    cx: Cx<MembersWrite>,
    Json(input): Json<NewPartner>,
) -> Result<Created<Partner>, Problem> {
    let token = secrets::opaque(cx.ids())?;
    let now = cx.wall().whole_second();
    let expires_at = cx.expires_at();
    let scopes = member_scopes()?;
    cx.insert_secret(|id: Id<ids::Partner>, writes| {
        let new = NewApiKey {
            name: input.name.clone(),
            mode: cx.mode(),
            scopes,
            expires_at,
            allowed_origins: Vec::new(),
        };
        let mut key = ApiKey::new(Id::new(id.number())?, new, secrets::digest(&token), now);
        key.kind = CredentialKind::MemberToken;
        let lookup = CredentialLookup {
            hash: key.hash.clone(),
            credential: key.credential(cx.scope().business),
        };
        writes.create(&key, None)?;
        writes.create(&lookup, None)?;
        Partner::of(&key, Some(token.clone()))
    })
    .await
}

/// A token opens Savvi and nothing else, whatever the key may do that made it.
fn member_scopes() -> Result<ScopeSet> {
    ScopeSet::default()
        .with("members:write")
        .ok_or_else(|| Error::internal("members:write is no scope"))
}
