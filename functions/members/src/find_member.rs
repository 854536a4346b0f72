//! `POST` and `GET /api/v1/find_member`

use api::dialect::savvi::{Errors, Found, Params};
use api::{Cx, Done, MembersRead, Problem};

use crate::change::own;
use crate::schema::{FindQuery, WantedMember};

async fn find(cx: &Cx<MembersRead>, params: &Params) -> Result<Done<Found>, Problem> {
    let (member, customer) = own(cx, &params.user_email()?).await?;
    let member = member.into_inner().with_customer(&customer);
    Done::of(&Found::of(&member))
}

/// Find a member
///
/// One that the partner enrolled itself; anybody else's does not exist. 3 reads.
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
/// As the `POST` of it. Addresses are logged on their way, tokens in them, too: the answer warns of that.
#[utoipa::path(
    get,
    path = "/api/v1/find_member",
    tag = "members",
    params(FindQuery),
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
