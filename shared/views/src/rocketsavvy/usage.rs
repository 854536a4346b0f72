//! Usage as v3 prints it.

use models::billing::{UsageEvent, UsageKind, UsageStanding};
use models::ids::{self, Id};
use models::{Mode, Result};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Recorded usage.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Usage {
    #[schema(example = "usage_rs_123456")]
    id: String,
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    #[schema(example = "api_calls")]
    metric_name: String,
    /// A decimal number, exactly as it was reported or amended; 0 where it was deprecated.
    #[schema(value_type = f64, example = 1500)]
    quantity: Box<RawValue>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    timestamp: String,
    /// Whether its period was over: then it counts in the one that runs.
    #[schema(example = false)]
    late: bool,
    /// Whether a report with this key had been recorded before; this is what that one became.
    #[schema(example = false)]
    duplicate: bool,
    /// `recorded`, `amended` or `deprecated`.
    #[schema(example = "recorded")]
    status: &'static str,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

impl Usage {
    /// What a report became.
    pub fn recorded(
        subscription_id: Id<ids::Subscription>,
        metric_name: &str,
        event: &UsageEvent,
        duplicate: bool,
        mode: Mode,
    ) -> Result<Self> {
        let standing = UsageStanding::of(event.clone(), None);
        let view = Self::standing(subscription_id, metric_name, &standing, mode)?;
        Ok(Self { duplicate, ..view })
    }

    /// How an event stands after its corrections.
    pub fn standing(
        subscription_id: Id<ids::Subscription>,
        metric_name: &str,
        standing: &UsageStanding,
        mode: Mode,
    ) -> Result<Self> {
        let event = &standing.event;
        Ok(Self {
            id: event.id.to_string(),
            subscription_id: subscription_id.to_string(),
            metric_name: metric_name.to_owned(),
            quantity: super::number(standing.quantity)?,
            timestamp: event.timestamp.to_string(),
            late: event.late,
            duplicate: false,
            status: match standing.corrected {
                None | Some(UsageKind::Usage) => "recorded",
                Some(UsageKind::Amendment(_)) => "amended",
                Some(UsageKind::Deprecation(_)) => "deprecated",
            },
            created: event.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}

/// What became of a batch of reports.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsageBatch {
    /// One row for each report, in their order.
    data: Vec<UsageBatchRow>,
    /// Reports that were recorded.
    #[schema(example = 1)]
    accepted: usize,
    /// Reports that had been recorded before, or earlier in this batch.
    #[schema(example = 0)]
    duplicates: usize,
    livemode: bool,
}

/// What became of one report of a batch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsageBatchRow {
    /// Its place in `events`, from 0.
    #[schema(example = 0)]
    index: usize,
    #[schema(example = "usage_rs_123456")]
    id: String,
    /// `accepted`, or `duplicate`: then the id is that of the first report.
    #[schema(example = "accepted")]
    status: &'static str,
    /// Present and true where its period was over: then it counts in the one that runs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
}

impl UsageBatch {
    /// The batch whose reports became these events; `true` marks duplicates.
    pub fn of<'e>(events: impl IntoIterator<Item = (&'e UsageEvent, bool)>, mode: Mode) -> Self {
        let row = |(index, (event, duplicate)): (usize, (&UsageEvent, bool))| UsageBatchRow {
            index,
            id: event.id.to_string(),
            status: if duplicate { "duplicate" } else { "accepted" },
            late: event.late,
        };
        let data: Vec<UsageBatchRow> = events.into_iter().enumerate().map(row).collect();
        let duplicates = data.iter().filter(|row| row.status == "duplicate").count();
        Self {
            accepted: data.len().saturating_sub(duplicates),
            duplicates,
            data,
            livemode: mode.is_live(),
        }
    }
}

/// An entry of a metric's log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsageEntry {
    #[schema(example = "usage_rs_123456")]
    id: String,
    /// `usage`, `amendment` or `deprecation`.
    #[schema(example = "usage")]
    kind: &'static str,
    /// The entry that an amendment or a deprecation corrects.
    corrects: Option<String>,
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    #[schema(example = "api_calls")]
    metric_name: String,
    /// As it was reported; the new quantity of an amendment, 0 of a deprecation.
    #[schema(value_type = f64, example = 1500)]
    quantity: Box<RawValue>,
    #[schema(example = "2025-06-27T10:30:00Z")]
    timestamp: String,
    /// The start of the period that it counts in.
    #[schema(example = "2025-06-01T00:00:00Z")]
    period_start: String,
    /// Whether it belongs to an earlier period.
    #[schema(example = false)]
    late: bool,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

impl UsageEntry {
    /// The entry as v3 prints it.
    pub fn of(
        subscription_id: Id<ids::Subscription>,
        metric_name: &str,
        event: &UsageEvent,
        mode: Mode,
    ) -> Result<Self> {
        Ok(Self {
            id: event.id.to_string(),
            kind: match event.kind {
                UsageKind::Usage => "usage",
                UsageKind::Amendment(_) => "amendment",
                UsageKind::Deprecation(_) => "deprecation",
            },
            corrects: event.kind.corrects().map(|id| id.to_string()),
            subscription_id: subscription_id.to_string(),
            metric_name: metric_name.to_owned(),
            quantity: super::number(event.quantity)?,
            timestamp: event.timestamp.to_string(),
            period_start: event.period.to_string(),
            late: event.late,
            created: event.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}
