"""Publishing predictions: full batches, partial failures resent, inside the invocation's time."""

from scorer.publish.circuit import Circuit
from scorer.publish.make import make_sink
from scorer.publish.messages import Call, Limit, Message, MessageList, Messages
from scorer.publish.publisher import IN_FLIGHT, Publisher
from scorer.publish.sinks import Sink, SinkRefused, SinkUnavailable

__all__ = [
    "IN_FLIGHT", "Call", "Circuit", "Limit", "Message", "MessageList", "Messages", "Publisher", "Sink",
    "SinkRefused", "SinkUnavailable", "make_sink",
]  # fmt: skip
