"""What sources report to the state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from millrace.accounting.invocation_lines import LoggedInvocation
from millrace.sinks.operations import Published
from model_store.release import Release


@dataclass(frozen=True, slots=True)
class Logged:
    """Invocations of the scorer, as its log has them."""

    invocations: Sequence[LoggedInvocation]


@dataclass(frozen=True, slots=True)
class Released:
    """The release that is in the model store.

    trained : what drove the champion's scores in training. calibrated : the threshold of its labels, where its
    scores are calibrated.
    """

    release: Release
    trained: Mapping[str, float] = field(default_factory=dict)
    calibrated: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A feature, or the score, of a model version against its baseline."""

    version: str
    name: str
    rows: int
    psi: float
    missing: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drifted:
    """What the evaluator found in the hours until `at` (RFC 3339)."""

    at: str
    columns: Sequence[Column]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of the stack. state : CloudWatch's, `OK`, `ALARM` or `INSUFFICIENT_DATA`."""

    name: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alarms:
    """All alarms of the stack, as they are now."""

    alarms: Sequence[Alarm]


type Update = Published | Logged | Released | Drifted | Alarms
