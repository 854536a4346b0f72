//! Plans, subscriptions, invoices and usage; coupons, tax rates and what a business decides about its billing.

mod amend_usage;
mod begun;
mod cancel_subscription;
mod changes;
mod create_coupon;
mod create_credit_note;
mod create_invoice;
mod create_plan;
mod create_subscription;
mod create_tax_rate;
mod delete_coupon;
mod delete_invoice;
mod delete_plan;
mod deprecate_usage;
mod explain_invoice;
mod finalize_invoice;
mod get_billing_settings;
mod get_coupon;
mod get_credit_note;
mod get_credit_note_pdf;
mod get_invoice;
mod get_invoice_pdf;
mod get_plan;
mod get_subscription;
mod get_subscription_usage;
mod get_tax_rate;
mod invoice_lines;
#[cfg(test)]
mod invoice_states;
#[cfg(test)]
mod invoice_testing;
mod list_coupons;
mod list_credit_notes;
mod list_invoices;
mod list_plans;
mod list_subscriptions;
mod list_tax_rates;
mod list_usage;
mod mark_invoice_uncollectible;
mod paper;
mod pause_subscription;
mod pay_invoice;
mod preview_subscription;
mod price;
mod record_usage;
mod record_usage_batch;
mod resume_subscription;
mod terms;
#[cfg(test)]
mod testing;
mod update_billing_settings;
mod update_coupon;
mod update_invoice;
mod update_plan;
mod update_subscription;
mod update_tax_rate;
mod usage_log;
mod usage_report;
mod void_invoice;

use api::{App, Config, Invocation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_plan::create_plan, list_plans::list_plans))
        .routes(routes!(
            get_plan::get_plan,
            update_plan::update_plan,
            delete_plan::delete_plan
        ))
        .routes(routes!(
            create_subscription::create_subscription,
            list_subscriptions::list_subscriptions
        ))
        .routes(routes!(
            get_subscription::get_subscription,
            update_subscription::update_subscription
        ))
        .routes(routes!(preview_subscription::preview_subscription))
        .routes(routes!(pause_subscription::pause_subscription))
        .routes(routes!(resume_subscription::resume_subscription))
        .routes(routes!(cancel_subscription::cancel_subscription))
        .routes(routes!(get_subscription_usage::get_subscription_usage))
        .routes(routes!(record_usage::record_usage, list_usage::list_usage))
        .routes(routes!(record_usage_batch::record_usage_batch))
        .routes(routes!(
            amend_usage::amend_usage,
            deprecate_usage::deprecate_usage
        ))
        .merge(invoices())
        .merge(credit_notes())
        .merge(catalog())
}

/// What is owed.
fn invoices() -> OpenApiRouter<App> {
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

/// What is owed no longer.
fn credit_notes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_credit_note::create_credit_note,
            list_credit_notes::list_credit_notes
        ))
        .routes(routes!(get_credit_note::get_credit_note))
        .routes(routes!(get_credit_note_pdf::get_credit_note_pdf))
}

/// What billing chooses from.
fn catalog() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_coupon::create_coupon,
            list_coupons::list_coupons
        ))
        .routes(routes!(
            get_coupon::get_coupon,
            update_coupon::update_coupon,
            delete_coupon::delete_coupon
        ))
        .routes(routes!(
            create_tax_rate::create_tax_rate,
            list_tax_rates::list_tax_rates
        ))
        .routes(routes!(
            get_tax_rate::get_tax_rate,
            update_tax_rate::update_tax_rate
        ))
        .routes(routes!(
            get_billing_settings::get_billing_settings,
            update_billing_settings::update_billing_settings
        ))
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    Ok(api::http_function(api::finish(
        routes().into(),
        App::new(config)?,
    )))
}
