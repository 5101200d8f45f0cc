"""Random rules and facts, and the oracle: forward chaining written down as plainly as it can be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from zlib import crc32

from rulewright.inference import (
    Budget,
    BudgetError,
    Fact,
    InferenceEngine,
    Inferred,
    Join,
    JoinRule,
    Judge,
    given_fact,
    inferred_fact,
    join_token,
)

# One that is missing where it could be installed is a failure.
BACKENDS = ("clips", "durable") if sys.version_info < (3, 13) else ("clips",)

GIVEN, INFERRED = ("g0", "g1"), ("d0", "d1", "d2")
# What CEL's == tells apart, and what it does not: 1 and 1.0 are equal, "1" and true are not.
VALUES: Sequence[object] = (None, True, False, 0, 1, 1.0, 2, 2.5, "1", "a", "", "ä\n\x1f=", float("nan"))
BUDGET = Budget(facts=300)

# The keys of what was inferred; rule and facts of each firing. None where the budget ended it.
Result = tuple[frozenset[object], frozenset[tuple[str, tuple[object, ...]]]] | None


@dataclass(frozen=True)
class Session:
    """One run: what is given, and what the rules make of it."""

    facts: tuple[Fact, ...]
    judge: Judge


def random_rules(random: Random) -> tuple[JoinRule, ...]:
    """One to five rules over one to three facts, joined by up to two keys a place; circles are common."""
    return tuple(_random_rule(random, f"r{index}") for index in range(random.randint(1, 5)))


def _random_rule(random: Random, name: str) -> JoinRule:
    kinds = tuple(random.choice(GIVEN + INFERRED) for _ in range(random.randint(1, 3)))
    joins = {
        Join(place, random.choice("xy"), random.randrange(place), random.choice("xy"))
        for place in range(1, len(kinds))
        for _ in range(random.randint(0, 2))
    }
    ordered = tuple(sorted(joins, key=repr))
    return JoinRule(name, kinds, ordered, frozenset([random.choice(INFERRED)]))


def random_session(random: Random) -> Session:
    """Up to seven facts, some without a field, and conditions that hold two times in three."""
    facts = tuple(_random_fact(random, position) for position in range(random.randint(0, 7)))
    return Session(facts, judge_by(random.getrandbits(32)))


def _random_fact(random: Random, position: int) -> Fact:
    values = {name: random.choice(VALUES) for name in "xy" if random.random() < 0.95}
    return fact(random.choice(GIVEN), position, values)


def fact(kind: str, position: int, values: Mapping[str, object]) -> Fact:
    """A given fact with the tokens of its fields."""
    tokens = {name: join_token(value) for name, value in values.items()}
    keys = {name: token for name, token in tokens.items() if token is not None}
    return given_fact(kind, position, values, keys)


def judge_by(seed: int) -> Judge:
    """Conditions that depend on the facts only; what is asserted takes a value of the first and the last."""

    def judge(rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact] | None:
        seen = repr((seed, rule.name, [one.values.get("x") for one in facts]))
        if crc32(seen.encode()) % 3 == 0:
            return None
        made = {"x": facts[0].values.get("x"), "y": facts[-1].values.get("y")}
        return [inferred_fact(kind, made) for kind in sorted(rule.asserts)]

    return judge


def oracle(rules: Sequence[JoinRule], session: Session) -> Result:
    """Try every combination of all facts again and again until nothing new comes of it."""
    inferred: dict[object, Fact] = {}
    fired: set[tuple[str, tuple[object, ...]]] = set()
    while True:
        before = len(inferred)
        known = [*session.facts, *inferred.values()]
        for rule in rules:
            for facts in product(*([one for one in known if one.kind == kind] for kind in rule.kinds)):
                made = session.judge(rule, facts) if _joined(rule, facts) else None
                if made is not None:
                    fired.add((rule.name, tuple(one.key for one in facts)))
                    inferred.update({one.key: one for one in made})
        if len(inferred) > BUDGET.facts:
            return None
        if len(inferred) == before:
            return frozenset(inferred), frozenset(fired)


def _joined(rule: JoinRule, facts: tuple[Fact, ...]) -> bool:
    distinct = len({id(one) for one in facts}) == len(facts)
    return distinct and all(
        join.field in facts[join.place].values
        and join.other_field in facts[join.other].values
        and _equal(facts[join.place].values[join.field], facts[join.other].values[join.other_field])
        for join in rule.joins
    )


def _equal(one: object, other: object) -> bool:
    """As `==` of CEL on scalars."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    return isinstance(one, str) == isinstance(other, str) and one == other


def result_of(engine: InferenceEngine, session: Session) -> Result:
    """What an engine makes of a session, in the oracle's form."""
    try:
        found = engine.run(session.facts, session.judge, BUDGET)
    except BudgetError:
        return None
    return keys_of(found)


def keys_of(found: Inferred) -> Result:
    """The result without the facts themselves."""
    fired = frozenset((one.rule.name, tuple(fact.key for fact in one.facts)) for one in found.firings)
    return frozenset(one.key for one in found.facts), fired


def differences(
    engines: Mapping[str, Callable[[Sequence[JoinRule]], InferenceEngine]],
    seeds: Iterable[int],
    each: int = 10,
) -> list[str]:
    """Run `each` random sessions of the rules of each seed on all engines; tell where the oracle differs."""
    found: list[str] = []
    for seed in seeds:
        random = Random(seed)
        rules = random_rules(random)
        made = {name: make(rules) for name, make in engines.items()}
        for number in range(each):
            session = random_session(random)
            expected = oracle(rules, session)
            found += [
                f"seed {seed}, session {number}: {name} differs from the oracle"
                for name, engine in made.items()
                if result_of(engine, session) != expected
            ]
    return found
