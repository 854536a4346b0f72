//! `GET /v3/partners/{id}`

use api::dialect::rocketsavvy::{Partner, Problems};
use api::{Cx, MembersRead, Path, Problem, Reply};
use models::Id;

use crate::partner::partner;

/// Retrieve a partner
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/partners/{id}",
    tag = "members",
    params(("id" = String, Path, description = "The partner: the number of the key behind its token.", example = "partner_rs_3")),
    responses((status = 200, description = "The partner.", body = Partner), Problems)
)]
pub(crate) async fn get_partner(
    cx: Cx<MembersRead>,
    Path(id): Path<Id<models::ids::Partner>>,
) -> Result<Reply, Problem> {
    let key = partner(&cx, id).await?;
    Reply::ok(&Partner::of(&key, None)?)
}
