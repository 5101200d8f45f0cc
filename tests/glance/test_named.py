"""Which record a field refers to does not count where rules read nothing of it that others lack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from at_a_glance import is_clean, is_sure

from rulewright import Program, load
from rulewright.evaluation import Request
from rulewright.glance.mentions import find_mentions
from rulewright.glance.reads import Role
from rulewright.glance.verdicts import Verdicts, make_verdicts
from rulewright_adapters.memory import MemoryStore

PERSON = """
rulewright: 1
resource: shop/person
key: id
fields:
  id: {type: integer, generate: sequence}
  code: {type: string, unique: UNIQUE}
  name: {type: string, nullable: true}
  level: {type: integer, nullable: true}
  boss: {type: integer, nullable: true}
  tags: {type: list, nullable: true, items: {type: string}}
  address:
    type: object
    nullable: true
    fields: {line: {type: string, nullable: true}, zip: {type: string, nullable: true}}
"""
ORDER = """
rulewright: 1
resource: shop/order
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  who: {WHO}
  other: {type: integer, nullable: true OTHER}
  n: {type: integer}
  note: {type: string, nullable: true NOTE}
  place: {type: string, nullable: true PLACE}
  home:
    type: object
    nullable: true HOME
    fields: {line: {type: string, nullable: true}, zip: {type: string, nullable: true}}
"""
WHO = "type: integer, references: {resource: shop/person, as: person}"
# The first order names person 1, and is accepted; the second is the same of person 2.
FIRST: Mapping[str, Any] = {
    "id": 1,
    "code": "a",
    "name": "Ann",
    "level": 1,
    "boss": 3,
    "tags": ["a"],
    "address": {"line": "x", "zip": None},
}
SECOND: Mapping[str, Any] = {
    **FIRST,
    "id": 2,
    "code": "b",
    "name": "Bob",
    "address": {"line": "y", "zip": None},
}
OTHERS = [{**FIRST, "id": 3, "code": "c"}, {**FIRST, "id": 4, "code": "d", "level": 2}]


class Shop:
    """Orders of some persons, judged at a glance and in full."""

    def __init__(self, folder: Path, more: str, **words: str) -> None:
        """`more` is added to the rules of orders; `words` stand for what is written there in capitals."""
        words = {"WHO": WHO, "OTHER": "", "NOTE": "", "PLACE": "", "HOME": "", "UNIQUE": "false"} | words
        files = {"person": PERSON, "order": ORDER + more}
        for word, written in words.items():
            files = {name: text.replace(word, written) for name, text in files.items()}
        (folder / "shop").mkdir()
        for name, text in files.items():
            (folder / "shop" / f"{name}.yaml").write_text(text)
        self.program: Program = load(folder, audit=False)
        self.resource = self.program.compiled.resources["shop/order"]

    def glance(self, second: Mapping[str, Any]) -> tuple[Verdicts, MemoryStore]:
        """A function that learnt nothing, and the records that it looks at."""
        persons = [dict(one) for one in (FIRST, second, *OTHERS)]
        records = MemoryStore({"shop/person": persons}, self.program.tables)
        verdicts = make_verdicts(self.program.compiled, self.resource, Request(), records)
        assert verdicts is not None
        return verdicts, records

    def is_clean(self, payload: Mapping[str, Any], records: MemoryStore) -> bool:
        """Whether the plain evaluator accepts, and has nothing to say."""
        return is_clean(self.program, "shop/order", payload, records)

    def is_sure(self, sent: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[bool, bool]:
        """Whether the second order is sure after the first was learnt, and whether it is accepted in full."""
        verdicts, records = self.glance(second)
        first = {"who": 1, **sent}
        assert self.is_clean(first, records)
        verdicts.learn(json.dumps(first).encode())
        assert is_sure(verdicts, first)
        then = {**first, "who": 2}
        return is_sure(verdicts, then), self.is_clean(then, records)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", {}),
        ("checks: [{id: c, check: given(person.address)}]", {}),
        ("checks: [{id: c, check: person.level == 1}]", {}),
        ("", {"NOTE": ", required_if: '!given(person.address)'"}),
        ("", {"HOME": "\n    default_from: person.address"}),
        ("", {"PLACE": ", default_from: person.name"}),
        ("effects: [{id: e, update: person, set: {name: payload.note}}]", {}),
        ("response: {body: {name: person.name, tags: person.tags}}", {}),
        ("response: {body: \"pick(person, ['name', 'address'])\"}", {}),
        ("response: {body: record}", {}),
        ("response: {body: {all: record, some: \"pick(record, ['who', 'home'])\"}}", {}),
        ("response: {body: {home: record.home.line}}", {"HOME": "\n    default_from: person.address"}),
    ],
)
def test_another_person_is_as_good(tmp_path: Path, more: str, words: dict[str, str]) -> None:
    """What they hold differs only where no rule looks, or no more than at its class."""
    assert Shop(tmp_path, more, **words).is_sure({}, SECOND) == (True, True)


HOME = {"HOME": "\n    default_from: person.address"}
PLACE = {"PLACE": ", default_from: person.name"}
UPDATE = "effects: [{id: e, update: person, set: {level: 2}}]\n"
THIRD = "lookups: {third: {find: shop/person, by: {id: payload.n}}}\n"
OTHER = {"OTHER": ", references: {resource: shop/person, as: second}"}
UNIQUE = {"UNIQUE": "true"}
SECOND_IS_LOW = "invariants: [{id: i, check: second.level == 1}]"


@pytest.mark.parametrize(
    ("more", "words", "sent", "held"),
    [
        ("checks: [{id: c, check: person.level == 1}]", {}, {}, {"level": 2}),
        ("checks: [{id: c, check: person.level == 1}]", {}, {}, {"level": "1"}),
        ("checks: [{id: c, check: given(person.address)}]", {}, {}, {"address": None}),
        ("checks: [{id: c, check: \"person.address.line == 'x'\"}]", {}, {}, {}),
        ("", {"NOTE": ", required_if: '!given(person.name)'"}, {}, {"name": None}),
        # What is taken over, and looked at then; or does not fit.
        ("checks: [{id: c, check: \"record.place == 'Ann'\"}]", PLACE, {}, {}),
        ("", PLACE, {}, {"name": 5}),
        ("", PLACE, {}, {"name": "\0"}),
        ("", {"OTHER": ", default_from: person.level"}, {}, {"level": 2**63}),
        ("", HOME, {}, {"address": {"line": 5, "zip": None}}),
        # What a response works out.
        ("response: {body: {size: size(person.name)}}", {}, {}, {"name": None}),
        ("response: {body: {first: 'person.tags[0]'}}", {}, {}, {"tags": []}),
        # What effects write to the record is met under another name, or must be unlike what others hold.
        (UPDATE + SECOND_IS_LOW, OTHER, {"other": 2}, {}),
        (UPDATE + THIRD + SECOND_IS_LOW.replace("second", "third"), {}, {"n": 2}, {}),
        ("effects: [{id: e, update: person, set: {code: payload.note}}]", UNIQUE, {"note": "a"}, {}),
        # Who is named is looked at.
        ("checks: [{id: c, check: payload.who == 1}]", {}, {}, {}),
        ("checks: [{id: c, check: person.id == 1}]", {}, {}, {}),
        ("", {"WHO": WHO.replace("as: person", "as: person, where: {level: 1}")}, {}, {"level": 2}),
        ("", {"WHO": WHO + ", checks: [{id: w, check: value == 1}]"}, {}, {}),
    ],
)
def test_another_person_is_not_as_good(
    tmp_path: Path, more: str, words: dict[str, str], sent: dict[str, Any], held: dict[str, Any]
) -> None:
    """Rules come to something else there, and the glance isn't sure."""
    assert Shop(tmp_path, more, **words).is_sure(sent, {**SECOND, **held}) == (False, False)


def test_who_is_not_there_is_not_sure(tmp_path: Path) -> None:
    """Nor is what was not sent, or null, before that was accepted."""
    shop = Shop(tmp_path, "")
    verdicts, _ = shop.glance(SECOND)
    verdicts.learn(b'{"who": 1}')

    assert is_sure(verdicts, {"who": 4})
    assert not any(is_sure(verdicts, one) for one in ({"who": 99}, {"who": None}, {}, {"who": "1"}))


def test_blank_texts_name_nobody(tmp_path: Path) -> None:
    """They count as what was not sent."""
    by_code = "type: string, blank: absent, references: {resource: shop/person, by: code, as: person}"
    shop = Shop(tmp_path, "checks: [{id: c, check: given(payload.who)}]", WHO=by_code)
    verdicts, records = shop.glance(SECOND)
    verdicts.learn(b'{"who": "a"}')

    assert is_sure(verdicts, {"who": "b"})
    assert not is_sure(verdicts, {"who": " "})
    assert not shop.is_clean({"who": " "}, records)


def test_records_that_change_are_looked_at_anew(tmp_path: Path) -> None:
    """After they are forgotten, as others may write to them."""
    shop = Shop(tmp_path, "checks: [{id: c, check: person.level == 1}]")
    verdicts, records = shop.glance(SECOND)
    verdicts.learn(b'{"who": 1}')
    assert is_sure(verdicts, {"who": 2})
    with records.transaction() as transaction:
        transaction.update("shop/person", 2, {"level": 2})
    verdicts.forget()
    verdicts.learn(b'{"who": 1}')

    assert not is_sure(verdicts, {"who": 2})


def test_what_counts_of_an_engagements_person() -> None:
    """Whether there is an address; the rest is shown, or kept."""
    program = load(audit=False)
    found = find_mentions(program.compiled, program.compiled.resources["rubixx/engagement"])

    assert {name for name, role in found.roles.items() if role is Role.VALUE} == set()
    assert found.named["referredPersonReference"] == {
        "address": Role.PRESENCE,
        "occupancyReference": Role.PRESENCE,
        "name": Role.PLAIN,
        "reference": Role.PLAIN,
    }
