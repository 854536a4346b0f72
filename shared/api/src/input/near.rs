//! Misspelt field names: `custmer_id` should not be ignored in silence.

/// What other APIs call what is asked for here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("starting_after", "cursor"),
    ("ending_before", "cursor"),
    ("after", "cursor"),
    ("next_cursor", "cursor"),
    ("page_token", "cursor"),
    ("page", "cursor"),
    ("offset", "cursor"),
    ("per_page", "limit"),
    ("page_size", "limit"),
    ("count", "limit"),
    ("customer", "customer_id"),
    ("subscription", "subscription_id"),
    ("invoice", "invoice_id"),
    ("payment_method", "payment_method_id"),
    ("plan", "plan_id"),
    ("coupon", "coupon_id"),
    ("query", "search"),
    ("q", "search"),
];

/// The known name that was probably meant.
pub(super) fn near_miss(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > 64 {
        return None;
    }
    let folded = fold(name);
    let other = ELSEWHERE.iter().find(|(other, _)| fold(other) == folded);
    if let Some((_, meant)) = other
        && let Some(meant) = known.iter().find(|known| *known == meant)
    {
        return Some(meant);
    }
    known.iter().copied().find(|candidate| {
        let target = fold(candidate);
        // Two letters that changed places are one mistake, which counts twice.
        let allowed = if target.len() <= 5 && !same_letters(&folded, &target) {
            1
        } else {
            2
        };
        folded == target || distance(&folded, &target) <= allowed
    })
}

/// `customerId`, `customer-id` and `customer_id` are one name.
fn fold(name: &str) -> Vec<u8> {
    name.bytes()
        .filter(|b| *b != b'_' && *b != b'-')
        .map(|b| b.to_ascii_lowercase())
        .collect()
}

fn same_letters(a: &[u8], b: &[u8]) -> bool {
    let sorted = |name: &[u8]| {
        let mut letters = name.to_vec();
        letters.sort_unstable();
        letters
    };
    sorted(a) == sorted(b)
}

/// Levenshtein distance.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            let cost = diagonal + usize::from(x != y);
            left = cost.min(above + 1).min(left + 1);
            next.push(left);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_leaves_the_rest_alone() {
        let known = ["customer_id", "plan_id", "quantity", "email"];
        for (typed, meant) in [
            ("custmer_id", "customer_id"),
            ("customerId", "customer_id"),
            ("planid", "plan_id"),
            ("emial", "email"),
        ] {
            assert_eq!(
                near_miss(typed, &known).unwrap_or_default(),
                meant,
                "{typed}"
            );
        }
        let list = ["cursor", "limit", "search", "customer_id"];
        for (typed, meant) in [
            ("starting_after", "cursor"),
            ("perPage", "limit"),
            ("q", "search"),
            ("customer", "customer_id"),
        ] {
            assert_eq!(near_miss(typed, &list), Some(meant), "{typed}");
        }
        assert_eq!(near_miss("starting_after", &known), None);
        for other in ["id", "name", "status", "livemode", "subscription_id"] {
            assert_eq!(near_miss(other, &known), None, "{other}");
        }
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }
}
