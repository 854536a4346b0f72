//! `POST` and `GET /api/v1/update_wholesale_member`

use api::dialect::savvi::Params;
use api::{Cx, Done, MembersWrite, Problem, operation};
use models::members::MemberKind;
use views::savvi::Saved;

use crate::change::change;
use crate::schema::MemberChanges;

/// Update a wholesale member
///
/// Changes the fields that are given of a member that the partner enrolled; one that is absent stays as it is. Takes
/// JSON, XML or a form; the answer is JSON or XML, as `Accept` says, or else like the request.
#[operation(
    post,
    "/api/v1/update_wholesale_member",
    tag = "members",
    answer = "The member."
)]
pub(crate) async fn update_wholesale_member(
    cx: Cx<MembersWrite>,
    params: Params<MemberChanges>,
) -> Result<Done<Saved>, Problem> {
    change(&cx, &params, MemberKind::Wholesale).await
}

/// Update a wholesale member by query
///
/// The same as the `POST`, with everything in the query string, for callers that can do no other. Addresses are logged
/// on their way, with the token and the password in them: every answer carries a warning of that. Prefer the `POST`.
#[operation(
    get,
    "/api/v1/update_wholesale_member",
    tag = "members",
    answer = "The member."
)]
pub(crate) async fn update_wholesale_member_by_query(
    cx: Cx<MembersWrite>,
    params: Params<MemberChanges>,
) -> Result<Done<Saved>, Problem> {
    change(&cx, &params, MemberKind::Wholesale).await
}
