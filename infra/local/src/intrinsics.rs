//! The intrinsic functions of the template, resolved to what they name on this machine.
//!
//! The whole document becomes plain JSON before anything reads it, so no reader has to know that a value was once a `!Ref`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use serde_yaml_ng::Value as Yaml;

use crate::Error;

/// The region that local resources claim to be in.
pub const REGION: &str = "us-east-1";
/// The account that local resources claim to belong to.
pub const ACCOUNT: &str = "000000000000";
/// The name of the stack, which prefixes the names of resources.
pub const STACK: &str = "savvy";

/// A template with the values that its parameters have here.
pub(crate) struct Resolver<'a> {
    document: &'a Yaml,
    parameters: &'a BTreeMap<String, String>,
    aws_port: u16,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        document: &'a Yaml,
        parameters: &'a BTreeMap<String, String>,
        aws_port: u16,
    ) -> Self {
        Self {
            document,
            parameters,
            aws_port,
        }
    }

    /// The value without intrinsics. `None` is `AWS::NoValue`: the key or element that held it disappears.
    pub(crate) fn resolve(&self, value: &Yaml) -> Result<Option<Value>, Error> {
        Ok(Some(match value {
            Yaml::Null => Value::Null,
            Yaml::Bool(flag) => Value::Bool(*flag),
            Yaml::Number(_) => serde_json::to_value(value)?,
            Yaml::String(text) => Value::String(text.clone()),
            Yaml::Sequence(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.resolve(item)?);
                }
                Value::Array(list)
            }
            Yaml::Mapping(entries) => {
                let mut map = Map::new();
                for (key, entry) in entries {
                    let Some(key) = scalar(key) else {
                        return Err(Error::Template("a key is not a scalar".to_owned()));
                    };
                    if let Some(entry) = self.resolve(entry)? {
                        map.insert(key, entry);
                    }
                }
                Value::Object(map)
            }
            Yaml::Tagged(tagged) => {
                let name = tagged.tag.to_string();
                return self.call(name.trim_start_matches('!'), &tagged.value);
            }
        }))
    }

    fn call(&self, function: &str, argument: &Yaml) -> Result<Option<Value>, Error> {
        match function {
            "Ref" => {
                let name = text(function, argument)?;
                if name == "AWS::NoValue" {
                    return Ok(None);
                }
                self.reference(name).map(|value| Some(Value::String(value)))
            }
            "GetAtt" => {
                let path = match argument {
                    Yaml::Sequence(parts) => parts
                        .iter()
                        .filter_map(Yaml::as_str)
                        .collect::<Vec<_>>()
                        .join("."),
                    Yaml::Null
                    | Yaml::Bool(_)
                    | Yaml::Number(_)
                    | Yaml::String(_)
                    | Yaml::Mapping(_)
                    | Yaml::Tagged(_) => text(function, argument)?.to_owned(),
                };
                self.attribute(&path)
                    .map(|value| Some(Value::String(value)))
            }
            "Sub" => self
                .substitute(argument)
                .map(|text| Some(Value::String(text))),
            "If" => {
                let Some([condition, yes, no]) = argument.as_sequence().map(Vec::as_slice) else {
                    return Err(Error::Template("!If takes three values".to_owned()));
                };
                let branch = if self.condition(text(function, condition)?)? {
                    yes
                } else {
                    no
                };
                self.resolve(branch)
            }
            "Join" => {
                let Some([separator, items]) = argument.as_sequence().map(Vec::as_slice) else {
                    return Err(Error::Template("!Join takes two values".to_owned()));
                };
                let items = self.resolve(items)?.unwrap_or_default();
                let items: Vec<&str> = items
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                Ok(Some(Value::String(items.join(text(function, separator)?))))
            }
            "Equals" | "Not" | "And" | "Or" | "Condition" => self
                .truth(function, argument)
                .map(|flag| Some(Value::Bool(flag))),
            unknown => Err(Error::Template(format!(
                "!{unknown} is not understood here"
            ))),
        }
    }

    fn condition(&self, name: &str) -> Result<bool, Error> {
        match self
            .document
            .get("Conditions")
            .and_then(|all| all.get(name))
        {
            Some(Yaml::Tagged(tagged)) => {
                let function = tagged.tag.to_string();
                self.truth(function.trim_start_matches('!'), &tagged.value)
            }
            _ => Err(Error::Template(format!("no condition {name}"))),
        }
    }

    fn truth(&self, function: &str, argument: &Yaml) -> Result<bool, Error> {
        if function == "Condition" {
            return self.condition(text(function, argument)?);
        }
        let arguments = argument
            .as_sequence()
            .ok_or_else(|| Error::Template(format!("!{function} takes a list")))?;
        let values = arguments
            .iter()
            .map(|value| self.resolve(value))
            .collect::<Result<Vec<_>, _>>()?;
        let is_true = |value: &Option<Value>| *value == Some(Value::Bool(true));
        Ok(match function {
            "Equals" => values.windows(2).all(|pair| pair.first() == pair.last()),
            "Not" => !values.iter().any(is_true),
            "And" => values.iter().all(is_true),
            _ => values.iter().any(is_true),
        })
    }

    fn substitute(&self, argument: &Yaml) -> Result<String, Error> {
        let (pattern, variables) = match argument.as_sequence().map(Vec::as_slice) {
            Some([pattern, variables]) => (text("Sub", pattern)?, Some(variables)),
            _ => (text("Sub", argument)?, None),
        };
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                return Err(Error::Template(format!("unclosed ${{ in {pattern}")));
            };
            rest = tail;
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str("${");
                out.push_str(literal);
                out.push('}');
            } else if let Some(value) = variables.and_then(|all| all.get(name)) {
                let value = self.resolve(value)?.unwrap_or_default();
                out.push_str(value.as_str().unwrap_or_default());
            } else if name.contains('.') {
                out.push_str(&self.attribute(name)?);
            } else {
                out.push_str(&self.reference(name)?);
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn reference(&self, name: &str) -> Result<String, Error> {
        Ok(match name {
            "AWS::Region" => REGION.to_owned(),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::StackName" => STACK.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackId" => arn("cloudformation", &format!("stack/{STACK}/local")),
            _ => {
                if let Some(value) = self.parameters.get(name) {
                    return Ok(value.clone());
                }
                if let Some(parameter) = self
                    .document
                    .get("Parameters")
                    .and_then(|all| all.get(name))
                {
                    return Ok(parameter
                        .get("Default")
                        .and_then(scalar)
                        .unwrap_or_default());
                }
                let physical = self.physical_name(name)?;
                match self.kind(name)? {
                    "AWS::SQS::Queue" => queue_url(self.aws_port, &physical),
                    _ => physical,
                }
            }
        })
    }

    fn attribute(&self, path: &str) -> Result<String, Error> {
        let (logical, attribute) = path.split_once('.').unwrap_or((path, "Arn"));
        let physical = self.physical_name(logical)?;
        Ok(match (self.kind(logical)?, attribute) {
            ("AWS::SQS::Queue", "Arn") => arn("sqs", &physical),
            ("AWS::SQS::Queue", "QueueUrl") => queue_url(self.aws_port, &physical),
            ("AWS::Events::EventBus", "Arn") => arn("events", &format!("event-bus/{physical}")),
            ("AWS::Events::Rule", "Arn") => arn("events", &format!("rule/{physical}")),
            ("AWS::DynamoDB::Table", "Arn") => arn("dynamodb", &format!("table/{physical}")),
            ("AWS::DynamoDB::Table", "StreamArn") => {
                arn("dynamodb", &format!("table/{physical}/stream/local"))
            }
            ("AWS::Serverless::Function", "Arn") => arn("lambda", &format!("function:{logical}")),
            (_, "QueueName" | "Name") => physical,
            (kind, _) => {
                let service = kind.split("::").nth(1).unwrap_or_default().to_lowercase();
                arn(&service, &physical)
            }
        })
    }

    fn kind(&self, logical: &str) -> Result<&str, Error> {
        self.document
            .get("Resources")
            .and_then(|all| all.get(logical)?.get("Type")?.as_str())
            .or_else(|| self.generated_kind(logical))
            .ok_or_else(|| Error::Template(format!("no parameter or resource {logical}")))
    }

    /// The kind of a resource that SAM makes out of a function, which other resources may refer to as well.
    fn generated_kind(&self, logical: &str) -> Option<&'static str> {
        let resources = self.document.get("Resources")?.as_mapping()?;
        resources.iter().find_map(|(id, resource)| {
            if resource.get("Type")?.as_str()? != "AWS::Serverless::Function" {
                return None;
            }
            let suffix = logical.strip_prefix(id.as_str()?)?;
            if suffix == "Role" {
                return Some("AWS::IAM::Role");
            }
            let event = resource.get("Properties")?.get("Events")?.get(suffix)?;
            match event.get("Type")?.as_str()? {
                "EventBridgeRule" | "CloudWatchEvent" | "Schedule" => Some("AWS::Events::Rule"),
                "ScheduleV2" => Some("AWS::Scheduler::Schedule"),
                "SQS" | "DynamoDB" => Some("AWS::Lambda::EventSourceMapping"),
                _ => None,
            }
        })
    }

    /// The name that the template gives, or else one made from stack and logical id, as a stack would.
    pub(crate) fn physical_name(&self, logical: &str) -> Result<String, Error> {
        self.kind(logical)?;
        let properties = self
            .document
            .get("Resources")
            .and_then(|all| all.get(logical)?.get("Properties"));
        for key in ["QueueName", "TableName", "Name"] {
            if let Some(given) = properties.and_then(|properties| properties.get(key)) {
                let given = self.resolve(given)?.unwrap_or_default();
                if let Some(given) = given.as_str() {
                    return Ok(given.to_owned());
                }
            }
        }
        Ok(format!("{STACK}-{logical}"))
    }
}

/// The address of a queue on the local endpoint.
pub fn queue_url(aws_port: u16, name: &str) -> String {
    format!("http://127.0.0.1:{aws_port}/{ACCOUNT}/{name}")
}

/// The resource name of something local.
pub fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

fn text<'y>(function: &str, argument: &'y Yaml) -> Result<&'y str, Error> {
    argument
        .as_str()
        .ok_or_else(|| Error::Template(format!("!{function} takes a string here")))
}

/// Scalars are strings to parameters and keys, whatever YAML makes of them.
fn scalar(value: &Yaml) -> Option<String> {
    match value {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Number(number) => Some(number.to_string()),
        Yaml::Bool(flag) => Some(flag.to_string()),
        Yaml::Null | Yaml::Sequence(_) | Yaml::Mapping(_) | Yaml::Tagged(_) => None,
    }
}
