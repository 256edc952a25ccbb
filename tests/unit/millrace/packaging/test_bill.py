"""A bill of materials names every file of a package once, with the part that it belongs to, in valid CycloneDX."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from millrace.packaging import archive, bill, evaluator, scorer
from millrace.packaging.bill import BillError
from millrace.packaging.flavour import LOCK


def read(package: Path) -> dict[str, Any]:
    text = archive.bill_of(package).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document: dict[str, Any] = json.loads(text)
    return document


def files(document: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted(
        (file["name"], file["hashes"][0]["content"]) for part in document["components"] for file in part["components"]
    )


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One of each flavour: what a stack is deployed with."""
    folder = tmp_path_factory.mktemp("packages")
    ours = scorer.host_architecture()
    built = [scorer.build(ours, entry=entry, folder=folder) for entry in scorer.ENTRIES]
    return [each.path for each in (*built, evaluator.build(ours))]


def test_every_file_of_every_package_is_named_once_with_its_digest(packages: list[Path]) -> None:
    for package in packages:
        with zipfile.ZipFile(package) as zipped:
            held = sorted((name, hashlib.sha256(zipped.read(name)).hexdigest()) for name in zipped.namelist())
        document = read(package)
        assert files(document) == held
        assert (
            document["metadata"]["component"]["hashes"][0]["content"]
            == hashlib.sha256(package.read_bytes()).hexdigest()
        )


def test_the_scorers_parts_have_their_versions_and_licences(packages: list[Path]) -> None:
    locked = dict(line.split(" ")[0].split("==") for line in LOCK.read_text().splitlines() if not line.startswith(" "))
    parts = {
        part["name"]: (part["version"], part["licenses"][0]["expression"]) for part in read(packages[0])["components"]
    }
    assert parts["xgboost-cpu"] == (locked["xgboost-cpu"], "Apache-2.0")
    assert parts["certifi"] == (locked["certifi"], "MPL-2.0")
    assert parts["libgomp"] == ("1.0.0", "GPL-3.0-or-later WITH GCC-exception-3.1")
    assert parts["millrace"][1] == parts["millrace-native-engine"][1] == "MIT"


# A package of a made-up wheel, which bundles a library.


METADATA = "Metadata-Version: 2.4\nName: Thing\nVersion: 2.0\n"


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    for name, text in {
        "wheels/thing/core.py": "a = 1\n",
        "wheels/thing.libs/libgomp-24e2ab19.so.1.0.0": "elf",
        "wheels/thing-2.0.dist-info/METADATA": f"{METADATA}License-Expression: MIT\n",
        "wheels/thing-2.0.dist-info/RECORD": "thing/core.py,,\nthing.libs/libgomp-24e2ab19.so.1.0.0,,\n",
        "tree/ours/part.py": "b = 2\n",
        "tree/ours/__pycache__/part.cpython-313.pyc": "bytecode",
        "tree/thing/core.py": "a = 1\n",
        "tree/thing.libs/libgomp-24e2ab19.so.1.0.0": "elf",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "it.zip").write_bytes(b"zip")
    return tmp_path


def written(staging: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        bill.bill(staging / "it.zip", staging / "tree", [staging / "wheels"], {"ours/part.py"})
    )
    return document


def test_a_file_belongs_to_what_it_came_from_and_bytecode_to_its_source(staging: Path) -> None:
    found = {part["name"]: [file["name"] for file in part["components"]] for part in written(staging)["components"]}
    assert found == {
        "libgomp": ["thing.libs/libgomp-24e2ab19.so.1.0.0"],
        "millrace": ["ours/__pycache__/part.cpython-313.pyc", "ours/part.py"],
        "thing": ["thing/core.py"],
    }


def test_the_same_package_has_the_same_bill(staging: Path) -> None:
    assert written(staging) == written(staging)


def test_a_file_of_no_part_is_an_error(staging: Path) -> None:
    (staging / "tree" / "stray.so").write_text("?")
    with pytest.raises(BillError, match=r"stray\.so: expected a file of this project or of a locked wheel"):
        written(staging)


def test_a_bundled_library_that_nobody_named_is_an_error(staging: Path) -> None:
    record = staging / "wheels" / "thing-2.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + "thing.libs/libnew-24e2ab19.so.3,,\n")
    for folder in ("wheels", "tree"):
        (staging / folder / "thing.libs" / "libnew-24e2ab19.so.3").write_text("elf")
    with pytest.raises(BillError, match=r"libnew-24e2ab19\.so\.3, bundled by thing: .*add its licence"):
        written(staging)


@pytest.mark.parametrize(
    ("said", "spdx"),
    [
        ("License-Expression: BSD-3-Clause AND MIT", "BSD-3-Clause AND MIT"),
        ("License: Apache-2.0", "Apache-2.0"),
        ("License: MIT License", "MIT"),
        ("Classifier: License :: OSI Approved :: Apache Software License", "Apache-2.0"),
        ("License: see the file\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
    ],
)
def test_licences_are_read_from_what_wheels_say(staging: Path, said: str, spdx: str) -> None:
    metadata = staging / "wheels" / "thing-2.0.dist-info" / "METADATA"
    metadata.write_text(f"{METADATA}{said}\n")
    parts = {part["name"]: part["licenses"] for part in written(staging)["components"]}
    assert parts["thing"] == [{"expression": spdx}]


def test_a_wheel_without_a_known_licence_is_an_error(staging: Path) -> None:
    metadata = staging / "wheels" / "thing-2.0.dist-info" / "METADATA"
    metadata.write_text(f"{METADATA}License: see the file\n")
    with pytest.raises(BillError, match=r"Thing 2\.0: expected a licence that is known"):
        written(staging)
