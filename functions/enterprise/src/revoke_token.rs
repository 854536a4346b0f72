//! `POST /oauth/revoke`

use api::dialect::reveknew::{ErrorBody, OauthError};
use api::{App, Door, Form};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use store::keys;
use utoipa::ToSchema;

use crate::client::{Parameters, Refusal, authenticate, no_store};

/// The token that is to end.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the form; it is read by its names")]
pub(crate) struct Revocation {
    #[schema(example = "abd90df5f27a7b170cd775abf89d632b350b7c1c9d53e08b340cd9832ce52c2c")]
    token: String,
    /// In the form, or by HTTP Basic with the secret.
    #[schema(example = "YOUR_CLIENT_ID")]
    client_id: Option<String>,
    #[schema(example = "YOUR_CLIENT_SECRET")]
    client_secret: Option<String>,
}

/// Revoke a token
///
/// Revokes an access token of the client (RFC 7009). The answer is 200 whether the token was valid or not. It may be
/// accepted for up to 30 seconds more.
#[utoipa::path(
    post,
    path = "/oauth/revoke",
    tag = "oauth",
    request_body(content = Revocation, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token is good no longer."),
        (status = 400, description = "`invalid_request`.", body = OauthError),
        (status = 401, description = "`invalid_client`.", body = OauthError),
        (status = 413, description = "The form is larger than 256 KiB.", body = ErrorBody),
        (status = 415, description = "The form has a Content-Encoding.", body = OauthError),
        (status = 429, description = "`temporarily_unavailable`: too many requests, or too many with a wrong secret.", body = OauthError,
            headers(("Retry-After" = i64, description = "Seconds to wait."))),
        (status = 503, description = "Something we depend on did not answer; try again.", body = OauthError)
    )
)]
pub(crate) async fn revoke_token(
    State(app): State<App>,
    door: Door,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let form = Parameters::read(form)?;
    let (context, client) = authenticate(&app, &door, &headers, &form).await?;
    let token = form
        .get("token")
        .ok_or_else(|| Refusal::new("invalid_request", "token is required"))?;
    let hash = keys::sha256(token);
    // A token of another client stays as it is, and its owner's business is not told.
    let found = app.table().credential(&hash).await?;
    let own = found.is_some_and(|credential| {
        credential.client_id.as_deref() == Some(client.client_id.as_str())
            && credential.scope == context.scope()
    });
    if own && let Some(stored) = context.credential_lookup(&hash).await? {
        let mut lookup = (*stored).clone();
        lookup.credential.end(context.wall());
        let mut writes = context.writes().await?;
        writes.update(&stored, &lookup, None)?;
        context.write(&writes).await?;
    }
    app.forget_credential(&hash);
    Ok(no_store(StatusCode::OK.into_response()))
}
