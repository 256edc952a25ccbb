"""The operator's part: `millrace redrive`, the real one, on the simulated stack."""

from millrace.redrive import Place, Redrive, RedriveResult, Selection
from millrace.redrive.chunks import chunk_records
from tests.simulation import models
from tests.simulation.cloud import FAILURES, SINKS
from tests.simulation.stack import QUARANTINE, Stack


def redrive(stack: Stack) -> RedriveResult:
    """Bring back what Lambda and SQS gave up on. Raises RedriveError."""
    place = Place(
        model=models.NAME,
        bucket=FAILURES,
        quarantine_prefix=QUARANTINE,
        on_failure_prefix="aws/lambda/",
        redriven_prefix="redriven/",
        queue_urls=[stack.dead_letter.url],
        function_name=stack.function.name,
        alias="live",
        timeout_seconds=stack.scenario.timeout_seconds,
    )
    world, clients = stack.world, stack.operators
    program = Redrive(
        s3=clients["s3"],
        sqs=clients["sqs"],
        function=clients["lambda"],
        place=place,
        chunk_records=chunk_records(SINKS[stack.scenario.sink].entries),
        clock=world.clock,
        sleep=world.pass_time,
        random=world.random.random,
    )
    result = program.run(Selection())
    stack.ledger.counts["redriven"] += result.settled
    stack.ledger.counts["redrive failures"] += result.failed.total()
    world.note("redrive", result)
    return result
