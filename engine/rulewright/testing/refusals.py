"""Expecting an error without depending on a test runner: these suites ship with the engine."""

from __future__ import annotations

from types import TracebackType
from typing import Generic, TypeVar

_Error = TypeVar("_Error", bound=BaseException)


class refused(Generic[_Error]):  # noqa: N801 - reads as a statement: with refused(AdapterError) as refusal
    """A block that must raise `kind`; afterwards `error` holds what was raised."""

    error: _Error

    def __init__(self, kind: type[_Error]) -> None:
        self._kind = kind

    def __enter__(self) -> refused[_Error]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            raise AssertionError(f"{self._kind.__name__} was not raised")
        if not isinstance(error, self._kind):
            return False
        self.error = error
        return True
