"""Clients shaped like botocore's, with faults."""

from .client import Client
from .faults import CallFaults, ChosenFaults, Failure, Outage
from .functions import LambdaClient
from .queues import SqsClient
from .s3 import Buckets, S3Client
from .streams import KinesisClient, OnCommitted, SnsClient

__all__ = [
    "Buckets", "CallFaults", "ChosenFaults", "Client", "Failure", "KinesisClient", "LambdaClient", "OnCommitted",
    "Outage", "S3Client", "SnsClient", "SqsClient",
]  # fmt: skip
