//! `GET /v3/members`

use api::input::Input;
use api::{Cx, Listed, MembersRead, PageQuery, Problem, Query, operation};
use models::members::MemberStatus;
use views::rocketsavvy::Member;

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
/// Lists the members of all partners, newest first. With `status` a page may be short, or empty,
/// although `has_more` is true.
#[operation(get, "/v3/members", tag = "members")]
pub(crate) async fn list_members(
    cx: Cx<MembersRead>,
    Query(query): Query<MemberFilter>,
) -> Result<Listed<Member>, Problem> {
    let paging = cx.page(&query.page)?;
    let status = query.status.map(MemberStatus::as_str);
    let page = cx.members(&paging.request, status).await?;
    paging.list(page, cx.mode())
}
