"""The process that verifies damaged models, loads those that pass, and scores with them: it may die of one.

    python model_judge.py ARTIFACTS PROBE_ROWS

ARTIFACTS is a folder of sound artifacts. Standard input brings damaged models as frames: number of the artifact that
it was, by name, length, bytes. For each one line goes out: the check that refused it, or "accepted", or
"not finite: …".
"""

import math
import signal
import struct
import sys
from collections.abc import Callable
from copy import replace
from pathlib import Path

from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest, ModelFile
from model_store.verify import verify
from predictors.xgboost.booster import Booster, BoosterError

FRAME = struct.Struct(">BI")
SECONDS = 20  # a model that takes longer is as good as one that crashes: the alarm ends the process


def main(judge: Callable[[Manifest, bytes, bytes], str]) -> None:
    folder, probe = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
    manifests = [Artifact.read(path).manifest for path in sorted(folder.iterdir())]
    while header := sys.stdin.buffer.read(FRAME.size):
        number, size = FRAME.unpack(header)
        model = sys.stdin.buffer.read(size)
        signal.alarm(SECONDS)
        manifest = manifests[number]
        file = ModelFile.of(model, manifest.file.name)
        print(judge(replace(manifest, file=file), model, probe), flush=True)


def judge(manifest: Manifest, model: bytes, probe: bytes) -> str:
    """What becomes of a model whose manifest vouches for its bytes."""
    try:
        booster = accepted(manifest, model)
    except ArtifactRefused as refused:
        return refused.check
    scores = booster.predict(probe, len(probe) // (4 * len(manifest.features)))
    wrong = [score for score in scores if not math.isfinite(score)]
    return f"not finite: {wrong[0]}" if wrong else "accepted"


def accepted(manifest: Manifest, model: bytes) -> Booster:
    """The model, verified. Raises ArtifactRefused.

    Golden rows that the damage made wrong are made anew, as whoever damages a file on purpose would.
    """
    try:
        return verify(Artifact(manifest, model))
    except ArtifactRefused as refused:
        if refused.check != "golden row":
            raise
    # The structure is sound, and XGBoost has loaded it once: it may score.
    booster = Booster(model)
    try:
        rows = tuple(replace(row, scores=scores(booster, row)) for row in manifest.golden_rows)
    except BoosterError as error:
        raise ArtifactRefused("golden row", str(error)) from None
    return verify(Artifact(replace(manifest, golden_rows=rows), model))


def scores(booster: Booster, row: GoldenRow) -> tuple[float, ...]:
    return tuple(booster.predict(row.packed(), 1))


if __name__ == "__main__":
    main(judge)
