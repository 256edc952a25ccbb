"""What a container of the trainer has: its settings, S3 and the model store."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_client.errors import error_code
from model_store.errors import ArtifactExists, ArtifactRefused
from model_store.store import ModelStore
from records.settings import Settings
from resilience.deadline import CONNECT_SECONDS
from telemetry import logs
from trainer import learners, tables, training_run
from trainer.errors import TrainingRefused
from trainer.request import TrainingRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Self

LOG = logging.getLogger("trainer")

READ_SECONDS = 30  # of a table, between two parts of it
ATTEMPTS = 3
# The table is in memory as bytes, as texts and as numbers.
MEMORY_PER_BYTE = 8
DEFAULT_MEMORY, MAX_MEMORY = 3_008, 10_240  # MB; Lambda sets the variable
_NOT_THERE = ("NoSuchKey", "NoSuchBucket", "404", "AccessDenied", "403")


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """framework : of the models, whose libraries the package has. memory_mb : the function's memory."""

    bucket: str
    model_name: str
    memory_mb: int
    log_level: str
    framework: str = learners.DEFAULT

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises ConfigInvalid with the variable's name."""
        settings = Settings(environment)
        return cls(
            bucket=settings.text("MODEL_BUCKET"),
            model_name=settings.text("MODEL_NAME"),
            memory_mb=settings.whole("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1, MAX_MEMORY, default=DEFAULT_MEMORY),
            log_level=settings.text("LOG_LEVEL", "INFO"),
            framework=settings.one_of("TRAINER_FRAMEWORK", tuple(learners.MODULES), learners.DEFAULT),
        )


class Trainer:
    """Trains one request at a time. s3 : a client of `aws_client`."""

    def __init__(self, s3: Any, config: TrainerConfig, clock: Callable[[], float] = time.time) -> None:
        self._s3, self._config, self._clock = s3, config, clock
        self._store = ModelStore(s3, config.bucket, config.model_name)

    def train(self, event: Any) -> dict[str, Any]:
        """The response to a request. Raises TrainingRefused, and what S3's client raises."""
        began = self._clock()
        request = TrainingRequest.read(event, began)
        family = learners.of(self._config.framework)
        wanted = learners.named(family, request.learner)
        table = tables.read(
            self._table(request),
            request.key,
            request.label,
            texts=wanted is not None and wanted.texts,
            mixed=any(one.mixed for one in family.values()),
        )
        done = training_run.run(table, request, self._config.model_name, family)
        try:
            pointer = self._store.publish(done.artifact)
        except (ArtifactRefused, ArtifactExists) as error:
            raise TrainingRefused(str(error)) from None
        response = {
            "model": self._config.model_name,
            "version": pointer.version,
            "digest": pointer.manifest_digest,
            "learner": done.learner,
            "rows": {"trained": done.trained, "held_out": done.held_out},
            "metrics": done.artifact.manifest.metrics,
            "seconds": round(self._clock() - began, 3),
        }
        LOG.info("trained", extra={logs.MEMBERS: response})
        return response

    def _table(self, request: TrainingRequest) -> bytes:
        """The table's bytes. Raises TrainingRefused for one that is not there, or too large for the memory."""
        where, most = f"s3://{request.bucket}/{request.key}", self._config.memory_mb * 1024 * 1024 // MEMORY_PER_BYTE
        try:
            answer = self._s3.get_object(Bucket=request.bucket, Key=request.key)
        except self._s3.exceptions.ClientError as error:
            if (code := error_code(error)) in _NOT_THERE:
                raise TrainingRefused(
                    f"request.table: expected an object that the trainer may read, got {code} for {where}: list its "
                    "bucket in trainer.tables"
                ) from None
            raise
        if answer["ContentLength"] > most:
            answer["Body"].close()
            raise TrainingRefused(
                f"request.table: expected up to {most >> 20} MiB with {self._config.memory_mb} MB of memory, got "
                f"{answer['ContentLength'] >> 20} MiB: raise trainer.memory_mb"
            )
        raw: bytes = answer["Body"].read()
        return raw


def build(environment: Mapping[str, str]) -> Trainer:
    """The trainer that the environment configures; makes no call. Raises ConfigInvalid."""
    from aws_client.session import Session

    config = TrainerConfig.from_environment(environment)
    for name in ("trainer", "model_store"):
        logging.getLogger(name).setLevel(config.log_level)
    return Trainer(Session(CONNECT_SECONDS, READ_SECONDS).client("s3", attempts=ATTEMPTS), config)
