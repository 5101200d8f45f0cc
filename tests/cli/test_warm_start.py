"""A warm start answers as the whole command does, or not at all; and imports nothing that takes time."""

from __future__ import annotations

import io
import json
import marshal
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from workplace import Run, Write

from rulewright import load
from rulewright.cli.warm_start import decide_warm
from rulewright.private_cache import read_kept, write_kept
from rulewright.program import shipped_rules
from rulewright_adapters import open_store

# What takes longer to import than a warm start takes.
SLOW = {
    *("click", "msgspec", "marshmallow", "yaml", "re2", "rich", "sqlite_utils", "difflib", "tomllib"),
    *("hashlib", "inspect", "dataclasses", "pathlib", "pickle", "tempfile"),
    *("rulewright.cel", "rulewright.model", "rulewright.compiled", "rulewright.evaluation"),
    *("rulewright.program", "rulewright.reader", "rulewright.hotpath.quick", "rulewright.outcome"),
}
ORDER = """\
rulewright: 1
resource: shop/order
key: id
fields:
  id: {type: integer, generate: sequence, readonly: reject}
  customer:
    type: string
    required: true
    max_length: 20
    checks: [{id: once, check: same == 0, message: this customer has ordered already}]
  stamp: {type: string, readonly: ignore}
  total: {type: number, min: 0}
  count: {type: integer, min: 1, max: 9}
  paid: {type: boolean}
  size: {type: string, one_of: [small, large]}
  tags: {type: list, items: {type: string}, max_length: 2}
  card: {type: string, sensitive: true, pattern: '[0-9]{4}'}
  day: {type: date}
  address:
    type: object
    fields:
      street: {type: string, max_length: 20}
      zip: {type: string, nullable: true}
  twin: {type: integer, nullable: true, references: {resource: shop/order}}
lookups:
  same: {count: shop/order, by: {customer: payload.customer}}
"""
ALL = {"customer": "Ann", "total": 2.5, "count": 3, "paid": True, "size": "small", "tags": ["a"]}
ALL |= {"card": "1234", "day": "2025-01-31", "address": {"street": "High St", "zip": None}, "twin": 1}
PAYLOADS: dict[str, object] = {
    "least": {"customer": "Ann"},
    "all": ALL,
    "whole total": {"customer": "Ann", "total": 2},
    "large total": {"customer": "Ann", "total": 2**60},
    "other script": {"customer": "Åsa ☃"},
    "escapes": {"customer": "\u001b[31mred"},
    "no customer": {"total": 1},
    "null customer": {"customer": None},
    "long": {"customer": "x" * 21},
    "NUL": {"customer": "a\0b"},
    "wrong type": {"customer": 5},
    "flag as number": {"customer": "Ann", "count": True},
    "number as flag": {"customer": "Ann", "paid": 1},
    "beyond": {"customer": "Ann", "count": 10},
    "no size": {"customer": "Ann", "size": "huge"},
    "many tags": {"customer": "Ann", "tags": ["a", "b", "c"]},
    "wrong tag": {"customer": "Ann", "tags": [1]},
    "wrong card": {"customer": "Ann", "card": "12"},
    "no day": {"customer": "Ann", "day": "2025-02-30"},
    "no street": {"customer": "Ann", "address": {"zip": "1"}},
    "wrong street": {"customer": "Ann", "address": {"street": 5}},
    "unknown part": {"customer": "Ann", "address": {"street": "x", "town": "y"}},
    "unknown": {"customer": "Ann", "colour": "red"},
    "long street": {"customer": "Ann", "address": {"street": "x" * 21, "zip": 5}, "colour": "red"},
    "parts": {"customer": "Ann", "address": {"town": 1, "street": 2, "stret": 3}, "colour": "red"},
    "own id": {"customer": "Ann", "id": 7},
    "warned": {"customer": "Ann", "stamp": "x"},
    "dangling": {"customer": "Ann", "twin": 99},
    "twice": {"customer": "Bob"},
    "list": [{"customer": "Ann"}],
    "text": "Ann",
}
# What is left to the whole command: batches, doubles that may not hold a whole number, and what its rules say
# in more words than one test of a value has.
LEFT = {"large total", "text", "NUL", "many tags", "wrong tag"}
Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test, and rules in the work place."""
    (tmp_path / "rules" / "shop").mkdir(parents=True)
    (tmp_path / "rules" / "shop" / "order.yaml").write_text(ORDER)
    (tmp_path / "rulewright.toml").write_text('rules = "rules"\nactor = {name = "Ann"}\n')
    (tmp_path / "records.json").write_text(json.dumps({"shop/order": [{"id": 1, "customer": "Bob"}]}))
    monkeypatch.setenv("RULEWRIGHT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def compare(run: Run, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Run a command both ways; return whether the warm start answered."""
    # Its stdout is no terminal here, as the other way's.
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)

    def call(*words: str) -> bool:
        whole = run(*words)
        answer = decide_warm(words)
        if answer is not None:
            out, err, code = answer
            assert (_timeless(whole.out), whole.err, whole.code) == (_timeless(out), err, code)
        return answer is not None

    return call


def _timeless(text: str) -> str:
    """A report without the time at which it was made."""
    return re.sub(r'("as_of": )"[^"]*Z"', r"\1", text)


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("records", [(), ("--records", "records.json"), ("--store", "sqlite:///orders.db")])
def test_as_the_whole_command(
    name: str, records: tuple[str, ...], compare: Compare, run: Run, write: Write
) -> None:
    """Whatever is sent, a warm start says what the whole command says, and it answers most of it."""
    if "--store" in records:
        program = load("rules")
        store = open_store("sqlite:///orders.db")
        store.prepare(program.tables)
        program.apply("shop/order", {"customer": "Bob"}, store=store)
        store.close()
    words = ("validate", "shop/order", write("order.json", json.dumps(PAYLOADS[name])), *records)

    run(*words)

    assert compare(*words) is (name not in LEFT)


def test_configured_rules_are_named_from_here(compare: Compare, run: Run, write: Write) -> None:
    """A warm start finds the program that was kept for them, whose positions are named in the same way."""
    words = ("validate", "shop/order", write("order.json", {"total": 1}), "--records", "records.json")
    run(*words)

    assert compare(*words, "--format", "pretty")
    assert " rules/shop/order.yaml:" in run(*words, "--format", "pretty").out


@pytest.mark.parametrize("place", ["key: id", "    type: object"])
def test_what_is_ignored(place: str, compare: Compare, run: Run, write: Write) -> None:
    """Unknown fields, or parts, that are ignored are warned of; of several kinds the whole command tells."""
    indent = "" if place.startswith("key") else "    "
    Path("rules/shop/order.yaml").write_text(ORDER.replace(place, f"{place}\n{indent}unknown: ignore"))
    words = ("validate", "shop/order", "order.json", "--records", "records.json")
    write("order.json", PAYLOADS["least"])
    run(*words)

    assert compare(*words)
    for name in ("unknown", "unknown part", "parts"):
        write("order.json", PAYLOADS[name])
        assert compare(*words) is (name != "parts")


@pytest.mark.parametrize("look", [("json",), ("jsonl",), ("pretty",), ("pretty", "--color", "always")])
def test_in_every_format(look: tuple[str, ...], compare: Compare, run: Run, write: Write) -> None:
    """Whatever is sent, each format shows of it what it shows after the whole command, secrets masked."""
    fixed = ("--as-of", "2025-01-15T12:00:00+02:00", "--seed", "3")
    words = ("validate", "shop/order", "order.json", "--records", "records.json", *fixed, "--format", *look)
    write("order.json", PAYLOADS["least"])
    run(*words)
    left: set[str] = set()
    for name, payload in PAYLOADS.items():
        write("order.json", json.dumps(payload))
        if not compare(*words):
            left.add(name)

    assert left == LEFT


def test_texts_to_mask_that_overlap(compare: Compare, run: Run, write: Write) -> None:
    """Of texts that overlap a warm start masks those that the whole command masks, as often as it runs."""
    letters = "abcdefghijklmnopqrst"
    secret = ORDER.replace("items: {type: string}, max_length: 2", "items: {type: string, sensitive: true}")
    shown = "operations: {create: {method: POST, path: /orders}}\nresponse: {body: {name: record.customer}}\n"
    Path("rules/shop/order.yaml").write_text(secret + shown)
    tags = [letters[start : start + 4] for start in range(17)]
    words = ("validate", "shop/order", write("order.json", {"customer": letters, "tags": tags}))
    run(*words, "--records", "records.json")

    assert compare(*words, "--records", "records.json", "--format", "jsonl")


BATCHES: dict[str, object] = {
    "lines.jsonl": '{"customer": "Ann"}\n\n{"customer": 5}\r\n{"customer": "Bob"}',
    "one.ndjson": '{"customer": "Ann"}\n',
    "spaces.jsonl": ' {"customer": "Ann"}\n',
    "broken.jsonl": '{"customer": "Ann"}\n{\n',
    "returns.jsonl": '{"customer":\r5}\n',
    "none.jsonl": "\n",
    "long.jsonl": '{"customer": "Ann"}\n' * 3_001,
    "full.jsonl": '{"customer": "Ann"}\n{"customer": 5}\n' * 200,
    "list.json": '[{"customer": "Ann"},\r\n {"customer": 5},\r {"customer": [\n1]}]',
    "empty.json": "[]",
    "mixed.json": '[{"customer": "Ann"}, 5]',
    "order.json": '{"customer": "Ann"}',
    "wrong.json": '{"customer":\n5}',
}
ODD = {
    "spaces.jsonl",
    "broken.jsonl",
    "returns.jsonl",
    "none.jsonl",
    "long.jsonl",
    "empty.json",
    "mixed.json",
}


@pytest.mark.parametrize("look", ["text", "json", "jsonl", "pretty"])
def test_batches(look: str, compare: Compare, run: Run, write: Write) -> None:
    """Lists, lines and several files are told of as batches, with their summary."""
    for name, text in BATCHES.items():
        write(name, text)
    more = ("--records", "records.json", "--seed", "3", "--format", look)
    run("validate", "shop/order", "order.json", *more)

    for name in BATCHES:
        assert compare("validate", "shop/order", name, *more) is (name not in ODD)
        assert compare("validate", "shop/order", "wrong.json", name, *more) is (name not in ODD)
    assert not compare("validate", "shop/order", "order.json", "nowhere.json", *more)


def test_the_actor_in_a_file(compare: Compare, run: Run, write: Write) -> None:
    """Who calls may stand in a JSON file; what is wrong with it is told by the whole command."""
    words = ("validate", "shop/order", write("order.json", '{"customer": "Ann"}'), "--actor")
    write("bea.json", '\n{"name": "Bea"}\n')
    write("list.json", "[]")
    write("bea.yaml", "name: Bea\n")
    run(*words, "bea.json")

    assert compare(*words, "bea.json")
    for name in ("list.json", "bea.yaml", "nowhere.json"):
        assert not compare(*words, name)


@pytest.mark.parametrize("look", ["text", "json", "jsonl", "pretty"])
def test_the_same_problem_of_several_payloads(look: str, compare: Compare, run: Run, write: Write) -> None:
    """Each has its own place, also where nothing was read for it."""
    words = ("validate", "shop/order", "two.jsonl", "--seed", "3", "--format", look)
    write("two.jsonl", '{"total": 1}\n{"total": 2}\n{"colour": 1}\n{"colour": 2}\n')
    run(*words)

    assert compare(*words)


PARTNER: dict[str, object] = {"partnerId": "p1", "configurationId": "c1"}
ADVISER: dict[str, object] = {"account": "5d0f6a3e-2a0b-4b55-9a51-6d1c63f0f0a1", "firm": "f1"}
STATUS = "5d0f6a3e-2a0b-4b55-9a51-6d1c63f0f0a2"
STORED: dict[str, list[dict[str, object]]] = {
    "goodstack/organisation": [
        {
            "id": "o1",
            "name": "Good",
            "active": True,
            "classification": "classified",
            "activitySubTags": ["t1"],
        }
    ],
    "goodstack/partner_configuration": [{"id": "c1", "allowedActivitySubTags": ["t1", "t2"]}],
    "goodstack/activity_sub_tag": [{"id": "t1"}],
    "rubixx/person": [{"reference": "P1", "name": "Bob"}],
    "plannr/account": [{"uuid": ADVISER["account"], "firm": "f1", "type": "client", "name": "Ann"}],
    "plannr/case_status": [{"uuid": STATUS, "firm": "f1", "name": "Open", "position": 1}],
}
# Resource, caller, and payloads of which it is known whether a warm start answers them.
SHIPPED: tuple[tuple[str, dict[str, object], dict[str, bool]], ...] = (
    (
        "goodstack/eligibility_subscription",
        PARTNER,
        {
            '{"organisationId": "o1", "suggestedActivitySubTags": ["t1"]}': True,
            '{"organisationId": "o1", "metadata": {"a": "b"}}': True,
            '{"organisationId": "o2"}': True,
            '{"organisationId": "o1", "validationRequestId": "v1"}': True,
            '{"organisationId": 5}': True,
            "{}": True,
            '{"organisationId": "o1", "suggestedActivitySubTags": [5]}': False,
        },
    ),
    (
        "plannr/case",
        ADVISER,
        {
            f'{{"name": "Ann Lee", "participants": ["{ADVISER["account"]}"], "value": 1250}}': True,
            f'{{"name": "Ann Lee", "participants": ["{ADVISER["account"]}"], "status": "{STATUS}"}}': True,
            f'{{"name": "Ann", "participants": ["{ADVISER["account"]}"], "color": "red", "slug": ""}}': True,
            f'{{"name": " ", "participants": ["{STATUS}"], "value": "x"}}': True,
            '{"name": 5, "status": "x"}': True,
            "{}": True,
        },
    ),
    ("ct_oi/county", {"agent": 3, "group": 9}, {'{"name": "Kent"}': True}),
    (
        "rubixx/person",
        {"permissions": []},
        {'{"reference": "P2", "name": "Ann"}': True, '{"reference": "P1"}': True, '{"name": 5}': True},
    ),
)


@pytest.mark.parametrize("look", ["text", "json", "pretty"])
@pytest.mark.parametrize(("resource", "actor", "payloads"), SHIPPED, ids=[one[0] for one in SHIPPED])
def test_shipped_resources(
    resource: str,
    actor: dict[str, object],
    payloads: dict[str, bool],
    look: str,
    compare: Compare,
    run: Run,
    write: Write,
) -> None:
    """Rules that call CEL's own functions, macros and maps are kept, too."""
    fixed = ("--as-of", "2025-01-15T12:00:00Z", "--seed", "3", "--format", look)
    words = ("validate", resource, "p.json", "--rules", str(shipped_rules()), *fixed)
    known = ("--actor", json.dumps(actor))
    write("records.json", json.dumps(STORED))
    for where in ((), ("--records", "records.json")):
        write("p.json", next(iter(payloads)))
        run(*words, *known, *where)
        assert compare(*words, *where, "--actor", "null")
        assert compare(*words, *where, "--actor", json.dumps(dict([*actor.items()][1:])))
        for payload, answered in payloads.items():
            write("p.json", payload)
            assert compare(*words, *known, *where) is answered


ACCEPTED = ("validate", "shop/order", "order.json", "--records", "records.json")


@pytest.fixture
def warm(run: Run, write: Write) -> tuple[str, ...]:
    """A command that a warm start answers."""
    write("order.json", {"customer": "Ann"})
    run(*ACCEPTED)

    assert decide_warm(ACCEPTED) is not None
    return ACCEPTED


@pytest.mark.parametrize(
    "more",
    [
        ("--actor", '{"name": "Bea"}'),
        ("--actor=null",),
        ("--format", "text"),
        ("--format=json",),
        ("--format", "nonsense"),
        ("--color", "always"),
        ("--color", "nonsense"),
        ("--seed", "3"),
        ("--as-of", "2025-01-15T00:00:00Z"),
        ("--operation", "update"),
        ("--header", "X=1"),
        ("--rules", "elsewhere"),
        ("--rules",),
        ("--store", "sqlite:///none.db"),
        ("--records", "records.json"),
        ("--accepted", "a.jsonl"),
        ("--fix",),
        ("--help",),
        ("-h",),
        ("--",),
        ("order.json",),
        ("*.json",),
        ("-",),
    ],
    ids=" ".join,
)
def test_other_options(more: tuple[str, ...], warm: tuple[str, ...], compare: Compare) -> None:
    """Whatever options there are, a warm start says what the whole command says."""
    assert compare(*warm, *more) in (True, False)


@pytest.mark.parametrize(
    ("variable", "value", "answered"),
    [
        ("RULEWRIGHT_ACTOR", '{"name": "Bea"}', True),
        ("RULEWRIGHT_ACTOR", "", False),
        ("RULEWRIGHT_FORMAT", "json", True),
        ("RULEWRIGHT_RULES", "elsewhere", False),
        ("RULEWRIGHT_STORE", "sqlite:///none.db", False),
        ("RULEWRIGHT_AS_OF", "2025-01-15T00:00:00Z", True),
        ("RULEWRIGHT_NO_PLUGINS", "1", False),
        ("_RULEWRIGHT_COMPLETE", "bash_source", False),
    ],
)
def test_environment(
    *,
    variable: str,
    value: str,
    answered: bool,
    warm: tuple[str, ...],
    compare: Compare,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the environment says counts as it does for the whole command."""
    monkeypatch.setenv(variable, value)

    assert compare(*warm) is answered


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ('rules = "rules"\n', True),
        ('rules = "rules"\naudit = false\n', True),
        ('rules = "rules"\nformat = "jsonl"\n', True),
        ('rules = "rules"\nformat = ""\n', False),
        ('rules = "rules"\nstore = "sqlite:///none.db"\n', False),
        ('rules = "rules"\nplugins = ["nothing"]\n', False),
        ('rules = "nowhere"\n', False),
        ("wrong = [", False),
    ],
)
def test_configuration(text: str, *, answered: bool, warm: tuple[str, ...], compare: Compare) -> None:
    """A configuration that changed is read before a warm start knows it."""
    Path("rulewright.toml").write_text(text)

    assert decide_warm(warm) is None
    assert compare(*warm) is answered


def test_wrong_configuration_under_a_flag(warm: tuple[str, ...], compare: Compare) -> None:
    """A format that nobody knows is told of, though another one is asked for; a known one is no matter."""
    for configured, answered in (("sarif", True), ("xml", False)):
        Path("rulewright.toml").write_text(f'rules = "rules"\nformat = "{configured}"\n')

        assert compare(*warm, "--format", "text") is answered


def test_project_without_configuration(warm: tuple[str, ...], compare: Compare) -> None:
    """A pyproject.toml that says nothing about Rulewright is passed over, once it was read."""
    Path("below").mkdir()
    Path("below/pyproject.toml").write_text("[project]\nname = 'x'\n")
    for name in ("order.json", "records.json"):
        Path("below", name).write_text(Path(name).read_text())
    os.chdir("below")

    assert decide_warm(warm) is None
    assert compare(*warm)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", " {}", '{"customer": "Ann", "customer": "Ann"}', '{"customer": NaN}', "\ufeff{}"),
        '{"customer": "Ann"} {}',
        '{"customer": ' + "[" * 500 + "]" * 500 + "}",
        '\n{"customer": "Ann"}',
        '{"customer": "\\ud800"}',
    ],
)
def test_other_texts(text: str, warm: tuple[str, ...], compare: Compare, write: Write) -> None:
    """Text that is no payload, or begins elsewhere than a payload does, is told by the whole command."""
    write("order.json", text)

    assert not compare(*warm)


def test_records_with_faults(warm: tuple[str, ...], compare: Compare, write: Write) -> None:
    """Records that the rules do not know are refused by the whole command."""
    for wrong in ({"shop/order": [{"id": 1, "nonsense": 1}]}, {"shop/bill": []}, {"shop/order": 5}, []):
        write("records.json", json.dumps(wrong))
        assert not compare(*warm)


@pytest.mark.parametrize(
    "text",
    ['{"customer": "Ann"}', '{"customer": 5}', "{", "[{}]", '{"customer": "' + "x" * 11_000_000 + '"}'],
)
def test_stdin(text: str, warm: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload on stdin is answered as one in a file; what is left to the whole command is read by it."""
    words = tuple("-" if one == "order.json" else one for one in warm)
    whole = run(*words, stdin=text)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    answer = decide_warm(words)

    answered = text.startswith('{"') and len(text) < 99
    assert answer == ((whole.out, whole.err, whole.code) if answered or text == "[{}]" else None)
    assert answer is not None or sys.stdin.buffer.read() == text.encode()


def test_interrupted_stdin(warm: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops waiting for stdin gets no traceback."""

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=SimpleNamespace(read=interrupt)))

    assert decide_warm(tuple("-" if one == "order.json" else one for one in warm)) == ("", "", 130)


def test_rules_that_changed(warm: tuple[str, ...], compare: Compare) -> None:
    """A program of other rules is not run, though the resource is the same."""
    rules = Path("rules/shop/order.yaml")
    rules.write_text(rules.read_text().replace("max_length: 20", "max_length: 2"))

    assert decide_warm(warm) is None
    assert compare(*warm)
    assert (decide_warm(warm) or ("", "", 0))[2] == 1


def test_plugin_installed_since(
    warm: tuple[str, ...], compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something with entry points was installed since, the whole command looks at it first."""
    folder = Path("site/thing-1.dist-info")
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
    (folder / "entry_points.txt").write_text("[console_scripts]\nthing = thing:main\n")
    monkeypatch.syspath_prepend("site")

    assert decide_warm(warm) is None
    assert compare(*warm)


def test_library_upgraded_since(
    warm: tuple[str, ...], compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another version of a library would say is not known from before."""
    folder = Path("site/marshmallow-99.0.0.dist-info")
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend("site")

    assert decide_warm(warm) is None
    assert compare(*warm)


def test_terminal_gets_colours(warm: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal the report is another one, and without colours for those who refuse them."""
    coloured, plain = (run(*warm, "--format", "pretty", "--color", one).out for one in ("always", "never"))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

    assert decide_warm(warm) == (coloured, "", 0)
    monkeypatch.setenv("NO_COLOR", "1")
    assert decide_warm(warm) == (plain, "", 0)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(file.read_bytes().replace(b"customer", b"costumer")),
        lambda file: file.write_bytes((file.parent / "other.program").read_bytes()),
    ],
    ids=["altered", "another's place"],
)
def test_program_that_is_not_ours(
    spoil: Callable[[Path], object], warm: tuple[str, ...], cache: Path, run: Run
) -> None:
    """Code is only run from a whole file of the user's own, made here and for this."""
    whole = run(*warm).out
    (file,) = cache.glob("*.program")
    write_kept(str(cache), "other.program", read_kept(str(cache), file.name) or b"", most=9)
    assert decide_warm(warm) == (whole, "", 0)
    spoil(file)

    assert decide_warm(warm) is None
    assert run(*warm).out == whole


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", marshal.dumps({}), marshal.dumps({"frozen": ({}, [("evil",)])})]
)
def test_damage(content: bytes, warm: tuple[str, ...], cache: Path, run: Run) -> None:
    """What is no program, though sealed, costs nobody more than time."""
    whole = run(*warm).out
    (file,) = cache.glob("*.program")
    write_kept(str(cache), file.name, content, most=9)

    assert decide_warm(warm) is None
    assert run(*warm).out == whole


def test_nothing_can_be_kept(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder to keep things in, every run is a whole one."""
    write("order.json", {"customer": "Ann"})
    write("file", "")
    for named in ("file/below", "off"):
        monkeypatch.setenv("RULEWRIGHT_CACHE", named)
        assert [run(*ACCEPTED).code, decide_warm(ACCEPTED)] == [0, None]


def test_read_only_cache(
    warm: tuple[str, ...], cache: Path, run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept in a folder that can't be written any more is read, and nothing else is tried."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # The tests may be run by root, whom modes of files do not hold up.
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    write("rules/shop/bill.yaml", ORDER.replace("shop/order", "shop/bill").replace("order", "bill"))

    assert run(*ACCEPTED).code == 0
    assert decide_warm(ACCEPTED) is None
    Path("rules/shop/bill.yaml").unlink()
    assert decide_warm(ACCEPTED) is not None
    assert len([*cache.glob("*.program")]) == 1


def test_two_at_once(run: Run, write: Write, cache: Path) -> None:
    """Processes that keep and read the same at the same time all say the same."""
    write("order.json", {"customer": "Ann"})
    command = [sys.executable, "-m", "rulewright", *ACCEPTED]

    said: set[tuple[int, bytes, bytes]] = set()
    for _ in range(2):
        started = [subprocess.Popen(command, stdout=-1, stderr=-1) for _ in range(3)]
        said |= {(one.wait(), *one.communicate()) for one in started}

    assert len(said) == 1
    assert next(iter(said))[0] == 0
    assert {file.suffix for file in cache.iterdir()} == {"", ".rules", ".program", ".configuration"}


@pytest.mark.parametrize("customer", ["Ann", "Bob", 5])
@pytest.mark.parametrize("records", ["--records", "--store", ""])
def test_imports_little(
    records: str, customer: object, warm: tuple[str, ...], run: Run, write: Write
) -> None:
    """The point of it: what takes time is not imported, whether a payload is accepted or refused."""
    write("order.json", {"customer": customer})
    where = "records.json"
    if records == "--store":
        where = "sqlite:///orders.db"
        store = open_store(where)
        store.prepare(load("rules").tables)
        with store.transaction() as transaction:
            transaction.insert("shop/order", {"id": 1, "customer": "Bob"})
        store.close()
    words = [*warm[:3], records, where] if records else [*warm[:3]]
    if not records:
        run(*words)
    command = [sys.executable, "-X", "importtime", "-m", "rulewright", *words]

    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    # Without a store nobody knows whether somebody has ordered already.
    assert ran.returncode == int(customer != "Ann" or not records)
    assert ran.stdout.startswith("order.json:1:")
    assert "rulewright.hotpath.warm" in imported
    # Adapters have data classes.
    assert imported & SLOW <= {"dataclasses", "inspect"}
    assert not {name for name in imported if name.startswith("rulewright.evaluation")}


def test_closed_output(warm: tuple[str, ...]) -> None:
    """Where nobody reads any more, a warm start ends as the whole command does: without a traceback."""
    command = f"{sys.executable} -m rulewright {' '.join(warm)}"

    full = subprocess.run(f"{command} > /dev/full", shell=True, capture_output=True, text=True, check=False)
    closed = subprocess.run(f"{command} >&-", shell=True, capture_output=True, text=True, check=False)

    assert (full.returncode, full.stderr) == (2, "error: the results: No space left on device\n")
    assert closed.returncode == 2
    assert "stdout is closed" in closed.stderr
