"""What a caller of the library gives by mistake is told as a mistake, on every path."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest

from rulewright import EvaluationError, Program, load
from rulewright_adapters.memory import MemoryStore

PROGRAM = load()
ACTOR = {"agent": 3, "group": 9}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a date": ({"as_of": date(2025, 1, 1)}, "as_of must be a datetime or ISO 8601 text"),
    "a number as time": ({"as_of": 5}, "as_of must be a datetime"),
    "a number as request": ({"request": 5}, "the request must be a Request, or a mapping"),
    "an unknown part": ({"request": {"pth": {}}}, "the request must be a Request, or a mapping"),
    "a part that is no map": ({"request": {"path": 5}}, "path of the request must map names to values"),
    "a name that is no text": ({"request": {"headers": {1: 2}}}, "headers of the request must map"),
    "a text as store": ({"store": "x"}, "the store must be one that open_store opens, not 'x'"),
    "a list as actor": ({"actor": []}, "the actor must be a mapping"),
    "a long actor": ({"actor": "x" * 10_000}, "…"),
}


@pytest.mark.parametrize("what", MISTAKES)
@pytest.mark.parametrize("way", ["evaluate", "referee", "apply"])
def test_a_mistake_in_an_argument_is_told(what: str, way: str) -> None:
    """EvaluationError says what was expected, shortly."""
    given, message = MISTAKES[what]
    arguments = {"actor": ACTOR, "store": MemoryStore(), **given}

    with pytest.raises(EvaluationError) as raised:
        _call(PROGRAM, way, arguments)

    assert message in str(raised.value)
    assert len(str(raised.value)) < 200


def _call(program: Program, way: str, arguments: dict[str, Any]) -> object:
    if way == "apply":
        return program.apply("ct_oi/county", {"name": "Kent"}, **arguments)
    return program.evaluate("ct_oi/county", {"name": "Kent"}, referee=way == "referee", **arguments)


def test_a_resource_that_is_no_text_is_unknown() -> None:
    """As any other that has no rule file."""
    with pytest.raises(EvaluationError, match="there is no rule file for"):
        PROGRAM.evaluate(cast(Any, []), {})


@pytest.mark.parametrize("way", ["evaluate", "referee", "apply"])
@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, "an update of ct_oi/county needs the key of its record"),
        ("7", "the key of ct_oi/county is an integer, like 7, not '7'"),
        (True, "the key of ct_oi/county is an integer, like 7, not True"),
    ],
)
def test_an_update_needs_a_key_of_its_type(way: str, key: object, message: str) -> None:
    """It is not told as a record that is not there."""
    arguments = {"actor": ACTOR, "store": MemoryStore(), "operation": "update", "key": key}

    with pytest.raises(EvaluationError, match=message):
        _call(PROGRAM, way, arguments)
