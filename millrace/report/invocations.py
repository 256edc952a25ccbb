"""The function's log: what each batch was, and what Lambda says of each invocation."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from millrace.accounting import invocation_lines
from telemetry import metrics

# The line that Lambda ends every invocation's log with.
_REPORT = re.compile(r"^REPORT RequestId:.*?Billed Duration: (\d+) ms\s+Memory Size: (\d+) MB")
_INIT = re.compile(r"Init Duration: ([\d.]+) ms")


@dataclass(frozen=True, slots=True)
class LoggedBatch:
    """One invocation as the scorer logs it; milliseconds are its own."""

    records: int
    predictions: int
    quarantined: int
    failed: int
    milliseconds: float
    engine: str = ""
    scored_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InvocationLog:
    """What a log has. gigabyte_seconds : billed, as Lambda's own lines say. cold_starts : milliseconds of each."""

    batches: Sequence[LoggedBatch]
    invocations: int
    gigabyte_seconds: float
    cold_starts: Sequence[float]
    size: int

    def engines(self) -> str:
        """What did the work, in words, with the share of the records where it was not one alone."""
        worked = Counter[str]()
        for batch in self.batches:
            if batch.engine:
                worked[f"{batch.engine} engine, trees by {' and '.join(batch.scored_by) or 'none'}"] += batch.records
        if len(worked) < 2:
            return next(iter(worked), "")
        return "; ".join(f"{words} ({count:,} records)" for words, count in worked.most_common())


def read(log: str) -> InvocationLog:
    """Read a function's log. Lines about neither a batch nor what Lambda billed are skipped."""
    lines = log.splitlines()
    billed = [(int(found[1]), int(found[2])) for line in lines if (found := _REPORT.match(line))]
    return InvocationLog(
        batches=[batch for line in lines if (batch := _batch(line))],
        invocations=len(billed),
        gigabyte_seconds=sum(milliseconds / 1000 * megabytes / 1024 for milliseconds, megabytes in billed),
        cold_starts=[float(found[1]) for line in lines if line.startswith("REPORT") and (found := _INIT.search(line))],
        size=len(log.encode()),
    )


def _batch(line: str) -> LoggedBatch | None:
    """The batch that a line of the scorer's is about."""
    if (told := invocation_lines.read(line)) is None:
        return None
    return LoggedBatch(
        records=int(told.metric(metrics.EVENTS)),
        predictions=int(told.metric(metrics.PREDICTIONS)),
        quarantined=int(told.metric(metrics.QUARANTINED)),
        failed=int(told.metric(metrics.FAILED)),
        milliseconds=told.metric(metrics.BATCH_DURATION),
        engine=str(told.properties.get("engine", "")),
        scored_by=tuple(sorted(set(told.properties.get("scored_by", {}).values()))),
    )
