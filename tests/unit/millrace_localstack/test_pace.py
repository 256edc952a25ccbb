import pytest

from millrace_localstack.plugin.pace import factor


@pytest.mark.parametrize(("setting", "expected"), [("", 1.0), ("1", 1.0), ("6.0", 6.0), ("60", 60.0)])
def test_the_pace_is_as_on_aws_unless_set(setting: str, expected: float) -> None:
    assert factor(setting) == expected


@pytest.mark.parametrize("setting", ["0", "0.5", "-1", "61", "nan", "inf", "quick"])
def test_a_pace_that_cannot_be_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=f"MILLRACE_LOCALSTACK_PACE is '{setting}': expected a number from 1"):
        factor(setting)
