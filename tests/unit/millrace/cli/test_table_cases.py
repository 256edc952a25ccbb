"""Tables on which first use once failed: the command line trains on each, and its rows are scored as by XGBoost."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from sklearn import datasets

from millrace.replay import rows
from model_store.artifact import Artifact
from stream_producers.csv_table import CsvFormat
from stream_producers.tables import read_table
from tests.fakes import envelopes
from tests.fakes.commands import plain, run
from tests.fakes.scorer import FakeScorer

Table = list[list[Any]]
ROWS = 399


@dataclass(frozen=True, slots=True)
class TableCase:
    """A table, header first, and what must come of it.

    task : what it is trained for. printed : a part of the output. features : of the model.
    how : what its CSV is written with, in options and as the producers have it.
    """

    table: Callable[[], Table]
    task: str
    features: Sequence[str]
    printed: str = "rows: "
    label: str = "y"
    options: Sequence[str] = ()
    how: CsvFormat = field(default_factory=CsvFormat)
    separator: str = ","
    encoding: str = "utf-8"
    decimal_comma: bool = False


@cache
def normal(rows: int = ROWS) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(rows, 4))


def ab(rows: int = ROWS) -> Table:
    """Two numbers, and whether their sum is positive."""
    return [["a", "b", "y"], *([a, b, int(a + b > 0)] for a, b in normal(rows)[:, :2].tolist())]


def with_column(name: str, values: Callable[[int], Any], at: int) -> Callable[[], Table]:
    def table() -> Table:
        header, *data = ab()
        return [
            [*header[:at], name, *header[at:]],
            *([*row[:at], values(number), *row[at:]] for number, row in enumerate(data)),
        ]

    return table


def replaced(column: str, value: Callable[[int, Any], Any], source: Callable[[], Table] = ab) -> Callable[[], Table]:
    def table() -> Table:
        header, *data = source()
        at = header.index(column)
        return [header, *([*row[:at], value(number, row[at]), *row[at + 1 :]] for number, row in enumerate(data))]

    return table


def dates() -> Table:
    header, *data = ab()
    return [
        ["id", "when", *header],
        *(
            [f"C{number:06}", f"2024-01-{1 + number // 24:02} {number % 24:02}:00:00", *row]
            for number, row in enumerate(data)
        ),
    ]


def names() -> Table:
    header = ["a b", "c.d", "größe", "[x]<y>", "名前", "y"]
    return [header, *([*row, ("ä", "ö", "日本")[n % 3], int(row[0] > 0)] for n, row in enumerate(normal().tolist()))]


def of_scikit_learn(data: Any, label: Sequence[Any]) -> Table:
    return [[*data.feature_names, "target"], *([*x, y] for x, y in zip(data.data.tolist(), label, strict=True))]


def iris() -> Table:
    data = datasets.load_iris()
    return of_scikit_learn(data, [data.target_names[code] for code in data.target])


def diabetes() -> Table:
    data = datasets.load_diabetes()
    return of_scikit_learn(data, [int(y) for y in data.target])


CASES = {
    "an integer target": TableCase(
        diabetes,
        "regression",
        ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"],
        "label 'target' has 214 different whole numbers: --task multiclass makes each a class",
        "target",
    ),
    "a label with nulls": TableCase(
        replaced("y", lambda number, y: "" if number % 19 == 0 else float(y)),
        "binary",
        ["a", "b"],
        "21 left out: no label",
    ),
    "rare positives": TableCase(
        replaced("y", lambda number, _: int(number < 4), lambda: ab(1_000)), "binary", ["a", "b"], "0 (996), 1 (4)"
    ),
    "names": TableCase(names, "binary", ["a b", "c.d", "größe", "[x]<y>", "名前"]),
    "the index of pandas": TableCase(
        with_column("", lambda number: number, 0), "binary", ["a", "b"], "column 1 has no name and numbers the rows"
    ),
    "a number as id": TableCase(
        with_column("num_id", lambda number: 10**15 + number, 3),
        "binary",
        ["a", "b", "num_id"],
        "column 'num_id' has 399 different whole numbers, 1 as the float32 of a model",
    ),
    "decimal commas": TableCase(
        ab,
        "binary",
        ["a", "b"],
        options=["--decimal-comma"],
        how=CsvFormat(decimal_comma=True),
        separator=";",
        decimal_comma=True,
    ),
    "a text among numbers": TableCase(
        replaced("a", lambda number, a: "NA" if number % 10 == 0 else round(a, 3)),
        "binary",
        ["a", "b"],
        "column 'a' has 'NA' among numbers: --null NA reads it as missing",
    ),
    "the same, as missing": TableCase(
        replaced("a", lambda number, a: "NA" if number % 10 == 0 else round(a, 3)),
        "binary",
        ["a", "b"],
        "a: float, may be missing",
        options=["--null", "NA"],
        how=CsvFormat(["NA"]),
    ),
    "a byte order mark": TableCase(ab, "binary", ["a", "b"], encoding="utf-8-sig"),
    "dates and ids": TableCase(
        dates, "binary", ["id", "when", "a", "b"], "column 'when' has dates, each a category of its own"
    ),
    "dates and ids left out": TableCase(dates, "binary", ["a", "b"], options=["--drop", "id", "--drop", "when"]),
    "classes as text": TableCase(
        iris,
        "multiclass",
        ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"],
        "setosa (50), versicolor (50), virginica (50)",
        "target",
    ),
}


def write(folder: Path, case: TableCase) -> Path:
    def text(value: Any) -> str:
        return str(value).replace(".", ",") if case.decimal_comma and isinstance(value, float) else str(value)

    path = folder / "in.csv"
    with path.open("w", encoding=case.encoding, newline="") as file:
        csv.writer(file, delimiter=case.separator).writerows(map(text, row) for row in case.table())
    return path


def train(path: Path, label: str, *options: str) -> tuple[int, str, str]:
    code, out, err = run(
        "model", "train", "--table", path, "--label", label, "--name", envelopes.MODEL, "--version", "1",
        "--rounds", 8, "--out", path.parent / "model", *options,
    )  # fmt: skip
    return code, plain(out), err


def expected(artifact: Artifact, case: TableCase) -> np.ndarray:
    """XGBoost's own prediction of the rows, encoded without the project's code."""
    header, *data = case.table()
    columns = []
    for name in case.features:
        values = [row[header.index(name)] for row in data]
        nulls = {"", *case.how.nulls}
        present = [value for value in values if value not in nulls]
        categories = sorted({str(value) for value in present}) if any(isinstance(v, str) for v in present) else None
        columns.append([
            np.nan if value in nulls else float(value) if categories is None else categories.index(str(value))
            for value in values
        ])  # fmt: skip
    booster = xgb.Booster(model_file=bytearray(artifact.model))
    return booster.predict(xgb.DMatrix(np.array(columns, np.float32).T, feature_names=booster.feature_names))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_table_is_trained_on_and_scored_as_xgboost_does(tmp_path: Path, case: TableCase) -> None:
    path = write(tmp_path, case)

    code, out, err = train(path, case.label, *case.options)

    assert (code, err) == (0, "")
    assert case.printed in out
    artifact = Artifact.read(tmp_path / "model")
    assert artifact.manifest.task == case.task
    assert [feature.name for feature in artifact.manifest.features] == list(case.features)
    scorer = FakeScorer(artifact)
    events = rows.events(read_table(path, case.how), artifact.manifest, "in", label=case.label)
    scorer.run(envelopes.kinesis(*[event.data for event in events]))
    assert scorer.quarantined == []
    scores = [one.get("score", one.get("scores")) for one in scorer.predictions]
    np.testing.assert_allclose(scores, expected(artifact, case), rtol=1e-6)


def column_twice() -> Table:
    return [["a", "a", "y"], *ab()[1:]]


REFUSED = {
    "five rows": (lambda: [*ab()[:1], *([a, b, int(n == 2)] for n, (a, b, _) in enumerate(ab()[1:6]))],
                  "expected at least 2 rows of each class, to train on and to measure with, got 1 of '1'"),
    "a column twice": (column_twice, "column 'a': expected each name once in the header, got it again"),
    "decimal commas that are not named": (
        replaced("a", lambda _, a: f"{a:.3f}".replace(".", ",")),
        "add --decimal-comma where it is a number",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("table", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_table_is_refused_in_a_line_that_says_what_to_do(
    tmp_path: Path, table: Callable[[], Table], message: str
) -> None:
    code, _, err = train(write(tmp_path, TableCase(table, "binary", ["a", "b"])), "y")
    assert code == 1
    assert message in err
    assert len(err.splitlines()) == 1
