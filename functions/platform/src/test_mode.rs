//! What only test mode has.

use api::{App, Cx, Problem, Required};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use models::{Error, Mode};

/// The context of a request in test mode. A live key is refused before anything else of the request is looked at.
#[derive(Debug)]
pub(crate) struct TestMode<S>(pub(crate) Cx<S>);

impl<S: Required> FromRequestParts<App> for TestMode<S> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let cx = Cx::from_request_parts(parts, app)
            .await
            .map_err(IntoResponse::into_response)?;
        match cx.mode() {
            Mode::Test => Ok(Self(cx)),
            Mode::Live => {
                let refusal = Error::Forbidden {
                    code: "test_mode_only",
                    detail: "live mode runs in real time; use a test key".to_owned(),
                };
                Err(Problem(refusal).into_response())
            }
        }
    }
}
