import pytest

from records.settings import ConfigInvalid, Settings

SETTINGS = Settings({"NAME": "orders", "EMPTY": "", "SECONDS": "1.5", "HOURS": "12", "TEXT": "soon", "ENDLESS": "inf"})


def test_what_is_set_is_read() -> None:
    assert SETTINGS.required("NAME") == "orders"
    assert (SETTINGS.optional("NAME"), SETTINGS.optional("EMPTY", "other"), SETTINGS.optional("NONE")) == (
        "orders",
        "other",
        "",
    )
    assert SETTINGS.one_of("NAME", ("orders", "clicks")) == "orders"
    assert SETTINGS.one_of("EMPTY", ("orders", "clicks"), "clicks") == "clicks"
    assert SETTINGS.seconds("SECONDS") == 1.5
    assert SETTINGS.whole("HOURS", "hours", 1, 12) == 12
    assert SETTINGS.whole("NONE", "ranges", 0, 8, "0") == 0


@pytest.mark.parametrize("name", ["EMPTY", "NONE"])
def test_what_is_required_and_missing_is_named(name: str) -> None:
    for read in (
        lambda: SETTINGS.required(name),
        lambda: SETTINGS.one_of(name, ("a",)),
        lambda: SETTINGS.seconds(name),
        lambda: SETTINGS.whole(name, "hours", 1, 12),
    ):
        with pytest.raises(ConfigInvalid, match=f"expected {name} in the function's environment, found none"):
            read()


def test_other_values_are_refused_with_what_was_expected() -> None:
    with pytest.raises(ConfigInvalid, match="NAME: expected one of a, b, got 'orders'"):
        SETTINGS.one_of("NAME", ("a", "b"))
    for name in ("TEXT", "ENDLESS"):
        with pytest.raises(ConfigInvalid, match=f"{name}: expected seconds from 0 on, got"):
            SETTINGS.seconds(name)
    for name in ("TEXT", "SECONDS", "HOURS"):
        with pytest.raises(ConfigInvalid, match=f"{name}: expected hours, 1 to 11, got"):
            SETTINGS.whole(name, "hours", 1, 11)
