//! Event patterns: what EventBridge rules and the filters of event source mappings match with.

use serde_json::Value;

/// A parsed pattern. Parsing refuses what it does not know, so that a rule can never silently match nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(Fields);

#[derive(Debug, Clone, PartialEq)]
struct Fields {
    fields: Vec<(String, Field)>,
    /// Each group is one `$or`: at least one of its patterns has to match.
    either: Vec<Vec<Fields>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Field {
    Nested(Fields),
    AnyOf(Vec<Test>),
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Is(Value),
    Prefix(String),
    Suffix(String),
    IgnoringCase(String),
    Wildcard(String),
    AnythingBut(Vec<Test>),
    Exists(bool),
    Numeric(Vec<(Comparison, Value)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Pattern {
    /// Reads a pattern, an object whose leaves are arrays of values and tests.
    pub fn parse(pattern: &Value) -> Result<Self, String> {
        fields(pattern).map(Self)
    }

    /// Whether the event has what the pattern asks for.
    pub fn matches(&self, event: &Value) -> bool {
        self.0.matches(Some(event))
    }
}

fn fields(pattern: &Value) -> Result<Fields, String> {
    let object = pattern.as_object().ok_or("a pattern is an object")?;
    let mut parsed = Fields {
        fields: Vec::new(),
        either: Vec::new(),
    };
    for (key, value) in object {
        match value {
            Value::Array(choices) if key == "$or" => {
                parsed
                    .either
                    .push(choices.iter().map(fields).collect::<Result<_, _>>()?);
            }
            Value::Array(choices) => {
                let tests = choices.iter().map(test).collect::<Result<_, _>>()?;
                parsed.fields.push((key.clone(), Field::AnyOf(tests)));
            }
            Value::Object(_) => parsed
                .fields
                .push((key.clone(), Field::Nested(fields(value)?))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return Err(format!("{key} has to hold an array or an object"));
            }
        }
    }
    Ok(parsed)
}

fn test(choice: &Value) -> Result<Test, String> {
    let Some(object) = choice.as_object() else {
        return Ok(Test::Is(choice.clone()));
    };
    let mut entries = object.iter();
    let (Some((operator, value)), None) = (entries.next(), entries.next()) else {
        return Err(format!("{choice} has to have one operator"));
    };
    match (operator.as_str(), value) {
        ("exists", Value::Bool(exists)) => Ok(Test::Exists(*exists)),
        ("prefix", Value::String(text)) => Ok(Test::Prefix(text.clone())),
        ("suffix", Value::String(text)) => Ok(Test::Suffix(text.clone())),
        ("equals-ignore-case", Value::String(text)) => Ok(Test::IgnoringCase(text.to_lowercase())),
        ("wildcard", Value::String(text)) => Ok(Test::Wildcard(text.clone())),
        ("anything-but", Value::Array(list)) => list
            .iter()
            .map(test)
            .collect::<Result<_, _>>()
            .map(Test::AnythingBut),
        ("anything-but", single) => Ok(Test::AnythingBut(vec![test(single)?])),
        ("numeric", Value::Array(list)) => numeric(list),
        _ => Err(format!("the test {choice} is not understood here")),
    }
}

fn numeric(list: &[Value]) -> Result<Test, String> {
    let mut bounds = Vec::new();
    for pair in list.chunks(2) {
        let (Some(operator), Some(bound @ Value::Number(_))) = (pair.first(), pair.get(1)) else {
            return Err("numeric takes pairs of a comparison and a number".to_owned());
        };
        let comparison = match operator.as_str().unwrap_or_default() {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            other => return Err(format!("{other} is not a numeric comparison")),
        };
        bounds.push((comparison, bound.clone()));
    }
    Ok(Test::Numeric(bounds))
}

impl Fields {
    fn matches(&self, event: Option<&Value>) -> bool {
        // An array of objects matches if one of its elements matches as a whole.
        if let Some(Value::Array(elements)) = event {
            return elements.iter().any(|element| self.matches(Some(element)));
        }
        self.fields.iter().all(|(key, field)| {
            let value = event.and_then(|event| event.get(key));
            match field {
                Field::Nested(nested) => nested.matches(value),
                Field::AnyOf(tests) => tests.iter().any(|test| test.matches(value)),
            }
        }) && self
            .either
            .iter()
            .all(|group| group.iter().any(|fields| fields.matches(event)))
    }
}

impl Test {
    fn matches(&self, value: Option<&Value>) -> bool {
        // Only leaves count as present: on an intermediate node `exists` does not see what lies below it.
        let leaves: Vec<&Value> = match value {
            None | Some(Value::Object(_)) => Vec::new(),
            Some(Value::Array(elements)) => elements
                .iter()
                .filter(|element| !element.is_object())
                .collect(),
            Some(leaf) => vec![leaf],
        };
        match self {
            Self::Exists(exists) => leaves.is_empty() != *exists,
            Self::Is(_)
            | Self::Prefix(_)
            | Self::Suffix(_)
            | Self::IgnoringCase(_)
            | Self::Wildcard(_)
            | Self::AnythingBut(_)
            | Self::Numeric(_) => leaves.into_iter().any(|leaf| self.holds_for(leaf)),
        }
    }

    fn holds_for(&self, leaf: &Value) -> bool {
        let text = leaf.as_str();
        match self {
            Self::Is(expected) => {
                leaf == expected || compare(leaf, expected) == Some(std::cmp::Ordering::Equal)
            }
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix.as_str())),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix.as_str())),
            Self::IgnoringCase(folded) => text.is_some_and(|text| text.to_lowercase() == *folded),
            Self::Wildcard(pattern) => text.is_some_and(|text| wildcard(pattern, text)),
            Self::AnythingBut(tests) => !tests.iter().any(|test| test.holds_for(leaf)),
            Self::Exists(exists) => *exists,
            Self::Numeric(bounds) => bounds.iter().all(|(comparison, bound)| {
                compare(leaf, bound).is_some_and(|order| match comparison {
                    Comparison::Equal => order.is_eq(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                })
            }),
        }
    }
}

/// Numbers compare by value, whether they were written `300` or `3.0e2`.
fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    left.as_f64()?.partial_cmp(&right.as_f64()?)
}

fn wildcard(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else {
                return false;
            };
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| rest.get(at..).is_some_and(|tail| wildcard(after, tail)))
        }
    }
}
