"""`matches`: RE2 syntax, on google-re2, whose time is linear in the text whatever the pattern."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from rulewright.cel.errors import EvaluationError

MAX_PATTERN: Final = 1_000
"""Characters of a pattern."""
_MAX_MEMORY: Final = 1 << 20
"""Bytes RE2 may take for one pattern: bounds what `(((a{9}){9}){9})` unfolds to."""
_WORK_PER_STEP: Final = 2_000
"""Text length times program size for one step: RE2's slowest engine visits every instruction each time."""


def matches(text: str, pattern: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    try:
        return _compiled(pattern).search(text) is not None
    except UnicodeEncodeError:
        raise EvaluationError("this text holds half of a surrogate pair") from None


def check_pattern(pattern: str) -> None:
    """Raise `EvaluationError` where `matches` would refuse the pattern."""
    _compiled(pattern)


def matching_cost(text: str, pattern: str) -> int:
    """Steps of one `matches`."""
    return 1 + len(text) * int(_compiled(pattern).programsize) // _WORK_PER_STEP


# A memo of a pure function; rules use few patterns and each many times.
@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise EvaluationError(f"a pattern is at most {MAX_PATTERN:,} characters long")
    re2 = _lazy_re2()
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        shown = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise EvaluationError(f"bad pattern: {shown}") from None
    except UnicodeEncodeError:
        raise EvaluationError("this pattern holds half of a surrogate pair") from None


def _lazy_re2() -> Any:
    """google-re2 takes milliseconds to import; most expressions never need it."""
    import re2  # noqa: PLC0415

    return re2
