"""Where events go: an event stream (Kinesis), an event topic (SNS), an event queue (SQS) or standard output."""

from stream_producers.targets.kinesis import KinesisTarget
from stream_producers.targets.retry import BatchRetry
from stream_producers.targets.sns import SnsTarget
from stream_producers.targets.sqs import SqsTarget
from stream_producers.targets.stdout import StdoutTarget
from stream_producers.targets.target import BatchDelivery, Limits, Target

__all__ = ["BatchDelivery", "BatchRetry", "KinesisTarget", "Limits", "SnsTarget", "SqsTarget", "StdoutTarget", "Target"]
