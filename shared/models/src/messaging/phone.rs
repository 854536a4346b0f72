//! Telephone numbers as people write them, to E.164.
//!
//! A number that begins with `+` or `00` is international as it stands; any other is a national number of the given country,
//! with or without its trunk prefix. Lengths are those of ITU-T E.164, and for the countries of `+1` the plan itself: that is
//! enough to send to, and no crate of 40 dependencies tells more that matters here. Whether somebody has the number, the
//! carrier says.

/// The text is no telephone number of that country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no telephone number")]
pub struct NotAPhone;

/// Digits in an E.164 number.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=15;

/// Country, calling code and trunk prefix, in the order of the countries' codes (ITU-T E.164 annex, operational bulletin).
/// Countries of `+1` are not listed; an empty trunk prefix says that there is none.
const PLANS: &[(&str, &str, &str)] = &[
    ("AE", "971", "0"),
    ("AR", "54", "0"),
    ("AT", "43", "0"),
    ("AU", "61", "0"),
    ("BD", "880", "0"),
    ("BE", "32", "0"),
    ("BG", "359", "0"),
    ("BJ", "229", ""),
    ("BR", "55", "0"),
    ("BW", "267", ""),
    ("CH", "41", "0"),
    ("CI", "225", ""),
    ("CL", "56", ""),
    ("CM", "237", ""),
    ("CN", "86", "0"),
    ("CO", "57", ""),
    ("CR", "506", ""),
    ("CY", "357", ""),
    ("CZ", "420", ""),
    ("DE", "49", "0"),
    ("DK", "45", ""),
    ("EC", "593", "0"),
    ("EE", "372", ""),
    ("EG", "20", "0"),
    ("ES", "34", ""),
    ("ET", "251", "0"),
    ("FI", "358", "0"),
    ("FR", "33", "0"),
    ("GB", "44", "0"),
    ("GH", "233", "0"),
    ("GM", "220", ""),
    ("GR", "30", ""),
    ("HK", "852", ""),
    ("HR", "385", "0"),
    ("HU", "36", "06"),
    ("ID", "62", "0"),
    ("IE", "353", "0"),
    ("IL", "972", "0"),
    ("IN", "91", "0"),
    ("IS", "354", ""),
    ("IT", "39", ""),
    ("JP", "81", "0"),
    ("KE", "254", "0"),
    ("KR", "82", "0"),
    ("LR", "231", "0"),
    ("LT", "370", "0"),
    ("LU", "352", ""),
    ("LV", "371", ""),
    ("MA", "212", "0"),
    ("MT", "356", ""),
    ("MX", "52", ""),
    ("MY", "60", "0"),
    ("NA", "264", "0"),
    ("NG", "234", "0"),
    ("NL", "31", "0"),
    ("NO", "47", ""),
    ("NZ", "64", "0"),
    ("PE", "51", "0"),
    ("PH", "63", "0"),
    ("PK", "92", "0"),
    ("PL", "48", ""),
    ("PT", "351", ""),
    ("RO", "40", "0"),
    ("RS", "381", "0"),
    ("RW", "250", ""),
    ("SA", "966", "0"),
    ("SE", "46", "0"),
    ("SG", "65", ""),
    ("SI", "386", "0"),
    ("SK", "421", "0"),
    ("SL", "232", "0"),
    ("SN", "221", ""),
    ("TG", "228", ""),
    ("TH", "66", "0"),
    ("TN", "216", ""),
    ("TR", "90", "0"),
    ("TW", "886", "0"),
    ("TZ", "255", "0"),
    ("UA", "380", "0"),
    ("UG", "256", "0"),
    ("VN", "84", "0"),
    ("ZA", "27", "0"),
    ("ZM", "260", "0"),
    ("ZW", "263", "0"),
];

/// The countries of `+1`.
const NORTH_AMERICA: &[&str] = &[
    "AG", "AI", "AS", "BB", "BM", "BS", "CA", "DM", "DO", "GD", "GU", "JM", "KN", "KY", "LC", "MP",
    "MS", "PR", "SX", "TC", "TT", "US", "VC", "VG", "VI",
];

/// The number in E.164, with its `+`. `country` is the ISO 3166 code of the business, whose national numbers are meant.
///
/// Errors where it is no number, and where it is a national one of a country whose plan we do not know.
pub fn normalize_phone(text: &str, country: &str) -> Result<String, NotAPhone> {
    let text = text.trim();
    let written = text.strip_prefix('+');
    let punctuation = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}');
    let digits: String = written
        .unwrap_or(text)
        .chars()
        .filter(|c| !punctuation(*c))
        .collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotAPhone);
    }
    let international = match (written, digits.strip_prefix("00")) {
        (Some(_), _) => digits,
        (None, Some(rest)) => rest.to_owned(),
        (None, None) => national(&digits, country)?,
    };
    let number = match international.strip_prefix('1') {
        Some(rest) if !is_north_american(rest) => return Err(NotAPhone),
        Some(_) | None => international,
    };
    let good = LENGTH.contains(&number.len()) && !number.starts_with('0');
    good.then(|| format!("+{number}")).ok_or(NotAPhone)
}

/// The digits of a number in E.164 without the code of its country, as most people write them.
pub fn national_number(number: &str) -> &str {
    let digits = number.trim_start_matches('+');
    let codes = PLANS.iter().map(|(_, code, _)| *code).chain(["1"]);
    let rests = codes.filter_map(|code| digits.strip_prefix(code));
    rests.min_by_key(|rest| rest.len()).unwrap_or(digits)
}

fn national(digits: &str, country: &str) -> Result<String, NotAPhone> {
    if NORTH_AMERICA.contains(&country) {
        let rest = digits.strip_prefix('1').unwrap_or(digits);
        return Ok(format!("1{rest}"));
    }
    let (_, code, trunk) = PLANS
        .iter()
        .find(|(known, _, _)| *known == country)
        .ok_or(NotAPhone)?;
    let rest = digits.strip_prefix(trunk).unwrap_or(digits);
    // The shortest national numbers that take messages have six digits.
    if rest.len() < 6 {
        return Err(NotAPhone);
    }
    Ok(format!("{code}{rest}"))
}

/// Ten digits, of which area and exchange begin with 2 to 9.
fn is_north_american(digits: &str) -> bool {
    let begins = |place: usize| {
        digits
            .as_bytes()
            .get(place)
            .is_some_and(|byte| (b'2'..=b'9').contains(byte))
    };
    digits.len() == 10 && begins(0) && begins(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_numbers_are_those_of_the_business_s_country() {
        for (text, country, number) in [
            ("0222740128", "GH", "+233222740128"),
            ("0515872451", "GH", "+233515872451"),
            ("055 274 0129", "GH", "+233552740129"),
            ("233552740129", "GH", "+233233552740129"),
            ("+233 55 274 0129", "US", "+233552740129"),
            ("00233 55 274 0129", "US", "+233552740129"),
            ("(416) 555-1234", "CA", "+14165551234"),
            ("1-416-555-1234", "US", "+14165551234"),
            ("020 7946 0018", "GB", "+442079460018"),
            ("06 1234 5678", "IT", "+390612345678"),
            ("06 20 123 4567", "HU", "+36201234567"),
        ] {
            assert_eq!(
                normalize_phone(text, country).as_deref(),
                Ok(number),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for (text, country) in [
            ("", "US"),
            ("+", "US"),
            ("call me", "US"),
            ("0222740128", "US"),
            ("555-1234", "US"),
            ("+1 116 555 1234", "GH"),
            ("12345", "GH"),
            ("0222740128", "QQ"),
            ("+0222740128", "GH"),
            ("+1234567890123456", "GH"),
            ("０２２２７４０１２８", "GH"),
        ] {
            assert!(normalize_phone(text, country).is_err(), "{text}");
        }
    }

    #[test]
    fn the_plans_are_in_order_and_no_country_is_there_twice() {
        assert!(PLANS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(PLANS.iter().all(|plan| !NORTH_AMERICA.contains(&plan.0)));
    }
}
