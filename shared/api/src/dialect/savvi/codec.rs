//! A request's parameters, in whatever format they come.

use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use encoding_rs::UTF_8;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use models::members::{AddressInput, MemberInput, Password};
use models::payments::card_number;
use models::{Error, Invalid, Result};
use serde_json::Value;

use super::charset;
use super::form::{self, refuse};
use super::multipart;
use super::tree::Tree;
use super::xml;
use crate::reply::Problem;
use crate::request::BodyBytes;

/// The format of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Xml,
    Form,
    Multipart,
}

/// The format that a body says it has.
pub(super) fn declared(headers: &HeaderMap) -> Option<Kind> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = value.split(';').next()?.trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/xml" | "text/xml" => Some(Kind::Xml),
        "application/json" | "text/json" | "text/x-json" => Some(Kind::Json),
        "application/x-www-form-urlencoded" => Some(Kind::Form),
        "multipart/form-data" => Some(Kind::Multipart),
        _ => None,
    }
}

/// The format of a body that says nothing of it.
pub(super) fn sniffed(body: &[u8]) -> Kind {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => Kind::Json,
        Some(b'<') => Kind::Xml,
        Some(_) | None => Kind::Form,
    }
}

/// Query and body of a request in one tree; read once, and kept with the request.
pub(crate) async fn decode(parts: &mut Parts) -> Result<Tree> {
    if let Some(tree) = parts.extensions.get::<Tree>() {
        return Ok(tree.clone());
    }
    let body = parts
        .extensions
        .get::<BodyBytes>()
        .map(|body| body.0.clone())
        .unwrap_or_default();
    let mut tree = form::decode(parts.uri.query().unwrap_or_default().as_bytes(), UTF_8)?;
    if !body.iter().all(u8::is_ascii_whitespace) {
        let content_type = parts.headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default();
        let declared = declared(&parts.headers);
        let said = if declared == Some(Kind::Multipart) {
            multipart::decode(body, content_type).await?
        } else {
            whole(&body, content_type, declared)?
        };
        tree.merge(said);
    }
    parts.extensions.insert(tree.clone());
    Ok(tree)
}

/// What a body says that is one text.
fn whole(body: &[u8], content_type: &str, declared: Option<Kind>) -> Result<Tree> {
    let encoding = charset::encoding(body, content_type)?;
    // What is percent-encoded in a form is in its encoding, too.
    if encoding.is_ascii_compatible() && declared.unwrap_or_else(|| sniffed(body)) == Kind::Form {
        is_a_form(body)?;
        return form::decode(body, encoding);
    }
    let text = charset::text(body, encoding)?;
    let body = text.as_bytes();
    match declared.unwrap_or_else(|| sniffed(body)) {
        Kind::Json => json(body),
        Kind::Xml => xml::decode(body),
        Kind::Form | Kind::Multipart => {
            is_a_form(body)?;
            form::decode(body, UTF_8)
        }
    }
}

/// Curl calls a body a form where nobody says what it is, also one in JSON or XML.
fn is_a_form(body: &[u8]) -> Result<()> {
    let (what, kind) = match sniffed(body) {
        Kind::Json => ("JSON", "application/json"),
        Kind::Xml => ("XML", "application/xml"),
        Kind::Form | Kind::Multipart => return Ok(()),
    };
    let detail = format!(
        "is {what}, but its Content-Type says that it is a form: send Content-Type: {kind}"
    );
    Err(refuse(&detail))
}

fn json(bytes: &[u8]) -> Result<Tree> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|_error| refuse("is not well-formed JSON"))?;
    match Tree::of_json(value) {
        Some(tree @ Tree::Map(_)) => Ok(tree),
        Some(_) | None => Err(refuse("is no JSON object")),
    }
}

/// The parameters of a request, as a handler takes them; the document describes them as `T`.
#[derive(Debug, Clone)]
pub struct Params<T>(Tree, PhantomData<fn() -> T>);

impl<S: Send + Sync, T> FromRequest<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> std::result::Result<Self, Problem> {
        let (mut parts, _) = request.into_parts();
        Ok(Self(decode(&mut parts).await?, PhantomData))
    }
}

impl<T> Params<T> {
    /// The address by which an update names its member. An error if it is absent.
    pub fn email(&self) -> Result<String> {
        email_in(&self.0)
    }

    /// The address in the block `user`, by which a member is looked for; or at the top. An error if it is absent.
    pub fn user_email(&self) -> Result<String> {
        let in_user = self.0.get("user").map(email_in);
        match in_user {
            Some(Ok(email)) => Ok(email),
            Some(Err(_)) | None => self.email(),
        }
    }

    /// What the block `user` says. Values that are no texts are added to `invalid`.
    pub fn user(&self, invalid: &mut Invalid) -> MemberInput {
        let nothing = Tree::default();
        let user = self.0.get("user").unwrap_or(&nothing);
        let mut read = |name: &str| text(user, name, name, invalid);
        let mut given = MemberInput {
            email: read("email"),
            password: None,
            first_name: read("first_name"),
            last_name: read("last_name"),
            username: read("username"),
            date_of_birth: read("date_of_birth"),
            gender: read("gender"),
            status: read("status"),
            braintree_customer_id: read("braintree_customer_id"),
            address: AddressInput::default(),
        };
        given.password = match user.get("password") {
            None => None,
            // White space may be meant.
            Some(Tree::Text(text)) => {
                Some(Password::new(text.clone())).filter(|password| !password.expose().is_empty())
            }
            Some(Tree::Map(_) | Tree::List(_)) => {
                invalid.push("password", "invalid", "is invalid");
                None
            }
        };
        given.address = address(user, invalid);
        given
    }
}

fn address(user: &Tree, invalid: &mut Invalid) -> AddressInput {
    let nothing = Tree::default();
    let block = user.get("address_attributes").unwrap_or(&nothing);
    if !matches!(block, Tree::Map(_)) {
        invalid.push("address", "invalid", "is invalid");
    }
    let mut read = |name: &str| text(block, name, &format!("address.{name}"), invalid);
    // What the table calls `address_1` the examples call `address1`.
    let mut line = |plain: &str, table: &str| read(plain).or_else(|| read(table));
    let lines = [
        line("address1", "address_1"),
        line("address2", "address_2"),
        line("address3", "address_3"),
    ];
    let [address1, address2, address3] = lines;
    AddressInput {
        address1,
        address2,
        address3,
        city: read("city"),
        county: read("county"),
        state: read("state"),
        zipcode: read("zipcode"),
        country: read("country"),
        phone: read("phone"),
        address_type: read("address_type"),
    }
}

fn text(block: &Tree, name: &str, field: &str, invalid: &mut Invalid) -> Option<String> {
    match block.get(name)? {
        Tree::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Tree::Map(_) | Tree::List(_) => {
            invalid.push(field, "invalid", "is invalid");
            None
        }
    }
}

fn email_in(tree: &Tree) -> Result<String> {
    let blank = || Error::invalid("email", "blank", "can't be blank");
    match tree.get("email") {
        Some(Tree::Text(text)) if !text.trim().is_empty() => {
            let text = text.trim();
            if card_number::stands_in(text) {
                let detail = "can't contain a card number";
                return Err(Error::invalid("email", card_number::IN_TEXT, detail));
            }
            // Longer ones nobody has, and no key takes them.
            let known = text.len() <= 254;
            let none = || Error::not_found("member", "");
            known.then(|| text.to_owned()).ok_or_else(none)
        }
        Some(Tree::Map(_) | Tree::List(_)) => Err(Error::invalid("email", "invalid", "is invalid")),
        Some(Tree::Text(_)) | None => Err(blank()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn read(query: &str, kind: &str, body: &[u8]) -> Result<Tree> {
        let mut request = http::Request::builder().uri(format!("/api/v1/find_member?{query}"));
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let bytes = Bytes::copy_from_slice(body);
        parts.extensions.insert(BodyBytes(bytes));
        futures::executor::block_on(decode(&mut parts))
    }

    fn shown(query: &str, kind: &str, body: &str) -> String {
        let tree = read(query, kind, body.as_bytes()).unwrap();
        tree.canonical()
    }

    #[test]
    fn four_formats_are_one_tree() {
        let want = r#"{"email":"a@b.de","user":{"address_attributes":{"city":"Salt Lake City"},"username":"two"}}"#;
        let form = "email=a@b.de&user[username]=one&user[username]=two\
                    &user%5Baddress_attributes%5D[city]=Salt+Lake%20City&user[first_name]=";
        assert_eq!(shown(form.replace(' ', "%20").as_str(), "", ""), want);
        assert_eq!(shown("", "application/x-www-form-urlencoded", form), want);
        // The spaces of a form may be raw.
        let raw = form.replace("Lake%20City", "Lake City");
        assert_eq!(shown("", "", &raw), want);
        let json = r#"{"email":"a@b.de","user":{"username":"one","username":"two","first_name":null,
                       "address_attributes":{"city":"Salt Lake City"}}}"#;
        assert_eq!(shown("", "application/json; charset=utf-8", json), want);
        let xml = "<?xml version=1.0 encoding=UTF-8 ?> <user> <username>one</username><username>two</username> <username/>\
                   <first_name></first_name><address_attributes><city>Salt Lake City</city></address_attributes></user> ";
        assert_eq!(shown("email=a@b.de", "application/xml", xml), want);
        assert_eq!(shown("email=a@b.de", "", xml), want);
    }

    #[test]
    fn the_body_has_the_last_word() {
        let body = r#"{"user":{"email":"b@c.de"}}"#;
        let query = "user[email]=a@b.de&user[gender]=Male&authentication_token=x";
        let want = r#"{"user":{"email":"b@c.de","gender":"Male"}}"#;
        assert_eq!(shown(query, "application/json", body), want);
    }

    #[test]
    fn xml_has_five_entities_and_numbers_and_parts_that_are_verbatim() {
        let xml = "<user><a>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;</a><b><![CDATA[<c>&x;]]></b><c nil=\"true\">1</c></user>";
        let want = r#"{"user":{"a":"<>&'\"AB","b":"<c>&x;"}}"#;
        assert_eq!(shown("", "text/xml", xml), want);
        let other = "<request><email>a@b.de</email><user><email>c@d.de</email></user></request>";
        let want = r#"{"email":"a@b.de","user":{"email":"c@d.de"}}"#;
        assert_eq!(shown("", "text/xml", other), want);
    }

    #[test]
    fn xml_is_read_as_rails_writes_it() {
        let want = r#"{"email":"a@b.de","user":{"address_attributes":{"city":"Provo","zipcode":"84601"},"first_name":"Ann"}}"#;
        let rails = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<user>\n  <first-name>Ann</first-name>\n\
                     <last-name nil=\"true\"/>\n<gender nil=\"true\">Male</gender>\n\
                     <address-attributes type=\"Address\">\n<city>Provo</city>\n\
                     <zipcode type=\"integer\">84601</zipcode></address-attributes>\n</user>\n";
        assert_eq!(shown("email=a@b.de", "application/xml", rails), want);
        let prefixed = "<s:user xmlns:s=\"urn:s\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
                        <s:first_name>Ann</s:first_name><s:gender xsi:nil=\"1\">Male</s:gender>\
                        <s:address-attributes><s:city>Provo</s:city><s:zipcode>84601</s:zipcode></s:address-attributes></s:user>";
        assert_eq!(shown("email=a@b.de", "text/xml", prefixed), want);
        let list = "<user><first-name type=\"array\"><name>a</name><name>b</name></first-name>\
                    <gender type=\"array\"/></user>";
        let want = r#"{"user":{"first_name":["a","b"]}}"#;
        assert_eq!(shown("", "text/xml", list), want);
    }

    #[test]
    fn secrets_with_dashes_are_not_hashed() {
        let xml = "<user><authentication-token>x</authentication-token><s:password>y</s:password><gender>Male</gender></user>";
        assert_eq!(shown("", "text/xml", xml), r#"{"user":{"gender":"Male"}}"#);
    }

    #[test]
    fn what_no_reader_should_take_is_refused() {
        let xml = "application/xml";
        let bomb = "<!DOCTYPE a [<!ENTITY b \"cccc\"><!ENTITY d \"&b;&b;\">]><user><email>&d;</email></user>";
        let file = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><user/>";
        let deep = "<a>".repeat(100_000);
        let deep_form = format!("user{}=1", "[a]".repeat(5_000));
        let many = "a=1&".repeat(1_001);
        for (kind, body) in [
            (xml, bomb),
            (xml, file),
            (xml, "<user><email>&nope;</email></user>"),
            (xml, "<user><email>&#0;&#xFFFFFFFF;</email></user>"),
            (xml, "<user>"),
            (xml, "<user></users>"),
            (xml, "<user/><user/>"),
            (xml, "text"),
            (xml, &deep),
            ("", &deep_form),
            ("", &many),
            ("", "user[email]=%ff"),
            ("application/json", "[]"),
            ("application/json", "{"),
            ("application/json", &"[".repeat(100_000)),
        ] {
            let refused = read("", kind, body.as_bytes());
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{}",
                body.chars().take(40).collect::<String>()
            );
        }
    }

    #[test]
    fn brackets_that_do_not_close_are_part_of_a_name() {
        assert_eq!(shown("", "", "user[a=1"), r#"{"user[a":"1"}"#);
        assert_eq!(shown("", "", "a[]=1&a[]=2"), r#"{"a":["1","2"]}"#);
        assert_eq!(shown("", "", "a=1&a[b]=2"), r#"{"a":{"b":"2"}}"#);
        assert_eq!(shown("", "", "a[b]=2&a=1"), r#"{"a":"1"}"#);
    }
}
