"""An object seen with some attributes replaced."""

from typing import Any


class Overlay:
    """Answers with `replaced`, for everything else with `target`; `target` itself is not touched.

    Methods of `target` that are looked up here see the overlay as their `self`, so that what they call is replaced
    too.
    """

    def __init__(self, target: Any, **replaced: Any) -> None:
        self.__dict__.update(replaced)
        self.__dict__["_target"] = target

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        function = getattr(value, "__func__", None)
        if function is not None and getattr(value, "__self__", None) is self._target:
            return function.__get__(self)
        return value
