"""`millrace model train`: what it prints of a table, what it makes of it, and what it refuses.

Each table is small, and of a kind on which training once gave a wrong model or a traceback.
"""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

from model_store.artifact import Artifact
from stream_producers.csv_table import CsvFormat
from stream_producers.replay import replay
from stream_producers.tables import read_table
from tests.fakes import envelopes
from tests.fakes.commands import plain, run
from tests.fakes.scorer import FakeScorer

ROWS = 60
RANDOM = np.random.default_rng(5)
A, B = RANDOM.normal(size=(2, ROWS)).round(4).tolist()
Y = [int(a + b > 0) for a, b in zip(A, B, strict=True)]


def write(path: Path, header: str, *columns: Any, separator: str = ",") -> Path:
    lines = [header, *(separator.join(map(str, row)) for row in zip(*columns, strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "in.csv"


def train(table: Path, *options: object) -> tuple[int, str, str]:
    code, out, err = run(
        "model", "train", "--table", table, "--label", "y", "--name", "sessions", "--version", "1",
        "--rounds", 5, "--out", table.parent / "artifact", *options,
    )  # fmt: skip
    return code, plain(out), err


def trained(table: Path, *options: object) -> tuple[Artifact, str]:
    code, out, err = train(table, *options)
    assert (code, err) == (0, "")
    return Artifact.read(table.parent / "artifact"), out


def rounds(artifact: Artifact) -> int:
    return xgb.Booster(model_file=bytearray(artifact.model)).num_boosted_rounds()


def refused(table: Path, *options: object) -> str:
    code, _, err = train(table, *options)
    assert (code, len(err.splitlines())) == (1, 1)
    return err


def replayed(artifact: Artifact, table: Path, how: CsvFormat | None = None) -> list[Any]:
    """The scores of the table's rows as the scorer publishes them; none is quarantined."""
    scorer = FakeScorer(artifact)
    events = [event.data for event in replay(read_table(table, how), leave_out=["y"])]
    scorer.run(envelopes.kinesis(*events))
    assert scorer.quarantined == []
    return [prediction.get("score", prediction.get("scores")) for prediction in scorer.predictions]


def test_it_prints_what_it_understood(csv: Path) -> None:
    names = ["x", "y"] * (ROWS // 2)
    write(csv, "a,b,name,y", A, ["", *B[1:]], names, ["", *Y[1:]])

    _, out = trained(csv, "--unknown-category", "missing")

    zeros, ones = Y[1:].count(0), Y[1:].count(1)
    assert out.splitlines()[:5] == [
        f"sessions: binary (binary:logistic), label y: 0 ({zeros}), 1 ({ones})",
        "rows: 59, a fifth held out, the same share of each class; 1 left out: no label",
        "  a: float, must not be missing",
        "  b: float, may be missing",
        "  name: category (x, y; another is missing), may be missing",
    ]


def test_an_integer_target_of_many_values_is_regression_and_printed_as_such(csv: Path) -> None:
    artifact, out = trained(write(csv, "a,b,y", A, B, range(100, 100 + ROWS)))

    assert (artifact.manifest.task, artifact.manifest.objective) == ("regression", "reg:squarederror")
    assert "note: label 'y' has 60 different whole numbers: --task multiclass makes each a class" in out
    assert len(replayed(artifact, csv)) == ROWS


def test_the_task_decides(csv: Path) -> None:
    write(csv, "a,b,y", A, B, [i % 3 for i in range(ROWS)])
    artifact, out = trained(csv)
    assert (artifact.manifest.task, artifact.manifest.output.labels) == ("multiclass", ("0", "1", "2"))
    assert "--task regression predicts a number" in out
    assert trained(csv, "--task", "regression")[0].manifest.task == "regression"
    assert "expected 2 values for --task binary, got 3: 0, 1, 2" in refused(csv, "--task", "binary")
    assert "--task: expected one of binary, multiclass, regression, got 'x'" in refused(csv, "--task", "x")


@pytest.mark.parametrize("values", [("0.0", "1.0"), ("0", "1"), ("False", "True")])
def test_a_label_with_nulls_stays_one_of_two_classes(csv: Path, values: tuple[str, str]) -> None:
    artifact, out = trained(write(csv, "a,b,y", A, B, ["", "", *(values[y] for y in Y[2:])]))

    labels = ("false", "true") if values[0] == "False" else ("0", "1")
    assert (artifact.manifest.task, artifact.manifest.output.labels) == ("binary", labels)
    assert "rows: 58, " in out
    assert "; 2 left out: no label" in out


def test_the_names_and_values_of_a_table_do_not_reach_the_terminal_as_controls(csv: Path) -> None:
    write(csv, "a\x1b[2J\x07,b\u202e\x9b31m,y", A, B, Y)
    _, out = trained(csv)
    assert r"a\u001b[2J\u0007" in out
    assert r"b\u202e\u009b31m" in out
    assert not set(out) & set("\x1b\x07\x9b\u202e")

    write(csv, "a,b,y", A, B, ["NA\x1b[2J", *Y[1:]])
    assert not set(refused(csv)) & set("\x1b")


def test_a_text_for_null_in_the_label_is_no_class(csv: Path) -> None:
    write(csv, "a,b,y", A, B, ["NA", *Y[1:]])
    assert "label 'y': expected numbers only, or texts only, got 'NA' among numbers: --null NA" in refused(csv)
    assert trained(csv, "--null", "NA")[0].manifest.output.labels == ("0", "1")


def test_a_text_for_null_in_a_feature_is_noted(csv: Path) -> None:
    write(csv, "a,b,y", ["NA", "NA", *A[2:]], B, Y)
    artifact, out = trained(csv)
    assert "note: column 'a' has 'NA' among numbers: --null NA reads it as missing" in out
    assert artifact.manifest.features[0].type == "category"
    assert len(replayed(artifact, csv)) == ROWS
    artifact, _ = trained(csv, "--null", "NA")
    assert artifact.manifest.features[0].type == "float"
    assert len(replayed(artifact, csv, CsvFormat(["NA"]))) == ROWS


@pytest.mark.parametrize("positives", [2, 4])
def test_rare_positives_are_in_both_parts(csv: Path, positives: int) -> None:
    label = [1] * positives + [0] * (ROWS - positives)
    artifact, _ = trained(write(csv, "a,b,y", A, B, label))
    assert artifact.manifest.metrics.keys() == {"auc", "aucpr", "logloss", "error"}


def test_what_the_held_out_rows_do_not_define_is_left_out_of_the_metrics(csv: Path) -> None:
    write(csv, "a,b,y", A, B, [1] + [0] * (ROWS - 1))
    assert "expected at least 2 rows of each class" in refused(csv)
    # Its only row of the class is held out; that of the next table is not.
    assert "expected rows of at least two classes to train on" in refused(csv, "--no-stratify")
    artifact, _ = trained(write(csv, "a,b,y", A, B, [0, 1] + [0] * (ROWS - 2)), "--no-stratify")
    assert {"logloss", "error"} <= artifact.manifest.metrics.keys()
    assert "auc" not in artifact.manifest.metrics


def test_five_rows(csv: Path) -> None:
    write(csv, "a,b,y", A[:5], B[:5], [0, 0, 1, 0, 0])
    assert "got 1 of '1'" in refused(csv)
    assert "expected at least 5 rows with a label, got 4" in refused(write(csv, "a,y", A[:4], Y[:4]))


def test_names_that_xgboost_refuses_are_ours(csv: Path) -> None:
    write(csv, "a b,c.d,größe,[x]<y>,名前,y", A, B, A, B, ["ä", "日本"] * (ROWS // 2), Y)
    artifact, _ = trained(csv)
    assert [feature.name for feature in artifact.manifest.features] == ["a b", "c.d", "größe", "[x]<y>", "名前"]
    assert len(replayed(artifact, csv)) == ROWS


def test_identifiers_are_noted(csv: Path) -> None:
    numbers = [10**15 + i for i in range(ROWS)]
    write(csv, "id,num_id,a,y", [f"C{i:06d}" for i in range(ROWS)], numbers, A, Y)
    _, out = trained(csv)
    assert "column 'id' has 60 different texts in 60 rows" in out
    assert "column 'num_id' has 60 different whole numbers, 1 as the float32 of a model" in out
    assert "leave it out with --drop num_id" in out
    assert "note:" not in trained(csv, "--drop", "id", "--drop", "num_id")[1]


def test_a_table_without_rows_and_a_name_with_a_space(csv: Path) -> None:
    assert "the table: expected at least one row, got none" in refused(write(csv, "a,y", [], []))
    assert "column 'y': expected one of a, ' y'" in refused(write(csv, "a, y", A, Y))


def test_the_index_of_pandas(csv: Path) -> None:
    artifact, out = trained(write(csv, ",a,y", range(ROWS), A, Y))
    assert out.startswith("note: column 1 has no name and numbers the rows, as pandas writes it: left out\n")
    assert [feature.name for feature in artifact.manifest.features] == ["a"]


def test_a_column_twice(csv: Path) -> None:
    assert "column 'a': expected each name once in the header" in refused(write(csv, "a,a,y", A, B, Y))


def test_semicolons_and_decimal_commas(csv: Path) -> None:
    commas = [str(a).replace(".", ",") for a in A]
    write(csv, "a;b;y", commas, B, Y, separator=";")
    assert "--decimal-comma" in refused(csv)
    artifact, _ = trained(csv, "--decimal-comma", "--separator", ";")
    assert [feature.type for feature in artifact.manifest.features] == ["float", "float"]
    assert len(replayed(artifact, csv, CsvFormat(decimal_comma=True))) == ROWS


def test_tsv_and_gzip(csv: Path) -> None:
    packed = csv.with_name("in.tsv.gz")
    packed.write_bytes(gzip.compress(write(csv, "a\ty", A, Y, separator="\t").read_bytes()))
    assert len(replayed(trained(packed)[0], packed)) == ROWS


def test_parameters_of_xgboost(csv: Path) -> None:
    write(csv, "a,b,y", A, B, Y)
    deep, _ = trained(csv, "--params", "max_depth=1", "--params", "grow_policy=lossguide")
    assert deep.model != trained(csv)[0].model
    assert '--params: XGBoost has no use for "max_dept" here' in refused(csv, "--params", "max_dept=3")
    assert "--params: expected key=value, got 'max_depth'" in refused(csv, "--params", "max_depth")
    assert "--params seed: expected no value" in refused(csv, "--params", "seed=3")
    assert "--missing-value states what counts as missing" in refused(csv, "--params", "missing=-999")
    assert "--params n_estimators: expected no value, --rounds states it" in refused(csv, "--params", "n_estimators=9")
    assert "expected gbtree or dart, got gblinear: train such a model with XGBoost, and import it" in refused(
        csv, "--params", "booster=gblinear"
    )
    quantiles = ("--task", "regression", "--params", "objective=reg:quantileerror", "--params")
    assert "--params quantile_alpha: expected one number, got [0.1, 0.9]: train such a model with XGBoost" in refused(
        csv, *quantiles, "quantile_alpha=[0.1,0.9]"
    )
    assert trained(csv, *quantiles, "quantile_alpha=0.1")[0].manifest.objective == "reg:quantileerror"
    assert "XGBoost cannot train with these parameters" in refused(csv, "--params", "max_depth=deep")
    assert "it is for regression, the task is binary" in refused(csv, "--params", "objective=count:poisson")
    poisson, _ = trained(csv, "--params", "objective=count:poisson", "--task", "regression")
    assert poisson.manifest.objective == "count:poisson"


@pytest.mark.parametrize("option", ["--name", "--version"])
@pytest.mark.parametrize("value", ["v 1/2", "../../../evil"])
def test_a_name_that_is_none_is_refused_before_training(csv: Path, option: str, value: str) -> None:
    assert refused(write(csv, "a,y", A, Y), option, value).startswith(f"error: {option}: expected 1 to 100 letters")


def test_without_early_stopping_all_rounds_are_trained(csv: Path) -> None:
    write(csv, "a,y", A, [0, 1] * (ROWS // 2))
    most = 80
    assert rounds(trained(csv, "--rounds", most, "--early-stopping", 0)[0]) == most
    assert rounds(trained(csv, "--rounds", most, "--early-stopping", 2)[0]) < most


@pytest.mark.parametrize("option", ["--missing", "--unknown-category"])
def test_an_option_that_is_misspelt(csv: Path, option: str) -> None:
    assert f"{option}: expected one of " in refused(write(csv, "a,y", A, Y), option, "sene")


def test_an_artifact_is_no_file_and_that_is_known_before_training(csv: Path) -> None:
    (csv.parent / "artifact").write_text("mine")
    err = refused(write(csv, "a,b,y", A, B, Y))
    assert err.startswith("error: --out: expected a folder for the artifact, got the file ")
    assert (csv.parent / "artifact").read_text() == "mine"


def test_how_events_are_read_is_printed(csv: Path) -> None:
    _, out = trained(write(csv, "a,b,y", A, B, Y), "--unwrap", "dms", "--event-id", "/data/id", "--integer-id")
    assert (
        '  events: unwrap "dms", ignore [{"path": "/metadata/record-type", "equals": ["control"]}, '
        '{"path": "/metadata/operation", "equals": ["delete"]}], event_id {"path": "/data/id", "type": "integer"}\n'
    ) in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--label", "y"], "--label: expected --table with it, got none"),
        (["--task", "binary", "--null", "NA"], "--task, --null: expected --table with it, got none"),
        (["--days", "7"], "--days: expected --from-stack with it, got none"),
        (["--drop", "z"], "--drop: expected --table or --from-stack with it, got none"),
        (["--from-stack", "dev", "--label", "y"], "--label: expected --table with it, got none"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(options: list[str], message: str) -> None:
    """Without --table the built-in task is trained: whoever forgot it would take that model for one of their table."""
    code, _, err = run("model", "train", *options)
    assert (code, err) == (1, f"error: {message}: give it, or leave the option out\n")
