"""Bad events get the code from the scorer itself that they say they must get."""

import json
from collections import Counter
from itertools import islice

import pytest

from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from records.faults import Fault
from records.kpl import MAGIC, deaggregate
from records.strict_json import decode
from scoring.features import Matrix
from scoring.validate import Validator
from stream_producers import FEATURES, Event, Sessions, with_bad
from stream_producers.bad import KINDS, BadKind, spoiled
from stream_producers.tables import feature_specs

MANIFEST = Manifest(
    name="sessions",
    version="1",
    created_at="2026-01-01T00:00:00.000Z",
    framework=ModelFramework("xgboost", "3"),
    task="binary",
    objective="binary:logistic",
    features=tuple(Feature(f.name, f.type, allow_missing=f.allow_missing, categories=f.categories) for f in FEATURES),
    output=Output(),
    file=ModelFile.of(b"", "model.ubj"),
    golden_rows=(),
)
NAMES = [feature.name for feature in FEATURES]


def code(data: bytes) -> str | None:
    """What the scorer finds wrong with an event; None: it would be scored."""
    try:
        if data.startswith(MAGIC):
            deaggregate(data)
        Matrix(len(NAMES)).append(Validator(MANIFEST).row(decode(data)).features, NAMES)
    except Fault as fault:
        return str(fault.code)
    return None


def some_events() -> list[Event]:
    return list(islice(Sessions(7).events(), 20))


def every_way() -> list[tuple[BadKind, str]]:
    return [(kind, feature) for kind in KINDS for feature in kind.features(FEATURES)]


@pytest.mark.parametrize(("kind", "feature"), every_way(), ids=lambda x: x.name if isinstance(x, BadKind) else x)
def test_the_scorer_quarantines_each_kind_with_its_code(kind: BadKind, feature: str) -> None:
    for event in some_events():
        assert code(event.data) is None
        bad = spoiled(event, kind, feature)
        assert code(bad.data) == kind.code == bad.expected_code
        assert bad.outcome is None
        assert (bad.event_id, bad.partition_key) == (event.event_id, event.partition_key)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_text_says_whether_sns_can_carry_it(kind: BadKind) -> None:
    data = spoiled(some_events()[0], kind, kind.features(FEATURES)[0]).data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    assert bool(text) == kind.text
    assert b"\n" not in data, "it would be two lines on standard output"


def test_a_fraction_goes_bad_and_the_rest_stays_as_it_was() -> None:
    good = list(islice(Sessions(7).events(), 10_000))
    mixed = list(with_bad(good, 0.05, FEATURES, seed=1))
    changed = [event for event, was in zip(mixed, good, strict=True) if event != was]
    assert all(event.expected_code for event in changed)
    assert 400 < len(changed) < 600
    assert Counter(event.expected_code for event in changed).keys() == {kind.code for kind in KINDS}
    assert all(code(event.data) == event.expected_code for event in mixed)


def test_the_same_seed_spoils_the_same_events_in_the_same_way() -> None:
    good = list(islice(Sessions(7).events(), 5_000))
    assert list(with_bad(good, 0.1, FEATURES, seed=1)) == list(with_bad(iter(good), 0.1, FEATURES, seed=1))
    assert list(with_bad(good, 0.1, FEATURES, seed=1)) != list(with_bad(good, 0.1, FEATURES, seed=2))
    assert list(with_bad(good, 0.1, FEATURES, seed=1))[:100] == list(with_bad(good[:100], 0.1, FEATURES, seed=1))


def test_text_only_leaves_out_what_sns_cannot_carry() -> None:
    bad = list(with_bad(islice(Sessions(7).events(), 1_000), 1.0, FEATURES, seed=1, text_only=True))
    assert all(event.data.decode() for event in bad)
    assert {event.expected_code for event in bad} == {kind.code for kind in KINDS if kind.text}


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_a_fraction_is_from_0_to_1(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction of bad events from 0 to 1"):
        list(with_bad([], fraction, FEATURES, seed=1))


def test_features_of_an_unknown_schema_are_spoiled_only_in_ways_that_no_schema_allows() -> None:
    bad = with_bad(islice(Sessions(7).events(), 1_000), 1.0, feature_specs(Sessions(7).table(10)), seed=1)
    codes = {event.expected_code for event in bad}
    assert not codes & {"MISSING_FEATURE", "UNKNOWN_CATEGORY"}
    assert {"WRONG_TYPE", "NON_FINITE", "DUPLICATE_KEY"} <= codes


def test_spoiling_leaves_the_rest_of_the_event_alone() -> None:
    event = some_events()[0]
    kind = next(kind for kind in KINDS if kind.name == "true for a number")
    before, after = json.loads(event.data), json.loads(spoiled(event, kind, "hour").data)
    assert after["features"].pop("hour") is True
    del before["features"]["hour"]
    assert after == before
