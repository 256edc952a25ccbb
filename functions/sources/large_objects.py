"""Files of rows that are too large for an invocation: each is handed to the batch state machine, once.

The execution's name is made of the object and its version, and Step Functions starts one of a name: a notification that
is delivered again, or twice, starts nothing more.
"""

from __future__ import annotations

import hashlib
import json
import logging

from aws_client.errors import describe, error_code, is_failed_call
from records.values import Value
from sources.errors import ObjectsUnavailable
from sources.positions import object_position
from telemetry import logs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sources.objects import TooLarge

LOG = logging.getLogger(__name__)
STARTED = "ExecutionAlreadyExists"


class LargeObjects(Value):
    """states : a client of `aws_client`, or of botocore. machine : the ARN of the batch state machine.

    most_bytes : of an object; larger ones are quarantined.
    """

    states: Any
    machine: str
    most_bytes: int

    def hand_over(self, bucket: str, key: str, large: TooLarge) -> bool:
        """Have a batch score the rows of one object; False where it is too large even for that.

        Raises ObjectsUnavailable.
        """
        if large.size > self.most_bytes:
            return False
        run = run_name(bucket, key, large.version)
        identity = "version_id" if large.versioned else "etag"
        # Lines, whatever the key ends with: rows and their ids are those that the scorer would have read.
        given = {"run": run, "bucket": bucket, "prefix": key, "object": {identity: large.version}, "format": "lines"}
        told = "object handed to a batch"
        try:
            self.states.start_execution(stateMachineArn=self.machine, name=run, input=json.dumps(given))
        except Exception as error:
            if not is_failed_call(error):
                raise
            if error_code(error) != STARTED:
                raise ObjectsUnavailable(
                    f"{self.machine}: {describe(error)}; see the scorer's permissions and the quotas of StartExecution"
                ) from None
            told = "object not handed to a batch again: its run was already started"
        LOG.info(told, extra={logs.MEMBERS: {"run": run, "bytes": large.size}})
        return True


def run_name(bucket: str, key: str, version: str) -> str:
    """Of the run, and of its execution: the same for each delivery of a notification."""
    place = f"{bucket}|{object_position(key, version)}"
    return f"object-{hashlib.sha256(place.encode()).hexdigest()[:32]}"
