"""End to end on LocalStack: a burst, and steady rates, through the scorer and through a function one by one.

Runs in the project's environment: python -m benchmarks.end_to_end FILE, which gets the rows of the results.
"""

import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from socket import create_server

import botocore

from benchmarks.paths import ROOT, SCRATCH
from benchmarks.rows import ResultRow
from millrace.accounting.prediction import Prediction
from millrace.accounting.settle import Settlement
from millrace.accounting.sink_reader import SinkReader
from millrace.demo import training
from millrace.deployment.local import LocalPlace
from millrace.deployment.terraform import Terraform
from millrace.model.publish import publish
from millrace.packaging import scorer as package
from millrace.stack import Stack
from millrace_localstack.launcher import LocalStack
from stream_producers.event import Event
from stream_producers.pace import Pace
from stream_producers.produce import produce
from stream_producers.receipts import Receipt
from stream_producers.synthetic import Sessions
from stream_producers.targets import KinesisTarget

NAMES = {"scorer": "Millrace", "one_by_one": "a record at a time"}
HANDLER = ROOT / "benchmarks" / "one_by_one" / "handler.py"
SITE_PACKAGES = Path(botocore.__file__).parent.parent
BOTOCORE = (
    "botocore/**/*.py", "botocore/cacert.pem", "botocore/data/*.json", "botocore/data/kinesis/**/*",
    "botocore/data/s3/**/*", "dateutil/**/*.py", "jmespath/**/*.py", "six.py", "urllib3/**/*.py",
)  # fmt: skip
WARM_UP = 200
BURST = {"scorer": 20_000, "one_by_one": 4_000}
# Events a second; what handles records one by one cannot keep up with more on a small machine.
STEADY = {"scorer": (100, 1_000), "one_by_one": (100,)}
STEADY_SECONDS = 20
PERCENTILES = (50.0, 99.0, 99.9)


class Race:
    """One of the two stacks. Its events are never sent twice."""

    def __init__(self, name: str, stack: Stack) -> None:
        self.name, self._stack = name, stack
        self._events: Iterator[Event] = Sessions(seed=11).events()
        stream = stack.outputs["event_stream"]
        self._target = KinesisTarget(stream["name"], stream["arn"], stack.client("kinesis"))

    def run(self, count: int, rate: float | None = None) -> list[Prediction]:
        """Send events and wait until each has its prediction. Raises RuntimeError where one has not."""
        settlement, receipts = Settlement(self._stack), list[Receipt]()
        with SinkReader(self._stack, settlement.add) as reader:
            produce(islice(self._events, count), self._target, pace=Pace(rate=rate), receipts=receipts.extend)
            account = settlement.wait(receipts, check=reader.check)
        if account.predictions != count:
            missing = len(account.unaccounted)
            raise RuntimeError(f"{self.name}: expected {count} predictions, got {account.predictions}; {missing} lost")
        return list(settlement.found.predictions.values())


def main(target: Path) -> None:
    with LocalStack(ROOT, _free_port(), instance="bench") as localstack:
        races = _deploy(localstack)
        rows = [
            ResultRow("end to end", NAMES[race.name], value, way=way) for race in races for way, value in _measure(race)
        ]
    target.write_text(json.dumps([asdict(row) for row in rows]))


def _measure(race: Race) -> Iterator[tuple[str, float]]:
    """Figures by what they are of. The first events wake the function up and do not count."""
    race.run(WARM_UP)
    found = race.run(BURST[race.name])
    taken = max(p.published_at for p in found) - min(p.arrived_at for p in found)
    yield "burst: events a second", len(found) / taken
    for rate in STEADY[race.name]:
        latencies = sorted(prediction.latency for prediction in race.run(rate * STEADY_SECONDS, rate))
        for percentile in PERCENTILES:
            place = min(len(latencies) - 1, int(len(latencies) * percentile / 100))
            yield f"{rate:,} events a second: latency p{percentile:g}, s", latencies[place]


def _deploy(localstack: LocalStack) -> list[Race]:
    """Both stacks, with the same model serving."""
    architecture = package.host_architecture()
    scorer = package.build(architecture).path
    packages = {"scorer": str(scorer), "one_by_one": str(_one_by_one(scorer))}
    place = LocalPlace(localstack.environment(), localstack)
    place.make_state_bucket()
    terraform = Terraform(
        "bench",
        {**localstack.environment(), "TF_CLI_ARGS_apply": "-parallelism=40"},
        {"architecture": architecture, **packages},
        ROOT / "benchmarks" / "stacks",
    )
    terraform.init(place.backend("bench"))
    terraform.apply(lambda progress: None)
    outputs = terraform.outputs()
    artifact = training.train_built_in("purchase-intent", lambda done, planned: None)
    stacks = {name: Stack(name, localstack.environment(), outputs[name]) for name in NAMES}
    for stack in stacks.values():
        publish(stack.model_store(), artifact)
    return [Race(name, stack) for name, stack in stacks.items()]


def _one_by_one(scorer: Path) -> Path:
    """A copy of the scorer's package whose handler is the other one, with botocore, as Lambda's runtime has it."""
    path = SCRATCH / "one-by-one.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(scorer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in source.infolist():
            if entry.filename == "scorer/handler.py":
                copy.writestr(entry, HANDLER.read_bytes())
            elif not entry.filename.startswith("scorer/__pycache__/handler."):
                with source.open(entry) as reading, copy.open(entry, "w") as writing:
                    shutil.copyfileobj(reading, writing)
        present = set(copy.namelist())
        for file in _botocore():
            if (name := file.relative_to(SITE_PACKAGES).as_posix()) not in present:
                copy.write(file, name)
    return path


def _botocore() -> Iterator[Path]:
    """What botocore consists of, with the descriptions of the services that are called."""
    for pattern in BOTOCORE:
        yield from (path for path in sorted(SITE_PACKAGES.glob(pattern)) if path.is_file())


def _free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


if __name__ == "__main__":
    main(Path(sys.argv[1]))
