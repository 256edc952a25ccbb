"""AWS's endpoints at the level of bytes: sockets in virtual time, HTTP, signatures, and what goes wrong there."""

from .counted import DynamoDbService, EventsService, FirehoseService
from .endpoint import Endpoint, Exchange, Observer
from .faults import WireFaults
from .network import Network, Tls
from .services import Cbor, KinesisService, S3Service, Service, SnsService, SqsService

__all__ = [
    "Cbor", "DynamoDbService", "Endpoint", "EventsService", "Exchange", "FirehoseService", "KinesisService",
    "Network", "Observer", "S3Service", "Service", "SnsService", "SqsService", "Tls", "WireFaults",
]  # fmt: skip
