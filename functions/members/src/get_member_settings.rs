//! `GET /v3/member-settings`

use api::{Cx, Done, MembersRead, Problem, operation};
use models::View;
use store::Stored;
use views::rocketsavvy::MemberSettings;

/// Retrieve the settings of members
///
/// Retrieves the settings of members for the key's mode: the defaults, unless they were changed.
#[operation(get, "/v3/member-settings", tag = "members")]
pub(crate) async fn get_member_settings(
    cx: Cx<MembersRead>,
) -> Result<Done<MemberSettings>, Problem> {
    let settings = cx.member_settings_now().await?.map(Stored::into_inner);
    let view = MemberSettings::of(&settings.unwrap_or_default(), cx.mode())?;
    Done::of(&view)
}
