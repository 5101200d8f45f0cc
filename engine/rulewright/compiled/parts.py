"""The compiled parts of a rule file: what was text is parsed, what was implied is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from rulewright.fieldtypes import FieldType
from rulewright.formula import Formula, FormulaMap, Valued
from rulewright.model import (
    Check,
    Effect,
    Field,
    Idempotency,
    Inference,
    LookUp,
    Reaction,
    ResponseShape,
    Target,
    Transition,
    Unique,
    Workflow,
)
from rulewright.plugins import IdGenerator
from rulewright.problem import Span

Concern = Literal["excluded", "presence", "values", "checks", "supplied"]


class CompiledCheck(Struct, frozen=True):
    """A check of a field, of the whole, or an invariant."""

    rule: Check
    id: str
    condition: Formula
    order: tuple[int, ...]


class CompiledReference(Struct, frozen=True):
    """`references` of a field; `by` is the field of the target that the value names."""

    resource: str
    by: str
    where: FormulaMap
    bind: str | None
    id: str
    span: Span


class CompiledUnique(Struct, frozen=True):
    """`unique` of a field: `fields` start with the field itself; `where` is evaluated per record."""

    rule: Unique
    fields: tuple[str, ...]
    where: FormulaMap
    id: str


class CompiledField(Struct, frozen=True, eq=False):
    """One field. `id` is "<api>/<resource>.<field path>"; `order` sorts reports as the file is written."""

    rule: Field
    id: str
    type: FieldType
    order: tuple[int, ...]
    required_if: Formula | None
    required_unless: Formula | None
    forbidden_if: Formula | None
    excluded_if: Formula | None
    default_from: Valued | None
    compute: Valued | None
    one_of: Formula | None
    checks: tuple[CompiledCheck, ...]
    reference: CompiledReference | None
    unique: CompiledUnique | None
    children: tuple[CompiledField, ...]
    child_of: Mapping[str, CompiledField]
    # The same, each after those that its value is made from.
    supplied: tuple[CompiledField, ...]
    items: CompiledField | None
    # What kinds of rules stand here or anywhere below, so that a stage visits only what it judges.
    concerns: frozenset[Concern]
    # Makes the value that `generate` asks for, where that is no basic generator.
    maker: IdGenerator | None = None
    # Whether it is sensitive, or something in it is, however deep.
    hides: bool = False

    @property
    def name(self) -> str:
        """The key in the payload; "items" for the items of a list."""
        return self.rule.name

    @property
    def label(self) -> str:
        """What messages call the field: its path within the resource, with dots."""
        return self.id.partition(".")[2]

    @property
    def parts(self) -> tuple[CompiledField, ...]:
        """The fields that stand in it: an object's parts, or what each item of a list or map is."""
        return self.children if self.items is None else (*self.children, self.items)

    def span_of(self, keyword: str) -> Span:
        """Where the keyword stands, or else the field."""
        return self.rule.at.get(keyword, self.rule.span)

    def with_nested(self) -> Iterator[CompiledField]:
        """Yield the field, and all that stand in it, nested ones after the one that holds them."""
        yield self
        for part in self.parts:
            yield from part.with_nested()


class CompiledLookUp(Struct, frozen=True):
    """A look-up; `by` gives the equality map."""

    rule: LookUp
    id: str
    by: FormulaMap
    order: tuple[int, ...]


class CompiledEffect(Struct, frozen=True):
    """An effect; `on` has its default filled in."""

    rule: Effect
    id: str
    on: tuple[str, ...]
    when: Formula | None
    where: FormulaMap
    set: FormulaMap
    body: Valued | None
    order: tuple[int, ...]

    def runs_on(self, operation: str) -> bool:
        """Whether it may apply to this operation: create, update or an event."""
        return "*" in self.on or operation in self.on


class CompiledInference(Struct, frozen=True):
    """A rule of `infer`. `asserts` maps kinds to the values of the fact; `told` are those of a message."""

    rule: Inference
    id: str
    when: Formula | None
    asserts: Mapping[str, FormulaMap]
    set: FormulaMap
    told: FormulaMap
    order: tuple[int, ...]


class CompiledTransition(Struct, frozen=True):
    """One move of a workflow."""

    rule: Transition
    id: str
    guard: Formula | None
    set: FormulaMap
    effects: tuple[CompiledEffect, ...]
    order: tuple[int, ...]


class CompiledReaction(Struct, frozen=True):
    """What the records of `resource` do after something happened to a record of another resource."""

    rule: Reaction
    resource: str
    id: str
    by: FormulaMap
    with_: FormulaMap
    order: tuple[int, ...]


class CompiledWorkflow(Struct, frozen=True):
    """The states of a resource; `events` maps each event to the fields that its payload takes."""

    rule: Workflow
    initial_from: Formula | None
    state_from: Formula | None
    events: Mapping[str, Mapping[str, CompiledField]]
    transitions: tuple[CompiledTransition, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """The names of all states."""
        return tuple(state.name for state in self.rule.states)


class CompiledResponse(Struct, frozen=True):
    """What a caller sees of an accepted record; `include` parts only where they are asked for."""

    rule: ResponseShape | None
    body: Valued | None
    include: Mapping[str, Valued]
    envelope: Valued | None


class CompiledIdempotency(Struct, frozen=True):
    """Which header makes a call repeatable, and what its keys are told apart by."""

    rule: Idempotency
    scope: tuple[Formula, ...]


class CompiledTarget(Struct, frozen=True):
    """Where messages may be sent to, and what is made of the reply."""

    rule: Target
    ordered_by: Formula | None
    write_back: FormulaMap
