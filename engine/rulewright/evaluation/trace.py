"""What each rule came to, as data: for `explain`, for coverage and for whoever wants to watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rulewright.problem import Span

# true and false: a condition's value. skipped: it rests on something unsound. undecided: it failed.
Result = Literal["true", "false", "skipped", "undecided"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition and what it came to: a node of the condition's tree, `depth` below its root.

    `value` is in JSON form, masked; `state` says why there is none.
    """

    depth: int
    text: str
    value: object
    state: Literal["value", "hidden", "not reached", "error"] = "value"


@dataclass(frozen=True, slots=True)
class Judged:
    """One condition, judged once: where, what it is, what it came to and the values it read (masked).

    `parts` is the tree of the condition, parents before their children, without the literals.
    """

    rule: str
    path: str
    expression: str
    result: Result
    values: Mapping[str, object] = field(default_factory=dict)
    span: Span | None = None
    parts: tuple[Part, ...] = ()


Tracer = Callable[[Judged], None]
