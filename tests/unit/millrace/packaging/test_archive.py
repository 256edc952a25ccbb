"""A package is made by one process or by several at once: whole, each time the same, only where something changed."""

import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from millrace.packaging.archive import TREE, Budget, PackageError, make, sizes
from millrace.paths import ROOT

MODULES = {f"part/module_{i}.py": f"NUMBER = {i}\n" for i in range(20)}


def stage(staging: Path) -> None:
    for name, text in MODULES.items():
        path = staging / TREE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


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
