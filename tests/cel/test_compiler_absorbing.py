"""Errors that are held back without being raised, and programs that go on to expect them."""

from __future__ import annotations

import threading
from collections import UserDict

import pytest

from rulewright import cel

TEXTS = [
    "a.x == 1 || ok",
    "1 < a.x || ok",
    "a.x != 'q' && !ok",
    "a.x || ok",
    "!a.x && !ok",
    "!(a.x < 'm') || ok",
    "a.x > a.y || ok",
    "a.x == a.y && a.x == null || ok",
    "a.x in ['p', 'q'] || ok",
    "(a.x == 1 && a.y == 2) || (a.x > 1 && ok)",
    "!(a.x == true || a.y != null) || ok",
    "a['x'].y.z >= b'p' || a.x.y.z == 2u || ok",
    "[1, 2].exists(i, a.x == i) || [a].all(i, i.x > 1 && i.x < 9 || i.y == i.x) || ok",
    "a.x < 1.5 && lookup || ok",
    "ok && (lookup.x > 1 || a.x == 1)",
]
VALUES: list[object] = [None, True, False, 0, 1, 1.5, "p", b"p", [], [1], {}, {"y": {"z": 2}}, cel.Uint(2)]
RECORDS: list[object] = [
    *[{"x": x, "y": y} for x in VALUES for y in (None, 1, "p")],
    *VALUES,
    UserDict({"x": 1, "y": {}}),
    UserDict(),
]


class Store(dict[str, object]):
    """Bindings of which one is unknown."""

    def __missing__(self, name: str) -> object:
        if name == "lookup":
            raise cel.Unknown("no store")
        raise KeyError(name)


def told(evaluate: cel.program.Evaluate, bindings: Store) -> tuple[object, ...]:
    """The value, or the error with its words and place."""
    try:
        return type(value := evaluate(bindings)), value
    except cel.CelError as error:
        return type(error), str(error), error.start, error.end


def worn(text: str) -> cel.Program:
    """A program whose fast version has failed often."""
    program = cel.compile(text)
    for _ in range(20):
        with pytest.raises(cel.CelError):
            program.evaluate({})
    return program


@pytest.mark.parametrize("text", TEXTS)
def test_a_program_that_often_fails_gives_the_same(text: str) -> None:
    """Value, error, words and place, on whatever the paths meet."""
    program = worn(text)
    for a in RECORDS:
        for ok in (True, False, None):
            bindings = Store(a=a, ok=ok)
            walked = told(program.walk, bindings)

            assert told(program.evaluate, bindings) == walked, bindings
            absorbed = told(program.absorb, bindings)
            assert absorbed[0] == walked[0], bindings
            assert told(program.attempt, bindings)[0] == walked[0], bindings
            assert told(cel.Program(text, program.node).attempt, bindings) == walked, bindings
    for bindings in (Store(), Store(ok=True)):
        assert told(program.evaluate, bindings) == told(program.walk, bindings)


def test_who_holds_evaluate_gains_too() -> None:
    """The function itself changes, and nothing else about the program."""
    program = cel.compile("a.x == 1 || ok")
    evaluate = program.evaluate
    before = evaluate.__code__  # type: ignore[attr-defined]
    for _ in range(20):
        assert evaluate({"a": {}, "ok": True}) is True

    assert evaluate.__code__ is not before  # type: ignore[attr-defined]
    assert program.evaluate is evaluate
    assert evaluate({"a": {"x": 1}}) is True


def test_threads_may_be_in_the_midst_of_the_fast_version() -> None:
    """While it is replaced; none gets a wrong answer."""
    text = " || ".join(f"(a.x{n} == {n} && a.m{n} != 'k{n}')" for n in range(20)) + " || ok == 7"
    wrong: list[object] = []
    for _ in range(20):
        evaluate = cel.compile(text).evaluate
        gate = threading.Barrier(4)

        def run(evaluate: cel.program.Evaluate = evaluate, gate: threading.Barrier = gate) -> None:
            gate.wait()
            for n in range(40):
                full = {f"x{n % 20}": n % 20, f"m{n % 20}": ""}
                given = evaluate({"a": full, "ok": 1}), evaluate({"a": {}, "ok": 7})
                if given != (True, True):
                    wrong.append(given)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []
