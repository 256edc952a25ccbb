"""Fails where two classes of the project have the same name, and prints file and line of each.

Names that begin with an underscore, classes inside of functions, and tests are not checked.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from millrace.paths import ROOT

FOLDERS = ("functions", "millrace", "stream_producers", "terminal", "localstack", "benchmarks", "scripts")


def classes(path: Path) -> Iterator[tuple[str, int]]:
    """Name and line of each public class of a module, including those inside of other classes."""
    pending: list[ast.AST] = [ast.parse(path.read_bytes(), path.name)]
    while pending:
        for node in ast.iter_child_nodes(pending.pop()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, node.lineno
            pending.append(node)


def repeated(files: Iterable[Path], root: Path) -> list[str]:
    """A line for each name that more than one class has."""
    places = defaultdict(list)
    for path in sorted(files):
        for name, line in classes(path):
            places[name].append(f"{path.relative_to(root)}:{line}")
    return [f"class {name}: {', '.join(found)}" for name, found in sorted(places.items()) if len(found) > 1]


def main(root: Path = ROOT) -> int:
    files = [path for folder in FOLDERS for path in (root / folder).rglob("*.py") if ".venv" not in path.parts]
    found = repeated(files, root)
    if found:
        print("\n".join(found), "expected each class name once; rename one of each", sep="\n", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
