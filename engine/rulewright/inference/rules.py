"""Rules as the engine sees them: kinds of facts to join, and the kinds that may come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from rulewright.errors import RulewrightError


class Join(Struct, frozen=True):
    """The `field` of the fact at `place` equals the `other_field` of the one at `other`, an earlier place."""

    place: int
    field: str
    other: int
    other_field: str


class JoinRule(Struct, frozen=True):
    """One rule: the kinds of the facts it joins, in order, by which keys, and the kinds it may assert.

    It never matches one fact at two places.
    """

    name: str
    kinds: tuple[str, ...]
    joins: tuple[Join, ...] = ()
    asserts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        assert self.kinds
        assert all(0 <= join.other < join.place < len(self.kinds) for join in self.joins)


class Budget(Struct, frozen=True):
    """What one run may come to: facts that are inferred, and combinations of facts that a rule may match."""

    facts: int = 1_000
    matches: int = 100_000


class BudgetError(RulewrightError):
    """A run that went beyond its budget. `rules` are those that go in a circle, or match too much.

    `endless`: facts came of facts without end.
    """

    def __init__(self, message: str, rules: tuple[str, ...], *, endless: bool) -> None:
        super().__init__(message)
        self.rules = rules
        self.endless = endless


def cyclic_rules(rules: Sequence[JoinRule]) -> tuple[JoinRule, ...]:
    """Return the rules whose facts may, over other rules or at once, lead to facts they read again."""
    follows = {
        index: [after for after, other in enumerate(rules) if one.asserts.intersection(other.kinds)]
        for index, one in enumerate(rules)
    }
    return tuple(rule for index, rule in enumerate(rules) if index in _reached(follows, index))


def _reached(follows: Mapping[int, Sequence[int]], start: int) -> set[int]:
    found: set[int] = set()
    waiting = list(follows[start])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(follows[one])
    return found


def joined_fields(rules: Sequence[JoinRule]) -> dict[str, tuple[str, ...]]:
    """Return for each kind that a rule reads the fields it is joined by, in a fixed order."""
    found: dict[str, dict[str, None]] = {kind: {} for rule in rules for kind in rule.kinds}
    for rule in rules:
        for kind, name in _sides(rule):
            found[kind][name] = None
    return {kind: tuple(names) for kind, names in found.items()}


def _sides(rule: JoinRule) -> Iterator[tuple[str, str]]:
    for join in rule.joins:
        yield rule.kinds[join.place], join.field
        yield rule.kinds[join.other], join.other_field
