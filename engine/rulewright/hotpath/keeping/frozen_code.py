"""How functions, classes and what they call are frozen: see frozen.py."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC
from functools import _lru_cache_wrapper
from types import (
    BuiltinMethodType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    NoneType,
)
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, structs

from rulewright.evaluation.log import Site
from rulewright.evaluation.reasons import because_of
from rulewright.evaluation.views import Everything
from rulewright.formula import Formula
from rulewright.hotpath.runtime import refusals
from rulewright.problem import Because, read_later

if TYPE_CHECKING:
    from rulewright.hotpath.keeping.frozen import Freezer

# Whose functions and classes are kept: what generated code and compiled expressions call.
_KEPT: Final = (
    "rulewright.hotpath.",
    "rulewright.fieldtypes.",
    *(
        f"rulewright.cel.{name}."
        for name in ("access", "comparison", "compiler.runtime", "errors", "functions", "limits", "maps")
    ),
    *(f"rulewright.cel.{name}." for name in ("regex", "signature", "values")),
    "rulewright.plugins.shipped.",
    *(
        f"rulewright.evaluation.{name}."
        for name in ("chance", "fitting", "overlay", "records", "stored_form", "variants", "views")
    ),
)
_KEPT_TOO: Final = frozenset(
    {
        "rulewright.cel.evaluator.check_size",
        "rulewright.copying._part",
        "rulewright.copying.any_of",
        "rulewright.copying.without_held",
        "rulewright.cel.macro_runs.graver",
        "rulewright.evaluation.log.is_within",
        "rulewright.evaluation.masking.mask_record",
        "rulewright.evaluation.masking.mask_value",
        "rulewright.evaluation.outcome_masking._hidden",
        "rulewright.evaluation.outcome_masking._leaves",
        "rulewright.evaluation.outcome_masking._longest_first",
        "rulewright.evaluation.outcome_masking._taken_away",
        "rulewright.evaluation.outcome_masking._without",
        "rulewright.evaluation.provenance.mask_held",
        "rulewright.evaluation.response.print_value",
        "rulewright.evaluation.shape.unknown_field_text",
        "rulewright.schema.repeats._identity",
        "rulewright.schema.repeats.first_places",
        "rulewright.schema.repeats.is_one_of",
    }
)
# What thawed.py has its own of.
_OWN: Final[tuple[tuple[str, object], ...]] = (
    ("asdict", structs.asdict),
    ("UNSET", UNSET),
    ("new", object.__new__),
    ("replace", replace),
    ("replace in Struct", structs.replace),
    # Saying what a rule read would need the expressions of CEL: readings.py says how else.
    ("read", refusals.read_now),
    ("read later", read_later),
    ("read with value", refusals.read_with_value),
    ("read named", refusals.read_named),
    ("because of", because_of),
    ("Because", Because),
    ("Everything", Everything),
    ("Formula", Formula),
    ("Site", Site),
)
_OWN_ATTRIBUTES: Final = frozenset(
    {"__module__", "__dict__", "__weakref__", "__doc__", "__annotations__", "__slots__", "__qualname__"}
)
# Of what makes a data class one.
_HASHING: Final = frozenset({"__eq__", "__hash__"})
_NEEDED: Final = frozenset({"__init__", "__post_init__", "__str__", "__lt__", "__le__", "__gt__", "__ge__"})
# The name under which all expressions are compiled.
_EXPRESSION: Final = "<cel>"


def _own(freezer: Freezer, value: object, _: int) -> int | None:
    name = next((name for name, one in _OWN if one is value), None)
    return None if name is None else freezer.add(value, "own", name)


def _known(freezer: Freezer, value: Any, _: int) -> int | None:
    """What any process finds in the standard library."""
    if value is UTC:
        return freezer.add(value, "name", "datetime", "UTC")
    module = "types" if value is NoneType else getattr(value, "__module__", None)
    if not isinstance(module, str) or module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    name = getattr(value, "__name__", "")
    if getattr(sys.modules.get(module), name, None) is not value:
        return None
    return freezer.add(value, "late" if isinstance(value, FunctionType) else "name", module, name)


def _module(freezer: Freezer, value: Any, _: int) -> int | None:
    known = isinstance(value, ModuleType) and value.__name__ in sys.stdlib_module_names
    return freezer.add(value, "module", value.__name__) if known else None


def _is_kept(value: Any) -> bool:
    return f"{value.__module__}.".startswith(_KEPT) or f"{value.__module__}.{value.__qualname__}" in _KEPT_TOO


def _function(freezer: Freezer, value: Any, _: int) -> int | None:
    if not isinstance(value, FunctionType):
        return None
    # Generated code has no builtins but those that it was given.
    bare = value.__globals__ is freezer.namespace or value.__code__.co_filename == _EXPRESSION
    if not (bare or _is_kept(value)):
        return None
    number = freezer.start(value)
    used = {*_names_in(value.__code__)}
    freezer.names |= used
    reached = {name: freezer.put(value.__globals__[name]) for name in sorted(used & value.__globals__.keys())}
    cells = [_cell(freezer, cell) for cell in value.__closure__ or ()]
    defaults = freezer.put(value.__defaults__), freezer.put(value.__kwdefaults__)
    freezer.objects[number] = ("function", value.__code__, defaults, reached, cells, bare)
    return number


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _cell(freezer: Freezer, cell: Any) -> int:
    try:
        return freezer.put(cell.cell_contents)
    except ValueError:
        return freezer.add(cell, "lost", "an empty cell")


def _remembering(freezer: Freezer, value: Any, _: int) -> int | None:
    """A function that remembers what it gave, without that."""
    if not isinstance(value, _lru_cache_wrapper):
        return None
    most = value.cache_parameters()["maxsize"]
    return freezer.add(value, "remembering", freezer.put(value.__wrapped__), most)


# Classes and objects


def _is_class(value: object) -> bool:
    return type(value) is type and (value.__module__ == "hotpath" or _is_kept(value))


def _class(freezer: Freezer, value: Any, _: int) -> int | None:
    if not _is_class(value):
        return None
    bases = [freezer.put(base) for base in value.__bases__]
    if any(map(freezer.is_lost, bases)):
        return freezer.add(value, "lost", value.__name__)
    is_data = is_dataclass(value)
    # Sets are made of its objects before the rest of it is there.
    first = {
        name: freezer.put(part)
        for name, part in vars(value).items()
        if is_data and name in _HASHING and part is not None
    }
    number = freezer.start(value)
    parts = {
        name: freezer.put(part)
        for name, part in vars(value).items()
        if name not in _OWN_ATTRIBUTES
        and name not in first
        and not isinstance(part, MemberDescriptorType)
        # What else the decorator made is for making and showing, which is done.
        and not (is_data and name.startswith("__") and name not in _NEEDED)
    }
    slots = vars(value).get("__slots__")
    freezer.objects[number] = ("class", value.__name__, bases, slots, first, parts)
    return number


def _property(freezer: Freezer, value: Any, _: int) -> int | None:
    return freezer.add(value, "property", freezer.put(value.fget)) if type(value) is property else None


def _unbound(freezer: Freezer, value: Any, _: int) -> int | None:
    if type(value) not in (classmethod, staticmethod):
        return None
    return freezer.add(value, type(value).__name__, freezer.put(value.__func__))


def _method(freezer: Freezer, value: Any, _: int) -> int | None:
    """A method of a builtin class, such as str.upper."""
    if not isinstance(value, MethodDescriptorType) or value.__objclass__.__module__ != "builtins":
        return None
    return freezer.add(value, "method", freezer.put(value.__objclass__), value.__name__)


def _is_object(value: object) -> bool:
    """Whether it is a data object with functions of its own."""
    return is_dataclass(value) and _is_class(type(value))


def _bound(freezer: Freezer, value: Any, _: int) -> int | None:
    if not isinstance(value, MethodType) or not _is_object(value.__self__):
        return None
    return freezer.add(value, "bound", freezer.put(value.__self__), value.__name__)


def _object(freezer: Freezer, value: Any, _: int) -> int | None:
    if not _is_object(value):
        return None
    made = freezer.put(type(value))
    if id(value) in freezer.begun:
        # A part of it leads back to it.
        number = freezer.start(value)
        freezer.objects[number] = ("object", made, _parts(freezer, value))
        return number
    freezer.begun.add(id(value))
    parts = _parts(freezer, value)
    known = freezer.number_of(value)
    return freezer.add(value, "whole", made, parts) if known is None else known


def _parts(freezer: Freezer, value: Any) -> dict[str, int]:
    return {one.name: freezer.put(getattr(value, one.name)) for one in fields(value)}


def _marker(freezer: Freezer, value: Any, _: int) -> int | None:
    """An object without data, which only stands for itself."""
    kind = type(value)
    is_empty = kind.__base__ is object and not getattr(value, "__dict__", None) and not _slots(value)
    if kind is not object and not (is_empty and _is_class(kind)):
        return None
    return freezer.add(value, "marker", freezer.put(kind))


def _number(freezer: Freezer, value: Any, _: int) -> int | None:
    """A whole number of a class of its own."""
    kind = type(value)
    if kind.__base__ is not int or not _is_class(kind):
        return None
    return freezer.add(value, "number", freezer.put(kind), int(value))


def _slots(value: object) -> list[str]:
    return [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]


# Patterns, and methods of them


def _pattern(freezer: Freezer, value: Any, _: int) -> int | None:
    known = isinstance(value, re.Pattern) and isinstance(value.pattern, str)
    return freezer.add(value, "pattern", value.pattern, value.flags) if known else None


def _search(freezer: Freezer, value: Any, _: int) -> int | None:
    pattern: Any = getattr(value, "__self__", None)
    if isinstance(value, BuiltinMethodType) and isinstance(pattern, re.Pattern):
        return freezer.add(value, "search", pattern.pattern, pattern.flags, value.__name__)
    if isinstance(value, MethodType) and _is_re2(pattern):
        return freezer.add(value, "search2", pattern.pattern, value.__name__)
    return None


def _is_re2(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "re2" and isinstance(
        getattr(value, "pattern", None), str
    )


FORMS: Final[tuple[Callable[[Freezer, Any, int], int | None], ...]] = (
    *(_own, _known, _module, _function, _remembering),
    *(_class, _property, _unbound, _method, _pattern, _search, _bound, _object),
)
LAST_FORMS: Final[tuple[Callable[[Freezer, Any, int], int | None], ...]] = (_number, _marker)
