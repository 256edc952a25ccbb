"""Publishing predictions: full batches, partial failures resent, inside the invocation's time."""

from scorer.publish.circuit import Circuit
from scorer.publish.publisher import Publisher
from scorer.publish.sinks import Message, Sink, SinkRefused, SinkUnavailable, make_sink

__all__ = ["Circuit", "Message", "Publisher", "Sink", "SinkRefused", "SinkUnavailable", "make_sink"]
