"""`program.schema(...)` is a real marshmallow Schema class, with the strict types of the rule language."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields

from rulewright import EvaluationError, load
from rulewright.fieldtypes import FieldType
from rulewright.plugins import built_in

CASE = load().schema("ct_oi/case")


def errors_of(payload: dict[str, Any], schema: type[Schema] = CASE) -> Any:
    try:
        schema().load(payload)
    except ValidationError as error:
        return error.messages
    return {}


def test_it_is_a_schema_class() -> None:
    """Whatever takes a marshmallow Schema takes it."""
    assert issubclass(CASE, Schema)
    assert CASE().load({"date_of_birth": "1950-12-03"}) == {"date_of_birth": date(1950, 12, 3)}


def test_it_dumps_what_it_loads() -> None:
    """Dates are printed in the field's format again."""
    schema = load().schema("rubixx/engagement")()
    sent = {"startDate": "01/02/2025", "status": "Active", "referredPersonReference": "P1"}

    assert schema.dump(schema.load(sent)) == sent


TOLD = """
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence, title: Number}
  kind: {type: string, one_of: [a, b], nullable: true, default: a}
  on: {type: date}
  at: {type: datetime, format: '%d/%m/%Y %H:%M'}
  pin: {type: string, sensitive: true, default: '0000', max_length: 4}
  name: {type: string, blank: absent, min_length: 2}
  rate: {type: number, min: 0, max: 1}
  mail: {type: email}
  other: {type: numeric_id}
  marks: {type: list, items: {type: integer}, max_length: 3}
  place: {type: object, fields: {town: {type: string, pattern: '[A-Z].*'}}}
  stops: {type: list, items: {type: object, fields: {town: {type: string}}}}
  sizes: {type: map, items: {type: boolean}}
"""


@pytest.fixture
def told(tmp_path: Path) -> Schema:
    """A schema with fields of many kinds."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "note.yaml").write_text(TOLD)
    return load(tmp_path).schema("desk/note")()


def test_other_tools_know_its_fields_by_marshmallow_s_own_classes(told: Schema) -> None:
    """apispec tells types by them, and goes into what is nested; webargs tells lists."""
    kinds = {
        "id": fields.Integer,
        "kind": fields.String,
        "on": fields.String,
        "rate": fields.Float,
        "mail": fields.String,
        "marks": fields.List,
        "place": fields.Nested,
        "sizes": fields.Dict,
    }
    place, stops, sizes = (told.fields[name] for name in ("place", "stops", "sizes"))
    assert isinstance(place, fields.Nested)
    assert isinstance(stops, fields.List)
    assert isinstance(sizes, fields.Dict)
    assert isinstance(stops.inner, fields.Nested)

    assert [name for name, kind in kinds.items() if not isinstance(told.fields[name], kind)] == []
    assert isinstance(sizes.value_field, fields.Boolean)
    assert [type(one.schema).__name__ for one in (place, stops.inner)] == [
        "DeskNotePlaceSchema",
        "DeskNoteStopsItemsSchema",
    ]


def test_the_metadata_of_a_field_say_what_its_class_does_not(told: Schema) -> None:
    """In the keywords of JSON Schema, without a null; of a sensitive field no default, of blanks no bound."""
    said = {name: dict(field.metadata) for name, field in told.fields.items()}

    assert said == {
        "id": {"title": "Number", "format": "int64"},
        "kind": {"enum": ["a", "b", None], "default": "a"},
        "on": {"format": "date"},
        "at": {},
        "pin": {"maxLength": 4},
        "name": {},
        "rate": {"minimum": 0, "maximum": 1},
        "mail": {"format": "email"},
        "other": {"type": ["integer", "string"], "format": "int64", "pattern": "^[0-9]{1,19}$"},
        "marks": {"maxItems": 3},
        "place": {},
        "stops": {},
        "sizes": {},
    }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("household", True, "type"),
        ("household", "5a", "type"),
        ("street_county", "5", "type"),
        ("household", 150.99, "type"),
        ("household", 2**63, "type"),
        ("head_of_household", "false", "type"),
        ("head_of_household", 0, "type"),
        ("head_of_household", None, "type"),
        ("mailing_zip_code", 12345, "type"),
        ("first_name", {"given": "Ann"}, "type"),
        ("first_name", "half \ud800", "type"),
        ("first_name", "a\0b", "type"),
        ("date_of_birth", "1950-02-31", "format"),
        ("date_of_birth", "3/12/1950", "format"),
        ("nobody_knows", 1, "unknown_field"),
    ],
)
def test_types_are_strict_and_errors_carry_codes(field: str, value: object, code: str) -> None:
    """Nothing is coerced; each message knows its stable code."""
    messages = errors_of({field: value})

    assert [message.code for message in messages[field]] == [code]


def test_read_only_fields_are_for_dumping() -> None:
    """The id is made by the system; the schema does not ask for it, and drops what is sent for it."""
    assert CASE().fields["id"].dump_only
    assert CASE().load({"id": 5, "date_of_birth": "1950-12-03"}) == {"date_of_birth": date(1950, 12, 3)}
    assert CASE().dump({"id": 5}) == {"id": 5}


READONLY = """
rulewright: 1
resource: a/b
key: id
fields:
  id: {type: integer, readonly: ignore}
  made: {type: integer, readonly: reject}
  given: {type: integer, readonly: reject, messages: {readonly: that is ours}}
  name: {type: string}
  parts:
    type: list
    items:
      type: object
      fields: {number: {type: integer, readonly: ignore}, set: {type: integer, readonly: reject}}
"""


def test_what_may_not_be_sent_is_told_as_a_decision_tells_it(tmp_path: Path) -> None:
    """Beside all other errors, and in the parts of a list."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(READONLY)
    program = load(tmp_path)
    payload = {"id": 1, "made": 2, "given": 3, "name": 4, "parts": [{"number": 1}, {"set": 2}], "other": 5}

    messages = errors_of(payload, program.schema("a/b"))
    told = {one.path: one for one in program.evaluate("a/b", payload).problems if one.severity == "error"}

    assert [message.code for message in messages.pop("parts")[1]["set"]] == [told.pop("/parts/1/set").code]
    assert messages.pop("other") == ["unknown field"]
    del told["/other"]
    assert {f"/{name}": [*said] for name, said in messages.items()} == {
        path: [one.message] for path, one in told.items()
    }
    assert {message.code for said in messages.values() for message in said} == {"readonly", "type"}


def test_every_item_of_a_list_has_its_own_error() -> None:
    """Errors of items stand under their index."""
    schema = load().schema("plannr/case")

    messages = errors_of({"name": "X", "plans": ["3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11", 5]}, schema)

    assert list(messages["plans"]) == [1]


def test_what_a_create_accepts_may_be_loaded() -> None:
    """A read-only field that the create `accepts`; what only the update accepts is for dumping."""
    fields = load().schema("plannr/case")().fields

    assert [fields[name].dump_only for name in ("participants", "completed_at")] == [False, True]


def test_nested_objects_name_their_parts() -> None:
    """The message says address.postcode, the error stands under address, postcode."""
    schema = load().schema("rubixx/engagement")

    messages = errors_of({"address": {"postcode": 5}}, schema)

    assert messages["address"]["postcode"] == ["address.postcode must be text"]


@pytest.mark.parametrize("row", built_in().types.values(), ids=lambda row: row.name)
def test_each_type_takes_its_example_and_refuses_its_wrong_one(row: FieldType, tmp_path: Path) -> None:
    """The examples in the table of types are true."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n"
        f"  id: {{type: integer, readonly: ignore}}\n  it: {{type: {row.name}}}\n"
    )
    schema = load(tmp_path).schema("a/b")

    assert errors_of({"it": row.example}, schema) == {}
    assert errors_of({"it": row.wrong}, schema) != {}
    # An empty text is a text, and nothing else.
    assert (errors_of({"it": ""}, schema) == {}) is (row.name in ("string", "any"))


@pytest.mark.parametrize(
    "name",
    ["error_messages", "Meta", "load", "fields", "validate", "context", "items", "get", "read_only_fields"],
)
def test_a_field_may_have_any_name(name: str, tmp_path: Path) -> None:
    """Also one by which marshmallow or Python means something of its own."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(
        f"rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {{type: integer, readonly: ignore}}\n"
        f"  {name}: {{type: string}}\n"
    )
    program = load(tmp_path)

    assert program.schema("a/b")().load({name: "x"}) == {name: "x"}
    assert errors_of({name: 5}, program.schema("a/b"))[name][0].code == "type"
    for _ in range(4):
        assert program.evaluate("a/b", {name: "x"}).record == {"id": None, name: "x"}


def test_an_unknown_resource_is_said() -> None:
    """The message lists what there is."""
    with pytest.raises(EvaluationError, match="ct_oi/case"):
        load().schema("ct_oi/cases")


def test_what_a_schema_has_loaded_is_no_payload_and_that_is_said() -> None:
    """A date is text in JSON; "must be a date" alone would puzzle whoever gives one."""
    program = load()
    loaded = CASE().load({"date_of_birth": "1950-12-03", "first_name": "Ann"})

    outcome = program.evaluate("ct_oi/case", loaded, actor={"agent": 3, "group": 9})
    again = program.evaluate("ct_oi/case", CASE().dump(loaded), actor={"agent": 3, "group": 9})

    assert [(one.path, one.message) for one in outcome.problems if one.code == "type"] == [
        ("/date_of_birth", "date_of_birth must be a date as text, as in JSON, and is Python's date")
    ]
    assert [one for one in again.problems if one.path == "/date_of_birth"] == []
