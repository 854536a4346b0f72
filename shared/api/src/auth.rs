//! Who asks. A credential is looked up by the SHA-256 of its secret; what was found is remembered for 30 seconds.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::{AUTHORIZATION, ORIGIN};
use http::request::Parts;
use models::event::Actor;
use models::platform::{Credential, CredentialKind};
use models::{Error, Result};
use sha2::{Digest, Sha256};
use store::Origin;
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::dialect::savvi::Tree;
use crate::reply::Problem;
use crate::request::RequestInfo;

/// The credential behind `Authorization: Bearer …`. Which of unknown, expired and revoked it is, is not told.
pub(crate) async fn bearer(
    app: &App,
    headers: &HeaderMap,
    kind: CredentialKind,
) -> Result<Credential> {
    let secret = bearer_secret(headers).ok_or(Error::Unauthenticated)?;
    known(app, secret, kind).await
}

/// The credential behind the `authentication_token` of Savvi, which stands in the query or in the body.
pub(crate) async fn member_token(app: &App, parameters: &Tree) -> Result<Credential> {
    let secret = match parameters.get("authentication_token") {
        Some(Tree::Text(text)) if plausible(text.trim()) => text.trim(),
        Some(Tree::Text(_) | Tree::Map(_) | Tree::List(_)) | None => {
            return Err(Error::Unauthenticated);
        }
    };
    known(app, secret, CredentialKind::MemberToken).await
}

async fn known(app: &App, secret: &str, kind: CredentialKind) -> Result<Credential> {
    let credential = find(app, secret).await?;
    if credential.kind == kind {
        Ok(credential)
    } else {
        Err(Error::Unauthenticated)
    }
}

async fn find(app: &App, secret: &str) -> Result<Credential> {
    let hash = hex::encode(Sha256::digest(secret.as_bytes()));
    let credential = if let Some(credential) = app.credentials().get(&hash) {
        credential
    } else {
        let found = app
            .table()
            .credential(&hash)
            .await?
            .ok_or(Error::Unauthenticated)?;
        // A client that is gone takes its tokens along.
        if let Some(client_id) = &found.client_id
            && app.table().oauth_lookup(client_id).await?.is_none()
        {
            return Err(Error::Unauthenticated);
        }
        app.credentials().put(&hash, &found);
        found
    };
    let now = app.clock().now();
    match credential.expires_at {
        Some(at) if at <= now => Err(Error::Unauthenticated),
        Some(_) | None => Ok(credential),
    }
}

/// Errors where the page that calls is of an origin that the key does not allow. What is no browser sends no `Origin`.
pub(crate) fn check_origin(credential: &Credential, headers: &HeaderMap) -> Result<()> {
    let allowed = &credential.allowed_origins;
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    if allowed.is_empty()
        || allowed
            .iter()
            .any(|one| one.as_bytes() == origin.as_bytes())
    {
        return Ok(());
    }
    Err(Error::Forbidden {
        code: "origin_not_allowed",
        detail: "this key must not be used from this origin: allowed_origins of the key names those that may".to_owned(),
    })
}

/// The secret in the header; keys are short and of visible characters, so anything else is not worth a read.
fn bearer_secret(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    let secret = secret.trim();
    (scheme.eq_ignore_ascii_case("bearer") && plausible(secret)).then_some(secret)
}

fn plausible(secret: &str) -> bool {
    (8..=256).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic())
}

/// The operator of the installation, who alone creates businesses. Extracting it checks the operator key.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Who asked, for the work that follows.
    pub via: Origin,
}

impl FromRequestParts<App> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> std::result::Result<Self, Problem> {
        let secret = bearer_secret(&parts.headers).ok_or(Error::Unauthenticated)?;
        let hash = hex::encode(Sha256::digest(secret.as_bytes()));
        let known = app.operator_key_sha256().ok_or(Error::Unauthenticated)?;
        if bool::from(hash.as_bytes().ct_eq(known.as_bytes())) {
            let info = parts.extensions.get::<RequestInfo>();
            Ok(Self {
                via: Origin {
                    actor: Actor("operator".to_owned()),
                    request: info.map(|info| info.request_id.clone()),
                },
            })
        } else {
            Err(Error::Unauthenticated.into())
        }
    }
}
