"""What a caller of the library gives by mistake is told as a mistake, on every path."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from rulewright import ConfigurationError, EvaluationError, Program, load
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
    "a text as seed": ({"seed": "x"}, "the seed must be a whole number, not 'x'"),
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


DOOR = """
rulewright: 1
resource: home/door
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  status: {type: string, readonly: ignore}
workflow:
  field: status
  initial: open
  states: {open: {}, shut: {final: true}}
  transitions: [{event: close, from: open, to: shut}]
"""


@pytest.mark.parametrize("way", ["evaluate", "apply", "transitions"])
def test_an_event_needs_a_key_of_its_type(way: str, tmp_path: Path) -> None:
    """An address gives its key as text, and no record has that: not "no such door: id 7"."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "door.yaml").write_text(DOOR)
    program, store = load(tmp_path), MemoryStore()
    store.prepare(program.tables)
    call: Any = getattr(program, way)
    arguments = {"key": "7"} if way == "transitions" else {"payload": {}, "operation": "close", "key": "7"}

    with pytest.raises(EvaluationError, match="the key of home/door is an integer, like 7, not '7'"):
        call("home/door", store=store, **arguments)


def test_an_event_needs_a_key() -> None:
    """As an update does."""
    with pytest.raises(EvaluationError, match=r"the event cancel of .* needs the key of its record"):
        PROGRAM.evaluate("goodstack/eligibility_subscription", {}, operation="cancel", store=MemoryStore())


LOADING: dict[str, tuple[dict[str, Any], str]] = {
    "a number as path": ({"path": 5}, "path must be a folder of rule files or a rule file"),
    "bytes as path": ({"path": b"rules"}, "path must be a folder"),
    "a number as settings": ({"settings": 5}, "settings must map APIs to their settings"),
    "a list as settings": ({"settings": []}, "settings must map APIs to their settings"),
    "settings without an API": ({"settings": {"strict": True}}, "settings must map each API to its settings"),
    "an API that is no text": ({"settings": {5: {}}}, "settings must map each API to its settings"),
    "a setting that is no text": ({"settings": {"ct_oi": {5: 1}}}, "the names of settings of ct_oi must be"),
    "a number as plug-ins": ({"plugins": 5}, "plugins must be a list of modules"),
    "one plug-in's name": ({"plugins": "acme"}, "plugins must be a list of modules"),
    "a text as audit": ({"audit": "no"}, "audit must be True or False, not 'no'"),
    "a number as installed": ({"installed": 0}, "installed must be True or False, not 0"),
}


@pytest.mark.parametrize("what", LOADING)
def test_a_mistake_in_what_is_loaded_is_told(what: str) -> None:
    """ConfigurationError says what was expected."""
    given, message = LOADING[what]

    with pytest.raises(ConfigurationError) as raised:
        load(**given)

    assert message in str(raised.value)


class Sender:
    """What a forwarder looks like."""

    def send(self, _: object) -> None:
        """Send nothing."""


CALLS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], str]] = {
    "no tracer": ("evaluate", ("ct_oi/county", {}), {"tracer": 5}, "the tracer must be a function"),
    "no target": (
        "apply",
        ("ct_oi/county", {}),
        {"store": MemoryStore(), "forward": []},
        "forward must be the name of a target",
    ),
    "no target of many": ("applier", ("ct_oi/county",), {"forward": 5}, "forward must be the name"),
    "no payloads": ("apply_many", ("ct_oi/county", 5), {"store": MemoryStore()}, "the payloads must be"),
    "one payload": ("apply_many", ("ct_oi/county", {}), {"store": MemoryStore()}, "the payloads must be"),
    "a seed of many": (
        "apply_many",
        ("ct_oi/county", []),
        {"store": MemoryStore(), "seed": 1.5},
        "the seed must be a whole number",
    ),
    "no inputs": ("apply_within", ("ct_oi/county", 5, None), {}, "inputs are what Program.inputs gives"),
    "no transaction": (
        "apply_within",
        ("ct_oi/county", PROGRAM.inputs({}), 5),
        {},
        "the transaction must be one that",
    ),
    "no store": ("deliverer", ("x", Sender()), {}, "the store must be one"),
    "no forwarder": ("deliverer", (MemoryStore(), 5), {}, "the forwarder must be one that can send"),
    "no workers": ("worker", (MemoryStore(), Sender()), {"workers": 0}, "workers must be a whole number"),
    "no lease": ("worker", (MemoryStore(), Sender()), {"lease_seconds": "x"}, "lease_seconds must be"),
}


@pytest.mark.parametrize("what", CALLS)
def test_a_mistake_in_a_call_is_told(what: str) -> None:
    """Before anything is read or written."""
    name, given, named, message = CALLS[what]

    with pytest.raises(EvaluationError) as raised:
        list(getattr(PROGRAM, name)(*given, **named))

    assert message in str(raised.value)
