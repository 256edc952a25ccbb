"""Damaged ONNX files: the structure check refuses them or not, in a word; ONNX Runtime crashes of none that passes, and
none gives a score that is not finite.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path

import pytest

from predictors.errors import ModelUnsound
from predictors.onnx import structure
from tests import scale
from tests.fakes import onnx_models
from tests.fakes.onnx_mutations import OnnxMutations
from tests.fuzz.test_model_files import CHUNK, Damaged, Judge, is_wrong, keep

MODELS = sorted(onnx_models.KINDS)
SLOWEST = 2.0  # seconds that a file of some kilobytes may take, on a machine that does other work


def damaged(count: int) -> Iterator[Damaged]:
    mutations = {name: OnnxMutations(onnx_models.exported(name)) for name in MODELS}
    for seed in range(count):
        name = MODELS[seed % len(MODELS)]
        yield Damaged(name, seed, mutations[name].model(seed))


@pytest.mark.long
def test_the_structure_check_ends_for_every_damaged_file(record_property: Callable[[str, object], None]) -> None:
    """It raises nothing but its own error, takes no time that grows without bound, and does not refuse everything."""
    verdicts, slowest = Counter[str](), 0.0
    start = time.process_time()
    for model in damaged(scale.FUZZED_GRAPHS):
        begun = time.process_time()
        try:
            structure.read(model.model)
            verdicts["sound"] += 1
        except ModelUnsound:
            verdicts["refused"] += 1
        slowest = max(slowest, time.process_time() - begun)
    seconds = time.process_time() - start
    ends = ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common())
    record_property("figures", f"ONNX files: {verdicts.total():,} damaged ones, {seconds:.1f} s of CPU: {ends}")
    assert min(verdicts.values()) > scale.FUZZED_GRAPHS / 20
    assert slowest < SLOWEST


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    for name in MODELS:
        onnx_models.artifact(name).write(tmp_path / "artifacts" / name)
    (tmp_path / "rows").write_bytes(onnx_models.rows(20, seed=8).tobytes())
    command = [sys.executable, "-m", "tests.fuzz.onnx_judge", str(tmp_path / "artifacts"), str(tmp_path / "rows")]
    judge = Judge(command, MODELS)
    yield judge
    judge.close()


@pytest.mark.long
def test_no_damaged_file_crashes_the_process_that_verifies_or_gives_a_score_that_is_not_finite(
    judge: Judge, record_property: Callable[[str, object], None]
) -> None:
    totals, wrong = Counter[str](), []
    for models in batched(damaged(scale.LOADED_GRAPHS), CHUNK, strict=False):
        verdicts = judge.verdicts(models)
        totals.update(verdict.partition(":")[0] for verdict in verdicts)
        wrong += [keep(model, verdict) for model, verdict in zip(models, verdicts, strict=True) if is_wrong(verdict)]
    ends = ", ".join(f"{count:,} {verdict}" for verdict, count in totals.most_common())
    record_property("figures", f"ONNX files, loaded: {totals.total():,} damaged ones: {ends}")
    assert not wrong, "\n".join(wrong[:20])
    assert min(totals["accepted"], totals["structure"], totals["load"]) > scale.LOADED_GRAPHS / 50
