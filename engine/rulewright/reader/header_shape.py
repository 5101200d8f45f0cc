"""The headers of a target: what no request could carry is told where it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from rulewright.ports import HEADER_NAME, HEADER_VALUE, IDEMPOTENCY_KEY
from rulewright.reader.flaws import Flaw
from rulewright.reader.kinds import Book, JsonSchema, anchored, describe, flawed, refuse
from rulewright.reader.scalars import Text
from rulewright.reader.shapes import Table

_NAME: Final = re.compile(HEADER_NAME)
_VALUE: Final = re.compile(HEADER_VALUE)


class HeaderValue(Text):
    """What a header may hold."""

    def check(self, value: Any) -> None:
        """Raise for what is no text, and for a text that no header can hold."""
        super().check(value)
        if not _VALUE.fullmatch(value):
            refuse("printable ASCII on one line, as headers hold", value)

    def schema(self, book: Book) -> JsonSchema:
        """A text that a header can hold."""
        return self.scalar("string", pattern=anchored(_VALUE))


class Headers(Table):
    """A map from names of headers to their values."""

    def _check_key(self) -> Callable[[str], None]:
        return _check_header

    def schema(self, book: Book) -> JsonSchema:
        """A map whose keys are names of headers."""
        names = {"pattern": anchored(_NAME), "errorMessage": "expected a header's name", "doNotSuggest": True}
        return {**super().schema(book), "propertyNames": names}


def _check_header(name: str) -> None:
    if name.lower() == IDEMPOTENCY_KEY.lower():
        hint = "leave it out: each message has its own"
        raise flawed(Flaw("unknown-keyword", f"{name} is never set by hand", hint, at_key=True))
    if not _NAME.fullmatch(name):
        raise flawed(Flaw("bad-name", f"{describe(name)} can't be a header's name", at_key=True))
