"""Numbers, times and ids as the view writes them."""

import time
from collections.abc import Sequence

UNKNOWN = "–"
_BARS = "▁▂▃▄▅▆▇█"
_NOTHING, _NOT_WATCHED = "·", " "
_LONGEST_ID = 14


def count(number: float) -> str:
    return f"{number:,.0f}"


def rate(number: float | None) -> str:
    """Events a second; small ones with a decimal place."""
    if number is None:
        return UNKNOWN
    return f"{number:,.1f}/s" if 0 < number < 100 else f"{number:,.0f}/s"


def milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return UNKNOWN
    return f"{seconds * 1000:,.1f}" if seconds < 0.01 else f"{seconds * 1000:,.0f}"


def percent(share: float | None) -> str:
    """Of a share from 0 to 1: a small one is not shown as none."""
    if share is None:
        return UNKNOWN
    return "<0.1 %" if 0 < share < 0.001 else f"{share * 100:.1f} %"


def clock(at: float) -> str:
    """The time of day, UTC."""
    return time.strftime("%H:%M:%S", time.gmtime(at))


def shortened(name: str) -> str:
    """Both ends of an id: enough to distinguish events, too little to know whose they are."""
    if len(name) <= _LONGEST_ID // 2:
        return name
    side = min((_LONGEST_ID - 1) // 2, len(name) // 3)
    return f"{name[:side]}…{name[-side:]}"


def sparkline(values: Sequence[float | None]) -> str:
    """A character each: the highest fills it, `·` is nothing at all, a blank was not watched."""
    highest = max((value for value in values if value), default=0)
    return "".join(_bar(value, highest) for value in values)


def _bar(value: float | None, highest: float) -> str:
    if value is None:
        return _NOT_WATCHED
    if value <= 0:
        return _NOTHING
    return _BARS[min(len(_BARS) - 1, int(value / highest * len(_BARS)))]
