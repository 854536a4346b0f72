//! What is owed no longer.

mod create_credit_note;
mod get_credit_note;
mod get_credit_note_pdf;
mod list_credit_notes;

use api::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_credit_note::create_credit_note,
            list_credit_notes::list_credit_notes
        ))
        .routes(routes!(get_credit_note::get_credit_note))
        .routes(routes!(get_credit_note_pdf::get_credit_note_pdf))
}
