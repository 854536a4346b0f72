//! Checksums of messages, which clients compare with their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// MD5 of a message body, in hexadecimal.
pub(crate) fn md5_of(text: &str) -> String {
    format!("{:x}", md5::compute(text.as_bytes()))
}

/// MD5 of message attributes in the encoding that SQS documents: sorted by name, each part after its length.
pub(crate) fn md5_of_attributes(attributes: &Value) -> Option<String> {
    let attributes = attributes
        .as_object()
        .filter(|attributes| !attributes.is_empty())?;
    let mut sorted: Vec<(&String, &Value)> = attributes.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    let mut encoded = Vec::new();
    for (name, attribute) in sorted {
        let kind = attribute
            .get("DataType")
            .and_then(Value::as_str)
            .unwrap_or_default();
        push(&mut encoded, name.as_bytes());
        push(&mut encoded, kind.as_bytes());
        if let Some(text) = attribute.get("StringValue").and_then(Value::as_str) {
            encoded.push(1);
            push(&mut encoded, text.as_bytes());
        } else {
            let binary = attribute
                .get("BinaryValue")
                .and_then(Value::as_str)
                .unwrap_or_default();
            encoded.push(2);
            push(&mut encoded, &STANDARD.decode(binary).unwrap_or_default());
        }
    }
    Some(format!("{:x}", md5::compute(encoded)))
}

fn push(encoded: &mut Vec<u8>, part: &[u8]) {
    encoded.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    encoded.extend(part);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn checksums_are_those_of_the_documentation() {
        assert_eq!(
            super::md5_of("This is a test message"),
            "fafb00f5732ab283681e124bf8747ed1"
        );
        let attributes =
            json!({ "timestamp": { "DataType": "Number", "StringValue": "1493147359900" } });
        assert_eq!(
            super::md5_of_attributes(&attributes).as_deref(),
            Some("235c5c510d26fb653d073faed50ae77c")
        );
    }
}
