"""Where a source's envelopes hold what a prediction needs: by that the native engine reads raw events."""

from __future__ import annotations

from records.values import Value

TEXT, BASE64 = "text", "base64"
SECONDS, MILLISECONDS, RFC3339 = "seconds", "milliseconds", "rfc3339"


class EnvelopeLayout(Value):
    """A member by which an envelope is known, and JSON Pointers (RFC 6901, without `~`) from the envelope to the rest.

    claim, claimed_by : the member, at the top, and its value.
    type : of the source, as predictions name it.
    payload, encoding : the record's bytes: TEXT in UTF-8, or BASE64.
    arrived_at, arrival_unit : SECONDS since the epoch as a number, MILLISECONDS as text, or RFC3339 in UTC with
        milliseconds.
    shard : a text of which the part before the first colon is the shard; empty for a source without shards.
    partition_key : empty where the position is the key. optional_key : an envelope may lack it, and then, too, the
        position is the key.
    aggregate : a payload that begins with these bytes is an aggregate of records/kpl.py; not in an inner layout.
    inner : the layout of payloads that are envelopes themselves. A payload is one where it contains the inner claim's
        value in quotes and, as JSON, has that claim and everything that the layout names.
    """

    claim: str
    claimed_by: str
    type: str
    payload: str
    encoding: str
    arn: str
    position: str
    arrived_at: str
    arrival_unit: str
    shard: str = ""
    partition_key: str = ""
    optional_key: bool = False
    aggregate: bytes = b""
    inner: EnvelopeLayout | None = None
