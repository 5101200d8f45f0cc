"""What `infer` means in a rule file: facts, findings, values that are set, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rulewright import Outcome, Program, load
from rulewright.checks import load_rules
from rulewright.evaluation import Judged
from rulewright.explanation import explain
from rulewright.report.explanation import explanation_data, explanation_lines
from rulewright_adapters.memory import MemoryStore

HERE = Path(__file__).parent
CARD = "4000-1234-5678"

LINES = [
    {"id": 1, "order": 5, "sku": "pen", "amount": 3, "card": CARD},
    {"id": 2, "order": 5, "sku": "ink", "amount": 1, "card": "5000"},
    {"id": 3, "order": 6, "sku": "pen", "amount": 9},
]


@pytest.fixture
def program(chosen: str) -> Program:
    return load(HERE / "rules")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore({"shop/line": LINES, "shop/product": [{"sku": "pen", "most": 5}]})


def decide(program: Program, store: MemoryStore | None, **payload: Any) -> Outcome:
    return program.evaluate("shop/line", payload, store=store, as_of="2025-01-01T00:00:00Z")


def told(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    return [(one.rule.partition(".")[2], one.code, one.severity, one.path) for one in outcome.problems]


def test_a_finding_refuses(program: Program, store: MemoryStore) -> None:
    """A record and what was inferred from others are joined; severity error is the default."""
    outcome = decide(program, store, order=5, sku="pen", amount=4)

    assert outcome.verdict == "rejected"
    assert told(outcome) == [("too_many", "check", "error", "/amount")]


def test_a_message_is_text_with_values_in_it(program: Program, store: MemoryStore) -> None:
    """Only entries of `with` are put in, and what comes from a sensitive field is masked."""
    outcome = decide(program, store, order=5, sku="pen", amount=4, card="6000-9")

    assert outcome.problems[0].message == "with line 1 that are 7, and 5 at most (card ***)"


def test_a_finding_tells_its_facts(program: Program, store: MemoryStore) -> None:
    """Which record, or which values and the rules that inferred them."""
    because = decide(program, store, order=5, sku="pen", amount=4).problems[0].because

    assert because is not None
    assert because.expression == "twice.amount > of.most"
    assert because.values["twice.amount"] == 7
    assert because.extra["facts"] == {
        "twice": {
            "kind": "again",
            "values": {"line": 1, "amount": 7, "card": None},
            "rules": ["shop/line.again"],
        },
        "of": {"source": "product", "resource": "shop/product", "key": "pen"},
    }


def test_the_vendors_error_stands_beside_a_finding(program: Program, store: MemoryStore) -> None:
    """As beside a check."""
    vendor = decide(program, store, order=5, sku="pen", amount=4).problems[0].vendor

    assert vendor is not None
    assert vendor.code == "shop/too_many"


def test_values_are_set_by_the_effects(program: Program, store: MemoryStore) -> None:
    """What a rule sets is in the record and in the change, and nothing was written."""
    outcome = decide(program, store, order=5, sku="ink")

    assert outcome.accepted
    assert outcome.record is not None
    assert outcome.record["note"] == "again"
    assert outcome.changes[0].set["note"] == "again"
    assert len(store.find("shop/line", {})) == 3


def test_nothing_to_join_tells_nothing(program: Program, store: MemoryStore) -> None:
    """Another order, another product."""
    outcome = decide(program, store, order=6, sku="ink", card="7000")

    assert outcome.accepted
    assert outcome.problems == ()
    assert outcome.record is not None
    assert outcome.record["note"] is None


def test_a_payload_with_a_problem_is_not_reasoned_about(program: Program, store: MemoryStore) -> None:
    """As effects, the rules are for what would be accepted."""
    outcome = decide(program, store, order=5, sku="pen", amount="4")

    assert told(outcome) == [("amount.type", "type", "error", "/amount")]


def test_null_joins_null_and_nothing_else(program: Program, store: MemoryStore) -> None:
    """`==` means what it means in every other expression."""
    assert told(decide(program, store, order=6, sku="cap")) == [("same_card", "check", "warning", "/card")]
    assert told(decide(program, store, order=6, sku="cap", card="7000")) == []


def test_without_a_store_the_rules_are_undecided(program: Program) -> None:
    """Each rule that needs the look-up says so."""
    outcome = decide(program, None, order=5)

    assert outcome.verdict == "undecided"
    assert told(outcome) == [
        ("again", "undecided", "warning", ""),
        ("same_card", "undecided", "warning", ""),
    ]


def test_a_condition_that_fails_is_undecided(program: Program) -> None:
    """It is told once, with what it read; nothing is taken for false."""
    line = {"order": 5, "sku": "pen"}
    lines = [{"id": 1, "amount": 3, **line}, {"id": 2, "amount": 4, **line}]
    store = MemoryStore({"shop/line": lines, "shop/product": [{"sku": "pen"}]})

    outcome = decide(program, store, order=5, sku="pen", card="8")

    assert outcome.verdict == "undecided"
    assert told(outcome) == [("too_many", "undecided", "warning", "")]
    assert outcome.problems[0].because is not None
    assert outcome.problems[0].because.values == {"twice.amount": 4, "of.most": None}


def test_facts_lead_to_facts(program: Program, store: MemoryStore) -> None:
    """A chain of four facts from one."""
    assert told(decide(program, store, order=99)) == [("arrived", "check", "info", "")]
    assert told(decide(program, store, order=99, limit=2)) == []


def test_a_chain_without_end_is_refused(program: Program, store: MemoryStore) -> None:
    """The problem names the rules that go in a circle; nothing that was found on the way is told."""
    outcome = decide(program, store, order=99, limit=1_000_000)

    assert outcome.verdict == "rejected"
    assert told(outcome) == [("next", "limit", "error", "")]
    assert outcome.problems[0].message == (
        "infer does not come to an end: after 1000 inferred facts there are still new ones,"
        " by a rule that feeds itself: next"
    )
    assert outcome.problems[0].because is not None
    assert outcome.problems[0].because.extra == {"rules": ["shop/line.next"]}


LOOP = """
rulewright: 1
resource: shop/loop
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
infer:
  - {id: begin, facts: {own: $record}, assert: {here: {n: 1}}}
  - {id: over, facts: {h: here}, assert: {there: {n: h.n + 1}}}
  - {id: back, facts: {t: there}, assert: {here: {n: t.n}}}
  - {id: told, facts: {h: here}, problem: {severity: info, message: here}}
"""


def test_rules_that_feed_each_other_are_named_together(chosen: str, tmp_path: Path) -> None:
    """Such a file can be loaded, with a warning; what happens in it ends."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "api.yaml").write_text("api: shop")
    (tmp_path / "shop" / "loop.yaml").write_text(LOOP)

    warnings = load_rules(tmp_path).warnings
    outcome = load(tmp_path).evaluate("shop/loop", {}, store=MemoryStore())

    assert [one.code for one in warnings] == ["endless-inference"]
    assert told(outcome) == [("over", "limit", "error", "")]
    assert outcome.problems[0].message.endswith("by rules that feed each other: over, back")


def test_an_update_is_told_what_it_changes(program: Program) -> None:
    """What was stored is not found fault with again; what is new is, however far it leads."""
    twice = {"id": 4, "order": 5, "sku": "pen", "amount": 4, "card": "5000"}
    store = MemoryStore({"shop/line": [LINES[0], twice], "shop/product": [{"sku": "pen", "most": 5}]})

    def update(**payload: Any) -> list[str]:
        outcome = program.evaluate("shop/line", payload, store=store, operation="update", key=1)
        return [one[0] for one in told(outcome)]

    assert update(day="2025-01-01") == []
    assert update(amount=2) == ["too_many"]
    assert update(card="5000") == ["too_many", "same_card"]
    assert update(sku="ink", card="5000") == ["same_card"]


def test_both_paths_say_the_same(program: Program, store: MemoryStore) -> None:
    """The generated program leaves to the evaluator what a rule may have something to say about."""
    payloads: list[Mapping[str, Any]] = [
        {"order": order, "sku": sku, "card": card, "amount": amount}
        for order in (5, 6, 7, 99)
        for sku in ("pen", "ink", "cap")
        for card in (CARD, "x")
        for amount in (1, 4, "4")
    ]

    for payload in payloads * 2:
        quick = program.evaluate("shop/line", payload, store=store, as_of="2025-01-01T00:00:00Z", seed=1)
        plain = program.evaluate(
            "shop/line", payload, store=store, as_of="2025-01-01T00:00:00Z", seed=1, referee=True
        )
        assert quick == plain


def test_explain_tells_who_fired_on_what(program: Program, store: MemoryStore) -> None:
    """Rule by rule: on which facts, what was made; or why not."""
    inputs = program.inputs({"order": 5, "sku": "pen", "amount": 4, "card": CARD})

    explanation = explain(program, "shop/line", inputs, store, fixes=False)
    found = {node.condition.rule.partition(".")[2]: node for node in explanation.inferences}
    text = "\n".join(explanation_lines(explanation, "x"))

    assert found["too_many"].condition.status == "failed"
    assert [dict(one.facts) for one in found["again"].firings] == [
        {"own": {"source": "$record"}, "other": {"source": "lines", "resource": "shop/line", "key": 1}}
    ]
    assert found["again"].firings[0].made == (
        {"kind": "again", "values": {"line": 1, "amount": 7, "card": "***"}, "rules": ["shop/line.again"]},
    )
    assert found["first"].condition.why == "its facts do not meet the condition"
    assert found["next"].condition.why == "there are no such facts"
    assert 'own = $record, other = shop/line 1 => again {"line": 1, "amount": 7, "card": "***"}' in text
    assert CARD not in text + json.dumps(explanation_data(explanation, "x")["inference"])


def reasons(program: Program, store: MemoryStore | None, **payload: Any) -> set[str | None]:
    """Why the rules of `infer` that did not fire did not, by `explain`."""
    explanation = explain(program, "shop/line", program.inputs(payload), store, fixes=False)
    return {node.condition.why for node in explanation.inferences}


def test_explain_says_that_a_refused_payload_is_not_reasoned_about(
    program: Program, store: MemoryStore
) -> None:
    """Not that the rules are for other operations."""
    assert reasons(program, store, order=5, sku="pen", amount="4") == {
        "not reached: the payload is refused for other reasons"
    }


def test_explain_says_that_what_takes_too_much_is_given_up(program: Program, store: MemoryStore) -> None:
    """The rule that leads nowhere tells its problem; the others were given up with it."""
    why = reasons(program, store, order=99, limit=1_000_000)

    assert len(why) == 2
    assert "given up: the rules take too much" in why


def test_a_tracer_is_told_of_every_condition(program: Program, store: MemoryStore) -> None:
    """Also of what a join never finds: coverage counts both outcomes. Secrets stay hidden."""
    judged: list[Judged] = []

    program.evaluate("shop/line", {"order": 5, "sku": "pen", "card": CARD}, store=store, tracer=judged.append)

    seen = {(one.rule.partition(".")[2], one.result) for one in judged}
    assert {("again", "true"), ("again", "false"), ("too_many", "false"), ("first", "false")} <= seen
    assert ("same_card", "true") in seen
    assert CARD not in repr(judged)
