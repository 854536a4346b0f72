//! `GET /v3/partners/{id}/enrollees`

use api::dialect::rocketsavvy::{List, Member, Problems};
use api::{Cx, MembersRead, PageQuery, Path, Problem, Query, Reply};
use models::Id;

use crate::partner::partner;

/// List a partner's members
///
/// Newest first. 2 reads and 1 query.
#[utoipa::path(
    get,
    path = "/v3/partners/{id}/enrollees",
    tag = "members",
    params(
        ("id" = String, Path, description = "The partner.", example = "partner_rs_3"),
        PageQuery
    ),
    responses((status = 200, description = "One page of members.", body = List<Member>), Problems)
)]
pub(crate) async fn list_enrollees(
    cx: Cx<MembersRead>,
    Path(id): Path<Id<models::ids::Partner>>,
    Query(page): Query<PageQuery>,
) -> Result<Reply, Problem> {
    partner(&cx, id).await?;
    let paging = cx.page(&page)?;
    let page = cx.enrollees(id, &paging.request).await?;
    Reply::ok(&paging.list(page, |member| Member::of(&member, cx.mode())))
}
