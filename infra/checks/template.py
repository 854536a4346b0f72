"""Lints infra/template.yaml, translates it as a deployment would, and holds the result to the rules that no linter knows.

    python infra/checks/template.py [template.yaml]

It needs requirements.txt and no network. The rules look at the translated template, because what SAM adds is deployed too.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# The translator asks boto3 for a region even though it calls nothing.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).parent.parent / "template.yaml"

# Managed policies name no resource, so each is a wildcard. SAM attaches these to the roles that it makes, and only these may appear.
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole": "writes logs; Lambda decides the names of the streams",
    "AWSLambdaDynamoDBExecutionRole": "reads streams; the mapping's poller needs it, and a stream's ARN has a time stamp in it",
    "AWSLambdaSQSQueueExecutionRole": "receives and deletes messages; the mapping's poller needs it",
}


def translate(path):
    """The CloudFormation template that SAM makes of the file at `path`."""
    template = yaml_parse(path.read_text())
    for resource in template["Resources"].values():
        # `sam build` would have replaced the folder by an uploaded archive.
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return Translator({}, Parser()).translate(template, {})


def lint(path):
    """cfn-lint's findings in the file at `path`, a line each."""
    command = [Path(sys.executable).with_name("cfn-lint"), "--format", "parseable", "--", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode and not result.stdout.strip():
        return [f"cfn-lint failed: {result.stderr.strip()}"]
    return result.stdout.split("\n")[:-1]


class Resources:
    """The resources of a translated template, found by type and by reference."""

    def __init__(self, template):
        self.all = template["Resources"]

    def of_type(self, kind):
        """Pairs of logical id and properties."""
        return [(name, r.get("Properties", {})) for name, r in self.all.items() if r["Type"] == kind]

    def target(self, reference):
        """The logical id that a `Ref` or `Fn::GetAtt` points to, if it is in this template."""
        if not isinstance(reference, dict):
            return None
        name = reference.get("Ref") or reference.get("Fn::GetAtt", [None])[0]
        return name if name in self.all else None

    def properties(self, reference):
        """The properties of what a reference points to, empty if it is elsewhere."""
        return self.all.get(self.target(reference), {}).get("Properties", {})


def as_list(value):
    return value if isinstance(value, list) else [value]


def values_of(key, node):
    """Every value under `key`, however deep in `node`."""
    if isinstance(node, dict):
        for k, v in node.items():
            if k == key:
                yield v
            yield from values_of(key, v)
    elif isinstance(node, list):
        for v in node:
            yield from values_of(key, v)


def iam_wildcards(resources):
    """A role may call exactly what its code calls, on exactly what it calls it on."""
    for name, resource in resources.all.items():
        for arn in as_list(resource.get("Properties", {}).get("ManagedPolicyArns", [])):
            # The ARN is text, or a substitution around the partition.
            policy = json.dumps(arn).rstrip('"}').rsplit("/", 1)[-1]
            if policy not in MANAGED_POLICIES:
                yield f"{name}: the managed policy {policy} is not among those that SAM may add"
        for statement in values_of("Statement", resource):
            for rule in as_list(statement):
                # What is denied may be as wide as it likes; and a telephone number, which SNS publishes to, has no ARN.
                if rule.get("Effect") == "Deny" or (rule.get("Action"), rule.get("Resource")) == ("sns:Publish", "*"):
                    continue
                for key in ("NotAction", "NotResource", "NotPrincipal"):
                    if key in rule:
                        yield f"{name}: {key} allows whatever it does not name"
                for key in ("Action", "Resource", "Principal"):
                    for value in as_list(rule.get(key, [])):
                        if "*" in json.dumps(value):
                            yield f"{name}: wildcard in {key} {json.dumps(value)}"


def unsafe_tables(resources):
    """Nobody deletes or overwrites the ledger by accident for good."""
    for name, table in resources.of_type("AWS::DynamoDB::Table"):
        if table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is not True:
            yield f"{name}: no point-in-time recovery"
        if table.get("DeletionProtectionEnabled") is not True:
            yield f"{name}: no deletion protection"
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resources.all[name].get(policy) != "Retain":
                yield f"{name}: {policy} is not Retain"


def early_redeliveries(resources):
    """A message must not come back while its first receiver may still be at work, retries of a throttled poller included."""
    for name, mapping in resources.of_type("AWS::Lambda::EventSourceMapping"):
        source = resources.target(mapping["EventSourceArn"])
        if source is None or resources.all[source]["Type"] != "AWS::SQS::Queue":
            continue
        visible_after = resources.all[source]["Properties"].get("VisibilityTimeout", 30)
        timeout = resources.properties(mapping["FunctionName"]).get("Timeout", 3)
        if visible_after < 6 * timeout:
            yield f"{name}: {source} redelivers after {visible_after} s, less than six times the timeout of {timeout} s"


def lost_messages(resources):
    """Every queue hands what keeps failing to a dead letter queue, and somebody hears when one holds something."""
    failures = [value for key in ("deadLetterTargetArn", "OnFailure", "DeadLetterConfig") for value in values_of(key, resources.all)]
    # The ARN stands there itself, or under `Destination` or `Arn`.
    ends = {resources.target(value.get("Destination") or value.get("Arn") or value) for value in failures}
    watched = {
        resources.target(dimension["Value"])
        for _, alarm in resources.of_type("AWS::CloudWatch::Alarm")
        for dimension in alarm.get("Dimensions", [])
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    for name, queue in resources.of_type("AWS::SQS::Queue"):
        if name not in ends and "deadLetterTargetArn" not in queue.get("RedrivePolicy", {}):
            yield f"{name}: no dead letter queue"
        if name in ends and name not in watched:
            yield f"{name}: no alarm on its depth"


def endless_logs(resources):
    """Logs cost money for as long as they are kept."""
    for name, function in resources.of_type("AWS::Lambda::Function"):
        if "RetentionInDays" not in resources.properties(function.get("LoggingConfig", {}).get("LogGroup")):
            yield f"{name}: no log group with retention"


# What AWS allows, and how much of that this stack may use before it is somebody's turn to make room. The first two are hard
# limits; routes beyond 300 are for an API that exists already, so a first deployment could not have them.
POLICY_BYTES, MOST_POLICY_BYTES = 20_480, 10_240
INTEGRATIONS, MOST_INTEGRATIONS = 300, 100
ROUTES, MOST_ROUTES = 300, 250
RESOURCES, MOST_RESOURCES = 500, 350
TEMPLATE_BYTES, MOST_TEMPLATE_BYTES = 1_000_000, 500_000
# The longest names that a stack, a region, a function and an API can have: what a reference becomes in a policy.
LONGEST_REFERENCE = 200


def limits(resources):
    """What grows with every operation stays well within what AWS allows."""
    if len(resources.all) > MOST_RESOURCES:
        yield f"{len(resources.all)} resources of at most {MOST_RESOURCES} (AWS: {RESOURCES}): share log groups and alarms"
    size = len(json.dumps(resources.all))
    if size > MOST_TEMPLATE_BYTES:
        yield f"{size} bytes of at most {MOST_TEMPLATE_BYTES} (AWS: {TEMPLATE_BYTES}): have fewer routes"
    for name, api in resources.of_type("AWS::ApiGatewayV2::Api"):
        body = api["Body"]
        routes = sum(key != "parameters" for path in body["paths"].values() for key in path)
        if routes > MOST_ROUTES:
            yield f"{name}: {routes} routes of at most {MOST_ROUTES} (AWS: {ROUTES}): let actions below a record share a parameter"
        # A route that refers to an integration shares it; any other has one of its own.
        shared = body.get("components", {}).get("x-amazon-apigateway-integrations", {})
        own = sum("$ref" not in value for value in values_of("x-amazon-apigateway-integration", body["paths"]))
        if len(shared) + own > MOST_INTEGRATIONS:
            yield f"{name}: {len(shared) + own} integrations of at most {MOST_INTEGRATIONS} (AWS: {INTEGRATIONS}): share them"
    policies = {}
    for name, permission in resources.of_type("AWS::Lambda::Permission"):
        function = resources.target(permission["FunctionName"])
        references = sum(1 for _ in values_of("Ref", permission)) + json.dumps(permission).count("${")
        statement = len(json.dumps(permission)) + len(name) + references * LONGEST_REFERENCE
        policies[function] = policies.get(function, 0) + statement
    for function, size in policies.items():
        if size > MOST_POLICY_BYTES:
            yield f"{function}: a policy of {size} bytes of at most {MOST_POLICY_BYTES} (AWS: {POLICY_BYTES}): one permission for the API"


RULES = [limits, iam_wildcards, unsafe_tables, early_redeliveries, lost_messages, endless_logs]


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else TEMPLATE
    findings = lint(path)
    try:
        translated = translate(path)
    except InvalidDocumentException as error:
        sys.exit("\n".join([*findings, f"{path.name} does not translate: {error.message}", *(c.message for c in error.causes)]))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(translated, file, indent=1)
        file.flush()
        findings += [f"translated {line}" for line in lint(file.name)]
    resources = Resources(translated)
    for rule in RULES:
        findings += [f"{rule.__name__}: {finding}" for finding in rule(resources)]
    if findings:
        sys.exit("\n".join(findings))
    routes = sum(len(api["Body"]["paths"]) for _, api in resources.of_type("AWS::ApiGatewayV2::Api"))
    print(f"{path.name}: {len(resources.all)} resources and {routes} routes after translation, no findings")


if __name__ == "__main__":
    main()
