//! Calls that cost more than others.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::Extensions;
use http::request::Parts;

use crate::app::App;

/// Says in a handler's signature that a call counts as `N` calls of the key's limit. It stands before the [`crate::Cx`] that counts
/// it.
#[derive(Debug, Clone, Copy)]
pub struct Costs<const N: u32>;

#[derive(Debug, Clone, Copy)]
struct CallCost(u32);

impl<const N: u32> FromRequestParts<App> for Costs<N> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Infallible> {
        parts.extensions.insert(CallCost(N));
        Ok(Self)
    }
}

/// As how many calls the call counts.
pub(crate) fn cost_of(extensions: &Extensions) -> u32 {
    extensions.get::<CallCost>().map_or(1, |cost| cost.0)
}
