//! Members of one JSON object with the same name: parsers disagree on which of them counts, so none does.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::pointer_in;

/// Objects and lists inside each other. No input of ours is that deep.
const MAX_DEPTH: u32 = 64;

/// The pointer of the first member whose name was there before, in whatever object. What is no JSON has none.
pub(crate) fn duplicate(json: &str) -> Option<String> {
    within(json, "", MAX_DEPTH)
}

fn within(json: &str, pointer: &str, depth: u32) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let json = json.trim_start();
    if json.starts_with('{') {
        let Members(members) = serde_json::from_str(json).ok()?;
        let mut names = BTreeSet::new();
        members.iter().find_map(|(name, value)| {
            let pointer = pointer_in(pointer, name);
            if names.insert(name) {
                within(value.get(), &pointer, depth)
            } else {
                Some(pointer)
            }
        })
    } else if json.starts_with('[') {
        let entries: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        let mut entries = entries.iter().enumerate();
        entries.find_map(|(index, value)| within(value.get(), &format!("{pointer}/{index}"), depth))
    } else {
        None
    }
}

/// The members of an object as they stand there.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        object.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::duplicate;

    #[test]
    fn a_name_that_comes_twice_is_found_wherever_it_is() {
        for (json, pointer) in [
            (r#"{"a":1,"b":2.5,"a":1}"#, Some("/a")),
            (
                r#"{"a":{"b":1,"c":[1,{"d":1,"\u0064":2}]}}"#,
                Some("/a/c/1/d"),
            ),
            (r#" [{"a/b":1,"a/b":2}]"#, Some("/0/a~1b")),
            (r#"{"a":{"a":1},"b":{"a":1}}"#, None),
            (r#"{"a":1"#, None),
            ("", None),
        ] {
            assert_eq!(duplicate(json).as_deref(), pointer, "{json}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(duplicate(&deep), None);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(duplicate(&deep), None);
    }
}
