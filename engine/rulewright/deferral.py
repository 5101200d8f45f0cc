"""Results of which some parts are worked out when they are first read."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Deferring:
    """What has parts that are worked out when they are first read; `_later` gives them by name.

    Many callers read an outcome's verdict and record, or a problem's code and message, and nothing else.
    What is deferred is a pure function of what was decided, so nobody can tell, but by the time it takes.
    """

    __slots__ = ("_later",)

    _later: Callable[[], Mapping[str, object]] | None

    def __getattr__(self, name: str) -> object:
        """Work out the missing parts; called only for what has no value yet."""
        if not self.settle():
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return object.__getattribute__(self, name)

    def settle(self) -> bool:
        """Work out what waits. Gives whether anything ever waited."""
        try:
            later = object.__getattribute__(self, "_later")
        except AttributeError:
            return False
        if later is not None:
            for part, value in later().items():
                object.__setattr__(self, part, value)
            # Let go of what the parts were made from.
            object.__setattr__(self, "_later", None)
        return True
