"""`export jsonschema`: schemas that refuse nothing that the rules take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from agreement import cases_of
from click.testing import CliRunner
from situations import events_of, takes

from rulewright import EvaluationError, Program, load
from rulewright.cli import main
from rulewright.evaluation import decide
from rulewright.export import json_schema

PROGRAM = load()
# Rule files with every keyword there is.
FOLDER = Path(__file__).parents[1] / "hotpath" / "wide"
WIDE = load(FOLDER)


def schema_of(folder: Path, fields: str, operation: str = "create") -> dict[str, Any]:
    """What is said of these fields of a resource, with a workflow of one event that takes `n`."""
    (folder / "a").mkdir()
    text = "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: integer, readonly: ignore}\n"
    (folder / "a" / "b.yaml").write_text(text + "".join(f"  {line}\n" for line in fields.splitlines()))
    found = json_schema(load(folder).compiled.resources["a/b"], operation)
    properties = found["properties"]
    assert isinstance(properties, dict)
    return properties


def operations() -> Iterator[Any]:
    """Every operation of the resources that ship, and of those with every keyword."""
    for program, folder in ((PROGRAM, None), (WIDE, FOLDER)):
        for name, resource in program.compiled.resources.items():
            writing = [one for one in ("create", "update") if takes(resource, one)]
            for operation in (*writing, *events_of(resource)):
                yield pytest.param(program, folder, name, operation, id=f"{name}.{operation}")


@pytest.mark.parametrize(("program", "folder", "resource", "operation"), [*operations()])
def test_it_refuses_nothing_that_the_rules_take(
    program: Program, folder: Path | None, resource: str, operation: str
) -> None:
    """Generated calls of every operation: what is accepted is valid."""
    accepted, wrong = 0, []
    validator = jsonschema_rs.Draft202012Validator(
        json_schema(program.compiled.resources[resource], operation)
    )
    for case in cases_of(program, resource, operation, 150, Random(7), folder):
        if decide(program.compiled, resource, case.inputs, case.records).accepted:
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


def test_every_resource_that_ships_has_a_schema() -> None:
    """It keeps to the language of schemas: the validator refuses what is none."""
    refused = [name for name, one in PROGRAM.compiled.resources.items() if not _is_schema(json_schema(one))]

    assert refused == []


def _is_schema(schema: object) -> bool:
    return jsonschema_rs.meta.is_valid(schema)


def test_an_update_asks_for_nothing_and_clears_entries_of_maps(tmp_path: Path) -> None:
    """Its record has the rest; what is required, and what never changes, is said in words."""
    found = schema_of(
        tmp_path,
        "n: {type: string, required: true, immutable: true, default: x}\n"
        "m: {type: map, min_length: 2, items: {type: object, fields: {q: {type: string, required: true}}}}\n"
        "l: {type: list, items: {type: map, min_length: 2, items: {type: string}}}\n",
        "update",
    )

    assert found["n"] == {"type": "string", "x-rulewright": {"required": True, "immutable": True}}
    assert found["m"]["additionalProperties"]["type"] == ["object", "null"]
    assert found["m"]["additionalProperties"]["properties"]["q"]["type"] == ["string", "null"]
    assert "minProperties" not in found["m"]
    assert found["l"]["items"] == {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "minProperties": 2,
    }


def test_an_event_takes_fields_of_its_own() -> None:
    """The payload of an accepted validation request names the organisation."""
    found = json_schema(PROGRAM.compiled.resources["goodstack/validation_request"], "accept")

    assert found["title"] == "Validation request: accept"
    assert (list(found["properties"]), found["required"]) == (["organisationId"], ["organisationId"])  # type: ignore[call-overload]


def test_what_is_sensitive_has_no_example(tmp_path: Path) -> None:
    """Nor a default, nor has what holds it."""
    found = schema_of(
        tmp_path,
        "s: {type: string, sensitive: true, example: '111', default: '222'}\n"
        "o: {type: object, example: {p: '333'}, fields: {p: {type: string, sensitive: true}}}\n"
        "shown: {type: string, example: '444'}\n",
    )

    assert [text for text in ("111", "222", "333", "444") if text in str(found)] == ["444"]
    assert found["s"]["x-rulewright"] == {"sensitive": True}


def test_what_is_dropped_may_be_anything(tmp_path: Path) -> None:
    """`excluded_if` drops what is wrong, too; null is a value of a nullable field of any type."""
    found = schema_of(
        tmp_path,
        "x: {type: integer, title: X, excluded_if: given(payload.y)}\n"
        "y: {type: any, nullable: true, one_of: [1]}\n",
    )

    assert found["x"]["anyOf"] == [{"type": "integer", "format": "int64"}, {}]
    assert found["x"]["title"] == "X"
    assert found["y"] == {"enum": [1, None]}


def test_the_command_prints_the_schema_of_an_operation() -> None:
    """`--operation`, and one that the resource does not have is told."""
    done = CliRunner().invoke(main, ["export", "jsonschema", "ct_oi/case", "--operation", "update"])
    wrong = CliRunner().invoke(main, ["export", "jsonschema", "ct_oi/case", "--operation", "close"])

    assert '"title": "Case: update"' in done.stdout
    assert wrong.exit_code == 2
    with pytest.raises(EvaluationError, match="has no operation close; it has: create, update"):
        json_schema(PROGRAM.compiled.resources["ct_oi/case"], "close")
