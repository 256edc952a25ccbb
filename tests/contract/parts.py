"""What makes a source, a sink or a framework whole, and which of its parts are missing."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from millrace.paths import ROOT
from sources.source import Source

# Called by `millrace redrive` alone: its operators' part is that command, and Terraform makes nothing for it.
INTERNAL_SOURCES = ("redrive",)


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
        yield _row(root, "docs/contracts.md", name), f"docs/contracts.md, Identity: a row for the position of {name}"
        if name in INTERNAL_SOURCES:
            return
        part = operations.get(name)
        yield part is not None, f"millrace/sources/{name}.py: its operators' part, with an entry in SOURCES"
        yield _exists(root, f"millrace/sources/{name}.py"), f"millrace/sources/{name}.py: the operators' part's file"
        box = getattr(part, "path", name)
        yield _exists(root, f"terraform/modules/{box}/main.tf"), f"terraform/modules/{box}: its Terraform module"
        yield _called(root, box), f"terraform/modules/millrace/main.tf: a call of module {box}"
        yield (
            f"functions/sources/{name}.py" in _text(root, "README.md"),
            f"README.md, The parts: a row that links functions/sources/{name}.py",
        )

    return [what for present, what in parts() if not present]


def missing_of_sink(name: str, operations: Mapping[str, Any], root: Path = ROOT) -> list[str]:
    """What a registered sink lacks, as `missing_of_source`. operations : `millrace.sinks.SINKS`."""
    parts = {
        f"functions/sinks/{name}.py: the sink, with a function make": _exists(root, f"functions/sinks/{name}.py"),
        f"millrace/sinks/{name}.py: its operators' part, with an entry in SINKS": name in operations
        and _exists(root, f"millrace/sinks/{name}.py"),
        f"terraform/modules/prediction_sink/{name}.tf: what Terraform makes for it": _exists(
            root, f"terraform/modules/prediction_sink/{name}.tf"
        ),
        f"tests/events/answers/{name}.json: an answer in which the second of three entries failed": _exists(
            root, f"tests/events/answers/{name}.json"
        ),
        f"docs/contracts.md, Prediction: a row for the limits of {name}": _row(root, "docs/contracts.md", name),
    }
    return [what for what, present in parts.items() if not present]


def missing_of_framework(name: str, examples: Mapping[str, Callable[[], Any]], root: Path = ROOT) -> list[str]:
    """What a registered framework lacks. examples : makes an artifact of each framework."""
    parts = {
        f"functions/predictors/{name}/__init__.py: the framework": _exists(
            root, f"functions/predictors/{name}/__init__.py"
        ),
        f"tests/contract/test_frameworks.py, EXAMPLES: an artifact of {name}": name in examples,
        f"docs/contracts.md, Model artifact: what {name} calls its model's file": _mentions(root, name),
    }
    return [what for what, present in parts.items() if not present]


def _exists(root: Path, path: str) -> bool:
    return (root / path).is_file()


def _text(root: Path, path: str) -> str:
    return (root / path).read_text() if _exists(root, path) else ""


def _called(root: Path, module: str) -> bool:
    return f'module "{module}"' in _text(root, "terraform/modules/millrace/main.tf")


def _row(root: Path, path: str, name: str) -> bool:
    """Whether a table of the document has a row that begins with the name."""
    rows = (line.casefold() for line in _text(root, path).splitlines() if line.startswith("|"))
    return any(name.casefold() in row.split("|")[1].replace(",", " ").split() for row in rows)


def _mentions(root: Path, name: str) -> bool:
    return name.casefold() in _text(root, "docs/contracts.md").casefold()
