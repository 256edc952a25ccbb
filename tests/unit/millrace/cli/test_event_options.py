"""The help of the options for events names what a manifest accepts."""

import re

import pytest

from millrace.cli.event_options import _OPTIONS
from model_store.event_format import FORMATS, NO_ENVELOPE, UNWRAP


@pytest.mark.parametrize(("option", "accepted"), [("format", FORMATS), ("unwrap", UNWRAP)])
def test_the_help_names_every_value(option: str, accepted: tuple[str, ...]) -> None:
    (described,) = _OPTIONS[option][0].__metadata__
    named = set(re.findall(r"[a-z-]+", described.help.lower())) - {"the", "envelope", "or"}
    assert named == {*accepted} - {NO_ENVELOPE}
