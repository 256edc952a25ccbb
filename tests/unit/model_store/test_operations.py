import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.errors import ChangeRefused
from model_store.operations import promote, publish, rollback, shadow, split
from model_store.release import Pointer, Release

A, B, C = (Pointer(version, f"digest-{version}", f"manifest-{version}", f"model-{version}") for version in "abc")
NOW = "2026-01-02T03:04:05.000Z"
FIRST = Release(A, NOW)
SPLIT = Release(A, NOW, B, 0.25)


def test_publishing_makes_the_champion_and_keeps_the_one_before():
    assert publish(FIRST, B) == Release(B, NOW, previous=A)


def test_publishing_the_champion_changes_nothing():
    assert publish(SPLIT, A) is SPLIT


def test_publishing_another_version_leaves_split_and_shadow_alone():
    release = Release(A, NOW, B, 0.25, shadow=B)
    assert publish(release, C) == Release(C, NOW, B, 0.25, B, previous=A)


def test_a_version_that_became_champion_has_no_other_role():
    assert publish(Release(A, NOW, B, 0.25, shadow=B), B) == Release(B, NOW, previous=A)


def test_the_champion_signed_anew_is_not_its_own_previous():
    signed = Pointer(A.version, A.manifest_digest, A.manifest_version_id, A.model_version_id, "signature")
    assert publish(Release(A, NOW, previous=C), signed) == Release(signed, NOW, previous=C)


def test_promoting_ends_the_split():
    assert promote(SPLIT) == Release(B, NOW, previous=A)


def test_a_version_can_be_promoted_past_the_challenger():
    assert promote(SPLIT, C) == Release(C, NOW, B, 0.25, previous=A)


def test_without_a_challenger_there_is_nothing_to_promote():
    with pytest.raises(ChangeRefused, match=r"expected a challenger to promote.*split --challenger"):
        promote(FIRST)


def test_a_split_begins_changes_and_ends():
    begun = split(FIRST, B, 0.1)
    assert begun == Release(A, NOW, B, 0.1)
    assert split(begun, None, 0.5) == Release(A, NOW, B, 0.5)
    assert split(begun, C, 0.5) == Release(A, NOW, C, 0.5)
    assert split(begun, None, 0) == split(begun, B, 0) == FIRST


@pytest.mark.parametrize(
    ("challenger", "share", "message"),
    [
        (B, -0.1, "expected a share from 0 to 1, got -0.1"),
        (B, 1.1, "expected a share from 0 to 1"),
        (B, float("nan"), "expected a share from 0 to 1"),
        (None, 0.1, "name one with --challenger"),
        (A, 0.1, "expected another challenger than the champion, got a for both"),
    ],
)
def test_a_split_that_cannot_be_is_refused(challenger, share, message):
    with pytest.raises(ChangeRefused, match=message):
        split(FIRST, challenger, share)


def test_a_shadow_comes_and_goes():
    assert shadow(SPLIT, C) == Release(A, NOW, B, 0.25, C)
    assert shadow(shadow(SPLIT, C), None) == SPLIT
    with pytest.raises(ChangeRefused, match="shadow"):
        shadow(FIRST, A)


def test_a_second_rollback_returns():
    release = publish(FIRST, B)
    assert rollback(release) == Release(A, NOW, previous=B)
    assert rollback(rollback(release)) == release


def test_a_rollback_after_a_promotion_ends_with_the_former_champion_alone():
    assert rollback(promote(SPLIT)) == Release(A, NOW, previous=B)


def test_without_a_champion_before_there_is_nothing_to_roll_back_to():
    with pytest.raises(ChangeRefused, match="expected a champion before a, there was none"):
        rollback(FIRST)


POINTERS = st.sampled_from([A, B, C])
OPERATIONS = st.one_of(
    st.tuples(st.just(publish), POINTERS),
    st.tuples(st.just(promote), st.none() | POINTERS),
    st.tuples(st.just(split), st.none() | POINTERS, st.sampled_from([0.0, 0.1, 1.0])),
    st.tuples(st.just(shadow), st.none() | POINTERS),
    st.tuples(st.just(rollback)),
)


@given(st.lists(OPERATIONS, max_size=12))
def test_whatever_operators_do_the_release_is_sound(operations):
    release = FIRST
    for operation, *arguments in operations:
        before = release
        try:
            release = operation(release, *arguments)
        except ChangeRefused:
            continue
        assert Release.from_bytes(release.to_bytes()) == release
        assert release.champion not in (release.challenger, release.shadow, release.previous)
        assert (release.challenger is None) == (release.share == 0)
        if release.champion != before.champion:
            assert release.previous == before.champion
