"""Predictions and outcomes in any order, cut into any batches, repeated and late: an hour comes out the same.

Each example delivers the same records twice: once plainly, in order and with one evaluation; and once as Lambda may,
shuffled, in batches of any size, some of them again, with evaluations in between.
"""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.handler import invoke
from model_store.artifact import Artifact
from outcomes.hours import SECONDS
from tests.fakes import artifacts
from tests.fakes.clock import FakeClock, FakeContext
from tests.fakes.evaluation import NOON, OUTCOMES_ARN, PREDICTIONS_ARN, EvaluationBucket, batch, evaluator, prediction

# When all is over: within the look-back of every record's hour.
END = NOON + 4.5 * SECONDS
IDS = [f"p{i}" for i in range(8)]

copies = st.builds(
    lambda i, later, version, score: prediction(
        IDS[i],
        score,
        version=version,
        variant="champion" if version == "1" else "challenger",
        arrived_at=NOON + i * 900.0,
        scored_at=f"2026-11-21T13:{later:02}:00.000Z",
        event_id=f"e{i // 2}",
    ),
    st.integers(0, len(IDS) - 1),
    st.integers(0, 3),
    st.sampled_from("12"),
    st.sampled_from([0.125, 0.5, 0.875]),
)
outcomes = st.builds(
    lambda key, value, at, observed: (
        {key[0]: key[1], "outcome": value, "observed_at": f"2026-11-21T0{observed}:00:00Z"},
        NOON + at * 1200.0,
    ),
    st.one_of(
        st.tuples(st.just("prediction_id"), st.sampled_from(IDS)),
        st.tuples(st.just("event_id"), st.sampled_from(["e0", "e1", "e2", "e9"])),
    ),
    st.sampled_from(["yes", "no", 1, 0, "maybe"]),
    st.integers(0, 13),
    st.integers(0, 3),
)


class Side:
    """One evaluator; `stream` is what its two streams hold: ARN, sequence number, document and arrival."""

    def __init__(self, artifacts: list[Artifact]) -> None:
        self.bucket, self.clock = EvaluationBucket(), FakeClock(END)
        for artifact in artifacts:
            self.bucket.publish(artifact)
        self.evaluator = evaluator(self.bucket, self.clock, LOOK_BACK_HOURS="6")

    def deliver(self, records: list[tuple[str, int, dict[str, Any], float]]) -> None:
        """One batch: records of one stream."""
        arn = records[0][0]
        envelopes = [batch(arn, [document], first=number, at=at)["Records"][0] for _, number, document, at in records]
        assert invoke(self.evaluator, {"Records": envelopes}, FakeContext()) == {"batchItemFailures": []}

    def evaluate(self) -> None:
        assert invoke(self.evaluator, {"evaluate": {}}, FakeContext(900))["left"] == 0


@pytest.fixture(scope="module")
def versions() -> list[Artifact]:
    return [artifacts.artifact(version=version) for version in "12"]


@settings(max_examples=20)
@given(st.lists(copies, min_size=1, max_size=20), st.lists(outcomes, max_size=20), st.integers(0, 2**32))
def test_any_order_duplicates_and_lateness_give_the_same_hours(
    versions: list[Artifact], copies: list[Any], outcomes: list[Any], seed: int
) -> None:
    streams = {
        PREDICTIONS_ARN: [(PREDICTIONS_ARN, i, document, END) for i, document in enumerate(copies, 1)],
        OUTCOMES_ARN: [(OUTCOMES_ARN, i, document, at) for i, (document, at) in enumerate(outcomes, 1)],
    }
    plain, rough = Side(versions), Side(versions)
    for records in streams.values():
        if records:
            plain.deliver(records)
    plain.evaluate()

    random = Random(seed)
    batches = [cut for records in streams.values() for cut in _cut(records + random.sample(records, len(records) // 2),
                                                                  random)]  # fmt: skip
    random.shuffle(batches)
    for records in batches:
        rough.deliver(records)
        if random.random() < 0.2:
            rough.evaluate()
    rough.evaluate()

    assert rough.bucket.hours() == plain.bucket.hours()
    found = [group["coverage"]["predictions"] for hour in plain.bucket.hours().values() for group in hour["groups"]]
    assert sum(found) == len({document["prediction_id"] for document in copies})


def _cut(records: list[Any], random: Random) -> list[list[Any]]:
    """The records shuffled, in batches of 1 to 5."""
    random.shuffle(records)
    batches = []
    while records:
        size = random.randint(1, 5)
        batches.append(records[:size])
        records = records[size:]
    return batches
