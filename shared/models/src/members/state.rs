//! The two letters of states, districts and territories of the US, and of the addresses of its forces.

const CODES: &[&str] = &[
    "AA", "AE", "AK", "AL", "AP", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "FM", "GA",
    "GU", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MH", "MI", "MN", "MO",
    "MP", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR",
    "PW", "RI", "SC", "SD", "TN", "TX", "UM", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY",
];

/// The code in capitals, where it is one.
pub(super) fn code(text: &str) -> Option<&'static str> {
    CODES
        .iter()
        .copied()
        .find(|code| code.eq_ignore_ascii_case(text))
}

/// Whether a text names the one country that Savvi is available in.
pub(super) fn is_the_us(text: &str) -> bool {
    let names = ["United States of America", "United States", "USA", "US"];
    names.iter().any(|name| name.eq_ignore_ascii_case(text))
}
