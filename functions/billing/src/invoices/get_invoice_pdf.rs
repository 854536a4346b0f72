//! `GET /v3/invoices/{id}/pdf`

use api::{BillingRead, Cx, Path, Pdf, Problem, operation};
use models::ids::{self, Id};

use crate::pdf::invoice_pdf;

/// Retrieve an invoice as PDF
///
/// Retrieves an invoice as a PDF for people: A4, named after its number, or after the id of a draft. The same invoice
/// gives the same file.
#[operation(get, "/v3/invoices/{id}/pdf", tag = "billing")]
pub(crate) async fn get_invoice_pdf(
    cx: Cx<BillingRead>,
    Path(id): Path<Id<ids::Invoice>>,
) -> Result<Pdf, Problem> {
    let invoice = cx.require_now(id).await?;
    let paper = invoice_pdf(&invoice, cx.mode())?;
    let pdf = documents::render(&paper)?;
    let name = invoice.number.clone().unwrap_or_else(|| id.to_string());
    let name = format!("{name}.pdf");
    Ok(Pdf::new(pdf, &name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{Call, World};

    /// A caller, and the invoice of a subscription that began without a trial.
    async fn invoiced(world: &World) -> (Call, String, String) {
        let api = world.call(crate::routes().merge(crm::routes()));
        let plan = json!({ "id": "pro", "name": "<b>Pro</b>", "currency": "USD", "amount": 9999, "interval": "month" });
        api.post("/v3/plans", plan).await.expect(201);
        let customer = json!({ "email": "a@example.com", "first_name": "Ольга" });
        let customer = api.post("/v3/customers", customer).await;
        let customer = customer.text_of("id").to_owned();
        let new = json!({ "customer_id": customer, "plan_id": "pro" });
        let subscription = api.post("/v3/subscriptions", new).await;
        let invoice = subscription.text_of("latest_invoice_id").to_owned();
        (api, customer, invoice)
    }

    #[tokio::test]
    async fn an_invoice_is_a_file_named_after_its_number() {
        let world = World::new().await;
        let (api, _, id) = invoiced(&world).await;
        world.meter.take();
        let answer = api.get(&format!("/v3/invoices/{id}/pdf")).await;
        let units = world.meter.take();
        assert_eq!(answer.status, 200);
        assert!(answer.bytes.starts_with(b"%PDF-1.7"), "{}", answer.text);
        assert!(answer.bytes.len() < 50_000, "{}", answer.bytes.len());
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!(header("content-type"), "application/pdf");
        assert_eq!(
            header("content-disposition"),
            r#"inline; filename="INV-2026-000001.pdf""#
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("request-id").starts_with("req_"));
        assert!(units.read_tenths <= 15, "{units:?}");
        assert_eq!(units.write_tenths, 0);
        let again = api.get(&format!("/v3/invoices/{id}/pdf")).await;
        assert_eq!(again.bytes, answer.bytes);
    }

    #[tokio::test]
    async fn an_invoice_outlives_its_customer() {
        let world = World::new().await;
        let (api, customer, id) = invoiced(&world).await;
        api.delete(&format!("/v3/customers/{customer}"))
            .await
            .expect(200);
        let answer = api.get(&format!("/v3/invoices/{id}/pdf")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    #[tokio::test]
    async fn an_invoice_that_is_not_ours_is_none() {
        let world = World::new().await;
        let (api, _, id) = invoiced(&world).await;
        for stranger in [
            api.with_key(&world.theirs.test_key),
            api.with_key(&world.ours.live_key),
        ] {
            let answer = stranger.get(&format!("/v3/invoices/{id}/pdf")).await;
            answer.expect(404);
            assert_eq!(answer.text_of("detail"), format!("no such invoice: {id}"));
        }
        for id in ["inv_rs_424242", "cust_rs_1", "x"] {
            let answer = api.get(&format!("/v3/invoices/{id}/pdf")).await;
            answer.expect(404);
        }
    }
}
