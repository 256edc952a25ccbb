from typing import Any

import pytest

from millrace_localstack.plugin import patches
from millrace_localstack.plugin.patches.overlay import Overlay


@pytest.mark.parametrize("setting", ["", "all", " all "])
def test_all_patches_are_on_unless_told_otherwise(setting: str) -> None:
    assert patches.chosen(setting) == list(patches.NAMES)


def test_patches_can_be_chosen() -> None:
    assert patches.chosen("none") == []
    assert patches.chosen("shards, s3_payload") == ["shards", "s3_payload"]


def test_an_unknown_patch_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"shardz.*shards"):
        patches.chosen("shardz")


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
