//! The policies of the template, enforced: a request that AWS would refuse is refused here.
//!
//! Each function signs with an access key id of its own, so that its requests can be told from those of others. Whoever signs
//! with another id is the developer, who may do everything; signatures are not checked. The rights that only the Lambda service
//! uses on behalf of a function (its sources, its destinations) are none of a function's own here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, StatusCode};

use crate::reply::Refusal;
use crate::template::{ACCOUNT, Grant, Resource, Template};

mod requests;

/// The access key id of the developer: for seeding, and for tools.
pub const DEVELOPER: &str = "local";
/// What the access key id of a function begins with.
const PREFIX: &str = "local-";

/// The access key id with which a function signs.
pub fn access_key_id(function: &str) -> String {
    format!("{PREFIX}{function}")
}

/// The rights of all functions, and which of them were ever used.
#[derive(Debug)]
pub struct Access {
    /// By name of the function.
    roles: BTreeMap<String, Role>,
}

/// The rights of one function.
#[derive(Debug)]
pub(crate) struct Role {
    function: String,
    rights: Vec<Right>,
}

#[derive(Debug)]
struct Right {
    grant: Grant,
    used: AtomicBool,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Caller<'a> {
    Developer,
    Function(&'a Role),
    /// The id is that of a function which the template does not have.
    Unknown(&'a str),
}

impl Access {
    /// The rights that the template grants.
    pub fn new(template: &Template) -> Self {
        let right = |grant: &Grant| Right {
            grant: grant.clone(),
            used: AtomicBool::new(false),
        };
        let roles = template.functions.iter().map(|function| {
            let role = Role {
                function: function.name.clone(),
                rights: function.grants.iter().map(right).collect(),
            };
            (function.name.clone(), role)
        });
        Self {
            roles: roles.collect(),
        }
    }

    /// The grants that no request has needed so far, with their functions.
    pub fn unused(&self) -> Vec<(&str, &Grant)> {
        self.roles
            .values()
            .flat_map(|role| {
                let unused = |right: &&Right| !right.used.load(Ordering::Relaxed);
                let rights = role.rights.iter().filter(unused);
                rights.map(|right| (role.function.as_str(), &right.grant))
            })
            .collect()
    }

    /// Who signed a request with these headers. One without a signature is the developer's as well: `curl` has none.
    pub(crate) fn caller<'a>(&'a self, headers: &'a HeaderMap) -> Caller<'a> {
        let Some(function) = signer(headers).and_then(|id| id.strip_prefix(PREFIX)) else {
            return Caller::Developer;
        };
        self.roles
            .get(function)
            .map_or(Caller::Unknown(function), Caller::Function)
    }
}

impl Role {
    /// Refuses what no grant allows. A request without a name of anything needs a right to everything, which nobody has.
    fn need(
        &self,
        service: &str,
        action: &str,
        resource: Option<Resource<&str>>,
    ) -> Result<(), Refusal> {
        let allows = |right: &&Right| {
            Some(right.grant.resource.borrowed()) == resource
                && right.grant.action.split_once(':') == Some((service, action))
        };
        if let Some(right) = self.rights.iter().find(allows) {
            right.used.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let function = &self.function;
        let resource = resource.map_or_else(|| "*".to_owned(), |resource| resource.to_string());
        let action = format!("{service}:{action}");
        tracing::warn!(
            function,
            action,
            resource,
            "the policies of a function refuse its request"
        );
        let message = format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/{function}/{function} is not authorized to perform: {action} \
             on resource: {resource} because no identity-based policy allows the {action} action"
        );
        Err(denied(service, "AccessDenied", message))
    }
}

/// A refusal as the service words it. SQS still has the status and the code of its old protocol; its clients see that code.
fn denied(service: &str, code: &'static str, message: String) -> Refusal {
    let kind = match code {
        "AccessDenied" => "com.amazon.coral.service#AccessDeniedException",
        _ => "com.amazon.coral.service#UnrecognizedClientException",
    };
    let refusal = Refusal::new(kind, message);
    if service == "sqs" {
        Refusal {
            status: StatusCode::FORBIDDEN,
            ..refusal.with_query_code(code)
        }
    } else {
        refusal
    }
}

/// The access key id out of `AWS4-HMAC-SHA256 Credential=<id>/<day>/<region>/…`.
fn signer(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get("authorization")?.to_str().ok()?;
    let parameters = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let (_, credential) = parameters.split_once("Credential=")?;
    credential.split('/').next()
}
