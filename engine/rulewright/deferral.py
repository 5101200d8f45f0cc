"""Results of which some parts are worked out when they are first read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

Later = Callable[[], Mapping[str, object]]


class Deferring:
    """What has parts that are worked out when they are first read; `_later` gives them by name.

    Many callers read an outcome's verdict and record, or a problem's code and message, and nothing else.
    What is deferred is a pure function of what was decided, so nobody can tell, but by the time it takes.
    One of the parts may be another `_later`: it gives what is read more rarely still.
    """

    __slots__ = ("_later",)

    _later: Later | None

    def __getattr__(self, name: str) -> object:
        """Work out the missing parts; called only for what has no value yet."""
        if not self._waits():
            raise AttributeError(f"{type(self).__name__} has no {name}")
        while (later := self._later) is not None:
            self._take(later)
            with suppress(AttributeError):
                return object.__getattribute__(self, name)
        # Another thread may have worked it out meanwhile.
        return object.__getattribute__(self, name)

    def settle(self) -> bool:
        """Work out what waits. Gives whether anything ever waited."""
        if not self._waits():
            return False
        while (later := self._later) is not None:
            self._take(later)
        return True

    def _waits(self) -> bool:
        try:
            object.__getattribute__(self, "_later")
        except AttributeError:
            return False
        return True

    def _take(self, later: Later) -> None:
        parts = later()
        for part, value in parts.items():
            object.__setattr__(self, part, value)
        if "_later" not in parts:
            # Let go of what the parts were made from.
            object.__setattr__(self, "_later", None)
