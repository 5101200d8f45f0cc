"""Every condition of a rule set: what scenarios must have seen true and false, and what mutants change."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.formula import Formula
from rulewright.problem import Span

# A rule's id and where its condition is written: transitions of one event share their id, and fields that
# share an anchor their place.
Key = tuple[str, Span]


class Condition(Struct, frozen=True):
    """One condition. `part` is what goes when it is deleted: the formula, or the check that it is.

    A field of an event is compiled once more there, so a condition may have several `twins`.
    """

    resource: str
    rule: str
    keyword: str
    formula: Formula
    part: object
    twins: tuple[object, ...] = ()

    @property
    def key(self) -> Key:
        """What tells the condition from every other."""
        return (self.rule, self.formula.span)

    @property
    def text(self) -> str:
        """The expression in one line."""
        return " ".join(self.formula.text.split())


def conditions_of(resource: CompiledResource) -> tuple[Condition, ...]:
    """Return the conditions of a rule file in the order of the file, each once."""
    found: dict[Key, Condition] = {}
    for one in sorted(_all(resource), key=lambda one: one.formula.span):
        first = found.get(one.key)
        if first is None:
            found[one.key] = one
        else:
            found[one.key] = _twinned(first, one)
    return tuple(found.values())


def _twinned(first: Condition, other: Condition) -> Condition:
    twins = (*first.twins, other.part)
    return Condition(first.resource, first.rule, first.keyword, first.formula, first.part, twins)


def _all(resource: CompiledResource) -> Iterator[Condition]:
    name = resource.name
    for field in fields_of(resource):
        yield from _of_field(name, field)
    for keyword, checks in (("check", resource.checks), ("invariant", resource.invariants)):
        for check in checks:
            yield Condition(name, check.id, keyword, check.condition, check)
    transitions = resource.workflow.transitions if resource.workflow is not None else ()
    for transition in transitions:
        if transition.guard is not None:
            yield Condition(name, transition.id, "guard", transition.guard, transition.guard)
    for effect in resource.every_effect():
        if effect.when is not None:
            yield Condition(name, effect.id, "when", effect.when, effect.when)
    for inference in resource.inferences:
        if inference.when is not None:
            yield Condition(name, inference.id, "when", inference.when, inference.when)


def _of_field(resource: str, field: CompiledField) -> Iterator[Condition]:
    presence = {
        "required_if": field.required_if,
        "required_unless": field.required_unless,
        "forbidden_if": field.forbidden_if,
        "excluded_if": field.excluded_if,
        "one_of": field.one_of,
    }
    for keyword, formula in presence.items():
        if formula is not None:
            yield Condition(resource, f"{field.id}.{keyword}", keyword, formula, formula)
    for check in field.checks:
        yield Condition(resource, check.id, "check", check.condition, check)


def fields_of(resource: CompiledResource) -> Iterator[CompiledField]:
    """Yield all fields of a resource and of its events, nested ones too."""
    yield from resource.every_field()
    for fields in resource.workflow.events.values() if resource.workflow is not None else ():
        for field in fields.values():
            yield from field.with_nested()
