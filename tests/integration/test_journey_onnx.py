"""The journey of scikit-learn's models: trained, exported as ONNX, imported, published, and rows replayed by typed
commands; scored by ONNX Runtime in the function, from Kinesis, as scikit-learn scores them.
"""

from typing import Any

import numpy as np
import polars as pl
import pytest
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LinearRegression, LogisticRegression

from tests.integration.commands import MOST_COMMANDS, UserShell
from tests.integration.test_journeys import predicted, stack, user

__all__ = ["stack", "user"]  # fixtures

COLUMNS = ("pages", "spend", "weekend")
ROWS = 200


def sessions(rows: int, seed: int) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    pages, spend = random.integers(1, 40, rows), random.gamma(2.0, 20.0, rows).astype(np.float32)
    weekend = random.random(rows) < 0.3
    bought = pages / 10 + spend / 30 + 2 * weekend + random.normal(size=rows) > 4.5
    table = {"pages": pages, "spend": spend.tolist(), "weekend": weekend, "bought": bought.astype(int)}
    return pl.DataFrame(table | {"next": (0.3 * spend + pages + random.normal(size=rows)).tolist()})


def matrix(table: pl.DataFrame) -> np.ndarray:
    return table.select(pl.col(COLUMNS).cast(pl.Float32)).to_numpy()


def exported(model: Any, **options: Any) -> bytes:
    shape = [("x", FloatTensorType([None, len(COLUMNS)]))]
    return bytes(to_onnx(model, initial_types=shape, options=options, target_opset=17).SerializeToString())


@pytest.mark.parametrize("kind", ["linear", "logistic"])
def test_a_model_of_scikit_learn_to_predictions(user: UserShell, kind: str) -> None:
    train, new = sessions(2_000, seed=1), sessions(ROWS, seed=3)
    if kind == "linear":
        target, model = "next", LinearRegression().fit(matrix(train), train["next"])
        expected, file = model.predict(matrix(new)), exported(model)
    else:
        target, model = "bought", LogisticRegression(max_iter=1000).fit(matrix(train), train["bought"])
        expected, file = model.predict_proba(matrix(new))[:, 1], exported(model, zipmap=False)
    (user.folder / "net.onnx").write_bytes(file)
    train.head(300).select(*COLUMNS, target).write_csv(user.folder / "sample.csv")
    new.select(*COLUMNS, target).write_csv(user.folder / "new.csv")

    user.add_stack()
    named = f"--name journey --version {kind}"
    user(f"millrace model import net.onnx {named} --sample sample.csv --label {target} --out model")
    user("millrace model publish model --stack it-journeys")
    user(f"millrace replay new.csv --label {target} --stack it-journeys")
    found = predicted(user, kind, ROWS)
    assert user.commands < MOST_COMMANDS

    scores = [found[f"new-{row:09}"]["score"] for row in range(ROWS)]
    np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-6)
