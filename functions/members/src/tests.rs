//! Savvi on the wire: every format, every rule, every stranger.

mod call_center;
mod fields;
mod wholesale;

use testkit::{Answer, Call, World};

/// The routes that a partner's day needs.
pub(crate) fn caller(world: &World) -> Call {
    let routes = crate::savvi().merge(crm::routes());
    world.call(routes)
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const XML: &str = "application/xml";

pub(crate) async fn post(api: &Call, path: &str, kind: &str, body: &str) -> Answer {
    let path = format!("/api/v1/{path}");
    api.send_as(http::Method::POST, &path, kind, body.as_bytes())
        .await
}

pub(crate) async fn get(api: &Call, path: &str) -> Answer {
    let path = format!("/api/v1/{path}");
    api.send_as(http::Method::GET, &path, "", b"").await
}

/// A form with the fields of a good wholesale member.
pub(crate) fn form(token: &str, email: &str) -> String {
    format!(
        "authentication_token={token}&user[email]={email}&user[password]=pass1234&user[first_name]=testFirst\
         &user[last_name]=TestLast&user[status]=active&user[date_of_birth]=1970-07-25&user[gender]=Female\
         &user[address_attributes][address1]=123 fk st&user[address_attributes][city]=Salt Lake City\
         &user[address_attributes][state]=UT&user[address_attributes][zipcode]=84101\
         &user[address_attributes][phone]=8015555555"
    )
}
