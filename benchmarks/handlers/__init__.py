"""Whole handlers: the scorer, and those that one would write instead, each with its best sensible settings.

All of them get the same events and publish to the same stub. The peers are given less to do than the scorer does: they
send event id and score, where a prediction of the scorer also names its model, its source and itself; they check no
schema, keep no faulty event, and resend nothing.
"""

from dataclasses import dataclass

from benchmarks import forms
from benchmarks.envelopes import SOURCES

# How the event comes: as the runtime client hands it over, parsed (to the native engine, which asks it for the bytes,
# unparsed); or with the client's part in what is measured.
EVENT, BYTES = "from the parsed event", "from the event's bytes"


@dataclass(frozen=True, slots=True)
class Kind:
    """A handler as it is named in tables, and the place of what makes it.

    settings : variables beyond those of all. form : of FORMS, what its model's manifest asks for; empty: the base's.
    secured : whether AWS is reached over TLS.
    """

    name: str
    place: str
    engine: str = ""
    source: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    form: str = ""
    secured: bool = False


NATIVE = Kind("Millrace, native", "benchmarks.handlers.scorer:ScorerHandler", "native")
# What the sink gets in place of one record for each prediction.
AGGREGATED = Kind(
    "Kinesis, with aggregated predictions",
    NATIVE.place,
    NATIVE.engine,
    settings=(("PREDICTION_SINK_AGGREGATE_RANGES", "8"),),
)
_IN_CBOR = (("PREDICTION_SINK_WIRE", "cbor"),)
CBOR = Kind("Kinesis, with requests in CBOR", NATIVE.place, NATIVE.engine, settings=_IN_CBOR)
TLS = Kind("Millrace, native, over TLS", NATIVE.place, NATIVE.engine, secured=True)
COMPACT = Kind(
    "Millrace, native, compact predictions in CBOR", NATIVE.place, NATIVE.engine, settings=_IN_CBOR, form=forms.COMPACT
)
BY_SOURCE = (*(Kind(source, NATIVE.place, NATIVE.engine, source) for source in SOURCES), AGGREGATED, CBOR)
PYTHON = Kind("Millrace, Python", "benchmarks.handlers.scorer:ScorerHandler", "python")
JOINED = Kind("msgspec on the joined batch, inplace_predict, put_records", "benchmarks.handlers.peers:Joined")
PANDAS = Kind("pandas, DMatrix, put_records", "benchmarks.handlers.peers:Frame")
POWERTOOLS = Kind(
    "powertools BatchProcessor, inplace_predict a record, put_records",
    "benchmarks.handlers.peers:Powertools",
)
PER_RECORD = Kind("json.loads, inplace_predict, put_record, a record at a time", "benchmarks.handlers.peers:PerRecord")
KINDS = (NATIVE, PYTHON, JOINED, PANDAS, POWERTOOLS, PER_RECORD)
WHOLE = (NATIVE, TLS, COMPACT, *KINDS[1:])
RAW = Kind("inplace_predict on a ready matrix", "benchmarks.handlers.raw:Raw")
