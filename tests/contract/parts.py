"""What makes a source, a sink or a framework whole, and which of its parts are missing."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_protocol_members

from millrace.paths import ROOT
from millrace.report.cost import DEFAULT
from millrace.sinks.operations import SinkOperations
from millrace.sources.operations import SourceOperations
from sources.source import Source

# Called by `millrace redrive` alone: its operators' part is that command, and Terraform makes nothing for it.
INTERNAL_SOURCES = ("redrive",)
PAGE = "docs/sources-and-sinks.md"
CALLS = "terraform/modules/millrace/sources.tf"


def recorded_events(root: Path = ROOT) -> dict[str, Any]:
    """The events in tests/events, by the name of their file."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((root / "tests" / "events").glob("*.json"))}


def missing_of_source(source: Source, operations: Mapping[str, Any], root: Path = ROOT) -> list[str]:
    """What a registered source lacks: the file to add, and what for.

    operations : `millrace.sources.SOURCES`. root : of the project's files.
    """
    name = source.name

    def parts() -> Iterator[tuple[bool, str]]:
        events = recorded_events(root).values()
        yield _exists(root, f"functions/sources/{name}.py"), f"functions/sources/{name}.py: the source"
        yield any(map(source.claims, events)), f"tests/events/{name}.json: an event of {name}, as Lambda gets it"
        yield (
            any(_begins(cells, name) for cells in _rows(root, "### Identity", "source")),
            f"docs/contracts.md, Identity: a row for the position of {name}",
        )
        if name in INTERNAL_SOURCES:
            return
        part = operations.get(name)
        yield part is not None, f"millrace/sources/{name}.py: its operators' part, with an entry in SOURCES"
        yield _exists(root, f"millrace/sources/{name}.py"), f"millrace/sources/{name}.py: the operators' part's file"
        for member in _unset(part, SourceOperations):
            yield False, f"millrace/sources/{name}.py: the member {member} of its operators' part"
        for price in _without_price(part):
            yield False, f"millrace/report/prices.json: the price {price} that {name} is charged by"
        box = getattr(part, "path", name)
        yield _exists(root, f"terraform/modules/{box}/main.tf"), f"terraform/modules/{box}: its Terraform module"
        yield _called(root, box), f"{CALLS}: a call of module {box}"
        yield _watched(root, box), f"{CALLS}: module.{box}.source in local.sources"
        yield (
            f"../functions/sources/{name}.py" in _text(root, PAGE),
            f"{PAGE}, Sources: a row that links functions/sources/{name}.py",
        )

    return [what for present, what in parts() if not present]


def missing_of_sink(name: str, operations: Mapping[str, Any], root: Path = ROOT) -> list[str]:
    """What a registered sink lacks, as `missing_of_source`. operations : `millrace.sinks.SINKS`."""

    def parts() -> Iterator[tuple[bool, str]]:
        part, module = operations.get(name), "terraform/modules/prediction_sink"
        yield _exists(root, f"functions/sinks/{name}.py"), f"functions/sinks/{name}.py: the sink, with a function make"
        yield (
            part is not None and _exists(root, f"millrace/sinks/{name}.py"),
            f"millrace/sinks/{name}.py: its operators' part, with an entry in SINKS",
        )
        for member in _unset(part, SinkOperations):
            yield False, f"millrace/sinks/{name}.py: the member {member} of its operators' part"
        for price in _without_price(part):
            yield False, f"millrace/report/prices.json: the price {price} that {name} is charged by"
        yield _exists(root, f"{module}/{name}.tf"), f"{module}/{name}.tf: what Terraform makes for it"
        yield name in _types(root), f"{module}/variables.tf: {name} in the validation of type"
        yield (
            _exists(root, f"tests/events/answers/{name}.json"),
            f"tests/events/answers/{name}.json: an answer in which the second of three entries failed",
        )
        yield (
            any(_begins(cells, name) for cells in _rows(root, "## Prediction", "sink")),
            f"docs/contracts.md, Prediction: a row for the limits of {name}",
        )
        yield (
            f"../functions/sinks/{name}.py" in _text(root, PAGE),
            f"{PAGE}, Sinks: a row that links functions/sinks/{name}.py",
        )

    return [what for present, what in parts() if not present]


def missing_of_framework(name: str, examples: Mapping[str, Callable[[], Any]], root: Path = ROOT) -> list[str]:
    """What a registered framework lacks. examples : makes an artifact of each framework."""
    parts = {
        f"functions/predictors/{name}/__init__.py: the framework": _exists(
            root, f"functions/predictors/{name}/__init__.py"
        ),
        f"tests/contract/test_frameworks.py, EXAMPLES: an artifact of {name}": name in examples,
        f"docs/contracts.md, Model artifact: {name} and its model's file, in the row of files": _model_file(root, name),
    }
    return [what for what, present in parts.items() if not present]


def _exists(root: Path, path: str) -> bool:
    return (root / path).is_file()


def _text(root: Path, path: str) -> str:
    return (root / path).read_text() if _exists(root, path) else ""


def _called(root: Path, module: str) -> bool:
    return f'module "{module}"' in _text(root, CALLS)


def _watched(root: Path, module: str) -> bool:
    """Whether the module's source is in the map that observability and the outputs iterate over."""
    found = re.search(r"^  sources = (.*?)^  [})]", _text(root, CALLS), re.M | re.S)
    return (
        found is not None and re.search(rf"^[^#\n]*\bmodule\.{module}(\[\*\])?\.source\b", found[1], re.M) is not None
    )


def _types(root: Path) -> list[str]:
    """The types that the module of sinks accepts."""
    found = re.search(
        r"contains\(\[([^]]*)\], var\.type\)", _text(root, "terraform/modules/prediction_sink/variables.tf")
    )
    return re.findall(r'"(\w+)"', found[1]) if found else []


def _unset(part: Any, protocol: type) -> list[str]:
    """The members of the protocol that an operators' part does not have of its own; none to name without a part."""
    inherited = object()
    return sorted(
        member
        for member in get_protocol_members(protocol)
        if part is not None and getattr(part.__class__, member, inherited) is getattr(protocol, member, inherited)
    )


def _without_price(part: Any) -> list[str]:
    """What a part is charged by that prices.json has no price for. A part that costs nothing has no charges: ()."""
    prices = json.loads(DEFAULT.read_text())["prices"]
    return [charge.price for charge in getattr(part, "charges", ()) if charge.price not in prices]


def _section(root: Path, heading: str) -> str:
    """The text of a section of docs/contracts.md, up to the next heading of its level or above."""
    text, level = f"\n{_text(root, 'docs/contracts.md')}", heading.index(" ")
    after = text.partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{level}}} ", after, maxsplit=1, flags=re.M)[0]


def _rows(root: Path, heading: str, column: str) -> list[list[str]]:
    """The cells of each row of the section's table whose first column has that name."""
    tables = re.findall(r"(?:^\|.*\n?)+", _section(root, heading), re.M)
    rows = [[[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()] for table in tables]
    return [cells for table in rows if table[0][0] == column for cells in table[2:]]


def _begins(cells: list[str], name: str) -> bool:
    """Whether the first cell of a row has the name as one of its words."""
    return name.casefold() in cells[0].casefold().replace(",", " ").split()


def _model_file(root: Path, name: str) -> bool:
    """Whether the manifest's member `files` is explained with a file of the framework: `XGBoost: `model.ubj``."""
    explained = [cells[1] for cells in _rows(root, "## Model artifact", "member") if cells[0] == "`files`"]
    return any(f"{name.casefold()}: `model." in text.casefold() for text in explained)
