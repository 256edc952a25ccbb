"""Damaged model files, UBJSON and JSON, ten thousand at full size: no crash of the process that verifies, and no score
that is not finite.

Each is verified in a child, so that a crash is seen, and laid at the door of the file that did it. What fails is kept
under .millrace/fuzz/, and its seed printed.
"""

import json
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import batched
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import xgboost as xgb

from millrace.paths import SCRATCH
from model_store.artifact import Artifact
from predictors.xgboost import model_json, ubj
from predictors.xgboost.booster import Booster
from predictors.xgboost.structure import NO_CHILD
from tests import scale
from tests.fakes import artifacts
from tests.fakes.mutations import Mutations
from tests.fakes.ubj import encode
from tests.fuzz import model_judge
from tests.fuzz.model_judge import FRAME

ARTIFACTS = scale.FUZZED_MODELS
ROUNDS = 2  # small models: more of their bytes matter, and more of them can be judged in a second
CHUNK = 50
# `named` keeps its categories by name, as a model that was trained on a data frame does; a leaf of `vectors` has three
# scores.
KINDS = (*artifacts.KINDS, "named", "vectors")
FORMS = ("ubj", "json")
MODELS = sorted(f"{kind}.{form}" for kind in KINDS for form in FORMS)
KEPT = SCRATCH / "fuzz" / "models"


class Damaged(NamedTuple):
    name: str  # one of MODELS
    seed: int
    model: bytes


def as_json(model: Any) -> bytes:
    """As JSON, in which NaN may stand: the decoder has to refuse it."""
    return json.dumps(model, default=list).encode()


DECODE = {"ubj": ubj.decode, "json": model_json.decode}
ENCODE = {"ubj": encode, "json": as_json}


def original(name: str) -> Artifact:
    kind, form = name.split(".")
    if kind == "vectors":
        return vectors(form)
    trained = "categorical" if kind == "named" else kind
    model = bytes(artifacts.booster(trained)[:ROUNDS].save_raw(form))
    if kind == "named":
        model = ENCODE[form](artifacts.keep_categories(DECODE[form](model)))
    return Artifact(artifacts.manifest(trained, model, file=f"model.{form}"), model)


def vectors(form: str) -> Artifact:
    classes = np.arange(400) % 3
    data = xgb.DMatrix(artifacts.matrix(400), classes, feature_names=artifacts.NAMES)
    parameters = {"objective": "multi:softprob", "num_class": 3, "multi_strategy": "multi_output_tree", "nthread": 1}
    model = bytes(xgb.train({**parameters, "max_depth": 3}, data, ROUNDS).save_raw(form))
    return Artifact(artifacts.manifest("multiclass", model, file=f"model.{form}"), model)


def probe_rows() -> np.ndarray:
    """Usual rows, rows without any value, and rows at the edges of float32 and of the categories."""
    edges = [0.0, -1.0, 0.5, 1e30, 3.4e38, -3.4e38, 1e-45, 2.0**24, np.nan, np.inf, -np.inf]
    extreme = np.repeat(np.array(edges, np.float32)[:, None], len(artifacts.NAMES), axis=1)
    return np.vstack([artifacts.matrix(20, seed=8), extreme]).astype(np.float32)


class Judge:
    """A child that judges one model after the other; started again after it died.

    names : of the models that it has sound artifacts of.
    """

    def __init__(self, command: Sequence[str], names: Sequence[str] = MODELS) -> None:
        self._command, self._names = command, names
        self._child: subprocess.Popen[bytes] | None = None

    def verdicts(self, models: Sequence[Damaged]) -> list[str]:
        """One verdict a model; "crash …" for the one that ended the child."""
        found: list[str] = []
        while len(found) < len(models):
            found += self._ask(models[len(found) :])
        return found

    def _ask(self, models: Sequence[Damaged]) -> list[str]:
        """The verdicts that one child gives before it ends."""
        if self._child is None:
            pipe = subprocess.PIPE
            self._child = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=pipe)
        with suppress(BrokenPipeError):
            self._child.stdin.write(b"".join(map(self._frame, models)))
            self._child.stdin.flush()
        found = []
        for _ in models:
            if not (line := self._child.stdout.readline()):
                return [*found, f"crash with {self.close()}"]
            found.append(line.decode().strip())
        return found

    def _frame(self, damaged: Damaged) -> bytes:
        return FRAME.pack(self._names.index(damaged.name), len(damaged.model)) + damaged.model

    def close(self) -> str:
        """End the child: its exit code and last words."""
        child, self._child = self._child, None
        if child is None:
            return ""
        errors = child.communicate()[1].decode(errors="replace")
        return f"{child.returncode}: {errors.strip()[-500:]}"


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    for name in MODELS:
        original(name).write(tmp_path / "artifacts" / name)
    (tmp_path / "rows").write_bytes(probe_rows().tobytes())
    script = Path(__file__).with_name("model_judge.py")
    judge = Judge([sys.executable, str(script), str(tmp_path / "artifacts"), str(tmp_path / "rows")])
    yield judge
    judge.close()


def damaged(count: int) -> Iterator[Damaged]:
    """Each kind in turn; every third time in JSON, which takes longer to read."""
    mutations = {}
    for name in MODELS:
        _, form = name.split(".")
        mutations[name] = Mutations(original(name).model, DECODE[form], ENCODE[form])
    for seed in range(count):
        name = f"{KINDS[seed % len(KINDS)]}.{'json' if seed // len(KINDS) % 3 == 2 else 'ubj'}"
        yield Damaged(name, seed, mutations[name].model(seed))


@pytest.mark.long
def test_no_damaged_model_crashes_the_process_that_verifies_or_gives_a_score_that_is_not_finite(
    judge: Judge, record_property: Callable[[str, object], None]
) -> None:
    start, totals, wrong, accepted = cpu_seconds(), Counter[str](), [], Counter[str]()
    for models in batched(damaged(ARTIFACTS), CHUNK, strict=False):
        verdicts = judge.verdicts(models)
        totals.update(verdict.partition(":")[0] for verdict in verdicts)
        accepted.update(model.name for model, verdict in zip(models, verdicts, strict=True) if verdict == "accepted")
        wrong += [keep(model, verdict) for model, verdict in zip(models, verdicts, strict=True) if is_wrong(verdict)]
    judge.close()
    seconds = cpu_seconds() - start
    ends = ", ".join(f"{count:,} {verdict}" for verdict, count in totals.most_common())
    record_property("figures", f"model files: {totals.total():,} damaged ones, {seconds:.1f} s of CPU: {ends}")
    assert not wrong, "\n".join(wrong[:20])
    assert totals.total() == ARTIFACTS
    assert min(totals["accepted"], totals["structure"], totals["load"]) > ARTIFACTS / 20, "one way is hardly tried"
    assert min(accepted[name] for name in MODELS) > 10, "one model is hardly tried"


def is_wrong(verdict: str) -> bool:
    return verdict.startswith(("crash", "not finite"))


def keep(model: Damaged, verdict: str) -> str:
    KEPT.mkdir(parents=True, exist_ok=True)
    kind, _, form = model.name.partition(".")
    path = KEPT / f"{kind}-{model.seed}.{form or 'onnx'}"
    path.write_bytes(model.model)
    return f"seed {model.seed} ({model.name}), kept as {path}: {verdict}"


def cpu_seconds() -> float:
    """Of this process and the children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


# Dies of the third model and of the fifth; takes all others.
MORTAL = """
import os, sys
while header := sys.stdin.buffer.read(5):
    if (model := sys.stdin.buffer.read(header[4])) in (b"3", b"5"):
        os.abort()
    print("accepted", flush=True)
"""


def test_a_crash_is_seen_and_laid_at_the_door_of_the_model_that_did_it() -> None:
    judge = Judge([sys.executable, "-c", MORTAL])
    verdicts = judge.verdicts([Damaged("binary.ubj", seed, b"%d" % seed) for seed in range(8)])
    judge.close()
    assert [seed for seed, verdict in enumerate(verdicts) if is_wrong(verdict)] == [3, 5]
    assert "-6" in verdicts[3]
    assert is_wrong("not finite: inf")


def test_scores_that_are_not_finite_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_judge, "accepted", lambda manifest, raw: Booster(raw))
    model = ubj.decode(original("regression.ubj").model)
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        for node, left in enumerate(tree["left_children"]):
            if left == NO_CHILD:
                tree["split_conditions"][node] = 3e38
    verdict = model_judge.judge(original("regression.ubj").manifest, encode(model), probe_rows().tobytes())
    assert verdict == "not finite: inf"
