"""Generated source: readable, and made of nothing but our names and literals."""

from __future__ import annotations

import ast
import dis
import keyword
import re
import warnings
from collections.abc import Container, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from situations import events_of

from rulewright import Program, load
from rulewright.hotpath import program_source
from rulewright.hotpath.intake import GENERATED
from rulewright.hotpath.runtime.names import NAMES
from rulewright.hotpath.writing.build import generate
from rulewright.hotpath.writing.unit import NotGenerated

RESOURCES = load().resources
TESTS = Path(__file__).parents[1]
# Folders of rules that the tests have.
FOLDERS = sorted(
    {path.parents[1] for path in TESTS.glob("language/*/*/api.yaml")} | {TESTS / "hotpath" / "wide"}
)
API = 'rulewright: 1\napi: desk\ntargets: {hook: {method: POST, url: "https://x.example/\');os"}}\n'
HOSTILE = r"""
rulewright: 1
resource: desk/request
key: id
fields:
  id: {type: string, readonly: ignore, generate: {sequence: {prefix: "'); import os  #", width: 3}}}
  kind:
    type: string
    one_of: ["a'\"\n", "]; raise SystemExit  #"]
    default: "]; raise SystemExit  #"
  text:
    type: string
    pattern: "[^'\"]*"
    checks:
      - id: c
        check: |-
          value != "\"); exit() #" && value in ["'); os", "x"]
        message: "'); exit()"
  other:
    type: string
    compute: |-
      "\\" + 'exit()' + "\"" + record.text
  __import__: {type: string, default: "]; os"}
  __builtins__: {type: object, fields: {eval: {type: string}, __class__: {type: integer}}}
  exec: {type: integer, compute: record.__import__.size()}
  state: {type: string, readonly: ignore}
workflow:
  field: state
  initial: made
  states: {made: {}, "it's')]; import os": {}}
  events: {go: {fields: {text: {}, __import__: {}, "lambda": {type: string, default: "'); exit()"}}}}
  transitions:
    - event: go
      from: made
      to: "it's')]; import os"
      guard: |-
        payload.text != "\"); exit() #"
      set:
        other: |-
          "'); exit()"
      effects: [{id: "told", send: hook, body: {"'); os": "'\\'); exit()'"}}]
"""


def names_of(source: str) -> set[str]:
    """Every name that Python reads in the source, attributes and arguments too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
    return found


def is_ours(name: str, made: set[str]) -> bool:
    # `accept` numbers the variables of the functions that it is made of.
    name = re.sub(r"^v[0-9]+_", "", name)
    return name in made or name.startswith(("c_", "l_", "x_", "r_", "part_"))


METHODS = {
    "actor",
    "add",
    "append",
    "body",
    "bound",
    "chance",
    "changed",
    "changes",
    "current",
    "count",
    "extreme",
    "find",
    "format",
    "fromkeys",
    "get",
    "headers",
    "hidden",
    "isdisjoint",
    "kept",
    "key",
    "keys",
    "merged",
    "messages",
    "own",
    "pop",
    "step",
    "items",
    "last_in_sequence",
    "link",
    "lower",
    "names",
    "now",
    "p",
    "path",
    "payload",
    "planned",
    "query",
    "reads",
    "record",
    "records",
    "request",
    "required",
    "reserved",
    "response",
    "code",
    "conclude",
    "error",
    "existence",
    "revised",
    "seed",
    "store",
    "strip",
    "undecided",
    "unsound",
    "update",
    "uuid",
    "value",
    "written",
    "zfill",
    "checked",
    "values",
    "__class__",
    "__slots__",
    "join",
}
LOCALS = {
    "s",
    "f",
    "d",
    "v",
    "w",
    "k",
    "k0",
    "k1",
    "k2",
    "k3",
    "v0",
    "v1",
    "v2",
    "found",
    "r",
    "other",
    "reads",
    "item",
    "record",
    "body",
    "name",
    "missing",
    "ended",
    "entries",
    "refusal",
    "one",
    "planned",
    "Run",
    "accept",
    "opened",
    "respond",
    "collect",
    "shape",
    "caller",
    "part",
    "presence",
    "variants",
    "checks",
    "complete",
    "overruled",
    "plan",
    "uniques",
    "invariants",
    "excluded",
    "finish",
    "reread",
    "infer",
    "reactions",
    "f0",
    "f1",
    "f2",
    "merge",
    "stored",
    "forget",
    "take",
    "verify",
    "refuse",
    "step",
    "state",
    "sent",
}


OPERATIONS = [
    *((name, operation) for name in RESOURCES for operation in (*GENERATED, "create without a store")),
    *((name, event) for name, one in load().compiled.resources.items() for event in events_of(one)),
]


@pytest.mark.parametrize(("resource", "operation"), OPERATIONS)
def test_source_holds_only_our_names(program: Program, resource: str, operation: str) -> None:
    """Names are made by us or are declared fields; everything else a rule file says is a literal."""
    compiled = program.compiled.resources[resource]
    source = (
        generate(program.compiled, compiled, has_store=False).source
        if operation == "create without a store"
        else program_source(program.compiled, compiled, operation)
    )
    fields = {*(one.name for one in compiled.every_field()), *compiled.sendable}
    made = {*NAMES, *METHODS, *LOCALS, *fields}

    foreign = {name for name in names_of(source) if not is_ours(name, made) and not _is_constant(name)}

    assert foreign == set()
    assert not any(keyword.iskeyword(name) for name in fields)


def unknown_names(code: CodeType, known: Container[str]) -> Iterator[str]:
    """The names that a function would look for in vain."""
    for one in dis.get_instructions(code):
        if one.opname in ("LOAD_GLOBAL", "LOAD_NAME") and one.argval not in known:
            yield one.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from unknown_names(constant, known)


@pytest.mark.parametrize("folder", [None, *FOLDERS], ids=lambda folder: folder and folder.name)
def test_every_name_is_there(folder: Path | None) -> None:
    """A function that names what it was not given would leave each payload to the plain evaluator."""
    rules = (load() if folder is None else load(folder)).compiled
    for name, resource in rules.resources.items():
        for operation in (*GENERATED, *events_of(resource)):
            with suppress(NotGenerated):
                known = generate(rules, resource, operation).accept.__globals__
                functions = [one for one in known.values() if isinstance(one, FunctionType)]
                written = [one for one in functions if one.__globals__ is known]

                assert [*chain(*(unknown_names(one.__code__, known) for one in written))] == [], name


def _is_constant(name: str) -> bool:
    prefix, _, number = name.rpartition("_")
    return bool(prefix) and number.isdigit()


@pytest.mark.parametrize("operation", [*GENERATED, "go"])
def test_hostile_texts_stay_literals(tmp_path: Path, operation: str) -> None:
    """Whatever quotes and brackets a rule file holds, the source parses to the same names."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "api.yaml").write_text(API)
    (tmp_path / "desk" / "request.yaml").write_text(HOSTILE)
    rules = load(tmp_path).compiled

    source = program_source(rules, rules.resources["desk/request"], operation)

    assert {"os", "exit", "SystemExit", "__import__", "__builtins__"} & names_of(source) == set()
    assert "def accept(" in source


@pytest.mark.parametrize("operation", GENERATED)
@pytest.mark.parametrize("resource", RESOURCES)
def test_every_shipped_resource_has_a_program(program: Program, resource: str, operation: str) -> None:
    """None is left to the plain evaluator as a whole; who reacts is looked for."""
    source = program_source(program.compiled, program.compiled.resources[resource], operation)

    reacted_to = program.compiled.reactions.get((resource, operation))
    assert "def accept(" in source
    assert "def collect(" in source
    assert ("require_nobody(s, " in source) is bool(reacted_to)


CONSTANT = """\
rulewright: 1
resource: desk/item
key: id
fields:
  id: {type: integer, generate: sequence, readonly: reject}
  low: {type: integer, default: 3, readonly: reject}
  on: {type: boolean, default: true, readonly: reject}
  n: {type: integer, nullable: true, required_if: "given(record.low)"}
  u: {type: string, readonly: reject, default: x, unique: true}
  w:
    type: boolean
    readonly: reject
    compute: {on: create, value: "record.on == true || record.low == null"}
  at: {type: datetime, readonly: reject, nullable: true}
  v: {type: string, nullable: true, forbidden_if: "record.at >= now"}
"""


def test_constants_are_not_asked_for_null(tmp_path: Path) -> None:
    """Python would warn of it, whoever's rules they are."""
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "item.yaml").write_text(CONSTANT)
    rules = load(tmp_path).compiled

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = generate(rules, rules.resources["desk/item"]).source

    assert "def accept(" in source
