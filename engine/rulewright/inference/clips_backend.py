"""Joins found by CLIPS (clipspy): a Rete network in C.

- The Environment is made anew every 200 runs: it gets slower with each run.
- A rule does nothing but tell what it matched: conditions are judged by the engine afterwards, where an
  exception is an exception and a loop meets the budget. A run of the agenda has a limit all the same.
- Facts hold numbers that the engine made, so nothing of a payload is ever read as CLIPS' language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from rulewright.inference.engine import Match
from rulewright.inference.rules import JoinRule, joined_fields

MODULE: Final = "clips"
_RUNS: Final = 200
_STEP: Final = 10_000


class ClipsMatcher:
    """A set of rules in CLIPS."""

    def __init__(self, rules: Sequence[JoinRule]) -> None:
        self._clips: Any = import_module(MODULE)
        self._fields = joined_fields(rules)
        self._names = {kind: f"k{index}" for index, kind in enumerate(self._fields)}
        self._constructs = [*map(self._template, self._fields), *map(self._rule, range(len(rules)), rules)]
        self._environment: Any = None
        self._templates: dict[str, Any] = {}
        self._runs = 0
        self._found: list[Match] = []

    @contextmanager
    def session(self) -> Iterator[ClipsMatcher]:
        """See Matcher. There is one session at a time, so the matcher is its session."""
        if self._runs % _RUNS == 0:
            self._build()
        self._runs += 1
        self._found.clear()
        self._environment.reset()
        yield self

    def add(self, number: int, kind: str, keys: Sequence[int]) -> list[Match]:
        """See Session."""
        slots = {f"j{index}": key for index, key in enumerate(keys)}
        self._templates[kind].assert_fact(n=number, **slots)
        while self._environment.run(_STEP) == _STEP:
            pass
        found = self._found.copy()
        self._found.clear()
        return found

    def _build(self) -> None:
        environment = self._environment = self._clips.Environment()
        found = self._found
        # The library keeps the function for good while the environment lives: it must not keep the matcher,
        # which keeps the environment.
        environment.define_function(lambda rule, *numbers: found.append((rule, numbers)), "note")
        for construct in self._constructs:
            environment.build(construct)
        self._templates = {kind: environment.find_template(name) for kind, name in self._names.items()}

    def _template(self, kind: str) -> str:
        slots = "".join(f" (slot j{index} (type INTEGER))" for index in range(len(self._fields[kind])))
        return f"(deftemplate {self._names[kind]} (slot n (type INTEGER)){slots})"

    def _rule(self, position: int, rule: JoinRule) -> str:
        patterns = " ".join(self._pattern(rule, place) for place in range(len(rule.kinds)))
        numbers = " ".join(f"?n{place}" for place in range(len(rule.kinds)))
        return f"(defrule r{position} {patterns} => (note {position} {numbers}))"

    def _pattern(self, rule: JoinRule, place: int) -> str:
        kind = rule.kinds[place]
        # One fact never stands at two places.
        others = "".join(f"&~?n{other}" for other in range(place) if rule.kinds[other] == kind)
        slots = [f"(n ?n{place}{others})"]
        for index, name in enumerate(self._fields[kind]):
            equal = [
                f"&?v{join.other}_{self._fields[rule.kinds[join.other]].index(join.other_field)}"
                for join in rule.joins
                if join.place == place and join.field == name
            ]
            slots.append(f"(j{index} ?v{place}_{index}{''.join(equal)})")
        return f"({self._names[kind]} {' '.join(slots)})"
