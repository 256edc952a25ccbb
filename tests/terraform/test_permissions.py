"""Every action in a policy of a module is in the list of those that are used or explained, and in reverse."""

import re
import tomllib

from millrace.paths import ROOT

FILE = tomllib.loads((ROOT / "tests" / "integration" / "permissions.toml").read_text())

SERVICES = "dynamodb|ec2|events|execute-api|firehose|kinesis|kms|lambda|logs|s3|sns|sqs|states|sts|xray"
ACTION = re.compile(rf'"((?:{SERVICES}):[A-Z][A-Za-z*]*)"')
# Condition keys look the same.
CONDITION_KEYS = {
    "kms:MessageType",
    "kms:SigningAlgorithm",
    "kms:ViaService",
    "lambda:InvokedViaFunctionUrl",
    "lambda:SourceFunctionArn",
    "s3:ResourceAccount",
}
# Of a key's own policy: the account's administrators and CloudWatch Logs.
OF_KEYS = re.compile(r'Action\s*= \[(?:(?!\]).)*"kms:(?:CancelKeyDeletion|ReEncryptFrom)"(?:(?!\]).)*\]', re.DOTALL)

# Its policy is generated from the calls of an apply.
DEPLOYER = "deploy_role"


def test_every_action_of_the_modules_is_used_or_explained() -> None:
    written: set[str] = set()
    for file in (ROOT / "terraform" / "modules").glob("*/*.tf"):
        if file.parent.name == DEPLOYER:
            continue
        written |= set(ACTION.findall(OF_KEYS.sub("", file.read_text()))) - CONDITION_KEYS

    used = {action for actions in FILE["used"].values() for action in actions}
    unused = {action for actions in FILE["unused"].values() for action in actions}

    assert written == used | unused | set(FILE["not_deployed"])


def test_every_explanation_says_something() -> None:
    reasons = [*FILE["not_deployed"].items(), *(pair for group in FILE["unused"].values() for pair in group.items())]

    assert [action for action, reason in reasons if len(reason) < 10] == []
