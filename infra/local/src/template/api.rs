//! The HTTP API: its OpenAPI document names a function for each path, and permissions say whom it may invoke.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Route, string};
use crate::Error;

/// Where the integrations are that routes refer to.
const INTEGRATIONS: &str = "#/components/x-amazon-apigateway-integrations/";
/// The key of what answers a path whatever the method.
const ANY: &str = "x-amazon-apigateway-any-method";

/// What was read of the API so far: resources come in any order.
#[derive(Default)]
pub(super) struct Api {
    /// Names of crates by logical id.
    pub(super) functions: BTreeMap<String, String>,
    /// Paths with the name of their integration.
    paths: Vec<(String, String)>,
    /// Logical ids of functions by the name of their integration.
    integrations: BTreeMap<String, String>,
    /// Functions that the API may invoke.
    permitted: BTreeSet<String>,
}

impl Api {
    /// Reads the document of an API.
    pub(super) fn read(&mut self, properties: &Value) -> Result<(), Error> {
        let document = properties
            .get("DefinitionBody")
            .ok_or_else(|| Error::Template("the API has no DefinitionBody".to_owned()))?;
        let integrations = document.pointer("/components/x-amazon-apigateway-integrations");
        for (name, integration) in integrations
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let function = invoked(name, integration)?;
            self.integrations.insert(name.clone(), function);
        }
        let paths = document.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            let integration = integration_of(path, item)?;
            self.paths.push((path.clone(), integration));
        }
        Ok(())
    }

    /// Reads a permission: who may invoke a function.
    pub(super) fn permit(&mut self, properties: &Value) {
        let by_api = string(properties, "Principal") == Some("apigateway.amazonaws.com");
        let function = string(properties, "FunctionName").unwrap_or_default();
        if by_api {
            // The stack's name stands before the logical id.
            let logical = function.rsplit('-').next().unwrap_or_default();
            self.permitted.insert(logical.to_owned());
        }
    }

    /// The routes, each to a function that is there and may be invoked.
    pub(super) fn routes(self) -> Result<Vec<Route>, Error> {
        let mut routes = Vec::with_capacity(self.paths.len());
        for (path, integration) in self.paths {
            let absent =
                |what: &str| Error::Template(format!("{path} has no {what} {integration}"));
            let logical = self.integrations.get(&integration);
            let logical = logical.ok_or_else(|| absent("integration"))?;
            let function = self.functions.get(logical);
            let function = function.ok_or_else(|| absent("function"))?.clone();
            if !self.permitted.contains(logical) {
                return Err(absent("permission to invoke"));
            }
            let path = match path.as_str() {
                "/$default" => "$default".to_owned(),
                _ => path,
            };
            routes.push(Route { path, function });
        }
        Ok(routes)
    }
}

/// The logical id of the function that an integration invokes with payload 2.0.
fn invoked(name: &str, integration: &Value) -> Result<String, Error> {
    let understood = string(integration, "type") == Some("aws_proxy")
        && string(integration, "httpMethod") == Some("POST")
        && string(integration, "payloadFormatVersion") == Some("2.0");
    let uri = string(integration, "uri").unwrap_or_default();
    let function = uri
        .strip_suffix("/invocations")
        .and_then(|uri| uri.rsplit_once(":function:"));
    match function {
        Some((_, function)) if understood => Ok(function.to_owned()),
        Some(_) | None => Err(Error::Template(format!(
            "the integration {name} is not understood here"
        ))),
    }
}

/// The name of the integration of a path. What a path can have beside it changes nothing here, so it is refused.
fn integration_of(path: &str, item: &Value) -> Result<String, Error> {
    let not_understood = || Error::Template(format!("the path {path} is not understood here"));
    let keys = item.as_object().ok_or_else(not_understood)?.keys();
    if keys
        .into_iter()
        .any(|key| key != ANY && key != "parameters")
    {
        return Err(not_understood());
    }
    let reference = item
        .pointer("/x-amazon-apigateway-any-method/x-amazon-apigateway-integration/$ref")
        .and_then(Value::as_str)
        .and_then(|reference| reference.strip_prefix(INTEGRATIONS));
    let declared = item.get("parameters").and_then(Value::as_array);
    let declared = declared.into_iter().flatten();
    let declared: Vec<&str> = declared.filter_map(|one| string(one, "name")).collect();
    let named = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| name.trim_end_matches('+'));
    // An import that fails on warnings fails on a parameter that is not declared.
    if named.collect::<Vec<_>>() != declared {
        return Err(Error::Template(format!(
            "the parameters of {path} are not those that it declares"
        )));
    }
    reference.map(str::to_owned).ok_or_else(not_understood)
}
