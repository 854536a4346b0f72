//! `POST` and `GET /api/v1/update_wholesale_member`

use api::dialect::savvi::{Errors, Params, Saved};
use api::{Cx, Done, MembersWrite, Problem};
use models::members::MemberKind;

use crate::change::change;
use crate::schema::{MemberChanges, UpdateQuery};

/// Update a wholesale member
///
/// Only one that the partner enrolled itself. What is absent stays. 4 reads and 4 write units; 3 reads and 4 units more
/// for each new name.
#[utoipa::path(
    post,
    path = "/api/v1/update_wholesale_member",
    tag = "members",
    request_body(content(
        (MemberChanges = "application/json"),
        (MemberChanges = "application/xml"),
        (MemberChanges = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "The member.", content((Saved = "application/json"), (Saved = "application/xml"))),
        Errors
    )
)]
pub(crate) async fn update_wholesale_member(
    cx: Cx<MembersWrite>,
    params: Params,
) -> Result<Done<Saved>, Problem> {
    change(&cx, &params, MemberKind::Wholesale).await
}

/// Update a wholesale member by query
///
/// As the `POST` of it. Addresses are logged on their way, tokens and passwords in them, too: the answer warns of that.
#[utoipa::path(
    get,
    path = "/api/v1/update_wholesale_member",
    tag = "members",
    params(UpdateQuery),
    responses(
        (status = 200, description = "The member.", content((Saved = "application/json"), (Saved = "application/xml"))),
        Errors
    )
)]
pub(crate) async fn update_wholesale_member_by_query(
    cx: Cx<MembersWrite>,
    params: Params,
) -> Result<Done<Saved>, Problem> {
    change(&cx, &params, MemberKind::Wholesale).await
}
