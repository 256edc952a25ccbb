"""The process that verifies damaged ONNX files, and scores with those that pass: as model_judge.py, which it is."""

import math
import resource
from copy import replace

from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest
from model_store.verify import verify
from predictors.errors import ModelNotLoaded
from predictors.onnx import sound_graph
from predictors.predictor import Predictor
from tests.fuzz import model_judge


def judge(manifest: Manifest, model: bytes, probe: bytes) -> str:
    """What becomes of a model whose manifest vouches for its bytes."""
    try:
        predictor = accepted(manifest, model)
    except ArtifactRefused as refused:
        return refused.check
    scores = predictor.predict(probe, len(probe) // (4 * len(manifest.features)))
    wrong = [score for score in scores if not math.isfinite(score)]
    return f"not finite: {wrong[0]}" if wrong else "accepted"


def accepted(manifest: Manifest, model: bytes) -> Predictor:
    """The model, verified as a child process does. Raises ArtifactRefused.

    Golden rows that the damage made wrong are made anew, as whoever damages a file on purpose would.
    """
    try:
        return verify(Artifact(manifest, model), compare=True)
    except ArtifactRefused as refused:
        if refused.check != "golden row":
            raise
    predictor = sound_graph.read(Artifact(manifest, model)).load(1)
    try:
        rows = tuple(replace(row, scores=scores(predictor, row)) for row in manifest.golden_rows)
    except ModelNotLoaded as error:
        raise ArtifactRefused("golden row", str(error)) from None
    return verify(Artifact(replace(manifest, golden_rows=rows), model), compare=True)


def scores(predictor: Predictor, row: GoldenRow) -> tuple[float, ...]:
    return tuple(predictor.predict(row.packed(), 1))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # of a huge constant, the allocation fails
    model_judge.main(judge)
