"""Joins found by durable-rules 2 (a Rete network in C), with a guard for each hazard of that library.

Each was met; tests/inference runs what would meet them again. The C module is used directly, without the
package's Host: that one starts two timers for each set of rules and swallows what actions raise.
- A session is one state ("sid") and is deleted in `finally`: 1,024 live ones end in MemoryError.
- The first fact of a session is one that a rule always fires on: deleting a state on which nothing has
  fired frees memory that was never set, and ends the process.
- Facts are added one by one, flat, their values small numbers as text that the engine made: comparisons
  there know no types. Ids are "1", "2", ...
- No rule is on the state, nothing is posted, no action runs: what matches is taken off the agenda and
  judged by the engine afterwards, where an exception is an exception and a loop meets the budget.
- There is no negation: `none` there depends on the order of facts.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from threading import Lock
from typing import Any, Final

from rulewright.errors import EvaluationError
from rulewright.inference.engine import Match
from rulewright.inference.rules import JoinRule, joined_fields

MODULE: Final = "durable_rules_engine"
_START: Final = "start"
# Sets of rules are numbered in one table of the C module, states by their names in it.
_LOCK: Final = Lock()
_NAMES: Final = count(1)


class DurableMatcher:
    """A set of rules in durable-rules."""

    def __init__(self, rules: Sequence[JoinRule]) -> None:
        self._native: Any = import_module(MODULE)
        self._fields = joined_fields(rules)
        self._kinds = {kind: f"k{index}" for index, kind in enumerate(self._fields)}
        self._arity = [len(rule.kinds) for rule in rules]
        definition = {_START: {"all": [{"m0": {"k": _START}}]}}
        definition |= {f"r{index}": {"all": self._patterns(rule)} for index, rule in enumerate(rules)}
        with _LOCK:
            self._handle = self._native.create_ruleset(f"rulewright{next(_NAMES)}", json.dumps(definition))
        weakref.finalize(self, self._native.delete_ruleset, self._handle)

    def _patterns(self, rule: JoinRule) -> list[dict[str, Any]]:
        patterns = []
        for place, kind in enumerate(rule.kinds):
            tests: list[dict[str, Any]] = [{"k": self._kinds[kind]}]
            for join in rule.joins:
                if join.place == place:
                    other = {f"m{join.other}": self._slot(rule.kinds[join.other], join.other_field)}
                    tests.append({self._slot(kind, join.field): other})
            patterns.append({f"m{place}": tests[0] if len(tests) == 1 else {"$and": tests}})
        return patterns

    def _slot(self, kind: str, name: str) -> str:
        return f"j{self._fields[kind].index(name)}"

    @contextmanager
    def session(self) -> Iterator[_DurableSession]:
        """See Matcher."""
        session = _DurableSession(self, str(next(_NAMES)))
        try:
            session.start()
            yield session
        finally:
            self._native.delete_state(self._handle, session.name)

    def facts_text(self, number: int, kind: str, keys: Sequence[int], session: str) -> str:
        """A fact as the C module reads it."""
        slots = {f"j{index}": str(key) for index, key in enumerate(keys)}
        return json.dumps({"sid": session, "id": str(number + 1), "k": self._kinds[kind], **slots})

    def assert_fact(self, text: str) -> Iterator[Match]:
        """Add a fact and take everything off the agenda. Raises EvaluationError where the engine fails."""
        native, handle = self._native, self._handle
        result, state = native.assert_fact(handle, text)
        if result not in (0, 1):  # 1: no rule reads it
            raise EvaluationError(f"durable-rules refused a fact (result {result})")
        started = native.start_action_for_state(handle, state) if result == 0 else None
        action = started[1] if started else None
        while action:
            ((name, matched),) = json.loads(action).items()
            if name != _START:
                position = int(name[1:])
                yield position, tuple(int(matched[f"m{n}"]["id"]) - 1 for n in range(self._arity[position]))
            action = native.complete_and_start_action(handle, state)


class _DurableSession:
    """One state of a set of rules."""

    def __init__(self, matcher: DurableMatcher, name: str) -> None:
        self._matcher = matcher
        self.name = name

    def start(self) -> None:
        """Add the fact that a rule always fires on."""
        sentinel = json.dumps({"sid": self.name, "id": _START, "k": _START})
        assert not [*self._matcher.assert_fact(sentinel)]

    def add(self, number: int, kind: str, keys: Sequence[int]) -> Iterator[Match]:
        """See Session."""
        return self._matcher.assert_fact(self._matcher.facts_text(number, kind, keys, self.name))
