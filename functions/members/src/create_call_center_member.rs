//! `POST` and `GET /api/v1/create_call_center_member`

use api::dialect::savvi::Params;
use api::{Cx, Done, MembersWrite, Problem, operation};
use http::HeaderMap;
use models::members::MemberKind;
use views::savvi::Saved;

use crate::enroll::enroll;
use crate::schema::NewCallCenterMember;

/// Create a call-center member
///
/// Enrolls a member who pays: the card behind `braintree_customer_id` is charged each month for the business's member
/// plan (`PATCH /v3/member-settings`), and the partner earns its share. The member becomes a customer of v3, too, and
/// is welcomed by e-mail, with a link that sets a password. Takes JSON, XML or a form; the answer is JSON or XML, as
/// `Accept` says, or else like the request.
#[operation(
    post,
    "/api/v1/create_call_center_member",
    tag = "members",
    answer = "The member."
)]
pub(crate) async fn create_call_center_member(
    cx: Cx<MembersWrite>,
    headers: HeaderMap,
    params: Params<NewCallCenterMember>,
) -> Result<Done<Saved>, Problem> {
    enroll(&cx, &params, &headers, MemberKind::CallCenter).await
}

/// Create a call-center member by query
///
/// The same as the `POST`, with everything in the query string, for callers that can do no other. Addresses are logged
/// on their way, with the token and the password in them: every answer carries a warning of that. Prefer the `POST`.
#[operation(
    get,
    "/api/v1/create_call_center_member",
    tag = "members",
    answer = "The member."
)]
pub(crate) async fn create_call_center_member_by_query(
    cx: Cx<MembersWrite>,
    headers: HeaderMap,
    params: Params<NewCallCenterMember>,
) -> Result<Done<Saved>, Problem> {
    enroll(&cx, &params, &headers, MemberKind::CallCenter).await
}
