//! `POST` and `GET /api/v1/create_wholesale_member`

use api::dialect::savvi::Params;
use api::{Cx, Done, MembersWrite, Problem, operation};
use http::HeaderMap;
use models::members::MemberKind;
use views::savvi::Saved;

use crate::enroll::enroll;
use crate::schema::NewWholesaleMember;

/// Create a wholesale member
///
/// Enrolls a member of the partner, who becomes a customer of v3, too. The member is welcomed by e-mail, with a link
/// that sets a password. Takes JSON, XML or a form; the answer is JSON or XML, as `Accept` says, or else like the
/// request.
#[operation(
    post,
    "/api/v1/create_wholesale_member",
    tag = "members",
    answer = "The member."
)]
pub(crate) async fn create_wholesale_member(
    cx: Cx<MembersWrite>,
    headers: HeaderMap,
    params: Params<NewWholesaleMember>,
) -> Result<Done<Saved>, Problem> {
    enroll(&cx, &params, &headers, MemberKind::Wholesale).await
}

/// Create a wholesale member by query
///
/// The same as the `POST`, with everything in the query string, for callers that can do no other. Addresses are logged
/// on their way, with the token and the password in them: every answer carries a warning of that. Prefer the `POST`.
#[operation(
    get,
    "/api/v1/create_wholesale_member",
    tag = "members",
    answer = "The member."
)]
pub(crate) async fn create_wholesale_member_by_query(
    cx: Cx<MembersWrite>,
    headers: HeaderMap,
    params: Params<NewWholesaleMember>,
) -> Result<Done<Saved>, Problem> {
    enroll(&cx, &params, &headers, MemberKind::Wholesale).await
}
