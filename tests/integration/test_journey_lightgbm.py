"""A LightGBM model's way: trained on a table, imported by the command line, and its rows replayed through the stack."""

from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import polars as pl

from millrace.model.lightgbm_import import ABSOLUTE, RELATIVE
from millrace.replay.rows import events
from model_store.artifact import Artifact
from stream_producers.receipts import Receipt
from stream_producers.tables import read_table
from tests.fakes import commands
from tests.integration.harness import Harness

OpenStack = Callable[[str], Harness]
DEVICES = ("desktop", "phone", "tablet", "watch")
COLUMNS = ("pages", "spend", "device", "weekend")
ROWS = 500


def sessions(rows: int, seed: int) -> pl.DataFrame:
    """Integers, numbers with gaps, categories with gaps, booleans; and whether something was bought."""
    random = np.random.default_rng(seed)
    pages, spend = random.integers(1, 40, rows), random.gamma(2.0, 20.0, rows).round(2)
    device, weekend = random.integers(0, len(DEVICES), rows), random.random(rows) < 0.3
    bought = pages / 10 + spend / 30 + 2 * (device % 2) + random.normal(size=rows) > 4.5
    gaps = random.random((2, rows)) < 0.15
    return pl.DataFrame(
        {
            "pages": pages,
            "spend": [None if gap else value for gap, value in zip(gaps[0], spend.tolist(), strict=True)],
            "device": [None if gap else DEVICES[code] for gap, code in zip(gaps[1], device, strict=True)],
            "weekend": weekend,
            "bought": bought.astype(int),
        }
    )


def matrix(table: pl.DataFrame) -> np.ndarray:
    """As LightGBM's users encode a table: codes of categories, NaN for gaps, float64."""
    codes = {name: float(code) for code, name in enumerate(DEVICES)}
    encoded = table.with_columns(pl.col("device").replace_strict(codes, default=None, return_dtype=pl.Float64))
    return encoded.select(pl.col(COLUMNS).cast(pl.Float64).fill_null(float("nan"))).to_numpy()


def trained(table: pl.DataFrame) -> lightgbm.Booster:
    data = lightgbm.Dataset(
        matrix(table), table["bought"].to_numpy(), feature_name=list(COLUMNS), categorical_feature=["device"]
    )
    parameters = {"objective": "binary", "num_leaves": 15, "verbose": -1, "num_threads": 1, "min_data_per_group": 10}
    return lightgbm.train(parameters, data, 40)


def test_a_lightgbm_model_to_predictions(harness: OpenStack, tmp_path: Path) -> None:
    booster = trained(sessions(2_000, seed=1))
    booster.save_model(tmp_path / "lgb.txt")
    sessions(300, seed=2).write_csv(tmp_path / "sample.csv")
    sessions(ROWS, seed=3).write_csv(tmp_path / "new.csv")
    listed = f"pages,int,\nspend,float,\ndevice,category,{'|'.join(DEVICES)}\nweekend,bool,\n"
    (tmp_path / "features.csv").write_text("name,type,categories\n" + listed)

    stack = harness("topic_sink")
    code, out, err = commands.run(
        "model", "import", tmp_path / "lgb.txt", "--name", stack.stack.outputs["model"]["name"], "--version", "lgb",
        "--features", tmp_path / "features.csv", "--sample", tmp_path / "sample.csv", "--label", "bought",
        "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert code == 0, err
    assert "written by LightGBM (format v4, binary sigmoid:1) and converted" in out
    artifact = Artifact.read(tmp_path / "artifact")
    stack.publish(artifact)

    table = read_table(tmp_path / "new.csv")
    receipts = stack.send(events(table, artifact.manifest, "session", label="bought"), stack.stream)
    account = stack.settle()

    assert account.predictions == ROWS
    found = [stack.predictions[key].score for key in stack.by_id(sorted(receipts, key=_number))]
    expected = np.asarray(booster.predict(matrix(table)))
    np.testing.assert_allclose(found, expected, rtol=RELATIVE, atol=ABSOLUTE)


def _number(receipt: Receipt) -> int:
    return int(receipt.event_id.rpartition("-")[2])
