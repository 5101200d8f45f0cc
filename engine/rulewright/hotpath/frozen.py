"""Generated functions as plain data that `marshal` can write, with all that they reach; thawed.py undoes it.

A new process then runs them without importing what they were made by. Kept as they are: functions and classes
of the hot path itself, plain values, and compiled patterns. Of the engine's data objects those attributes are
kept that some kept function names. All else is left out: whoever meets it there gets `Lost`, and the whole
command runs instead.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC
from types import (
    BuiltinMethodType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    NoneType,
)
from typing import Any, Final

from msgspec import UNSET, Struct
from msgspec.structs import asdict

from rulewright.hotpath import refusals
from rulewright.hotpath.readings import reading_of
from rulewright.hotpath.refusals import Refusal
from rulewright.hotpath.thawed import Frozen
from rulewright.problem import Problem

_PLAIN: Final = (type(None), bool, int, float, str, bytes)
# Whose functions and classes are kept: what generated code calls for accepted payloads.
_KEPT: Final = (
    "rulewright.hotpath.",
    "rulewright.fieldtypes.",
    "rulewright.cel.errors.",
    "rulewright.plugins.shipped.",
    *(f"rulewright.evaluation.{name}." for name in ("chance", "fitting", "overlay", "records", "views")),
)
_KEPT_TOO: Final = frozenset(
    {
        "rulewright.evaluation.masking.mask_record",
        "rulewright.evaluation.masking._mask",
        "rulewright.evaluation.outcome_masking._hidden",
        "rulewright.evaluation.outcome_masking._scalars",
        "rulewright.evaluation.outcome_masking._without",
        "rulewright.evaluation.shape._positions",
        "rulewright.evaluation.shape.unknown_field_text",
        "rulewright.schema.validators.is_one_of",
    }
)
# What thawed.py has its own of.
_OWN: Final[tuple[tuple[str, object], ...]] = (
    ("asdict", asdict),
    ("UNSET", UNSET),
    ("new", object.__new__),
    ("replace", replace),
    # Saying what a rule read would need the expressions of CEL: readings.py says how else.
    ("read", refusals._read),
    ("read with value", refusals._read_with_value),
    ("read named", refusals._named),
)
# How deep data objects are followed: an effect, its rule, and what that holds.
_DEPTH: Final = 3
_OWN_ATTRIBUTES: Final = frozenset(
    {"__module__", "__dict__", "__weakref__", "__doc__", "__annotations__", "__slots__", "__qualname__"}
)


def freeze(roots: Mapping[str, object], namespace: Mapping[str, object]) -> Frozen:
    """Return `roots` and all that they reach as plain data. `namespace` is that of the generated module."""
    first = _Freezer(namespace, frozenset())
    for value in roots.values():
        first.put(value)
    # Which attributes of data objects are read is known only when all functions are.
    freezer = _Freezer(namespace, frozenset(first.names))
    return {name: freezer.put(value) for name, value in roots.items()}, freezer.objects


class _Freezer:
    """One pass. Each object gets a number; parts come before what is made of them, save for late parts."""

    def __init__(self, namespace: Mapping[str, object], attributes: frozenset[str]) -> None:
        self.namespace = namespace
        self.attributes = attributes
        self.names: set[str] = set()
        self.objects: list[tuple[Any, ...]] = []
        self._numbers: dict[int, int] = {}
        # So that no id is given twice.
        self._alive: list[object] = []

    def put(self, value: object, depth: int = 0) -> int:
        """The number of an object."""
        known = self._numbers.get(id(value))
        if known is not None:
            return known
        self._alive.append(value)
        if is_plain(value):
            return self._add(value, "plain", value)
        for kind, form in _FORMS:
            if kind(self, value):
                return form(self, value, depth)
        return self._add(value, "lost", type(value).__name__)

    def _add(self, value: object, *record: Any) -> int:
        self.objects.append(record)
        number = self._numbers[id(value)] = len(self.objects) - 1
        return number

    def _start(self, value: object) -> int:
        """Give a number to what its own parts may refer to."""
        return self._add(value)

    # Containers

    def is_container(self, value: object) -> bool:
        return type(value) in (list, tuple, set, frozenset)

    def container(self, value: Any, depth: int) -> int:
        parts = [self.put(one, depth) for one in value]
        if isinstance(value, set | frozenset) and any(map(self._is_lost, parts)):
            # Whoever asks whether something is in it must not be told that it isn't.
            return self._add(value, "lost", "a set")
        return self._add(value, type(value).__name__, parts)

    def _is_lost(self, number: int) -> bool:
        return self.objects[number][:1] == ("lost",)

    def is_map(self, value: object) -> bool:
        return type(value) in (dict, MappingProxyType)

    def map(self, value: Any, depth: int) -> int:
        parts = [(self.put(name, depth), self.put(one, depth)) for name, one in value.items()]
        if any(self._is_lost(name) for name, _ in parts):
            return self._add(value, "lost", "a map")
        return self._add(value, "dict", parts)

    def is_slice(self, value: object) -> bool:
        return type(value) is slice

    def slice(self, value: Any, _: int) -> int:
        return self._add(value, "slice", value.start, value.stop, value.step)

    # Code

    def is_own(self, value: object) -> bool:
        return any(value is one for _, one in _OWN)

    def own(self, value: object, _: int) -> int:
        return self._add(value, "own", next(name for name, one in _OWN if one is value))

    def is_known(self, value: object) -> bool:
        """Whether any process finds it in the standard library."""
        if value is NoneType or value is UTC:
            return True
        module, name = getattr(value, "__module__", None), getattr(value, "__name__", "")
        if not isinstance(module, str) or module.partition(".")[0] not in sys.stdlib_module_names:
            return False
        return getattr(sys.modules.get(module), name, None) is value

    def known(self, value: Any, _: int) -> int:
        if value is UTC:
            return self._add(value, "name", "datetime", "UTC")
        module = "types" if value is NoneType else value.__module__
        if isinstance(value, FunctionType):
            return self._add(value, "late", module, value.__name__)
        return self._add(value, "name", module, value.__name__)

    def is_module(self, value: object) -> bool:
        return isinstance(value, ModuleType) and value.__name__ in sys.stdlib_module_names

    def module(self, value: Any, _: int) -> int:
        return self._add(value, "module", value.__name__)

    def is_function(self, value: object) -> bool:
        return isinstance(value, FunctionType) and (
            value.__globals__ is self.namespace
            or f"{value.__module__}.".startswith(_KEPT)
            or f"{value.__module__}.{value.__qualname__}" in _KEPT_TOO
        )

    def function(self, value: Any, _: int) -> int:
        number = self._start(value)
        used = {*_names_in(value.__code__)}
        self.names |= used
        reached = {
            name: self.put(value.__globals__[name]) for name in sorted(used & value.__globals__.keys())
        }
        cells = [self._cell(cell) for cell in value.__closure__ or ()]
        defaults = self.put(value.__defaults__), self.put(value.__kwdefaults__)
        # Generated code has no builtins but those that it was given.
        bare = value.__globals__ is self.namespace
        self.objects[number] = ("function", value.__code__, defaults, reached, cells, bare)
        return number

    def _cell(self, cell: Any) -> int:
        try:
            return self.put(cell.cell_contents)
        except ValueError:
            return self._add(cell, "lost", "an empty cell")

    def is_class(self, value: object) -> bool:
        return type(value) is type and (
            value.__module__ == "hotpath" or f"{value.__module__}.".startswith(_KEPT)
        )

    def type(self, value: Any, _: int) -> int:
        bases = [self.put(base) for base in value.__bases__]
        if any(map(self._is_lost, bases)):
            return self._add(value, "lost", value.__name__)
        number = self._start(value)
        parts = {
            name: self.put(part)
            for name, part in vars(value).items()
            if name not in _OWN_ATTRIBUTES
            and not isinstance(part, MemberDescriptorType)
            # What the decorator made is for making and comparing, which is done.
            and not (is_dataclass(value) and name.startswith("__"))
        }
        slots = vars(value).get("__slots__")
        self.objects[number] = ("class", value.__name__, bases, slots, parts)
        return number

    def is_object(self, value: object) -> bool:
        """Whether it is a data object with functions of its own."""
        return is_dataclass(value) and self.is_class(type(value))

    def instance(self, value: Any, _: int) -> int:
        made = self.put(type(value))
        number = self._start(value)
        parts = {one.name: self.put(getattr(value, one.name)) for one in fields(value)}
        self.objects[number] = ("object", made, parts)
        return number

    def is_bound(self, value: object) -> bool:
        return isinstance(value, MethodType) and self.is_object(value.__self__)

    def bound(self, value: Any, _: int) -> int:
        return self._add(value, "bound", self.put(value.__self__), value.__name__)

    def is_marker(self, value: object) -> bool:
        """Whether it is an object without data, which only stands for itself."""
        return self.is_class(type(value)) and not getattr(value, "__dict__", None) and not _slots(value)

    def marker(self, value: object, _: int) -> int:
        made = self.put(type(value))
        return self._add(value, "marker", made)

    def is_property(self, value: object) -> bool:
        return type(value) is property

    def property(self, value: Any, _: int) -> int:
        return self._add(value, "property", self.put(value.fget))

    # Patterns, and methods of them

    def is_search(self, value: object) -> bool:
        owner = getattr(value, "__self__", None)
        if isinstance(value, BuiltinMethodType):
            return isinstance(owner, re.Pattern)
        return isinstance(value, MethodType) and _is_re2(owner)

    def search(self, value: Any, _: int) -> int:
        pattern = value.__self__
        if isinstance(pattern, re.Pattern):
            return self._add(value, "search", pattern.pattern, pattern.flags, value.__name__)
        return self._add(value, "search2", pattern.pattern, value.__name__)

    # Problems

    def is_problem(self, value: object) -> bool:
        return type(value) is Problem

    def problem(self, value: Any, _: int) -> int:
        return self._add(value, "problem", *problem_parts(value))

    def is_refusal(self, value: object) -> bool:
        return type(value) is Refusal

    def refusal(self, value: Any, _: int) -> int:
        problem = self.put(value.problem)
        run: Any = self.namespace["Run"]
        formula = self.put(reading_of(run.link, value.formula))
        return self._add(value, "refusal", value.place, problem, formula)

    # Data objects

    def is_data(self, value: object) -> bool:
        return isinstance(value, Struct) or (is_dataclass(value) and not isinstance(value, type))

    def data(self, value: Any, depth: int) -> int:
        if depth >= _DEPTH:
            return self._add(object(), "lost", type(value).__name__)
        number = self._start(value)
        parts = {
            name: self.put(getattr(value, name), depth + 1)
            for name in sorted(self.attributes)
            if not name.startswith("__") and hasattr(value, name)
        }
        self.objects[number] = ("data", parts)
        return number


_Form = tuple[Callable[[_Freezer, Any], bool], Callable[[_Freezer, Any, int], int]]
_FORMS: Final[tuple[_Form, ...]] = (
    (_Freezer.is_container, _Freezer.container),
    (_Freezer.is_map, _Freezer.map),
    (_Freezer.is_slice, _Freezer.slice),
    (_Freezer.is_own, _Freezer.own),
    (_Freezer.is_known, _Freezer.known),
    (_Freezer.is_module, _Freezer.module),
    (_Freezer.is_function, _Freezer.function),
    (_Freezer.is_class, _Freezer.type),
    (_Freezer.is_property, _Freezer.property),
    (_Freezer.is_search, _Freezer.search),
    (_Freezer.is_problem, _Freezer.problem),
    (_Freezer.is_refusal, _Freezer.refusal),
    (_Freezer.is_bound, _Freezer.bound),
    (_Freezer.is_object, _Freezer.instance),
    (_Freezer.is_data, _Freezer.data),
    (_Freezer.is_marker, _Freezer.marker),
)


def problem_parts(problem: Problem) -> tuple[object, ...]:
    """What retold.Told is made of."""
    vendor = problem.vendor
    return (
        problem.rule,
        problem.code,
        problem.path,
        problem.message,
        problem.severity,
        problem.rule_at,
        (vendor.code, vendor.title, vendor.status) if vendor is not None else None,
    )


def is_plain(value: object) -> bool:
    """Whether a value, however deep, is what `marshal` writes and reads as it is."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is dict:
        return all(is_plain(name) and is_plain(part) for name, part in value.items())  # type: ignore[attr-defined]
    parts: Iterable[object] = value if kind in (list, tuple, frozenset) else ()  # type: ignore[assignment]
    return kind in (list, tuple, frozenset) and all(map(is_plain, parts))


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _slots(value: object) -> list[str]:
    return [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]


def _is_re2(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "re2" and isinstance(
        getattr(value, "pattern", None), str
    )
