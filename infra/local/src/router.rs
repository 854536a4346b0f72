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
    /// `{proxy+}`: the methods of a route that takes the rest of the path.
    greedy: BTreeMap<String, Destination>,
    methods: BTreeMap<String, Destination>,
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) function: String,
    /// `GET /v3/plans/{id}`, or `$default`.
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
    pub(crate) fn add(&mut self, method: &str, path: &str, function: &str) {
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
            route_key: format!("{method} {path}"),
            parameters,
        };
        let methods = if is_greedy {
            &mut node.greedy
        } else {
            &mut node.methods
        };
        methods.insert(method.to_owned(), destination);
    }

    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        let segments: Vec<&str> = segments(path).collect();
        let mut values = Vec::new();
        let found = self.root.find(method, &segments, &mut values);
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
    fn find(
        &self,
        method: &str,
        segments: &[&str],
        values: &mut Vec<String>,
    ) -> Option<&Destination> {
        let Some((first, rest)) = segments.split_first() else {
            return of_method(&self.methods, method);
        };
        if let Some(found) = self
            .literals
            .get(*first)
            .and_then(|node| node.find(method, rest, values))
        {
            return Some(found);
        }
        let before = values.len();
        if let Some(node) = self.parameter.as_ref().filter(|_| !first.is_empty()) {
            values.push((*first).to_owned());
            if let Some(found) = node.find(method, rest, values) {
                return Some(found);
            }
            values.truncate(before);
        }
        let found = of_method(&self.greedy, method)?;
        values.push(segments.join("/"));
        Some(found)
    }
}

fn of_method<'n>(
    methods: &'n BTreeMap<String, Destination>,
    method: &str,
) -> Option<&'n Destination> {
    methods.get(method).or_else(|| methods.get("ANY"))
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
        for (method, path, function) in [
            ("GET", "/v3/plans", "billing"),
            ("GET", "/v3/plans/{id}", "billing"),
            ("GET", "/v3/plans/default", "special"),
            ("ANY", "/v3/plans/{id}/prices/{price}", "prices"),
            ("GET", "/docs/{proxy+}", "docs"),
            ("ANY", "$default", "fallback"),
        ] {
            router.add(method, path, function);
        }
        router
    }

    fn found(method: &str, path: &str) -> (String, Vec<(String, String)>) {
        let router = router();
        let found = router.find(method, path).unwrap();
        (
            found.destination.function.clone(),
            found.parameters.into_iter().collect(),
        )
    }

    #[test]
    fn the_most_specific_route_wins() {
        assert_eq!(found("GET", "/v3/plans").0, "billing");
        assert_eq!(found("GET", "/v3/plans/default").0, "special");
        assert_eq!(
            found("GET", "/v3/plans/7"),
            (
                "billing".to_owned(),
                vec![("id".to_owned(), "7".to_owned())]
            )
        );
        assert_eq!(found("PUT", "/v3/plans/default/prices/3").0, "prices");
    }

    #[test]
    fn parameters_are_decoded_one_segment_each() {
        assert_eq!(
            found("GET", "/v3/plans/a%2Fb%20c/prices/%C3%A9").1,
            [
                ("id".to_owned(), "a/b c".to_owned()),
                ("price".to_owned(), "é".to_owned())
            ]
        );
        assert_eq!(
            found("GET", "/docs/a/b").1,
            [("proxy".to_owned(), "a/b".to_owned())]
        );
    }

    #[test]
    fn what_matches_nothing_goes_to_the_default() {
        assert_eq!(
            found("POST", "/v3/plans"),
            ("fallback".to_owned(), Vec::new())
        );
        assert_eq!(found("GET", "/v3/plans/").0, "fallback");
        assert_eq!(found("GET", "/").0, "fallback");
        assert!(Router::default().find("GET", "/").is_none());
    }
}
