//! Standard Webhooks signatures: HMAC-SHA256 over `id.timestamp.body`.

use std::borrow::Cow;

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::{Engine, alphabet};
use hmac::{Hmac, KeyInit, Mac};
use models::{Error, Result};
use sha2::Sha256;

/// Base64 with or without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const PREFIX: &str = "whsec_";
/// A given secret has at least so many characters.
const MIN_CHARS: usize = 16;
/// `v1,`, 32 bytes in base64 and a space.
const SIGNATURE_CHARS: usize = 48;

/// Whether a secret that a caller chose can be used: long enough, and of visible ASCII characters.
pub fn secret_is_usable(secret: &str) -> bool {
    (MIN_CHARS..=256).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic())
}

/// The `webhook-signature` header of a message: one signature for each secret, so that a receiver may know the old one or the
/// new one while the owner changes them. Fails where there is no secret.
///
/// # Determinations
/// The secret is `whsec_` and the base64 of the key, with or without its padding, as the specification and its libraries have it. The v3
/// document's own example (`whsec_your_secret_key`) is not: where what follows the prefix is no base64, its characters themselves are
/// the key.
pub fn sign(secrets: &[&str], id: &str, timestamp_seconds: i64, body: &str) -> Result<String> {
    if secrets.is_empty() {
        return Err(Error::internal("an endpoint has no secret"));
    }
    let timestamp = timestamp_seconds.to_string();
    let mut header = String::with_capacity(secrets.len() * SIGNATURE_CHARS);
    for secret in secrets {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key_of(secret)).map_err(Error::internal)?;
        for part in [id, ".", &timestamp, ".", body] {
            mac.update(part.as_bytes());
        }
        if !header.is_empty() {
            header.push(' ');
        }
        header.push_str("v1,");
        STANDARD.encode_string(mac.finalize().into_bytes(), &mut header);
    }
    Ok(header)
}

fn key_of(secret: &str) -> Cow<'_, [u8]> {
    let text = secret.strip_prefix(PREFIX).unwrap_or(secret);
    match LENIENT.decode(text) {
        Ok(bytes) if !bytes.is_empty() => Cow::Owned(bytes),
        Ok(_) | Err(_) => Cow::Borrowed(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_makes_no_other_key() {
        let key = |secret| sign(&[secret], "id", 1, "{}").unwrap();
        assert_eq!(key("whsec_c2VjcmV0IQ=="), key("whsec_c2VjcmV0IQ"));
        assert_eq!(key_of("whsec_c2VjcmV0IQ").as_ref(), b"secret!");
        assert_eq!(key_of("whsec_your_secret_key").as_ref(), b"your_secret_key");
    }

    #[test]
    fn the_vector_of_the_specification() {
        let signature = sign(
            &["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(
            signature.unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn while_secrets_change_each_of_them_signs() {
        let signed = |secrets: &[&str]| sign(secrets, "evt_rs_1", 1_614_265_330, "{}");
        let (old, new) = ("whsec_your_secret_key", "whsec_your_next_secret_key");
        let both = signed(&[new, old]).unwrap();
        let apart = [signed(&[new]).unwrap(), signed(&[old]).unwrap()];
        assert_eq!(both, apart.join(" "));
        assert_eq!(both.len() + 1, 2 * SIGNATURE_CHARS);
        assert!(signed(&[]).is_err());
    }

    #[test]
    fn the_secret_of_the_document_is_its_own_key() {
        assert_eq!(*key_of("whsec_your_secret_key"), *b"your_secret_key");
        assert_eq!(*key_of("whsec_c2hvcnQga2V5"), *b"short key");
        assert!(secret_is_usable("whsec_your_secret_key"));
        for bad in [
            "",
            "short",
            "whsec_with space in it",
            "whsec_ünïcödé_secret",
        ] {
            assert!(!secret_is_usable(bad), "{bad}");
        }
    }
}
