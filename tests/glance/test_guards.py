"""A line of which `infer` may have something to tell is not sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from at_a_glance import is_sure

from rulewright import Program, load
from rulewright.evaluation import Request
from rulewright.glance import guards
from rulewright.glance.verdicts import Verdicts, make_verdicts
from rulewright.ports import StoredRecord
from rulewright_adapters.memory import MemoryStore

MEMBER = """
rulewright: 1
resource: club/member
key: id
lookups:
  namesakes: {find_all: club/member, by: {name: record.name, born: record.born}}
  same_card: {find_all: club/member, by: {card: record.card}}
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  name: {type: string, nullable: true}
  born: {type: date, nullable: true}
  card: {type: integer}
infer:
  - id: known_name
    facts: {own: $record, other: namesakes}
    when: own.id != other.id
    problem: {severity: warning, message: somebody has this name, path: /name}
  - id: known_card
    facts: {own: $record, other: same_card}
    when: own.id != other.id
    problem: {severity: warning, message: somebody has this card, path: /card}
"""
ANN: Mapping[str, Any] = {"name": "Ann", "born": "1990-05-05", "card": 1}


@pytest.fixture(params=["kept in mind", "looked up"])
def club(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Few members, or more than are kept in mind."""
    if request.param == "looked up":
        monkeypatch.setattr(guards, "REMEMBERED", 0)
    (tmp_path / "club").mkdir()
    (tmp_path / "club" / "member.yaml").write_text(MEMBER)
    return load(tmp_path, audit=False)


def glance(program: Program, find: Any = None) -> Verdicts:
    """A function that learnt of somebody who is not known."""
    records = MemoryStore({"club/member": [{"id": 1, **ANN}]}, program.tables)
    resource = program.compiled.resources["club/member"]
    verdicts = make_verdicts(program.compiled, resource, Request(), records, find)
    assert verdicts is not None
    verdicts.learn(b'{"name": "Bob", "born": "1990-05-05", "card": 9}')
    return verdicts


@pytest.mark.parametrize(
    ("sent", "sure"),
    [
        ({}, True),
        ({"name": "Ann"}, True),
        ({"name": None, "born": "1990-05-05"}, True),
        ({"name": "Ann", "born": "1990-05-06"}, True),
        ({"name": "Bob", "born": "1990-05-05", "card": 2}, True),
        ({"name": "Ann", "born": "1990-05-05"}, False),
        ({"card": 1}, False),
        (ANN, False),
    ],
)
def test_what_somebody_has_is_not_sure(club: Program, sent: Mapping[str, Any], sure: bool) -> None:
    """All that is compared has to be the same; what was not sent, or is null, is not compared."""
    assert is_sure(glance(club), sent) == sure


def test_what_is_not_known_is_not_sure(club: Program) -> None:
    """A store is not asked for one line after the other."""

    def unknown(resource: str, where: Mapping[str, object]) -> Sequence[StoredRecord]:
        raise LookupError(resource)

    verdicts = glance(club, unknown)

    assert is_sure(verdicts, {"card": 2}) != verdicts.looks_up
    assert is_sure(verdicts, {"name": "Bob"})
