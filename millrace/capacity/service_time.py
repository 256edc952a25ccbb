"""How long the scorer takes for a batch, as a model of what docs/benchmarks.md measured.

CPU time a record: reading and writing it grows with its bytes, its trees with their number. Lambda's processors and
TLS are slower than a benchmark on loopback: every figure is doubled.
"""

import math
from dataclasses import dataclass

from millrace.capacity.quotas import VCPU_MB

# Of the table "Where the time goes": µs a record of 395 bytes at 1,000 records; 300 trees of depth 6.
MEASURED_BYTES, MEASURED_TREES = 395, 300
READ_US, TREES_US, WRITE_US, CALLS_US = 2.4, 0.54, 0.33, 2.1
SLOWER = 2.0
# A call of a sink, and an invocation without records, in seconds; calls of a publisher at a time.
CALL_SECONDS, INVOCATION_SECONDS, CALLS_AT_A_TIME = 0.020, 0.005, 12


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """event_us : CPU time of an event in microseconds. entries : predictions that a call of the sink takes."""

    event_us: float
    entries: int
    memory_mb: int = VCPU_MB

    def seconds(self, records: float) -> float:
        """Of a batch."""
        share = min(1.0, self.memory_mb / VCPU_MB)  # a batch is scored on one thread
        waves = math.ceil(math.ceil(records / self.entries) / CALLS_AT_A_TIME)
        return INVOCATION_SECONDS + records * self.event_us / share / 1e6 + waves * CALL_SECONDS


def event_microseconds(event_bytes: int, trees: int) -> float:
    """CPU time of an event on Lambda."""
    grows = READ_US * event_bytes / MEASURED_BYTES + TREES_US * trees / MEASURED_TREES
    return SLOWER * (grows + WRITE_US + CALLS_US)
