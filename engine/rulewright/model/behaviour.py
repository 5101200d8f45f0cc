"""What a resource does: look-ups, effects, operations, variants, workflow, inference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from rulewright.model.fields import Field
from rulewright.model.values import Expression, Template, TemplateMap
from rulewright.problem import Severity, Span, VendorError


class LookUp(Struct, frozen=True, kw_only=True):
    """A declared read of other records, by name."""

    name: str
    kind: Literal["find", "find_all", "count", "max", "min"]
    resource: str
    span: Span
    at: Mapping[str, Span]
    by: TemplateMap
    of: str | None = None
    if_missing: Literal["null", "reject", "not_found"] = "null"
    error: VendorError | None = None


class Effect(Struct, frozen=True, kw_only=True):
    """What else changes when a payload is accepted.

    `verb` None sets fields of the own record. `target` is a resource, for `update` possibly the name
    of a look-up, for `send` a target of api.yaml.
    """

    id: str
    span: Span
    at: Mapping[str, Span]
    verb: Literal["create", "update", "send"] | None = None
    target: str | None = None
    when: Expression | None = None
    on: tuple[str, ...] | None = None
    where: TemplateMap | None = None
    set: TemplateMap | None = None
    bind: str | None = None
    body: Template | None = None
    expect: Literal["one", "at_most_one", "any"] = "any"


class Operation(Struct, frozen=True, kw_only=True):
    """One way to call the resource. `name` is create, update or an event's name for `event`."""

    name: str
    span: Span
    at: Mapping[str, Span]
    method: str | None = None
    path: str | None = None
    permission: str | None = None
    status: int | None = None
    accepts: tuple[str, ...] = ()
    event: str | None = None


class Variant(Struct, frozen=True, kw_only=True):
    """One alternative of `variants`: the fields it requires and those it forbids."""

    name: str
    required: tuple[str, ...]
    forbidden: tuple[str, ...]
    span: Span
    title: str | None = None


class State(Struct, frozen=True, kw_only=True):
    """One state of a workflow; `final` states have no way out by "*"."""

    name: str
    span: Span
    title: str | None = None
    final: bool = False


class Event(Struct, frozen=True, kw_only=True):
    """Something that may happen to a record, with the fields its payload takes."""

    name: str
    span: Span
    fields: tuple[Field, ...] = ()


class Transition(Struct, frozen=True, kw_only=True):
    """A move: `from_states` is ("*",) for every state that is not final."""

    event: str
    from_states: tuple[str, ...]
    to: str
    span: Span
    at: Mapping[str, Span]
    guard: Expression | None = None
    set: TemplateMap | None = None
    effects: tuple[Effect, ...] = ()
    error: VendorError | None = None


class Reaction(Struct, frozen=True, kw_only=True):
    """What happens here after something happened to a record of another resource."""

    after_resource: str
    after_event: str
    for_each: LookUp
    fire: str
    span: Span
    at: Mapping[str, Span]
    with_: TemplateMap | None = None
    otherwise: Literal["skip", "reject"] = "skip"


class Timeout(Struct, frozen=True, kw_only=True):
    """A state left unattended for `after_seconds` fires an event."""

    state: str
    after_seconds: int
    fire: str
    span: Span


class Workflow(Struct, frozen=True, kw_only=True):
    """The states of a record and the moves between them."""

    span: Span
    at: Mapping[str, Span]
    field: str | None = None
    state_from: Expression | None = None
    initial: str | None = None
    initial_from: Expression | None = None
    states: tuple[State, ...] = ()
    events: tuple[Event, ...] = ()
    transitions: tuple[Transition, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    timeouts: tuple[Timeout, ...] = ()


class Finding(Struct, frozen=True, kw_only=True):
    """The problem that a rule of `infer` reports. `{name}` in `message` stands for an entry of `with`."""

    span: Span
    at: Mapping[str, Span]
    message: str | None = None
    severity: Severity = "error"
    path: str | None = None
    with_: TemplateMap | None = None
    error: VendorError | None = None


class Inference(Struct, frozen=True, kw_only=True):
    """One rule of `infer`: it joins facts and asserts facts, a problem or values.

    `facts` maps names to sources: `$payload`, `$record`, a look-up, or a kind that a rule asserts.
    """

    id: str
    facts: Mapping[str, str]
    span: Span
    at: Mapping[str, Span]
    when: Expression | None = None
    asserts: Mapping[str, TemplateMap] = field(default_factory=dict)
    problem: Finding | None = None
    set: TemplateMap | None = None
