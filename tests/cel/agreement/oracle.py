"""Our results beside those of Google's own CEL: `python tests/cel/agreement/oracle.py [--expressions N]`.

Needs cel-expr-python, the binding of Google's C++ implementation: `pip install rulewright[oracle]`. It is a
tool of ours and never a dependency. Random expressions are evaluated by both on random JSON-like records,
without checks of types beforehand. Every difference must be one of those in known_differences.py; the exit
code is 1 where one is not.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from generator import Generator, record
from known_differences import KNOWN, Difference

from rulewright import cel

Bindings = dict[str, Any]
ERROR = "error"
_EXTENSIONS = ("bindings", "encoders", "math", "optional", "strings")


@dataclass(frozen=True, slots=True)
class Oracle:
    """Google's CEL."""

    environment: Any

    @classmethod
    def load(cls) -> Oracle:
        """With every extension that has a counterpart here. Raises ImportError where it is not installed."""
        module = __import__("cel_expr_python.cel", fromlist=["cel"])
        extensions = []
        for name in _EXTENSIONS:
            extension = __import__(f"cel_expr_python.ext.ext_{name}", fromlist=["ext"])
            extensions.append(getattr(extension, f"Ext{name.capitalize()}")())
        names = dict.fromkeys(("payload", "inner"), module.Type.DYN)
        return cls(module.NewEnv(variables=names, extensions=extensions))

    def compile(self, text: str) -> Callable[[Bindings], tuple[str, object]] | None:
        """An evaluation giving type and plain value; None where it does not take the expression."""
        try:
            expression = self.environment.compile(text, disable_check=True)
        except RuntimeError:
            return None

        def evaluate(bindings: Bindings) -> tuple[str, object]:
            try:
                value = expression.eval(data=bindings)
                kind = value.type().name()
                return (
                    (ERROR, str(value.plain_value()))
                    if kind == "ERROR"
                    else (_kind(kind), value.plain_value())
                )
            except (RuntimeError, ValueError, OverflowError, TypeError) as error:
                return ERROR, str(error)

        return evaluate


def _kind(name: str) -> str:
    return name.partition("<")[0].lower()


def plain_record(random: Random) -> Bindings:
    """A record of what JSON and CEL share."""
    bindings = record(random)
    return {"payload": _plain(bindings["payload"]), "inner": _plain(bindings["inner"])}


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if isinstance(key, str) and _is_shared(item)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value if _is_shared(item)]
    return value


def _is_shared(value: object) -> bool:
    if type(value) is int:
        return -(2**63) <= value < 2**63
    if isinstance(value, str):
        return not any(0xD800 <= ord(character) <= 0xDFFF for character in value)
    return value is None or isinstance(value, bool | float | bytes | Mapping | list | tuple)


def ours(program: cel.Program, bindings: Bindings) -> tuple[str, object]:
    """Type and value as the oracle writes them."""
    try:
        value = program.evaluate(bindings)
        kind = cel.kind_of(value).name
    except cel.CelError as error:
        return ERROR, error.message
    short = {
        "google.protobuf.Timestamp": "timestamp",
        "google.protobuf.Duration": "duration",
        "null_type": "null",
        "optional_type": "optional",
    }
    return short.get(kind, kind), value


def same(left: tuple[str, object], right: tuple[str, object]) -> bool:
    """Both errors, or of one type and equal, as far as the oracle's Python values tell."""
    if ERROR in (left[0], right[0]):
        return left[0] == right[0]
    return left[0] == right[0] and _same_value(left[1], right[1])


def _same_value(mine: object, theirs: object) -> bool:
    if isinstance(mine, cel.Timestamp):
        return mine.to_datetime() == theirs
    if isinstance(mine, cel.Duration):
        return mine.to_timedelta() == theirs
    if isinstance(mine, float) and isinstance(theirs, float) and math.isnan(mine):
        return math.isnan(theirs)
    if isinstance(mine, list | tuple) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_same_value, mine, theirs))
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return len(mine) == len(theirs) and all(
            key in theirs and _same_value(mine[key], theirs[key]) for key in mine
        )
    if isinstance(mine, cel.OptionalValue | cel.Type):
        # The oracle gives these as objects of its own, which tell nothing but their type.
        return True
    return (type(mine) is type(theirs) and mine == theirs) or _alike(mine, theirs)


def _alike(mine: object, theirs: object) -> bool:
    if isinstance(mine, bytes):
        return mine == bytes(theirs) if isinstance(theirs, bytes | bytearray) else False
    return isinstance(mine, cel.Uint) and type(theirs) is int and int(mine) == theirs


def differences(oracle: Oracle, seed: int, count: int, counts: Counter[str]) -> Iterator[Difference]:
    """Where the two differ."""
    random, generator = Random(seed), Generator(seed)
    records = [plain_record(random) for _ in range(100)]
    for _ in range(count):
        text = generator.expression(random.choice((1, 2, 2, 3)))
        evaluate = oracle.compile(text)
        if evaluate is None:
            counts["not taken by the oracle"] += 1
            continue
        program = cel.compile(text)
        for bindings in random.sample(records, 10):
            counts["evaluations"] += 1
            mine, theirs = ours(program, bindings), evaluate(bindings)
            counts["errors in both"] += mine[0] == theirs[0] == ERROR
            if not same(mine, theirs):
                yield Difference(text, bindings, mine, theirs)


def main(arguments: list[str]) -> int:
    """Compare, count the known differences, and show the others."""
    reader = argparse.ArgumentParser(description="Our results beside those of Google's own CEL.")
    reader.add_argument("--expressions", type=int, default=5_000)
    reader.add_argument("--seed", type=int, default=1)
    options = reader.parse_args(arguments)
    try:
        oracle = Oracle.load()
    except ImportError as error:
        print(f"the oracle is missing: pip install rulewright[oracle] ({error})", file=sys.stderr)
        return 2
    counts: Counter[str] = Counter()
    known: Counter[str] = Counter()
    unknown: dict[str, Difference] = {}
    for difference in differences(oracle, options.seed, options.expressions, counts):
        name = next((row.name for row in KNOWN if row.covers(difference)), None)
        if name is None:
            unknown.setdefault(difference.text, difference)
        known[name or "unexplained"] += 1
    print(", ".join(f"{number:,} {what}" for what, number in counts.items()))
    for row in KNOWN:
        print(f"{known[row.name]:6,} {row.name}: {row.why}")
    for found in sorted(unknown.values(), key=lambda difference: len(difference.text))[:20]:
        print(f"unexplained: {found.text}\n  ours: {found.ours!r:.300}\n  oracle: {found.oracle!r:.300}")
    print(f"{known['unexplained']:,} unexplained")
    return 1 if unknown else 0


if __name__ == "__main__":
    # The binding gives back more references to None than it took, until Python 3.11 frees None and dies;
    # these are some to lose. At the end nothing may be tidied up.
    _TO_LOSE = [None] * 5_000_000
    CODE = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(CODE)
