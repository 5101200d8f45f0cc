"""What a resource does: look-ups, effects, operations, variants, workflow, inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rulewright.model.fields import Field
from rulewright.model.values import Expression, Template, TemplateMap
from rulewright.problem import Severity, Span, VendorError


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One alternative of `variants`: the fields it requires and those it forbids."""

    name: str
    required: tuple[str, ...]
    forbidden: tuple[str, ...]
    span: Span
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of a workflow; `final` states have no way out by "*"."""

    name: str
    span: Span
    title: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that may happen to a record, with the fields its payload takes."""

    name: str
    span: Span
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What happens here after something happened to a record of another resource."""

    after_resource: str
    after_event: str
    for_each: LookUp
    fire: str
    span: Span
    at: Mapping[str, Span]
    with_: TemplateMap | None = None
    otherwise: Literal["skip", "reject"] = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """A state left unattended for `after_seconds` fires an event."""

    state: str
    after_seconds: int
    fire: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The problem that a rule of `infer` reports. `{name}` in `message` stands for an entry of `with`."""

    span: Span
    at: Mapping[str, Span]
    message: str | None = None
    severity: Severity = "error"
    path: str | None = None
    with_: TemplateMap | None = None
    error: VendorError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
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
