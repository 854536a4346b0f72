//! A partner enrols a member: the customer, its profile, the names that only it can have, and its welcome, in one write.

use api::dialect::savvi::Params;
use api::{Cx, Done, MembersWrite, Problem};
use http::HeaderMap;
use models::crm::{Customer, CustomerType, Profile};
use models::event::EventType;
use models::ids::{self, Id};
use models::members::{
    Address, Changes, FormAction, MEMBER_EMAIL, MEMBER_USERNAME, Member, MemberKind, MemberStatus,
};
use models::{Date, Error, Invalid, Result, Timestamp, View};
use store::{Retry, Writes};
use views::savvi::Saved;

use crate::subscribe::{MembershipPlan, cover};
use crate::welcome::welcome;

/// What is known of a member before it has an id.
struct New {
    changes: Changes,
    kind: MemberKind,
    partner: (Id<ids::Partner>, String),
    password: String,
    now: Timestamp,
}

/// The latest day that it is anywhere: nobody is born after it.
pub(crate) fn latest_day(now: Timestamp) -> Result<Date> {
    now.plus_seconds(14 * 3_600).date()
}

/// Enrols a member, and answers with it.
pub(crate) async fn enroll<T>(
    cx: &Cx<MembersWrite>,
    params: &Params<T>,
    headers: &HeaderMap,
    kind: MemberKind,
) -> Result<Done<Saved>, Problem> {
    let mut invalid = Invalid::default();
    let given = params.user(&mut invalid);
    let now = cx.now().await?;
    let changes = given.check(FormAction::Create, kind, latest_day(now)?, &mut invalid);
    free(cx, &changes, None, &mut invalid).await?;
    let cover = cover(cx, &changes, kind, &mut invalid).await?;
    invalid.into_result()?;
    let partner = partner(cx).await?;
    let business = cx.account().await?.map(|account| account.name);
    let password = match &changes.password {
        Some(password) => operations::hash_password(cx.ids(), password)?,
        None => operations::hash_unknown_password(cx.ids())?,
    };
    let new = New {
        changes,
        kind,
        partner,
        password,
        now,
    };
    let names = (business.unwrap_or_default(), cx.app().pages_url(headers));
    let mut retry = Retry::of("the record");
    loop {
        let (mut member, customer) = new.with_id(cx.mint().await?)?;
        let mut writes = cx.writes().await?;
        claim(cx, &mut writes, &member).await?;
        let mut customer = customer;
        if let Some(cover) = &cover {
            cover
                .put(cx, &mut writes, (&mut member, &mut customer))
                .await?;
        }
        writes.create(&customer, Some(EventType::CustomerCreated))?;
        writes.create(&member, Some(EventType::MemberEnrolled))?;
        let names = (names.0.as_str(), names.1.as_str());
        welcome(cx, &mut writes, &member, names, new.now).await?;
        if let Some(reply) = cx.try_done(&writes, &Saved::of(&member, ())?).await? {
            MembershipPlan::bill(cx, member.subscription_id).await;
            return Ok(reply);
        }
        retry.again().await?;
    }
}

/// Adds to `invalid` what of the names somebody else has.
pub(crate) async fn free(
    cx: &Cx<MembersWrite>,
    changes: &Changes,
    own: Option<&str>,
    invalid: &mut Invalid,
) -> Result<()> {
    let names = [
        ("email", MEMBER_EMAIL, changes.email.as_deref()),
        ("username", MEMBER_USERNAME, changes.username.as_deref()),
    ];
    for (field, what, name) in names {
        let Some(name) = name else { continue };
        let owner = cx.owner_of((what, name)).await?;
        if owner.is_some() && owner.as_deref() != own {
            invalid.push(field, "taken", "has already been taken");
        }
    }
    Ok(())
}

/// Who asks, and its name.
async fn partner(cx: &Cx<MembersWrite>) -> Result<(Id<ids::Partner>, String)> {
    let key = cx.find_now(cx.key_id()).await?;
    let name = key.map(|key| key.name.clone()).unwrap_or_default();
    Ok((Id::new(cx.key_id().number())?, name))
}

async fn claim(cx: &Cx<MembersWrite>, writes: &mut Writes<'_>, member: &Member) -> Result<()> {
    let owner = member.id.to_string();
    let email = (MEMBER_EMAIL, member.email.as_str());
    cx.claim_name(writes, email, &owner).await.map_err(taken)?;
    if let Some(username) = &member.username {
        let username = (MEMBER_USERNAME, username.as_str());
        cx.claim_name(writes, username, &owner)
            .await
            .map_err(taken)?;
    }
    Ok(())
}

/// A name that somebody else took a moment ago is an error of its field.
pub(crate) fn taken(error: Error) -> Error {
    let Error::AlreadyExists { what, .. } = &error else {
        return error;
    };
    let field = if *what == MEMBER_EMAIL {
        "email"
    } else {
        "username"
    };
    Error::invalid(field, "taken", "has already been taken")
}

impl New {
    fn with_id(&self, id: Id<ids::Customer>) -> Result<(Member, Customer)> {
        let changes = &self.changes;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut member = Member {
            id: Id::new(id.number())?,
            partner_id: self.partner.0,
            partner_name: self.partner.1.clone(),
            kind: self.kind,
            status: MemberStatus::Active,
            email: text(&changes.email),
            username: None,
            first_name: text(&changes.first_name),
            last_name: text(&changes.last_name),
            date_of_birth: None,
            gender: None,
            address: Address::default(),
            password: self.password.clone(),
            vault_customer: None,
            subscription_id: None,
            created: self.now,
            updated: self.now,
            deleted: None,
        };
        member.change(changes, None, self.now);
        let mut customer = Customer::new(id, profile(&member, Profile::default()), self.now);
        customer.enrolled_by = Some(self.partner.0);
        Ok((member, customer))
    }
}

/// The profile of the customer that a member is; what only v3 knows stays.
pub(crate) fn profile(member: &Member, profile: Profile) -> Profile {
    Profile {
        email: Some(member.email.clone()),
        first_name: Some(member.first_name.clone()),
        last_name: Some(member.last_name.clone()),
        phone: Some(member.address.phone.trim().to_owned()),
        customer_type: profile.customer_type.or(Some(CustomerType::B2c)),
        ..profile
    }
}
