//! `GET /v3/members`

use api::dialect::rocketsavvy::{List, Member, Problems};
use api::input::{Fields, Input};
use api::{Cx, MembersRead, PageQuery, Problem, Query, Reply};
use models::members::MemberStatus;

/// What the query says.
pub(crate) struct Filter {
    status: Option<&'static str>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            status: fields.one_of("status", MemberStatus::ALL).optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List members
///
/// Of every partner, newest first. 1 query; up to 10 with `status`.
#[utoipa::path(
    get,
    path = "/v3/members",
    tag = "members",
    params(
        ("status" = Option<String>, Query, description = "`active`, `inactive` or `banned`.", example = "active"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of members.", body = List<Member>), Problems)
)]
pub(crate) async fn list_members(
    cx: Cx<MembersRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let paging = cx.page(&query.page, &[query.status])?;
    let page = cx.members(&paging.request, query.status).await?;
    Reply::ok(&paging.list(page, |member| Member::of(&member, cx.mode())))
}
