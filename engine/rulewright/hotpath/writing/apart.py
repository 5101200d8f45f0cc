"""Fields whose inner rules are judged apart: calls of `runtime.apart` where the evaluator judges them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.compiled import CompiledField, Concern
from rulewright.evaluation.lookups import reads_value
from rulewright.evaluation.records import computes
from rulewright.hotpath.runtime.wholes import is_plain_inside
from rulewright.hotpath.writing.expressions import Resolver
from rulewright.hotpath.writing.inside import conditions_of, parts_within, reads_of
from rulewright.hotpath.writing.shape import is_list_of_objects, is_read_whole, is_shaped
from rulewright.hotpath.writing.touching import Touching, both
from rulewright.hotpath.writing.unit import Unit, kind_of_field

# What is done to values that are sent alone.
_OF_NEW: Final = frozenset({"supplied"})


def is_apart(field: CompiledField, operation: str) -> bool:
    """Whether the rules inside a field's value are judged apart: no Python is written for them."""
    concerns = _concerns_inside(field) - _OF_NEW
    if not concerns:
        return False
    if operation == "update" and not is_shaped(field, operation):
        # What is stored has rules inside that may be touched, though no such value is sent here.
        return True
    if is_read_whole(field, operation):
        # Of what is sent whole the reader asks for what is required.
        return operation == "update" or not is_plain_inside(field)
    if is_list_of_objects(field):
        # Rules about the parts of its objects are written item by item, but for options and references.
        parts = field.items.children if field.items is not None else ()
        return any(part.rule.readonly is not None and part.checks for part in parts)
    if any(part.children and part.concerns - _OF_NEW for part in field.children):
        # The Structs ask for what is required; an update's can't.
        return operation == "update" or not is_plain_inside(field)
    return any(_is_apart_inside(part, field) for part in field.parts)


def has_odd_options(field: CompiledField) -> bool:
    """Whether computed options are judged apart, too."""
    options = field.one_of
    return options is not None and (
        reads_value(options) or kind_of_field(field) not in ("text", "int", "bool")
    )


def completes_parts(field: CompiledField) -> bool:
    """Whether a sent value is completed inside."""
    return any("supplied" in part.concerns for part in field.parts)


def is_completed_apart(field: CompiledField) -> bool:
    """Whether more is left out inside a value than plain defaults of an object's parts."""
    supplied = [part for part in field.parts if "supplied" in part.concerns]
    if not supplied:
        return False
    if is_list_of_objects(field) and field.items is not None:
        supplied = [part for part in field.items.children if "supplied" in part.concerns]
    elif field.items is not None:
        return True
    return any(one.rule.default is None or one.compute is not None or one.parts for one in supplied)


def completing(unit: Unit, field: CompiledField, is_new: str) -> str:
    """The call that works out what is left out inside a value."""
    overrules = any(computes(part, unit.operation) for part in parts_within(field))
    apart = unit.constant("apart", field)
    return f"completed(names_of(s), {apart}, is_new={is_new}, overrules={overrules})"


def _concerns_inside(field: CompiledField) -> frozenset[Concern]:
    return frozenset().union(*(part.concerns for part in field.parts))


def _is_apart_inside(part: CompiledField, of: CompiledField) -> bool:
    rule = part.rule
    is_item = part is of.items
    return (
        "values" in part.concerns
        or "excluded" in part.concerns
        or bool(rule.siblings)
        or (rule.readonly is not None and bool(part.checks or rule.required))
        or (is_item and "presence" in part.concerns)
        or (is_item and any("checks" in child.concerns for child in part.children))
    )


class ApartWriter:
    """Writes the calls; `resolver` sees to it that what is called finds the records it reads."""

    def __init__(self, unit: Unit, touching: Touching, resolver: Resolver) -> None:
        self.unit = unit
        self.touching = touching
        self.resolver = resolver

    def judges(self, field: CompiledField) -> bool:
        """Whether a field's inner rules are judged apart."""
        return is_apart(field, self.unit.operation)

    def excluded(self, field: CompiledField) -> Iterator[str]:
        """The lines about parts that do not apply."""
        if self.judges(field):
            yield from self._called("excluded_within", field, "excluded")

    def presence(self, field: CompiledField) -> Iterator[str]:
        """The lines about parts that must, or must not, be given."""
        if self.judges(field):
            yield from self._called("presence_within", field, "presence")

    def values(self, field: CompiledField) -> Iterator[str]:
        """The lines about options and references of items and parts."""
        if self.judges(field) or is_list_of_objects(field):
            yield from self._called("values_within", field, "values")

    def takes_values(self, field: CompiledField) -> bool:
        """Whether all that is said of a field's value is judged together."""
        items = field.items
        # Options of items come before what the whole names, and what they name after it.
        is_mixed = (
            field.reference is not None
            and items is not None
            and (items.one_of is not None or items.reference is not None)
        )
        return has_odd_options(field) or is_mixed

    def all_values(self, field: CompiledField) -> Iterator[str]:
        """The same with those of the field itself."""
        self.resolver.reach(reads_of(field))
        given = f"{self.unit.place(field)} is not None"
        yield f"if {given}: values_apart(names_of(s), {self.unit.constant('apart', field)})"

    def checks(self, field: CompiledField) -> Iterator[str]:
        """The lines about checks of items and parts."""
        if self.judges(field):
            yield from self._called("checks_within", field, "checks")

    def lists(self, field: CompiledField) -> Iterator[str]:
        """The lines about checks of lists and maps in the value, which come after all others."""
        if self.judges(field) and any(one.checks and one.items is not None for one in parts_within(field)):
            yield from self._called("lists_within", field, "checks")

    def _called(self, function: str, field: CompiledField, concern: Concern) -> Iterator[str]:
        if concern not in _concerns_inside(field):
            return
        self.resolver.reach(reads_of(field))
        parts = parts_within(field)
        siblings = [name for part in parts for name in part.rule.siblings]
        reads = [path for part in parts for one in conditions_of(part) for path in one.reads]
        touched = self.touching.of_parts([field.name, *siblings], reads)
        given = both(touched, f"{self.unit.place(field)} is not None")
        yield f"if {given}: {function}(names_of(s), {self.unit.constant('apart', field)})"
