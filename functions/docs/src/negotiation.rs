//! What a client says it can read: the `Accept` headers and their quality values, RFC 9110, section 12.

use http::{HeaderMap, HeaderName};

/// The highest quality, in thousandths, that a header gives to the values that `wanted` picks; `None` if it names
/// none of them. Values arrive in lower case and without parameters.
pub(crate) fn quality(
    headers: &HeaderMap,
    name: &HeaderName,
    wanted: impl Fn(&str) -> bool,
) -> Option<u16> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|element| {
            let mut parts = element.split(';').map(str::trim);
            let value = parts.next()?.to_ascii_lowercase();
            let quality = parts.find_map(|parameter| {
                parameter
                    .strip_prefix("q=")
                    .or_else(|| parameter.strip_prefix("Q="))
            });
            wanted(&value).then(|| quality.map_or(1000, thousandths))
        })
        .max()
}

/// Reads a quality value without a float. What is none counts as 0: the client did not manage to ask for it.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "1" => 1000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, header::ACCEPT};

    use super::{quality, thousandths};

    #[test]
    fn quality_values_are_read_in_thousandths() {
        for (text, expected) in [
            ("1", 1000),
            ("1.0", 1000),
            ("0", 0),
            ("0.8", 800),
            ("0.05", 50),
            ("0.123", 123),
            ("0.1234", 0),
            ("2", 0),
            ("0.+1", 0),
            ("", 0),
            ("x", 0),
        ] {
            assert_eq!(thousandths(text), expected, "{text}");
        }
    }

    #[test]
    fn the_highest_quality_of_the_wanted_values_counts() {
        let headers = HeaderMap::from_iter([(
            ACCEPT,
            "text/XML;charset=utf-8;q=0.5, application/xml; q=0.9, */*"
                .parse()
                .unwrap(),
        )]);
        let xml = |value: &str| value.ends_with("/xml");
        assert_eq!(quality(&headers, &ACCEPT, xml), Some(900));
        assert_eq!(
            quality(&headers, &ACCEPT, |value| value == "*/*"),
            Some(1000)
        );
        assert_eq!(quality(&headers, &ACCEPT, |value| value == "a/b"), None);
        assert_eq!(quality(&HeaderMap::new(), &ACCEPT, xml), None);
    }
}
