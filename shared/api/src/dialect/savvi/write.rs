//! Answers in the caller's format. Everything is answered as JSON first, which an idempotency key may keep; XML is made of it on
//! the way out, as Rails' `to_xml` does.

use axum::body::Body;
use axum::response::Response;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::codec::{Kind, declared, sniffed};

/// In which format a caller is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON, also for forms and query strings.
    #[default]
    Json,
    /// XML.
    Xml,
}

impl Format {
    /// What `Accept` names, else that of the body.
    pub(crate) fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        accepted(headers).unwrap_or_else(|| Self::of_body(headers, body))
    }

    fn of_body(headers: &HeaderMap, body: &[u8]) -> Self {
        match declared(headers).unwrap_or_else(|| sniffed(body)) {
            Kind::Xml => Self::Xml,
            Kind::Json | Kind::Form | Kind::Multipart => Self::Json,
        }
    }
}

/// The format that `Accept` likes best, the first of equals. Browsers name HTML, and mean none of ours.
fn accepted(headers: &HeaderMap) -> Option<Format> {
    let mut best: Option<(u32, Format)> = None;
    for value in headers.get_all(ACCEPT) {
        for range in value.to_str().ok()?.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let format = match parts.next()?.to_ascii_lowercase().as_str() {
                "application/json" | "text/json" => Format::Json,
                "application/xml" | "text/xml" => Format::Xml,
                "text/html" => return None,
                _ => continue,
            };
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1000, thousandths);
            if quality > best.map_or(0, |(quality, _)| quality) {
                best = Some((quality, format));
            }
        }
    }
    best.map(|(_, format)| format)
}

/// `0.9` as 900.
fn thousandths(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let part = part.parse::<u32>().unwrap_or_default();
    if whole == "1" { 1000 } else { part }
}

/// A value of an answer, in its order.
enum Node {
    Nil,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Nil)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Text(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Text(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Text(value.to_string()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Node::Map(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The document of a body in JSON; `None` where it is none.
fn document(json: &[u8]) -> Option<String> {
    let node: Node = serde_json::from_slice(json).ok()?;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    match &node {
        // One block is the root itself, as the document's requests have it.
        Node::Map(members) if matches!(members.as_slice(), [(_, Node::Map(_))]) => {
            for (name, block) in members {
                element(&mut text, name, block, 0);
            }
        }
        Node::Nil | Node::Text(_) | Node::List(_) | Node::Map(_) => {
            element(&mut text, "hash", &node, 0);
        }
    }
    Some(text)
}

fn element(text: &mut String, name: &str, node: &Node, depth: usize) {
    let name = safe_name(name);
    let indent = "  ".repeat(depth);
    let inner = depth.saturating_add(1);
    match node {
        Node::Nil => line(text, &[&indent, "<", &name, " nil=\"true\"/>"]),
        Node::Text(value) => {
            let value = escaped(value);
            line(text, &[&indent, "<", &name, ">", &value, "</", &name, ">"]);
        }
        Node::List(items) => {
            line(text, &[&indent, "<", &name, " type=\"array\">"]);
            for item in items {
                element(text, &name, item, inner);
            }
            line(text, &[&indent, "</", &name, ">"]);
        }
        Node::Map(members) => {
            line(text, &[&indent, "<", &name, ">"]);
            for (name, member) in members {
                element(text, name, member, inner);
            }
            line(text, &[&indent, "</", &name, ">"]);
        }
    }
}

fn line(text: &mut String, parts: &[&str]) {
    text.extend(parts.iter().copied());
    text.push('\n');
}

/// Names of fields are names of elements, but for what an error on a header or on `address.city` may hold.
fn safe_name(name: &str) -> String {
    let good = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    let mut safe: String = name
        .chars()
        .map(|character| if good(character) { character } else { '_' })
        .collect();
    if !safe.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        safe.insert(0, '_');
    }
    safe
}

/// Text for an element. What XML has no way to write is left out.
fn escaped(text: &str) -> String {
    let allowed =
        |character: &char| !character.is_control() || matches!(character, '\t' | '\n' | '\r');
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars().filter(allowed) {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\r' => escaped.push_str("&#13;"),
            '\u{fffe}' | '\u{ffff}' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// An answer in that format.
pub(crate) async fn convert(response: Response, format: Format) -> Response {
    if format == Format::Json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => bytes::Bytes::new(),
    };
    let Some(text) = document(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let kind = HeaderValue::from_static("application/xml; charset=utf-8");
    parts.headers.insert(CONTENT_TYPE, kind);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_becomes_elements_in_its_order() {
        let json = br#"{"error":"a < b & c","errors":{"email":["is invalid","x"],"address.city":["y"]},"n":null,"t":true,"i":7}"#;
        let want = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hash>\n  <error>a &lt; b &amp; c</error>\n  <errors>\n    \
                    <email type=\"array\">\n      <email>is invalid</email>\n      <email>x</email>\n    </email>\n    \
                    <address.city type=\"array\">\n      <address.city>y</address.city>\n    </address.city>\n  </errors>\n  \
                    <n nil=\"true\"/>\n  <t>true</t>\n  <i>7</i>\n</hash>\n";
        assert_eq!(document(json).unwrap(), want);
        let block = br#"{"user":{"1 <":"\u0000x"}}"#;
        let want =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<user>\n  <_1__>x</_1__>\n</user>\n";
        assert_eq!(document(block).unwrap(), want);
        assert_eq!(document(b""), None);
    }

    #[test]
    fn accept_wins_and_browsers_mean_neither() {
        let format = |accept: &str, kind: &str| {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            if !kind.is_empty() {
                headers.insert(CONTENT_TYPE, kind.parse().unwrap());
            }
            Format::of(&headers, b"")
        };
        let (json, xml) = ("application/json", "application/xml");
        assert_eq!(format("", xml), Format::Xml);
        assert_eq!(format("*/*", xml), Format::Xml);
        assert_eq!(format(json, xml), Format::Json);
        assert_eq!(format(xml, json), Format::Xml);
        assert_eq!(
            format("text/xml;q=0.5, application/json;q=0.25", ""),
            Format::Xml
        );
        assert_eq!(
            format("application/xml;q=0.5, application/json", ""),
            Format::Json
        );
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(format(browser, ""), Format::Json);
    }
}
