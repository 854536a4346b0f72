//! Members, partners, what these earn, and e-mails as v3 prints them.

use models::members::{self, Gender};
use models::{Mode, Moment, Result, Timestamp, View, mail, platform};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{MessageError, number};

/// A customer whom a partner enrolled.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Member {
    #[schema(example = "mbr_rs_123456")]
    id: String,
    /// The customer that it is: with the same number.
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    /// Who enrolled it.
    #[schema(example = "partner_rs_3")]
    partner_id: String,
    /// `wholesale` or `call_center`.
    #[schema(example = "call_center")]
    #[schema(inline)]
    kind: members::MemberKind,
    /// `active`, `inactive` or `banned`.
    #[schema(example = "active")]
    #[schema(inline)]
    status: members::MemberStatus,
    #[schema(example = "test@example.com")]
    email: String,
    #[schema(example = "Testusername")]
    username: Option<String>,
    #[schema(example = "Testfirst")]
    first_name: String,
    #[schema(example = "Testlast")]
    last_name: String,
    #[schema(example = "1970-07-25")]
    date_of_birth: Option<String>,
    /// `Male`, `Female` or `Prefer not to say`.
    #[schema(example = "Female")]
    gender: Option<&'static str>,
    address: MemberAddress,
    /// The monthly subscription of a call-center member.
    #[schema(example = "sub_rs_123456")]
    subscription_id: Option<String>,
    #[schema(example = "2026-01-15T12:00:00Z")]
    created: String,
    #[schema(example = "2026-01-15T12:00:00Z")]
    updated: String,
    livemode: bool,
}

/// Where a member lives.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemberAddress {
    #[schema(example = "123 e Main Street")]
    address1: String,
    #[schema(example = json!(null))]
    address2: Option<String>,
    #[schema(example = json!(null))]
    address3: Option<String>,
    #[schema(example = "Salt Lake City")]
    city: String,
    #[schema(example = json!(null))]
    county: Option<String>,
    #[schema(example = "UT")]
    state: String,
    #[schema(example = "84101")]
    zipcode: String,
    #[schema(example = "United States of America")]
    country: String,
    #[schema(example = "8015554312")]
    phone: String,
}

impl View for Member {
    type Of = members::Member;
    type At = Mode;

    fn of(member: &members::Member, mode: Mode) -> Result<Self> {
        let address = &member.address;
        let customer = member.customer_id().map(|id| id.to_string());
        Ok(Self {
            id: member.id.to_string(),
            customer_id: customer.unwrap_or_default(),
            partner_id: member.partner_id.to_string(),
            kind: member.kind,
            status: member.status,
            email: member.email.clone(),
            username: member.username.clone(),
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            date_of_birth: member.date_of_birth.map(|date| date.to_string()),
            gender: member.gender.map(Gender::as_str),
            address: MemberAddress {
                address1: address.address1.clone(),
                address2: address.address2.clone(),
                address3: address.address3.clone(),
                city: address.city.clone(),
                county: address.county.clone(),
                state: address.state.clone(),
                zipcode: address.zipcode.clone(),
                country: address.country.clone(),
                phone: address.phone.clone(),
            },
            subscription_id: member.subscription_id.map(|id| id.to_string()),
            created: member.created.to_string(),
            updated: member.updated.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// Who enrols members.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Partner {
    #[schema(example = "partner_rs_3")]
    id: String,
    /// The key behind its token: `DELETE /v3/api-keys/{id}` revokes it.
    #[schema(example = "key_rs_3")]
    api_key_id: String,
    #[schema(example = "Acme Wholesale")]
    name: String,
    /// The `authentication_token` of Savvi; only in the answer that made it.
    #[schema(example = "4b2f…")]
    authentication_token: Option<String>,
    #[schema(example = "9f3c")]
    last4: String,
    #[schema(example = json!(null))]
    revoked_at: Option<String>,
    #[schema(example = "2026-01-15T12:00:00Z")]
    created: String,
    livemode: bool,
}

impl Partner {
    /// The partner behind a key. `token` is shown once.
    pub fn of(key: &platform::ApiKey, token: Option<String>) -> Result<Self> {
        let id: models::Id<models::ids::Partner> = models::Id::new(key.id.number())?;
        Ok(Self {
            id: id.to_string(),
            api_key_id: key.id.to_string(),
            name: key.name.clone(),
            authentication_token: token,
            last4: key.last4.clone(),
            revoked_at: key.revoked_at.map(|at| at.to_string()),
            created: key.created.to_string(),
            livemode: key.mode.is_live(),
        })
    }
}

impl models::ShownOnce for Partner {
    fn without_secret(&self) -> Self {
        Self {
            authentication_token: None,
            ..self.clone()
        }
    }
}

/// What a business decided about its members.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberSettings {
    /// The plan that members of call centers subscribe to.
    #[schema(example = "plan_member")]
    plan_id: Option<String>,
    /// The share of a paid invoice, without its tax, that its enroller earns: `0.1` is a tenth.
    #[schema(value_type = f64, example = json!(0.1))]
    commission_rate: Box<RawValue>,
    /// Days until an earning can be paid out.
    #[schema(example = 30)]
    holding_days: u32,
    livemode: bool,
}

impl View for MemberSettings {
    type Of = members::MemberSettings;
    type At = Mode;

    fn of(settings: &members::MemberSettings, mode: Mode) -> Result<Self> {
        Ok(Self {
            plan_id: settings.plan_id.as_ref().map(ToString::to_string),
            commission_rate: number(settings.commission_rate)?,
            holding_days: settings.holding_days,
            livemode: mode.is_live(),
        })
    }
}

/// What a partner earned from an invoice, or what of it was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Commission {
    #[schema(example = "com_rs_123456")]
    id: String,
    #[schema(example = "partner_rs_3")]
    partner_id: String,
    #[schema(example = "mbr_rs_123456")]
    member_id: String,
    #[schema(example = "inv_rs_123456")]
    invoice_id: String,
    /// `earned` or `reversed`.
    #[schema(example = "earned")]
    #[schema(inline)]
    status: members::CommissionStatus,
    /// What was paid or given back, without tax.
    #[schema(example = 2900)]
    base: i64,
    #[schema(value_type = f64, example = json!(0.1))]
    rate: Box<RawValue>,
    /// Minor units; below zero where it is taken back.
    #[schema(example = 290)]
    amount: i64,
    #[schema(example = "USD")]
    currency: String,
    /// Whether it can be paid out.
    #[schema(example = false)]
    available: bool,
    #[schema(example = "2026-02-14T12:00:00Z")]
    available_at: String,
    /// The statement that it is on.
    #[schema(example = "2026-01")]
    period: String,
    #[schema(example = "2026-01-15T12:00:00Z")]
    created: String,
    livemode: bool,
}

impl View for Commission {
    type Of = members::Commission;
    type At = Moment;

    fn of(entry: &members::Commission, Moment { mode, now }: Moment) -> Result<Self> {
        Ok(Self {
            id: entry.id.to_string(),
            partner_id: entry.partner_id.to_string(),
            member_id: entry.member_id.to_string(),
            invoice_id: entry.invoice_id.to_string(),
            status: entry.status,
            base: entry.base.minor(),
            rate: number(entry.rate)?,
            amount: entry.amount.minor(),
            currency: entry.amount.currency().to_string(),
            available: entry.available_at <= now,
            available_at: entry.available_at.to_string(),
            period: entry.month.clone(),
            created: entry.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// What a partner earned in a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statement {
    #[schema(example = "partner_rs_3")]
    partner_id: String,
    /// A month of the business's calendar.
    #[schema(example = "2026-01")]
    period: String,
    /// The sums, one for each currency.
    totals: Vec<StatementSum>,
    /// Every entry, newest first.
    entries: Vec<Commission>,
    livemode: bool,
}

/// The sums of one currency, in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementSum {
    #[schema(example = "USD")]
    currency: String,
    #[schema(example = 2900)]
    earned: i64,
    /// What was taken back.
    #[schema(example = 290)]
    reversed: i64,
    /// What is owed; below zero where more was taken back than earned.
    #[schema(example = 2610)]
    net: i64,
    /// What of it can be paid out already.
    #[schema(example = 0)]
    available: i64,
}

impl Statement {
    /// The statement of these entries at the moment `now`.
    pub fn of(
        (partner, period): (models::Id<models::ids::Partner>, &str),
        entries: &[members::Commission],
        now: Timestamp,
        mode: Mode,
    ) -> Result<Self> {
        let lines = members::Statement::of(entries, now).lines;
        let sums = lines.iter().map(|line| StatementSum {
            currency: line.earned.currency().to_string(),
            earned: line.earned.minor(),
            reversed: line.reversed.minor(),
            net: line.net().minor(),
            available: line.available.minor(),
        });
        let shown = entries
            .iter()
            .map(|entry| Commission::of(entry, Moment::at(now, mode)));
        Ok(Self {
            partner_id: partner.to_string(),
            period: period.to_owned(),
            totals: sums.collect(),
            entries: shown.collect::<Result<_>>()?,
            livemode: mode.is_live(),
        })
    }
}

/// An e-mail.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Email {
    #[schema(example = "mail_rs_123456")]
    id: String,
    /// `welcome`.
    #[schema(example = "welcome")]
    #[schema(inline)]
    kind: mail::EmailKind,
    /// `queued`, `sending`, `sent` or `failed`.
    #[schema(example = "sent")]
    #[schema(inline)]
    status: models::messaging::MessageStatus,
    #[schema(example = "test@example.com")]
    to: String,
    #[schema(example = "Welcome to Acme")]
    subject: String,
    /// The text. In live mode without its link.
    #[schema(example = "Hello Testfirst, …")]
    text: String,
    #[schema(example = "mbr_rs_123456")]
    member_id: Option<String>,
    /// How often it was handed to the provider.
    #[schema(example = 1)]
    attempts: u32,
    #[schema(example = "2026-01-15T12:00:00Z")]
    sent_at: Option<String>,
    /// Why it was not sent.
    #[schema(example = json!(null))]
    error: Option<MessageError>,
    #[schema(example = "2026-01-15T12:00:00Z")]
    created: String,
    livemode: bool,
}

impl View for Email {
    type Of = mail::Email;
    type At = Mode;

    fn of(email: &mail::Email, mode: Mode) -> Result<Self> {
        let text = match mode {
            Mode::Test => email.body(),
            Mode::Live => email.text.replace(mail::LINK, "(not shown)"),
        };
        Ok(Self {
            id: email.id.to_string(),
            kind: email.kind,
            status: email.dispatch.status,
            to: email.to.clone(),
            subject: email.subject.clone(),
            text,
            member_id: email.member_id.map(|id| id.to_string()),
            attempts: email.dispatch.attempts,
            sent_at: email.dispatch.sent_at.map(|at| at.to_string()),
            error: email.dispatch.failure.as_ref().map(MessageError::of),
            created: email.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}
