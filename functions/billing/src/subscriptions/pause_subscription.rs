//! `POST /v3/subscriptions/{id}/pause`

use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::billing::{PauseBehavior, PauseCollection};
use models::event::EventType;
use models::ids::{self, Id};
use models::{Error, Timestamp, View, choices};
use views::rocketsavvy::Subscription;

use crate::subscriptions::terms::{settled, sync_rows};

choices! {
    /// What is paused.
    enum Paused {
        Collection = "collection",
        Service = "service",
    }
}

/// A pause.
#[derive(Debug, Input)]
#[input(check = Self::check)]
pub(crate) struct Pause {
    /// `service` (the default): no service and no invoices. `collection`: the service goes on, invoices are made,
    /// and none is collected.
    #[input(choice, example = "collection")]
    mode: Option<Paused>,
    /// What happens to invoices while collection is paused; `keep_as_draft` if it is absent.
    #[input(choice, example = "keep_as_draft")]
    behavior: Option<PauseBehavior>,
    /// When it ends automatically; never if it is absent.
    #[input(example = "2025-09-01T00:00:00Z")]
    resumes_at: Option<Timestamp>,
}

impl Pause {
    /// Who says what happens to invoices means that of collection.
    fn mode(&self) -> Paused {
        self.mode.unwrap_or(match self.behavior {
            Some(_) => Paused::Collection,
            None => Paused::Service,
        })
    }

    fn check(&self, fields: &mut Fields<'_>) {
        if self.mode() == Paused::Service && self.behavior.is_some() {
            let detail =
                "is of a pause of collection: there are no invoices while the service is paused";
            fields.reject("behavior", "contradiction", detail);
        }
    }
}

/// Pause a subscription
///
/// Pauses the service, or only the collection of invoices. The period that is running ends when it would: its usage and
/// the lines that wait for the next invoice are billed then. It stays paused until it is resumed, or until
/// `resumes_at`.
#[operation(post, "/v3/subscriptions/{id}/pause", tag = "billing")]
pub(crate) async fn pause_subscription(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Subscription>>,
    Json(body): Json<Pause>,
) -> Result<Done<Subscription>, Problem> {
    let now = cx.now().await?;
    let stored = settled(&cx, id).await?;
    if body.resumes_at.is_some_and(|at| at <= now) {
        let detail = "must be later than now";
        return Err(Error::invalid("/resumes_at", "out_of_range", detail).into());
    }
    let mut subscription = (*stored).clone();
    match body.mode() {
        Paused::Service => subscription.pause(body.resumes_at)?,
        Paused::Collection => subscription.pause_collection(PauseCollection {
            behavior: body.behavior.unwrap_or(PauseBehavior::KeepAsDraft),
            resumes_at: body.resumes_at,
        })?,
    }
    subscription.call_rows(now);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &subscription, Some(EventType::SubscriptionPaused))?;
    let reply = cx
        .done(&writes, &Subscription::of(&subscription, cx.mode())?)
        .await?;
    sync_rows(&cx, &subscription).await;
    Ok(reply)
}
