//! Text messages and payment schedules as v3 prints them.

use models::billing::{Plan, ScheduleRow};
use models::messaging::{self, Keyword};
use models::{Mode, Result, View};
use serde::Serialize;
use utoipa::ToSchema;

/// A text message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message {
    #[schema(example = "msg_rs_123456")]
    id: String,
    /// `outbound` or `inbound`.
    #[schema(example = "outbound")]
    direction: &'static str,
    /// `payment_reminder`, `reply` or `inbound`.
    #[schema(example = "payment_reminder")]
    #[schema(inline)]
    kind: messaging::MessageKind,
    /// `queued`, `sending`, `sent`, `failed` or `received`.
    #[schema(example = "sent")]
    #[schema(inline)]
    status: messaging::MessageStatus,
    /// The customer's number, E.164; as it was given where it could not be read.
    #[schema(example = "+14165551234")]
    number: String,
    #[schema(
        example = "Acme: 20.00 USD for Basic is due on 2026-02-25. Pay: https://pay.example.com/p/3q2-7wAB Reply STOP to opt out."
    )]
    body: String,
    #[schema(example = "cust_rs_123456")]
    customer_id: Option<String>,
    #[schema(example = "sub_rs_123456")]
    subscription_id: Option<String>,
    #[schema(example = "sch_rs_123456")]
    schedule_id: Option<String>,
    /// How often it was handed to the provider.
    #[schema(example = 1)]
    attempts: u32,
    /// When it is to be sent, while it waits.
    #[schema(example = json!(null))]
    send_at: Option<String>,
    #[schema(example = "2026-02-23T13:00:00Z")]
    sent_at: Option<String>,
    /// Why it was not sent.
    #[schema(example = json!(null))]
    error: Option<MessageError>,
    #[schema(example = "2026-02-23T13:00:00Z")]
    created: String,
    livemode: bool,
}

/// Why a message was not sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageError {
    /// `opted_out`, `invalid_number`, `number_limit`, `daily_limit`, `sms_not_configured`, or the provider's.
    #[schema(example = "opted_out")]
    code: String,
    #[schema(example = "The customer wants no messages.")]
    message: String,
}

impl MessageError {
    pub(super) fn of(failure: &messaging::MessageFailure) -> Self {
        Self {
            code: failure.code.clone(),
            message: failure.message.clone(),
        }
    }
}

impl View for Message {
    type Of = messaging::Message;
    type At = Mode;

    fn of(message: &messaging::Message, mode: Mode) -> Result<Self> {
        let inbound = message.kind == messaging::MessageKind::Inbound;
        Ok(Self {
            id: message.id.to_string(),
            direction: if inbound { "inbound" } else { "outbound" },
            kind: message.kind,
            status: message.dispatch.status,
            number: message.number.clone(),
            body: message.body.clone(),
            customer_id: message.customer_id.map(|id| id.to_string()),
            subscription_id: message.about.map(|about| about.subscription_id.to_string()),
            schedule_id: message.about.map(|about| about.schedule_id.to_string()),
            attempts: message.dispatch.attempts,
            send_at: message.dispatch.send_at.map(|at| at.to_string()),
            sent_at: message.dispatch.sent_at.map(|at| at.to_string()),
            error: message
                .dispatch
                .failure
                .as_ref()
                .map(|failure| MessageError {
                    code: failure.code.clone(),
                    message: failure.message.clone(),
                }),
            created: message.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// A message that came in, and what followed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceivedMessage {
    message: Message,
    /// The keyword that it consists of: `stop`, `start` or `help`.
    #[schema(example = "stop")]
    keyword: Option<&'static str>,
    /// The answer that is sent.
    reply: Option<Message>,
}

impl ReceivedMessage {
    /// What came in and what followed, as v3 prints it.
    pub fn of(
        message: &messaging::Message,
        keyword: Option<Keyword>,
        reply: Option<&messaging::Message>,
        mode: Mode,
    ) -> Result<Self> {
        Ok(Self {
            message: Message::of(message, mode)?,
            keyword: keyword.map(Keyword::as_str),
            reply: reply.map(|reply| Message::of(reply, mode)).transpose()?,
        })
    }
}

/// One payment of a subscription that is paid by schedule: what events of schedules tell of.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Schedule {
    id: String,
    subscription_id: String,
    customer_id: String,
    #[schema(inline)]
    status: models::billing::ScheduleStatus,
    amount: i64,
    currency: &'static str,
    scheduled_for: String,
    reminder_date: String,
    grace_date: String,
    reminded_at: Option<String>,
    invoice_id: Option<String>,
    payment_id: Option<String>,
    paid_at: Option<String>,
    created: String,
    livemode: bool,
}

impl View for Schedule {
    type Of = ScheduleRow;
    type At = Mode;

    fn of(row: &ScheduleRow, mode: Mode) -> Result<Self> {
        let receipt = row.receipt.as_ref();
        let payment = receipt.and_then(|receipt| receipt.payment_id);
        Ok(Self {
            id: row.id.to_string(),
            subscription_id: row.subscription_id.to_string(),
            customer_id: row.customer_id.to_string(),
            status: row.status(),
            amount: row.amount.minor(),
            currency: row.amount.currency().code(),
            scheduled_for: row.scheduled_for.to_string(),
            reminder_date: row.reminder_date.to_string(),
            grace_date: row.grace_date.to_string(),
            reminded_at: row.reminded_at.map(|at| at.to_string()),
            invoice_id: row.invoice_id.map(|id| id.to_string()),
            payment_id: payment.map(|id| id.to_string()),
            paid_at: receipt.map(|receipt| receipt.received_at.to_string()),
            created: row.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// What makes a plan a tier of Reveknew, whose subscriptions are paid by schedule.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanTier {
    /// `tier`, `subscription` or `schedule`: who decides how much is paid.
    #[schema(example = "tier")]
    policy: String,
    /// `once`, `daily`, `weekly`, `monthly`, `quarterly` or `yearly`.
    #[schema(example = "monthly")]
    billing_period: Option<String>,
    /// Payments in all; 0 for no end.
    #[schema(example = 0)]
    deductions: u32,
    #[schema(example = 1)]
    grace_days: u32,
    #[schema(example = 2)]
    reminder_days: u32,
    #[schema(example = json!(null))]
    description: Option<String>,
}

impl PlanTier {
    /// What v3 shows of a tier; `None` for a plan that was made in v3.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        let terms = plan.tier.as_ref()?;
        let period = plan.billing_period();
        Some(Self {
            policy: terms.policy.as_str().to_lowercase(),
            billing_period: period.map(|period| period.as_str().to_lowercase()),
            deductions: terms.deductions,
            grace_days: terms.grace_days,
            reminder_days: terms.reminder_days,
            description: terms.description.clone(),
        })
    }
}
