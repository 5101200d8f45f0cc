"""What plug-ins add, in programs: each program has its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from installing import Install

from rulewright import Program, RuleFileError, load
from rulewright.bundle import load_rules_once
from rulewright.plugins import (
    CelFunction,
    EffectKind,
    ErrorDialect,
    IdGenerator,
    ReportFormat,
    RuleCheck,
    text_type,
)
from rulewright.plugins.loading import build_registry
from rulewright.schema.fields import Text
from rulewright.schema.validators import refusal
from rulewright_adapters import open_store

RULES = """
rulewright: 1
resource: shop/order
key: id
operations:
  create: {method: POST, path: /orders, status: 201}
fields:
  id: {type: string, readonly: ignore, generate: {ticket: {width: 4}}}
  code: {type: code, required: true}
  said: {type: string, compute: said(record.code)}
  count: {type: integer}
effects:
  - id: note
    when: given(payload.count)
    log: {text: said(record.code), as: "'seen'"}
"""
TIME = "timestamp('2025-01-15T00:00:00Z')"
LOG = """
rulewright: 1
resource: shop/log
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  text: {type: string}
  kind: {type: string}
"""


def write_log(written: Any) -> list[dict[str, object]]:
    if not isinstance(written, dict) or "text" not in written:
        raise ValueError("write text: what is to be noted")
    first = {"create": "shop/log", "set": {"text": written["text"], "kind": written.get("as", "'note'")}}
    return [first, {"id": "twice", "when": "payload.count > 1", **first}]


def plugin(letter: str, **more: Any) -> SimpleNamespace:
    """A plug-in that adds the words of the rules, in its own way."""
    return SimpleNamespace(
        __name__=f"acme_{letter}",
        rulewright_field_types=lambda: [
            text_type(
                "code",
                f"a code with {letter}",
                check=lambda text: text.startswith(letter),
                example=f"{letter}1",
                wrong="1",
                docs="A code.",
                **more,
            )
        ],
        rulewright_functions=lambda: [
            CelFunction(
                "said",
                ["string"],
                "string",
                lambda text: letter + str(int(text[1:])),
                [f"said('{letter}01') == '{letter}1'"],
                "The code without zeros.",
                cost=7,
            )
        ],
        rulewright_effects=lambda: [EffectKind("log", write_log, {"text": "'x'"}, {}, "notes something")],
        rulewright_generators=lambda: [
            IdGenerator(
                "ticket",
                lambda chance, options: letter + chance.letters("0123456789", int(options["width"])),
                "a ticket's number",
                {"width": 3},
            )
        ],
    )


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "order.yaml").write_text(RULES)
    (folder / "shop" / "log.yaml").write_text(LOG)
    return folder


def problems_of(rules: Path, text: str) -> list[str]:
    """The mistakes in the order's file when it is changed to `text`."""
    (rules / "shop" / "order.yaml").write_text(text)
    with pytest.raises(RuleFileError) as raised:
        load(rules, plugins=[plugin("A")], installed=False)
    shown = [(one.span, one.code, one.message) for one in raised.value.problems if one.severity == "error"]
    return [f"{span.line}:{span.column} {code}: {message}" for span, code, message in shown]


def test_two_programs_in_one_process_never_disturb_each_other(rules: Path) -> None:
    """The same rules, the same words, two meanings; at the same time, in several threads."""
    programs = {letter: load(rules, plugins=[plugin(letter)], installed=False) for letter in "AB"}
    found: dict[tuple[str, str, int], tuple[str, object]] = {}

    def decide(letter: str, number: int) -> None:
        for sent in "AB":
            outcome = programs[letter].evaluate("shop/order", {"code": f"{sent}007"}, seed=1)
            found[letter, sent, number] = (outcome.verdict, (outcome.record or {}).get("said"))

    threads = [Thread(target=decide, args=(letter, number)) for letter in "AB" for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {(*key[:2], *told) for key, told in found.items()} == {
        ("A", "A", "accepted", "A7"),
        ("A", "B", "rejected", None),
        ("B", "B", "accepted", "B7"),
        ("B", "A", "rejected", None),
    }
    assert len(found) == 32
    assert programs["A"].ruleset != programs["B"].ruleset


class OddCode(Text):
    """Text without x; the error has a code of the plug-in's own."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "x" in text:
            raise refusal(self.rule, "acme_odd", f"{self.label} is odd")
        return text


def test_a_type_may_have_problem_codes_of_its_own(tmp_path: Path) -> None:
    """Prefixed with the plug-in's name; the outcome has them, on both paths."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: integer, readonly: ignore, "
        "generate: sequence}\n  it: {type: odd}\n"
    )
    odd = text_type(
        "odd",
        "even",
        check=lambda text: "x" not in text,
        example="a",
        wrong="x",
        docs="No x.",
        field=OddCode,
    )
    made = SimpleNamespace(__name__="acme", rulewright_field_types=lambda: [odd])
    program = load(tmp_path, plugins=[made], installed=False)

    for referee in (False, True):
        outcome = program.evaluate("a/b", {"it": "x"}, referee=referee)
        assert [(one.code, one.rule) for one in outcome.problems] == [("acme_odd", "a/b.it.acme_odd")]


def fail(*_: object) -> Any:
    raise RuntimeError("111-22-3333")


def fail_later(good: Any) -> Any:
    """What gives something when it is tried out, and fails ever after."""
    left = [good, good]
    return lambda *_: left.pop() if left else fail()


def test_what_a_plug_in_raises_stops_nobody(tmp_path: Path) -> None:
    """A type and a generator leave it undecided, a dialect is replaced; no secret is told."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "api.yaml").write_text("errors: {dialect: broken}\n")
    (tmp_path / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: string, readonly: ignore, "
        "generate: breaking}\n  it: {type: picky}\n"
    )

    def is_picky(text: str) -> bool:
        return fail() if text == "raise" else text == "good"

    made = SimpleNamespace(
        __name__="acme",
        rulewright_field_types=lambda: [
            text_type("picky", "picky", check=is_picky, example="good", wrong="bad", docs="Picky.")
        ],
        rulewright_dialects=lambda: [ErrorDialect("broken", fail_later({}), "fails")],
        rulewright_generators=lambda: [IdGenerator("breaking", fail_later("x"), "fails", {})],
    )
    program = load(tmp_path, plugins=[made], installed=False)

    program.evaluate("a/b", {"it": "bad"})
    unjudged, refused, undecided = (
        program.evaluate("a/b", {"it": text}) for text in ("raise", "bad", "good")
    )

    assert [(one.code, one.path, one.rule) for one in unjudged.problems][:1] == [
        ("undecided", "/it", "a/b.it.type")
    ]
    assert unjudged.problems[0].message == "it can't be judged: the type picky fails with RuntimeError"
    assert unjudged.verdict == "undecided"
    assert refused.problems[0].code == "format"
    assert refused.response is not None
    assert refused.response.body["title"] == "Bad Request"  # type: ignore[index]
    assert undecided.verdict == "undecided"
    assert "the generator breaking fails with RuntimeError" in undecided.problems[0].message
    assert "111-22-3333" not in repr((unjudged, refused.problems, undecided.problems, refused.response))


def test_a_check_that_fails_says_so(rules: Path) -> None:
    """The other checks go on, and the file is not taken."""
    acme = plugin("A")
    acme.rulewright_checks = lambda: [RuleCheck("acme-a-x", fail, "acme-a-x: nothing")]

    with pytest.raises(RuleFileError) as raised:
        load(rules, plugins=[acme], installed=False)

    assert [one.message for one in raised.value.problems if one.severity == "error"] == [
        "the check acme-a-x of a plug-in fails: RuntimeError: 111-22-3333"
    ] * 2


def test_a_check_that_gives_something_else_says_so(rules: Path) -> None:
    """It is no internal error of ours."""
    acme = plugin("A")
    acme.rulewright_checks = lambda: [RuleCheck("acme-a-x", lambda _: [5], "acme-a-x: nothing")]  # type: ignore[arg-type,list-item,return-value]

    with pytest.raises(RuleFileError) as raised:
        load(rules, plugins=[acme], installed=False)

    told = {one.message for one in raised.value.problems if one.severity == "error"}
    assert told == {"the check acme-a-x of a plug-in fails: TypeError: it gives int, not SourceProblem"}


def dots(entries: Iterable[object]) -> Iterator[str]:
    return ("." for _ in entries)


def test_a_plug_in_that_decides_nothing_leaves_the_ruleset_as_it_is(rules: Path) -> None:
    """Plans and replays go by the ruleset: a new store or format is no new rule."""
    (rules / "shop" / "order.yaml").unlink()
    store = SimpleNamespace(__name__="acme", rulewright_formats=lambda: [ReportFormat("dots", dots, "dots")])

    plain, more, other = (
        load(rules, plugins=found, installed=False).ruleset for found in ([], [store], [plugin("A")])
    )

    assert plain == more
    assert plain != other


def test_what_ships_is_as_it_was() -> None:
    """A program without plug-ins knows nothing of theirs."""
    build_registry([plugin("A")], installed=False)

    assert "code" not in load(installed=False).registry.types


def test_an_effect_stands_for_effects_of_the_language(rules: Path) -> None:
    """Its conditions are joined, its ids follow from its own."""
    program = load(rules, plugins=[plugin("A")], installed=False)
    one, two = (program.evaluate("shop/order", {"code": "A01", "count": n}, seed=3) for n in (1, 2))

    assert [(change.rule, change.set) for change in one.changes[1:]] == [
        ("shop/order.note", {"id": 1, "text": "A1", "kind": "seen"})
    ]
    assert [change.rule for change in two.changes[1:]] == ["shop/order.note", "shop/order.note_twice"]
    assert one.changes[0].key == two.changes[0].key
    assert str(one.changes[0].key).startswith("A")


def test_an_effect_of_a_transition_may_be_a_plug_ins(rules: Path) -> None:
    """Wherever effects stand, the keyword does."""
    (rules / "shop" / "order.yaml").write_text(
        "rulewright: 1\nresource: shop/order\nkey: id\nfields:\n"
        "  id: {type: integer, readonly: ignore, generate: sequence}\n"
        "  status: {type: string, readonly: ignore}\n"
        "workflow:\n  field: status\n  initial: open\n  states: {open: {}, closed: {final: true}}\n"
        "  transitions:\n    - event: close\n      from: open\n      to: closed\n"
        "      effects:\n        - {id: note, log: {text: record.status}}\n"
    )
    program = load(rules, plugins=[acme_without_count()], installed=False)
    store = open_store("sqlite://")
    made = program.apply("shop/order", {}, store=store)

    closed = program.apply("shop/order", {}, store=store, operation="close", key=made.outcome.changes[0].key)
    store.close()

    assert [(one.resource, one.set.get("text")) for one in closed.outcome.changes[1:]] == [
        ("shop/log", "closed")
    ]


def acme_without_count() -> SimpleNamespace:
    """The effect alone, as one effect."""
    made = plugin("A")
    made.rulewright_effects = lambda: [
        EffectKind("log", lambda written: write_log(written)[:1], {"text": "'x'"}, {}, "notes something")
    ]
    return made


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{text: said(record.code), ", "{", "14:10 wrong-value: log: write text: what is to be noted"),
        (
            "said(record.code), as",
            "said(record.cod), as",
            "14:29 unknown-path: the field record.cod is not known",
        ),
        (
            "\"'seen'\"}",
            "\"'seen'\"}\n    set: {}",
            "15:5 contradiction: set can't stand beside log, which stands for whole effects",
        ),
        ("log:", "logg:", "14:5 unknown-keyword: logg is no keyword here"),
        (
            "as: \"'seen'\"",
            "as: payload.count",
            "14:40 wrong-result: the field kind takes a text, and this is a number: payload.count",
        ),
    ],
)
def test_mistakes_in_an_effect_of_a_plug_in_have_their_place(
    old: str, new: str, expected: str, rules: Path
) -> None:
    """What was written is pointed at, even where a plug-in passed it on."""
    found = problems_of(rules, RULES.lstrip("\n").replace(old, new))

    assert [one for one in found if one.startswith(expected.replace("17:", "16:").replace("18:", "17:"))], (
        found
    )


def test_a_misspelt_keyword_of_a_plug_ins_effect_is_told_with_what_was_meant(rules: Path) -> None:
    """As one of the language is; nothing more is told of the effect."""
    (rules / "shop" / "order.yaml").write_text(RULES.lstrip("\n").replace("log:", "logg:"))

    with pytest.raises(RuleFileError) as raised:
        load(rules, plugins=[plugin("A")], installed=False)

    errors = [(one.code, one.hint) for one in raised.value.problems if one.severity == "error"]
    assert errors == [("unknown-keyword", "did you mean log?")]


def test_a_function_that_fails_leaves_the_payload_undecided(rules: Path) -> None:
    """The message says which function, and never what it was given."""
    program = load(rules, plugins=[plugin("A", sensitive=True)], installed=False)

    outcome = program.evaluate("shop/order", {"code": "Asecret"})

    assert outcome.verdict == "undecided"
    assert [problem.path for problem in outcome.problems] == ["/said"]
    assert "secret" not in json.dumps([str(problem) for problem in outcome.problems])


@pytest.mark.parametrize("referee", [True, False])
def test_functions_get_and_give_moments_as_python_has_them(rules: Path, referee: bool) -> None:
    """A point in time is a datetime in UTC, whatever expressions make of it; nested ones come out, too."""

    def next_days(moment: datetime) -> list[object]:
        return [moment.isoformat(), moment + timedelta(days=1), moment.date()]

    acme = SimpleNamespace(
        __name__="acme",
        rulewright_functions=lambda: [
            CelFunction(name, [kind], result, call, [f"type({name}({TIME})) == {shown}"], "Days.")
            for name, kind, result, call, shown in (
                ("day_after", "timestamp", "timestamp", lambda it: it + timedelta(days=1), f"type({TIME})"),
                ("day_of", "dyn", "dyn", lambda it: it.date(), f"type({TIME})"),
                ("next_days", "timestamp", "list", next_days, "list"),
            )
        ],
    )
    (rules / "shop" / "order.yaml").write_text(
        "rulewright: 1\nresource: shop/order\nkey: id\nfields:\n  id: {type: integer, required: true}\n"
        "  on: {type: date, required: true}\n  after: {type: date, compute: day_after(record.on)}\n"
        "  same: {type: datetime, compute: day_of(record.on)}\n"
        "  days: {type: any, compute: next_days(record.on)}\n"
    )
    program = load(rules, plugins=[acme], installed=False)

    record = program.evaluate("shop/order", {"id": 1, "on": "2025-12-31"}, referee=referee).record

    assert record is not None
    assert (record["after"], record["same"]) == ("2026-01-01", "2025-12-31T00:00:00Z")
    assert record["days"] == ["2025-12-31T00:00:00+00:00", "2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z"]


def test_a_whole_number_that_is_too_long_is_no_result(rules: Path) -> None:
    """CEL's have 64 bits: with a longer one, nothing is decided."""
    acme = plugin("A")
    long = CelFunction("long", ["int"], "int", lambda it: it**9, ["long(2) == 512"], "Longer.")
    functions = acme.rulewright_functions
    acme.rulewright_functions = lambda: [*functions(), long]
    text = RULES + "checks: [{id: short, check: long(payload.count) > 5, message: short}]\n"
    (rules / "shop" / "order.yaml").write_text(text)
    program = load(rules, plugins=[acme], installed=False)

    with closing(open_store("sqlite://")) as store:
        outcome = program.evaluate("shop/order", {"code": "A1", "count": 10**9}, store=store)

    assert [(one.code, one.rule) for one in outcome.problems] == [("undecided", "shop/order.short")]


def test_a_call_costs_what_the_function_declares(rules: Path) -> None:
    """Too many calls of a dear function are found when the rules are loaded."""
    dear = RULES.lstrip("\n").replace(
        "said(record.code)}", "'lists.range(100000).map(i, said(record.code))[0]'}", 1
    )

    assert any("too-costly" in one for one in problems_of(rules, dear))


def test_rules_are_read_again_when_a_plug_in_changes(
    rules: Path, install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is kept depends on the code of the plug-ins; without any, or with the same, it is used."""
    monkeypatch.setenv("RULEWRIGHT_CACHE", str(tmp_path / "cache"))
    file = install("acme", "X = 1\ndef rulewright_formats():\n    return []\n")
    (rules / "shop" / "order.yaml").unlink()
    stamps = [build_registry().stamp]
    for registry in (build_registry(), build_registry(), build_registry(installed=False)):
        load_rules_once(rules, registry=registry)
    kept = len([*(tmp_path / "cache").glob("*.rules")])
    file.write_text(file.read_text() + "# changed\n")
    stamps.append(build_registry().stamp)
    load_rules_once(rules, registry=build_registry())

    assert kept == 2
    assert len([*(tmp_path / "cache").glob("*.rules")]) == 3
    assert stamps[0] != stamps[1]


def test_rules_with_plug_ins_that_are_no_files_are_not_kept(
    rules: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody can tell whether such a plug-in is still the same."""
    monkeypatch.setenv("RULEWRIGHT_CACHE", str(tmp_path / "cache"))

    load(rules, plugins=[plugin("A")], installed=False)

    assert not (tmp_path / "cache").exists()


def test_a_program_travels_by_its_source(rules: Path) -> None:
    """The registry that a program holds is the one that it was loaded with."""
    program = load(rules, plugins=[plugin("A")], installed=False)

    assert isinstance(program, Program)
    assert [one.name for one in program.registry.plugins] == ["acme_A"]
    assert program.registry.declared["said"].cost == 7


def test_without_plug_ins_nothing_of_theirs_is_imported() -> None:
    """Who has none does not wait for pluggy, nor for what reads the metadata of distributions."""
    code = (
        "import sys\n"
        "from rulewright import load\n"
        "load()\n"
        "print([name for name in ('pluggy', 'importlib.metadata', 'phonenumbers') if name in sys.modules])\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
