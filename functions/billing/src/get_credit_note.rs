//! `GET /v3/credit-notes/{id}`

use api::dialect::rocketsavvy::{CreditNote, Problems};
use api::{BillingRead, Cx, Path, Problem, Reply};
use models::Error;
use models::ids::{self, Id};

/// Retrieve a credit note
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/credit-notes/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The credit note.", example = "cn_rs_789012")),
    responses((status = 200, description = "The credit note.", body = CreditNote), Problems)
)]
pub(crate) async fn get_credit_note(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::CreditNote>>,
) -> Result<Reply, Problem> {
    let note = cx
        .credit_note(id)
        .await?
        .ok_or_else(|| Error::not_found("credit note", id))?;
    Reply::ok(&CreditNote::of(&note, cx.mode())?)
}
