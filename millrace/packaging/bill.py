"""A package's bill of materials in CycloneDX 1.6: which parts it has, with versions, licences and digests.

Each file of a package belongs to one part: this project, its native engine, the wheel that lists the file in its
RECORD, or a library that such a wheel bundles (auditwheel puts these into `<wheel>.libs`). A file of no part is an
error, so that nothing is shipped unnamed. https://cyclonedx.org/docs/1.6/json/
"""

import hashlib
import json
import re
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PathDistribution, version
from pathlib import Path, PurePosixPath
from typing import Any

from millrace.errors import UserError

PROJECT = "millrace"
ENGINE = "millrace-native-engine"
ENGINE_FILE = "native/_native.abi3.so"
COMPILER = "ziglang"
# Made out of a wheel's file, so in no wheel's RECORD.
DERIVED = {"aws_client/amazon_roots.pem": "certifi"}
# Wheels name the licence of what they bundle in texts of their own, if at all.
GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
BUNDLED_LICENCES = {
    "libXau": "MIT",
    "libgfortran": GCC,
    "libgomp": GCC,
    "libjpeg": "IJG AND BSD-3-Clause AND Zlib",
    "liblzma": "0BSD",
    "libopenjp2": "BSD-2-Clause",
    "libquadmath": "LGPL-2.1-or-later",
    "libscipy_openblas": "BSD-3-Clause",
    "libscipy_openblas64_": "BSD-3-Clause",
    "libtiff": "libtiff",
    "libxcb": "X11",
    "libzstd": "BSD-3-Clause",
}
# What wheels from before License-Expression (PEP 639) write.
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD-3": "BSD-3-Clause",
    "MIT License": "MIT",
    "MIT OR AFL-2.1": "MIT OR AFL-2.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_BYTECODE = re.compile(r"^(?P<folder>(?:.*/)?)__pycache__/(?P<name>[^/]+)\.cpython-\d+\.pyc$")
_BUNDLED = re.compile(r"^[^/]+\.libs/(?P<name>lib[^/]+?)(?:-[0-9a-f]{8})+\.so(?:\.(?P<version>[\d.]+))?$")


class BillError(UserError):
    """The bill of materials cannot be written; the message names the file or the part."""


@dataclass(slots=True)
class Part:
    """A component, and what the package has of it: digests by path in the package."""

    name: str
    version: str
    licence: str
    purl: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        return self.purl or f"{self.name}@{self.version}"

    def component(self) -> dict[str, Any]:
        """The part as a CycloneDX component."""
        return {
            "type": "library",
            "bom-ref": self.reference,
            "name": self.name,
            "version": self.version,
            "licenses": [{"expression": self.licence}],
            **({"purl": self.purl} if self.purl else {}),
            "components": [
                {"type": "file", "name": path, "hashes": [_hash(content)]}
                for path, content in sorted(self.files.items())
            ],
        }


def versions() -> list[str]:
    """What a bill has of this environment, and not of its package: the versions of the project and of the compiler."""
    return [version(name) for name in (PROJECT, COMPILER)]


def bill(package: Path, tree: Path, wheels: Sequence[Path], own: Collection[str]) -> str:
    """The document for `package`, a zip of the folder `tree`; the same text for the same package.

    wheels : folders into which wheels were installed; own : paths in the package of this project's files.
    Raises BillError.
    """
    parts = _parts(tree, [*_distributions(wheels)], own)
    content = hashlib.sha256(package.read_bytes()).hexdigest()
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": COMPILER, "version": version(COMPILER)}]},
            "component": {
                "type": "application",
                "bom-ref": package.name,
                "name": package.stem,
                "version": version(PROJECT),
                "licenses": [{"expression": "MIT"}],
                "hashes": [_hash(content)],
            },
        },
        "components": [part.component() for part in parts],
        "dependencies": [{"ref": package.name, "dependsOn": [part.reference for part in parts]}],
    }
    return json.dumps(document, indent=2) + "\n"


def _parts(tree: Path, distributions: Sequence[Distribution], own: Collection[str]) -> list[Part]:
    by_name = {normal(found.metadata["Name"]): _wheel(found) for found in distributions}
    by_file = {file.as_posix(): normal(found.metadata["Name"]) for found in distributions for file in found.files or ()}
    found: dict[str, Part] = {}
    for path in sorted(file for file in tree.rglob("*") if file.is_file()):
        name = path.relative_to(tree).as_posix()
        part = _part_of(name, own, by_file, by_name)
        part = found.setdefault(part.reference, part)
        part.files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return sorted(found.values(), key=lambda part: (part.name != PROJECT, part.name))


def _part_of(path: str, own: Collection[str], by_file: Mapping[str, str], wheels: Mapping[str, Part]) -> Part:
    """The part that a file belongs to; bytecode belongs with its source. Raises BillError."""
    bytecode = _BYTECODE.match(path)
    source = f"{bytecode['folder']}{bytecode['name']}.py" if bytecode else path
    if source == ENGINE_FILE:
        return Part(ENGINE, version(PROJECT), "MIT")
    if source in own:
        return Part(PROJECT, version(PROJECT), "MIT")
    wheel = DERIVED.get(source) or by_file.get(source)
    if wheel is None or wheel not in wheels:
        raise BillError(
            f"{path}: expected a file of this project or of a locked wheel; name its part in {Path(__file__).name}"
        )
    return _bundled(source, wheel) or wheels[wheel]


def _bundled(path: str, wheel: str) -> Part | None:
    """The part of a library that a wheel bundles; None for a file of the wheel's own."""
    if PurePosixPath(path).parent.suffix != ".libs":
        return None
    found = _BUNDLED.match(path)
    if found is None or found["name"] not in BUNDLED_LICENCES:
        raise BillError(f"{path}, bundled by {wheel}: expected one of {', '.join(BUNDLED_LICENCES)}; add its licence")
    number = found["version"] or "unversioned"
    return Part(
        found["name"],
        number,
        BUNDLED_LICENCES[found["name"]],
        f"pkg:generic/{found['name']}@{number}?bundled_by={wheel}",
    )


def _wheel(found: Distribution) -> Part:
    name = normal(found.metadata["Name"])
    return Part(name, found.version, _licence(found), f"pkg:pypi/{name}@{found.version}")


def _licence(found: Distribution) -> str:
    """As SPDX spells it. Raises BillError where the wheel says nothing that is known."""
    metadata = found.metadata
    classifiers = [text.rpartition(" :: ")[2] for text in metadata.get_all("Classifier") or () if "License ::" in text]
    said = [metadata.get("License-Expression"), metadata.get("License"), *classifiers]
    if metadata.get("License-Expression"):
        return str(metadata["License-Expression"])
    for text in filter(None, said):
        if text in SPDX:
            return SPDX[text]
        if re.fullmatch(r"[A-Za-z0-9.+-]+", text):
            return str(text)
    raise BillError(
        f"{metadata['Name']} {found.version}: expected a licence that is known, got {said}; name it in SPDX"
    )


def _distributions(folders: Sequence[Path]) -> Iterator[Distribution]:
    for folder in folders:
        for info in sorted(folder.glob("*.dist-info")):
            yield PathDistribution(info)


def normal(name: str) -> str:
    """The name of a distribution, as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _hash(content: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": content}
