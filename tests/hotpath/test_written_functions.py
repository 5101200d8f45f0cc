"""Functions, arithmetic and days: generated code works them out itself, and gives what CEL gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rulewright import load
from rulewright.evaluation import Inputs, decide
from rulewright.hotpath.deciding import quick_for
from rulewright.hotpath.quick import Quick

RULES = """\
rulewright: 1
resource: t/note
key: id
fields:
  id: {type: integer, generate: sequence, readonly: reject}
  a: {type: string, nullable: true}
  b: {type: string, nullable: true}
  i: {type: integer, nullable: true}
  d: {type: number, nullable: true}
  day: {type: date, nullable: true, format: "%d/%m/%Y"}
  at: {type: datetime}
  tags: {type: list, items: {type: string}}
  flags: {type: list, items: {type: boolean, nullable: true}}
  rows: {type: list, items: {type: object, fields: {n: {type: integer}}}}
"""
PAYLOADS: tuple[dict[str, Any], ...] = (
    {},
    {"a": None, "b": None, "i": None, "d": None, "day": None},
    {"a": " Ab ", "b": "ab", "i": 3, "d": 2, "day": "15/01/2025", "tags": ["a", " Ab "]},
    {"a": "ab", "b": "ab", "i": -3, "d": 1e308, "day": "14/01/2025", "rows": [{"n": 1}, {}]},
    {"at": "2025-01-15T12:00:00.5Z", "tags": [], "rows": []},
    {"at": "2025-01-15T13:00:00+01:00", "flags": [True, None]},
    {"flags": [True, False]},
    {"a": "x" * 20_000, "b": "", "i": 2**63 - 1, "d": -0.5, "day": "31/12/0999"},
)
CONDITIONS = (
    "payload.a.trim() != ''",
    "payload.a.lowerAscii() == record.b",
    "payload.a.startsWith('a') || payload.b.endsWith('b')",
    "payload.a.contains(payload.b)",
    "payload.a + '-' + payload.b != 'ab-ab'",
    "payload.a.substring(0, 1) == 'a'",
    "payload.i + 1 > 0",
    "payload.i * 2 - 1 < 6",
    "payload.i / 2 == 1 || payload.i % 2 == -1",
    "payload.d + 0.5 > 2.0",
    "payload.d * 10.0 > 1.0",
    "double(payload.i) > payload.d",
    "payload.day <= today",
    "payload.day == record.day",
    "payload.at > now",
    "payload.at == now || record.at < now",
    "payload.i in [3, 5]",
    "payload.tags.exists(t, t == payload.a)",
    "payload.flags.all(f, f || !f)",
    "payload.tags.all(t, t.trim() == t)",
    "size(payload.rows) > 1",
    "[payload.a, payload.b].filter(v, given(v) && v.trim() != '').join(', ') != ''",
    "[payload.a].filter(v, given(v)).join('-') == [payload.b].filter(v, given(v)).join('-')",
)

Made = Callable[[str], Quick]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """The program of a note with this much more of a rule file."""

    def make(more: str) -> Quick:
        (tmp_path / "t").mkdir()
        (tmp_path / "t" / "note.yaml").write_text(RULES + more)
        rules = load(tmp_path).compiled
        quick = quick_for(rules, rules.resources["t/note"])
        assert quick is not None
        return quick

    return make


def assert_alike(quick: Quick) -> int:
    """Hold the program against the plain evaluator; how many payloads it decided."""
    decided = 0
    for payload in PAYLOADS:
        inputs = Inputs(
            operation="create", payload=payload, now=datetime(2025, 1, 15, 12, tzinfo=UTC), seed=7
        )
        outcome = quick.decide(inputs, None)
        decided += outcome is not None
        assert outcome is None or outcome == decide(quick.rules, "t/note", inputs, None), payload
    return decided


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(made: Made, condition: str) -> None:
    """Nothing is left to compiled CEL; what fails (a null, an overflow, a long text) is not decided here."""
    quick = made(f"checks: [{{id: c, check: {json.dumps(condition)}, message: m}}]\n")

    assert quick.code.left == ()
    assert assert_alike(quick) > 0


@pytest.mark.parametrize(
    ("type_", "expression"),
    [
        ("string", "payload.a + payload.b"),
        ("string", "payload.a.replace('', 'many')"),
        ("integer", "payload.i * payload.i"),
        ("number", "payload.d * 10.0"),
        ("date", "today"),
    ],
)
def test_what_is_recorded(made: Made, type_: str, expression: str) -> None:
    """In stored form; what no store keeps (a number beyond all, a text beyond its bound) is not made here."""
    quick = made(f"  made: {{type: {type_}, compute: {json.dumps(expression)}}}\n")

    assert quick.code.left == ()
    assert assert_alike(quick) > 0


def test_days_in_a_list_of_the_response(made: Made) -> None:
    """As their field prints them, as outside of a list."""
    quick = made("response: {body: {days: [record.day, record.a], day: record.day}}\n")

    assert assert_alike(quick) == len(PAYLOADS)


def test_the_record_as_the_response(made: Made) -> None:
    """All of its fields, in their order, without a call."""
    quick = made("response: {body: record}\n")

    assert quick.code.left == ()
    assert assert_alike(quick) == len(PAYLOADS)
