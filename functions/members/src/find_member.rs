//! `POST` and `GET /api/v1/find_member`

use api::dialect::savvi::{Errors, Params};
use api::{Cx, Done, MembersRead, Problem};
use models::View;
use views::savvi::Found;

use crate::change::own;
use crate::schema::WantedMember;

async fn find(cx: &Cx<MembersRead>, params: &Params) -> Result<Done<Found>, Problem> {
    let (member, customer) = own(cx, &params.user_email()?).await?;
    let member = member.into_inner().with_customer(&customer);
    Done::of(&Found::of(&member, ())?)
}

/// Find a member
///
/// Finds a member by e-mail address. Members of other partners are not found. Takes JSON, XML or a form; the answer is
/// JSON or XML, as `Accept` says, or else like the request.
#[utoipa::path(
    post,
    path = "/api/v1/find_member",
    tag = "members",
    request_body(content(
        (WantedMember = "application/json"),
        (WantedMember = "application/xml"),
        (WantedMember = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "The member.", content((Found = "application/json"), (Found = "application/xml"))),
        Errors
    )
)]
pub(crate) async fn find_member(
    cx: Cx<MembersRead>,
    params: Params,
) -> Result<Done<Found>, Problem> {
    find(&cx, &params).await
}

/// Find a member by query
///
/// The same as the `POST`, with everything in the query string, for callers that can do no other. Addresses are logged
/// on their way, with the token in them: every answer carries a warning of that. Prefer the `POST`.
#[utoipa::path(
    get,
    path = "/api/v1/find_member",
    tag = "members",
    responses(
        (status = 200, description = "The member.", content((Found = "application/json"), (Found = "application/xml"))),
        Errors
    )
)]
pub(crate) async fn find_member_by_query(
    cx: Cx<MembersRead>,
    params: Params,
) -> Result<Done<Found>, Problem> {
    find(&cx, &params).await
}
