"""Publishing predictions: full batches, partial failures resent, inside the invocation's time."""

from scorer.publish.publisher import Publisher
from scorer.publish.sinks import Message, Sink, SinkRefused, SinkUnavailable, make_sink

__all__ = ["Message", "Publisher", "Sink", "SinkRefused", "SinkUnavailable", "make_sink"]
