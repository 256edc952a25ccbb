"""Every package of the project by its name, and how it is built."""

from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

from millrace.packaging import authorizer, evaluator, release, scorer, trainer
from millrace.packaging.archive import Package
from millrace.packaging.flavour import FLAVOURS, Flavour


def builders() -> dict[str, Callable[[Path], Package]]:
    """What builds each package in a folder, by the package's name."""
    found: dict[str, Callable[[Path], Package]] = {
        evaluator.name(architecture): partial(_evaluator, architecture) for architecture in scorer.PLATFORMS
    }
    for architecture in scorer.PLATFORMS:
        found[authorizer.name(architecture)] = partial(_authorizer, architecture)
        found[release.name(architecture)] = partial(_release, architecture)
    for architecture, framework in product(scorer.PLATFORMS, trainer.FLAVOURS):
        found[trainer.name(architecture, framework)] = partial(_trainer, architecture, framework)
    for architecture, flavour, entry in product(scorer.PLATFORMS, FLAVOURS, scorer.ENTRIES):
        found[scorer.name(architecture, flavour, entry)] = partial(_scorer, architecture, flavour, entry)
    return found


def _scorer(architecture: str, flavour: Flavour, entry: str, folder: Path) -> Package:
    return scorer.build(architecture, flavour, entry=entry, folder=folder)


def _authorizer(architecture: str, folder: Path) -> Package:
    return authorizer.build(architecture, folder=folder)


def _release(architecture: str, folder: Path) -> Package:
    return release.build(architecture, folder=folder)


def _trainer(architecture: str, framework: str, folder: Path) -> Package:
    return trainer.build(architecture, framework, folder=folder)


def _evaluator(architecture: str, folder: Path) -> Package:
    return evaluator.build(architecture, folder=folder)
