"""The redrive of a deployed stack."""

import getpass
import socket
from typing import TYPE_CHECKING

from botocore.config import Config

from millrace.redrive.chunks import chunk_records
from millrace.redrive.errors import RedriveError
from millrace.redrive.redrive import Place, Redrive
from millrace.sinks import sink_part

if TYPE_CHECKING:
    from millrace.stack import Stack


def for_stack(stack: "Stack") -> Redrive:
    """Raises RedriveError where the stack was deployed by a version that knows no redrive."""
    try:
        place = Place.of(stack.outputs)
    except KeyError as missing:
        raise RedriveError(
            f"the stack {stack.name!r} has no output {missing}: it was deployed before there was a redrive, "
            "deploy it again"
        ) from None
    # One attempt a call, which outlasts the function: the redrive tries again by itself, and knows when to end.
    patient = Config(
        connect_timeout=5,
        read_timeout=place.timeout_seconds + 10,
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
    )
    return Redrive(
        s3=stack.client("s3"),
        sqs=stack.client("sqs"),
        function=stack.client("lambda", patient),
        place=place,
        chunk_records=chunk_records(sink_part(stack.outputs["prediction_sink"]["type"]).entries),
        owner=f"{getpass.getuser()}@{socket.gethostname()}",
    )
