//! What is owed.

pub(crate) mod create_invoice;
mod delete_invoice;
mod explain_invoice;
mod finalize_invoice;
mod get_invoice;
mod get_invoice_pdf;
pub(crate) mod invoice_lines;
#[cfg(test)]
pub(crate) mod invoice_states;
#[cfg(test)]
pub(crate) mod invoice_testing;
mod list_invoices;
mod mark_invoice_uncollectible;
mod pay_invoice;
mod update_invoice;
mod void_invoice;

use api::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_invoice::create_invoice,
            list_invoices::list_invoices
        ))
        .routes(routes!(
            get_invoice::get_invoice,
            update_invoice::update_invoice,
            delete_invoice::delete_invoice
        ))
        .routes(routes!(get_invoice_pdf::get_invoice_pdf))
        .routes(routes!(explain_invoice::explain_invoice))
        .routes(routes!(finalize_invoice::finalize_invoice))
        .routes(routes!(pay_invoice::pay_invoice))
        .routes(routes!(void_invoice::void_invoice))
        .routes(routes!(
            mark_invoice_uncollectible::mark_invoice_uncollectible
        ))
}
