"""From a table in S3 to a version in the model store that the scorer verifies and scores."""

import csv
import gzip
import io
import json
import random
from typing import Any

import numpy as np
import pytest

from evaluation.drift import Window
from model_store.artifact import Artifact
from model_store.manifest import Manifest
from model_store.verify import verify
from tests.fakes.s3 import client_error
from trainer import metrics_of, tables
from trainer.container import Trainer, TrainerConfig
from trainer.errors import TrainingRefused

NOW = 1_795_867_200.0
WORDS = {
    "spam": ["win", "prize", "money", "now", "click", "offer"],
    "ham": ["lunch", "meeting", "tomorrow", "report", "thanks", "see"],
}


class Store:
    """An S3 with tables and a versioned model store, in memory."""

    class exceptions:  # noqa: N801 - as a client has it
        ClientError = type(client_error("", 0))

    def __init__(self, **tables: bytes) -> None:
        self.objects = {f"data/{name.replace('__', '.')}": body for name, body in tables.items()}

    def get_object(self, *, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803
        if (place := f"{Bucket}/{Key}") not in self.objects:
            raise client_error("NoSuchKey", 404)
        body = self.objects[place]
        return {"Body": io.BytesIO(body), "ContentLength": len(body), "VersionId": "1"}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str = "") -> dict[str, Any]:  # noqa: N803
        if f"{Bucket}/{Key}" in self.objects:
            raise client_error("PreconditionFailed", 412)
        self.objects[f"{Bucket}/{Key}"] = Body
        return {"VersionId": "1"}


def table(rows: int = 200, seed: int = 1) -> bytes:
    pick = np.random.default_rng(seed)
    x = pick.normal(size=(rows, 3))
    label = np.where(x @ [1, -2, 0.5] + pick.normal(scale=0.1, size=rows) > 0, "yes", "no")
    return written(
        ["a", "b", "c", "bought"], [[*map(repr, map(float, row)), word] for row, word in zip(x, label, strict=True)]
    )


def numbers(rows: int = 200) -> bytes:
    x = np.random.default_rng(2).normal(size=(rows, 2))
    return written(["a", "b", "label"], [[repr(float(a)), repr(float(b)), repr(float(3 * a - b))] for a, b in x])


def texts(rows: int = 200) -> bytes:
    pick = random.Random(3)
    found = [(" ".join(pick.choices(WORDS[kind], k=6)), kind) for kind in pick.choices(list(WORDS), k=rows)]
    return written(["text", "label"], found)


def pictures(rows: int = 120) -> bytes:
    """8 × 8: a bright left or right half."""
    pick = np.random.default_rng(4)
    y = pick.integers(0, 2, rows)
    x = pick.integers(0, 60, (rows, 8, 8)).astype(np.uint8)
    x[y == 0, :, :4] += 150
    x[y == 1, :, 4:] += 150
    file = io.BytesIO()
    np.savez_compressed(file, x=x, label=y)
    return file.getvalue()


def written(header: Any, rows: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def trainer(memory_mb: int = 3_008, framework: str = "onnx", **tables: bytes) -> tuple[Trainer, Store]:
    store = Store(**tables)
    config = TrainerConfig("models", "intent", memory_mb, "INFO", framework)
    return Trainer(store, config, lambda: NOW), store


def made(store: Store, response: dict[str, Any]) -> Artifact:
    folder = f"models/models/intent/{response['version']}"
    manifest = Manifest.from_bytes(store.objects[f"{folder}/manifest.json"])
    return Artifact(manifest, store.objects[f"{folder}/{manifest.file.name}"])


def test_a_table_becomes_a_version_that_verifies() -> None:
    function, store = trainer(sessions__csv=table())
    response = function.train({"table": "s3://data/sessions.csv", "label": "bought", "version": "7"})
    artifact = made(store, response)
    assert json.loads(json.dumps(response)) == response
    assert response["model"], response["version"] == ("intent", "7")
    assert (response["learner"], response["rows"]) == ("logistic", {"trained": 160, "held_out": 40})
    assert response["metrics"]["accuracy"] > 0.9
    assert response["digest"] == artifact.manifest.digest()
    assert artifact.manifest.metrics == response["metrics"]
    assert artifact.manifest.output.labels == ("no", "yes")
    assert [feature.name for feature in artifact.manifest.features] == ["a", "b", "c"]
    assert len(artifact.manifest.golden_rows) == 32
    Window(artifact.manifest)
    verify(artifact, compare=True)


def test_the_release_is_not_touched() -> None:
    function, store = trainer(sessions__csv=table())
    function.train({"table": "s3://data/sessions.csv", "label": "bought", "version": "7"})
    assert "models/models/intent/release.json" not in store.objects


KINDS = {
    "numbers": ("s3://data/numbers.csv", {}, "linear", "r2", 0.99, "regression"),
    "texts": ("s3://data/texts.csv.gz", {}, "text", "accuracy", 0.95, "binary"),
    "pictures": (
        "s3://data/pictures.npz",
        {"learner": "network", "options": {"neurons": 8, "epochs": 60, "shifted_copies": True}},
        "network",
        "accuracy",
        0.9,
        "binary",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_table_holds_decides_what_is_learned(kind: str) -> None:
    place, members, learner, metric, least, task = KINDS[kind]
    function, store = trainer(numbers__csv=numbers(), texts__csv__gz=gzip.compress(texts()), pictures__npz=pictures())
    response = function.train({"table": place, **members})
    artifact = made(store, response)
    assert (response["learner"], artifact.manifest.task) == (learner, task)
    assert response["metrics"][metric] >= least
    verify(artifact, compare=True)


def test_a_text_is_prepared_as_its_options_say() -> None:
    function, store = trainer(texts__csv=texts())
    options = {"unit": "characters", "grams": [1, 3], "buckets": 512, "length": 64}
    artifact = made(store, function.train({"table": "s3://data/texts.csv", "options": options}))
    assert artifact.manifest.preparation is not None
    assert artifact.manifest.preparation.shape == (64,)
    row = artifact.manifest.preparation.prepare("win a prize now")
    assert verify(artifact).predict(row, 1)[0] > 0.5


def test_whole_numbers_are_classes_or_numbers_as_the_request_says() -> None:
    whole = written(["a", "label"], [[repr(float(a)), str(round(3 * a))] for a in np.linspace(0, 9, 200)])
    function, _ = trainer(whole__csv=whole)
    for version, request in enumerate([{"task": "regression"}, {"learner": "linear"}]):
        response = function.train({"table": "s3://data/whole.csv", "version": str(version), **request})
        assert response["learner"] == "linear"
        assert response["metrics"]["r2"] > 0.99
    assert function.train({"table": "s3://data/whole.csv", "held_out": 0.05})["learner"] == "logistic"


def test_the_area_under_the_curve_counts_ties_as_half() -> None:
    scores = np.array([0.1, 0.4, 0.4, 0.8, 0.4, 0.9], np.float32)[:, None]
    codes = np.array([0, 0, 1, 1, 0, 1])
    assert metrics_of.of_classes(scores, codes)["auc"] == pytest.approx((1.0 + 0.5 + 0.5 + 3 + 3) / 9, abs=1e-6)


def test_the_same_request_makes_the_same_bytes_and_another_model_has_another_version() -> None:
    function, _ = trainer(sessions__csv=table(), other__csv=table(seed=9))
    request = {
        "table": "s3://data/sessions.csv",
        "label": "bought",
        "version": "7",
        "created_at": "2026-11-28T12:00:00Z",
    }
    assert function.train(request)["digest"] == function.train(request)["digest"]
    with pytest.raises(TrainingRefused, match="exists with other content"):
        function.train(request | {"table": "s3://data/other.csv"})


REFUSED: list[tuple[Any, str]] = [
    ([], "request: expected an object"),
    ({}, "request.table: expected a string"),
    ({"table": "sessions.csv"}, "request.table: expected s3://bucket/key"),
    ({"table": "s3://data/gone.csv"}, "request.table: expected an object that the trainer may read, got NoSuchKey"),
    ({"table": "s3://data/t.csv", "rows": 3}, "request.rows: unknown member"),
    ({"table": "s3://data/t.csv", "held_out": 0.9}, "request.held_out: expected 0.05 to 0.5"),
    ({"table": "s3://data/t.csv", "seed": -1}, "request.seed: expected"),
    ({"table": "s3://data/t.csv", "version": "../7"}, "request.version"),
    ({"table": "s3://data/t.csv", "created_at": "2026-11-28"}, "request.created_at: expected a time"),
    ({"table": "s3://data/t.csv", "label": "sold"}, "among them the label 'sold'"),
    ({"table": "s3://data/t.csv", "label": "bought", "learner": "magic"}, "request.learner: expected one of logistic"),
    ({"table": "s3://data/t.csv", "label": "bought", "learner": "text"}, "text does not learn from columns of numbers"),
    (
        {"table": "s3://data/t.csv", "label": "bought", "options": {"depth": 3}},
        "options.depth: the learner logistic has",
    ),
    (
        {"table": "s3://data/t.csv", "label": "bought", "options": {"rounds": 0}},
        "options.rounds: expected an integer from",
    ),
    ({"table": "s3://data/t.csv", "label": "a"}, "table: column 'bought': expected a number in every row"),
    ({"table": "s3://data/few.csv", "label": "bought"}, "table: expected at least 20 rows, got 5"),
    ({"table": "s3://data/one.csv", "label": "bought"}, "expected 2 to 1000 classes in the label, got 1"),
    ({"table": "s3://data/gaps.csv", "label": "bought"}, "table: column 'a': expected a number in every row"),
    ({"table": "s3://data/endless.csv", "label": "bought"}, "table: expected finite numbers"),
    ({"table": "s3://data/cut.csv", "label": "bought"}, "table: row 2: expected 2 fields, got 1"),
    ({"table": "s3://data/t.parquet"}, "table: expected .csv, .csv.gz or .npz, got t.parquet"),
    ({"table": "s3://data/no.npz"}, "table: expected arrays"),
    ({"table": "s3://data/no.csv.gz"}, "table: expected gzip"),
    ({"table": "s3://data/objects.npz"}, "table: expected arrays without Python objects"),
    ({"table": "s3://data/pictures.npz", "label": "digit"}, "table: expected arrays x and digit"),
    ({"table": "s3://data/gap.csv", "label": "bought"}, "table: row 3: expected a label in every row"),
    ({"table": "s3://data/t.csv", "task": "magic"}, "request.task: expected one of classification, regression"),
    ({"table": "s3://data/t.csv", "label": "bought", "task": "regression"}, "request.task: expected classification"),
    ({"table": "s3://data/numbers.csv", "task": "classification"}, "request.task: expected regression"),
    ({"table": "s3://data/numbers.csv", "learner": "network"}, "network learns classes, the labels are numbers"),
]


def objects() -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.array([{}, []], dtype=object), label=np.array([0, 1]))
    return file.getvalue()


@pytest.mark.parametrize(("request_", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_a_request_that_cannot_be_trained_is_refused_by_member_and_place(request_: Any, message: str) -> None:
    one = written(["a", "bought"], [["1", "yes"]] * 30)
    function, store = trainer(
        t__csv=table(), few__csv=table(5), one__csv=one,
        gaps__csv=written(["a", "bought"], [["", "x"], ["1", "y"]] * 20),
        endless__csv=written(["a", "bought"], [["inf", "x"], ["1", "y"]] * 20), cut__csv=b"a,bought\n1,x\n2\n",
        t__parquet=b"PAR1", no__npz=b"no", no__csv__gz=b"no", objects__npz=objects(), pictures__npz=pictures(),
        numbers__csv=numbers(), gap__csv=written(["a", "bought"], [["1", "x"], ["2", "y"], ["3", ""]] * 20),
    )  # fmt: skip
    before = set(store.objects)
    with pytest.raises(TrainingRefused) as caught:
        function.train(request_)
    assert message in str(caught.value)
    assert set(store.objects) == before


def test_a_table_that_the_memory_does_not_hold_is_not_read() -> None:
    function, _ = trainer(memory_mb=1, sessions__csv=table(5_000))
    with pytest.raises(TrainingRefused, match=r"raise trainer\.memory_mb"):
        function.train({"table": "s3://data/sessions.csv", "label": "bought"})


def arrays(x: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, x=x, label=np.zeros(len(x), np.int64))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "bomb", "message"),
    [
        ("t.csv.gz", gzip.compress(b"a,label\n" + b"1,x\n" * 600_000), "expected up to 1 MiB, inflated"),
        ("t.npz", arrays(np.zeros((1_000, 1_000), np.float32)), "expected up to 1 MiB of arrays, got 3"),
    ],
)
def test_a_small_file_that_inflates_beyond_the_cap_is_refused(
    name: str, bomb: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 1 << 20)
    function, _ = trainer(**{name.replace(".", "__"): bomb})
    assert len(bomb) < 20_000
    with pytest.raises(TrainingRefused, match=message):
        function.train({"table": f"s3://data/{name}"})
