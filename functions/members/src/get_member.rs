//! `GET /v3/members/{id}`

use api::dialect::rocketsavvy::{Member, Problems};
use api::{Cx, MembersRead, Path, Problem, Reply};
use models::{Error, Id};

/// Retrieve a member
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/members/{id}",
    tag = "members",
    params(("id" = String, Path, description = "The member: its customer's number.", example = "mbr_rs_123456")),
    responses((status = 200, description = "The member.", body = Member), Problems)
)]
pub(crate) async fn get_member(
    cx: Cx<MembersRead>,
    Path(id): Path<Id<models::ids::Member>>,
) -> Result<Reply, Problem> {
    let member = cx.member(id).await?;
    let member = member.ok_or_else(|| Error::not_found("member", id))?;
    Reply::ok(&Member::of(&member, cx.mode()))
}
