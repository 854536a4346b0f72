//! A partner changes a member that it enrolled, and the customer that the member is.

use api::dialect::savvi::Params;
use api::{Cx, Done, MembersWrite, Problem};
use models::event::EventType;
use models::members::{FormAction, MEMBER_EMAIL, MEMBER_USERNAME, Member, MemberKind};
use models::{Error, Invalid, Result, View};
use store::{Retry, Stored};
use views::savvi::Saved;

use crate::enroll::{free, latest_day, profile, taken};
use crate::subscribe::swap_card;

/// The member of that address, where the one who asks enrolled it. Anybody else's does not exist. 3 reads.
pub(crate) async fn own<S>(
    cx: &Cx<S>,
    email: &str,
) -> Result<(Stored<Member>, Stored<models::crm::Customer>)> {
    let absent = || Error::not_found("member", "");
    let partner = cx.key_id().number();
    let member = cx.member_of(email).await?;
    let member = member.filter(|member| member.partner_id.number() == partner);
    let member = member.ok_or_else(absent)?;
    // Whom v3 deleted is gone here, too.
    let customer = cx.find_now(member.customer_id()?).await?;
    Ok((member, customer.ok_or_else(absent)?))
}

/// Changes a member, and answers with it.
pub(crate) async fn change<T>(
    cx: &Cx<MembersWrite>,
    params: &Params<T>,
    kind: MemberKind,
) -> Result<Done<Saved>, Problem> {
    let email = params.email()?;
    let mut invalid = Invalid::default();
    let given = params.user(&mut invalid);
    let latest = latest_day(cx.now().await?)?;
    let changes = given.check(FormAction::Update, kind, latest, &mut invalid);
    let (found, customer) = own(cx, &email).await?;
    if found.kind != kind {
        return Err(Error::not_found("member", "").into());
    }
    let owner = found.id.to_string();
    free(cx, &changes, Some(&owner), &mut invalid).await?;
    let card = match &changes.vault_customer {
        Some(vaulted) => crate::subscribe::vaulted(cx, vaulted, &mut invalid).await?,
        None => None,
    };
    invalid.into_result()?;
    let password = match &changes.password {
        Some(password) => Some(operations::hash_password(cx.ids(), password)?),
        None => None,
    };
    let mut read = Some((found, customer));
    let mut retry = Retry::of("the member");
    loop {
        let (stored, customer) = match read.take() {
            Some(read) => read,
            None => own(cx, &email).await?,
        };
        let mut member = (*stored).clone().with_customer(&customer);
        member.change(&changes, password.as_ref(), cx.now().await?);
        let mut writes = cx.writes().await?;
        let emails = (Some(stored.email.as_str()), Some(member.email.as_str()));
        cx.rename(&mut writes, MEMBER_EMAIL, emails, &owner)
            .await
            .map_err(taken)?;
        let names = (stored.username.as_deref(), member.username.as_deref());
        cx.rename(&mut writes, MEMBER_USERNAME, names, &owner)
            .await
            .map_err(taken)?;
        let mut after = (*customer).clone();
        let mut differs = after.update(profile(&member, customer.profile.clone()));
        if let Some(card) = &card {
            differs |= swap_card(cx, &mut writes, &mut after, card).await?;
        }
        if differs {
            writes.update(&customer, &after, Some(EventType::CustomerUpdated))?;
        }
        writes.update(&stored, &member, Some(EventType::MemberUpdated))?;
        if let Some(reply) = cx.try_done(&writes, &Saved::of(&member, ())?).await? {
            return Ok(reply);
        }
        retry.again().await?;
    }
}
