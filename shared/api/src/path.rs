//! The id in a path. What is no id of that kind is an id that does not exist: 404.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use models::Error;
use models::ids::{Id, Kind, Slug};
use models::webhooks::DeliveryId;

use crate::reply::Problem;

/// The one parameter of a path, as `T`.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

/// What a path can name.
pub trait Named: FromStr {
    /// The kind of record in words.
    const NAME: &'static str;
}

impl<K: Kind> Named for Id<K> {
    const NAME: &'static str = K::NAME;
}

impl<K: Kind> Named for Slug<K> {
    const NAME: &'static str = K::NAME;
}

impl Named for DeliveryId {
    const NAME: &'static str = "delivery";
}

impl<T: Named, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let text = params
            .ok()
            .and_then(|params| params.iter().next().map(|(_, value)| value.to_owned()));
        let text = text.unwrap_or_default();
        match text.parse() {
            Ok(named) => Ok(Self(named)),
            Err(_) => {
                Err(Error::not_found(T::NAME, text.chars().take(80).collect::<String>()).into())
            }
        }
    }
}
