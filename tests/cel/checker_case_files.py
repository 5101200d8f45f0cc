"""Reads `checker_cases/*.yaml`: expressions with the type and the problems that the checker should find.

`type` is the deduced type; `finds` maps each problem's code to the piece of text it is about, in order, and
`says` and `hint` are words of the first problem. All are checked against the declarations below.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rulewright.cel import Type, function
from rulewright.cel.checker import Declarations, RecordField, nullable, record
from rulewright.cel.functions import ALL_FUNCTIONS

FOLDER = Path(__file__).parent / "checker_cases"

INT, DOUBLE, TEXT, BOOL, DYN = (Type(name) for name in ("int", "double", "string", "bool", "dyn"))
DATE = Type("google.protobuf.Timestamp")
TEXTS = Type("list", (TEXT,))
ADDRESS = record("address", {"town": RecordField(TEXT), "code": RecordField(TEXT, optional=True)})
PERSON = record(
    "person",
    {
        "name": RecordField(TEXT),
        "age": RecordField(INT, optional=True),
        "nick": RecordField(TEXT, optional=True, nullable=True),
        "height": RecordField(DOUBLE),
        "happy": RecordField(BOOL, optional=True),
        "born": RecordField(DATE),
        "tags": RecordField(TEXTS),
        "address": RecordField(ADDRESS, nullable=True),
        "any": RecordField(DYN),
        "kind": RecordField(TEXT, values=frozenset(["new", "open", "closed"])),
        "scores": RecordField(Type("map", (TEXT, INT))),
    },
)
DECLARATIONS = Declarations(
    variables={
        "p": PERSON,
        "maybe": nullable(PERSON),
        "people": Type("list", (PERSON,)),
        "owner": nullable(PERSON),
        "sure": nullable(INT),
    },
    functions={**ALL_FUNCTIONS, "double_up": function("double_up", lambda n: n + n, [INT], INT)},
    implies={("p", "nick"): (("owner",),)},
    given=frozenset([("sure",)]),
)


@dataclass(frozen=True, slots=True)
class CheckerCase:
    """One case and what it should give."""

    name: str
    expr: str
    type: str | None
    finds: tuple[tuple[str, str], ...]
    says: str | None
    hint: str | None


def read_cases() -> list[CheckerCase]:
    """Every case of every file."""
    return [
        _case(path.stem, case)
        for path in sorted(FOLDER.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def _case(file: str, case: dict[str, Any]) -> CheckerCase:
    found = case.get("finds", [])
    finds = tuple((code, text) for entry in found for code, text in entry.items())
    name = f"{file}: {case['expr']}"
    return CheckerCase(name, case["expr"], case.get("type"), finds, case.get("says"), case.get("hint"))
