"""For one problem, the edits that might end it. Whether they do is for the search to find out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from types import MappingProxyType
from typing import Final

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.explanation.conversions import conversions_of
from rulewright.explanation.edits import (
    ADDED,
    CHOSEN,
    CONVERTED,
    INVENTED,
    MISSING,
    REMOVED,
    RENAMED,
    Edit,
    value_at,
)
from rulewright.explanation.samples import (
    Surroundings,
    existing_keys,
    literals_of,
    samples_for,
    values_read,
)
from rulewright.formula import OWN_ROOTS
from rulewright.model import Variant
from rulewright.pointers import escape_pointer, pointer_to, steps_of
from rulewright.problem import Problem

# Edits that belong together count as many as they are.
Edits = tuple[Edit, ...]
_MOST: Final = 16
_MOST_VALUES: Final = 6


@dataclass(frozen=True, slots=True)
class Case:
    """A payload that was refused, and what it was refused by."""

    resource: CompiledResource
    fields: Mapping[str, CompiledField]
    payload: object
    around: Surroundings
    settable: frozenset[str]

    def may_send(self, field: CompiledField) -> bool:
        """Whether the caller may set a field, be it by what the operation accepts."""
        accepted = field.name in self.settable and self.fields.get(field.name) is field
        return field.rule.readonly is None or accepted

    def field_at(self, pointer: str) -> CompiledField | None:
        """The field that stands at a JSON Pointer."""
        fields: Mapping[str, CompiledField] = self.fields
        found: CompiledField | None = None
        for step in steps_of(pointer):
            if found is not None and found.items is not None and step not in fields:
                found = found.items
            else:
                found = fields.get(step)
            if found is None:
                return None
            fields = {child.name: child for child in found.children}
        return found


def candidates_for(case: Case, problem: Problem) -> Iterable[Edits]:
    """Yield the edits worth trying against a problem, a limited number of them."""
    found = _BY_CODE.get(problem.code, _nothing)(case, problem)
    return islice(_distinct(found), _MOST)


def _distinct(found: Iterator[Edits]) -> Iterator[Edits]:
    seen: set[str] = set()
    for edits in found:
        shape = repr([edit.operation() for edit in edits])
        if shape not in seen:
            seen.add(shape)
            yield edits


def _nothing(case: Case, problem: Problem) -> Iterator[Edits]:
    return iter(())


def _unknown(case: Case, problem: Problem) -> Iterator[Edits]:
    """A field that is not known may be one that is, misspelt; else it goes."""
    parent, _, token = problem.path.rpartition("/")
    name = steps_of(f"/{token}")[0]
    outer = case.field_at(parent) if parent else None
    names = [child.name for child in outer.children] if outer is not None else list(case.fields)
    folded = {_folded(known): known for known in names}
    near = [folded[_folded(name)]] if _folded(name) in folded else []
    for known in dict.fromkeys([*near, *get_close_matches(name, names, n=2)]):
        place = f"{parent}/{escape_pointer(known)}"
        if value_at(case.payload, place) is MISSING:
            yield (Edit("move", place, origin=problem.path, rank=RENAMED),)
    yield from _removal(case, problem.path)


def _folded(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _removal(case: Case, pointer: str) -> Iterator[Edits]:
    if pointer and value_at(case.payload, pointer) is not MISSING:
        yield (Edit("remove", pointer, rank=REMOVED),)


def _superfluous(case: Case, problem: Problem) -> Iterator[Edits]:
    """What must not be given goes; or what forbids it."""
    yield from _removal(case, problem.path)
    for pointer in _read_fields(case, problem):
        yield from _removal(case, pointer)


def _lacking(case: Case, problem: Problem) -> Iterator[Edits]:
    """What must be given is added; or what asks for it goes."""
    yield from _additions(case, problem.path, ADDED)
    for pointer in _read_fields(case, problem):
        yield from _removal(case, pointer)
        yield from _additions(case, pointer, INVENTED)


def _additions(case: Case, pointer: str, rank: int) -> Iterator[Edits]:
    field = case.field_at(pointer)
    if field is None or not case.may_send(field):
        return
    sent = value_at(case.payload, pointer)
    for value in islice(samples_for(field, case.around), _MOST_VALUES):
        if value is not None and value != sent:
            yield (_edit(case, pointer, value, rank),)


def _edit(case: Case, pointer: str, value: object, rank: int) -> Edit:
    """Put a value at a place; an update's payload may lack the objects that hold it, so they come too."""
    parent, _, token = pointer.rpartition("/")
    while parent and value_at(case.payload, parent) is MISSING:
        pointer, value = parent, {steps_of(f"/{token}")[0]: value}
        parent, _, token = pointer.rpartition("/")
    return Edit("add" if value_at(case.payload, pointer) is MISSING else "replace", pointer, value, rank=rank)


def _misshapen(case: Case, problem: Problem) -> Iterator[Edits]:
    """A value of a wrong shape is converted, left out, or replaced."""
    field, sent = case.field_at(problem.path), value_at(case.payload, problem.path)
    if field is None or sent is MISSING:
        return
    if not _is_sensitive(case, problem.path):
        for value in islice(conversions_of(field, sent), _MOST_VALUES):
            yield (Edit("replace", problem.path, value, rank=CONVERTED),)
    yield from _choices(case, problem, problem.path)
    yield from _removal(case, problem.path)
    yield from _additions(case, problem.path, INVENTED)


def _is_sensitive(case: Case, pointer: str) -> bool:
    """Whether the place, or one that holds it, is of a sensitive field: its value may not be shown."""
    steps = pointer.split("/")
    outer = (case.field_at("/".join(steps[:length])) for length in range(2, len(steps) + 1))
    return any(field is not None and field.rule.sensitive for field in outer)


def _dangling(case: Case, problem: Problem) -> Iterator[Edits]:
    """A value that names no record is replaced by one that does, or left out."""
    field = case.field_at(problem.path)
    sent = value_at(case.payload, problem.path)
    holder = field
    if field is not None and field.reference is None:
        holder = case.field_at(problem.path.rpartition("/")[0])
    if holder is not None and holder.reference is not None and not holder.rule.sensitive:
        for key in existing_keys(holder.reference, case.around, sent):
            like = isinstance(sent, str) and isinstance(key, str) and _folded(sent) == _folded(key)
            yield (Edit("replace", problem.path, key, rank=CONVERTED if like else CHOSEN),)
    yield from _removal(case, problem.path)
    for pointer in _read_fields(case, problem):
        yield from _choices(case, problem, pointer)


def _taken(case: Case, problem: Problem) -> Iterator[Edits]:
    """A value that another record has is left out or made another."""
    sent = value_at(case.payload, problem.path)
    if isinstance(sent, str) and not _is_sensitive(case, problem.path):
        yield (Edit("replace", problem.path, f"{sent}-2", rank=INVENTED),)
    yield from _removal(case, problem.path)
    yield from _additions(case, problem.path, INVENTED)


def _unmet(case: Case, problem: Problem) -> Iterator[Edits]:
    """A condition that does not hold: other values for what it read, then those fields left out."""
    pointers = list(dict.fromkeys([*filter(None, [problem.path]), *_read_fields(case, problem)]))
    for pointer in pointers:
        yield from islice(_choices(case, problem, pointer), _MOST_VALUES)
    for pointer in pointers:
        yield from _removal(case, pointer)
        yield from islice(_additions(case, pointer, INVENTED), 3)


def _choices(case: Case, problem: Problem, pointer: str) -> Iterator[Edits]:
    """Values that the rule itself speaks of, in the place of what was sent."""
    field, sent = case.field_at(pointer), value_at(case.payload, pointer)
    if field is None or not case.may_send(field) or _is_sensitive(case, pointer):
        return
    if isinstance(field.rule.one_of, tuple):
        known: Iterable[object] = field.rule.one_of
    elif field.reference is not None:
        known = existing_keys(field.reference, case.around, sent)
    else:
        known = chain(values_read(problem), literals_of(problem))
    for value in _fitting(field, known):
        if value != sent:
            like = isinstance(sent, str) and isinstance(value, str) and _folded(sent) == _folded(value)
            rank = CONVERTED if like else CHOSEN
            yield (_edit(case, pointer, value, rank),)


def _fitting(field: CompiledField, values: Iterable[object]) -> Iterator[object]:
    kinds: dict[str, type | tuple[type, ...]] = {"integer": int, "number": (int, float), "boolean": bool}
    kind = kinds.get(field.type.basic, str)
    for value in values:
        if isinstance(value, kind) and (field.rule.type == "boolean" or not isinstance(value, bool)):
            yield value


def _read_fields(case: Case, problem: Problem) -> Iterator[str]:
    """The payload's fields that the refusing rule read, as JSON Pointers."""
    values = problem.because.values if problem.because is not None else {}
    for name in values:
        root, *steps = name.removeprefix("given(").removesuffix(")").split(".")
        pointer = pointer_to(steps)
        if root in OWN_ROOTS and pointer and case.field_at(pointer) is not None:
            yield pointer
        elif root in case.resource.lookups:
            yield from _keys_of(case, root)


def _keys_of(case: Case, lookup: str) -> Iterator[str]:
    """The payload's fields that a look-up's key comes from."""
    for root, *steps in case.resource.lookups[lookup].by.reads:
        if root in OWN_ROOTS and steps and steps[0] in case.fields:
            yield f"/{escape_pointer(steps[0])}"


def _variant(case: Case, problem: Problem) -> Iterator[Edits]:
    """One variant is made to fit: what it lacks is added, what the others require goes."""
    variants = case.resource.variants
    for variant in sorted(variants, key=lambda one: len(_missing(case, one))):
        others = {name for one in variants if one is not variant for name in one.required}
        surplus = [
            f"/{escape_pointer(name)}" for name in sorted({*others, *variant.forbidden} - {*variant.required})
        ]
        removals = [edit for pointer in surplus for edits in _removal(case, pointer) for edit in edits]
        additions: list[Edit] = []
        for name in _missing(case, variant):
            found = next(_additions(case, f"/{escape_pointer(name)}", ADDED), ())
            additions.extend(found)
        if removals or additions:
            yield (*removals, *additions)


def _missing(case: Case, variant: Variant) -> list[str]:
    return [
        name
        for name in variant.required
        if value_at(case.payload, f"/{escape_pointer(name)}") in (MISSING, None)
    ]


_BY_CODE: Final[Mapping[str, Callable[[Case, Problem], Iterator[Edits]]]] = MappingProxyType(
    {
        "unknown_field": _unknown,
        "readonly": _superfluous,
        "immutable": _superfluous,
        "forbidden": _superfluous,
        "required": _lacking,
        **dict.fromkeys(
            (
                "type",
                "format",
                "min",
                "max",
                "min_length",
                "max_length",
                "pattern",
                "one_of",
                "items",
            ),
            _misshapen,
        ),
        "reference": _dangling,
        "unique": _taken,
        "variant": _variant,
        **dict.fromkeys(("check", "guard", "transition", "undecided"), _unmet),
    }
)
