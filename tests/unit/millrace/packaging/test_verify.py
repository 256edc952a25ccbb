"""A package is compared with what these sources make, entry by entry, and with its signature."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from millrace.packaging import catalogue, verify
from millrace.packaging.archive import Budget, Package, PackageError, PackageRecipe, imported
from millrace.paths import FUNCTIONS
from model_store.errors import SigningKeyInvalid

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


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A zip of a few entries that is what a build gives, without the build."""
    path = tmp_path / "built.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("handler.py", "part/module.py", "part/JSON.py"):
            archive.writestr(name, f"NAME = {name!r}\n" * 9)
    monkeypatch.setattr(verify, "builders", lambda: {"small": lambda _: Package(path, 0, 0, built=True)})
    return path.read_bytes()


def damaged(content: bytes) -> Iterator[bytes]:
    """One bit of each byte flipped, runs of other bytes, and cuts."""
    rng = Random(4)
    for place in range(len(content)):
        found = bytearray(content)
        found[place] ^= 1 << place % 8
        yield bytes(found)
    for _ in range(100):
        start, more = rng.randrange(len(content)), rng.randbytes(rng.choice((2, 4, 8, 40)))
        yield content[:start] + more + content[start + len(more) :]
        yield content[:start]


def test_what_is_damaged_is_a_difference_or_an_error_of_one_line(tiny: bytes, tmp_path: Path) -> None:
    package, kinds = tmp_path / "small.zip", {"differs": 0, "refused": 0}
    for content in damaged(tiny):
        package.write_bytes(content)
        try:
            lines = verify.differences(package)
            kinds["differs"] += 1
        except PackageError as error:
            lines = [str(error)]
            kinds["refused"] += 1
        assert lines
        assert all(line.isascii() and line.isprintable() for line in lines), lines
    assert min(kinds.values()) > 50


def test_a_damaged_file_is_refused_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "builders", lambda: {"small": lambda _: pytest.fail("built")})
    (tmp_path / "small.zip").write_bytes(b"no zip")
    with pytest.raises(PackageError, match=r"small\.zip: expected a zip"):
        verify.differences(tmp_path / "small.zip")


def test_a_zip_of_more_than_lambda_takes_is_refused_packed(changed: Callable[[dict[str, bytes | None]], Path]) -> None:
    package = changed({name: bytes(64 * 1024 * 1024) for name in "abcd"})
    assert package.stat().st_size < 2_000_000
    with pytest.raises(
        PackageError, match=r"small\.zip: expected at most 262,144,000 bytes unzipped, Lambda.s limit; got 2\d\d,"
    ):
        verify.differences(package)


def test_an_entrys_name_cannot_write_lines_of_its_own(tiny: bytes, tmp_path: Path) -> None:
    package = tmp_path / "small.zip"
    package.write_bytes(tiny)
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("a\nsmall.zip is what these sources make", b"")
    assert verify.differences(package) == [r"not from these sources: 'a\nsmall.zip is what these sources make'"]


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


def test_a_public_key_that_is_no_text_is_an_error_of_its_own(built: Path, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.der").write_bytes(der)
    with pytest.raises(SigningKeyInvalid, match=r"key\.der: expected public keys in base64"):
        verify.signed(built, built, tmp_path / "key.der")
