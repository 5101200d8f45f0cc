"""Run conformance tests of CEL: `python -m rulewright.cel.conformance [--engine NAME] FILE [FILE...]`.

A file is a JSON list of tests (expression, bindings, expected value or error) with tagged values, such as
`{"t": "int", "v": "1"}`. Every failing test is named and every skipped one listed with its reason; the last
line is `N passed, M failed`, and the exit code is 1 where any failed. Engines are listed in `ENGINES`.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from rulewright.cel.checker.suite import deduced
from rulewright.cel.comparison import equals
from rulewright.cel.errors import CelError
from rulewright.cel.evaluator import evaluate
from rulewright.cel.functions.times import parse_duration, parse_timestamp
from rulewright.cel.limits import Budget
from rulewright.cel.maps import MapBuilder
from rulewright.cel.namespace import qualify
from rulewright.cel.parser import parse
from rulewright.cel.program import Program
from rulewright.cel.tree import Node
from rulewright.cel.values import NANOS, TYPE_NAMES, Duration, Timestamp, Type, Uint, kind_of

_DESCRIPTION: Final = "Run conformance tests of CEL."
# What a test is named by.
_NAMING: Final = ("file", "section", "name")

Case = Mapping[str, Any]
"""One test as the file has it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one test."""

    name: str
    outcome: str
    """`passed`, `failed` or `skipped`."""
    detail: str = ""
    """What came instead of what was expected, or why it was skipped."""


def read_value(tagged: Mapping[str, Any]) -> object:
    """The value a tagged value stands for."""
    return _READERS[tagged["t"]](tagged.get("v", tagged))


def _read_map(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> object:
    builder = MapBuilder(Budget())
    for key, value in pairs:
        builder.add(read_value(key), read_value(value))
    return builder.build()


def _read_type(name: str) -> Type:
    return TYPE_NAMES.get(name, Type(name))


def _nanos(parts: Any) -> int:
    """Nanoseconds of `{"seconds": 1, "nanos": 2}`, where zeros may be left out, or of `[1, 2]`."""
    seconds, nanos = (parts.get("seconds", 0), parts.get("nanos", 0)) if isinstance(parts, dict) else parts
    return int(seconds) * NANOS + int(nanos)


def _read_timestamp(value: Any) -> Timestamp:
    return parse_timestamp(value) if isinstance(value, str) else Timestamp(_nanos(value))


def _read_duration(value: Any) -> Duration:
    return parse_duration(value) if isinstance(value, str) else Duration(_nanos(value))


_READERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "null": lambda _: None,
    "bool": bool,
    "int": int,
    "uint": lambda text: Uint(int(text)),
    "double": float,
    "string": str,
    "bytes": base64.b64decode,
    "list": lambda items: [read_value(item) for item in items],
    "map": _read_map,
    "type": _read_type,
    "timestamp": _read_timestamp,
    "duration": _read_duration,
}


def same_value(actual: object, expected: object) -> bool:
    """Equal and of one type: the suite tells 1 from 1.0, and takes NaN for NaN."""
    if kind_of(actual) is not kind_of(expected):
        return False
    if isinstance(actual, float) and isinstance(expected, float) and math.isnan(actual):
        return math.isnan(expected)
    return equals(Budget(), actual, expected)


def _walk(_: str, node: Node, bindings: Mapping[str, object]) -> object:
    return evaluate(node, bindings)


def _run_compiled(text: str, node: Node, bindings: Mapping[str, object]) -> object:
    return Program(text, node).evaluate(bindings)


def _run_absorbing(text: str, node: Node, bindings: Mapping[str, object]) -> object:
    return Program(text, node).absorb(bindings)


ENGINES: Final[Mapping[str, Callable[[str, Node, Mapping[str, object]], object]]] = {
    "walker": _walk,
    "compiled": _run_compiled,
    "absorbing": _run_absorbing,
}
"""What evaluates: the tree-walker, the compiler, or the compiler's error-absorbing version by itself."""


def run_case(case: Case, engine: str = "walker") -> Verdict:
    """Run one test."""
    name = "/".join(str(case[part]) for part in _NAMING)
    if "type" in case["expect"]:
        verdict = _run_check(name, case)
        if case["check_only"] or verdict.outcome != "passed":
            return verdict
    bindings = {key: read_value(value) for key, value in case["bindings"].items()}
    try:
        node = parse(case["expr"], macros=not case["disable_macros"])
        node = qualify(node, {*case["type_env"], *bindings}, case["container"])
        actual = ENGINES[engine](case["expr"], node, bindings)
    except CelError as error:
        failed = "" if "error" in case["expect"] else f"error: {error.message}"
        return Verdict(name, "failed" if failed else "passed", failed)
    if "error" in case["expect"]:
        return Verdict(name, "failed", f"gave {actual!r} where an error is expected")
    expected = read_value(case["expect"]["value"])
    if same_value(actual, expected):
        return Verdict(name, "passed")
    return Verdict(name, "failed", f"gave {actual!r}, expected {expected!r}")


def _run_check(name: str, case: Case) -> Verdict:
    """Compare the type that the checker deduces; a function the suite declares elsewhere can't be checked."""
    expected = case["expect"]["type"]
    try:
        actual, problem = deduced(case)
    except CelError as error:
        return Verdict(name, "failed", f"error: {error.message}")
    if actual == expected:
        return Verdict(name, "passed")
    if problem.startswith("unknown-function"):
        return Verdict(name, "skipped", f"calls a function that only the suite declares ({problem})")
    return Verdict(name, "failed", f"deduced {actual or problem}, expected {expected}")


def run_file(path: Path, engine: str = "walker") -> Iterator[Verdict]:
    """Run every test of a file. Raises OSError, and ValueError for what is no list of tests."""
    cases = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(cases, list):
        raise ValueError(f"{path} is no list of tests")
    for number, case in enumerate(cases, start=1):
        try:
            yield run_case(case, engine)
        except Exception as error:  # one that can't be read or run doesn't end the others
            yield Verdict(_name_of(case, number), "failed", f"{type(error).__name__}: {error}")


def _name_of(case: object, number: int) -> str:
    """The name of a test that may lack the parts of one."""
    parts = [case[part] for part in _NAMING if part in case] if isinstance(case, Mapping) else []
    return "/".join(map(str, parts)) if len(parts) == len(_NAMING) else f"test {number}"


def main(paths: Sequence[str], out: TextIO = sys.stdout, engine: str = "walker") -> int:
    """Run the files, report, and give the exit code."""
    counts: Counter[str] = Counter()
    for path in paths:
        for verdict in run_file(Path(path), engine):
            counts[verdict.outcome] += 1
            if verdict.outcome != "passed":
                print(f"{verdict.outcome} {verdict.name}: {verdict.detail}", file=out)
    print(f"{counts['passed']} passed, {counts['failed']} failed", file=out)
    return 1 if counts["failed"] else 0


def command(arguments: Sequence[str]) -> int:
    """The command line: 0 all passed, 1 some failed, 2 nothing could be run."""
    reader = argparse.ArgumentParser(prog="python -m rulewright.cel.conformance", description=_DESCRIPTION)
    reader.add_argument("files", nargs="+", metavar="FILE")
    reader.add_argument("--engine", choices=sorted(ENGINES), default="walker")
    try:
        options = reader.parse_args(arguments)
    except SystemExit as done:
        return 2 if done.code else 0
    try:
        return main(options.files, engine=options.engine)
    except (OSError, ValueError) as error:
        print(f"cannot read the tests: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    # A code page may lack letters that tests are named by.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(command(sys.argv[1:]))
