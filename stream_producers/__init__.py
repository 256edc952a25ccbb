"""Stream producers: events into an event stream, an event topic or standard output.

>>> from stream_producers import KinesisTarget, Pace, Sessions, produce
>>> report = produce(Sessions(seed=7).events(), KinesisTarget.open("events"), pace=Pace(rate=1_000, count=10_000))
"""

from stream_producers.bad import with_bad
from stream_producers.errors import InputUnreadable, Interrupted, ProducerError, TargetFailed
from stream_producers.event import Event, FeatureSpec
from stream_producers.pace import Pace
from stream_producers.produce import produce
from stream_producers.receipts import Receipt, ReceiptFile, read_receipts
from stream_producers.replay import replay
from stream_producers.report import Report
from stream_producers.synthetic import FEATURES, LABEL, Sessions
from stream_producers.tables import feature_specs, read_table
from stream_producers.targets import KinesisTarget, SnsTarget, StdoutTarget, Target

__all__ = [
    "FEATURES",
    "LABEL",
    "Event",
    "FeatureSpec",
    "InputUnreadable",
    "Interrupted",
    "KinesisTarget",
    "Pace",
    "ProducerError",
    "Receipt",
    "ReceiptFile",
    "Report",
    "Sessions",
    "SnsTarget",
    "StdoutTarget",
    "Target",
    "TargetFailed",
    "feature_specs",
    "produce",
    "read_receipts",
    "read_table",
    "replay",
    "with_bad",
]
