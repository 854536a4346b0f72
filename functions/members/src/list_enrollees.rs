//! `GET /v3/partners/{id}/enrollees`

use api::{Cx, Listed, MembersRead, PageQuery, Path, Problem, Query, operation};
use models::Id;
use views::rocketsavvy::Member;

use crate::partner::partner;

/// List a partner's members
///
/// Lists the members that a partner enrolled, newest first.
#[operation(get, "/v3/partners/{id}/enrollees", tag = "members")]
pub(crate) async fn list_enrollees(
    cx: Cx<MembersRead>,
    Path(id): Path<Id<models::ids::Partner>>,
    Query(page): Query<PageQuery>,
) -> Result<Listed<Member>, Problem> {
    partner(&cx, id).await?;
    let paging = cx.page(&page)?;
    let page = cx.enrollees(id, &paging.request).await?;
    paging.list(page, cx.mode())
}
