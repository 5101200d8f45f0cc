"""What is declared of a caller: its parts are judged by generated code as by the plain evaluator."""

from __future__ import annotations

import pytest
from desks import load_desk
from payloads import NOW

from rulewright import Program
from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.deciding import decide_quickly
from rulewright_adapters.memory import MemoryStore

API = """
rulewright: 1
api: desk
auth:
  actor: {name: string, number: integer, rate: number, trusted: boolean, teams: list, home: object,
          notes: map}
"""
NOTE = """
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  text: {type: string, required: true}
  by: {type: string, compute: actor.name}
  number: {type: integer, compute: actor.number}
  trusted: {type: boolean, compute: actor.trusted}
checks:
  - {id: trusted_first, check: 'actor.trusted || actor.number < 10', message: strangers have low numbers}
"""
ACTOR = {
    "name": "Ann",
    "number": 7,
    "rate": 1.5,
    "trusted": True,
    "teams": ["a"],
    "home": {"town": "York"},
    "notes": {},
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Rules that read parts of the caller of every type that can be declared."""
    return load_desk(tmp_path_factory.mktemp("rules"), api=API, note=NOTE)


def inputs_of(part: dict[str, object]) -> Inputs:
    return Inputs(operation="create", payload={"text": "x"}, now=NOW, seed=1, actor={**ACTOR, **part})


@pytest.mark.parametrize("part", [{}, {"trusted": False}, {"rate": 2}, {"number": -(2**63)}], ids=repr)
def test_a_caller_as_declared_is_decided_quickly(desk: Program, part: dict[str, object]) -> None:
    """Whatever the types of its parts."""
    rules, store = desk.compiled, MemoryStore({}, desk.tables)
    plain = decide_plainly(rules, "desk/note", inputs_of(part), store)

    assert plain.accepted
    assert decide_quickly(rules, "desk/note", inputs_of(part), store) == plain


@pytest.mark.parametrize("name", ACTOR)
@pytest.mark.parametrize("value", [None, True, 1, 1.5, "1", [], {}, 2**63], ids=repr)
def test_other_callers_are_decided_alike(desk: Program, name: str, value: object) -> None:
    """A part may be missing, or of another type than was declared."""
    rules, store, inputs = desk.compiled, MemoryStore({}, desk.tables), inputs_of({name: value})

    assert decide_quickly(rules, "desk/note", inputs, store) in (
        None,
        decide_plainly(rules, "desk/note", inputs, store),
    )
