//! `POST` and `GET /api/v1/find_member`

use api::dialect::savvi::Params;
use api::{Cx, Done, MembersRead, Problem, operation};
use models::View;
use views::savvi::Found;

use crate::change::own;
use crate::schema::WantedMember;

async fn find(cx: &Cx<MembersRead>, params: &Params<WantedMember>) -> Result<Done<Found>, Problem> {
    let (member, customer) = own(cx, &params.user_email()?).await?;
    let member = member.into_inner().with_customer(&customer);
    Done::of(&Found::of(&member, ())?)
}

/// Find a member
///
/// Finds a member by e-mail address. Members of other partners are not found. Takes JSON, XML or a form; the answer is
/// JSON or XML, as `Accept` says, or else like the request.
#[operation(post, "/api/v1/find_member", tag = "members", answer = "The member.")]
pub(crate) async fn find_member(
    cx: Cx<MembersRead>,
    params: Params<WantedMember>,
) -> Result<Done<Found>, Problem> {
    find(&cx, &params).await
}

/// Find a member by query
///
/// The same as the `POST`, with everything in the query string, for callers that can do no other. Addresses are logged
/// on their way, with the token in them: every answer carries a warning of that. Prefer the `POST`.
#[operation(get, "/api/v1/find_member", tag = "members", answer = "The member.")]
pub(crate) async fn find_member_by_query(
    cx: Cx<MembersRead>,
    params: Params<WantedMember>,
) -> Result<Done<Found>, Problem> {
    find(&cx, &params).await
}
