"""Known vulnerabilities in everything that is locked or packaged.

Asks OSV (https://osv.dev), through pip-audit, about each requirement in requirements/*.txt, and about each Python
package in the bills of materials of build/*.cdx.json. Libraries that wheels bundle, and Debian packages in the image,
are no Python packages: they are listed, not asked about. What could not be asked about counts as an answer that is
missing, never as a clean one.

The exit code is 0 where nothing is known, 1 where something is, and 3 where the database cannot be reached or does not
answer for a package.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from millrace.packaging.bill import normal

ROOT = Path(__file__).resolve().parent.parent
CLEAN, FOUND, NO_ANSWER = 0, 1, 3
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9][\w.\-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", re.MULTILINE)
_PURL = re.compile(r"^pkg:pypi/(?P<name>[^@]+)@(?P<version>.+)$")


class DatabaseSilent(Exception):
    """The database was not reached, or has no answer for a package."""


@dataclass(frozen=True, slots=True, order=True)
class Pinned:
    """A Python package in one version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Advisory:
    """One known vulnerability of a package."""

    package: Pinned
    id: str
    aliases: tuple[str, ...]
    fixed: tuple[str, ...]

    def named(self, id: str) -> bool:
        return id == self.id or id in self.aliases


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pip-audit", default="pip-audit", help="the program")
    parser.add_argument("--osv-url", help="another database with OSV's API")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder with requirements/ and build/")
    options = parser.parse_args()
    places = _places(options.root)
    try:
        accepted = _accepted(options.root / "requirements" / "accepted_advisories.toml")
        found = list(_ask([options.pip_audit, *(["--osv-url", options.osv_url] if options.osv_url else [])], places))
    except DatabaseSilent as error:
        print(f"error: {error}", file=sys.stderr)
        return NO_ANSWER
    return _report(found, accepted, places, _bundled(options.root))


def _places(root: Path) -> dict[Pinned, list[str]]:
    """The files that name each package, below `root`."""
    places: dict[Pinned, list[str]] = {}
    for path in sorted((root / "requirements").glob("*.txt")):
        for match in _PINNED.finditer(path.read_text()):
            places.setdefault(Pinned(normal(match["name"]), match["version"]), []).append(path.name)
    for path, component in _components(root):
        if match := _PURL.match(component.get("purl", "")):
            places.setdefault(Pinned(normal(match["name"]), match["version"]), []).append(path.name)
    return places


def _bundled(root: Path) -> list[str]:
    """What is in packages and no database of Python packages knows."""
    purls = {item["purl"] for _, item in _components(root) if item.get("purl")}
    return sorted(purl for purl in purls if not _PURL.match(purl))


def _components(root: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted((root / "build").glob("*.cdx.json")):
        for component in json.loads(path.read_text())["components"]:
            yield path, component


def _accepted(path: Path) -> dict[str, str]:
    """Package by advisory. An entry without a reason is refused."""
    entries = tomllib.loads(path.read_text()).get("accepted", [])
    for entry in entries:
        if set(entry) != {"id", "package", "reason"} or not entry["reason"]:
            sys.exit(f"error: {path.name}: expected id, package and reason in each entry, got {entry}")
    return {entry["id"]: entry["package"] for entry in entries}


def _ask(program: Sequence[str], packages: Iterable[Pinned]) -> Iterator[Advisory]:
    """What the database has on the packages; pip-audit takes one version of a package a call. Raises DatabaseSilent."""
    waiting = sorted(packages)
    while waiting:
        now = {package.name: package for package in waiting}
        yield from _ask_once(program, sorted(now.values()))
        waiting = [package for package in waiting if package not in now.values()]


def _ask_once(program: Sequence[str], packages: Sequence[Pinned]) -> Iterator[Advisory]:
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{package.name}=={package.version}\n" for package in packages))
        file.flush()
        command = [
            *program, "--vulnerability-service", "osv", "--requirement", file.name, "--disable-pip", "--no-deps",
            "--format", "json", "--progress-spinner", "off", "--timeout", "30",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
    try:
        answers = {normal(answer["name"]): answer for answer in json.loads(done.stdout)["dependencies"]}
    except ValueError:
        raise DatabaseSilent(f"the database of vulnerabilities cannot be asked: {_last_line(done.stderr)}") from None
    for package in packages:
        answer = answers.get(package.name, {})
        if "vulns" not in answer:
            raise DatabaseSilent(
                f"{package.name} {package.version}: {answer.get('skip_reason', 'expected an answer, got none')}"
            )
        for found in answer["vulns"]:
            yield Advisory(package, found["id"], tuple(sorted(found["aliases"])), tuple(found["fix_versions"]))


def _report(
    found: Sequence[Advisory], accepted: dict[str, str], places: dict[Pinned, list[str]], bundled: Sequence[str]
) -> int:
    failed = False
    for advisory in found:
        package = advisory.package
        known = any(advisory.named(id) and name == package.name for id, name in accepted.items())
        failed |= not known
        names = " ".join([advisory.id, *advisory.aliases])
        fixed = f"fixed in {', '.join(advisory.fixed)}" if advisory.fixed else "not fixed yet"
        state = " (accepted)" if known else ""
        print(f"{package.name} {package.version}: {names}, {fixed}; in {', '.join(places[package])}{state}")
    for id in accepted:
        if not any(advisory.named(id) for advisory in found):
            print(f"{id}: accepted, and nothing reports it any more; take it out")
            failed = True
    for purl in bundled:
        print(f"not in this database: {purl}")
    print(f"{len(places)} packages in their versions, {len(found)} known vulnerabilities")
    return FOUND if failed else CLEAN


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "pip-audit says nothing"


if __name__ == "__main__":
    sys.exit(main())
