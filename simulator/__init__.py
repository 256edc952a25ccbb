"""What AWS puts around a Lambda function, simulated: Kinesis, DynamoDB streams, SNS and SQS, and clients with faults.

Deterministic, single-threaded, in virtual time. Start with README.md.
"""

from .asynchronous import AsyncFaults, AsyncInvoker, AsyncSettings
from .aws import (
    Buckets,
    CallFaults,
    ChosenFaults,
    KinesisClient,
    LambdaClient,
    OnCommitted,
    Outage,
    S3Client,
    SnsClient,
    SqsClient,
)
from .behaviours import Behaviours, QueueBehaviours
from .checking import Checked, Clients, RecordsLost, Simulation, check
from .destination import Destination
from .dynamodb import Change, TableStream
from .exploration import Choices, Explored, NotDeterministic, explore
from .fifo import FifoMessage, FifoQueue
from .function import Context, Function, FunctionFaults, Handler, Outcome
from .kinesis import Record, Shard, Stream
from .kinesis_mapping import KinesisMapping, KinesisSettings, PollerFaults
from .sns import Notification, Topic, TopicFaults
from .sqs import Message, Queue
from .sqs_mapping import QueueFaults, QueueMapping, QueueSettings
from .world import Killed, Stopped, TimedOut, Violation, World

__all__ = [
    "AsyncFaults", "AsyncInvoker", "AsyncSettings", "Behaviours", "Buckets", "CallFaults", "Change", "Checked",
    "Choices", "ChosenFaults", "Clients", "Context", "Destination", "Explored", "FifoMessage", "FifoQueue",
    "Function", "FunctionFaults", "Handler", "Killed", "KinesisClient", "KinesisMapping", "KinesisSettings",
    "LambdaClient", "Message", "NotDeterministic", "Notification", "OnCommitted", "Outage", "Outcome",
    "PollerFaults", "Queue", "QueueBehaviours", "QueueFaults", "QueueMapping", "QueueSettings", "Record",
    "RecordsLost", "S3Client", "Shard", "Simulation", "SnsClient", "SqsClient", "Stopped", "Stream", "TableStream",
    "TimedOut", "Topic", "TopicFaults", "Violation", "World", "check", "explore",
]  # fmt: skip
