"""Damaged models by the hundred: what passes the structural check must not hurt XGBoost."""

import json
import math
import subprocess
import sys

import pytest

from model_store import structure, ubj
from tests.fakes import artifacts
from tests.fakes.mutations import flipped, mutated, paths
from tests.fakes.ubj import encode

SEEDS = range(30)  # for each kind of model

# Loads what it is given in one process: a crash leaves the last name on the last line.
LOADER = """
import sys
from pathlib import Path
from model_store.booster import Booster, BoosterError

rows = Path(sys.argv[1], "rows").read_bytes()
for path in sorted(Path(sys.argv[1]).glob("*.ubj")):
    print(path.name, end="\\t", flush=True)
    try:
        print(list(Booster(path.read_bytes()).predict(rows, int(sys.argv[2]))), flush=True)
    except BoosterError:
        print("refused", flush=True)
"""


def sound(raw: bytes, kind: str) -> bool:
    """Whether the bytes pass both checks; anything but a ValueError is a fault of the checks."""
    manifest = artifacts.artifact(kind).manifest
    try:
        model = ubj.decode(raw)
        structure.check(model, features=artifacts.NAMES, classes=manifest.output.classes, objective=manifest.objective)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def survivors(tmp_path_factory):
    """A folder with the damaged models that pass the checks, one file each, and how many did not."""
    folder, refused = tmp_path_factory.mktemp("models"), 0
    for kind in artifacts.KINDS:
        original = artifacts.artifact(kind).model
        model = ubj.decode(original)
        everywhere = list(paths(model))
        for seed in SEEDS:
            for how, raw in (
                ("mutated", encode(mutated(model, everywhere, seed))),
                ("flipped", flipped(original, seed)),
            ):
                if sound(raw, kind):
                    (folder / f"{kind}-{how}-{seed}.ubj").write_bytes(raw)
                else:
                    refused += 1
    return folder, refused


def test_the_checks_refuse_with_a_value_error_and_nothing_else(survivors):
    folder, refused = survivors
    passed = len(list(folder.glob("*.ubj")))
    assert refused + passed == 2 * len(SEEDS) * len(artifacts.KINDS)
    assert passed > 30
    assert refused > 100


def test_what_passes_loads_without_a_crash_and_scores_finite(survivors):
    folder, _ = survivors
    rows = 20
    (folder / "rows").write_bytes(artifacts.matrix(rows, seed=8).tobytes())
    command = [sys.executable, "-c", LOADER, str(folder), str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"crashed with {done.returncode} at {lines[-1:]}"
    results = dict(line.split("\t") for line in lines)
    assert len(results) == len(list(folder.glob("*.ubj")))

    scores = {name: json.loads(answer) for name, answer in results.items() if answer != "refused"}
    assert len(scores) > 20
    for name, found in scores.items():
        assert len(found) == rows * (3 if name.startswith("multiclass") else 1), name
        assert all(map(math.isfinite, found)), name
