"""`export openapi`: documents of rule files made at random are valid, or refused for the one reason."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator

from rulewright import EvaluationError, load
from rulewright.export import openapi
from rulewright.source.writing import write_yaml

TEXT = st.sampled_from(["A", "a: b", "{x}", "1e3", "ünï", "\u202e", "#", "no"])
STATUS = st.integers(200, 599)
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"])
PARTS = st.sampled_from(["things", "{id}", "{other}", "{id}", "v1", "a b", "é", "{x-y}", ""])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
HEADERS = st.sampled_from(["Authorization", "X-Key", "accept", "x-tenant", "X-Tenant"])
CODES = st.sampled_from(["*", "type", "required", "not_found", "undecided", "unauthenticated", "guard"])
EXPRESSIONS = st.sampled_from(
    [
        "record",
        "record.n",
        "record.o.p",
        "record['l']",
        "record.l[0]",
        "owner",
        "given(owner.id) ? owner.o : null",
        "all.map(x, x.l)",
        "all.map(x, pick(x, ['n', 'd']))",
        "all.filter(x, x.n > 1)",
        "size(all)",
        "all.map(x, all.map(y, x.n + y.n))",
        "{'a': record.d, 'b': [1, 2], 'c': now}",
        "[record.n, record.s, null]",
        "cel.bind(x, record.o, x.p)",
        "request.query.page",
        "request.headers['x-tenant']",
        "request.path",
        "actor",
        "money(record.n, 'GBP')",
        "given(record.n) && record.n > 1 ? 'big' : 'small'",
        "last",
        "'it'",
        "null",
        "1.5",
    ]
)
FIELDS = {
    "n": {"type": "integer", "min": 1, "required": True},
    "s": {"type": "string", "nullable": True, "blank": "absent", "one_of": ["a", "b"], "sensitive": True},
    "d": {"type": "date", "default_from": "today"},
    "l": {"type": "list", "items": {"type": "integer"}},
    "o": {"type": "object", "fields": {"p": {"type": "string", "required": True}}},
    "m": {"type": "map", "items": {"type": "datetime"}},
    "x": {"type": "any", "excluded_if": "payload.n == 3"},
    "t": {"type": "us_zip", "example": "12345"},
    "r": {"type": "string", "readonly": "reject"},
    "q": {"type": "string", "readonly": "ignore", "compute": "request.query.q"},
    "state": {"type": "string"},
}
FLOW = {
    "field": "state",
    "initial": "new",
    "states": {"new": {}, "old": {}},
    "events": {"age": {"fields": {"why": {"type": "string"}}}},
    "transitions": [{"event": "age", "from": "new", "to": "old", "guard": "payload.why != 'no'"}],
}


def some(**parts: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A map with some of these keys."""
    return st.fixed_dictionaries({}, optional=parts)


OPERATION = some(method=METHODS, path=PATHS, permission=TEXT, status=STATUS, accepts=st.just(["r"]))
API = some(
    title=TEXT,
    description=TEXT,
    auth=some(
        header=HEADERS,
        also=st.lists(HEADERS, max_size=2),
        scheme=st.sampled_from(["Bearer", "basic", "Token"]),
        headers=st.lists(HEADERS, max_size=2),
        actor=st.just({"who": "string", "permissions": "list"}),
    ),
    errors=st.fixed_dictionaries(
        {"dialect": st.sampled_from(["drf", "rfc9457", "goodstack", "laravel", "problem_details"])},
        optional={"status": st.dictionaries(CODES, STATUS)},
    ),
    idempotency=st.just({"header": "X-Once", "operations": ["create", "age"], "keep": "36h"}),
    envelope=st.sampled_from(["body", {"data": "body", "kind": "resource.name", "at": "now"}]),
    unknown=st.just("ignore"),
    formats=st.just({"date": "%d/%m/%Y", "datetime": "%d/%m/%Y %H:%M"}),
)
RESOURCE = st.fixed_dictionaries(
    {
        "fields": st.sets(st.sampled_from(["n", "s", "d", "l", "o", "m", "x", "t"])).map(
            lambda kept: {
                name: FIELDS[name] for name in FIELDS if name in kept or name not in ("m", "x", "t")
            }
        )
    },
    optional={
        "title": TEXT,
        "description": TEXT,
        "version": TEXT,
        "unknown": st.just("ignore"),
        "workflow": st.just(FLOW),
        "operations": some(create=OPERATION, update=OPERATION),
        "response": some(
            body=EXPRESSIONS | st.dictionaries(TEXT, EXPRESSIONS),
            include=st.dictionaries(st.sampled_from(["p", "q"]), EXPRESSIONS),
        ),
    },
)
LOOKUPS = {
    "owner": {"find": "a/b", "by": {"s": "request.query.other"}, "if_missing": "not_found"},
    "all": {"find_all": "a/b", "by": {"n": "record.n"}},
    "last": {"max": "a/b", "of": "d", "by": {"n": "record.n"}},
}


def write(folder: Path, api: dict[str, Any], resources: list[dict[str, Any]]) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "api.yaml").write_text(write_yaml({"rulewright": 1, "api": "a", **api}))
    for name, resource in zip("bc", resources, strict=False):
        key = {"type": "integer", "readonly": "ignore", "generate": "sequence"}
        whole = {"rulewright": 1, "resource": f"a/{name}", "key": "id", "lookups": LOOKUPS, **resource}
        whole["fields"] = {"id": key, **resource["fields"]}
        (folder / "a" / f"{name}.yaml").write_text(write_yaml(whole))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(API, st.lists(RESOURCE, min_size=1, max_size=2))
def test_documents_of_any_rules_are_valid(api: dict[str, Any], resources: list[dict[str, Any]]) -> None:
    """Whatever paths, statuses, callers, dialects, envelopes and responses they have."""
    with TemporaryDirectory() as name:
        write(Path(name), api, resources)
        program = load(name)
    try:
        found: Any = openapi(program.compiled)
    except EvaluationError as error:
        assert "is the path of a." in str(error)  # noqa: PT017 - the one reason there is
        return

    assert [str(one) for one in OpenAPIV31SpecValidator(found).iter_errors()] == []
