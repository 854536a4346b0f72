//! `POST` and `GET /api/v1/create_call_center_member`

use api::dialect::savvi::{Errors, Params, Saved};
use api::{Cx, Done, MembersWrite, Problem};
use http::HeaderMap;
use models::members::MemberKind;

use crate::enroll::enroll;
use crate::schema::{CreateQuery, NewCallCenterMember};

/// Create a call-center member
///
/// A customer of v3 with a member profile, and a welcome by e-mail with a link that sets its password.
/// The card behind `braintree_customer_id` is charged monthly for the business's member plan (`PATCH /v3/member-settings`), and the
/// partner earns its share of what is paid. 17 reads and 31 write units, its first invoice and what the partner earns of it included.
#[utoipa::path(
    post,
    path = "/api/v1/create_call_center_member",
    tag = "members",
    request_body(content(
        (NewCallCenterMember = "application/json"),
        (NewCallCenterMember = "application/xml"),
        (NewCallCenterMember = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "The member.", content((Saved = "application/json"), (Saved = "application/xml"))),
        Errors
    )
)]
pub(crate) async fn create_call_center_member(
    cx: Cx<MembersWrite>,
    headers: HeaderMap,
    params: Params,
) -> Result<Done<Saved>, Problem> {
    enroll(&cx, &params, &headers, MemberKind::CallCenter).await
}

/// Create a call-center member by query
///
/// As the `POST` of it. Addresses are logged on their way, tokens and passwords in them, too: the answer warns of that.
#[utoipa::path(
    get,
    path = "/api/v1/create_call_center_member",
    tag = "members",
    params(CreateQuery),
    responses(
        (status = 200, description = "The member.", content((Saved = "application/json"), (Saved = "application/xml"))),
        Errors
    )
)]
pub(crate) async fn create_call_center_member_by_query(
    cx: Cx<MembersWrite>,
    headers: HeaderMap,
    params: Params,
) -> Result<Done<Saved>, Problem> {
    enroll(&cx, &params, &headers, MemberKind::CallCenter).await
}
