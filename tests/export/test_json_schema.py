"""`export jsonschema`: a schema that refuses nothing that the rules take."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from rulewright import Program, load
from rulewright.evaluation import decide
from rulewright.export import json_schema

sys.path.insert(0, str(Path(__file__).parents[1] / "hotpath"))

from payloads import PayloadMaker, seeds_of

PROGRAM = load()
SEEDS = seeds_of(PROGRAM)


def schema_of(folder: Path, fields: str) -> dict[str, Any]:
    """The schema of a resource with these fields."""
    (folder / "a").mkdir()
    text = "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: integer, readonly: ignore}\n"
    (folder / "a" / "b.yaml").write_text(text + "".join(f"  {line}\n" for line in fields.splitlines()))
    found = json_schema(load(folder).compiled.resources["a/b"])
    properties = found["properties"]
    assert isinstance(properties, dict)
    return properties


@pytest.mark.parametrize("resource", PROGRAM.resources)
def test_it_refuses_nothing_that_the_rules_take(resource: str) -> None:
    """Generated payloads of every resource: what is accepted is valid."""
    accepted, wrong = 0, []
    validator = jsonschema_rs.Draft202012Validator(json_schema(PROGRAM.compiled.resources[resource]))
    maker = PayloadMaker(PROGRAM, resource, SEEDS[resource], Random(7))
    for case in maker.cases(150):
        if decide(PROGRAM.compiled, resource, case.inputs, case.records).accepted:
            accepted += 1
            if not validator.is_valid(case.inputs.payload):
                wrong.append(case.inputs.payload)

    assert accepted
    assert wrong == []


@pytest.mark.parametrize("resource", PROGRAM.resources)
def test_it_refuses_what_has_the_wrong_shape(resource: str) -> None:
    """Unknown fields, and a value of the wrong type in every field that has one."""
    found = json_schema(PROGRAM.compiled.resources[resource])
    validator = jsonschema_rs.Draft202012Validator({**found, "required": [], "anyOf": [{}]})

    assert validator.is_valid({})
    assert not validator.is_valid({"nobody_knows": 1}) or found.get("additionalProperties") is not False
    for field in PROGRAM.compiled.resources[resource].fields.values():
        if field.rule.readonly is None and field.type.column != "json":
            assert not validator.is_valid({field.name: [[]]}), field.name


def test_every_keyword_of_shape_is_said(tmp_path: Path) -> None:
    """Bounds, options, items and parts, as JSON Schema says them."""
    found = schema_of(
        tmp_path,
        "n: {type: integer, min: 1, max: 9, nullable: true}\n"
        "t: {type: string, min_length: 2, max_length: 5, pattern: '[a-z]+', blank: absent}\n"
        "o: {type: string, one_of: [a, b], nullable: true, default: a}\n"
        "l: {type: list, items: {type: us_zip}, unique_items: true, max_length: 3}\n"
        "p: {type: object, fields: {q: {type: string, required: true}}}\n"
        "d: {type: date, format: '%d/%m/%Y', required_if: given(payload.n)}\n",
    )

    assert found["n"] == {"type": ["integer", "null"], "format": "int64", "minimum": 1, "maximum": 9}
    assert found["t"] == {
        "anyOf": [
            {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^(?:[a-z]+)$"},
            {"type": "string", "pattern": "^\\s*$"},
        ]
    }
    assert found["o"] == {"type": ["string", "null"], "enum": ["a", "b", None], "default": "a"}
    assert found["l"]["items"]["pattern"] == "^[0-9]{5}(-[0-9]{4})?$"
    assert (found["l"]["maxItems"], found["l"]["uniqueItems"]) == (3, True)
    assert found["p"]["required"] == ["q"]
    assert found["p"]["additionalProperties"] is False
    assert found["d"] == {
        "type": "string",
        "x-rulewright": {"required_if": "given(payload.n)", "format": "%d/%m/%Y"},
    }


def test_what_the_system_makes_is_read_only(tmp_path: Path) -> None:
    """A caller need not send it, and tools leave it out of requests."""
    assert schema_of(tmp_path, "x: {type: string}")["id"] == {"readOnly": True}


def test_a_programs_own_schema_is_what_the_command_prints(tmp_path: Path) -> None:
    """Every resource that ships has one, and it is a schema."""
    for resource in Program(PROGRAM.compiled).resources:
        jsonschema_rs.Draft202012Validator(json_schema(PROGRAM.compiled.resources[resource]))
