"""The port: given facts in, inferred facts and firings out, in an order that depends on nothing but them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import Protocol, TypeAlias

from msgspec import Struct

from rulewright.inference.facts import Fact
from rulewright.inference.rules import Budget, BudgetError, JoinRule, cyclic_rules, joined_fields

Match: TypeAlias = tuple[int, tuple[int, ...]]
"""The position of a rule, and the numbers of the facts that it joins."""

Judge: TypeAlias = Callable[[JoinRule, tuple[Fact, ...]], Sequence[Fact] | None]
"""What a rule makes of facts that are joined: None where its condition does not hold, else the facts that it
asserts. It must depend on nothing but what it is given, and may be called in any order."""


class Session(Protocol):
    """One run of a backend."""

    def add(self, number: int, kind: str, keys: Sequence[int]) -> Iterable[Match]:
        """Add a fact; give each combination of facts that the rules join and that this one completes.

        `keys` stand for the values of the fields that the kind is joined by (`joined_fields`), equal
        numbers for equal values. A backend may match one fact at two places; the engine drops that.
        """


class Matcher(Protocol):
    """A backend, made once for a set of rules; used by one thread at a time."""

    def session(self) -> AbstractContextManager[Session]:
        """Start from nothing; everything is given back when the block ends."""


class Firing(Struct, frozen=True):
    """A rule whose condition held on these facts, and the facts it asserted."""

    rule: JoinRule
    facts: tuple[Fact, ...]
    made: tuple[Fact, ...]


class Inferred(Struct, frozen=True):
    """What came of a run: the facts that were inferred and who fired on what, both in a fixed order."""

    facts: tuple[Fact, ...] = ()
    firings: tuple[Firing, ...] = ()


class InferenceEngine:
    """Rules made ready for one backend. Safe to share between threads; `matcher` makes the backend."""

    def __init__(self, rules: Sequence[JoinRule], matcher: Callable[[Sequence[JoinRule]], Matcher]) -> None:
        self.rules = tuple(rules)
        self._fields = joined_fields(self.rules)
        self._make = matcher
        # One for each thread that runs at the same time: no backend takes two at once.
        self._idle: list[Matcher] = []

    def run(self, facts: Iterable[Fact], judge: Judge, budget: Budget | None = None) -> Inferred:
        """Fire the rules until nothing new comes of it.

        Raises BudgetError where that does not end, and whatever `judge` raises.
        """
        try:
            matcher = self._idle.pop()
        except IndexError:
            matcher = self._make(self.rules)
        try:
            with matcher.session() as session:
                return _Chaining(self, session, judge, budget or Budget()).run(facts)
        finally:
            # Also after an error: a session leaves nothing behind.
            self._idle.append(matcher)

    def fields_of(self, kind: str) -> tuple[str, ...]:
        """Return the fields that facts of a kind are joined by; none for a kind that no rule reads."""
        return self._fields.get(kind, ())

    def reads(self, kind: str) -> bool:
        """Whether any rule reads facts of a kind."""
        return kind in self._fields


class _Chaining:
    """One run: facts wait, are added to the session, and make others wait."""

    def __init__(self, engine: InferenceEngine, session: Session, judge: Judge, budget: Budget) -> None:
        self._engine = engine
        self._session = session
        self._judge = judge
        self._budget = budget
        self._sizes = _Sizes(engine.rules)
        self._added: list[Fact] = []
        self._inferred: dict[object, Fact] = {}
        self._firings: list[tuple[int, Firing]] = []
        self._numbers: dict[object, int] = {}

    def run(self, facts: Iterable[Fact]) -> Inferred:
        waiting = deque(facts)
        while waiting:
            fact = waiting.popleft()
            if not self._engine.reads(fact.kind):
                continue
            for position, joined in self._matches(fact):
                waiting.extend(self._fire(position, joined))
        self._firings.sort(key=lambda one: (one[0], [fact.key for fact in one[1].facts]))
        facts = sorted(self._inferred.values(), key=lambda fact: fact.key)
        return Inferred(tuple(facts), tuple(firing for _, firing in self._firings))

    def _matches(self, fact: Fact) -> list[tuple[int, tuple[Fact, ...]]]:
        number = len(self._added)
        keys = [self._number(fact, number, name) for name in self._engine.fields_of(fact.kind)]
        self._require_few(fact.kind, keys)
        self._added.append(fact)
        # All of them before the first is judged: a backend is never called while it calls.
        found = [*self._session.add(number, fact.kind, keys)]
        return [
            (position, tuple(self._added[one] for one in numbers))
            for position, numbers in found
            if len(set(numbers)) == len(numbers)
        ]

    def _number(self, fact: Fact, number: int, name: str) -> int:
        """Small numbers stand for values: a backend compares nothing else, and knows no secrets."""
        token: object = fact.keys.get(name)
        # What has no token equals nothing.
        return self._numbers.setdefault((number, name) if token is None else token, len(self._numbers) + 1)

    def _fire(self, position: int, joined: tuple[Fact, ...]) -> Iterator[Fact]:
        rule = self._engine.rules[position]
        made = self._judge(rule, joined)
        if made is None:
            return
        self._firings.append((position, Firing(rule, joined, tuple(made))))
        for fact in made:
            if fact.key not in self._inferred:
                self._inferred[fact.key] = fact
                self._require_end()
                yield fact

    def _require_end(self) -> None:
        if len(self._inferred) <= self._budget.facts:
            return
        fired = {position for position, _ in self._firings}
        names = tuple(
            rule.name
            for position, rule in enumerate(self._engine.rules)
            if position in fired and rule in cyclic_rules(self._engine.rules)
        )
        shown = ", ".join(names) or ", ".join(sorted({firing.rule.name for _, firing in self._firings}))
        circle = "a rule that feeds itself" if len(names) == 1 else "rules that feed each other"
        by = circle if names else "rules that infer too much"
        text = f"after {self._budget.facts} inferred facts there are still new ones, by {by}: {shown}"
        raise BudgetError(text, names, endless=bool(names))

    def _require_few(self, kind: str, keys: Sequence[int]) -> None:
        """Before the backend joins them: what it has joined takes its memory."""
        self._sizes.note(kind, zip(self._engine.fields_of(kind), keys, strict=True))
        for rule in self._engine.rules:
            if kind in rule.kinds and self._sizes.matches(rule) > self._budget.matches:
                text = f"{rule.name} may match more than {self._budget.matches} combinations of facts"
                raise BudgetError(text, (rule.name,), endless=False)


class _Sizes:
    """How many combinations a rule may match: a bound from the number of facts, and of equal keys."""

    def __init__(self, rules: Sequence[JoinRule]) -> None:
        self._count: Counter[str] = Counter()
        self._alike: Counter[tuple[str, str, int]] = Counter()
        self._most: dict[tuple[str, str], int] = {}
        self._keys: Mapping[JoinRule, list[list[str]]] = {
            rule: [
                [join.field for join in rule.joins if join.place == place] for place in range(len(rule.kinds))
            ]
            for rule in rules
        }

    def note(self, kind: str, keys: Iterable[tuple[str, int]]) -> None:
        self._count[kind] += 1
        for name, key in keys:
            self._alike[kind, name, key] += 1
            most = self._most.get((kind, name), 0)
            self._most[kind, name] = max(most, self._alike[kind, name, key])

    def matches(self, rule: JoinRule) -> int:
        product = 1
        for kind, names in zip(rule.kinds, self._keys[rule], strict=True):
            product *= min(chain([self._count[kind]], (self._most.get((kind, name), 0) for name in names)))
        return product
