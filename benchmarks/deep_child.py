"""One cold start of benchmarks.deep: deep_child.py WHAT PACKAGE ARTIFACT. Prints CPU seconds, and the memory's peak."""

from __future__ import annotations

import json
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class OneMinute:
    """The runtime's context."""

    aws_request_id, function_version = "1", "1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


def read(name: str) -> bytes:
    with open(f"{sys.argv[3]}/{name}", "rb") as file:  # noqa: PTH123 - pathlib would be imported for it
        return file.read()


def library() -> Callable[[], object]:
    """The structure check, ONNX Runtime, the graph, a row; not the manifest, which models of every framework have."""
    from model_store.artifact import Artifact
    from model_store.manifest import Manifest

    artifact = Artifact(Manifest.from_bytes(read("manifest.json")), read("model.onnx"))
    row = artifact.manifest.golden_inputs()[0]

    def action() -> object:
        from predictors.onnx import sound_graph

        return sound_graph.read(artifact).load(1).predict(row, 1)

    return action


def whole() -> Callable[[], object]:
    event = read("event.json")

    def action() -> None:
        from scorer.handler import handle

        answer = handle(event, OneMinute())
        if answer != {"batchItemFailures": []}:
            raise RuntimeError(f"expected a prediction, got {answer}")

    return action


def imports(name: str) -> Callable[[], Callable[[], object]]:
    return lambda: lambda: __import__(name)


ACTIONS: dict[str, Callable[[], Callable[[], object]]] = {
    "nothing": lambda: lambda: None,
    "numpy": imports("numpy"),
    "python": imports("onnxruntime"),
    "library": library,
    "whole": whole,
}


def peak() -> int:
    """Bytes; getrusage would count what this process was before its program was loaded."""
    with open("/proc/self/status") as file:  # noqa: PTH123
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))


def main() -> None:
    if sys.argv[1] in ("library", "whole"):
        sys.path[:1] = [sys.argv[2]]
    action = ACTIONS[sys.argv[1]]()
    began = time.process_time()
    action()
    used = time.process_time() - began
    sys.stderr.write(json.dumps([used, peak()]) + "\n")


main()
