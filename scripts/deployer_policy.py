"""The IAM actions of a deployer, from the calls that an apply makes: writes, or with --check compares, what
terraform/modules/deploy_role reads.

    deployer_policy.py [--check]          from scripts/deployer_calls.json and scripts/deployer_policy.toml
    deployer_policy.py --record LOG ...   first add the calls in logs of LocalStack to the recorded ones
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CALLS, RULES = HERE / "deployer_calls.json", HERE / "deployer_policy.toml"
ACTIONS = HERE.parent / "terraform" / "modules" / "deploy_role" / "actions.json"

_CALL = re.compile(r"AWS ([a-z0-9-]+)\.([A-Za-z0-9]+) => ")
# Actions that change nothing, for a role that only plans.
_READS = re.compile(r"(Describe|Get|GET|List)")


def logged(log: str) -> set[str]:
    """The calls in a log of LocalStack, as `service:Operation`."""
    return {f"{service}:{operation}" for service, operation in _CALL.findall(log)}


def deployers(calls: Iterable[str]) -> set[str]:
    """Of these calls those that a deployer makes: not the pollers', not those for the state."""
    return set(calls) - set(_rules()["ignored"]) - {"sts:GetCallerIdentity"}


def actions(calls: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """What a deployer must be allowed, by service: `reads`, and `writes`."""
    rules = _rules()
    renamed = {_renamed(call, rules) for call in deployers(calls)}
    every = sorted(renamed.union(*rules["added"].values()))
    by_service = {service: [*found] for service, found in groupby(every, lambda action: action.partition(":")[0])}
    return {
        service: {
            "reads": [action for action in found if _reads(action)],
            "writes": [action for action in found if not _reads(action)],
        }
        for service, found in by_service.items()
    }


def recorded() -> list[str]:
    """The calls of an apply, recorded."""
    calls: list[str] = json.loads(CALLS.read_text())
    return calls


def written(calls: Iterable[str]) -> str:
    """The file that the module reads."""
    return json.dumps(actions(calls), indent=2) + "\n"


def _renamed(call: str, rules: dict[str, Any]) -> str:
    """What IAM calls it. Of API Gateway it knows the HTTP methods only."""
    service, _, operation = call.partition(":")
    for beginning, method in rules["methods"].get(service, {}).items():
        if operation.startswith(beginning):
            return f"{service}:{method}"
    renamed: str = rules["renamed"].get(call, call)
    return renamed


def _reads(action: str) -> bool:
    return bool(_READS.match(action.partition(":")[2]))


def _rules() -> dict[str, Any]:
    return tomllib.loads(RULES.read_text())


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--record"]:
        found = set().union(*(logged(Path(log).read_text()) for log in arguments[1:]))
        before = set(recorded()) if CALLS.exists() else set()
        CALLS.write_text(json.dumps(sorted(before | deployers(found)), indent=2) + "\n")
    text = written(recorded())
    if arguments == ["--check"]:
        if ACTIONS.read_text() != text:
            print(f"{ACTIONS}: expected what scripts/deployer_policy.py writes; run it", file=sys.stderr)
            return 1
        return 0
    ACTIONS.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
