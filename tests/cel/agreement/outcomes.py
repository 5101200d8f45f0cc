"""One expression on one record, three ways: what each gave, and where they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rulewright.cel import ALL_FUNCTIONS, CelError, LimitError, Program, parse
from rulewright.cel.compiler.artifact import build, link

STEPS = 20_000
FELL_BACK = object()
"""What the fast version by itself gives where it would call for the others."""

_ADDRESS = re.compile(" at 0x[0-9a-f]+")

Bindings = Mapping[str, object]
Outcome = tuple[str, str, str]
"""`value`, its type and its text; or `error`, its class and nothing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An expression on which two ways differ."""

    text: str
    bindings: Bindings
    outcomes: Mapping[str, Outcome]


def outcome(evaluate: Callable[[Bindings], object], bindings: Bindings) -> Outcome:
    """What an evaluation gives; a Python error counts by its class, and never agrees with one of CEL's."""
    try:
        value = evaluate(bindings)
    except CelError as error:
        return "error", type(error).__name__, ""
    return "value", type(value).__name__, _ADDRESS.sub("", repr(value))


def fast_only(program: Program) -> Callable[[Bindings], object]:
    """The fast version without those it falls back on."""
    artifact = build(program.node, ALL_FUNCTIONS, STEPS, exact=False)
    return link(artifact, ALL_FUNCTIONS, lambda _: FELL_BACK)


def differences(text: str, records: Iterable[Bindings], counts: Counter[str]) -> Iterator[Difference]:
    """Where fast, absorbing and tree-walking evaluation of an expression differ.

    Where the tree-walker runs out of steps, compiled code may know the answer.
    """
    program = Program(text, parse(text), steps=STEPS)
    fast = fast_only(program)
    for bindings in records:
        counts["evaluations"] += 1
        walked = outcome(program.walk, bindings)
        counts[walked[0]] += 1
        quick = outcome(fast, bindings)
        counts["fast"] += quick[1] != "object"
        absorbed = outcome(program.absorb, bindings)
        if walked[1] == LimitError.__name__:
            counts["limits"] += 1
            continue
        answers = {"walked": walked, "absorbed": absorbed, "fast": quick}
        agreed = quick in (walked, ("value", "object", "<object object>"))
        # Compiled code pays for loops in advance; then the tree-walker has the last word.
        if not agreed or (absorbed != walked and absorbed[1] != LimitError.__name__):
            yield Difference(text, bindings, answers)
