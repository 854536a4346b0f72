//! Which function a request goes to.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// Routes as a tree over path segments. Literal segments win over parameters, parameters over the rest of a path.
#[derive(Debug, Default)]
pub(crate) struct Router {
    root: Node,
    default: Option<Destination>,
}

#[derive(Debug, Default)]
struct Node {
    literals: BTreeMap<String, Node>,
    parameter: Option<Box<Node>>,
    /// `{proxy+}`: a route that takes the rest of the path.
    greedy: Option<Destination>,
    end: Option<Destination>,
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) function: String,
    /// `ANY /v3/plans/{id}`, or `$default`.
    pub(crate) route_key: String,
    /// Names of the parameters, in the order of the path.
    parameters: Vec<String>,
}

/// A matched route with the values of its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Match<'r> {
    pub(crate) destination: &'r Destination,
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Router {
    /// Adds a route, whatever the method.
    pub(crate) fn add(&mut self, path: &str, function: &str) {
        if path == "$default" {
            self.default = Some(Destination {
                function: function.to_owned(),
                route_key: "$default".to_owned(),
                parameters: Vec::new(),
            });
            return;
        }
        let mut node = &mut self.root;
        let mut parameters = Vec::new();
        let mut is_greedy = false;
        for segment in segments(path) {
            match segment
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                Some(name) => {
                    is_greedy = name.ends_with('+');
                    parameters.push(name.trim_end_matches('+').to_owned());
                    if !is_greedy {
                        node = node.parameter.get_or_insert_default();
                    }
                }
                None => node = node.literals.entry(segment.to_owned()).or_default(),
            }
        }
        let destination = Destination {
            function: function.to_owned(),
            route_key: format!("ANY {path}"),
            parameters,
        };
        let place = if is_greedy {
            &mut node.greedy
        } else {
            &mut node.end
        };
        *place = Some(destination);
    }

    pub(crate) fn find(&self, path: &str) -> Option<Match<'_>> {
        let segments: Vec<&str> = segments(path).collect();
        let mut values = Vec::new();
        let found = self.root.find(&segments, &mut values);
        let destination = found.or(self.default.as_ref())?;
        let parameters = destination
            .parameters
            .iter()
            .cloned()
            .zip(
                values
                    .iter()
                    .map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned()),
            )
            .collect();
        Some(Match {
            destination,
            parameters,
        })
    }
}

impl Node {
    fn find(&self, segments: &[&str], values: &mut Vec<String>) -> Option<&Destination> {
        let Some((first, rest)) = segments.split_first() else {
            return self.end.as_ref();
        };
        if let Some(found) = self
            .literals
            .get(*first)
            .and_then(|node| node.find(rest, values))
        {
            return Some(found);
        }
        let before = values.len();
        if let Some(node) = self.parameter.as_ref().filter(|_| !first.is_empty()) {
            values.push((*first).to_owned());
            if let Some(found) = node.find(rest, values) {
                return Some(found);
            }
            values.truncate(before);
        }
        let found = self.greedy.as_ref()?;
        values.push(segments.join("/"));
        Some(found)
    }
}

/// A trailing slash makes an empty last segment, which only a greedy parameter takes.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router() -> Router {
        let mut router = Router::default();
        for (path, function) in [
            ("/v3/plans", "billing"),
            ("/v3/plans/{id}", "billing"),
            ("/v3/plans/default", "special"),
            ("/v3/plans/{id}/prices/{price}", "prices"),
            ("/docs/{proxy+}", "docs"),
            ("$default", "fallback"),
        ] {
            router.add(path, function);
        }
        router
    }

    fn found(path: &str) -> (String, Vec<(String, String)>) {
        let router = router();
        let found = router.find(path).unwrap();
        (
            found.destination.function.clone(),
            found.parameters.into_iter().collect(),
        )
    }

    #[test]
    fn the_most_specific_route_wins() {
        assert_eq!(found("/v3/plans").0, "billing");
        assert_eq!(found("/v3/plans/default").0, "special");
        assert_eq!(
            found("/v3/plans/7"),
            (
                "billing".to_owned(),
                vec![("id".to_owned(), "7".to_owned())]
            )
        );
        assert_eq!(found("/v3/plans/default/prices/3").0, "prices");
    }

    #[test]
    fn parameters_are_decoded_one_segment_each() {
        assert_eq!(
            found("/v3/plans/a%2Fb%20c/prices/%C3%A9").1,
            [
                ("id".to_owned(), "a/b c".to_owned()),
                ("price".to_owned(), "é".to_owned())
            ]
        );
        assert_eq!(
            found("/docs/a/b").1,
            [("proxy".to_owned(), "a/b".to_owned())]
        );
    }

    #[test]
    fn what_matches_nothing_goes_to_the_default() {
        assert_eq!(found("/v3/orders"), ("fallback".to_owned(), Vec::new()));
        assert_eq!(found("/v3/plans/").0, "fallback");
        assert_eq!(found("/").0, "fallback");
        assert!(Router::default().find("/").is_none());
    }
}
