"""The static checker: types, problems and their places."""

from __future__ import annotations

import contextlib
import os
import random
import string
import time
from pathlib import Path
from typing import get_args

import pytest
from checker_case_files import DECLARATIONS, CheckerCase, read_cases

from rulewright.cel import Type, evaluate, kind_of, parse, qualify
from rulewright.cel.checker import (
    CONDITION,
    CheckCode,
    Checked,
    Declarations,
    Expected,
    RecordField,
    check,
    check_tree,
    cost,
    record,
)
from rulewright.cel.conformance import read_value, run_file
from rulewright.cel.errors import CelError

DATA = Path(
    os.environ.get(
        "RULEWRIGHT_CEL_CONFORMANCE",
        Path(__file__).resolve().parents[3] / "shared" / "conformance" / "cel.json",
    )
)


def _finds(checked: Checked, text: str) -> tuple[tuple[str, str], ...]:
    return tuple((problem.code, text[problem.start : problem.end]) for problem in checked.problems)


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case.name)
def test_case(case: CheckerCase) -> None:
    """Each expression has its type and exactly its problems, each at its piece of the text."""
    checked = check(case.expr, DECLARATIONS)

    assert _finds(checked, case.expr) == case.finds
    assert case.type in (None, str(checked.type))
    if case.says is not None:
        assert case.says in checked.problems[0].message
    if case.hint is not None:
        assert case.hint in (checked.problems[0].hint or "")


def test_every_code_has_a_case() -> None:
    """The case files show every code; the cost and results are asked for by the caller."""
    asked_for = {"expression-syntax", "wrong-result", "too-costly"}

    seen = {code for case in read_cases() for code, _ in case.finds}

    assert seen == set(get_args(CheckCode)) - asked_for


def test_what_is_no_cel_is_one_problem() -> None:
    """A text that does not parse has no type, and one problem where parsing stopped."""
    checked = check("p.name ==", DECLARATIONS)

    assert [problem.code for problem in checked.problems] == ["expression-syntax"]
    assert checked.type == Type("dyn")


@pytest.mark.parametrize(
    ("text", "types", "codes"),
    [
        ("p.name", ("string",), []),
        ("p.name", ("int",), ["wrong-result"]),
        ("1", ("double",), []),
        ("1.5", ("int",), ["wrong-result"]),
        ("p.name", ("int", "string"), []),
        ("p.any", ("int",), []),
        ("null", ("int",), []),
        ("p.age", ("string",), ["wrong-result"]),
        ("given(p.age) ? p.age : null", ("int",), []),
    ],
)
def test_the_result_is_compared_with_what_is_expected(
    text: str, types: tuple[str, ...], codes: list[str]
) -> None:
    """An expression that gives another type than its place takes is wrong; null is for other rules."""
    expected = Expected(tuple(map(Type, types)), "the field x")

    assert [problem.code for problem in check(text, DECLARATIONS, expected).problems] == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("p.name == 'x'", []),
        ("p.name", ["not-a-condition"]),
        ("p.happy", ["may-be-null"]),
        ("given(p.happy) && p.happy", []),
        ("true", ["constant-condition"]),
        ("p.any", []),
    ],
)
def test_a_condition_is_true_or_false(text: str, codes: list[str]) -> None:
    """What is neither is an error, what may be null a warning."""
    assert [problem.code for problem in check(text, DECLARATIONS, CONDITION).problems] == codes


def test_null_and_constants_are_warnings() -> None:
    """Only what can never work is an error."""
    checked = check("maybe.name == 'x' && true", DECLARATIONS)

    assert {problem.severity for problem in checked.problems} == {"warning"}
    assert checked.errors == ()


def test_one_path_is_told_of_once() -> None:
    """A path that may be null is told of where it is first used, not each time."""
    checked = check("[p.address.town, p.address.town, maybe.name]", DECLARATIONS)

    assert [problem.start for problem in checked.problems] == [1, 33]


def test_problems_are_in_the_order_of_the_text() -> None:
    """Reports read from left to right."""
    checked = check("p.b == 1 || p.a == 2 && p.c == 3", DECLARATIONS)

    assert [problem.name for problem in checked.problems] == ["b", "a", "c"]


@pytest.mark.skipif(not DATA.exists(), reason="the conformance suite is not part of the project")
def test_what_the_suite_evaluates_is_not_refused() -> None:
    """No test of the suite that gives a value is an error to the checker, but for a written 2 / 0."""
    import json  # noqa: PLC0415

    refused = []
    for case in json.loads(DATA.read_text(encoding="utf-8")):
        if case["disable_check"] or case["disable_macros"] or "value" not in case["expect"]:
            continue
        names = {name: Type("dyn") for name in (*case["type_env"], *case["bindings"])}
        node = qualify(parse(case["expr"]), names, case["container"])
        checked = check_tree(node, case["expr"], Declarations(names))
        kind = kind_of(read_value(case["expect"]["value"]))
        fits = checked.type.name in ("dyn", "wrapper", kind.name)
        if not fits or {problem.code for problem in checked.errors} - {"division-by-zero"}:
            refused.append(case["expr"])

    assert refused == []


@pytest.mark.skipif(not DATA.exists(), reason="the conformance suite is not part of the project")
def test_deduced_types_of_the_suite() -> None:
    """Every test that states a type passes, those of declared functions included."""
    verdicts = [verdict for verdict in run_file(DATA) if verdict.name.startswith("type_deduction")]

    assert len(verdicts) >= 16
    assert {verdict.outcome for verdict in verdicts} == {"passed"}


def test_any_text_is_checked_without_an_exception() -> None:
    """Whatever parses can be checked: random expressions over the grammar, wrong types and all."""
    rng = random.Random(7)
    for _ in range(3_000):
        text = _random_expression(rng, 4)
        try:
            node = parse(text)
        except CelError:
            continue
        checked = check_tree(node, text, DECLARATIONS)

        assert all(0 <= problem.start <= problem.end <= len(text) for problem in checked.problems)


@pytest.mark.parametrize(
    "text",
    [
        "find(people, x, has(" * 18 + "p" + ".age)).name" * 18,
        "find(people, x, " * 18 + "p.kind == 'a'" + ").kind == 'b'" * 18,
        "".join(f"cel.bind(a{i}, {{'x': a{i - 1}, 'y': a{i - 1}}}, " for i in range(1, 30)).replace(
            "a0", "p.name"
        )
        + "".join(f"cel.bind(b{i}, {{'x': b{i - 1}, 'y': b{i - 1}}}, " for i in range(1, 30)).replace(
            "b0", "1"
        )
        + "p.happy == true ? a29 : b29"
        + ")" * 58,
        " && ".join(["has(p.age)", "p.age > 1"] * 200),
        "!" * 70 + "p.happy",
    ],
)
def test_no_nesting_makes_a_check_slow(text: str) -> None:
    """Each node is typed a bounded number of times, however macros, has() and conditions are nested."""
    start = time.process_time()
    checked = check(text, DECLARATIONS)
    with contextlib.suppress(CelError):
        cost(parse(text), {})

    assert time.process_time() - start < 1
    assert checked.type is not None


def test_what_has_no_problem_evaluates() -> None:
    """Random expressions over a full record that the checker has nothing against never meet a wrong type."""
    person = {
        "name": "Ann",
        "age": 3,
        "nick": "A",
        "height": 1.5,
        "happy": True,
        "born": kind_value(),
        "tags": ["a"],
        "address": {"town": "Ely", "code": "x"},
        "any": 1,
        "scores": {"a": 1},
    }
    bindings = {"p": person, "maybe": person, "people": [person], "owner": person, "sure": 1}
    rng = random.Random(11)
    met: list[str] = []
    for _ in range(4_000):
        text = _random_expression(rng, 3)
        try:
            found = check(text, DECLARATIONS)
            if found.errors or "p.any" in text or "dyn" in str(found.type):
                continue
            evaluate(parse(text), bindings, functions=DECLARATIONS.functions)
            met.append("a value")
        except CelError as error:
            met.append(error.message)

    assert met.count("a value") > 100
    assert [message for message in met if "not defined" in message or "cannot" in message] == []


def kind_value() -> object:
    """A date."""
    return evaluate(parse("timestamp('2025-01-31T00:00:00Z')"), {})


def _random_expression(rng: random.Random, depth: int) -> str:
    atoms = (
        *("p", "p.name", "p.age", "p.height", "p.happy", "p.born", "p.tags", "p.address.town", "maybe.name"),
        *("p.any", "people", "p.scores", "1", "2.5", "'a'", "true", "null", "[1]", "{'a': 1}", "x", "p.zz"),
    )
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(atoms)
    a, b, c = (_random_expression(rng, depth - 1) for _ in range(3))
    forms = (
        *(f"({a} {operator} {b})" for operator in ("==", "<", "+", "-", "*", "in", "&&", "||", "!=", "/")),
        *(f"!{a}", f"-{a}", f"({a} ? {b} : {c})", f"[{a}, {b}]", f"{{'k': {a}}}", f"{a}[{b}]"),
        *(f"size({a})", f"{a}.contains({b})", f"{a}.exists(x, {b})", f"{a}.map(x, {b})", f"has({a}.name)"),
        *(f"cel.bind(x, {a}, {b})", f"{a}.filter(x, {b})", f"{a}.name", f"given({a})", f"string({a})"),
    )
    return rng.choice(forms)


def test_names_of_records_may_be_any_word() -> None:
    """A field is found whatever it is called, by a dot or by brackets."""
    names = ["size", "in_", *string.ascii_lowercase]
    declarations = Declarations({"r": record("r", {name: RecordField(Type("int")) for name in names})})

    assert all(check(f"r.{name} == 1 || r['{name}'] == 2", declarations).problems == () for name in names)
