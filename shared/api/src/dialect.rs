//! The dialects: how success and errors are written. A dialect is codec and manners, never a business rule.

pub mod rocketsavvy;

use axum::response::Response;
use models::Error;

use crate::middleware::RequestInfo;

/// An error in the dialect of the request's path.
pub(crate) fn render(error: &Error, info: &RequestInfo) -> Response {
    rocketsavvy::render(error, info)
}

/// A body over the limit, in the dialect of the request's path.
pub(crate) fn render_too_large(info: &RequestInfo, limit_bytes: usize) -> Response {
    rocketsavvy::render_too_large(info, limit_bytes)
}
