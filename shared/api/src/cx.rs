//! The context of a request: who asks, for which business, and the only way to the store.

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method};
use models::event::Actor;
use models::ids::{self, Id, Kind, Slug};
use models::platform::{Credential, CredentialKind, ScopeSet};
use models::{Business, Error, Result, ShownOnce, Timestamp};
use operations::Context;
use serde::Serialize;
use store::{IdempotencyKey, Origin, Retry, StoredResponse, Versions, Writes, keys};

use crate::app::App;
use crate::auth::{self, Caller};
use crate::conditional;
use crate::limits::{self, KeyCall};
use crate::request::BodyBytes;

use crate::dialect::{Dialect, rocketsavvy, savvi};
use crate::reply::{Answered, Created, Done, NoContent, Problem, Reply, json};
use crate::request::RequestInfo;
use crate::scope::Required;

/// The context of one request whose credential has the scope `S`.
///
/// Extracting it authenticates, checks the scope, and takes up the idempotency key: where the key's answer is kept, the
/// handler does not run at all.
#[derive(Debug)]
pub struct Cx<S> {
    context: Context,
    app: App,
    info: RequestInfo,
    scopes: ScopeSet,
    expires_at: Option<Timestamp>,
    allowed_origins: Vec<String>,
    key_id: Id<ids::ApiKey>,
    scope: PhantomData<fn() -> S>,
}

impl<S> Deref for Cx<S> {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

/// Why a handler does not run.
#[derive(Debug)]
pub enum Refusal {
    /// It may not.
    Problem(Problem),
    /// It has run already, and this was its answer.
    Kept(Reply),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Kept(reply) => reply.into_response(),
        }
    }
}

impl<S: Required> FromRequestParts<App> for Cx<S> {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> std::result::Result<Self, Refusal> {
        let refuse = |error: Error| Refusal::Problem(error.into());
        let cx = Self::open(parts, app).await.map_err(refuse)?;
        if let Some(answer) = cx.claim_key(parts).await.map_err(refuse)? {
            return Err(Refusal::Kept(answer.into()));
        }
        // What was begun under the same key is brought to its end, whatever version there is by now.
        if cx.context.resumed().is_none()
            && let Some(versions) = conditional::required(parts).await.map_err(refuse)?
        {
            cx.context.require_versions(versions);
        }
        Ok(cx)
    }
}

impl<S: Required> Cx<S> {
    async fn open(parts: &mut Parts, app: &App) -> Result<Self> {
        let dialect = Dialect::of(parts.uri.path());
        let info = parts
            .extensions
            .get::<RequestInfo>()
            .cloned()
            .unwrap_or_default();
        let caller = Caller {
            app,
            source: &info.source,
        };
        let credential = match dialect {
            Dialect::Reveknew => {
                let kind = CredentialKind::AccessToken;
                caller.bearer(&parts.headers, kind).await
            }
            Dialect::Savvi => {
                let limits = app.limits();
                limits.admit_source(app.now(), &info.source).await?;
                caller.member_token(&savvi::decode(parts).await?).await
            }
            Dialect::Rocketsavvy | Dialect::Oauth | Dialect::Page => {
                caller.bearer(&parts.headers, CredentialKind::ApiKey).await
            }
        }?;
        let call = KeyCall {
            // A `GET` of Savvi can change things.
            reads: parts.method == Method::GET && dialect != Dialect::Savvi,
            cost: limits::cost_of(&parts.extensions),
        };
        let limits = app.limits();
        limits.admit_key(app.now(), &credential, call).await?;
        if dialect == Dialect::Reveknew {
            own_business(parts, app, credential.scope.business).await?;
        }
        if !credential.scopes.allows(S::GROUP, S::ACCESS) {
            let detail = format!(
                "this key lacks the scope {}:{}",
                S::GROUP.as_str(),
                S::ACCESS.as_str()
            );
            return Err(Error::Forbidden {
                code: "missing_scope",
                detail,
            });
        }
        auth::check_origin(&credential, &parts.headers)?;
        tracing::Span::current().record(
            "business",
            tracing::field::display(credential.scope.business),
        );
        tracing::Span::current().record("key", tracing::field::display(credential.key_id));
        let via = Origin {
            actor: actor(&credential)?,
            request: Some(info.request_id.clone()),
        };
        let context = app.context(credential.scope, via);
        if let Some(versions) = parts.extensions.get::<Versions>() {
            context.note_versions(versions.clone());
        }
        Ok(Self {
            context,
            app: app.clone(),
            info,
            scopes: credential.scopes,
            expires_at: credential.expires_at,
            allowed_origins: credential.allowed_origins,
            key_id: credential.key_id,
            scope: PhantomData,
        })
    }

    async fn claim_key(&self, parts: &Parts) -> Result<Option<StoredResponse>> {
        if !parts.headers.contains_key("idempotency-key") {
            return Ok(None);
        }
        // What Savvi means is in its query as well as in its body, and its `GET` may create.
        let parameters = parts.extensions.get::<savvi::Tree>();
        if parameters.is_none() && matches!(parts.method, Method::GET | Method::HEAD) {
            return Ok(None);
        }
        let key = idempotency_key(&parts.headers)?;
        let of_body = || {
            let body = parts.extensions.get::<BodyBytes>();
            body.map(BodyBytes::canonical_hash).unwrap_or_default()
        };
        let body_hash = parameters.map_or_else(of_body, |tree| keys::sha256(&tree.canonical()));
        let route = format!("{} {}", parts.method, parts.uri.path());
        self.context
            .claim(IdempotencyKey {
                key,
                route,
                body_hash,
            })
            .await
    }
}

/// The key of a request. One that is sent several times is one; API Gateway hands repeated headers over as one, with commas, so a
/// key has none.
fn idempotency_key(headers: &HeaderMap) -> Result<String> {
    let invalid = |detail| Err(Error::invalid("Idempotency-Key", "invalid_header", detail));
    let mut key: Option<&str> = None;
    for value in headers.get_all("idempotency-key") {
        for part in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            let printable = part.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            if part.is_empty() || part.len() > 255 || !printable {
                return invalid("must be 1 to 255 printable ASCII characters without a comma");
            }
            if *key.get_or_insert(part) != part {
                return invalid("must be one key: it has no comma, and there is one for a request");
            }
        }
    }
    Ok(key.unwrap_or_default().to_owned())
}

impl<S> Cx<S> {
    /// The process behind the request.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Whether replies say `"livemode": true`.
    pub fn livemode(&self) -> bool {
        self.mode().is_live()
    }

    /// What the credential may do: nobody hands out more than that.
    pub const fn scopes(&self) -> ScopeSet {
        self.scopes
    }

    /// Until when the credential is good: nothing that it hands out lives longer.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The origins whose pages may use the credential, any where it is empty: nothing that it hands out can be used elsewhere.
    pub fn allowed_origins(&self) -> &[String] {
        &self.allowed_origins
    }

    /// Creates a record under a new id, and answers with what `make` says.
    ///
    /// `make` is called again with another id where somebody is under the first one already.
    pub async fn insert<K, T>(
        &self,
        make: impl Fn(Id<K>, &mut Writes<'_>) -> Result<T>,
    ) -> Result<Created<T>, Problem>
    where
        K: Kind,
        T: Serialize,
    {
        let (_, answer) = self.insert_kept(make, json).await?;
        Ok(answer.into())
    }

    /// As [`Cx::insert`] for a view with a secret, which nothing keeps: a replay shows the view without it.
    pub async fn insert_secret<K, T>(
        &self,
        make: impl Fn(Id<K>, &mut Writes<'_>) -> Result<T>,
    ) -> Result<Created<T>, Problem>
    where
        K: Kind,
        T: ShownOnce,
    {
        let (view, answer) = self
            .insert_kept(make, |view: &T| json(&view.without_secret()))
            .await?;
        Ok(show(&view, answer)?)
    }

    /// As [`Cx::insert`] under a name: the one that the caller chose, or else a new one. An error where the chosen one is taken.
    pub async fn insert_named<K, T>(
        &self,
        chosen: Option<Slug<K>>,
        make: impl Fn(&Slug<K>, &mut Writes<'_>) -> Result<T>,
    ) -> Result<Created<T>, Problem>
    where
        K: Kind,
        T: Serialize,
    {
        let mut retry = Retry::of("the record");
        loop {
            let name = match &chosen {
                Some(name) => name.clone(),
                None => self.mint_name().await?,
            };
            let mut writes = self.writes().await?;
            let view = make(&name, &mut writes)?;
            if let Some(answer) = self.try_created(&writes, &view, &name).await? {
                return Ok(answer);
            }
            if chosen.is_some() {
                let (what, id) = (K::NAME, name.to_string());
                return Err(Error::AlreadyExists { what, id }.into());
            }
            retry.again().await?;
        }
    }

    /// Creates a record under a new id; `kept` is the body that is kept for the idempotency key.
    async fn insert_kept<K: Kind, T>(
        &self,
        make: impl Fn(Id<K>, &mut Writes<'_>) -> Result<T>,
        kept: impl Fn(&T) -> Result<String>,
    ) -> Result<(T, StoredResponse)> {
        let mut retry = Retry::of("the record");
        loop {
            let id: Id<K> = self.mint().await?;
            let mut writes = self.writes().await?;
            let view = make(id, &mut writes)?;
            let location = format!("{}/{id}", self.info.path);
            if let Some(answer) = self
                .answer(&writes, StoredResponse::new(201, kept(&view)?).at(location))
                .await?
            {
                return Ok((view, answer));
            }
            retry.again().await?;
        }
    }

    /// Writes the last changes of an operation and answers with `view`; 409 where somebody else was faster.
    pub async fn done<const STATUS: u16, T: Serialize>(
        &self,
        writes: &Writes<'_>,
        view: &T,
    ) -> Result<Answered<STATUS, T>, Problem> {
        Ok(self
            .try_done(writes, view)
            .await?
            .ok_or_else(store::stale)?)
    }

    /// As [`Cx::done`]; `None` where a condition did not hold.
    pub async fn try_done<const STATUS: u16, T: Serialize>(
        &self,
        writes: &Writes<'_>,
        view: &T,
    ) -> Result<Option<Answered<STATUS, T>>> {
        let answer = StoredResponse::new(STATUS, json(view)?);
        Ok(self.answer(writes, answer).await?.map(Into::into))
    }

    /// As [`Cx::done`] for a view with a secret, which nothing keeps: a replay shows the view without it.
    pub async fn done_secret<T: ShownOnce>(
        &self,
        writes: &Writes<'_>,
        view: &T,
    ) -> Result<Done<T>, Problem> {
        let kept = StoredResponse::new(200, json(&view.without_secret())?);
        let answer = self.answer_or_conflict(writes, kept).await?;
        Ok(show(view, answer)?)
    }

    /// Writes the last changes of an operation and answers with the new record, which is `id` below the path of the request;
    /// `None` where a condition did not hold.
    pub async fn try_created<T: Serialize>(
        &self,
        writes: &Writes<'_>,
        view: &T,
        id: impl ToString,
    ) -> Result<Option<Created<T>>> {
        let location = format!("{}/{}", self.info.path, id.to_string());
        self.try_created_at(writes, view, location).await
    }

    /// As [`Cx::try_created`] with a `Location` of its own.
    pub async fn try_created_at<T: Serialize>(
        &self,
        writes: &Writes<'_>,
        view: &T,
        location: String,
    ) -> Result<Option<Created<T>>> {
        let answer = StoredResponse::new(201, json(view)?).at(location);
        Ok(self.answer(writes, answer).await?.map(Into::into))
    }

    /// Writes the last changes of an operation and answers without a body; 409 where somebody else was faster.
    pub async fn no_content(&self, writes: &Writes<'_>) -> Result<NoContent, Problem> {
        let answer = StoredResponse::new(204, String::new());
        Ok(self.answer_or_conflict(writes, answer).await?.into())
    }

    /// Keeps the refusal of a card as the answer of the idempotency key: the attempt was made and must not be repeated.
    pub async fn declined<const STATUS: u16, T>(
        &self,
        error: Error,
    ) -> Result<Answered<STATUS, T>, Problem> {
        let (status, body) = rocketsavvy::problem(&error, &self.info);
        let answer = StoredResponse::new(status, json(&body)?);
        let answer = self
            .answer_or_conflict(&self.writes().await?, answer)
            .await?;
        Ok(answer.into())
    }

    /// The key behind the credential: of Savvi, it is the partner.
    pub const fn key_id(&self) -> Id<ids::ApiKey> {
        self.key_id
    }

    /// The query of the request.
    pub(crate) fn query(&self) -> &str {
        &self.info.query
    }

    /// The path of the request.
    pub fn path(&self) -> &str {
        &self.info.path
    }
}

/// The business in the path of Reveknew. What is no id of a business does not exist; any other than the credential's own is
/// forbidden, whether it exists or not.
async fn own_business(parts: &mut Parts, app: &App, own: Business) -> Result<()> {
    let params = RawPathParams::from_request_parts(parts, app).await;
    let text = params
        .ok()
        .and_then(|params| params.iter().next().map(|(_, value)| value.to_owned()))
        .unwrap_or_default();
    let business: Business = text.parse().map_err(|_error| {
        Error::not_found("business", text.chars().take(80).collect::<String>())
    })?;
    if business == own {
        return Ok(());
    }
    Err(Error::Forbidden {
        code: "forbidden",
        detail: "this operation is not permitted for this business".to_owned(),
    })
}

/// Who asked, as events name it: a key, or the client that a token was given to.
fn actor(credential: &Credential) -> Result<Actor> {
    let name = match credential.client_id {
        None => credential.key_id.to_string(),
        Some(_) => Id::<ids::OauthClient>::new(credential.key_id.number())?.to_string(),
    };
    Ok(Actor(name))
}

/// What the caller sees of `answer`: `view` with its secret, unless an equal call was faster and has seen it.
fn show<const STATUS: u16, T: Serialize>(
    view: &T,
    answer: StoredResponse,
) -> Result<Answered<STATUS, T>> {
    if answer.replayed {
        return Ok(answer.into());
    }
    Ok(Reply::shown_once(answer, json(view)?).into())
}
