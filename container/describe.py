"""The image's bill of materials in CycloneDX 1.6, inside the build: describe.py BILL_OF_THE_PACKAGE FILES.

Each file of the image belongs to one part: to one of the package in /app, whose bill it continues, to Python, or to a
package of the base's Debian, with its version and licences. A file of no part is an error. It uses the standard library
alone, because the base has nothing else, and writes FILES/usr/share/sbom/image.cdx.json.
"""

import hashlib
import json
import platform
import re
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

APP = "app/"
BILL = "usr/share/sbom/image.cdx.json"
PROJECT = "millrace"
# Made by collect.py.
MADE = {"etc/passwd", "etc/group", "etc/nsswitch.conf", "etc/ld.so.conf", "etc/ld.so.cache"}
_OWNER = re.compile(r"^(?P<package>[^:,\s]+)(?::(?P<architecture>\w+))?: (?P<path>/.+)$", re.MULTILINE)
_LICENCE = re.compile(r"^License: *(\S.*)$", re.MULTILINE)

Component = dict[str, Any]


def main(package_bill: Path, files: Path) -> None:
    document = json.loads(package_bill.read_text())
    parts: dict[str, Component] = {part["bom-ref"]: part for part in document["components"]}
    for part in parts.values():
        for file in part["components"]:
            file["name"] = APP + file["name"]
    application = document["metadata"]["component"]
    for path in sorted(rest(files)):
        part = owner(path, application["version"])
        part = parts.setdefault(part["bom-ref"], part)
        content = hashlib.sha256((files / path).read_bytes()).hexdigest()
        part["components"].append({"type": "file", "name": path, "hashes": [{"alg": "SHA-256", "content": content}]})
    target = files / BILL
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(image(document, list(parts.values())), indent=2) + "\n")


def rest(files: Path) -> Iterator[str]:
    """The files of the image beyond the package, by their paths in it."""
    for path in files.rglob("*"):
        name = path.relative_to(files).as_posix()
        if path.is_file() and not path.is_symlink() and not name.startswith(APP):
            yield name


def image(document: dict[str, Any], parts: list[Component]) -> dict[str, Any]:
    """The document of the image, from that of its package."""
    application = document["metadata"]["component"]
    content = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    container = {
        "type": "container",
        "bom-ref": "image",
        "name": PROJECT,
        "version": application["version"],
        "licenses": application["licenses"],
    }
    return document | {
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}",
        "metadata": document["metadata"] | {"component": container},
        "components": parts,
        "dependencies": [{"ref": "image", "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def owner(path: str, version: str) -> Component:
    """The part that a file beyond the package belongs to. Ends the build where there is none."""
    if path in MADE:
        return component(PROJECT, version, [{"expression": "MIT"}])
    library = Path(sysconfig.get_path("stdlib")).relative_to("/").as_posix()
    if path.startswith(f"{library}/") or Path(path).name.startswith(("python3.13", "libpython3")):
        number = platform.python_version()
        return component("python", number, [{"license": {"id": "PSF-2.0"}}], f"pkg:generic/python@{number}")
    return debian(path)


def debian(path: str) -> Component:
    """The package of the base's Debian that a file is of."""
    usual = f"/{path}"
    # Where /lib is a link to /usr/lib, packages name their files by either.
    for name in (usual, usual.removeprefix("/usr"), f"/usr{usual}"):
        found = _OWNER.search(query("--search", name))
        if found:
            break
    else:
        sys.exit(
            f"error: {usual}: expected a file of a Debian package, found none that has it; see {Path(__file__).name}"
        )
    number, architecture = query("--show", "--showformat", "${Version} ${Architecture}", found["package"]).split()
    distribution = dict(re.findall(r'^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.MULTILINE))
    purl = f"pkg:deb/{distribution['ID']}/{found['package']}@{number}?arch={architecture}"
    return component(found["package"], number, licences(found["package"]), purl)


def licences(package: str) -> list[dict[str, Any]]:
    """As the package's copyright names them; many name none in a form that programs read."""
    copyright = Path("/usr/share/doc", package, "copyright")
    names = sorted(set(_LICENCE.findall(copyright.read_text(errors="replace")))) if copyright.is_file() else []
    return [{"license": {"name": name}} for name in names or [f"as {copyright} of the base says"]]


def query(*arguments: str) -> str:
    """What dpkg-query prints; empty where it finds nothing."""
    try:
        done = subprocess.run(  # noqa: S603
            ["dpkg-query", *arguments],  # noqa: S607 - the base's own
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        sys.exit("error: expected a base of Debian, found no dpkg-query: the image's libraries cannot be named")
    return done.stdout


def component(name: str, version: str, licences: list[dict[str, Any]], purl: str = "") -> Component:
    return {
        "type": "library",
        "bom-ref": purl or f"{name}@{version}",
        "name": name,
        "version": version,
        "licenses": licences,
        **({"purl": purl} if purl else {}),
        "components": [],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
