"""How fast conditions run: `python tests/benchmarks/cel.py [--quick]`.

Our compiler beside a lambda written by hand and six engines from PyPI, each given dicts. Every number is the
median of several repeats, which take turns so that a busy machine slows all alike; compare ratios of one run,
never microseconds of two. The peers: pip install cel-expr-python common-expression-language cel-python
rule-engine zen-engine json-logic-qubit. Those that are missing are left out, and named.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import re
import statistics
import sys
import timeit
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import rulewright.cel

Record = Mapping[str, Any]
Condition = Callable[[Record], object]

OURS = "rulewright"
LAMBDA = "lambda"
CELS = ("cel-expr-python", "common-expression-language", "cel-python")
PEERS = (*CELS, "rule-engine", "zen-engine", "json-logic-qubit")


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table: conditions in every engine's own words, and the record they are about."""

    name: str
    record: Record
    cel: tuple[str, ...]
    by_hand: tuple[Condition, ...]
    others: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """For rule-engine, zen-engine, json-logic-qubit; one that is missing can't say it."""


_FIELDS = {
    "age": 34,
    "country": "GB",
    "status": "open",
    "amount": 250.5,
    "verified": True,
    "children": 2,
    "plan": "gold",
    "region": "north",
    "score": 71,
    "channel": "web",
}
_CLAUSES: tuple[tuple[str, str, Any], ...] = (
    ("age", ">=", 18),
    ("country", "==", "GB"),
    ("status", "!=", "closed"),
    ("amount", "<", 1000.0),
    ("verified", "==", True),
    ("children", "<=", 5),
    ("plan", "==", "gold"),
    ("region", "!=", "south"),
    ("score", ">", 50),
    ("channel", "==", "web"),
)


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


def _join(count: int, prefix: str, word: str) -> str:
    return f" {word} ".join(f"{prefix}{name} {op} {_literal(value)}" for name, op, value in _CLAUSES[:count])


def _json_logic(count: int, prefix: str) -> object:
    return {"and": [{op: [{"var": prefix + name}, value]} for name, op, value in _CLAUSES[:count]]}


def _by_hand(count: int, place: str) -> Condition:
    """What a programmer would write: `lambda r: r["age"] >= 18 and r["country"] == "GB"`."""
    text = " and ".join(
        f'{place}["{name}"] is True' if value is True else f'{place}["{name}"] {op} {value!r}'
        for name, op, value in _CLAUSES[:count]
    )
    condition: Condition = eval(f"lambda r: {text}")
    return condition


def clauses(count: int, *, nested: bool) -> Case:
    """A row of comparisons joined by `and`."""
    prefix, place = ("payload.person.", 'r["payload"]["person"]') if nested else ("", "r")
    words = _join(count, prefix, "and")
    return Case(
        f"{count} clause{'s' if count > 1 else ''}, {'nested' if nested else 'flat'}",
        {"payload": {"person": _FIELDS}} if nested else _FIELDS,
        (_join(count, prefix, "&&"),),
        (_by_hand(count, place),),
        {
            "rule-engine": (words,),
            "zen-engine": (words,),
            "json-logic-qubit": (_json_logic(count, prefix),),
        },
    )


_ITEMS = [{"sku": f"P{number}", "price": number * 3.0} for number in range(10)]


def _macro() -> Case:
    return Case(
        "one macro, 10 items",
        {"items": _ITEMS, "limit": 30.0},
        ("items.all(i, i.price < 30.0)",),
        (lambda r: all(item["price"] < 30.0 for item in r["items"]),),
        {
            "rule-engine": ("$all([i['price'] < 30.0 for i in items])",),
            "zen-engine": ("all(items, #.price < 30.0)",),
            "json-logic-qubit": ({"all": [{"var": "items"}, {"<": [{"var": "price"}, 30.0]}]},),
        },
    )


def _regex() -> Case:
    pattern = re.compile(r"^[A-Z]{2}[0-9]{6}[A-Z]?\Z")
    return Case(
        "one regex",
        {"number": "AB123456C"},
        ("number.matches('^[A-Z]{2}[0-9]{6}[A-Z]?$')",),
        (lambda r: pattern.search(r["number"]) is not None,),
        {
            "rule-engine": ('number =~ "^[A-Z]{2}[0-9]{6}[A-Z]?$"',),
            "zen-engine": ('matches(number, "^[A-Z]{2}[0-9]{6}[A-Z]?$")',),
        },
    )


def _absorbed() -> Case:
    return Case(
        "an absorbed error",
        _FIELDS | {"extra": {}},
        ("extra.missing == 1 || age >= 18",),
        (lambda r: r["extra"].get("missing") == 1 or r["age"] >= 18,),
    )


def _twenty() -> Case:
    """One record against 20 conditions of 1 to 4 clauses."""
    cases = [clauses(1 + number % 4, nested=number % 2 == 0) for number in range(20)]
    return Case(
        "20 conditions, 1 record",
        _FIELDS | {"payload": {"person": _FIELDS}},
        tuple(case.cel[0] for case in cases),
        tuple(case.by_hand[0] for case in cases),
        {name: tuple(case.others[name][0] for case in cases) for name in cases[0].others},
    )


def all_cases() -> list[Case]:
    """The rows of the table."""
    rows = [clauses(count, nested=nested) for nested in (False, True) for count in (1, 3, 10)]
    return [*rows, _macro(), _regex(), _absorbed(), _twenty()]


def _ours(_: Case, text: str) -> Condition:
    return rulewright.cel.compile(text).evaluate


def _cel_expr(case: Case, text: str) -> Condition:
    module = importlib.import_module("cel_expr_python.cel")
    env = module.NewEnv(variables=dict.fromkeys(case.record, module.Type.DYN))
    expression = env.compile(text)
    return lambda record: expression.eval(data=record).value()


def _common_expression(_: Case, text: str) -> Condition:
    program = importlib.import_module("cel").compile(text)
    execute: Condition = program.execute
    return execute


def _cel_python(_: Case, text: str) -> Condition:
    celpy = importlib.import_module("celpy")
    env = celpy.Environment()
    program = env.program(env.compile(text))
    return lambda record: program.evaluate({name: celpy.json_to_cel(value) for name, value in record.items()})


def _rule_engine(_: Case, text: str) -> Condition:
    module = importlib.import_module("rule_engine")
    rule = module.Rule(text, context=module.Context(resolver=module.resolve_item))
    matches: Condition = rule.matches
    return matches


def _zen(_: Case, text: str) -> Condition:
    expression = importlib.import_module("zen").compile_expression(text)
    evaluate: Condition = expression.evaluate
    return evaluate


def _json_logic_qubit(_: Case, rule: object) -> Condition:
    json_logic = importlib.import_module("json_logic").jsonLogic
    return lambda record: json_logic(rule, record)


_MAKERS: Mapping[str, Callable[[Case, Any], Condition]] = {
    OURS: _ours,
    "cel-expr-python": _cel_expr,
    "common-expression-language": _common_expression,
    "cel-python": _cel_python,
    "rule-engine": _rule_engine,
    "zen-engine": _zen,
    "json-logic-qubit": _json_logic_qubit,
}


def conditions(case: Case, engine: str) -> tuple[Condition, ...] | str:
    """The case's conditions in an engine, or why it can't run them."""
    if engine == LAMBDA:
        return case.by_hand
    texts = case.cel if engine == OURS or engine in CELS else case.others.get(engine)
    if texts is None:
        return "cannot say it"
    try:
        made = tuple(_MAKERS[engine](case, text) for text in texts)
        wrong = [text for text, condition in zip(texts, made, strict=True) if not condition(case.record)]
    except ImportError:
        return "not installed"
    except Exception as error:  # a peer may fail as it likes; the table says so
        return f"{type(error).__name__}: {error}"[:60]
    return f"gives another answer to {wrong[0]}" if wrong else made


def _timer(made: tuple[Condition, ...], record: Record) -> timeit.Timer:
    if len(made) == 1:
        return timeit.Timer("f(r)", globals={"f": made[0], "r": record})
    return timeit.Timer("for f in fs: f(r)", globals={"fs": made, "r": record})


def measure(case: Case, engines: list[str], repeats: int, seconds: float) -> dict[str, list[float] | str]:
    """Microseconds of every repeat by engine, or why there are none. The engines take turns."""
    timers: dict[str, tuple[timeit.Timer, int]] = {}
    found: dict[str, list[float] | str] = {}
    for engine in engines:
        made = conditions(case, engine)
        if isinstance(made, str):
            found[engine] = made
            continue
        timer = _timer(made, case.record)
        timer.timeit(200)
        timers[engine] = timer, max(1, int(seconds / (timer.timeit(20) / 20)))
    times: dict[str, list[float]] = {engine: [] for engine in timers}
    for _ in range(repeats):
        for engine, (timer, number) in timers.items():
            times[engine].append(timer.timeit(number) / number * 1e6)
    return {engine: times.get(engine) or found[engine] for engine in engines}


def _row(case: Case, times: Mapping[str, list[float] | str], engines: list[str]) -> str:
    medians = {name: statistics.median(found) for name, found in times.items() if not isinstance(found, str)}
    cells = [f"{medians[name]:.3f}" if name in medians else "-" for name in engines]
    # Of turns taken one after the other, so that the machine's moods cancel out.
    pairs = zip(times[OURS], times[LAMBDA], strict=True)
    ratio = statistics.median(float(ours) / float(by_hand) for ours, by_hand in pairs)
    best = min((medians[name] for name in CELS if name in medians), default=None)
    lead = f"{best / medians[OURS]:.0f}x" if best is not None else "-"
    return f"| {case.name} | {' | '.join(cells)} | {ratio:.2f} | {lead} |"


def _noise(times: Mapping[str, list[float] | str]) -> float:
    found = times[LAMBDA]
    assert not isinstance(found, str)
    low, _, high = statistics.quantiles(found, n=4)
    return (high - low) / statistics.median(found)


def main(arguments: list[str]) -> int:
    """Measure and print the table."""
    reader = argparse.ArgumentParser(description="How fast conditions run.")
    reader.add_argument("--quick", action="store_true", help="fewer and shorter repeats")
    reader.add_argument("--only", choices=PEERS, action="append", help="only these peers")
    options = reader.parse_args(arguments)
    repeats, seconds = (5, 0.005) if options.quick else (15, 0.03)
    engines = [LAMBDA, OURS, *(options.only or PEERS)]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; medians of {repeats}, microseconds\n")
    print(f"| | {' | '.join(engines)} | ours / lambda | best other CEL / ours |")
    print(f"|---|{'---:|' * (len(engines) + 2)}")
    noise: list[float] = []
    notes: list[str] = []
    for case in all_cases():
        times = measure(case, engines, repeats, seconds)
        print(_row(case, times, engines), flush=True)
        noise.append(_noise(times))
        notes += [f"{name}, {case.name}: {why}" for name, why in times.items() if isinstance(why, str)]
    print(f"\nnoise: half of the lambda's repeats lie within {statistics.median(noise):.0%} of each other")
    print("\n".join(["left out:", *notes]) if notes else "nothing left out")
    return 0


if __name__ == "__main__":
    # This file's folder comes first on the path, and a peer's module is called `cel` too.
    del sys.path[0]
    sys.exit(main(sys.argv[1:]))
