"""Random expressions and records: seeded, mostly well typed, with everything the language has.

Functions and operators are taken from the function table, so whoever adds one has it generated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from random import Random

from rulewright.cel import ALL_FUNCTIONS, Duration, OptionalValue, Overload, Timestamp, Uint, Unknown
from rulewright.cel.values import TYPE_NAMES

TYPES = ("bool", "int", "double", "string", "list", "map", "uint", "bytes", "null", "timestamp", "duration")
RARE_TYPES = ("optional", "type", "ip", "cidr")
_SHORT = {
    "null_type": "null",
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Duration": "duration",
    "optional_type": "optional",
    "net.IP": "ip",
    "net.CIDR": "cidr",
}
FIELDS = {
    "bool": ("flag", "other_flag"),
    "int": ("n", "m", "small"),
    "double": ("x", "y"),
    "string": ("s", "t", "code"),
    "list": ("numbers", "texts", "rows", "empty"),
    "map": ("inner", "row"),
    "uint": ("u",),
    "bytes": ("raw",),
    "null": ("nothing",),
    "timestamp": ("at", "day"),
    "duration": ("span",),
    "optional": ("maybe",),
}
"""Fields of the record by the type they mostly have."""
LITERALS = {
    "bool": ("true", "false"),
    "int": ("0", "1", "-1", "2", "18", "9007199254740992", "9007199254740993", "9223372036854775807",
            "-9223372036854775808"),
    "double": ("0.0", "1.0", "-0.0", "1.5", "18.0", "9007199254740992.0", "9007199254740993.0", "1e300"),
    "string": ("''", "'a'", "'GB'", "'abc'", "'1'", "'{@text}'", "'^[a-c]+$'", "'\\u00e9'",
               "'1970-01-01T00:00:00Z'", "'true'", "'%s'", "'Europe/London'"),
    "list": ("[]", "[1]", "[1, 2, 3]", "['GB', 'FR']", "['a', 1, null]", "[1.0, 2u]", "[[1], [2]]",
             "[true, 1]"),
    "map": ("{}", "{'a': 1}", "{'a': {'b': 1}}", "{1: 'x', true: 'y'}", "{'s': 'a', 'n': 1}"),
    "uint": ("0u", "1u", "18u", "18446744073709551615u"),
    "bytes": ("b''", "b'a'", "b'abc'"),
    "null": ("null",),
    "timestamp": ("timestamp('2024-02-29T12:00:00Z')", "timestamp(0)"),
    "duration": ("duration('1h')", "duration('-1.5s')"),
    "optional": ("optional.none()", "optional.of(1)"),
    "type": tuple(TYPE_NAMES)[:6],
    "ip": ("ip('10.0.0.1')",),
    "cidr": ("cidr('10.0.0.0/8')",),
}  # fmt: skip
_COSTLY = ("lists.range", "math.bitShiftLeft", "flatten")
"""Functions that take small numbers only."""


class Generator:
    """Makes expressions of a wanted type."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._by_result: dict[str, list[tuple[str, Overload]]] = {}
        for name, function in sorted(ALL_FUNCTIONS.items()):
            for overload in function.overloads:
                result = "any" if overload.result.variable else _short(overload.result.name)
                self._by_result.setdefault(result, []).append((name, overload))
        self._variables: list[str] = []

    def expression(self, depth: int = 4) -> str:
        """An expression: mostly a condition, as rules have them."""
        wanted = "bool" if self.random.random() < 0.6 else self.random.choice(TYPES)
        return self.of(wanted, depth)

    def of(self, wanted: str, depth: int) -> str:
        """An expression of a type, or now and then of another one."""
        if self.random.random() < 0.06:
            wanted = self.random.choice(TYPES + RARE_TYPES)
        if depth <= 0 or self.random.random() < 0.15:
            return self.leaf(wanted)
        makers: list[Callable[[str, int], str]] = [self._call] * 4 + [self._structure] * 3 + [self._path]
        return self.random.choice(makers)(wanted, depth - 1)

    def leaf(self, wanted: str) -> str:
        """A literal, a field or a macro's variable."""
        choice = self.random.random()
        if self._variables and choice < 0.3:
            return self.random.choice(self._variables)
        if choice < 0.7 and wanted in FIELDS:
            return f"payload.{self.random.choice(FIELDS[wanted])}"
        return self.random.choice(LITERALS[wanted])

    def _path(self, wanted: str, _: int) -> str:
        pick = self.random.choice
        field = pick(FIELDS.get(wanted, ("n",)))
        return pick(
            [
                f"payload.inner.{field}",
                f"payload['{field}']",
                f"payload.rows[{pick(('0', '1', '5', 'payload.small'))}].{field}",
                f"inner.{field}",
                f"lookup.{field}",
                f"payload.?{field}.orValue({pick(LITERALS[wanted])})",
                f"payload[?'{field}'].value()",
                f"payload.missing.{field}",
            ]
        )

    def _call(self, wanted: str, depth: int) -> str:
        choices = self._by_result.get(wanted, []) + self._by_result["any"] + self._by_result["dyn"]
        name, overload = self.random.choice(choices)
        if self.random.random() < 0.5:
            operators = [choice for choice in choices if choice[0].strip("_") != choice[0]]
            name, overload = self.random.choice(operators or choices)
        args = [self._argument(name, overload, index, depth) for index in range(len(overload.params))]
        return _written(name, args, method=overload.method)

    def _argument(self, name: str, overload: Overload, index: int, depth: int) -> str:
        param = overload.params[index]
        if param.name == "int" and name in _COSTLY:
            return self.random.choice(("0", "1", "3", "-1", "payload.small"))
        if param.variable or param.name == "dyn":
            return self.of(self.random.choice(TYPES), depth)
        return self.of(_short(param.name), depth)

    def _structure(self, wanted: str, depth: int) -> str:
        shapes = _SHAPES.get(wanted, ()) + _ANY_SHAPES
        return self.random.choice(shapes)(self, wanted, depth)

    def within(self, names: tuple[str, ...], wanted: str, depth: int) -> str:
        """An expression that sees a macro's variables."""
        self._variables += names
        try:
            return self.of(wanted, depth)
        finally:
            del self._variables[-len(names) :]

    def items(self, depth: int) -> str:
        """Something to go through: mostly a list."""
        return self.of("list" if self.random.random() < 0.8 else "map", depth)


def _short(name: str) -> str:
    return _SHORT.get(name, name)


def _written(name: str, args: list[str], *, method: bool) -> str:
    if name == "@in":
        return f"({args[0]} in {args[1]})"
    if name.startswith("_"):
        return f"({args[0]} {name.strip('_')} {args[1]})"
    if name in ("!_", "-_"):
        return f"{name[0]}({args[0]})"
    if method:
        return f"({args[0]}).{name}({', '.join(args[1:])})"
    return f"{name}({', '.join(args)})"


Shape = Callable[[Generator, str, int], str]


def _macro(name: str, body: str) -> Shape:
    def shape(make: Generator, _: str, depth: int) -> str:
        names = ("k", "v") if make.random.random() < 0.3 else ("i",)
        return f"{make.items(depth)}.{name}({', '.join(names)}, {make.within(names, body, depth)})"

    return shape


def _two(name: str, body: str) -> Shape:
    def shape(make: Generator, _: str, depth: int) -> str:
        condition = f"{make.within(('k', 'v'), 'bool', depth)}, " if make.random.random() < 0.3 else ""
        return f"{make.items(depth)}.{name}(k, v, {condition}{make.within(('k', 'v'), body, depth)})"

    return shape


def _logic(operator: str) -> Shape:
    def shape(make: Generator, _: str, depth: int) -> str:
        count = make.random.choice((2, 2, 3, 4))
        return f"({f' {operator} '.join(make.of('bool', depth) for _ in range(count))})"

    return shape


def _filtered_map(make: Generator, _: str, depth: int) -> str:
    condition, body = make.within(("i",), "bool", depth), make.within(("i",), "string", depth)
    return f"{make.items(depth)}.map(i, {condition}, {body})"


def _find(make: Generator, _: str, depth: int) -> str:
    return f"find({make.items(depth)}, i, {make.within(('i',), 'bool', depth)})"


def _bind(make: Generator, wanted: str, depth: int) -> str:
    value = make.of(make.random.choice(TYPES), depth)
    return f"cel.bind(b, {value}, {make.within(('b',), wanted, depth)})"


def _optional(make: Generator, wanted: str, depth: int) -> str:
    name = make.random.choice(("optMap", "optFlatMap"))
    body = make.within(("o",), wanted if name == "optMap" else "optional", depth)
    return f"({make.of('optional', depth)}).{name}(o, {body}).orValue({make.of(wanted, depth)})"


def _list(make: Generator, _: str, depth: int) -> str:
    marks = ["?" if make.random.random() < 0.1 else "" for _ in range(make.random.choice((1, 2, 3)))]
    wanted = make.random.choice(TYPES)
    elements = [mark + make.of("optional" if mark else wanted, depth) for mark in marks]
    return f"[{', '.join(elements)}]"


def _map(make: Generator, _: str, depth: int) -> str:
    keys = make.random.sample(("'a'", "'s'", "1", "true", "2u", "payload.s", "payload.n", "0"), 2)
    return f"{{{', '.join(f'{key}: {make.of(make.random.choice(TYPES), depth)}' for key in keys)}}}"


_ANY_SHAPES: tuple[Shape, ...] = (
    lambda make, wanted, depth: (
        f"({make.of('bool', depth)} ? {make.of(wanted, depth)} : {make.of(wanted, depth)})"
    ),
    _bind,
    _optional,
    lambda make, _, depth: f"{make.items(depth)}[{make.of(make.random.choice(('int', 'string')), depth)}]",
)
_SHAPES: Mapping[str, tuple[Shape, ...]] = {
    "bool": (
        _logic("&&"),
        _logic("&&"),
        _logic("||"),
        _logic("||"),
        _macro("all", "bool"),
        _macro("exists", "bool"),
        _macro("exists_one", "bool"),
        lambda make, _, depth: f"has(({make.of('map', depth)}).{make.random.choice(('s', 'n', 'a'))})",
        lambda make, _, __: f"has(payload.{make.random.choice(('s', 'n', 'inner', 'missing'))})",
        lambda make, _, __: (
            f"given(payload.{make.random.choice(('s', 'inner.n', 'rows[0].s', 'nothing.x'))})"
        ),
        lambda make, _, depth: f"({make.of('string', depth)} in ['GB', 'FR', 'a'])",
    ),
    "list": (
        _macro("filter", "bool"),
        lambda make, _, depth: f"{make.items(depth)}.map(i, {make.within(('i',), 'int', depth)})",
        _filtered_map,
        _two("transformList", "string"),
        _list,
    ),
    "map": (_two("transformMap", "int"), _two("transformMapEntry", "map"), _map),
    "null": (_find,),
    "optional": (lambda make, _, depth: f"optional.of({make.of('int', depth)})",),
}


class View(dict[str, object]):
    """A record whose declared fields read as null where they are absent, and some of which are unknown."""

    def __missing__(self, name: str) -> object:
        if name in ("t", "y"):
            raise Unknown(f"{name} is not known")
        if name in ("n", "s", "inner"):
            return None
        raise KeyError(name)


class Lazy(dict[str, object]):
    """Bindings of which one is never known."""

    def __missing__(self, name: str) -> object:
        if name == "lookup":
            raise Unknown("no store")
        raise KeyError(name)


VALUES: Mapping[str, tuple[object, ...]] = {
    "bool": (True, False),
    "int": (0, 1, 2, 3, 17, 18, 19, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 10**30),
    "double": (0.0, -0.0, 1.0, 1.5, 18.0, float("nan"), float("inf"), -1e300, 2.0**53),
    "string": ("", "a", "GB", "abc", "1", "é", "x" * 50, "1970-01-01T00:00:00Z", "\ud800"),
    "list": ([], [1, 2, 3], ["a", "GB"], [{"s": "a", "n": 1}, {"s": "b", "n": 18}], (1, 1.0), [True, 1],
             [None]),
    "map": ({}, {"s": "a", "n": 18}, View(s="GB", flag=True), {"a": 1, True: 3}, {1: 2}, View(code="x")),
    "uint": (Uint(0), Uint(1), Uint(18), Uint(2**64 - 1)),
    "bytes": (b"", b"a", b"abc", b"\xff"),
    "null": (None,),
    "timestamp": (dt.datetime(2024, 2, 29, 12), dt.date(2025, 1, 15), Timestamp(0), Timestamp(10**18)),
    "duration": (dt.timedelta(hours=1), Duration(-5), Duration(10**9)),
    "optional": (OptionalValue(False), OptionalValue(True, 1), OptionalValue(True, {"s": "a"})),
}  # fmt: skip


def record(random: Random) -> Mapping[str, object]:
    """Bindings: a payload whose fields mostly have their type, one that lacks some, one that is a view."""
    payload = _fields(random, missing=0.12)
    payload["rows"] = [_fields(random, missing=0.3) for _ in range(random.choice((0, 1, 2, 3)))]
    payload["inner"] = _fields(random, missing=0.3)
    payload["small"] = random.choice((0, 1, 2, -1, True, 1.0))
    if random.random() < 0.3:
        payload = View(payload)
    return Lazy(payload=payload, inner=random.choice((payload["inner"], None, payload)))


def _fields(random: Random, missing: float) -> dict[str, object]:
    found: dict[str, object] = {}
    for kind, names in FIELDS.items():
        for name in names:
            chosen = kind if random.random() < 0.88 else random.choice(list(VALUES))
            if random.random() >= missing:
                found[name] = random.choice(VALUES[chosen])
    return found
