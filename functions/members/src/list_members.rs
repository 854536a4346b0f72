//! `GET /v3/members`

use api::dialect::rocketsavvy::{List, Member, Problems};
use api::input::Input;
use api::{Cx, MembersRead, PageQuery, Problem, Query, Reply};
use models::members::MemberStatus;

#[derive(Input)]
pub(crate) struct MemberFilter {
    /// In this status.
    #[input(choice, example = "active")]
    status: Option<MemberStatus>,
    #[input(flatten)]
    page: PageQuery,
}

/// List members
///
/// Of every partner, newest first. 1 query; up to 10 with `status`.
#[utoipa::path(
    get,
    path = "/v3/members",
    tag = "members",
    params(MemberFilter),
    responses((status = 200, description = "One page of members.", body = List<Member>), Problems)
)]
pub(crate) async fn list_members(
    cx: Cx<MembersRead>,
    Query(query): Query<MemberFilter>,
) -> Result<Reply, Problem> {
    let paging = cx.page(&query.page)?;
    let status = query.status.map(MemberStatus::as_str);
    let page = cx.members(&paging.request, status).await?;
    Reply::ok(&paging.list(page, |member| Member::of(&member, cx.mode())))
}
