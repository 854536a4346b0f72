//! `GET /v3/member-settings`

use api::dialect::rocketsavvy::{MemberSettings, Problems};
use api::{Cx, MembersRead, Problem, Reply};
use store::Stored;

/// Retrieve the settings of members
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/member-settings",
    tag = "members",
    responses((status = 200, description = "The settings.", body = MemberSettings), Problems)
)]
pub(crate) async fn get_member_settings(cx: Cx<MembersRead>) -> Result<Reply, Problem> {
    let settings = cx.member_settings().await?.map(Stored::into_inner);
    let view = MemberSettings::of(&settings.unwrap_or_default(), cx.mode())?;
    Reply::ok(&view)
}
