"""`export openapi`: what the document says, of the rules that ship and of others."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from openapi_spec_validator import OpenAPIV31SpecValidator

from rulewright import EvaluationError, load
from rulewright.cli import main
from rulewright.dialects import DIALECTS
from rulewright.export import json_schema, openapi
from rulewright.export.http.refusals import SCHEMAS
from rulewright.plugins import ErrorDialect
from rulewright.source import read_source, to_plain

ROOT = Path(__file__).parents[2]
SHIPPED = load()
KEY = "  id: {type: integer, readonly: ignore, generate: sequence}\n"
# Every folder of rules with scenarios that the tests and the examples have, and what ships.
FOLDERS = sorted(
    {
        path.parents[1]
        for folder in ("tests", "examples", "rules")
        for path in (ROOT / folder).glob("**/*.test.yaml")
        if path.with_name(path.name.replace(".test", "")).exists()
        and {"wrong", "plugin_charity"}.isdisjoint(path.parts)
    }
)


def write(folder: Path, *, api: str = "", **resources: str) -> Path:
    """A folder of rules with the API `a`; each resource has a key, and what is written here."""
    (folder / "a").mkdir()
    if api:
        (folder / "a" / "api.yaml").write_text(f"rulewright: 1\napi: a\n{api}\n")
    for name, text in resources.items():
        (folder / "a" / f"{name}.yaml").write_text(
            f"rulewright: 1\nresource: a/{name}\nkey: id\nfields:\n{KEY}{text}\n"
        )
    return folder


def document(folder: Path, *names: str) -> Any:
    return openapi(load(folder).compiled, names)


@cache
def shipped(*names: str) -> Any:
    return openapi(SHIPPED.compiled, names)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["export", "openapi", *words])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_are_valid(folder: Path) -> None:
    """Of every folder of rules, as a whole and API by API; operations have names of their own."""
    program = load(folder)
    for names in ((), *((name,) for name in program.compiled.rules.apis)):
        found: Any = openapi(program.compiled, names)
        operations = [one for path in found["paths"].values() for one in path.values()]

        assert [str(one) for one in OpenAPIV31SpecValidator(found).iter_errors()] == []
        assert len({one["operationId"] for one in operations}) == len(operations)


def test_an_id_is_sent_as_number_or_text_and_stored_as_a_number() -> None:
    """What a type takes in several forms is stored in one."""
    schemas = shipped("ct_oi/case")["components"]["schemas"]
    sent, stored = (schemas[name]["properties"]["household"] for name in ("ct_oi.case.create", "ct_oi.case"))

    assert sent["type"] == ["integer", "string", "null"]
    assert sent["pattern"] == "^[0-9]{1,19}$"
    assert stored["type"] == ["integer", "null"]


def test_a_case_of_ct_oi() -> None:
    """As its vendor's page and its rule file have it."""
    found = shipped("ct_oi/case")
    create = found["paths"]["/api/v1/cases"]["post"]
    update = found["paths"]["/api/v1/cases/{id}"]["patch"]

    assert found["info"]["title"] == "CharityTracker / Oasis Insight"
    assert [one["name"] for one in found["tags"]] == create["tags"] == ["ct_oi"]
    assert create["operationId"] == "ct_oi.case.create"
    assert list(create["responses"]) == ["201", "400", "401", "503"]
    assert list(update["responses"]) == ["200", "400", "401", "404", "503"]
    assert update["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "format": "int64"}}
    ]
    assert update["responses"]["404"]["content"]["application/json"]["examples"] == {
        "not_found": {"value": {"detail": "Not found."}}
    }
    schemas = found["components"]["schemas"]
    assert list(schemas) == ["ct_oi.case", "ct_oi.case.create", "ct_oi.case.update", "refusal-drf"]
    assert schemas["ct_oi.case"]["properties"]["household"]["x-rulewright"] == {
        "type": "numeric_id",
        "references": "ct_oi/household",
    }
    assert schemas["ct_oi.case.create"]["additionalProperties"] is False


@pytest.mark.parametrize("operation", ["create", "update"])
def test_what_is_sent_is_what_export_jsonschema_prints(operation: str) -> None:
    """One generator: its title and description stand at the operation here."""
    alone = json_schema(SHIPPED.compiled.resources["ct_oi/case"], operation)
    component = shipped("ct_oi")["components"]["schemas"][f"ct_oi.case.{operation}"]

    assert component == {key: alone[key] for key in alone if key not in ("$schema", "title", "description")}


def test_who_may_call() -> None:
    """A registered scheme of Authorization, and one that is not; other names of the header; permissions."""
    rubixx, ct_oi = shipped("rubixx/engagement"), shipped("ct_oi/case")
    schemes = ct_oi["components"]["securitySchemes"]
    (create,) = rubixx["paths"]["/api/v2/supportschemes/{schemeReference}/engagements"].values()

    assert rubixx["components"]["securitySchemes"] == {"rubixx": {"type": "http", "scheme": "bearer"}}
    assert create["security"] == [{"rubixx": ["SupportPlans.EditSupportSchemes"]}]
    assert [(one["type"], one["name"]) for one in schemes.values()] == [
        ("apiKey", "Authorization"),
        ("apiKey", "Authorize"),
    ]
    assert "`Authorize: Token ...`" in schemes["ct_oi-2"]["description"]
    assert ct_oi["paths"]["/api/v1/cases"]["post"]["security"] == [{"ct_oi": []}, {"ct_oi-2": []}]


def test_parameters() -> None:
    """In the path with the schema of the field they name; parts to include; headers."""
    engagement = shipped("rubixx/engagement")["paths"]
    (create,) = shipped("plannr/case")["paths"]["/api/v1/cases"].values()
    (cancel,) = shipped("goodstack")["paths"]["/v1/eligibility-subscriptions/{id}/cancel"].values()
    (subscribe, _) = (
        one
        for path in shipped("goodstack")["paths"].values()
        for one in path.values()
        if "subscription.c" in one["operationId"]
    )

    assert engagement["/api/v2/supportschemes/{schemeReference}/engagements"]["post"]["parameters"] == [
        {
            "name": "schemeReference",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "examples": ["SP1000000006"]},
        }
    ]
    assert [(one["in"], one["name"], one.get("required")) for one in create["parameters"]] == [
        ("query", "include", None),
        ("header", "X-PLANNR-ACCOUNT-UUID", True),
    ]
    assert create["parameters"][0]["schema"]["items"]["enum"] == ["participants", "plans"]
    assert [one["name"] for one in cancel["parameters"]] == ["id"]
    assert [one["name"] for one in subscribe["parameters"]] == ["Idempotency-Key"]
    assert subscribe["parameters"][0]["description"].endswith("Keys are kept for 21 days.")


def test_parameters_that_expressions_read(tmp_path: Path) -> None:
    """Those that the rules of this operation read, each header once."""
    folder = write(
        tmp_path,
        api="auth: {header: X-Key, headers: [X-Tenant], actor: {who: string}}",
        b=(
            "  tenant: {type: string, readonly: ignore, compute: \"request.headers['x-tenant']\"}\n"
            "  lang: {type: string, readonly: ignore, compute: {on: [create], value: request.query.lang}}\n"
            "  key: {type: string, readonly: ignore, compute: \"request.headers['x-key']\"}\n"
            "  trace: {type: string, readonly: ignore, compute: request.headers.trace}\n"
        ),
    )

    paths = document(folder)["paths"]

    assert [(one["in"], one["name"]) for one in paths["/a/b"]["post"]["parameters"]] == [
        ("query", "lang"),
        ("header", "X-Tenant"),
        ("header", "trace"),
    ]
    assert [one["name"] for one in paths["/a/b/{id}"]["patch"]["parameters"]] == ["id", "X-Tenant", "trace"]


def test_refusals_are_in_the_dialect_of_the_api() -> None:
    """Statuses as the API gives them; examples by the dialect itself, and of each error of the vendor's."""
    paths = shipped("goodstack/eligibility_subscription")["paths"]
    refused = paths["/v1/eligibility-subscriptions/{id}/cancel"]["post"]["responses"]
    created = paths["/v1/eligibility-subscriptions"]["post"]["responses"]
    rubixx = shipped("rubixx/engagement")["paths"]["/api/v2/supportschemes/{schemeReference}/engagements"]

    assert refused["401"] == {"description": "Unauthorized: unauthenticated"}
    examples = refused["400"]["content"]["application/json"]["examples"]
    assert examples["eligibility_subscription/already_cancelled"]["value"]["error"]["title"] == "Bad request"
    assert "idempotency" in created["400"]["description"]
    assert (
        "eligibility_subscription/entity_not_found"
        in created["400"]["content"]["application/json"]["examples"]
    )
    assert list(rubixx["post"]["responses"]["400"]["content"]) == ["application/problem+json"]


def test_every_dialect_that_ships_has_a_schema() -> None:
    """test_openapi_calls.py holds what they write against these."""
    assert set(SCHEMAS) == set(DIALECTS)


def test_a_dialect_of_a_plug_in_has_examples(tmp_path: Path) -> None:
    """What it writes is known only by asking it."""
    bare = ErrorDialect("shop_bare", lambda status, problems: {"no": problems[0].code}, "Bare.")
    plugin = SimpleNamespace(rulewright_dialects=lambda: [bare])
    folder = write(tmp_path, api="errors: {dialect: shop_bare, status: {'*': 418}}", b="  n: {type: integer}")

    found: Any = openapi(load(folder, plugins=[plugin]).compiled)

    refused = found["paths"]["/a/b"]["post"]["responses"]["418"]
    assert refused["content"] == {
        "application/json": {
            "examples": {"type": {"value": {"no": "type"}}, "undecided": {"value": {"no": "undecided"}}}
        }
    }
    assert refused["description"] == "I'm a Teapot: invalid_json, type, unknown_field, undecided"


def test_answers_have_the_shape_of_the_response() -> None:
    """In the envelope; records that are shown whole, chosen fields, money; nothing with the status 204."""
    goodstack, plannr = shipped("goodstack/eligibility_subscription"), shipped("plannr/case")
    (create, *_) = goodstack["paths"].values()
    told = goodstack["components"]["schemas"]["goodstack.eligibility_subscription-response"]["properties"]
    case = plannr["components"]["schemas"]["plannr.case-response"]
    (_, update) = shipped("rubixx/engagement")["paths"].values()

    assert create["post"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"] == {
        "data": {"$ref": "#/components/schemas/goodstack.eligibility_subscription-response"},
        "object": {"const": "eligibility_subscription"},
    }
    assert told["suggestedActivitySubTags"] == {
        "type": ["array", "null"],
        "items": {"$ref": "#/components/schemas/goodstack.activity_sub_tag"},
    }
    assert told["status"]["enum"][0] == "pending_validation_request"
    assert list(case["properties"]["type"]["properties"]) == ["uuid", "name", "created_at", "updated_at"]
    assert list(case["properties"]["value"]["properties"]) == ["amount", "currency", "formatted"]
    assert "participants" in case["properties"]
    assert "participants" not in case["required"]
    assert update["patch"]["responses"]["204"] == {"description": "No Content"}


SHOWN = """  n: {type: integer, required: true}
  d: {type: date, format: '%d/%m/%Y'}
  tags: {type: list, items: {type: string}}
  other: {type: integer, references: {resource: a/b, as: found}}
lookups:
  all: {find_all: a/b, by: {n: record.n}}
  last: {max: a/b, of: n, by: {other: record.other}}
response:
  body: {x: "EXPRESSION"}
"""
RECORD = {"$ref": "#/components/schemas/a.b"}
NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("expression", "schema"),
    [
        ("record.n", {"type": "integer", "format": "int64"}),
        ("record.d", {"type": ["string", "null"], "x-rulewright": {"format": "%d/%m/%Y"}}),
        ("record.tags[0]", {"type": "string"}),
        ("record", RECORD),
        # Whoever names no record finds none.
        ("found", {"anyOf": [RECORD, NULL]}),
        ("given(found.id) ? found.n : null", {"type": ["integer", "null"], "format": "int64"}),
        ("all", {"type": "array", "items": RECORD}),
        ("all.map(x, x.n)", {"type": "array", "items": {"type": "integer", "format": "int64"}}),
        ("all.filter(x, x.n > 1)", {"type": "array", "items": RECORD}),
        # What is made of a variable is not known; one may have the name of something else, too.
        ("all.map(last, last.n + 1)", {"type": "array", "items": {}}),
        ("record.tags.map(last, optional.of(last).value())", {"type": "array", "items": {}}),
        ("size(all) + 1", {"type": "integer"}),
        ("now", {"type": "string", "format": "date-time"}),
        # A caller may lack what is declared.
        ("actor.who", {"type": ["string", "null"]}),
        ("record.n > 1 ? 'big' : 'small'", {"enum": ["big", "small"]}),
        ("record.n > 1 ? 'big' : null", {"enum": ["big", None]}),
        ("record.n > 1 ? record.n : dyn(1)", {}),
        (
            "record.n > 1 ? record.tags : record.n",
            {
                "anyOf": [
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "integer", "format": "int64"},
                    NULL,
                ]
            },
        ),
    ],
)
def test_an_expression_has_the_schema_of_what_it_gives(expression: str, schema: Any, tmp_path: Path) -> None:
    """As far as the fields behind it, or the static checker, tell it; else anything."""
    folder = write(tmp_path, api="auth: {actor: {who: string}}", b=SHOWN.replace("EXPRESSION", expression))

    schemas = document(folder)["components"]["schemas"]

    assert schemas["a.b-response"]["properties"]["x"] == schema


@pytest.mark.parametrize(
    ("start", "step"),
    [
        ("", "cel.bind(x{new}, {{'a': {old}, 'b': {old}}}, "),
        ("[1]", ".map(x{new}, {{'a': x{new}, 'b': x{new}}})"),
    ],
)
def test_what_grows_by_doubling_is_cut(start: str, step: str, tmp_path: Path) -> None:
    """A variable that stands for much may be anything."""
    steps = "".join(step.format(new=one, old=f"x{one - 1}" if one else "1") for one in range(35))
    rest = "" if start else f"x34{')' * 35}"
    folder = write(tmp_path, b=SHOWN.replace("EXPRESSION", start + steps + rest))

    assert len(json.dumps(document(folder))) < 1_000_000


def test_what_reacts_may_refuse_a_call(tmp_path: Path) -> None:
    """With the codes of its event, and of what reacts to that in turn; a key that is sent may be taken."""
    event = "fields: {why: {type: string, MORE}}"
    reacting = (
        "  s: {{type: string}}\n  of: {{type: integer}}\n"
        "workflow: {{field: s, initial: x, states: {{x: }}, events: {{go: {{{}}}}}, "
        "transitions: [{{event: go, from: x, to: x}}], "
        "reactions: [{{after: {}, for_each: {{find_all: a/{}, by: {{of: source.id}}}}, fire: go}}]}}"
    )
    folder = write(
        tmp_path,
        c=reacting.format(event.replace("MORE", "min_length: 2"), "a/b.create", "c"),
        d=reacting.format(event.replace("MORE", "pattern: x"), "a/c.go", "d"),
    )
    (folder / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields: {id: {type: integer}}\n"
    )

    said = document(folder)["paths"]["/a/b"]["post"]["responses"]

    assert said["413"]["description"] == "Request Entity Too Large: limit"
    assert said["409"]["description"] == "Conflict: unique, transition"
    assert (
        said["400"]["description"]
        == "Bad Request: invalid_json, type, unknown_field, required, min_length, pattern"
    )


def test_an_answer_of_which_nothing_is_known(tmp_path: Path) -> None:
    """May be anything."""
    found = document(write(tmp_path, b="response: {body: actor}"))

    assert found["components"]["schemas"]["a.b-response"] == {}
    assert [*OpenAPIV31SpecValidator(found).iter_errors()] == []


def test_what_is_sensitive_is_never_an_example(tmp_path: Path) -> None:
    """In what is sent, what is answered, and the path."""
    folder = write(
        tmp_path,
        b="  s: {type: string, sensitive: true, example: '111', default: '222'}\n"
        "response: {body: {s: record.s}}",
    )
    text = json.dumps(document(folder))

    assert "111" not in text
    assert "222" not in text
    assert text.count('"sensitive": true') == 3
    assert "111223333" not in json.dumps(shipped())


def test_paths_that_are_not_told_are_derived(tmp_path: Path) -> None:
    """From the names of API and resource, or from the paths that are told; the document says so."""
    flow = "workflow: {field: s, initial: x, states: {x: , y: }, transitions: [{event: go, from: x, to: y}]}"
    folder = write(
        tmp_path,
        b=f"  s: {{type: string}}\n{flow}",
        c=f"  s: {{type: string}}\n{flow}\n"
        "operations: {create: {path: things/}, go: {event: go}, update: {method: PUT}}",
    )

    found = document(folder)["paths"]

    assert {path: list(one) for path, one in found.items()} == {
        "/a/b": ["post"],
        "/a/b/{id}": ["patch"],
        "/a/b/{id}/go": ["post"],
        "/things/": ["post"],
        "/things/{id}/go": ["post"],
        "/things/{id}": ["put"],
    }
    go = found["/a/b/{id}/go"]["post"]
    assert "derived" in go["description"]
    assert "description" not in found["/things/"]["post"]
    assert go["requestBody"]["required"] is False
    assert go["x-rulewright"]["transitions"] == [{"from": ["x"], "to": "y"}]
    assert go["summary"] == "Fire go on a b"


def test_what_is_deleted_needs_no_body(tmp_path: Path) -> None:
    """An event without fields, by a method that has no use for one; fields are sent all the same."""
    flow = (
        "workflow: {field: s, initial: x, states: {x: }, transitions: [{event: go, from: x, to: x}], "
        "events: {tell: {fields: {why: {type: string}}}}}"
    )
    told = "operations: {go: {event: go, method: DELETE}, tell: {event: tell, method: DELETE}}"
    found = document(write(tmp_path, b=f"  s: {{type: string}}\n{flow}\n{told}"))

    assert "requestBody" not in found["paths"]["/a/b/{id}/go"]["delete"]
    assert "requestBody" in found["paths"]["/a/b/{id}/tell"]["delete"]
    assert list(found["components"]["schemas"]) == ["a.b", "a.b.tell", "refusal-rfc9457"]


def test_operations_that_are_declared_are_all_there_is() -> None:
    """The events of a subscription that only the system fires have no path."""
    found = shipped("goodstack/eligibility_subscription")["paths"]

    assert list(found) == [
        "/v1/eligibility-subscriptions",
        "/v1/eligibility-subscriptions/{id}",
        "/v1/eligibility-subscriptions/{id}/cancel",
    ]


def test_two_apis_are_told_apart_by_their_paths() -> None:
    """CT/OI and Plannr both have /api/v1/cases; a derived path names its API already."""
    paths = list(shipped("ct_oi", "plannr")["paths"])

    assert [one for one in paths if one.endswith("cases")] == ["/ct_oi/api/v1/cases", "/plannr/api/v1/cases"]
    assert "/ct_oi/county" in paths
    assert shipped("ct_oi", "plannr")["info"]["title"] == "CharityTracker / Oasis Insight, Plannr"


def test_one_path_for_two_operations_is_refused(tmp_path: Path) -> None:
    """OpenAPI can't hold both; parameters that differ by name alone are one."""
    told = "operations: {{update: {{method: PUT, path: '/x/{{{}}}'}}}}"
    folder = write(tmp_path, b=told.format("id"), c=told.format("key"))

    with pytest.raises(
        EvaluationError, match=r"PUT /x/\{key\} is the path of a\.b\.update and of a\.c\.update"
    ):
        document(folder)


def test_parameters_are_named_alike_at_one_path(tmp_path: Path) -> None:
    """As the path that stands first has it."""
    both = "operations: {update: {method: PUT, path: '/x/{id}'}, create: {method: POST, path: '/x/{key}'}}"
    found = document(write(tmp_path, b=both))["paths"]

    assert {path: list(one) for path, one in found.items()} == {"/x/{id}": ["put", "post"]}
    assert found["/x/{id}"]["post"]["parameters"][0]["name"] == "id"


def test_a_refusal_may_have_the_status_of_what_is_accepted(tmp_path: Path) -> None:
    """Then the body is either."""
    folder = write(tmp_path, api="errors: {dialect: drf, status: {'*': 201}}", b="  n: {type: integer}")

    said = document(folder)["paths"]["/a/b"]["post"]["responses"]

    assert list(said) == ["201"]
    assert said["201"]["content"]["application/json"]["schema"]["anyOf"] == [
        {"$ref": "#/components/schemas/a.b"},
        {"$ref": "#/components/schemas/refusal-drf"},
    ]


def test_versions_of_rule_files_are_that_of_the_document(tmp_path: Path) -> None:
    """All there are; without any it is 0, because OpenAPI asks for one."""
    folder = write(tmp_path, b="version: 2.5", c="version: '7'", d="title: D")

    assert document(folder)["info"] == {"title": "a", "version": "2.5, 7"}
    assert document(folder, "a/b", "a/d")["info"]["version"] == "2.5"
    assert document(folder, "a/d")["info"]["version"] == "0"


def test_the_command_prints_json_or_yaml() -> None:
    """Of all that ships; both say the same, and our own reader of YAML reads it so."""
    as_json, as_yaml = run(), run("--format", "yaml")
    said = json.loads(as_json.stdout)

    assert (as_json.exit_code, as_yaml.exit_code) == (0, 0)
    assert said == shipped()
    assert yaml.safe_load(as_yaml.stdout) == said
    node, problems = read_source(as_yaml.stdout.encode(), "openapi.yaml")
    assert problems == ()
    assert node is not None
    assert to_plain(node) == said
    assert as_yaml.stdout.startswith("openapi: 3.1.0\ninfo:\n  title: ")


def test_where_the_api_is() -> None:
    """Only whoever asks for the document knows."""
    said = json.loads(run("ct_oi/county", "--server", "https://a.example", "--server", "/b").stdout)

    assert said["servers"] == [{"url": "https://a.example"}, {"url": "/b"}]
    assert "servers" not in shipped()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ct_oy", "there is no resource or API ct_oy; did you mean ct_oi?"),
        ("ct_oi/caes", "there is no resource or API ct_oi/caes; did you mean ct_oi/case?"),
        ("case", "there is no resource or API case; did you mean ct_oi/case or plannr/case?"),
    ],
)
def test_a_name_that_is_none(name: str, said: str) -> None:
    """Is told with the nearest, or with all there are."""
    ran = run("ct_oi", name)

    assert (ran.exit_code, ran.stdout, ran.stderr) == (2, "", f"error: {said}\n")


def test_an_api_without_resources(tmp_path: Path) -> None:
    """There is nothing to describe."""
    folder = write(tmp_path, b="title: B")
    (folder / "empty").mkdir()
    (folder / "empty" / "api.yaml").write_text("rulewright: 1\napi: empty\n")

    ran = run("empty", "--rules", str(folder))

    assert (ran.exit_code, ran.stderr) == (
        2,
        "error: there is nothing to export: empty has no resources\n",
    )


def test_rules_that_are_wrong(tmp_path: Path) -> None:
    """Are told as everywhere."""
    ran = run("--rules", str(write(tmp_path, b="  n: {type: integre}")))

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "did you mean integer?" in ran.stderr


def test_a_reader_that_goes_away() -> None:
    """Ends it quietly."""
    command = f"{sys.executable} -m rulewright export openapi | head -c 10"

    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (141, '{\n  "opena', "")
