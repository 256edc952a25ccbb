from typing import Any

import pytest

from millrace_localstack.plugin import mends
from millrace_localstack.plugin.mends.overlay import Overlay


@pytest.mark.parametrize("setting", ["", "all", " all "])
def test_all_mends_are_on_unless_told_otherwise(setting: str) -> None:
    assert mends.chosen(setting) == list(mends.NAMES)


def test_mends_can_be_chosen() -> None:
    assert mends.chosen("none") == []
    assert mends.chosen("bisect, shards") == ["bisect", "shards"]


def test_an_unknown_mend_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"bisekt.*bisect"):
        mends.chosen("bisekt")


class Greeter:
    def __init__(self) -> None:
        self.name = "target"

    def greet(self) -> str:
        return f"hello from {self.name}"


def test_an_overlay_is_seen_by_the_methods_called_on_it() -> None:
    target = Greeter()
    overlay: Any = Overlay(target, name="overlay")

    assert overlay.greet() == "hello from overlay"
    assert target.greet() == "hello from target"
