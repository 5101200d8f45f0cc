"""What a run promises beyond the reports: fresh stores, no crash, the same decision twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from rulewright import Program
from rulewright.errors import AdapterError
from rulewright.scenarios import ABSENT, Result, Runner, read_scenarios
from rulewright_adapters.memory import MemoryStore

HEAD = "resource: shop/customer\nactor: {clerk: kim}\nas_of: 2025-01-15T00:00:00Z\nscenarios:\n"


def run(program: Program, *scenarios: str) -> list[Result]:
    text = HEAD + "".join(f"  - {scenario}\n" for scenario in scenarios)
    file = read_scenarios(text, "x.test.yaml", program.compiled)
    assert not file.problems
    return list(Runner(program, MemoryStore).run_all(file.scenarios))


def test_no_scenario_sees_what_another_one_wrote(shop: Program) -> None:
    """Each runs on a store of its own that holds what is given."""
    once = "payload: {name: Ann}, expect: {verdict: accepted, store: {shop/customer: {count: 1}}}"

    assert all(result.passed for result in run(shop, f"{{name: a, {once}}}", f"{{name: b, {once}}}"))


def test_given_of_a_scenario_replaces_the_files_for_named_resources(shop: Program) -> None:
    """The other resources keep what the file gives."""
    text = (
        "resource: shop/customer\nactor: {clerk: kim}\n"
        "given: {shop/customer: [{id: 1, name: Ann}], shop/order: [{id: 5}]}\n"
        "scenarios: [{name: a, given: {shop/customer: []}, payload: {name: Bob}, expect: {verdict: accepted, "
        "record: {id: 1}, store: {shop/order: {where: {id: 5, total: null}, count: 1}}}}]\n"
    )
    file = read_scenarios(text, "x.test.yaml", shop.compiled)

    assert Runner(shop, MemoryStore).run(file.scenarios[0]).mismatches == ()


def test_scenarios_of_one_name_are_all_run(shop: Program) -> None:
    """The contract names no such mistake; a warning says that they can't be told apart."""
    sent = "payload: {name: Ann}, expect: {verdict: accepted}"
    text = f"{HEAD}  - {{name: 10, {sent}}}\n  - {{name: 10, {sent}}}\n"
    file = read_scenarios(text, "x.test.yaml", shop.compiled)

    assert [problem.severity for problem in file.problems] == ["warning"]
    assert [result.name for result in Runner(shop, MemoryStore).run_all(file.scenarios)] == ["10", "10"]


def test_a_later_bind_stands_for_its_own_outcome(shop: Program) -> None:
    """From there on."""
    sent = "payload: {name: Ann}, expect: {verdict: accepted}"
    last = "update: {name: Bob}, key: $a.record.id, expect: {verdict: accepted, record: {id: 2}}"
    text = f"{HEAD}  - {{name: x, steps: [{{bind: a, {sent}}}, {{bind: a, {sent}}}, {{{last}}}]}}\n"
    file = read_scenarios(text, "x.test.yaml", shop.compiled)

    assert Runner(shop, MemoryStore).run(file.scenarios[0]).mismatches == ()


class BreakingStore(MemoryStore):
    """A store whose look-ups fail as no port allows."""

    def find(self, resource: str, where: Mapping[str, object], limit: int | None = None) -> Sequence[object]:
        raise ZeroDivisionError("disk on fire")


class RefusingStore(MemoryStore):
    """A store that can't do its part."""

    def find(self, resource: str, where: Mapping[str, object], limit: int | None = None) -> Sequence[object]:
        raise AdapterError("the disk is full")


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (BreakingStore, "the engine broke: ZeroDivisionError: disk on fire"),
        (RefusingStore, "the disk is full"),
    ],
)
def test_a_breakdown_fails_its_scenario_only(shop: Program, store: type[MemoryStore], said: str) -> None:
    """The run goes on; what happened is told."""
    expect = "{verdict: accepted, store: {shop/customer: {count: 1}}}"
    text = f"{HEAD}  - {{name: a, payload: {{name: Ann}}, expect: {expect}}}\n"
    file = read_scenarios(text, "x.test.yaml", shop.compiled)
    [mismatch] = Runner(shop, store).run(file.scenarios[0]).mismatches

    assert (mismatch.note, mismatch.expected) == (said, ABSENT)


def test_settings_do_not_leak_into_the_next_scenario(shop: Program) -> None:
    """Programs are compiled once for each set of settings, and the plain one stays as it was."""
    given = "resource: shop/order, given: {shop/customer: [{id: 1, name: Ann, orders: 0}]}"
    order = f"{given}, payload: {{customer: 1, total: 0}}"
    results = run(
        shop,
        f"{{name: a, settings: {{gifts: true}}, {order}, expect: {{verdict: accepted}}}}",
        f"{{name: b, {order}, expect: {{verdict: rejected}}}}",
        f"{{name: c, settings: {{gifts: true}}, {order}, expect: {{verdict: accepted}}}}",
    )

    assert [result.mismatches for result in results] == [(), (), ()]


def test_without_as_of_the_clock_stands_still_for_a_step(shop: Program) -> None:
    """Decided twice, by evaluate and by apply, a step must come to the same."""
    text = "resource: shop/customer\nactor: {clerk: kim}\nscenarios:\n"
    text += "  - {name: a, payload: {name: Ann}, expect: {verdict: accepted}}\n"
    file = read_scenarios(text, "x.test.yaml", shop.compiled)

    assert Runner(shop, MemoryStore).run(file.scenarios[0]).passed
