//! Verifies webhooks of Savvy. Crates: base64 0.22, hmac 0.13, http 1, sha2 0.11.

use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use base64::{Engine, alphabet};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;

const TOLERANCE_SECONDS: u64 = 300;

/// The bytes behind the prefix; where what stands there is no base64, its characters.
fn key_of(secret: &str) -> Vec<u8> {
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    let config = NO_PAD.with_decode_allow_trailing_bits(true);
    let base64 = GeneralPurpose::new(&alphabet::STANDARD, config);
    let key = base64.decode(text.trim_end_matches('='));
    key.ok()
        .filter(|key| !key.is_empty())
        .unwrap_or(text.into())
}

/// Whether Savvy sent this. `body` is the bytes that came, `now` the time in Unix seconds.
pub fn verify(headers: &HeaderMap, body: &[u8], secret: &str, now: i64) -> bool {
    is_signed(headers, body, secret, now).unwrap_or(false)
}

/// The same; `None` where a header is missing or is not what it should be.
fn is_signed(headers: &HeaderMap, body: &[u8], secret: &str, now: i64) -> Option<bool> {
    let header = |name| headers.get(name)?.to_str().ok();
    let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
    let key = key_of(secret);
    if key.is_empty() || timestamp.parse::<i64>().ok()?.abs_diff(now) > TOLERANCE_SECONDS {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    // More than one while the secret is being changed. `verify_slice` takes as long whatever differs.
    let signatures = header("webhook-signature")?.split(' ');
    let mut signatures =
        signatures.filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
    Some(signatures.any(|one| mac.clone().verify_slice(&one).is_ok()))
}
