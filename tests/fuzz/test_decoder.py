"""A million byte strings at full size through the real way of a batch: each is scored, or a fault with a code, alone.

In each batch good events are planted among them, and must be scored. What fails is kept under .millrace/fuzz/ with
the seed of its batch.
"""

import base64
import gc
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from millrace.paths import SCRATCH
from model_store.release import Release
from model_store.verify import verify
from records.faults import Code
from records.record import Record
from records.rejected import Rejected
from scoring import events
from scoring.engine import ENGINES, PYTHON, choose
from scoring.score import score
from scoring.variant import Variant
from serving.models import Serving
from sinks.messages import Limit
from sinks.quarantine import entry
from sources.batch import Batch
from sources.kinesis import KinesisSource
from telemetry.metrics import Metrics
from tests import scale
from tests.fakes import artifacts, envelopes
from tests.fakes.codes import OPT_IN
from tests.fakes.envelopes import read
from tests.fakes.store import pointer
from tests.fuzz.payloads import Payloads

STRINGS = scale.FUZZED_STRINGS
BATCH = 1_000
PLANTED = 3  # first, middle and last
PLACES = (0, BATCH // 2 + 1, BATCH + PLANTED - 1)
EVENT_ID = re.compile(rb'"event_id":"([^"]*)')
NOW = 1_800_000_000.0
FITS = 760  # bytes of a prediction that the sink takes here, so that a long event_id makes one too large
KEPT = SCRATCH / "fuzz" / "payloads"


@pytest.fixture(scope="module")
def serving() -> Serving:
    artifact = artifacts.artifact()
    variant = Variant("champion", artifact.manifest, verify(artifact))
    return Serving(Release(pointer(artifact), "2026-01-02T03:04:05.000Z"), {"champion": variant})


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    """What the other tests left behind is no garbage: it need not be looked through again with every batch."""
    gc.freeze()
    yield
    gc.unfreeze()


class Envelopes:
    """Byte strings as the records of one batch, by way of the real sources or past them."""

    def __init__(self, payloads: Payloads) -> None:
        self._payloads = payloads
        self._kinesis = envelopes.kinesis(*[b""] * (BATCH + PLANTED))
        self._sqs = envelopes.sqs(*[""] * (BATCH + PLANTED))
        self._plain = read(self._kinesis).records
        # Most go the short way, so that a million fits into the time of a test run.
        self._ways = (self.plain, self.plain, self.kinesis, self.plain, self.plain, self.plain, self.plain, self.sqs)

    def read(self, seed: int, strings: list[bytes]) -> list[Record]:
        return self._ways[seed % len(self._ways)](strings)

    def plain(self, strings: list[bytes]) -> list[Record]:
        for record, data in zip(self._plain, strings, strict=True):
            record.data = data
        return self._plain

    def kinesis(self, strings: list[bytes]) -> list[Record]:
        """Every tenth string gives way to a KPL aggregate, and every twentieth envelope has damaged base64."""
        for i, (envelope, data) in enumerate(zip(self._kinesis["Records"], strings, strict=True)):
            text = base64.b64encode(self._payloads.aggregate() if i % 10 == 5 else data).decode("ascii")
            envelope["kinesis"]["data"] = self._payloads.changed_text(text) if i % 20 == 7 else text
        return read(self._kinesis).records

    def sqs(self, strings: list[bytes]) -> list[Record]:
        """Every third string is inside of what may once have been a notification."""
        for i, (envelope, data) in enumerate(zip(self._sqs["Records"], strings, strict=True)):
            text = data.decode("utf-8", "replace")
            envelope["body"] = f'{{"Type":"Notification","TopicArn":"t","MessageId":{text}}}' if i % 3 == 1 else text
        return read(self._sqs).records


@pytest.mark.long
def test_byte_strings_are_faulty_one_by_one_and_never_a_batch(
    serving: Serving, record_property: Callable[[str, object], None]
) -> None:
    payloads, start, scored, faults = Payloads(), time.process_time(), 0, Counter[Code]()
    around = Envelopes(payloads)
    for seed in range(STRINGS // BATCH):
        strings = batch(payloads, seed)
        try:
            good, rejected = run(around.read(seed, strings), serving, ENGINES[seed % len(ENGINES)])
            assert good.count(b"planted") == PLANTED
        except Exception as error:
            raise AssertionError(f"seed {seed}: {keep(seed, strings)}") from error
        scored += len(good)
        faults.update(fault.code for _, fault in rejected)
    seconds = time.process_time() - start
    by_code = ", ".join(f"{count:,} {code}" for code, count in faults.most_common())
    record_property("figures", f"decoder: {STRINGS:,} strings, {seconds:.1f} s of CPU: {scored:,} scored, {by_code}")
    assert min(faults[code] for code in set(Code) - OPT_IN) >= STRINGS / 10_000, "one code is hardly tried"
    assert scored > STRINGS / 20


def batch(payloads: Payloads, seed: int) -> list[bytes]:
    strings = payloads.batch(seed, BATCH)
    if seed % 4 == 0:
        strings[1] = payloads.huge()
    for place in PLACES:
        strings.insert(place, json.dumps(envelopes.event() | {"event_id": "planted"}).encode())
    return strings


class Given(Batch):
    """A batch of records that were made already, one an envelope."""

    def records_of(self, place: int) -> list[Record]:
        return [self.envelopes[place]]


def run(records: list[Record], serving: Serving, engine: str) -> tuple[list[bytes], list[Rejected]]:
    """The event ids of what was scored, and the rejected; each record is in one of them."""
    chosen = choose(engine)
    given = Given(KinesisSource(), records, envelopes.MODEL)
    scored = score(given, serving, chosen, now=NOW, limit=Limit(FITS, with_keys=False), metrics=Metrics(""))
    rejected = scored.rejected
    assert len(scored.messages) + len(rejected) == len(records)
    assert all(type(fault.code) is Code for _, fault in rejected)
    assert all(entry(record, fault, NOW) for record, fault in rejected[::16])
    return [EVENT_ID.search(body)[1] for _, body in scored.messages], rejected


def keep(seed: int, strings: list[bytes]) -> str:
    """Write a batch down, one line of Python a string."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{seed}.txt"
    path.write_text("".join(f"{data!r}\n" for data in strings))
    return f"kept as {path}"


def test_what_is_no_fault_would_be_seen(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder of the standard library without our strictness ends the batch somewhere among a few thousand."""
    monkeypatch.setattr(events, "decode", json.loads)
    around = Envelopes(payloads := Payloads())
    records = [record for seed in range(8) for record in around.read(seed, batch(payloads, seed))]
    with pytest.raises((ValueError, AssertionError)):
        run(records, serving, PYTHON)
