//! Identifiers that AWS would make up: random, and in the form of a UUID where AWS uses one.

/// A version 4 UUID in its usual form.
pub(crate) fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness of the operating system nothing else in the process would work either; identifiers then merely
    // stop being unique, which the queues bear.
    if getrandom::fill(&mut bytes).is_err() {
        bytes.fill(0);
    }
    if let Some(version) = bytes.get_mut(6) {
        *version = (*version & 0x0f) | 0x40;
    }
    if let Some(variant) = bytes.get_mut(8) {
        *variant = (*variant & 0x3f) | 0x80;
    }
    let hex = hex::encode(bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

/// Thirty-two hexadecimal digits.
pub(crate) fn token() -> String {
    uuid().replace('-', "")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_has_its_version_and_its_dashes() {
        let id = super::uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(id.chars().nth(14), Some('4'));
        assert_ne!(id, super::uuid());
        assert_eq!(super::token().len(), 32);
    }
}
