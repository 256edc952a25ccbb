"""A model of small square pictures: the page has a field to draw one, in place of a number for each pixel."""

from typing import Any

import pytest

from http_api.page import page
from model_store.feature import Feature
from tests.fakes import artifacts


def shown(*features: Feature) -> str:
    from types import SimpleNamespace

    manifest = artifacts.manifest("binary", b"", golden_rows=(), features=features)
    variant = SimpleNamespace(manifest=manifest, version="1")
    serving: Any = SimpleNamespace(champion=variant)
    return page("digits", serving, "anonymous")


def pixels(count: int, **changes: Any) -> list[Feature]:
    return [Feature(f"p{i:03}", "float", **{"allow_missing": False} | changes) for i in range(count)]


def test_pixels_are_drawn() -> None:
    document = shown(*pixels(784))
    assert '<canvas id="drawing" width="280" height="280" data-side="28"' in document
    assert 'data-form="vector"' in document
    assert 'id="clear"' in document
    assert "<input" not in document


@pytest.mark.parametrize(
    "features",
    [pixels(783), pixels(49), pixels(784, allow_missing=True), pixels(784)[::-1], [Feature("a", "float")]],
    ids=["no square", "too small", "may be missing", "another order", "one number"],
)
def test_other_features_are_typed(features: list[Feature]) -> None:
    document = shown(*features)
    assert "<canvas" not in document
    assert "<input" in document
