"""What every backend must do: the conformance suite of the inference port."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import permutations
from pathlib import Path

import pytest
from endurance import SLACK_KB, endure
from random_sessions import BACKENDS, differences, fact

from rulewright.inference import (
    BudgetError,
    Fact,
    InferenceEngine,
    Inferred,
    Join,
    JoinRule,
    cyclic_rules,
    inferred_fact,
    join_token,
    make_matcher,
)

EngineMaker = Callable[[Sequence[JoinRule]], InferenceEngine]
HERE = Path(__file__).parent

TWINS = JoinRule("twins", ("case", "case"), (Join(1, "number", 0, "number"),), frozenset(["twin"]))
COUNT = JoinRule("count", ("step",), (), frozenset(["step"]))
START = JoinRule("start", ("case",), (), frozenset(["step"]))


def cases(*numbers: object) -> list[Fact]:
    return [fact("case", place, {"number": number}) for place, number in enumerate(numbers)]


def always(rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact]:
    """Assert a fact of each kind with the first fact's number."""
    return [inferred_fact(kind, {"number": facts[0].values["number"]}) for kind in sorted(rule.asserts)]


def count_up(rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact] | None:
    number = facts[0].values["number"]
    assert isinstance(number, int)
    return [inferred_fact("step", {"number": number + 1})]


def fired(found: Inferred) -> list[tuple[str, tuple[object, ...]]]:
    return [(one.rule.name, tuple(fact.key[2] for fact in one.facts)) for one in found.firings]


def test_facts_are_joined_by_equal_keys(make_engine: EngineMaker) -> None:
    """A rule fires on each combination, and a fact is never joined with itself."""
    found = make_engine([TWINS]).run(cases(1, 2, 1), always)

    assert fired(found) == [("twins", (0, 2)), ("twins", (2, 0))]


def test_facts_that_are_alike_are_one(make_engine: EngineMaker) -> None:
    """Two firings assert the same fact."""
    found = make_engine([TWINS]).run(cases(1, 2, 1), always)

    assert [one.values for one in found.facts] == [{"number": 1}]


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        (1, 1.0, True),
        (2**53, 2.0**53, True),
        (1, True, False),
        (1, "1", False),
        ("", None, False),
        (None, None, True),
        (float("nan"), float("nan"), False),
        ("x" * 5000, "x" * 5000, True),
        ('")(quit)', '")(quit)', True),
        ("\ud800\x00", "\ud800\x00", True),
    ],
)
def test_keys_are_equal_as_in_cel(make_engine: EngineMaker, one: object, other: object, joined: bool) -> None:
    """Types are told apart, whole numbers are one, and text is never read as a backend's language."""
    found = make_engine([TWINS]).run(cases(one, other), lambda rule, facts: [])

    assert bool(found.firings) is joined


def test_rules_chain(make_engine: EngineMaker) -> None:
    """A fact that is inferred fires rules, joined with what is given."""
    back = JoinRule("back", ("twin", "case"), (Join(1, "number", 0, "number"),), frozenset(["known"]))

    found = make_engine([back, TWINS]).run(cases(5, 5), always)

    assert [one.key[1] for one in found.facts] == ["known", "twin"]
    assert [name for name, _ in fired(found)] == ["back", "back", "twins", "twins"]


def test_the_order_of_facts_makes_no_difference(make_engine: EngineMaker) -> None:
    """Nor does the order of rules make another set of facts."""
    engine = make_engine([TWINS, START])
    given = cases(1, 2, 1, 2)
    expected = engine.run(given, always)

    found = [engine.run(order, always) for order in permutations(given)]

    assert all(one == expected for one in found)


def test_a_condition_that_fails_is_told_to_the_caller(make_engine: EngineMaker) -> None:
    """An exception comes through as it is, and the engine goes on working."""
    engine = make_engine([TWINS])

    def fail(rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact]:
        raise ZeroDivisionError("told")

    with pytest.raises(ZeroDivisionError, match="told"):
        engine.run(cases(1, 1), fail)

    assert len(engine.run(cases(1, 1), always).firings) == 2


def test_an_endless_chain_ends_at_its_budget(make_engine: EngineMaker) -> None:
    """The rules of the circle are named, and no other."""
    engine = make_engine([TWINS, START, COUNT])

    with pytest.raises(BudgetError, match="after 1000 inferred facts") as caught:
        engine.run(cases(0), lambda rule, facts: (always if rule is START else count_up)(rule, facts))

    assert caught.value.rules == ("count",)
    assert caught.value.endless


def test_a_circle_of_several_rules_is_named_whole(make_engine: EngineMaker) -> None:
    """Both rules that feed each other."""
    there = JoinRule("there", ("step",), (), frozenset(["far"]))
    back = JoinRule("back", ("far",), (), frozenset(["step"]))

    def judge(rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact]:
        made = count_up(rule, facts) if rule is back else None
        return made if made is not None else always(rule, facts)

    with pytest.raises(BudgetError) as caught:
        make_engine([START, there, back]).run(cases(0), judge)

    assert caught.value.rules == ("there", "back")


def test_too_many_combinations_are_refused_before_they_are_joined(make_engine: EngineMaker) -> None:
    """A product of facts takes a backend's memory, so it is never asked for."""
    product = JoinRule("product", ("case", "case", "case"))

    with pytest.raises(BudgetError, match="product may match more than 100000") as caught:
        make_engine([product]).run(cases(*range(50)), always)

    assert caught.value.rules == ("product",)


def test_what_circles_without_growing_ends(make_engine: EngineMaker) -> None:
    """Facts are sets: what is asserted again fires nothing."""
    found = make_engine([START, COUNT]).run(cases(1), always)

    assert len(found.facts) == 1


def test_more_sessions_than_a_backend_keeps(make_engine: EngineMaker) -> None:
    """durable-rules keeps 1,024, clips gets slower with each; in many of these nothing fires at all."""
    engine = make_engine([TWINS])

    found = [len(engine.run(cases(*numbers), always).firings) for numbers in [(), (1,), (1, 1)] * 700]

    assert found == [0, 0, 2] * 700


def test_engines_that_are_gone_leave_nothing(make_engine: EngineMaker) -> None:
    """Rules are loaded anew by each test run, each setting, each mutant."""
    for number in range(200):
        assert len(make_engine([TWINS]).run(cases(number, number), always).firings) == 2
    gc.collect()

    assert len(make_engine([TWINS]).run(cases(1, 1), always).firings) == 2


def test_threads_share_an_engine(make_engine: EngineMaker) -> None:
    """Each run sees its own facts."""
    engine = make_engine([TWINS, START])

    def run(number: int) -> int:
        return len(engine.run(cases(*[number] * (number % 5 + 1)), always).firings)

    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(run, range(300))]

    assert found == [(n % 5 + 1) ** 2 for n in range(300)]


def test_a_run_within_a_run(make_engine: EngineMaker) -> None:
    """A condition may need another evaluation of the same rules."""
    engine = make_engine([TWINS])

    def judge(rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact]:
        return always(rule, facts) if len(engine.run(cases(7, 7), always).firings) == 2 else []

    assert len(engine.run(cases(1, 1), judge).facts) == 1


def test_backends_agree_with_the_oracle() -> None:
    """A sample of what differential.py runs 20,000 times."""
    engines = {name: partial(InferenceEngine, matcher=make_matcher(name)) for name in BACKENDS}

    assert differences(engines, range(1_000_000, 1_000_040)) == []


def test_the_differential_test_can_fail() -> None:
    """An engine that forgets a rule is found out."""

    def forgetful(rules: Sequence[JoinRule]) -> InferenceEngine:
        return InferenceEngine(rules[1:], make_matcher("clips"))

    assert differences({"forgetful": forgetful}, range(20), each=3)


def test_sessions_leave_nothing_behind(backend: str) -> None:
    """endurance.py in a small size: none goes wrong, and the process does not grow."""
    wrong, held = endure(backend, 4_000)

    assert wrong == 0
    assert held[-1] - held[1] < SLACK_KB


def test_cyclic_rules() -> None:
    """A rule is in a circle if its facts may lead to facts that it reads."""
    assert cyclic_rules([TWINS, START, COUNT]) == (COUNT,)


def test_tokens_tell_values_apart() -> None:
    """What is no scalar joins nothing."""
    with pytest.raises(TypeError, match="not a list"):
        join_token([1])
