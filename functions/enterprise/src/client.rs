//! The client of the token routes: who it is, by its form or by HTTP Basic (RFC 6749, section 2.3.1), and the form itself.

use api::dialect::reveknew::OauthError;
use api::{App, Door};
use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, PRAGMA, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use models::event::Actor;
use models::platform::OauthClient;
use models::{Error, Result};
use operations::Context;
use percent_encoding::percent_decode_str;
use store::{Origin, Stored, keys};
use subtle::ConstantTimeEq;

/// Longer ones nobody was ever given.
const MAX_CHARS: usize = 256;

/// Why there is no token.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The client's mistake.
    Oauth {
        /// The code of RFC 6749.
        error: &'static str,
        /// A sentence for a person.
        detail: &'static str,
    },
    /// Ours.
    Fault(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

impl Refusal {
    pub(crate) const fn new(error: &'static str, detail: &'static str) -> Self {
        Self::Oauth { error, detail }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Fault(error) => api::Problem(error).into_response(),
            Self::Oauth { error, detail } => {
                let status = match error {
                    "invalid_client" => StatusCode::UNAUTHORIZED,
                    _ => StatusCode::BAD_REQUEST,
                };
                let body = OauthError {
                    error,
                    error_description: detail.to_owned(),
                };
                let mut response = no_store((status, Json(body)).into_response());
                if status == StatusCode::UNAUTHORIZED {
                    let challenge = HeaderValue::from_static("Basic realm=\"oauth\"");
                    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                }
                response
            }
        }
    }
}

/// What RFC 6749, section 5.1, demands of every answer with a token.
pub(crate) fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// The parameters of a form. None may be there twice (RFC 6749, section 3.2); one without a value is absent.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn read(form: Option<Vec<(String, String)>>) -> std::result::Result<Self, Refusal> {
        let Some(mut pairs) = form else {
            let detail = "send a form: Content-Type: application/x-www-form-urlencoded";
            return Err(Refusal::new("invalid_request", detail));
        };
        pairs.retain(|(_, value)| !value.is_empty());
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.iter().zip(names.iter().skip(1)).any(|(a, b)| a == b) {
            let detail = "a parameter is there twice";
            return Err(Refusal::new("invalid_request", detail));
        }
        Ok(Self(pairs))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The client that asks, and a unit of work for its business. 2 reads. Who fails too often is turned away for a while.
pub(crate) async fn authenticate(
    app: &App,
    door: &Door,
    headers: &HeaderMap,
    form: &Parameters,
) -> std::result::Result<(Context, Stored<OauthClient>), Refusal> {
    let basic = headers.contains_key(AUTHORIZATION);
    let refuse = || {
        let detail = "no client, or one that is unknown, or its secret is wrong";
        Refusal::new("invalid_client", detail)
    };
    let (id, secret) = if basic {
        if form.get("client_secret").is_some() {
            let detail = "the client authenticates twice: in its header and in its form";
            return Err(Refusal::new("invalid_request", detail));
        }
        basic_credentials(headers).ok_or_else(refuse)?
    } else {
        let part = |name| form.get(name).map(str::to_owned);
        match (part("client_id"), part("client_secret")) {
            (Some(id), Some(secret)) => (id, secret),
            (None, _) | (_, None) => return Err(refuse()),
        }
    };
    door.client(&id).await?;
    let client = find(app, &id, &secret).await?;
    if client.is_none() {
        door.no_such_client(&id).await;
    }
    client.ok_or_else(refuse)
}

fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        let text = percent_decode_str(part).decode_utf8().ok()?;
        Some(text.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

async fn find(app: &App, id: &str, secret: &str) -> Result<Option<(Context, Stored<OauthClient>)>> {
    if id.len() > MAX_CHARS || secret.len() > MAX_CHARS {
        return Ok(None);
    }
    let Some(lookup) = app.table().oauth_lookup(id).await? else {
        return Ok(None);
    };
    let via = Origin {
        actor: Actor(lookup.id.to_string()),
        request: None,
    };
    let context = app.context(lookup.scope, via);
    let Some(client) = context.find_now(lookup.id).await? else {
        return Ok(None);
    };
    let hash = keys::sha256(secret);
    let same = bool::from(hash.as_bytes().ct_eq(client.secret_hash.as_bytes()));
    Ok(same.then_some((context, client)))
}
