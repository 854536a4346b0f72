//! Who asks. A credential is looked up by the SHA-256 of its secret; what was found is remembered for 30 seconds.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::{AUTHORIZATION, ORIGIN};
use http::request::Parts;
use models::event::Actor;
use models::platform::{Credential, CredentialKind};
use models::{Business, Error, Mode, Result, Scope};
use operations::Context;
use sha2::{Digest, Sha256};
use store::{Origin, Versions};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::conditional;
use crate::dialect::savvi::Tree;
use crate::reply::Problem;
use crate::request::RequestInfo;

/// Who presents a credential, and where it is looked up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) app: &'a App,
    /// Where the call comes from.
    pub(crate) source: &'a str,
}

impl Caller<'_> {
    /// The credential behind `Authorization: Bearer …`. Which of unknown, expired and revoked it is, is not told.
    pub(crate) async fn bearer(
        self,
        headers: &HeaderMap,
        kind: CredentialKind,
    ) -> Result<Credential> {
        let secret = bearer_secret(headers).ok_or(Error::Unauthenticated)?;
        self.known(secret, kind).await
    }

    /// The credential behind the `authentication_token` of Savvi, which stands in the query or in the body.
    pub(crate) async fn member_token(self, parameters: &Tree) -> Result<Credential> {
        let secret = match parameters.get("authentication_token") {
            Some(Tree::Text(text)) if plausible(text.trim()) => text.trim(),
            Some(Tree::Text(_) | Tree::Map(_) | Tree::List(_)) | None => {
                return Err(Error::Unauthenticated);
            }
        };
        self.known(secret, CredentialKind::MemberToken).await
    }

    async fn known(self, secret: &str, kind: CredentialKind) -> Result<Credential> {
        let credential = self.find(secret).await?;
        if credential.kind == kind {
            Ok(credential)
        } else {
            Err(Error::Unauthenticated)
        }
    }

    async fn find(self, secret: &str) -> Result<Credential> {
        let app = self.app;
        let hash = hex::encode(Sha256::digest(secret.as_bytes()));
        let credential = if let Some(credential) = app.credentials().get(&hash) {
            credential
        } else {
            let found = self.look_up(&hash).await?;
            app.credentials().put(&hash, &found);
            found
        };
        if credential.is_good(app.clock().now()) {
            Ok(credential)
        } else {
            Err(Error::Unauthenticated)
        }
    }

    /// Looks a credential up, unless too many that were unknown came from the same address. One that was good here within the hour is
    /// looked up all the same: others behind that address do not stop it.
    async fn look_up(self, hash: &str) -> Result<Credential> {
        let (app, limits) = (self.app, self.app.limits());
        if !app.credentials().was_good(hash) {
            limits.check_failures(app.clock().now(), self.source)?;
        }
        let Some(found) = app.table().credential(hash).await? else {
            limits.note_failure(app.now(), self.source).await;
            return Err(Error::Unauthenticated);
        };
        // A client that is gone takes its tokens along.
        if let Some(client_id) = &found.client_id
            && app.table().oauth_lookup(client_id).await?.is_none()
        {
            return Err(Error::Unauthenticated);
        }
        Ok(found)
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
    app: App,
    /// Who asked, for the work that follows.
    pub via: Origin,
    /// Where the versions of what is read are noted.
    noted: Option<Versions>,
    /// The versions that a change must find.
    required: Option<Versions>,
}

impl Operator {
    /// A unit of work on a business itself.
    pub fn context(&self, business: Business) -> Context {
        let scope = Scope {
            business,
            mode: Mode::Live,
        };
        let context = self.app.context(scope, self.via.clone());
        if let Some(versions) = &self.noted {
            context.note_versions(versions.clone());
        }
        if let Some(versions) = &self.required {
            context.require_versions(versions.clone());
        }
        context
    }
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
        let info = parts.extensions.get::<RequestInfo>();
        let source = info.map(|info| info.source.clone()).unwrap_or_default();
        let request = info.map(|info| info.request_id.clone());
        app.limits().check_failures(app.clock().now(), &source)?;
        if !bool::from(hash.as_bytes().ct_eq(known.as_bytes())) {
            app.limits().note_failure(app.now(), &source).await;
            return Err(Error::Unauthenticated.into());
        }
        Ok(Self {
            app: app.clone(),
            via: Origin {
                actor: Actor("operator".to_owned()),
                request,
            },
            noted: parts.extensions.get::<Versions>().cloned(),
            required: conditional::required(parts).await?,
        })
    }
}
