"""Rule files with secrets of every type, and all that is told of a decision on them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rulewright import Program, load, outcome_json
from rulewright.evaluation import mask_outcome
from rulewright.explanation import explain
from rulewright.history import DECISIONS
from rulewright.ports import Store
from rulewright.report.explanation import explanation_data, explanation_lines
from rulewright_adapters.memory import MemoryStore

AS_OF: Final = "2025-01-01T00:00:00Z"
API: Final = """
rulewright: 1
api: vault
errors: {dialect: rfc9457}
targets: {hook: {url: 'https://example.org/hook'}}
"""
SECRETS: Final = """
  pin: {type: string, sensitive: true}
  level: {type: integer, sensitive: true}
  rate: {type: number, sensitive: true}
  born: {type: date, sensitive: true}
  box: {type: object, sensitive: true, fields: {code: {type: string}}}
  crate:
    type: object
    fields:
      name: {type: string}
      code: {type: string, sensitive: true}
      deep: {type: object, fields: {code: {type: string, sensitive: true}}}
  cards:
    type: list
    items: {type: object, fields: {name: {type: string}, num: {type: string, sensitive: true}}}
  tags: {type: list, items: {type: string, sensitive: true}}
  slots:
    type: map
    items: {type: object, fields: {name: {type: string}, code: {type: string, sensitive: true}}}
  keys: {type: map, items: {type: string, sensitive: true}}
  loose: {type: any, sensitive: true}
"""
PERSON: Final = f"""
rulewright: 1
resource: vault/person
key: id
fields:
  id: {{type: integer}}
  name: {{type: string}}
  note: {{type: string}}
  other: {{type: string}}
{SECRETS}
"""
CASE: Final = f"""
rulewright: 1
resource: vault/case
key: id
operations:
  create: {{method: POST, path: /cases, status: 201}}
  update: {{method: PATCH, path: '/cases/{{id}}', status: 200}}
lookups:
  person: {{find: vault/person, by: {{id: payload.person}}}}
  people: {{find_all: vault/person, by: {{name: payload.name}}}}
%(lookups)s
fields:
  id: {{type: integer, readonly: ignore, generate: sequence}}
  person: {{type: integer}}
  name: {{type: string}}
  ref: {{type: integer, references: {{resource: vault/person, as: refd}}}}
{SECRETS}
%(fields)s
%(rest)s
"""
# In whatever way it was changed: upper case, lower case, as part of a longer text; and of no time of day.
SECRET: Final = re.compile(
    "[AB](PIN|BOX|CRATE|DEEP|CARD|TAG|SLOT|KEY|LOOSE)Q|710050710[12]|8065[.]125|8066[.]125|190[12]-03-04",
    re.IGNORECASE,
)


def secrets(letter: str, number: int) -> dict[str, object]:
    """The values of one record."""
    return {
        "pin": f"{letter}PINq",
        "level": 7_100_507_100 + number,
        "rate": 8064.125 + number,
        "born": f"190{number}-03-04",
        "box": {"code": f"{letter}BOXq"},
        "crate": {"name": "crate", "code": f"{letter}CRATEq", "deep": {"code": f"{letter}DEEPq"}},
        "cards": [{"name": "one", "num": f"{letter}CARDq"}],
        "tags": [f"{letter}TAGq"],
        "slots": {"one": {"name": "n", "code": f"{letter}SLOTq"}},
        "keys": {"one": f"{letter}KEYq"},
        "loose": {"x": f"{letter}LOOSEq"},
    }


PAYLOAD: Final[Mapping[str, Any]] = {"person": 5, "name": "Ann", "ref": 5, **secrets("A", 1)}
PEOPLE: Final = [{"id": 5, "name": "Ann", **secrets("B", 2)}]


def texts_of(record: str) -> list[str]:
    """Expressions that give a text with a secret of a record in it."""
    return [
        one.replace("@", record)
        for one in (
            "@.pin",
            "@.pin.lowerAscii()",
            "'x' + @.pin",
            "string(@.level)",
            "string(@.rate)",
            "string(@.born)",
            "@.box.code",
            "@.crate.code",
            "@.crate.deep.code",
            "@['crate']['deep']['code']",
            "@['crate'].deep.code",
            "@.cards[0].num",
            "@.cards.map(c, c.num)[0]",
            "find(@.cards, c, true).num",
            "@.cards.map(c, c).map(d, d.num)[0]",
            "@.tags[0]",
            "@.tags.filter(t, t != 'q')[0]",
            "@.tags.join('-')",
            "@.slots['one'].code",
            "@.slots.one.code",
            "@.slots.map(k, @.slots[k].code)[0]",
            "@.slots.transformList(k, v, v.code)[0]",
            "@.slots.transformMap(k, v, v)['one'].code",
            "@.keys['one']",
            "@.keys.one",
            "@.keys.transformList(k, v, v)[0]",
            "string(@.loose.x)",
            "true ? @.pin : 'n'",
            "[@.pin, 'z'][0]",
            "[@][0].pin",
            "{'k': @.pin}.k",
            "{'k': @.pin}['k']",
            "{'k': @.crate}.k.code",
            "cel.bind(c, @.crate, c.code)",
            "pick(@, ['pin', 'id']).pin",
            "@.?pin.orValue('')",
            "'%s'.format([@.pin])",
            "dyn(@.pin)",
        )
    ]


def make_program(folder: Path, *, lookups: str = "", fields: str = "", rest: str = "") -> Program:
    """Write the rule files, a case with more of them, and load them."""
    api = folder / "vault"
    api.mkdir(parents=True)
    (api / "api.yaml").write_text(API)
    (api / "person.yaml").write_text(PERSON)
    (api / "case.yaml").write_text(CASE % {"lookups": lookups, "fields": fields, "rest": rest})
    return load(folder)


def make_store(program: Program) -> Store:
    """The people."""
    store = MemoryStore()
    store.prepare(program.tables)
    with store.transaction() as transaction:
        for one in PEOPLE:
            transaction.insert("vault/person", one)
    return store


def quoted(expression: str) -> str:
    """An expression as YAML."""
    return "'" + expression.replace("'", "''") + "'"


def told(program: Program, payload: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Everything that is told of a decision, by whom."""
    store = make_store(program)
    for referee in (True, False):
        by = "evaluator" if referee else "hot path"
        outcome = program.evaluate("vault/case", payload, store=store, as_of=AS_OF, seed=1, referee=referee)
        yield f"outcome of the {by}", json.dumps(outcome_json(outcome, program, payload))
        yield f"repr of the {by}", repr(outcome)
    inputs = program.inputs(payload, as_of=AS_OF, seed=1)
    explained = explain(program, "vault/case", inputs, store, fixes=False)
    shown = replace(explained, outcome=mask_outcome(explained.outcome, program.compiled, payload))
    yield "explanation", "\n".join(explanation_lines(shown, "x"))
    yield "explanation as JSON", json.dumps(explanation_data(shown, "x"))
    if not outcome.accepted:
        return
    program.apply("vault/case", payload, store=store, as_of=AS_OF, seed=1)
    yield "history", json.dumps([*store.find(DECISIONS.resource, {})], default=str)


def leaks(shown: Mapping[str, str]) -> list[tuple[str, str]]:
    """Where a secret is told, with what stands around it."""
    found = ((where, text, SECRET.search(text)) for where, text in shown.items())
    return [(where, text[max(0, hit.start() - 80) : hit.end() + 20]) for where, text, hit in found if hit]


def numbered(line: str, expressions: Iterable[str]) -> str:
    """A line for each expression: in place of #, its number; of @, the expression (in a text: &)."""
    return "\n".join(
        line.replace("#", str(number)).replace("@", quoted(one)).replace("&", f"({one})".replace("'", "''"))
        for number, one in enumerate(expressions)
    )
