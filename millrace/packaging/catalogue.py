"""Every package of the project by its name, and how it is built."""

from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

from millrace.packaging import evaluator, scorer
from millrace.packaging.archive import Package


def builders() -> dict[str, Callable[[Path], Package]]:
    """What builds each package in a folder, by the package's name."""
    found: dict[str, Callable[[Path], Package]] = {"evaluator": lambda folder: evaluator.build(folder=folder)}
    for architecture, xgboost, entry in product(scorer.PLATFORMS, (True, False), scorer.ENTRIES):
        found[scorer.name(architecture, xgboost, entry)] = partial(_scorer, architecture, xgboost, entry)
    return found


def _scorer(architecture: str, xgboost: bool, entry: str, folder: Path) -> Package:
    return scorer.build(architecture, xgboost=xgboost, entry=entry, folder=folder)
