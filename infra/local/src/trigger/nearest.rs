//! The event types that somebody may have meant.

use models::event::EventType;

/// How many names are offered.
const OFFERED: usize = 3;

/// What to say to somebody who named no type.
pub(super) fn advice(name: &str) -> String {
    let names = nearest(name).join(", ");
    format!("there is no event {name:?}. The nearest are {names}; `--list` prints all.")
}

fn nearest(name: &str) -> Vec<&'static str> {
    let name = name.trim().to_lowercase();
    let mut names: Vec<&'static str> = EventType::ALL.iter().map(|kind| kind.as_str()).collect();
    // A part of a name is nearer than any misspelling. The sort is stable: equals stay in alphabetical order.
    names.sort_by_key(|known| {
        let is_part = !name.is_empty() && known.contains(&name);
        (!is_part, distance(&name, known))
    });
    names.truncate(OFFERED);
    names
}

/// How many letters have to be put in, left out or exchanged to make one word of the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above.saturating_add(1);
        let mut next = vec![left];
        for (other, up) in to.iter().zip(row.iter().skip(1)) {
            let exchanged = diagonal.saturating_add(usize::from(letter != *other));
            left = exchanged
                .min(left.saturating_add(1))
                .min(up.saturating_add(1));
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn the_distance_is_that_of_levenshtein() {
        for (from, to, want) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("paid", "payed", 2),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(from, to), want, "{from} {to}");
        }
    }

    #[test]
    fn a_misspelling_finds_its_type() {
        for (wrong, right) in [
            ("invoice.payed", "invoice.paid"),
            ("subscription.cancelled", "subscription.canceled"),
            ("Invoice.Paid", "invoice.paid"),
            ("past_due", "subscription.past_due"),
            ("customer_created", "customer.created"),
        ] {
            assert_eq!(nearest(wrong)[0], right, "{wrong}");
        }
    }
}
