//! Limits for those who come without a key: to a page, or for a token.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use models::Result;
use store::keys;

use crate::app::App;
use crate::request::RequestInfo;

/// Where strangers come in. Extracting it counts nothing.
#[derive(Debug, Clone)]
pub struct Door {
    app: App,
    source: String,
}

impl FromRequestParts<App> for Door {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let info = parts.extensions.get::<RequestInfo>();
        Ok(Self {
            app: app.clone(),
            source: info.map(|info| info.source.clone()).unwrap_or_default(),
        })
    }
}

impl Door {
    /// Counts a request for the page of that code, and looks it up by the hash of its code; `None` where there is no such page. An
    /// error where there were too many, of the page or from this address, or where this address asked for too many pages that do not
    /// exist.
    pub async fn page<T, F>(
        &self,
        code: &str,
        look_up: impl FnOnce(String) -> F + Send,
    ) -> Result<Option<T>>
    where
        F: Future<Output = Result<Option<T>>> + Send,
    {
        let (limits, now) = (self.app.limits(), self.app.now());
        limits.check_failures(now.at, &self.source)?;
        limits.admit_page(now, code, &self.source).await?;
        let found = if is_page_code(code) {
            look_up(keys::sha256(code)).await?
        } else {
            None
        };
        if found.is_none() {
            limits.note_failure(now, &self.source).await;
        }
        Ok(found)
    }

    /// Counts a client that authenticates itself. An error where too many came from this address, or where this client failed too often
    /// from it: the same client from elsewhere is not refused.
    pub async fn client(&self, client_id: &str) -> Result<()> {
        let (limits, now) = (self.app.limits(), self.app.now());
        limits.check_failures(now.at, &self.client_here(client_id))?;
        limits.admit_token_request(now, &self.source).await
    }

    /// It is not that client, or its secret is wrong.
    pub async fn no_such_client(&self, client_id: &str) {
        let limits = self.app.limits();
        let who = self.client_here(client_id);
        limits.note_failure(self.app.now(), &who).await;
    }

    /// Counts a token of a client.
    pub async fn token(&self, client_id: &str) -> Result<()> {
        let limits = self.app.limits();
        limits.admit_token(self.app.now(), client_id).await
    }

    fn client_here(&self, client_id: &str) -> String {
        let client = keys::sha256(client_id);
        format!("{}#{client}", self.source)
    }
}

/// Characters of the secret in the address of a page: 128 bits in base64.
const CODE_CHARS: usize = 22;

fn is_page_code(code: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    code.len() == CODE_CHARS && code.bytes().all(plain)
}
