"""A package is compared with what these sources make, entry by entry, and with its signature."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from millrace.packaging import catalogue, verify
from millrace.packaging.archive import Budget, PackageError, PackageRecipe, imported
from millrace.paths import FUNCTIONS

# A package that is built in a second: the evaluator's modules, without what it takes from wheels.
SMALL = PackageRecipe("small", Budget(1_000_000, 3_000_000), imported(FUNCTIONS / "evaluator" / "handler.py"), [])


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "builders", lambda: {"small": SMALL.build})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SMALL.build(tmp_path_factory.mktemp("built")).path


@pytest.fixture
def changed(built: Path, tmp_path: Path) -> Callable[[dict[str, bytes | None]], Path]:
    """The package again, with entries replaced, added, or left out (None)."""

    def change(entries: dict[str, bytes | None]) -> Path:
        target = tmp_path / built.name
        with zipfile.ZipFile(built) as given, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            held = {entry.filename: given.read(entry) for entry in given.infolist()}
            for name, content in {**held, **entries}.items():
                if content is not None:
                    archive.writestr(name, content)
        return target

    return change


def test_two_builds_of_the_same_sources_are_equal(built: Path) -> None:
    assert verify.differences(built) == []


def test_each_difference_is_named(changed: Callable[[dict[str, bytes | None]], Path]) -> None:
    package = changed({"evaluator/handler.py": b"import os\n", "evil.py": b"", "evaluator/config.py": None})
    assert verify.differences(package) == [
        "not from these sources: evil.py", "missing: evaluator/config.py", "changed: evaluator/handler.py",
    ]  # fmt: skip


def test_equal_entries_in_other_bytes_are_a_difference(changed: Callable[[dict[str, bytes | None]], Path]) -> None:
    assert verify.differences(changed({})) == ["the same entries, in another order, twice, or with other attributes"]


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.zip").write_bytes(b"")
    with pytest.raises(PackageError, match=r"such as small\.zip, got other\.zip; do not rename it"):
        verify.differences(tmp_path / "other.zip")
    (tmp_path / "small.zip").write_bytes(b"no zip")
    with pytest.raises(PackageError, match=r"small\.zip: expected a zip"):
        verify.differences(tmp_path / "small.zip")


def test_the_catalogue_has_every_package_that_is_built() -> None:
    names = catalogue.builders()
    assert {
        "evaluator-arm64",
        "evaluator-x86_64",
        "scorer-arm64",
        "scorer-x86_64",
        "scorer-x86_64-without-xgboost",
    } <= names.keys()


def test_a_signature_is_the_packages_by_that_key(built: Path, tmp_path: Path) -> None:
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem, signature = tmp_path / "key.pem", tmp_path / "signature"
    pem.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    content = built.read_bytes()
    for signer, message, holds in ((key, content, True), (other, content, False), (key, content + b"\0", False)):
        signature.write_bytes(signer.sign(message, ec.ECDSA(hashes.SHA256())))
        assert verify.signed(built, signature, pem) is holds
