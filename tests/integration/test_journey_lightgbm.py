"""A LightGBM model's journey: trained on a table, imported, published, and rows replayed, by typed commands."""

import lightgbm
import numpy as np
import polars as pl

from millrace.model.lightgbm_import import ABSOLUTE, RELATIVE
from tests.integration.commands import MOST_COMMANDS, UserShell
from tests.integration.test_journeys import predicted, stack, user

__all__ = ["stack", "user"]  # fixtures

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


def test_a_lightgbm_model_to_predictions(user: UserShell) -> None:
    booster, new = trained(sessions(2_000, seed=1)), sessions(ROWS, seed=3)
    booster.save_model(user.folder / "lgb.txt")
    sessions(300, seed=2).write_csv(user.folder / "sample.csv")
    new.write_csv(user.folder / "new.csv")
    listed = f"pages,int,\nspend,float,\ndevice,category,{'|'.join(DEVICES)}\nweekend,bool,\n"
    (user.folder / "features.csv").write_text("name,type,categories\n" + listed)

    user.add_stack()
    user(
        "millrace model import lgb.txt --name journey --version lgb --features features.csv --sample sample.csv "
        "--label bought --out model"
    )
    user("millrace model publish model --stack it-journeys")
    user("millrace replay new.csv --label bought --stack it-journeys")
    found = predicted(user, "lgb", ROWS)
    assert user.commands < MOST_COMMANDS

    scores = [found[f"new-{row:09}"]["score"] for row in range(ROWS)]
    np.testing.assert_allclose(scores, booster.predict(matrix(new)), rtol=RELATIVE, atol=ABSOLUTE)
