//! `GET` and `POST /m/{code}`: a member chooses its password, once.
//!
//! The page loads nothing and runs no script. Who knows its address may set the password and do nothing else: the address holds
//! 128 random bits, of which the table knows the hash as the place to look.

use api::{App, Door, Form, Problem};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
};
use http::{HeaderMap, StatusCode};
use models::event::Actor;
use models::members::{Password, PasswordLink};
use models::{Error, Result};
use store::{Origin, Stored};

/// The form.
const FORM: &str = "<form method=\"post\"><p><label for=\"password\">Your password</label><br>\
    <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"7\" maxlength=\"128\" required></p>\
    <p><button>Save</button></p></form>";

/// The way that an address is, where it can still be used, for somebody at the door. 1 read.
async fn find(app: &App, door: &Door, code: &str) -> Result<Option<Stored<PasswordLink>>> {
    let look_up = |hash: String| async move {
        let link = app.table().password_link(&hash).await?;
        Ok(link.filter(|link| link.is_good(app.clock().now())))
    };
    door.page(code, look_up).await
}

/// Shows the form.
pub(crate) async fn get_password_page(
    State(app): State<App>,
    door: Door,
    code: Option<Path<String>>,
) -> std::result::Result<Response, Problem> {
    let code = code.map(|Path(code)| code).unwrap_or_default();
    Ok(match find(&app, &door, &code).await? {
        Some(_) => page(
            StatusCode::OK,
            &format!("<p>At least 7 characters.</p>{FORM}"),
        ),
        None => gone(),
    })
}

/// Sets the password, and uses the address up in the same write. 2 reads and 4 write units.
pub(crate) async fn set_password(
    State(app): State<App>,
    door: Door,
    code: Option<Path<String>>,
    headers: HeaderMap,
    Form(form): Form,
) -> std::result::Result<Response, Problem> {
    let code = code.map(|Path(code)| code).unwrap_or_default();
    let fields = form.unwrap_or_default();
    let given = fields.into_iter().find(|(name, _)| name == "password");
    let password = Password::new(given.map(|(_, value)| value).unwrap_or_default());
    if !(7..=128).contains(&password.expose().chars().count()) || foreign(&headers) {
        let text = format!("<p role=\"alert\">A password has 7 to 128 characters.</p>{FORM}");
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &text));
    }
    // Nobody guesses an address of 128 bits, so there is nothing to hide in how long this takes; and a hash for each stranger
    // would take the time of those who have an address.
    let Some(link) = find(&app, &door, &code).await? else {
        return Ok(gone());
    };
    let via = Origin {
        actor: Actor("password_page".to_owned()),
        request: None,
    };
    let context = app.context(link.scope, via);
    let hash = operations::hash_password(context.ids(), &password)?;
    let Some(stored) = context.find_now(link.member_id).await? else {
        return Ok(gone());
    };
    let mut member = (*stored).clone();
    member.password = hash;
    let mut used = (*link).clone();
    used.used_at = Some(app.clock().now().whole_second());
    let mut writes = context.writes().await?;
    writes.update(&stored, &member, None)?;
    writes.update(&link, &used, None)?;
    if context.write(&writes).await? {
        Ok(page(StatusCode::OK, "<p>Your password is saved.</p>"))
    } else {
        // Somebody used it, or the member was changed a moment ago.
        Err(Error::Unavailable("the member is being changed".to_owned()).into())
    }
}

/// Whether a browser says that the form is another site's.
fn foreign(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
}

fn gone() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "<p>This address cannot be used, or not any more. Ask for another one where you got it.</p>",
    )
}

fn page(status: StatusCode, inner: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Choose a password</title>\
         <meta name=\"viewport\" content=\"width=device-width\"></head><body><main><h1>Choose a password</h1>{inner}</main></body></html>"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
