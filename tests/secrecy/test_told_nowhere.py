"""Secrets of every type, in every place of a rule file where a value may go: none is shown anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest
from vault import PAYLOAD, leaks, make_program, numbered, texts_of, told

ROOTS = ("payload", "person", "people[0]")
# Lines of `fields` and of the rest of a file, for each expression (see `numbered`); what is sent with them.
REFUSED: Mapping[str, tuple[str, str, object]] = {
    "checks": ("", "  - {id: c#, check: 'size(&) == 0', message: no}", None),
    "comparisons": ("", "  - {id: c#, check: '& == payload.name', message: no}", None),
    "conditions": ("  f#: {type: string, required_if: '& != payload.name'}", "", None),
    "errors": ("", "  - {id: c#, check: 'int(&) == 0', message: no}", None),
    "options": ("  f#: {type: string, one_of: '[&]'}", "", "x"),
    "misfits of effects": ("  f#: {type: integer}", "  - {id: own#, set: {f#: 'dyn(&)'}}", None),
    "refusals": ("  f#: {type: string, forbidden_if: '& != payload.name'}", "", "x"),
    "computed": (
        "  f#: {type: string, compute: @}",
        "  - {id: c#, check: record.f# == payload.name, message: no}",
        None,
    ),
}
UNDECIDED: Mapping[str, tuple[str, str, object]] = {
    "errors of what is read": (
        "  f#: {type: boolean, compute: 'int(&) > 3'}",
        "  - {id: c#, check: record.f# == true, message: no}",
        None,
    ),
    "misfits": ("  f#: {type: integer, compute: 'dyn(&)'}", "", None),
}
ACCEPTED: Mapping[str, tuple[str, str, object]] = {
    "computes": ("  f#: {type: string, compute: @}", "", "x"),
    "defaults": ("  f#: {type: string, default_from: @}", "", None),
    "parts": (
        "  f#: {type: object, fields: {a: {type: string}, b: {type: string}},"
        " compute: {a: @, b: payload.name}}\n"
        "  m#: {type: map, items: {type: string}, compute: {a: @, b: payload.name}}\n"
        "  l#: {type: list, items: {type: string}, compute: [payload.name, @]}\n"
        "  n#: {type: list, items: {type: object, fields: {a: {type: string, compute: @}}},"
        " default_from: '[{}]'}",
        "",
        None,
    ),
    "copies of copies": (
        "  f#: {type: string, compute: @}\n"
        "  g#: {type: string, compute: \"record.f# + '!'\"}\n"
        "  h#: {type: string, default_from: record.g#}",
        "",
        None,
    ),
    "dropped": ("  f#: {type: string, excluded_if: '& != payload.name'}", "", "x"),
    "effects": (
        "  f#: {type: string}",
        "  - {id: own#, set: {f#: @}}\n"
        "  - {id: made#, create: vault/person, set: {id: '100 + #', note: @}}\n"
        "  - {id: other#, when: '# == 0', update: person, set: {other: @}}\n"
        "  - {id: no#, when: '& == payload.name', update: person, set: {name: \"'x'\"}}\n"
        "  - {id: sent#, send: hook, body: {a: @, b: [@], c: payload.name}}\n"
        "  - {id: bare#, send: hook, body: @}",
        None,
    ),
    "response": ("", '    f#: @\n    g#: [@]\n    h#: \'{"a": &, "b": [{"c": &}]}\'', None),
}
_HEADS = {"effects": "effects:", "misfits of effects": "effects:", "response": "response:\n  body:"}


@pytest.mark.parametrize(
    ("place", "root"),
    [
        *product([*REFUSED, *UNDECIDED, *(one for one in ACCEPTED if one != "parts")], ROOTS),
        ("parts", "person"),
        *product(["checks", "computes", "response"], ["record", "refd"]),
    ],
)
def test_no_secret_is_told(place: str, root: str, tmp_path: Path) -> None:
    """Of what was sent, of the own record, and of records that were looked up, referred to or listed."""
    field, line, sent = {**REFUSED, **UNDECIDED, **ACCEPTED}[place]
    expressions = texts_of(root)
    rest = f"{_HEADS.get(place, 'checks:')}\n{numbered(line, expressions)}" if line else ""
    program = make_program(tmp_path, fields=numbered(field, expressions) if field else "", rest=rest)
    more = {f"f{number}": sent for number in range(len(expressions))} if sent is not None else {}

    shown = dict(told(program, {**PAYLOAD, **more}))

    verdict = "accepted" if place in ACCEPTED else "undecided" if place in UNDECIDED else "rejected"
    assert f'"verdict": "{verdict}"' in shown["outcome of the evaluator"]
    assert leaks(shown) == []
