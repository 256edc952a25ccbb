"""The stub of AWS in a process of its own, and the environment of those who call it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.request import urlopen

from benchmarks.paths import ROOT, SCRATCH
from benchmarks.workload import Workload

if TYPE_CHECKING:
    from model_store.artifact import Artifact

SINK_ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/predictions"
BUCKET = "models"


class Aws:
    """A context in which the stub runs. `environment` is that of a Lambda function which uses it.

    certificate : a PEM file with its key; with it the stub is at `secured_url` as well.
    """

    def __init__(self, buckets: Path = SCRATCH / "buckets", certificate: Path | None = None) -> None:
        self._buckets, self._certificate = buckets, certificate
        self.secured_url = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.stub", str(self._buckets)]
        command += [str(self._certificate)] if self._certificate else []
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url, *secured = there(self._process.stdout).readline().split()
        self.secured_url = "".join(secured)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)  # closes its input, and with that it ends

    def release(self, workload: Workload) -> None:
        """Have the model store hold a workload's model, with a release whose champion it is."""
        from model_store.artifact import Artifact

        self.release_artifact(Artifact.read(workload.model_file.parent))

    def release_artifact(self, artifact: "Artifact") -> None:
        from model_store.release import Pointer, Release

        folder = self._buckets / BUCKET / "models" / artifact.manifest.name
        artifact.write(folder / artifact.manifest.version)
        pointer = Pointer(artifact.manifest.version, artifact.manifest.digest(), "1", "1")
        (folder / "release.json").write_bytes(Release(pointer, "2026-11-21T12:00:00.000Z").to_bytes())

    def published(self) -> list[str]:
        """The predictions that came since the last time, as they were written."""
        return self._ask("published")  # type: ignore[no-any-return]

    def forget(self) -> None:
        self._ask("forget")

    def environment(self, workload: Workload, *, secured: bool = False) -> dict[str, str]:
        """Variables as terraform/modules/scorer and Lambda set them, on one vCPU; and what the peers need.

        secured : calls go over TLS.
        """
        return {
            **({"AWS_CA_BUNDLE": str(self._certificate)} if secured else {}),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "token",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.secured_url if secured else self.url,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": "scorer",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "MODEL_BUCKET": BUCKET,
            "MODEL_NAME": workload.model_name,
            "RELEASE_POLL_SECONDS": "3600",
            "PREDICTION_SINK_TYPE": "kinesis",
            "PREDICTION_SINK_TARGET": SINK_ARN,
            "FAILURE_BUCKET": "failures",
            "QUARANTINE_PREFIX": "quarantine/",
            "LOG_LEVEL": "INFO",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "POWERTOOLS_SERVICE_NAME": "scorer",
            "BENCH_MODEL": str(workload.model_file),
        }

    def _ask(self, what: str) -> Any:
        with urlopen(f"{self.url}/{what}", timeout=10) as answer:  # noqa: S310 - our own stub
            return json.load(answer)


def there(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("expected a pipe to the stub")
    return pipe
