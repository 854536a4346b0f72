//! `POST` and `GET /api/v1/create_wholesale_member`

use api::dialect::savvi::{Errors, Params, Saved};
use api::{Cx, Done, MembersWrite, Problem};
use http::HeaderMap;
use models::members::MemberKind;

use crate::enroll::enroll;
use crate::schema::{CreateQuery, NewWholesaleMember};

/// Create a wholesale member
///
/// A customer of v3 with a member profile, and a welcome by e-mail with a link that sets its password.
/// 6 reads and 12 write units; 2 reads and 2 units more with a user name.
#[utoipa::path(
    post,
    path = "/api/v1/create_wholesale_member",
    tag = "members",
    request_body(content(
        (NewWholesaleMember = "application/json"),
        (NewWholesaleMember = "application/xml"),
        (NewWholesaleMember = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "The member.", content((Saved = "application/json"), (Saved = "application/xml"))),
        Errors
    )
)]
pub(crate) async fn create_wholesale_member(
    cx: Cx<MembersWrite>,
    headers: HeaderMap,
    params: Params,
) -> Result<Done<Saved>, Problem> {
    enroll(&cx, &params, &headers, MemberKind::Wholesale).await
}

/// Create a wholesale member by query
///
/// As the `POST` of it. Addresses are logged on their way, tokens and passwords in them, too: the answer warns of that.
#[utoipa::path(
    get,
    path = "/api/v1/create_wholesale_member",
    tag = "members",
    params(CreateQuery),
    responses(
        (status = 200, description = "The member.", content((Saved = "application/json"), (Saved = "application/xml"))),
        Errors
    )
)]
pub(crate) async fn create_wholesale_member_by_query(
    cx: Cx<MembersWrite>,
    headers: HeaderMap,
    params: Params,
) -> Result<Done<Saved>, Problem> {
    enroll(&cx, &params, &headers, MemberKind::Wholesale).await
}
