"""Trains a network of PyTorch on texts, exports it as ONNX, and compares it with simpler models on what it never saw.

    python examples/text/text.py (spam | languages) FOLDER

PyTorch is Debian's: scripts/setup_torch brings it. Writes into FOLDER: net.onnx, and small.onnx with half the bytes;
inputs.json, labels.txt, sample.jsonl and expected.csv, PyTorch's own scores of it, for `millrace model import`; and
figures.json. Prints accuracy, area under the curve, false positives, CPU time and size of each model.
"""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import contenders
import halved
import mails
import numpy as np
from contenders import Contender, DividedTexts
from sklearn.metrics import roc_auc_score

from inputs import text as preparations
from millrace.demo import texts

SAMPLE = 200  # texts that prove the import


class TextSet(NamedTuple):
    """A data set, and what suits it. grams : of the preparation. tf_idf : of the vectoriser."""

    read: Callable[[Path], Sequence[tuple[str, str]]]
    grams: dict[str, Any]
    tf_idf: dict[str, Any]


SETS = {
    "spam": TextSet(
        lambda folder: mails.read(mails.fetch(folder)),
        {"unit": "words", "grams": [1, 2], "buckets": 32_768, "length": 1_024},
        {"ngram_range": (1, 2), "min_df": 2},
    ),
    "languages": TextSet(
        lambda folder: texts.read(texts.fetch(folder)),
        {"unit": "characters", "grams": [1, 3], "buckets": 16_384, "length": 512},
        {"ngram_range": (1, 3), "analyzer": "char"},
    ),
}


def figures(found: Contender, truth: np.ndarray) -> dict[str, float]:
    """false_positives : of spam, or the mean of all classes."""
    said, classes = found.scores.argmax(axis=1), found.scores.shape[1]
    two = classes == 2
    area = roc_auc_score(truth, found.scores[:, 1]) if two else roc_auc_score(truth, found.scores, multi_class="ovr")
    rates = [float((said[truth != one] == one).mean()) for one in ([1] if two else range(classes))]
    return {
        "accuracy": float((said == truth).mean()),
        "auc": float(area),
        "false_positives": float(np.mean(rates)),
        "us_a_text": found.a_text * 1e6,
        "mb": found.size / 1e6,
        "training_s": found.training,
    }


def compared(chosen: TextSet, data: DividedTexts, folder: Path) -> dict[str, Contender]:
    """Each model by its name."""
    preprocessing = [{"name": preparations.NAME, "version": preparations.VERSION, **chosen.grams}]
    how = preparations.read(preprocessing)
    (folder / "inputs.json").write_text(json.dumps({"kind": "text", "preprocessing": preprocessing}, indent=2) + "\n")
    training = contenders.torch_network(data, how, folder)
    whole = (folder / "net.onnx").read_bytes()
    small = halved.halved(whole)
    (folder / "small.onnx").write_bytes(small)
    return {
        "PyTorch": contenders.served(whole, data, how, training),
        "PyTorch, float16": contenders.served(small, data, how, training),
        "the trainer's text": contenders.trainers_learner(data, chosen.grams),
        "tf-idf, logistic regression": contenders.tf_idf(data, chosen.tf_idf),
    }


def written(folder: Path, data: DividedTexts, scores: np.ndarray) -> None:
    """What `millrace model import` proves the network with. scores : PyTorch's, of the held-out texts."""
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in data.classes))
    places = data.held_out[:SAMPLE]
    columns = slice(1, None) if len(data.classes) == 2 else slice(None)
    rows = zip(data.some(places), data.labels[places].tolist(), strict=True)
    lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
    (folder / "sample.jsonl").write_text("".join(f"{line}\n" for line in lines))
    with (folder / "expected.csv").open("w", newline="") as file:
        csv.writer(file).writerows([data.classes[columns], *scores[:SAMPLE, columns].tolist()])


def main(name: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = contenders.divided(SETS[name].read(folder))
    print(f"{len(data.texts):,} texts of {len(data.classes)} classes, {len(data.held_out):,} held out")
    found = compared(SETS[name], data, folder)
    torchs = np.load(folder / "scores.npy")
    written(folder, data, torchs)
    truth = data.codes(data.held_out)
    table = {model: figures(contender, truth) for model, contender in found.items()}
    farthest = {model: float(np.abs(found[model].scores - torchs).max()) for model in found if "PyTorch" in model}
    (folder / "figures.json").write_text(json.dumps({"models": table, "from_torch": farthest}, indent=2) + "\n")
    for model, of in table.items():
        print(
            f"{model}: accuracy {of['accuracy']:.4f}, AUC {of['auc']:.4f}, false positives "
            f"{of['false_positives']:.2%}, {of['us_a_text']:.0f} µs a text, {of['mb']:.2f} MB, trained in "
            f"{of['training_s']:.1f} s"
        )
    for model, distance in farthest.items():
        print(f"{model}: farthest from PyTorch's own scores {distance:.1e}")


if __name__ == "__main__":
    if sys.argv[1:2] not in [[name] for name in SETS] or len(sys.argv) != 3:
        raise SystemExit(f"expected {' or '.join(SETS)} and a folder, got {sys.argv[1:]}")
    main(sys.argv[1], Path(sys.argv[2]))
