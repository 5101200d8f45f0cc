"""Outcomes of the hot path are like any other, and what hypothesis makes up changes nothing."""

from __future__ import annotations

import copy
import pickle
from random import Random
from typing import Any

import pytest
from agreement import Tally, compare
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payloads import NOW, Case, DictRecords, PayloadMaker, seeds_of

from rulewright import Program, load
from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath import decide
from rulewright.hotpath.deciding import decide_quickly

PROGRAM = load()
SEEDS = seeds_of(PROGRAM)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def fresh(program: Program) -> Any:
    """An outcome that was decided quickly and of which nothing was read."""
    seeds = SEEDS["ct_oi/county"]
    for case in PayloadMaker(program, "ct_oi/county", seeds, Random(3)).cases(100):
        outcome = decide_quickly(program.compiled, case.resource, case.inputs, case.records)
        if outcome is not None and outcome.accepted:
            return outcome, decide_plainly(program.compiled, case.resource, case.inputs, case.records)
    raise AssertionError("none was quick")


def test_a_quick_outcome_is_equal_pickled_and_copied(program: Program) -> None:
    """Parts that wait are worked out whoever asks."""
    equal, plain = fresh(program)
    pickled = pickle.loads(pickle.dumps(fresh(program)[0]))
    copied = copy.deepcopy(fresh(program)[0])

    assert plain == equal == pickled == copied
    assert repr(plain) == repr(fresh(program)[0])


def test_referee_asks_the_plain_evaluator(program: Program) -> None:
    """`referee=True` gives the same outcome without the generated code."""
    inputs = Inputs(
        operation="create", payload={"name": "Kent"}, now=NOW, seed=1, actor={"agent": 1, "group": 2}
    )
    rules = program.compiled

    plain = decide(rules, "ct_oi/county", inputs, None, referee=True)

    assert [decide(rules, "ct_oi/county", inputs, None) for _ in range(4)] == [plain] * 4


def test_a_seed_that_is_given_twice(program: Program) -> None:
    """The random key that it makes is there already, which both leave to the store."""
    name = "goodstack/organisation"
    inputs = Inputs(operation="create", payload={"name": "Aid"}, now=NOW, seed=1, actor={"partnerId": "p"})
    keys = {key: one.key for key, one in program.compiled.resources.items()}
    first = decide_plainly(program.compiled, name, inputs, DictRecords({}, keys))
    tally = Tally()

    compare(program, Case(name, inputs, DictRecords({name: [dict(first.record or {})]}, keys)), tally)

    assert (tally.accepted, tally.quickly, tally.differences) == (1, 1, [])


@pytest.mark.parametrize(
    "agent", [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, True, 1.0, "3", None, []], ids=repr
)
def test_callers_have_identical_outcomes(program: Program, agent: object) -> None:
    """A part of the caller goes into the record only where it is of its declared type, and can be stored."""
    seed = next(one for one in SEEDS["ct_oi/case"] if isinstance(one.payload, dict))
    inputs = Inputs(
        operation="create", payload=seed.payload, now=NOW, seed=1, actor={"agent": agent, "group": 9}
    )
    keys = {key: one.key for key, one in program.compiled.resources.items()}
    tally = Tally()

    compare(program, Case("ct_oi/case", inputs, DictRecords(seed.records, keys)), tally)

    assert tally.differences == []


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_made_up_payloads_have_identical_outcomes(data: st.DataObject) -> None:
    """Any JSON in any field, alone or in place of a part of a good payload."""
    name = data.draw(st.sampled_from(PROGRAM.resources))
    resource = PROGRAM.compiled.resources[name]
    seed = data.draw(st.sampled_from(SEEDS[name]))
    changed = data.draw(st.dictionaries(st.sampled_from([*resource.fields, "other"]), JSON, max_size=4))
    payload = {**seed.payload, **changed} if isinstance(seed.payload, dict) else changed
    keys = {key: one.key for key, one in PROGRAM.compiled.resources.items()}
    inputs = Inputs(
        operation="create", payload=payload, now=NOW, seed=5, actor=seed.actor, request=seed.request
    )
    tally = Tally()

    compare(PROGRAM, Case(name, inputs, DictRecords(seed.records, keys)), tally)

    assert tally.differences == []


def test_a_set_is_no_list(program: Program) -> None:
    """Python has more than JSON: what the evaluator refuses is refused, whoever decides."""
    seeds = SEEDS["goodstack/eligibility_subscription"]
    seed = next(one for one in seeds if isinstance(one.payload, dict))
    for sent in ({"a"}, frozenset(), ("a",), ["a"]):
        payload = {**seed.payload, "suggestedActivitySubTags": sent}
        inputs = Inputs(operation="create", payload=payload, now=NOW, seed=1, actor=seed.actor)
        tally = Tally()
        compare(program, Case("goodstack/eligibility_subscription", inputs, None), tally)

        assert tally.differences == []
