"""Creates without a store: what has to be looked up is undecided, in the plain evaluator's words."""

from __future__ import annotations

from typing import Any

import pytest
from agreement import Tally, agree, compare
from desks import CUSTOMER, load_desk
from payloads import NOW, Case

from rulewright import Program
from rulewright.evaluation import Inputs
from rulewright.hotpath.deciding import decide_quickly
from rulewright.outcome import Outcome

JOB = """
rulewright: 1
resource: desk/job
key: id
lookups:
  same: {count: desk/job, by: {name: record.name}}
  open_jobs: {find_all: desk/job, by: {name: record.alias}}
  owner: {find: desk/customer, by: {code: record.owner}, if_missing: reject}
  numbered: {max: desk/job, of: place, by: {kind: record.kind}}
fields:
  id: {type: integer, readonly: ignore, generate: {sequence: {}}}
  name: {type: string}
  alias: {type: string}
  owner: {type: string}
  kind: {type: string}
  customer: {type: string, references: {resource: desk/customer, by: code, as: customer}}
  partners: {type: list, items: {type: string}, references: {resource: desk/customer, by: code}}
  amount:
    type: integer
    checks:
      - {id: within_limit, check: '!given(customer.limit) || value <= customer.limit'}
      - {id: once, check: 'value > 5 || same == 0', severity: warning}
  note:
    type: string
    required_if: "given(record.name) && same > 0"
  extra:
    type: object
    forbidden_if: "given(record.alias)"
    fields:
      size: {type: integer}
      colour: {type: string, required_if: "given(record.name) && same > 0"}
  box:
    type: object
    forbidden_if: "given(record.name) && same > 0"
    fields:
      lid: {type: integer, forbidden_if: "given(record.name) && same > 1"}
  place: {type: integer, readonly: ignore, compute: "given(numbered) ? numbered + 1 : 1"}
  label: {type: string, default_from: "given(owner) ? owner.code : null"}
  taken: {type: boolean, compute: "size(open_jobs) > 0 || given(record.note)"}
checks:
  - {id: few, check: "size(open_jobs) < 3 || given(record.note)"}
  - {id: some, check: "given(record.note) || same < 3", path: /note}
  - {id: placed, check: "record.place != 7 && record.kind != 'z'"}
infer:
  - id: likeness
    facts: {one: $record, other: open_jobs}
    when: one.name == other.name
    problem: {message: there is one like it}
invariants:
  - {id: one, check: "!given(record.kind) || same == 1"}
"""
LIKE = {"name": "Ann", "alias": "x", "owner": "o", "kind": "k", "customer": "c", "partners": ["p"]}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Rules that look things up at every stage."""
    return load_desk(tmp_path_factory.mktemp("rules"), customer=CUSTOMER, job=JOB)


def outcome_of(desk: Program, payload: dict[str, Any]) -> Outcome:
    """What is decided quickly; it is what the plain evaluator decides."""
    case = Case("desk/job", Inputs(operation="create", payload=payload, now=NOW, seed=1), None)
    tally = Tally()
    compare(desk, case, tally)

    assert tally.differences == []
    outcome = decide_quickly(desk.compiled, case.resource, case.inputs, None)
    assert outcome is not None
    return outcome


@pytest.mark.parametrize(
    ("payload", "verdict", "told"),
    [
        ({}, "accepted", []),
        ({"alias": "x", "note": "n"}, "undecided", ["likeness"]),
        ({"owner": "o"}, "undecided", ["owner"]),
        ({"kind": "k"}, "undecided", ["placed", "place"]),
        ({"kind": "z"}, "rejected", ["placed", "place"]),
        ({"partners": []}, "accepted", []),
        ({"partners": ["p"]}, "undecided", ["partners"]),
        ({"customer": "c", "amount": 5}, "undecided", ["customer"]),
        ({"name": "Ann"}, "undecided", ["note"]),
        ({"name": "Ann", "note": "n"}, "accepted", []),
        ({"name": "Ann", "note": "n", "amount": 5}, "undecided", ["amount"]),
        ({"name": "Ann", "note": "n", "amount": 6}, "accepted", []),
        ({"name": "Ann", "note": "n", "box": {"lid": 1}}, "undecided", ["box"]),
        ({"name": 5, "kind": "k"}, "rejected", ["name", "placed", "place"]),
        ({"alias": "x", "extra": {"weight": 1}}, "rejected", ["extra", "few", "taken"]),
    ],
    ids=repr,
)
def test_what_is_undecided(payload: dict[str, Any], verdict: str, told: list[str], desk: Program) -> None:
    """Each rule that would have to look something up says so, if nothing else decides it."""
    outcome = outcome_of(desk, payload)

    assert outcome.verdict == verdict
    rules = [problem.rule.removeprefix("desk/job.").split(".", 1)[0] for problem in outcome.problems]
    assert list(dict.fromkeys(rules)) == told


@pytest.mark.parametrize("name", sorted(LIKE))
def test_any_of_some_fields(name: str, desk: Program) -> None:
    """Whatever else is given or wrong, both say the same; not all of it is told quickly."""
    tally = Tally()
    for value in (LIKE[name], 5, None, [], "", {"a": 1}):
        for kept in range(1 << 4):
            others = [one for bit, one in enumerate(one for one in LIKE if one != name) if kept >> bit & 1]
            payload = {name: value, **{one: LIKE[one] for one in others}, "extra": {"size": kept % 3 or "x"}}
            inputs = Inputs(operation="create", payload=payload, now=NOW, seed=1)
            compare(desk, Case("desk/job", inputs, None), tally)

    assert tally.differences == []
    assert tally.refused_quickly > 0


@pytest.mark.parametrize(
    "resource", ["ct_oi/case", "goodstack/eligibility_subscription", "plannr/case", "rubixx/engagement"]
)
def test_shipped_rules(program: Program, resource: str) -> None:
    """Generated payloads of the four APIs: undecided or refused on both paths, most of them quickly."""
    tally = agree(program, resource, 150, seed=5, has_store=False)

    assert tally.differences == []
    assert tally.refused_quickly > tally.refused / 2
