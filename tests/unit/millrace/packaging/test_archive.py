"""A package is made by one process or by several at once: whole, each time the same, only where something changed."""

import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from millrace.packaging import bill
from millrace.packaging.archive import TREE, Budget, PackageError, digest, make, sizes
from millrace.paths import ROOT

MODULES = {f"part/module_{i}.py": f"NUMBER = {i}\n" for i in range(20)}
# Named as one of ours, and not: the two are compiled with different options.
DOCUMENTED = dict.fromkeys(("records/__init__.py", "part/other.py"), '"""What it does."""\n\nassert __name__\n')
MAKERS = sorted((ROOT / "millrace" / "packaging").glob("*.py"))


def stage(staging: Path) -> None:
    for name, text in {**MODULES, **DOCUMENTED}.items():
        path = staging / TREE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def stage_text(staging: Path, text: str = "nothing to compile") -> None:
    (staging / TREE).mkdir()
    (staging / TREE / "notes.txt").write_text(text)


def describe(staging: Path, package: Path) -> str:
    return f"{(staging / TREE / 'notes.txt').read_text()} in {package.name}"


def test_two_that_make_it_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    both, target = Barrier(2), tmp_path / "it.zip"

    def with_another(staging: Path) -> None:
        stage(staging)
        both.wait(30)

    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(make, target, "inputs", with_another) for _ in range(2)]
        assert [each.result() for each in made] == [True, True]
    with zipfile.ZipFile(target) as package:
        assert MODULES.keys() <= set(package.namelist())
        assert package.testzip() is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it.inputs", "it.zip"]


def test_it_is_made_where_its_inputs_changed_it_is_gone_or_it_is_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "it.zip"
    assert make(target, "one", stage)
    before = target.read_bytes()
    assert not make(target, "one", stage)
    assert make(target, "two", stage)
    assert make(target, "two", stage, force=True)
    target.unlink()
    assert make(target, "two", stage)
    assert target.read_bytes() == before


def test_one_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "it.zip"
    make(target, "one", stage)
    before = target.read_bytes()

    def broken(staging: Path) -> None:
        stage(staging)
        (staging / TREE / "bad.py").write_text("def")

    with pytest.raises(PackageError, match=r"could not compile the package: .*bad\.py"):
        make(target, "two", broken)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it.inputs", "it.zip"]
    assert not make(target, "one", stage)


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b"evil"), Path.unlink], ids=["changed", "gone"])
@pytest.mark.parametrize("name", ["it.zip", "it.cdx.json", "it.inputs"])
def test_it_is_made_again_where_one_of_its_files_is_not_as_it_was_made(
    tmp_path: Path, name: str, change: Callable[[Path], object]
) -> None:
    target = tmp_path / "it.zip"
    make(target, "one", stage_text, describe=describe)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    change(tmp_path / name)
    assert make(target, "one", stage_text, describe=describe)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert not make(target, "one", stage_text, describe=describe)


def test_one_that_was_ended_before_its_stamp_does_not_count_as_the_one_before(tmp_path: Path) -> None:
    target, stamp = tmp_path / "it.zip", tmp_path / "it.inputs"
    make(target, "old", stage_text, describe=describe)
    before, stamped = target.read_bytes(), stamp.read_bytes()

    make(target, "new", partial(stage_text, text="newer"), describe=describe)
    assert target.read_bytes() != before
    stamp.write_bytes(stamped)
    assert make(target, "old", stage_text, describe=describe)
    assert target.read_bytes() == before


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    target = tmp_path_factory.mktemp("made") / "it.zip"
    make(target, "one", stage)
    return target.read_bytes()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PYTHONPYCACHEPREFIX", "elsewhere"),
        ("PYTHONOPTIMIZE", "1"),
        ("PYTHONOPTIMIZE", "2"),
        ("PYTHONNODEBUGRANGES", "1"),
        ("PYTHONPATH", "."),
    ],
)
def test_neither_the_environment_nor_the_folder_changes_the_bytes(
    made: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    for shadow in ("compileall.py", "sitecustomize.py"):
        Path(shadow).write_text("raise SystemExit(1)")
    make(tmp_path / "it.zip", "one", stage)
    assert (tmp_path / "it.zip").read_bytes() == made


def test_bytecode_of_no_module_is_an_error(tmp_path: Path) -> None:
    def with_more(staging: Path) -> None:
        stage(staging)
        (staging / TREE / "part" / "stray.pyc").write_bytes(b"")

    with pytest.raises(PackageError, match=r"no other, part/stray\.pyc is of no module; .*take no bytecode"):
        make(tmp_path / "it.zip", "one", with_more)


@pytest.mark.parametrize(
    ("does", "said"),
    [("exit 0", r".*part/__pycache__/\S+\.pyc is missing; run make setup"), ("echo why >&2; exit 1", "why$")],
)
def test_a_python_that_compiles_nothing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, said: str
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ncat >/dev/null\n{does}\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    with pytest.raises(PackageError, match=f"could not compile the package: {said}"):
        make(tmp_path / "it.zip", "one", stage)


@pytest.mark.parametrize("maker", MAKERS, ids=[path.stem for path in MAKERS])
def test_a_maker_that_changed_makes_other_inputs(monkeypatch: pytest.MonkeyPatch, maker: Path) -> None:
    before, read = digest([]), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b"#" * (path == maker))
    assert digest([]) != before


@pytest.mark.parametrize("changed", [bill.PROJECT, bill.COMPILER])
def test_another_version_in_the_bill_makes_other_inputs(monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    before, version = digest([]), bill.version
    monkeypatch.setattr(bill, "version", lambda name: "99" if name == changed else version(name))
    assert digest([]) != before


def test_what_is_made_tells_nothing_of_where_it_was_made(tmp_path: Path) -> None:
    make(tmp_path / "it.zip", "one", stage)
    with zipfile.ZipFile(tmp_path / "it.zip") as package:
        for name in package.namelist():
            assert str(tmp_path).encode() not in package.read(name)
            assert str(ROOT).encode() not in package.read(name)


@pytest.mark.parametrize(
    ("budget", "said"), [(Budget(1, 10**6), "1 bytes zipped"), (Budget(10**6, 2), "2 bytes unzip")]
)
def test_more_than_the_budget_is_an_error(tmp_path: Path, budget: Budget, said: str) -> None:
    target = tmp_path / "it.zip"
    make(target, "one", stage)
    zipped, unzipped = sizes(target, Budget(10**6, 10**6))
    assert zipped == target.stat().st_size
    assert unzipped > sum(map(len, MODULES.values()))
    with pytest.raises(PackageError, match=rf"it\.zip: expected at most {said}"):
        sizes(target, budget)
