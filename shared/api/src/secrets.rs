//! The form of our own credentials: a prefix that scanners recognise, 32 random bytes, a checksum.

use models::platform::SecretDigest;
use models::{IdSource, Mode, Result};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new key of the API, e.g. `rs_test_key_…`.
pub fn api_key(ids: &IdSource, mode: Mode) -> Result<String> {
    let bytes: [u8; 32] = ids.random()?;
    let body: String = bytes.iter().map(|byte| letter(u32::from(*byte))).collect();
    let check = crc32fast::hash(body.as_bytes());
    // Six letters hold 32 bits: 62^6 > 2^32.
    let (mut rest, mut suffix) = (check, String::new());
    for _ in 0..6 {
        suffix.push(letter(rest));
        rest = rest.checked_div(62).unwrap_or_default();
    }
    Ok(format!("rs_{}_key_{body}{suffix}", mode.as_str()))
}

/// A new secret for webhook signatures: `whsec_` and the base64 of 32 bytes.
pub fn webhook_secret(ids: &IdSource) -> Result<String> {
    use base64::Engine;
    let bytes: [u8; 32] = ids.random()?;
    Ok(format!(
        "whsec_{}",
        base64::engine::general_purpose::STANDARD.encode(bytes)
    ))
}

/// 256 random bits in hexadecimal: OAuth secrets and member tokens.
pub fn opaque(ids: &IdSource) -> Result<String> {
    let bytes: [u8; 32] = ids.random()?;
    Ok(hex::encode(bytes))
}

/// What is kept of a secret.
pub fn digest(secret: &str) -> SecretDigest {
    SecretDigest {
        hash: store::keys::sha256(secret),
        last4: last4(secret),
    }
}

/// The last four characters, which is all that is shown of a key later.
pub fn last4(secret: &str) -> String {
    let start = secret.len().saturating_sub(4);
    secret.get(start..).unwrap_or_default().to_owned()
}

fn letter(number: u32) -> char {
    let index = usize::try_from(number % 62).unwrap_or_default();
    ALPHABET.get(index).map_or('0', |byte| char::from(*byte))
}
