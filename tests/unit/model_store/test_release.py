import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.errors import DocumentInvalid
from model_store.release import CHALLENGER, CHAMPION, Change, Pointer, Release

FIRST, SECOND, THIRD, FOURTH = (Pointer(str(i), f"digest-{i}", f"manifest-{i}", f"model-{i}") for i in range(4))
NOW = "2026-01-02T03:04:05.000Z"
FULL = Release(FIRST, NOW, SECOND, 0.25, THIRD, FOURTH, Change("split", "arn:aws:iam::123456789012:user/o", "why not"))
KEYS = [f"key-{i}" for i in range(20_000)]


@pytest.mark.parametrize("release", [Release(FIRST, NOW), FULL, Release(FIRST, NOW, previous=SECOND)])
def test_a_release_comes_back_whole(release):
    assert Release.from_bytes(release.to_bytes()) == release


def test_a_release_that_something_else_wrote_needs_no_change():
    document = json.loads(FULL.to_bytes())
    del document["change"]
    assert Release.from_bytes(json.dumps(document).encode()).change is None


def test_the_roles_are_those_that_are_there():
    assert Release(FIRST, NOW).roles() == {"champion": FIRST}
    assert FULL.roles() == {"champion": FIRST, "challenger": SECOND, "shadow": THIRD, "previous": FOURTH}


def members(**changes):
    return json.dumps(json.loads(FULL.to_bytes()) | changes).encode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"schema_version": 1},
            "release.schema_version: expected 2, got 1: .*delete the object, .*`millrace model pub",
        ),
        ({"schema_version": 3}, "release.schema_version: expected 2, got 3: written by a later Millrace"),
        ({"attributions": {}}, "release.attributions: expected a share above 0, or a score in above, got neither"),
        ({"attributions": {"share": 1.5}}, "release.attributions.share: expected 0 to 1, got 1.5"),
        ({"attributions": {"share": 1, "top": 0}}, "release.attributions.top: expected 1 to 100 features, got 0"),
        ({"attributions": {"share": 1, "max_bytes": 9}}, "release.attributions.max_bytes: expected 256 to 16,384 byt"),
        ({"attributions": {"share": 1, "least": 1}}, "release.attributions.least: unknown member: expected share, ab"),
        ({"attributions": {"above": "high"}}, "release.attributions.above: expected a number, got a string"),
        ({"champoin": None}, "release.champoin: unknown member: expected schema_version, champion"),
        ({"shadow": {"name": "2"}}, "release.shadow.name: unknown member: expected version, manifest_digest"),
        ({"change": {"actor": "me"}}, "release.change.actor: unknown member: expected action, by, why"),
        ({"champion": None}, "release.champion: expected an object, got nothing"),
        ({"champion": {"version": "1"}}, "release.champion.manifest_digest: expected a string"),
        ({"challenger": "2"}, "release.challenger: expected an object, got a string"),
        ({"challenger": None}, "release.share: expected 0 to 1, and 0 without a challenger: 0.25"),
        ({"share": -0.1}, "release.share"),
        ({"share": 1.1}, "release.share"),
        ({"share": "half"}, "release.share: expected a number, got a string"),
        ({"share": True}, "release.share: expected a number"),
        ({"share": 10**400}, "release.share: expected a number"),
        ({"share": float("nan")}, "release: expected"),
        ({"updated_at": None}, "release.updated_at: expected a string"),
        ({"previous": 3}, "release.previous: expected an object"),
        ({"change": "split"}, "release.change: expected an object, got a string"),
        ({"change": {"action": "split"}}, "release.change.by: expected a string, got nothing"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_release_that_does_not_follow_its_schema_is_refused_by_path(changes, message):
    with pytest.raises(DocumentInvalid, match=message):
        Release.from_bytes(members(**changes))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 0.99, 1.0])
def test_the_challenger_gets_its_share_of_the_keys(share):
    release = Release(FIRST, NOW, SECOND, share)
    found = sum(release.variant(key) == CHALLENGER for key in KEYS) / len(KEYS)
    assert found == pytest.approx(share, abs=0.01)
    if share in (0.0, 1.0):
        assert found == share


def test_without_a_challenger_the_champion_serves():
    assert {Release(FIRST, NOW).variant(key) for key in KEYS[:100]} == {CHAMPION}


def test_a_larger_share_takes_no_key_back():
    small, large = (Release(FIRST, NOW, SECOND, share) for share in (0.1, 0.2))
    served = {key for key in KEYS if small.variant(key) == CHALLENGER}
    assert served < {key for key in KEYS if large.variant(key) == CHALLENGER}


@given(st.text(st.characters(codec=None)), st.floats(0, 1))
def test_the_variant_is_a_function_of_key_and_share_alone(key, share):
    one, other = Release(FIRST, NOW, SECOND, share), Release(THIRD, "later", FOURTH, share)
    assert one.variant(key) == other.variant(key)


def test_the_split_stays_the_same_from_version_to_version():
    """The first 4 bytes of the key's SHA-256, big-endian, as a part of 2³²: `alice` lies at 0.1695, `bob` at 0.5069."""
    points = {"alice": 0x2BD806C9 / 2**32, "bob": 0x81B637D8 / 2**32}
    for key, point in points.items():
        assert Release(FIRST, NOW, SECOND, point + 1e-6).variant(key) == CHALLENGER
        assert Release(FIRST, NOW, SECOND, point - 1e-6).variant(key) == CHAMPION
