//! `POST /oauth/token`

use api::dialect::reveknew::{ErrorBody, OauthError};
use api::{App, Door, Form, secrets};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use models::Id;
use models::platform::{Credential, CredentialKind, OauthClient, ScopeSet};
use operations::Context;
use serde::Serialize;
use store::{CredentialLookup, keys};
use utoipa::ToSchema;

use crate::client::{Parameters, Refusal, authenticate, no_store};

/// How long a token is good.
const LIFE_SECONDS: i64 = 3600;

/// What a client sends for a token.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the form; it is read by its names")]
pub(crate) struct TokenRequest {
    /// `client_credentials`.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// In the form, or by HTTP Basic with the secret.
    #[schema(example = "YOUR_CLIENT_ID")]
    client_id: Option<String>,
    #[schema(example = "YOUR_CLIENT_SECRET")]
    client_secret: Option<String>,
    /// What the token is for: the client's audience.
    #[schema(example = "https://services.reveknew.net")]
    audience: String,
    /// Fewer scopes than the client has, with spaces between them; all of them if it is absent.
    #[schema(example = "billing:write crm:write")]
    scope: Option<String>,
}

/// A token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    #[schema(example = "abd90df5f27a7b170cd775abf89d632b350b7c1c9d53e08b340cd9832ce52c2c")]
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds.
    #[schema(example = 3600)]
    expires_in: i64,
    #[schema(example = "billing:write crm:write")]
    scope: String,
}

/// Get a token
///
/// Exchanges a client's id and secret for an access token (OAuth 2.0 client credentials). A token is valid for an hour,
/// or until its client is deleted; there are no refresh tokens, so ask for another one.
#[utoipa::path(
    post,
    path = "/oauth/token",
    tag = "oauth",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token.", body = Token),
        (status = 400, description = "`invalid_request`, `invalid_scope` or `unsupported_grant_type`.", body = OauthError),
        (status = 401, description = "`invalid_client`.", body = OauthError),
        (status = 413, description = "The form is larger than 256 KiB.", body = ErrorBody),
        (status = 415, description = "The form has a Content-Encoding.", body = OauthError),
        (status = 429, description = "`temporarily_unavailable`: too many requests, or too many with a wrong secret.", body = OauthError,
            headers(("Retry-After" = i64, description = "Seconds to wait."))),
        (status = 503, description = "Something we depend on did not answer; try again.", body = OauthError)
    )
)]
pub(crate) async fn create_token(
    State(app): State<App>,
    door: Door,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let form = Parameters::read(form)?;
    let (context, client) = authenticate(&app, &door, &headers, &form).await?;
    match form.get("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            let detail = "the only grant is client_credentials";
            return Err(Refusal::new("unsupported_grant_type", detail));
        }
        None => return Err(Refusal::new("invalid_request", "grant_type is required")),
    }
    match form.get("audience") {
        None => return Err(Refusal::new("invalid_request", "audience is required")),
        Some(audience) if audience != client.audience => {
            let detail = "the audience is not that of the client";
            return Err(Refusal::new("invalid_request", detail));
        }
        Some(_) => {}
    }
    let scopes = scopes(&form, &client)?;
    door.token(&client.client_id).await?;
    let token = issue(&context, &client, scopes).await?;
    let body = Token {
        access_token: token,
        token_type: "Bearer",
        expires_in: LIFE_SECONDS,
        scope: scopes.names().join(" "),
    };
    Ok(no_store(Json(body).into_response()))
}

/// What the token may do: what is asked for, where the client may do that.
fn scopes(form: &Parameters, client: &OauthClient) -> Result<ScopeSet, Refusal> {
    let Some(text) = form.get("scope") else {
        return Ok(client.scopes);
    };
    let asked = text
        .split_whitespace()
        .try_fold(ScopeSet::default(), ScopeSet::with)
        .filter(|asked| client.scopes.covers(*asked));
    asked.ok_or_else(|| {
        let detail = "the scope is unknown, or more than the client has";
        Refusal::new("invalid_scope", detail)
    })
}

async fn issue(
    context: &Context,
    client: &OauthClient,
    scopes: ScopeSet,
) -> models::Result<String> {
    let token = secrets::opaque(context.ids())?;
    let lookup = CredentialLookup {
        hash: keys::sha256(&token),
        credential: Credential {
            kind: CredentialKind::AccessToken,
            scope: context.scope(),
            scopes,
            key_id: Id::new(client.id.number())?,
            client_id: Some(client.client_id.clone()),
            expires_at: Some(context.wall().plus_seconds(LIFE_SECONDS)),
            allowed_origins: Vec::new(),
        },
    };
    let mut writes = context.writes().await?;
    writes.create(&lookup, None)?;
    if context.write(&writes).await? {
        return Ok(token);
    }
    Err(models::Error::internal("256 random bits were not new"))
}
