"""Cold starts of ONNX models: CPU time and peak memory of fresh processes, side by side with `import numpy`.

    python -m benchmarks.deep ARTIFACT...

ARTIFACT : a folder, as `millrace model import --out` writes it. Prints a table in Markdown: `library` is ONNX Runtime
with the model, its structure check and one run; `whole` the scorer of its package, from its import to the first
prediction in the sink of a stub of AWS. CPU time is that beyond an empty process.
"""

import base64
import json
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import envelopes
from benchmarks.aws import Aws
from benchmarks.cold_start import measured, unpacked
from benchmarks.paths import ROOT, SCRATCH
from benchmarks.workload import Size, Workload

if TYPE_CHECKING:
    from model_store.artifact import Artifact
    from model_store.manifest import Manifest

CHILD = ROOT / "benchmarks" / "deep_child.py"
ROUNDS = 9


class DeepStart(NamedTuple):
    """name : in the table. action : of deep_child.py. artifact : its folder; None where none is read."""

    name: str
    action: str
    artifact: Path | None = None


class StartCost(NamedTuple):
    """cpu : seconds. peak : bytes."""

    cpu: float
    peak: int


def payload(manifest: "Manifest") -> bytes:
    """An event, of the first golden row."""
    inputs = manifest.golden_rows[0].inputs
    if manifest.event.format == "bytes":
        return base64.b64decode(str(inputs[0]))
    if manifest.event.format == "vector":
        return json.dumps(inputs).encode()
    names = [feature.name for feature in manifest.features]
    return json.dumps({"event_id": "e-1", "features": dict(zip(names, inputs, strict=True))}).encode()


def measure(folders: list[Path]) -> dict[DeepStart, StartCost]:
    from model_store.artifact import Artifact

    artifacts = {folder: Artifact.read(folder) for folder in folders}
    with TemporaryDirectory(dir=SCRATCH) as name, Aws(Path(name) / "buckets") as aws:
        tree = _package(any(_of_images(one) for one in artifacts.values()))
        starts = [
            DeepStart("nothing", "nothing"),
            DeepStart("`import numpy`", "numpy"),
            DeepStart("`import onnxruntime`", "python"),
        ]
        for folder, artifact in artifacts.items():
            aws.release_artifact(artifact)
            event = envelopes.event(envelopes.KINESIS, [payload(artifact.manifest)])
            (folder / "event.json").write_bytes(event)
            starts += [DeepStart(f"{folder.name}: {what}", what, folder) for what in ("library", "whole")]
        found: dict[DeepStart, list[StartCost]] = {start: [] for start in starts}
        for number in range(ROUNDS + 1):
            for start in starts:
                cost = _run(start, tree, _environment(aws, start, artifacts))
                if number:  # the first fills the caches
                    found[start].append(cost)
    return {
        start: StartCost(statistics.median(one.cpu for one in costs), max(one.peak for one in costs))
        for start, costs in found.items()
    }


def _of_images(artifact: "Artifact") -> bool:
    how = artifact.manifest.preparation
    return how is not None and how.name == "image"


def _run(start: DeepStart, tree: Path, environment: dict[str, str]) -> StartCost:
    return StartCost(*measured(start.name, CHILD, [start.action, tree, start.artifact or ""], environment))


def _environment(aws: Aws, start: DeepStart, artifacts: "dict[Path, Artifact]") -> dict[str, str]:
    named = {"MODEL_NAME": artifacts[start.artifact].manifest.name} if start.artifact else {}
    return aws.environment(Workload(Size())) | {"ORT_DISABLE_TELEMETRY": "1"} | named


def _package(images: bool) -> Path:
    """The scorer's package as Lambda unpacks it."""
    from millrace.packaging import scorer
    from millrace.packaging.flavour import Flavour

    return unpacked(scorer.build(scorer.host_architecture(), Flavour(onnx=True, images=images)).path)


def main(folders: list[Path]) -> None:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    found = measure(folders)
    nothing, numpy = (
        next(cost.cpu for start, cost in found.items() if start.action == action) for action in ("nothing", "numpy")
    )
    print("| a fresh process | CPU ÷ `import numpy` | peak, MB |\n|---|--:|--:|")
    for start, cost in found.items():
        print(f"| {start.name} | {(cost.cpu - nothing) / (numpy - nothing):.2f} | {cost.peak / 1e6:.0f} |")


if __name__ == "__main__":
    main([Path(name).resolve() for name in sys.argv[1:]])
