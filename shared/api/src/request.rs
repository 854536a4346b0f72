//! What is known of a request before anybody has read it.

use std::net::IpAddr;

use bytes::Bytes;
use http::Extensions;
use lambda_http::request::RequestContext;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What is known of a request before anybody has read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RequestInfo {
    /// `Request-Id` of the reply, and `request.id` of the events that it causes.
    pub(crate) request_id: String,
    /// The path.
    pub(crate) path: String,
    /// What follows it.
    pub(crate) query: String,
    /// Where it comes from: an IPv4 address, or the network of an IPv6 address; empty where nobody knows.
    pub(crate) source: String,
    /// Whether it has a credential of the scheme that the API asks for.
    pub(crate) sent_bearer: bool,
}

/// The whole body, read before anything else looks at the request.
#[derive(Debug, Clone)]
pub(crate) struct BodyBytes(pub(crate) Bytes);

impl BodyBytes {
    /// SHA-256 of what the body means: white space and the order of members do not count.
    ///
    /// Of a card only the last four digits count and its CVC not at all: a hash over the number would let whoever reads the
    /// table try all numbers until one fits.
    pub(crate) fn canonical_hash(&self) -> String {
        let digest = match serde_json::from_slice::<Value>(&self.0) {
            Ok(mut value) => {
                mask(&mut value);
                // Objects of `serde_json` are sorted by name.
                Sha256::digest(value.to_string().as_bytes())
            }
            Err(_) => Sha256::digest(&self.0),
        };
        hex::encode(digest)
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Object(card)) = members.get_mut("card") {
                card.remove("cvc");
                if let Some(Value::String(number)) = card.get_mut("number") {
                    *number = number.chars().rev().take(4).collect();
                }
            }
            members.values_mut().for_each(mask);
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where a request comes from, as API Gateway says it. A caller has an IPv6 network of 64 bits to itself, so that is one source.
pub(crate) fn source_of(extensions: &Extensions) -> String {
    let Some(RequestContext::ApiGatewayV2(context)) = extensions.get::<RequestContext>() else {
        return String::new();
    };
    let address = context.http.source_ip.as_deref().unwrap_or_default();
    source_name(address)
}

fn source_name(address: &str) -> String {
    match address
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
    {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        for (address, source) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2::1", "2001:db8:1:2"),
            ("2001:db8:1:2:ffff::9", "2001:db8:1:2"),
            ("", ""),
            ("unknown", ""),
        ] {
            assert_eq!(source_name(address), source, "{address}");
        }
    }

    fn hash(text: &str) -> String {
        BodyBytes(Bytes::copy_from_slice(text.as_bytes())).canonical_hash()
    }

    #[test]
    fn the_same_meaning_is_the_same_body() {
        assert_eq!(
            hash(r#"{"a":1,"b":{"c":2,"d":3}}"#),
            hash("{\n \"b\": {\"d\":3,\"c\":2},\"a\":1}")
        );
        assert_ne!(hash(r#"{"a":1}"#), hash(r#"{"a":2}"#));
        assert_ne!(hash(r#"{"a":1}"#), hash(r#"{"a":"1"}"#));
    }

    #[test]
    fn a_card_number_leaves_no_trace_in_the_hash() {
        let body = |number: &str, cvc: &str| {
            format!(r#"{{"card":{{"number":"{number}","cvc":"{cvc}"}}}}"#)
        };
        assert_eq!(
            hash(&body("4242424242424242", "123")),
            hash(&body("5555555555554242", "999"))
        );
        assert_ne!(
            hash(&body("4242424242424242", "123")),
            hash(&body("4000000000000341", "123"))
        );
    }
}
