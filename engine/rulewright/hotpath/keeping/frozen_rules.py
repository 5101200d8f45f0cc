"""How what the rules of a resource say is frozen: expressions, problems, and data objects. See frozen.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from enum import IntEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from rulewright import cel
from rulewright.compiled import CompiledField
from rulewright.evaluation.views import View
from rulewright.formula import Constant, Formula, FormulaList, FormulaMap, Valued
from rulewright.hotpath.keeping.readings import reading_of
from rulewright.hotpath.runtime.refusals import Refusal
from rulewright.hotpath.runtime.state import Linked
from rulewright.problem import Problem, Span, VendorError

if TYPE_CHECKING:
    from rulewright.hotpath.keeping.frozen import Freezer

# How deep data objects are followed: an effect, its rule, and what that holds.
_DEPTH: Final = 3
# What is asked of the resource itself where names of expressions are resolved.
_OF_RESOURCE: Final = ("name", "fields", "lookups", "bound_references", "binds", "workflow", "variants")

# Expressions


def _called(freezer: Freezer, value: Any, _: int) -> int | None:
    """What evaluates an expression."""
    owner = getattr(value, "__self__", None)
    if not isinstance(owner, cel.Program) or value != owner._first:
        return None
    return freezer.evaluators(owner)[0]


def _formula(freezer: Freezer, value: Any, _: int) -> int | None:
    if not isinstance(value, Formula | Constant | FormulaMap | FormulaList):
        return None
    return _valued(freezer, value, freezer.put(None))


def _valued(freezer: Freezer, value: Valued, reading: int) -> int:
    """An expression, a constant, or a map or list of them; `reading` says how to tell what was read."""
    parts: Any = None
    match value:
        case Formula():
            parts = freezer.evaluators(value.program)
        case Constant():
            parts = freezer.put(value.constant)
        case FormulaMap():
            parts = {name: freezer.put(one) for name, one in value.entries.items()}
        case FormulaList():
            parts = [freezer.put(one) for one in value.items]
    return freezer.add(value, "valued", type(value).__name__, parts, value.reads, reading)


# What names of expressions stand for


def _package(freezer: Freezer, value: Any, _: int) -> int | None:
    if value is not cel:
        return None
    number = freezer.start(value)
    names = sorted(freezer.attributes & vars(value).keys())
    freezer.objects[number] = ("data", {name: freezer.put(vars(value)[name]) for name in names})
    return number


def _link(freezer: Freezer, value: Any, _: int) -> int | None:
    if type(value) is not Linked:
        return None
    if "link" not in freezer.attributes:
        # The class of the state has it, and nobody asks for it.
        return freezer.add(value, "lost", "Linked")
    return freezer.add(value, "same", freezer.put(_seen_by_names(value)))


def _seen_by_names(link: Linked) -> SimpleNamespace:
    """What is asked of state.Linked."""
    resource, resources = link.resource, link.rules.resources
    targets = {one.rule.resource for one in resource.lookups.values()}
    targets |= {one.reference.resource for one in resource.bound_references.values() if one.reference}
    targets |= {one.rule.target or "" for one in resource.binds.values()}
    shown = {
        name: SimpleNamespace(fields=_shown_fields(resources[name].fields.values()))
        for name in sorted(targets & resources.keys())
    }
    api = SimpleNamespace(formats=dict(resource.api.formats)) if resource.api is not None else None
    own = {name: getattr(resource, name) for name in _OF_RESOURCE}
    file = SimpleNamespace(variants_error=resource.file.variants_error)
    parts = {
        "rules": SimpleNamespace(resources=shown),
        "resource": SimpleNamespace(**own, file=file, api=api),
    }
    return SimpleNamespace(**{**vars(link), **parts})


def _shown_fields(fields: Iterable[CompiledField]) -> dict[str, SimpleNamespace]:
    """What it takes to read values of other records."""
    return {
        one.name: SimpleNamespace(
            name=one.name,
            type=one.type,
            children=tuple(_shown_fields(one.children).values()),
            items=_shown_fields([one.items])[one.items.name] if one.items is not None else None,
            rule=SimpleNamespace(type=one.rule.type, format=one.rule.format),
        )
        for one in fields
    }


def _view(freezer: Freezer, value: Any, _: int) -> int | None:
    if type(value) is not View or value.unsound:
        return None
    parts = freezer.put(dict(value)), freezer.put(value.declared)
    return freezer.add(value, "view", freezer.put(View), *parts)


# Problems


def _problem(freezer: Freezer, value: Any, _: int) -> int | None:
    return freezer.add(value, "problem", *problem_parts(value)) if type(value) is Problem else None


def _refusal(freezer: Freezer, value: Any, _: int) -> int | None:
    if type(value) is not Refusal:
        return None
    problem = freezer.put(value.problem)
    run: Any = freezer.namespace["Run"]
    formula = _valued(freezer, value.formula, freezer.put(reading_of(run.link, value.formula)))
    return freezer.add(value, "refusal", value.place, problem, formula)


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


def _vendor(freezer: Freezer, value: Any, _: int) -> int | None:
    if type(value) is not VendorError:
        return None
    return freezer.add(value, "vendor", value.code, value.title, value.status)


def _span(freezer: Freezer, value: Any, _: int) -> int | None:
    return freezer.add(value, "plain", str(value)) if type(value) is Span else None


# Data objects


def _options(freezer: Freezer, value: Any, _: int) -> int | None:
    """The stages of evaluation, as numbers."""
    if not (isinstance(value, type) and issubclass(value, IntEnum)):
        return None
    return freezer.add(value, "same", freezer.put(SimpleNamespace(**{one.name: int(one) for one in value})))


def _data(freezer: Freezer, value: Any, depth: int) -> int | None:
    if not isinstance(value, Struct) and (not is_dataclass(value) or isinstance(value, type)):
        return None
    if depth >= _DEPTH:
        return freezer.add(object(), "lost", type(value).__name__)
    number = freezer.start(value)
    parts = {
        name: freezer.put(getattr(value, name), depth + 1)
        for name in sorted(freezer.attributes)
        if not name.startswith("__") and hasattr(value, name)
    }
    freezer.objects[number] = ("data", parts)
    return number


FORMS: Final[tuple[Callable[[Freezer, Any, int], int | None], ...]] = (
    *(_called, _formula, _package, _link, _view),
    *(_problem, _refusal, _vendor, _span, _options),
)
LAST_FORMS: Final[tuple[Callable[[Freezer, Any, int], int | None], ...]] = (_data,)
