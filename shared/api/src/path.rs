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

    /// One for the documents.
    fn example() -> String;
}

impl<K: Kind> Named for Id<K> {
    const NAME: &'static str = K::NAME;

    fn example() -> String {
        format!("{}{}", K::PREFIX, K::EXAMPLE)
    }
}

impl<K: Kind> Named for Slug<K> {
    const NAME: &'static str = K::NAME;

    fn example() -> String {
        format!("{}{}", K::PREFIX, K::EXAMPLE)
    }
}

impl Named for DeliveryId {
    const NAME: &'static str = "delivery";

    fn example() -> String {
        "del_rs_1234560000000000123456".to_owned()
    }
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

/// What follows the business in a path of Reveknew: the second parameter, or the second and the third.
#[derive(Debug, Clone)]
pub struct NestedPath<T>(pub T);

/// No name, one, or two.
pub trait Names: Sized {
    /// Each in words, with an example.
    fn described() -> Vec<(&'static str, String)>;

    /// Reads them from the parameters that follow the business. Errors where one of them is none: such a record does not exist.
    fn read(texts: &[String]) -> Result<Self, Error>;
}

impl Names for () {
    fn described() -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn read(_texts: &[String]) -> Result<Self, Error> {
        Ok(())
    }
}

impl<T: Named> Names for T {
    fn described() -> Vec<(&'static str, String)> {
        vec![(T::NAME, T::example())]
    }

    fn read(texts: &[String]) -> Result<Self, Error> {
        name(texts.first())
    }
}

impl<A: Named, B: Named> Names for (A, B) {
    fn described() -> Vec<(&'static str, String)> {
        vec![(A::NAME, A::example()), (B::NAME, B::example())]
    }

    fn read(texts: &[String]) -> Result<Self, Error> {
        Ok((name(texts.first())?, name(texts.get(1))?))
    }
}

fn name<T: Named>(text: Option<&String>) -> Result<T, Error> {
    let text = text.map(String::as_str).unwrap_or_default();
    text.parse()
        .map_err(|_error| Error::not_found(T::NAME, text.chars().take(80).collect::<String>()))
}

impl<T: Names, S: Send + Sync> FromRequestParts<S> for NestedPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let texts: Vec<String> = RawPathParams::from_request_parts(parts, state)
            .await
            .map(|params| {
                let values = params.iter().map(|(_, value)| value.to_owned());
                values.skip(1).collect()
            })
            .unwrap_or_default();
        Ok(Self(T::read(&texts)?))
    }
}
