"""Every setting of the stack that a document names is one of modules/millrace, in a sentence and in an example."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest

from scripts import terraform_docs
from scripts.terraform_docs import members_of
from tests.unit.docs.shown_commands import documents, inline

_PATH = re.compile(r"([a-z_]+(?:\.\w+)+)(?: = .*)?")
_EXAMPLE = re.compile(r"^```hcl\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARIABLES = terraform_docs.read(terraform_docs.MODULE).variables
# Of the root alone, and of any call of a module.
ROOT_VARIABLES = set(terraform_docs.read(terraform_docs.ROOT / "terraform").variables)
OF_CALLS = {"source", "for_each", "providers", "depends_on"}
PAGES = [path for path in documents() if "modules" not in path.parts or path.parent.name == "millrace"]
# Of the same first name: outputs of the stack, members of a manifest, modules of Python and files.
OTHERS = {
    *("encryption.key_arn", "encryption.key_policy", "event_stream.arn", "event_topic.arn", "http.key_ids"),
    *("prediction_sink.arn", "scorer.role_arn"),
    *("model.digest", "model.objective", "model.quantized", "model.rounds", "model.variant"),
    *("model.booster_.save_model", "scorer.http_handler", "scorer.http_handler.handler"),
    *("model.json", "model.onnx", "model.tar.gz", "model.ubj", "alarms.tf", "scorer.log"),
}


def kind_of(path: str) -> str:
    """The type of a setting, as Terraform writes it; empty for one that is not there."""
    first, *members = path.split(".")
    kind = _type(terraform_docs._text(VARIABLES[first].get("type", "any"))) if first in VARIABLES else ""
    for member in members:
        kind = _type(members_of(kind).get(member, ""))
    return kind


def _type(kind: str) -> str:
    """Without `optional`; of a map, the type of its values."""
    kind = terraform_docs._unwrapped(kind)
    return _type(kind.removeprefix("map(").removesuffix(")")) if kind.startswith("map(") else kind


def named(page: Path) -> set[str]:
    """The paths between backticks that begin with the name of a variable."""
    found = (_PATH.fullmatch(code) for code in inline(page.read_text()))
    return {match[1] for match in found if match and match[1].split(".")[0] in VARIABLES}


def set_in_examples(page: Path) -> Iterator[str]:
    """The paths of what the examples of a page set: in calls of the module, and in files of variables."""
    for example in _EXAMPLE.findall(page.read_text()):
        found = hcl2.loads(example)
        calls = [call for block in found.get("module", []) for call in block.values() if "millrace" in call["source"]]
        for values in calls or ([found] if set(found) & set(VARIABLES) else []):
            yield from _paths(values, "")


def _paths(values: dict[str, Any], above: str) -> Iterator[str]:
    for name, value in values.items():
        if name.startswith("__"):  # python-hcl2's own
            continue
        path = f"{above}{name}"
        if not above and (name in OF_CALLS or name in ROOT_VARIABLES - set(VARIABLES)):
            continue
        yield path
        if isinstance(value, dict) and "object(" in kind_of(path):
            yield from _paths(value, f"{path}.")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(terraform_docs.ROOT).as_posix())
def test_a_setting_that_is_named_is_there(page: Path) -> None:
    assert {path for path in named(page) - OTHERS if not kind_of(path)} == set()
    assert {path for path in set_in_examples(page) if not kind_of(path)} == set()


def test_settings_are_found() -> None:
    assert len(set().union(*map(named, PAGES))) > 80
    assert len({path for page in PAGES for path in set_in_examples(page)}) > 20


@pytest.mark.parametrize("path", ["scorer.memory", "scorers.memory_mb", "event_streams.shard", "name.x"])
def test_what_is_not_there_is_found(path: str) -> None:
    assert kind_of(path) == ""
