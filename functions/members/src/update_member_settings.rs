//! `PATCH /v3/member-settings`

use api::input::{Input, Patch};
use api::{Cx, Done, Json, MembersWrite, Problem, operation};
use models::ids::{Plan, Slug};
use models::{Error, View, members};
use rust_decimal::Decimal;
use views::rocketsavvy::MemberSettings;

/// Days that an earning can be held.
const MAX_DAYS: u32 = 365;

/// What is to be changed; `null` restores the default.
#[derive(Debug, Input)]
pub(crate) struct MemberSettingsChanges {
    /// The plan that members of call centers subscribe to.
    #[input(example = "plan_member")]
    plan_id: Patch<Slug<Plan>>,
    /// The share of a paid invoice, without its tax, that its enroller earns: 0 to 1. Invoices that are paid from now on count.
    #[input(share, example = 0.1)]
    commission_rate: Patch<Decimal>,
    /// Days until an earning can be paid out.
    #[input(range = 0..=MAX_DAYS, example = 30)]
    holding_days: Patch<u32>,
}

/// Update the settings of members
///
/// Changes the fields that are given, for the key's mode alone. A field that is absent stays as it is; one that is
/// `null` gets its default.
#[operation(patch, "/v3/member-settings", tag = "members")]
pub(crate) async fn update_member_settings(
    cx: Cx<MembersWrite>,
    Json(body): Json<MemberSettingsChanges>,
) -> Result<Done<MemberSettings>, Problem> {
    let stored = cx.member_settings_now().await?;
    let before = stored.as_deref().cloned().unwrap_or_default();
    let default = members::MemberSettings::default();
    let after = members::MemberSettings {
        plan_id: body.plan_id.apply(before.plan_id),
        commission_rate: body
            .commission_rate
            .apply_or_default(before.commission_rate),
        holding_days: body
            .holding_days
            .apply(Some(before.holding_days))
            .unwrap_or(default.holding_days),
    };
    if let Some(id) = &after.plan_id {
        let plan = cx.require_at(id, "/plan_id").await?;
        if plan.tier.as_ref().is_some_and(|tier| tier.once) {
            let detail = "is paid a single time, so it cannot be billed by periods";
            return Err(Error::invalid("/plan_id", "paid_once", detail).into());
        }
    }
    let mut writes = cx.writes().await?;
    match &stored {
        Some(stored) => writes.update(stored, &after, None)?,
        None => {
            writes.create(&after, None)?;
        }
    }
    cx.done(&writes, &MemberSettings::of(&after, cx.mode())?)
        .await
}
