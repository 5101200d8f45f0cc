"""What each rule came to, as data: for `explain`, for coverage and for whoever wants to watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rulewright.problem import Span

# true and false: a condition's value. skipped: it rests on something unsound. undecided: it failed.
Result = Literal["true", "false", "skipped", "undecided"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One condition, judged once: where, what it is, what it came to and the values it read (masked)."""

    rule: str
    path: str
    expression: str
    result: Result
    values: Mapping[str, object] = field(default_factory=dict)
    span: Span | None = None


Tracer = Callable[[Judged], None]
