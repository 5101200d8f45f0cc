"""Why no overload fits, in plain English, with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rulewright.cel.checker.overloads import OF_ANY_NUMBERS, takes
from rulewright.cel.checker.types import NUMBERS, without_null
from rulewright.cel.checker.wording import (
    OPERATIONS,
    alternatives,
    did_you_mean,
    precisely,
    spoken,
    spoken_apart,
)
from rulewright.cel.signature import Function, Overload
from rulewright.cel.tree import Call, Literal, Node
from rulewright.cel.values import DOUBLE, DURATION, INT, STRING, TIMESTAMP, Type

# As timestamp() takes it, or the day alone.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+))?")
# A day without quotes is a number less two others.
_BARE_DAY = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")
# As many as are not better written otherwise.
_DAYS = 100_000
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


class Complaint(NamedTuple):
    """What is wrong with a call. `argument`: the operand to blame, target included; None for the call."""

    message: str
    hint: str | None = None
    argument: int | None = None


def is_operator(function: str) -> bool:
    """`_+_`, `!_`, `@in`."""
    return function.startswith(("_", "@")) or function.endswith("_")


def wrong_operands(node: Call, kinds: Sequence[Type], code: str) -> Complaint:
    """An operator whose operands don't go together."""
    names = spoken_apart(kinds)
    if len(set(names)) < len(names) and all(kind in NUMBERS for kind in map(without_null, kinds)):
        names = [precisely(kind) for kind in kinds]
    message = OPERATIONS[node.function].format(*names)
    return Complaint(f"{message}: {code}", _operand_hint(node, kinds, code))


def _operand_hint(node: Call, kinds: Sequence[Type], code: str) -> str | None:
    if len(kinds) != 2:
        return None
    plain = [without_null(kind) for kind in kinds]
    if TIMESTAMP in plain and (day := _BARE_DAY.search(code)) is not None:
        return f"write timestamp('{day[0]}T00:00:00Z')"
    for mine, other in ((0, 1), (1, 0)):
        hint = hint_for(node.args[mine], plain[mine], plain[other])
        if hint is not None:
            return hint
    if node.function in ("_+_", "_-_") and plain[0] == TIMESTAMP and plain[1] in NUMBERS:
        days = node.args[1].value if isinstance(node.args[1], Literal) else None
        if isinstance(days, int) and 0 < days < _DAYS:
            return f"write duration('{days * 24}h') for {days} day{'' if days == 1 else 's'}"
        return "a day is duration('24h')"
    if DURATION in plain and any(kind in NUMBERS for kind in plain):
        return "a day is duration('24h')"
    if node.function == "_+_" and STRING in plain:
        return "make a text of it first: string(...)"
    return None


def hint_for(node: Node, kind: Type, wanted: Type) -> str | None:
    """How to write an operand of one type as the other."""
    value = node.value if isinstance(node, Literal) else None
    if kind == STRING and isinstance(value, str):
        return _hint_for_text(value, wanted)
    if wanted == STRING and kind in NUMBERS and value is not None:
        return f"put it in quotes to make it a text: '{value}'"
    if kind == INT and wanted == DOUBLE:
        return f"write {value}.0" if value is not None else "make it a decimal number first: double(...)"
    return None


def _hint_for_text(text: str, wanted: Type) -> str | None:
    if wanted in NUMBERS and text.lstrip("-").replace(".", "", 1).isdecimal():
        return f"write {text} without quotes"
    if wanted == TIMESTAMP:
        if _DATE.fullmatch(text) is None:
            return "for example timestamp('2025-01-31T00:00:00Z')"
        written = f"{text}T00:00:00Z" if len(text) == 10 else text
        return f"write timestamp('{written}')"
    if wanted.name == "bool" and text in ("true", "false"):
        return f"write {text} without quotes"
    return None


def wrong_call(function: Function, node: Call, kinds: Sequence[Type]) -> Complaint:
    """A function that is not called so, or not on values of these types."""
    if function.name in OF_ANY_NUMBERS:
        return Complaint(f"{function.name}() takes numbers, or one list of them", None, 0)
    method = node.target is not None
    called = [overload for overload in function.overloads if overload.method is method]
    if not called:
        return _called_the_other_way(function.name, node)
    fitting = [overload for overload in called if _has_arity(overload, len(kinds))]
    if fitting:
        return _wrong_argument(function.name, fitting, kinds, method=method)
    counts = sorted({len(overload.params) - method for overload in called})
    plural = "" if counts == [1] else "s"
    message = f"{function.name}() takes {alternatives(map(str, counts))} argument{plural}"
    return Complaint(f"{message}, not {len(kinds) - method}")


def _wrong_argument(
    name: str, overloads: Sequence[Overload], kinds: Sequence[Type], *, method: bool
) -> Complaint:
    """The argument that the best overload stumbles over."""
    position = max(_first_misfit(overload, kinds) for overload in overloads)
    reached = [overload for overload in overloads if _first_misfit(overload, kinds) == position]
    wanted = alternatives(spoken(_param(overload, position)) for overload in reached)
    found = spoken(kinds[position])
    if method and position == 0:
        return Complaint(f"{name}() is called on {wanted}, not on {found}", None, 0)
    which = f" as its {_ORDINALS[position - method]} argument" if len(kinds) - method > 1 else ""
    return Complaint(f"{name}() takes {wanted}{which}, not {found}", None, position)


def _param(overload: Overload, index: int) -> Type:
    return overload.params[min(index, len(overload.params) - 1)]


def _called_the_other_way(name: str, node: Call) -> Complaint:
    if node.target is None:
        return Complaint(f"{name}() is called on a value", f"write x.{name}(...) in its place")
    return Complaint(f"{name}() is not called on a value", f"write {name}(...) in its place")


def _has_arity(overload: Overload, count: int) -> bool:
    return count == len(overload.params) or (overload.variadic and count > len(overload.params))


def _first_misfit(overload: Overload, kinds: Sequence[Type]) -> int:
    """The first argument that an overload does not take; the last one where only types clash."""
    bound: dict[str, Type] = {}
    for index, kind in enumerate(kinds):
        if not takes(_param(overload, index), without_null(kind), bound):
            return index
    return len(kinds) - 1


def unknown_function(name: str, known: Iterable[str]) -> str | None:
    """The hint for a function that does not exist: the nearest of its namespace, or of all."""
    words = {word for word in known if not is_operator(word)}
    other = _OTHER_NAMES.get(name.rpartition(".")[2].lower())
    if other in words:
        return f"did you mean {other}?"
    namespace, dot, _ = name.rpartition(".")
    if dot:
        near = did_you_mean(name, {word for word in words if word.startswith(f"{namespace}.")})
        if near is not None:
            return near
    return did_you_mean(name, words)


def no_field(name: str, kind: Type, code: str) -> str | None:
    """How to ask for what other languages have as a field of dates, texts and lists, or None."""
    other = _OTHER_NAMES.get(name.lower())
    if kind == TIMESTAMP and other is not None and other.startswith("get"):
        return f"write {code}.{other}()"
    if kind.name in ("list", "string") and other == "size":
        return f"write size({code})"
    if kind.name == "list":
        return f"ask its items: {code}.exists(x, x.{name} == ...), or {code}.map(x, x.{name})"
    return None


_OTHER_NAMES = {
    "lenght": "size",
    "length": "size",
    "len": "size",
    "count": "size",
    "upper": "upperAscii",
    "lower": "lowerAscii",
    "tolower": "lowerAscii",
    "toupper": "upperAscii",
    "lowercase": "lowerAscii",
    "uppercase": "upperAscii",
    "strip": "trim",
    "max": "math.greatest",
    "min": "math.least",
    "maximum": "math.greatest",
    "minimum": "math.least",
    "round": "math.round",
    "floor": "math.floor",
    "ceil": "math.ceil",
    "abs": "math.abs",
    "unique": "distinct",
    "any": "exists",
    "some": "exists",
    "every": "all",
    "includes": "contains",
    "regex": "matches",
    "match": "matches",
    "str": "string",
    "date": "timestamp",
    "float": "double",
    "number": "double",
    "empty": "given",
    "exist": "exists",
    "isset": "given",
    "present": "given",
    "ispresent": "given",
    "defined": "given",
    "isnull": "given",
    "isempty": "given",
    "isblank": "given",
    "year": "getFullYear",
    "month": "getMonth",
    "day": "getDayOfMonth",
    "weekday": "getDayOfWeek",
    "hour": "getHours",
}
"""What other languages call them."""
